// SPDX-License-Identifier: GPL-3.0-or-later
//
// A line of JSON and a table in, the members of a struct out, and back.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record/field.h"

struct record {
  int64_t count, whole, time_ns, custom;
  double number;
  bool flag;
  struct json_slice text, array, object, any;
  int64_t inner, one;
};

static enum status read_custom(struct field_context *context, const struct field *field,
                               struct json_slice value) {
  struct record *record = context->into;
  if (json_scan_kind(value) == JSON_TRUE) return field_fail(context, field, "false");
  record->custom = (int64_t)value.len;
  return STATUS_OK;
}

static void write_custom(struct json_writer *w, const struct field *field, const void *from) {
  (void)from;
  json_member_string(w, field->name, field->name);
}

static const struct field inner_table[] = {FIELD(record, inner, "deep", FIELD_COUNT), FIELD_END};
static const struct field table[] = {
    FIELD(record, count, "count", FIELD_COUNT),
    FIELD(record, whole, "whole", FIELD_INT),
    FIELD(record, time_ns, "time_s", FIELD_DURATION),
    FIELD(record, number, "number", FIELD_NUMBER),
    FIELD(record, flag, "flag", FIELD_BOOL),
    FIELD_OPTIONAL(record, text, "text", FIELD_TEXT),
    FIELD_OPTIONAL(record, array, "array", FIELD_ARRAY),
    FIELD_AS(record, object, "object", FIELD_OBJECT, .presence = FIELD_WITH_LAST),
    FIELD(record, any, "any", FIELD_JSON),
    FIELD_ROW("inner", FIELD_TABLE, .inner = inner_table),
    FIELD_OVER(record, one, "one", FIELD_COUNT, FIELD_ONE),
    FIELD_ROW("custom", FIELD_CUSTOM, .read = read_custom, .write = write_custom),
    FIELD_END,
};
static const struct field required_table[] = {FIELD_REQUIRED(record, count, "count", FIELD_COUNT), FIELD_END};

static struct buf scratch;
static struct error error;
static struct record read;

static enum status read_line(const char *line, const struct field *fields) {
  read = (struct record){0};
  buf_clear(&scratch);
  error.text[0] = '\0';
  return field_read_object((struct json_slice){line, strlen(line)}, fields, &read, &scratch, &error);
}

static void test_every_kind_is_read_in_any_order(void **state) {
  (void)state;
  static const char *const lines[] = {
      "{\"type\":\"t\",\"count\":5,\"whole\":-5,\"time_s\":1.5,\"number\":-2.5,\"flag\":false,\"text\":"
      "\"a\\u00e9b\","
      "\"array\":[1],\"object\":{\"a\":[]},\"any\":\"x\",\"inner\":{\"deep\":9,\"other\":1},\"custom\":1234}",
      " { \"unknown\":{\"count\":1}, \"custom\":1234, \"inner\":{\"deep\":9}, \"any\":\"x\", "
      "\"object\":{\"a\":[]}, "
      "\"type\":\"t\", \"array\":[1], \"text\":\"a\\u00e9b\", \"flag\":false, \"number\":-2.5, "
      "\"time_s\":15e-1, "
      "\"whole\":-5, \"count\":4, \"count\":5} ",
  };
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(read_line(lines[i], table), STATUS_OK);
    assert_int_equal(read.count, 5);
    assert_int_equal(read.whole, -5);
    assert_int_equal(read.time_ns, 1500000000);
    assert_true(read.number == -2.5);
    assert_false(read.flag);
    assert_true(json_slice_is(read.text, "a\u00e9b"));
    assert_true(json_slice_is(read.array, "[1]"));
    assert_true(json_slice_is(read.object, "{\"a\":[]}"));
    assert_true(json_slice_is(read.any, "\"x\""));
    assert_int_equal(read.inner, 9);
    assert_int_equal(read.custom, 4);
  }
}

static void test_null_is_what_is_missing(void **state) {
  (void)state;
  static const char *const lines[] = {
      "{\"count\":null,\"whole\":null,\"time_s\":null,\"number\":null,\"flag\":null,\"text\":null,"
      "\"array\":null,\"object\":null,\"any\":null,\"inner\":null,\"one\":null}",
      "{}"};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(read_line(lines[i], table), STATUS_OK);
    assert_int_equal(read.count, -1);
    assert_int_equal(read.whole, -1);
    assert_int_equal(read.time_ns, -1);
    assert_true(isnan(read.number));
    assert_false(read.flag);
    assert_null(read.text.data);
    assert_null(read.array.data);
    assert_null(read.object.data);
    assert_int_equal(read.inner, -1);
    assert_int_equal(read.one, 1);
  }
}

static void assert_written(const struct record *record, const char *line) {
  static const struct field_record kind = {"t", table};
  struct buf out = {0};
  field_write_line(&out, &kind, record);
  assert_string_equal(buf_text(&out), line);
  buf_free(&out);
}

static void test_members_are_written_in_order_and_left_out_as_their_rows_say(void **state) {
  (void)state;
  struct record record = {0};
  field_blank(table, &record);
  assert_written(&record, "{\"type\":\"t\",\"count\":null,\"whole\":-1,\"time_s\":null,\"number\":null,"
                          "\"flag\":false,\"any\":null,\"inner\":null,\"custom\":\"custom\"}");
  record = (struct record){.count = 5,
                           .time_ns = 1500000000,
                           .number = 0.5,
                           .text = {"a\"b", 3},
                           .array = {"[1, 2]", 6},
                           .any = {"\"x\"", 3},
                           .one = 2};
  assert_written(&record, "{\"type\":\"t\",\"count\":5,\"whole\":0,\"time_s\":1.5,\"number\":0.5,"
                          "\"flag\":false,\"text\":\"a\\\"b\",\"array\":[1,2],\"object\":null,\"any\":\"x\","
                          "\"inner\":{\"deep\":0},\"one\":2,\"custom\":\"custom\"}");
}

