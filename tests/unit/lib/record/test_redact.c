// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "lib/record/redact.h"

#define SECRET "sk-4f1d-do-not-keep"

static char *more_items[] = {"customer", "x-ticket"};
static const struct names more = {more_items, 2};
static const struct names none = {0};

struct case_of {
  const char *from, *to;
};

static void check(void (*redact)(const struct names *, const char *, size_t, struct buf *),
                  const struct names *names, const struct case_of *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct buf out = {0};
    redact(names, cases[i].from, strlen(cases[i].from), &out);
    assert_string_equal(buf_text(&out), cases[i].to);
    assert_null(strstr(buf_text(&out), SECRET));
    buf_free(&out);
  }
}

static void target(const struct names *names, const char *text, size_t len, struct buf *out) {
  (void)len;
  redact_target(names, text, out);
}

static void json(const struct names *names, const char *text, size_t len, struct buf *out) {
  struct json_slice value;
  assert_int_equal(json_scan_text(text, len, &value, NULL), STATUS_OK);
  redact_json(names, value, out, NULL);
}

static void test_values_of_secret_query_keys_are_replaced(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      {"/v1/models", "/v1/models"},
      {"/v1/models?", "/v1/models?"},
      {"/v1/models?limit=3&after=x", "/v1/models?limit=3&after=x"},
      {"/v1/models?api_key=" SECRET, "/v1/models?api_key=***"},
      {"/v1/models?a=1&api_key=" SECRET "&b=2", "/v1/models?a=1&api_key=***&b=2"},
      {"/m?key=" SECRET "&key=" SECRET, "/m?key=***&key=***"},
      {"/m?Access_Token=" SECRET, "/m?Access_Token=***"},
      {"/m?access-token=" SECRET, "/m?access-token=***"},
      {"/m?api%5Fkey=" SECRET, "/m?api%5Fkey=***"},
      {"/m?%74oken=" SECRET "#x", "/m?%74oken=***"},
      {"/m?a=b;token=" SECRET, "/m?a=b;token=***"},
      {"/m?token", "/m?token"},
      {"/m?token=", "/m?token="},
      {"/m?q=token=1", "/m?q=token=1"},
      {"/m?max_tokens=5", "/m?max_tokens=5"},
      {"/m?sig=" SECRET "&sv=2", "/m?sig=***&sv=2"},
      {"/m?x=?key=1&password=" SECRET, "/m?x=?key=1&password=***"},
      {"/m?api%5", "/m?api%5"},
      {"/m?other=Bearer%20x&auth_value=" SECRET, "/m?other=Bearer%20x&auth_value=***"},
      {"/tenant/" SECRET "/v1/chat", "/tenant/***/v1/chat"},
      {"/skills/sk-short", "/skills/sk-short"},
  };
  check(target, &none, cases, sizeof cases / sizeof cases[0]);
}

static void test_the_values_that_are_taken_out_can_be_listed(void **state) {
  (void)state;
  static const char expected[] = "one\0two";
  struct buf out = {0};
  redact_target_secrets(&none, "/m?a=1&key=one;b=2&token=two&token=", &out);
  assert_int_equal(out.len, sizeof expected);
  assert_memory_equal(out.data, expected, sizeof expected);
  buf_clear(&out);
  redact_target_secrets(&none, "/m", &out);
  assert_int_equal(out.len, 0);
  buf_free(&out);
}

static void test_names_from_the_command_line_are_added(void **state) {
  (void)state;
  static const struct case_of queries[] = {{"/m?Customer=" SECRET "&b=1", "/m?Customer=***&b=1"},
                                           {"/m?x_ticket=" SECRET, "/m?x_ticket=***"}};
  static const struct case_of fields[] = {{"{\"customer\":\"" SECRET "\"}", "{\"customer\":\"***\"}"}};
  check(target, &more, queries, 2);
  check(json, &more, fields, 1);
}

static void test_form_bodies_are_read_as_queries(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      {"model=m&api_key=" SECRET, "model=m&api_key=***"},
      {"client_secret=" SECRET "&grant_type=x", "client_secret=***&grant_type=x"},
      {"", ""},
  };
  check(redact_form, &none, cases, sizeof cases / sizeof cases[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values_of_secret_query_keys_are_replaced),
      cmocka_unit_test(test_the_values_that_are_taken_out_can_be_listed),
      cmocka_unit_test(test_names_from_the_command_line_are_added),
      cmocka_unit_test(test_form_bodies_are_read_as_queries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
