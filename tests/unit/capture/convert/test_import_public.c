// SPDX-License-Identifier: GPL-3.0-or-later
//
// The public traces, whole: what comes out is what the sources say. Sums and ends were computed from the
// sources with other tools (Python's csv and json).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/record/trace.h"
#include "tests/unit/capture/convert/converting.h"

#define AZURE "../shared/data/traces/azure_llm_2023_code.csv"
#define MOONCAKE "../shared/data/traces/mooncake_conversation.jsonl.gz"
#define IMPORT_MOST_NS (2 * CLOCK_NS_PER_S)

static void need(const char *path) {
  if (access(path, R_OK) == 0) return;
  print_message("skipped: %s is not here\n", path);
  skip();
}

struct sums {
  int64_t requests, input_tokens, output_tokens;
  struct trace_request first, last; // numbers only
};

static struct sums sum_up(const struct converted *converted) {
  struct sums sums = {0};
  struct buf scratch = {0};
  const char *at = converted->lines.data, *end = at + converted->lines.len;
  while (at < end) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    struct trace_record record;
    assert_non_null(stop);
    assert_int_equal(trace_parse(at, (size_t)(stop - at), &record, &scratch, NULL), STATUS_OK);
    at = stop + 1;
    if (record.kind != TRACE_REQUEST) continue;
    assert_int_equal(record.request.seq, sums.requests);
    if (sums.requests++ == 0) sums.first = record.request;
    sums.last = record.request;
    sums.input_tokens += record.request.input_tokens;
    sums.output_tokens += record.request.output_tokens;
  }
  buf_free(&scratch);
  return sums;
}

static void test_azure_2023_code_is_imported_whole_and_fast(void **state) {
  (void)state;
  need(AZURE);
  int64_t start_ns = clock_cpu_ns(); // a machine that halts for a while takes nothing from it
  struct converted converted = converting_file("azure", AZURE, NULL);
  assert_true(clock_cpu_ns() - start_ns < IMPORT_MOST_NS);
  assert_int_equal(converted.status, STATUS_OK);
  struct sums sums = sum_up(&converted);
  assert_int_equal(sums.requests, 8819);
  assert_int_equal(sums.input_tokens, 18059974);
  assert_int_equal(sums.output_tokens, 245896);
  assert_int_equal(sums.first.t_ns, 0);
  assert_int_equal(sums.first.input_tokens, 4808);
  assert_int_equal(sums.first.output_tokens, 10);
  // 19:14:19.9280160 - 18:17:03.9799600
  assert_int_equal(sums.last.t_ns, INT64_C(3435948056000));
  assert_int_equal(sums.last.input_tokens, 549);
  assert_int_equal(sums.last.output_tokens, 173);
  converted_free(&converted);
}

static void test_mooncake_conversation_is_imported_whole_and_fast(void **state) {
  (void)state;
  need(MOONCAKE);
  int64_t start_ns = clock_cpu_ns(); // a machine that halts for a while takes nothing from it
  struct converted converted = converting_file("mooncake", MOONCAKE, NULL);
  assert_true(clock_cpu_ns() - start_ns < IMPORT_MOST_NS);
  assert_int_equal(converted.status, STATUS_OK);
  struct sums sums = sum_up(&converted);
  assert_int_equal(sums.requests, 12031);
  assert_int_equal(sums.input_tokens, 144793823);
  assert_int_equal(sums.output_tokens, 4122048);
  assert_int_equal(sums.first.t_ns, 0);
  assert_int_equal(sums.first.input_tokens, 6758);
  assert_int_equal(sums.last.t_ns, INT64_C(3536999) * CLOCK_NS_PER_MS);
  assert_int_equal(sums.last.input_tokens, 20774);
  assert_int_equal(sums.last.output_tokens, 508);
  converted_free(&converted);
}

// The next line of a file without white space, as ours are written.
static bool next_compact(struct gzline_reader *reader, struct buf *out) {
  const char *line;
  size_t len;
  buf_clear(out);
  enum status status = gzline_read(reader, &line, &len, NULL);
  for (size_t i = 0; status == STATUS_OK && i < len; i++) {
    if (line[i] != ' ') buf_append_char(out, line[i]);
  }
  return status == STATUS_OK;
}

