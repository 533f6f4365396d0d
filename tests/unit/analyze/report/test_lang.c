// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>

#include "analyze/report/document.h"
#include "analyze/report/lang.h"

static const char *said(struct buf *out, enum lang lang, enum lang_id id, const char *argument) {
  buf_clear(out);
  lang_format(out, lang, id, &argument, 1);
  return buf_text(out);
}

static void test_no_text_is_missing(void **state) {
  (void)state;
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    for (int id = 0; id < LANG_ID_COUNT; id++) {
      if (!*lang_text((enum lang)lang, (enum lang_id)id))
        fail_msg("%s has no text %d", lang_code((enum lang)lang), id);
    }
  }
}

// The arguments that a template prints (not only counts by), as bits.
static unsigned printed(const char *text) {
  unsigned found = 0;
  for (; (text = strchr(text, '{')); text++) {
    if (isdigit((unsigned char)text[1]) && text[2] == '}') found |= 1U << (text[1] - '0');
  }
  return found;
}

static void test_both_languages_print_the_same_arguments(void **state) {
  (void)state;
  for (int id = 0; id < LANG_ID_COUNT; id++) {
    const char *en = lang_text(LANG_EN, (enum lang_id)id), *ru = lang_text(LANG_RU, (enum lang_id)id);
    if (printed(en) != printed(ru)) fail_msg("the arguments differ:\n%s\n%s", en, ru);
  }
}

static void test_braces_and_styles_are_closed(void **state) {
  (void)state;
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    for (int id = 0; id < LANG_ID_COUNT; id++) {
      const char *text = lang_text((enum lang)lang, (enum lang_id)id);
      int open = 0, strong = 0, code = 0;
      for (const char *at = text; *at; at++) {
        open += *at == '{' ? 1 : *at == '}' ? -1 : 0;
        strong += *at == DOCUMENT_STRONG[0];
        code += *at == DOCUMENT_CODE[0];
        if (open < 0 || open > 1) fail_msg("braces: %s", text);
      }
      if (open || strong % 2 || code % 2) fail_msg("not closed: %s", text);
    }
  }
}

static size_t forms(const char *text) {
  size_t count = 1;
  for (; *text != '}'; text++)
    count += *text == '|';
  return count;
}

static void test_each_plural_has_the_forms_of_its_language(void **state) {
  (void)state;
  for (int lang = 0; lang < LANG_COUNT; lang++) {
    for (int id = 0; id < LANG_ID_COUNT; id++) {
      for (const char *at = lang_text((enum lang)lang, (enum lang_id)id); (at = strchr(at, '{')); at++) {
        if (at[2] == ':') assert_int_equal(forms(at), lang == LANG_EN ? 2 : 3);
      }
    }
  }
}

// CLDR's examples: one 1, 21; few 2, 24; many 0, 5, 11 to 14, 111.
static void test_russian_plurals_follow_cldr(void **state) {
  (void)state;
  static const struct {
    const char *number, *form;
  } rows[] = {{"1", "пакет"},    {"21", "пакет"},    {"101", "пакет"},  {"2", "пакета"},   {"4", "пакета"},
              {"23", "пакета"},  {"0", "пакетов"},   {"5", "пакетов"},  {"11", "пакетов"}, {"12", "пакетов"},
              {"14", "пакетов"}, {"111", "пакетов"}, {"20", "пакетов"}, {"1.5", "пакета"}};
  struct buf out = {0};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *text = said(&out, LANG_RU, LANG_CLIENT_INVALID, rows[i].number);
    const char *last = strrchr(text, ' ');
    assert_non_null(last);
    assert_string_equal(last + 1, rows[i].form);
  }
  buf_free(&out);
}

static void test_english_has_one_and_many(void **state) {
  (void)state;
  struct buf out = {0};
  assert_string_equal(said(&out, LANG_EN, LANG_LEVEL, "1"), "Results for 1 parallel request");
  assert_string_equal(said(&out, LANG_EN, LANG_LEVEL, "24"), "Results for 24 parallel requests");
  assert_string_equal(said(&out, LANG_EN, LANG_LEVEL, "1.5"), "Results for 1.5 parallel requests");
  buf_free(&out);
}

static void test_the_unit_is_the_one_that_is_counted(void **state) {
  static const struct {
    enum lang lang;
    enum lang_unit unit;
    const char *rate, *heading, *column;
  } rows[] = {
      {LANG_EN, LANG_OUTPUT_TOKENS, "5 tokens per second", "Throughput (tokens/s)", "Tokens per second"},
      {LANG_EN, LANG_REQUESTS, "5 requests per second", "Throughput (requests/s)", "Requests per second"},
      {LANG_RU, LANG_INPUT_TOKENS, "5 входных токенов в секунду", "Скорость (входные токены/сек)",
       "Входные токены в секунду"},
      {LANG_RU, LANG_REQUESTS, "5 запросов в секунду", "Скорость (запросы/сек)", "Запросы в секунду"},
  };
  struct buf out = {0};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    buf_clear(&out);
    lang_format_in(&out, rows[i].lang, rows[i].unit, LANG_LEVEL_BEST_RATE, LANG_WITH("5", ""));
    assert_non_null(strstr(buf_text(&out), rows[i].rate));
    buf_clear(&out);
    lang_format_in(&out, rows[i].lang, rows[i].unit, LANG_AXIS_RATE, LANG_ALONE);
    assert_string_equal(buf_text(&out), rows[i].heading);
    buf_clear(&out);
    lang_format_in(&out, rows[i].lang, rows[i].unit, LANG_COLUMN_RATE, LANG_ALONE);
    assert_string_equal(buf_text(&out), rows[i].column);
  }
  buf_free(&out);
}

static void test_arguments_bring_no_style_and_no_template(void **state) {
  (void)state;
  struct buf out = {0};
  assert_string_equal(said(&out, LANG_EN, LANG_TITLE_FOR, "a" DOCUMENT_STRONG "b{0}" DOCUMENT_CODE),
                      "Performance report for ab{0}");
  buf_clear(&out);
  lang_format(&out, LANG_EN, LANG_TITLE_FOR, NULL, 0);
  assert_string_equal(buf_text(&out), "Performance report for {0}");
  buf_free(&out);
}

static void test_languages_are_known_by_their_codes(void **state) {
  (void)state;
  enum lang lang = LANG_EN;
  struct error error = {""};
  assert_int_equal(lang_parse("ru", &lang, &error), STATUS_OK);
  assert_int_equal(lang, LANG_RU);
  assert_int_equal(lang_parse("fr", &lang, &error), STATUS_USAGE);
  assert_int_equal(lang, LANG_RU);
  assert_non_null(strstr(error.text, "fr"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_text_is_missing),
      cmocka_unit_test(test_both_languages_print_the_same_arguments),
      cmocka_unit_test(test_braces_and_styles_are_closed),
      cmocka_unit_test(test_each_plural_has_the_forms_of_its_language),
      cmocka_unit_test(test_russian_plurals_follow_cldr),
      cmocka_unit_test(test_english_has_one_and_many),
      cmocka_unit_test(test_the_unit_is_the_one_that_is_counted),
      cmocka_unit_test(test_arguments_bring_no_style_and_no_template),
      cmocka_unit_test(test_languages_are_known_by_their_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