static void test_the_type_chooses_the_table(void **state) {
  (void)state;
  static const struct field_record kinds[] = {{"a", inner_table}, {"b", table}};
  static const struct {
    const char *line;
    size_t kind;
  } rows[] = {{"{\"type\":\"b\",\"count\":3}", 1},
              {"{\"count\":3,\"type\":\"b\"}", 1},
              {"{\"type\":\"a\",\"count\":3}", 0},
              {"{\"type\":\"c\",\"count\":3}", 2},
              {"{\"count\":3}", 2}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct json_slice line = {rows[i].line, strlen(rows[i].line)};
    size_t kind;
    read = (struct record){0};
    assert_int_equal(field_read_line(kinds, 2, line, &kind, &read, &scratch, &error), STATUS_OK);
    assert_int_equal(kind, rows[i].kind);
    assert_int_equal(read.count, rows[i].kind == 1 ? 3 : 0);
  }
}

static void test_seconds_become_nanoseconds_without_a_loss(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ns;
  } rows[] = {{"0", 0},
              {"-0", 0},
              {"1e-9", 1},
              {"0.000000001", 1},
              {"0.0000000015", 2},
              {"123456789.123456789", INT64_C(123456789123456789)},
              {"0.1234567894999", 123456789},
              {"9200000000", INT64_C(9200000000000000000)},
              {"1e3", INT64_C(1000000000000)}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char line[64];
    snprintf(line, sizeof line, "{\"time_s\":%s}", rows[i].text);
    if (read_line(line, table) || read.time_ns != rows[i].ns)
      fail_msg("%s: %lld", rows[i].text, (long long)read.time_ns);
  }
}

static void test_a_value_of_another_kind_is_refused_by_name(void **state) {
  (void)state;
  static const struct {
    const char *line, *message;
  } rows[] = {
      {"{\"count\":-1}", "\"count\" is not a whole number from 0 to 2^53"},
      {"{\"count\":9007199254740993}", "\"count\" is not a whole number from 0 to 2^53"},
      {"{\"count\":1.5}", "\"count\" is not a whole number from 0 to 2^53"},
      {"{\"whole\":\"5\"}", "\"whole\" is not a whole number"},
      {"{\"time_s\":-1}", "\"time_s\" is not a time in seconds, at least 0"},
      {"{\"time_s\":1e10}", "\"time_s\" is not a time in seconds, at least 0"},
      {"{\"time_s\":99999999999999999999}", "\"time_s\" is not a time in seconds, at least 0"},
      {"{\"number\":\"a\"}", "\"number\" is not a number"},
      {"{\"flag\":1}", "\"flag\" is not true or false"},
      {"{\"text\":5}", "\"text\" is not a string"},
      {"{\"array\":{}}", "\"array\" is not an array"},
      {"{\"object\":[]}", "\"object\" is not an object"},
      {"{\"inner\":5}", "\"inner\" is not an object"},
      {"{\"inner\":{\"deep\":-1}}", "\"deep\" is not a whole number from 0 to 2^53"},
      {"{\"custom\":true}", "\"custom\" is not false"},
      {"[]", "no JSON object"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(read_line(rows[i].line, table), STATUS_FORMAT);
    assert_string_equal(error.text, rows[i].message);
  }
}

static void test_a_required_member_must_be_there(void **state) {
  (void)state;
  assert_int_equal(read_line("{\"count\":0}", required_table), STATUS_OK);
  assert_int_equal(read_line("{}", required_table), STATUS_FORMAT);
  assert_string_equal(error.text, "\"count\" is missing");
  assert_int_equal(read_line("{\"count\":null}", required_table), STATUS_FORMAT);
  assert_string_equal(error.text, "\"count\" is null");
}

static void test_every_start_of_a_line_is_malformed(void **state) {
  (void)state;
  static const char line[] = "{\"type\":\"t\",\"inner\":{\"deep\":1},\"text\":\"a\\n\",\"other\":[{}]}";
  char part[sizeof line];
  assert_int_equal(read_line(line, table), STATUS_OK);
  for (size_t len = 0; len < sizeof line - 1; len++) {
    memcpy(part, line, len);
    part[len] = '\0';
    assert_int_equal(read_line(part, table), STATUS_FORMAT);
    assert_true(error.text[0] != '\0');
  }
  assert_int_equal(read_line("{} {}", table), STATUS_FORMAT);
}

static void test_a_full_scratch_is_the_members_limit(void **state) {
  (void)state;
  buf_free(&scratch);
  scratch = BUF_LIMIT(4);
  assert_int_equal(read_line("{\"text\":\"12345\\n\"}", table), STATUS_LIMIT);
  assert_string_equal(error.text, "\"text\" is too long");
  buf_free(&scratch);
  scratch = (struct buf){0};
}

static int free_scratch(void **state) {
  (void)state;
  buf_free(&scratch);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_kind_is_read_in_any_order),
      cmocka_unit_test(test_null_is_what_is_missing),
      cmocka_unit_test(test_members_are_written_in_order_and_left_out_as_their_rows_say),
      cmocka_unit_test(test_the_type_chooses_the_table),
      cmocka_unit_test(test_seconds_become_nanoseconds_without_a_loss),
      cmocka_unit_test(test_a_value_of_another_kind_is_refused_by_name),
      cmocka_unit_test(test_a_required_member_must_be_there),
      cmocka_unit_test(test_every_start_of_a_line_is_malformed),
      cmocka_unit_test(test_a_full_scratch_is_the_members_limit),
  };
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
