// SPDX-License-Identifier: GPL-3.0-or-later
//
// The two reports that the first user made by hand, against what the chapters make of the same numbers: the
// same headings in the same order, the same tables to the digit, and not their mistakes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/report/markdown.h"
#include "analyze/sections/chapters.h"
#include "lib/base/buf.h"
#include "tests/unit/analyze/sections/fixture.h"

struct pair {
  struct buf theirs, ours;
};

static bool read_pair(struct pair *pair, const char *csv, const char *text, const char *model) {
  struct results results = {0};
  struct document document = {0};
  struct error error = {""};
  *pair = (struct pair){{0}, {0}};
  if (!fixture_load(csv, &results) || buf_read_file(&pair->theirs, text, &error)) {
    printf("%s or %s is not here\n", csv, text);
    results_free(&results);
    return false;
  }
  if (model) {
    results.facts = calloc(1, sizeof *results.facts);
    results.fact_count = 1;
    results.facts[0].model = strdup(model);
  }
  struct plot_set plots = {0};
  assert_int_equal(chapters_build(&results, LANG_RU, &document, &plots, &error), STATUS_OK);
  assert_int_equal(markdown_render(&document, &(struct markdown_options){"results"}, &pair->ours), STATUS_OK);
  for (char *at = pair->ours.data; at && *at; at++) { // theirs have decimal points
    bool after = at > pair->ours.data && at[-1] >= '0' && at[-1] <= '9';
    if (after && *at == ',' && at[1] >= '0' && at[1] <= '9') *at = '.';
  }
  plot_set_free(&plots);
  document_free(&document);
  results_free(&results);
  return true;
}

static void free_pair(struct pair *pair) {
  buf_free(&pair->theirs);
  buf_free(&pair->ours);
}

// The next line of the text, without its end; NULL at the end.
static const char *next_line(const char **at, size_t *len) {
  const char *line = *at;
  if (!*line) return NULL;
  *len = strcspn(line, "\n");
  *at = line + *len + (line[*len] == '\n');
  return line;
}

// The first line from *at on that begins with these bytes, *at put behind it.
static bool find_line(const char **at, const char *start, size_t start_len) {
  const char *line;
  size_t len;
  while ((line = next_line(at, &len))) {
    if (len >= start_len && memcmp(line, start, start_len) == 0) return true;
  }
  return false;
}

static bool headings_differ_on_purpose(const char *line, size_t len) {
  // A number of workers is a number of workers, and not also "parallel requests" in a list beside it; one
  // request is not in the plural.
  static const char *const lines[] = {"- **Количество параллельных запросов:** 10",
                                      "- **Оптимальный размер пакета:** 48",
                                      "### Результаты для 1 параллельных запросов",
                                      ("![График производительности для 1 параллельных запросов]"
                                       "(results/performance_metrics_1.png)")};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    if (strlen(lines[i]) == len && memcmp(lines[i], line, len) == 0) return true;
  }
  return false;
}

// Every line of theirs that we must print too, in their order.
static size_t compare_lines(struct pair *pair, bool (*wanted)(const char *, size_t)) {
  const char *theirs = buf_text(&pair->theirs), *ours = buf_text(&pair->ours), *line;
  size_t len, compared = 0;
  while ((line = next_line(&theirs, &len))) {
    if (len == 0 || !wanted(line, len)) continue;
    if (!find_line(&ours, line, len)) fail_msg("missing, or not in this order: %.*s", (int)len, line);
    compared++;
  }
  return compared;
}