static void test_mooncake_to_trace_to_mooncake_changes_nothing(void **state) {
  (void)state;
  need(MOONCAKE);
  struct converted trace = converting_file("mooncake", MOONCAKE, NULL);
  struct converted back = converting_export("mooncake", &trace.lines, NULL);
  assert_int_equal(back.status, STATUS_OK);
  struct gzline_reader *reader = NULL;
  struct buf line = {0};
  const char *at = back.lines.data, *end = at + back.lines.len;
  int lines = 0;
  assert_int_equal(gzline_reader_open(MOONCAKE, &reader, NULL), STATUS_OK);
  for (; next_compact(reader, &line); lines++) {
    assert_true(at + line.len < end);
    assert_memory_equal(at, line.data, line.len);
    at += line.len;
    assert_int_equal(*at++, '\n');
  }
  assert_int_equal(lines, 12031);
  assert_ptr_equal(at, end);
  gzline_reader_close(reader);
  buf_free(&line);
  converted_free(&trace);
  converted_free(&back);
}

struct pair {
  int64_t old_id, new_id;
};

static int compare_old(const void *left, const void *right) {
  const struct pair *a = left, *b = right;
  if (a->old_id != b->old_id) return a->old_id < b->old_id ? -1 : 1;
  return a->new_id < b->new_id ? -1 : a->new_id > b->new_id;
}

static int compare_new(const void *left, const void *right) {
  const struct pair *a = left, *b = right;
  if (a->new_id != b->new_id) return a->new_id < b->new_id ? -1 : 1;
  return a->old_id < b->old_id ? -1 : a->old_id > b->old_id;
}

// The next line's ids at `*at`, which moves past it.
static struct json_scan next_ids(const char **at, const char *end) {
  const char *stop = memchr(*at, '\n', (size_t)(end - *at));
  struct json_slice line;
  assert_non_null(stop);
  assert_int_equal(json_scan_text(*at, (size_t)(stop - *at), &line, NULL), STATUS_OK);
  *at = stop + 1;
  return json_scan_start(json_scan_get(line, "hash_ids"));
}

// Puts the ids of two exports side by side.
static size_t pair_up(const struct converted *old, const struct converted *new, struct pair *pairs,
                      size_t most) {
  const char *old_at = old->lines.data, *new_at = new->lines.data;
  const char *old_end = old_at + old->lines.len, *new_end = new_at + new->lines.len;
  size_t count = 0;
  while (old_at < old_end) {
    struct json_scan olds = next_ids(&old_at, old_end), news = next_ids(&new_at, new_end);
    struct json_slice old_id = {NULL, 0}, new_id = {NULL, 0};
    while (json_scan_element(&olds, &old_id)) {
      assert_true(count < most && json_scan_element(&news, &new_id));
      assert_true(json_scan_int64(old_id, &pairs[count].old_id) &&
                  json_scan_int64(new_id, &pairs[count].new_id));
      count++;
    }
    assert_false(json_scan_element(&news, &new_id));
  }
  assert_ptr_equal(new_at, new_end);
  return count;
}

static void test_anonymised_mooncake_has_the_same_sharing_under_other_names(void **state) {
  (void)state;
  need(MOONCAKE);
  struct import_options options = {.anonymize = converting_key("a key for this test")};
  struct converted plain = converting_file("mooncake", MOONCAKE, NULL);
  struct converted anonymous = converting_file("mooncake", MOONCAKE, &options);
  struct converted old = converting_export("mooncake", &plain.lines, NULL);
  struct converted new = converting_export("mooncake", &anonymous.lines, NULL);
  size_t most = 400000, distinct = 1;
  struct pair *pairs = calloc(most, sizeof *pairs);
  assert_non_null(pairs);
  size_t count = pair_up(&old, &new, pairs, most);
  assert_int_equal(count, 288500); // as jq counts them in the source
  qsort(pairs, count, sizeof *pairs, compare_old);
  for (size_t i = 1; i < count; i++) {
    distinct += pairs[i].old_id != pairs[i - 1].old_id;
    if (pairs[i].old_id == pairs[i - 1].old_id) assert_int_equal(pairs[i].new_id, pairs[i - 1].new_id);
  }
  assert_int_equal(distinct, 182790);
  qsort(pairs, count, sizeof *pairs, compare_new);
  for (size_t i = 1; i < count; i++) {
    if (pairs[i].new_id == pairs[i - 1].new_id) assert_int_equal(pairs[i].old_id, pairs[i - 1].old_id);
  }
  free(pairs);
  anonymize_close(options.anonymize);
  converted_free(&plain);
  converted_free(&anonymous);
  converted_free(&old);
  converted_free(&new);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_azure_2023_code_is_imported_whole_and_fast),
      cmocka_unit_test(test_mooncake_conversation_is_imported_whole_and_fast),
      cmocka_unit_test(test_mooncake_to_trace_to_mooncake_changes_nothing),
      cmocka_unit_test(test_anonymised_mooncake_has_the_same_sharing_under_other_names),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
