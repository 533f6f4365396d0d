// SPDX-License-Identifier: GPL-3.0-or-later
//
// One row of a table and one value in, the field of the program's struct out.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cli_value.h"

enum colour { RED, GREEN, BLUE };

struct settings {
  bool loud;
  enum colour colour, background;
  char *name;
  struct cli_texts tags;
  int64_t count, wait_ns, size_bytes;
  double factor, share;
};

static const char *const colours[] = {"red", "green", "blue", NULL};
static const struct cli_value loud = CLI_FLAG(struct settings, loud);
static const struct cli_value colour = CLI_CHOICE(struct settings, colour, colours);
static const struct cli_value green = CLI_SET(struct settings, background, GREEN);
static const struct cli_value name = CLI_TEXT(struct settings, name);
static enum status add_tag(void *context, const char *value, struct error *error) {
  struct settings *settings = context;
  return cli_texts_add(&settings->tags, value, error);
}
static const struct cli_value tag = CLI_OWN(add_tag);
static const struct cli_value count = CLI_COUNT(struct settings, count, 1, 1e15);
static const struct cli_value wait_time = CLI_DURATION(struct settings, wait_ns, 0, 5e9);
static const struct cli_value size = CLI_BYTES(struct settings, size_bytes, 0, 4096);
static const struct cli_value factor = CLI_REAL(struct settings, factor, -1, 1);
static const struct cli_value share = CLI_FRACTION(struct settings, share, 0, 1);

static void test_rows_put_values_into_their_fields(void **state) {
  (void)state;
  static const struct {
    const struct cli_value *row;
    const char *value;
  } given[] = {{&loud, NULL},         {&colour, "blue"}, {&green, NULL},    {&name, "first"},
               {&name, "second"},     {&tag, "a"},       {&tag, "b"},       {&count, "1.5k"},
               {&wait_time, "250ms"}, {&size, "2KiB"},   {&factor, "-0.5"}, {&share, "5%"}};
  struct settings settings = {0};
  for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
    assert_int_equal(cli_value_parse(given[i].row, &settings, given[i].value, NULL), STATUS_OK);
  assert_true(settings.loud);
  assert_int_equal(settings.colour, BLUE);
  assert_int_equal(settings.background, GREEN);
  assert_string_equal(settings.name, "second");
  assert_int_equal(settings.tags.count, 2);
  assert_string_equal(settings.tags.items[1], "b");
  assert_int_equal(settings.count, 1500);
  assert_int_equal(settings.wait_ns, 250000000);
  assert_int_equal(settings.size_bytes, 2048);
  assert_true(settings.factor == -0.5 && settings.share == 0.05);
  cli_value_free(&name, &settings);
  cli_texts_free(&settings.tags);
  cli_value_free(&count, &settings); // owns nothing
  assert_null(settings.name);
  assert_int_equal(settings.tags.count, 0);
  assert_int_equal(settings.count, 1500);
  cli_value_free(&name, &settings);
}

static void test_rows_refuse_what_is_not_allowed_and_keep_the_field(void **state) {
  (void)state;
  static const struct {
    const struct cli_value *row;
    const char *value, *message;
  } cases[] = {
      {&colour, "pink", "'pink' is not one of red, green, blue"},
      {&colour, "", "'' is not one of red, green, blue"},
      {&name, "", "'' is empty"},
      {&tag, "", "'' is empty"},
      {&count, "0", "'0' "},
      {&wait_time, "6s", "'6s' "},
      {&size, "1MiB", "'1MiB' "},
      {&factor, "2", "'2' "},
      {&share, "101%", "'101%' "},
  };
  struct settings settings = {.colour = GREEN, .count = 7};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct error error;
    assert_int_equal(cli_value_parse(cases[i].row, &settings, cases[i].value, &error), STATUS_USAGE);
    assert_memory_equal(error.text, cases[i].message, strlen(cases[i].message));
  }
  assert_int_equal(settings.colour, GREEN);
  assert_int_equal(settings.count, 7);
  assert_null(settings.name);
  assert_int_equal(settings.tags.count, 0);
}

static void test_a_text_is_a_copy_and_stays_when_the_next_is_refused(void **state) {
  (void)state;
  char value[] = "once";
  struct settings settings = {0};
  assert_int_equal(cli_value_parse(&name, &settings, value, NULL), STATUS_OK);
  value[0] = 'x';
  assert_string_equal(settings.name, "once");
  assert_int_equal(cli_value_parse(&name, &settings, "", NULL), STATUS_USAGE);
  assert_string_equal(settings.name, "once");
  cli_value_free(&name, &settings);
}

static enum status own(void *context, const char *value, struct error *error) {
  struct settings *settings = context;
  if (value) return status_fail(error, STATUS_LIMIT, "%s is too much", value);
  settings->count++;
  return STATUS_OK;
}

static void test_an_own_function_gets_the_context_and_its_status_is_the_answer(void **state) {
  (void)state;
  static const struct cli_value row = CLI_OWN(own);
  struct settings settings = {0};
  struct error error;
  assert_int_equal(cli_value_parse(&row, &settings, NULL, &error), STATUS_OK);
  assert_int_equal(settings.count, 1);
  assert_int_equal(cli_value_parse(&row, &settings, "9", &error), STATUS_LIMIT);
  assert_string_equal(error.text, "9 is too much");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows_put_values_into_their_fields),
      cmocka_unit_test(test_rows_refuse_what_is_not_allowed_and_keep_the_field),
      cmocka_unit_test(test_a_text_is_a_copy_and_stays_when_the_next_is_refused),
      cmocka_unit_test(test_an_own_function_gets_the_context_and_its_status_is_the_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