static bool begins(const char *line, size_t len, const char *word) {
  return len >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

static bool is_heading_or_picture(const char *line, size_t len) {
  return begins(line, len, "#") || begins(line, len, "![");
}

static bool is_report0_line(const char *line, size_t len) {
  static const char *const not_ours[] = {
      "|   Параллельные запросы |",
      "|-----------------------:|----", // "Количество workers" in the other report
      "|                      5 |",
      "|                     10 |",
      "|                     15 |",
      "|                     20 |",
      "|                     25 |",
      "**Оптимальный размер пакета:** 1\n", // of the level at which every request failed
      "**Максимальная скорость обработки:** 0.00"};
  for (size_t i = 0; i < sizeof not_ours / sizeof not_ours[0]; i++) {
    if (begins(line, len + 1, not_ours[i])) return false;
  }
  // A cell in which every request failed has no throughput, also not of 0.
  static const char zero[] = "|                  0 |               0 |";
  if (len >= strlen(zero) && memcmp(line + len - strlen(zero), zero, strlen(zero)) == 0) return false;
  return is_heading_or_picture(line, len) || begins(line, len, "|") || begins(line, len, "- **Размер") ||
         begins(line, len, "- **Скорость") || begins(line, len, "**");
}

static void test_report0_has_the_same_lines_to_the_digit(void **state) {
  (void)state;
  struct pair pair;
  if (!read_pair(&pair, "../shared/data/report0.csv", "../shared/reports/000_52e672356d82142e.txt", NULL))
    skip();
  assert_true(compare_lines(&pair, is_report0_line) > 70);
  free_pair(&pair);
}

static bool is_report1_line(const char *line, size_t len) {
  if (headings_differ_on_purpose(line, len)) return false;
  return is_heading_or_picture(line, len) || begins(line, len, "- **");
}

static void test_report1_has_the_same_headings_and_answer(void **state) {
  (void)state;
  struct pair pair;
  if (!read_pair(&pair, "../shared/data/report1.csv", "../shared/reports/001_c27e17c118f24fef.txt",
                 "qwen3:1.7b"))
    skip();
  assert_true(compare_lines(&pair, is_report1_line) > 40);
  free_pair(&pair);
}

// A table line without its padding: "| a | b |" becomes "a|b|".
static size_t squeeze(const char *line, size_t len, char *out, size_t cells) {
  size_t used = 0;
  for (size_t i = 1; i < len && cells > 0; i++) {
    if (line[i] == ' ' &&
        (line[i - 1] == ' ' || line[i - 1] == '|' || line[i + 1] == ' ' || line[i + 1] == '|'))
      continue;
    out[used++] = line[i];
    cells -= line[i] == '|';
  }
  return used;
}

// Rows are compared cell by cell: the other report calls the batch column "Количество параллельных запросов".
static void test_report1_has_the_same_rows_to_the_digit(void **state) {
  (void)state;
  struct pair pair;
  if (!read_pair(&pair, "../shared/data/report1.csv", "../shared/reports/001_c27e17c118f24fef.txt",
                 "qwen3:1.7b"))
    skip();
  const char *theirs = buf_text(&pair.theirs), *ours = buf_text(&pair.ours), *line;
  size_t len, rows = 0, columns = 3;
  while ((line = next_line(&theirs, &len))) {
    if (begins(line, len, "#### ")) columns = 5;
    if (!begins(line, len, "| ") || strchr("0123456789", line[strspn(line + 1, " ") + 1]) == NULL) continue;
    char wanted[256], have[256] = "";
    size_t wanted_len = squeeze(line, len, wanted, columns), have_len = 0, our_len = 0;
    const char *our_line;
    while ((our_line = next_line(&ours, &our_len))) {
      if (!begins(our_line, our_len, "| ")) continue;
      have_len = squeeze(our_line, our_len < sizeof have ? our_len : sizeof have, have, columns);
      if (have_len == wanted_len && memcmp(have, wanted, have_len) == 0) break;
    }
    if (!our_line) fail_msg("missing, or not in this order: %.*s", (int)len, line);
    rows++;
  }
  assert_int_equal(rows, 14 + 83);
  free_pair(&pair);
}

static void test_their_mistakes_are_not_repeated(void **state) {
  (void)state;
  struct pair pair;
  if (!read_pair(&pair, "../shared/data/report0.csv", "../shared/reports/000_52e672356d82142e.txt", NULL))
    skip();
  const char *ours = buf_text(&pair.ours);
  assert_null(strstr(ours, "**Оптимальный размер пакета:** 1\n"));
  assert_null(strstr(ours, " 0.00 токенов"));
  assert_null(strstr(ours, "С увеличением размера пакета скорость обработки токенов растет"));
  assert_non_null(
      strstr(ours, "10×40 (−0.4 %), 15×32 (−5.1 %, неполная волна), 15×48 (−0.89 %, неполная волна), 20×48 "
                   "(−1.3 %, неполная волна)"));
  assert_non_null(
      strstr(ours, "**Оптимальный размер пакета:** 48 (край проверенного диапазона, а не оптимум)"));
  assert_non_null(strstr(ours, "| холодный старт, одно измерение |"));
  free_pair(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_report0_has_the_same_lines_to_the_digit),
      cmocka_unit_test(test_report1_has_the_same_headings_and_answer),
      cmocka_unit_test(test_report1_has_the_same_rows_to_the_digit),
      cmocka_unit_test(test_their_mistakes_are_not_repeated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
