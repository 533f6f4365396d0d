// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "lib/http/head.h"

static void add(struct head *head, const char *name, const char *value) {
  assert_int_equal(head_add(head, name, strlen(name), value, strlen(value)), STATUS_OK);
}

static void test_a_field_is_found_by_its_number_in_any_case(void **state) {
  (void)state;
  struct head head = {.method = "POST"};
  assert_null(head_find(&head, HEAD_HOST));
  add(&head, "X-Other", "0");
  add(&head, "content-TYPE", "a/b");
  add(&head, "Content-Type", "c/d");
  add(&head, "Content-Typ", "e/f");
  const struct head_field *type = head_find(&head, HEAD_CONTENT_TYPE);
  assert_non_null(type);
  assert_true(head_value_is(type, "A/B") && !head_value_is(type, "a/") && !head_value_is(type, "a/bc"));
  assert_int_equal(head.counts[HEAD_CONTENT_TYPE], 2);
  assert_int_equal(head.counts[HEAD_OTHER], 2);
  assert_int_equal(head.count, 4);
  assert_null(head_find(&head, HEAD_HOST));
  head_free(&head);
  assert_null(head_find(&head, HEAD_CONTENT_TYPE));
}

static void test_hundreds_of_fields_stay_in_their_order(void **state) {
  (void)state;
  struct head head = {0};
  static const char digits[] = "0123456789";
  for (size_t i = 0; i < 500; i++)
    assert_int_equal(head_add(&head, "X", 1, digits + i % 10, 1), STATUS_OK);
  add(&head, "Host", "h");
  for (size_t i = 0; i < 500; i++)
    assert_int_equal(head.fields[i].value[0], '0' + (char)(i % 10));
  assert_ptr_equal(head_find(&head, HEAD_HOST), &head.fields[500]);
  head_free(&head);
}

static bool is_forwarded(const char *method, const char *connection, const char *name) {
  struct head head = {.method = method};
  if (connection) add(&head, "Connection", connection);
  add(&head, name, "value");
  bool forwarded = head_is_forwarded(&head, &head.fields[head.count - 1]);
  head_free(&head);
  return forwarded;
}

static void test_fields_of_one_connection_are_not_forwarded(void **state) {
  (void)state;
  // RFC 9110 7.6.1, and the proxy's own of 11.7
  static const char *const hop[] = {"Connection",
                                    "keep-alive",
                                    "Proxy-Connection",
                                    "TE",
                                    "Upgrade",
                                    "TRANSFER-ENCODING",
                                    "Trailer",
                                    "Proxy-Authenticate",
                                    "proxy-authorization",
                                    "Content-Length"};
  static const char *const end[] = {"Content-Type", "Cache-Control", "TE2", "T", "", "Authorization"};
  for (size_t i = 0; i < sizeof hop / sizeof hop[0]; i++)
    assert_false(is_forwarded("GET", NULL, hop[i]) || is_forwarded(NULL, NULL, hop[i]));
  for (size_t i = 0; i < sizeof end / sizeof end[0]; i++)
    assert_true(is_forwarded("GET", NULL, end[i]) && is_forwarded(NULL, "close", end[i]));
  // Of a request alone.
  assert_true(!is_forwarded("GET", NULL, "host") && !is_forwarded("GET", NULL, "Expect"));
  assert_true(is_forwarded(NULL, NULL, "host") && is_forwarded(NULL, NULL, "Expect"));
}

static void test_connection_names_fields_by_whole_tokens(void **state) {
  (void)state;
  assert_false(is_forwarded("GET", "X-Foo", "x-foo"));
  assert_false(is_forwarded(NULL, "close, X-Foo", "X-Foo"));
  assert_false(is_forwarded("GET", " ,, \tX-Foo\t ,close", "X-Foo"));
  assert_true(is_forwarded("GET", "X-Foobar", "X-Foo"));
  assert_true(is_forwarded("GET", "X-Fo", "X-Foo"));
  assert_true(is_forwarded("GET", "X-Foo X-Bar", "X-Foo"));
  assert_true(is_forwarded("GET", "", "X-Foo"));
  assert_true(is_forwarded("GET", ",", ""));
}

static void test_each_of_several_connection_fields_counts(void **state) {
  (void)state;
  struct head head = {.method = "GET"};
  add(&head, "X-A", "1");
  add(&head, "Connection", "close");
  add(&head, "X-B", "2");
  add(&head, "connection", "x-a, x-b");
  assert_false(head_is_forwarded(&head, &head.fields[0]) || head_is_forwarded(&head, &head.fields[2]));
  head_free(&head);
}

static void test_a_length_is_digits_that_fit(void **state) {
  (void)state;
  static const char *const bad[] = {"", "+4", "-1", "4 ", " 4", "0x10", "4, 4", "1234567890123456789"};
  struct head_field field = {.value = "999999999999999999", .value_len = 18};
  int64_t length = 7;
  assert_true(head_read_length(&field, &length));
  assert_int_equal(length, INT64_C(999999999999999999));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    field = (struct head_field){.value = bad[i], .value_len = strlen(bad[i])};
    assert_false(head_read_length(&field, &length));
  }
  assert_int_equal(length, INT64_C(999999999999999999));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_field_is_found_by_its_number_in_any_case),
      cmocka_unit_test(test_hundreds_of_fields_stay_in_their_order),
      cmocka_unit_test(test_fields_of_one_connection_are_not_forwarded),
      cmocka_unit_test(test_connection_names_fields_by_whole_tokens),
      cmocka_unit_test(test_each_of_several_connection_fields_counts),
      cmocka_unit_test(test_a_length_is_digits_that_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
