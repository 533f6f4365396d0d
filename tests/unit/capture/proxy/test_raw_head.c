// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "capture/proxy/raw_head.h"

// A head as libmicrohttpd cuts it: ends of texts are NULs. The fields' names and values are found by hand.
#define HEAD "GET\0/a?b\0HTTP/1.1\0\0Host\0 h\0\0X\0\0Y\0\t v \0\0\0\0"

static struct head cut(const char *bytes) {
  const char *host = bytes + 19, *x = bytes + 28, *y = bytes + 31;
  struct head head = {.method = bytes, .target = "/a?b", .version = bytes + 9};
  assert_int_equal(head_add(&head, host, 4, host + 6, 1), STATUS_OK);
  assert_int_equal(head_add(&head, x, 1, x + 2, 0), STATUS_OK);
  assert_int_equal(head_add(&head, y, 1, y + 4, 2), STATUS_OK);
  return head;
}

static void test_texts_that_follow_each_other_are_the_whole_head(void **state) {
  (void)state;
  static const char bytes[] = HEAD;
  struct head head = cut(bytes);
  assert_string_equal(head.fields[0].name, "Host");
  assert_string_equal(head.fields[2].value, "v ");
  assert_true(raw_head_is_whole(&head, bytes + 4, sizeof bytes - 1));
  assert_true(raw_head_is_whole(&head, bytes + 4, sizeof bytes - 2)); // a bare LF ends the head
  head.count = 0;
  assert_false(raw_head_is_whole(&head, bytes + 4, 22));
  head_free(&head);
}

static void test_bytes_that_no_text_shows_are_seen(void **state) {
  (void)state;
  static const char bytes[] = HEAD "more";
  static const char elsewhere[] = "Host"; // a name that a folded line has moved
  const char *url = bytes + 4;
  const size_t len = sizeof HEAD - 1;
  struct head head = cut(bytes);
  struct head_field first = head.fields[0];
  for (size_t more = 1; more <= 4; more++)
    assert_false(raw_head_is_whole(&head, url, len + more));
  head.target = "/a?";
  assert_false(raw_head_is_whole(&head, url, len));
  head.target = "/a?b";
  head.fields[0].value_len = 0; // a NUL in a value
  assert_false(raw_head_is_whole(&head, url, len));
  head.fields[0] = first;
  head.fields[0].name = elsewhere;
  assert_false(raw_head_is_whole(&head, url, len));
  head.fields[0] = first;
  assert_true(raw_head_is_whole(&head, url, len));
  head.fields[1] = head.fields[2]; // a field is missing
  head.count = 2;
  assert_false(raw_head_is_whole(&head, url, len));
  head_free(&head);
}

// As libmicrohttpd 1.0 leaves it: the LF stays, and behind a blank the CR too. 0.9.75 makes all of them NULs.
static void test_ends_of_lines_of_a_newer_library(void **state) {
  (void)state;
  static const char bytes[] = "GET\0/a\0HTTP/1.1\0\nHost\0 h\0\nX\0  b\0\r\nY\0\0\n\r\n";
  static const size_t hidden[] = {25, 32}; // bytes in place of a line's end
  for (size_t i = 0; i <= 2; i++) {
    char copy[sizeof bytes];
    memcpy(copy, bytes, sizeof bytes);
    struct head head = {.method = copy, .target = "/a", .version = copy + 7};
    assert_int_equal(head_add(&head, copy + 17, 4, copy + 23, 1), STATUS_OK);
    assert_int_equal(head_add(&head, copy + 26, 1, copy + 30, 1), STATUS_OK);
    assert_int_equal(head_add(&head, copy + 34, 1, copy + 36, 0), STATUS_OK);
    if (i < 2) copy[hidden[i]] = 'n';
    assert_int_equal(raw_head_is_whole(&head, copy + 4, sizeof bytes - 1), i == 2);
    head_free(&head);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_texts_that_follow_each_other_are_the_whole_head),
      cmocka_unit_test(test_bytes_that_no_text_shows_are_seen),
      cmocka_unit_test(test_ends_of_lines_of_a_newer_library),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
