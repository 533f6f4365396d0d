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

static struct request_check_field fields[3];

static struct raw_head cut(const char *bytes, size_t len) {
  const char *host = bytes + 19, *x = bytes + 28, *y = bytes + 31;
  fields[0] = (struct request_check_field){host, host + 6, 4, 1};
  fields[1] = (struct request_check_field){x, x + 2, 1, 0};
  fields[2] = (struct request_check_field){y, y + 4, 1, 2};
  return (struct raw_head){.method = bytes,
                           .url = bytes + 4,
                           .version = bytes + 9,
                           .target_len = 4,
                           .fields = fields,
                           .field_count = 3,
                           .bytes = len};
}

static void test_texts_that_follow_each_other_are_the_whole_head(void **state) {
  (void)state;
  static const char bytes[] = HEAD;
  struct raw_head head = cut(bytes, sizeof bytes - 1);
  assert_string_equal(fields[0].name, "Host");
  assert_string_equal(fields[2].value, "v ");
  assert_true(raw_head_is_whole(&head));
  head.bytes--; // a bare LF ends the head
  assert_true(raw_head_is_whole(&head));
  head.field_count = 0;
  head.bytes = 22;
  assert_false(raw_head_is_whole(&head));
}

static void test_bytes_that_no_text_shows_are_seen(void **state) {
  (void)state;
  static const char bytes[] = HEAD "more";
  for (size_t more = 1; more <= 4; more++) {
    struct raw_head head = cut(bytes, sizeof HEAD - 1 + more);
    assert_false(raw_head_is_whole(&head));
  }
  struct raw_head head = cut(bytes, sizeof HEAD - 1);
  head.target_len = 3;
  assert_false(raw_head_is_whole(&head));
  head = cut(bytes, sizeof HEAD - 1);
  fields[0].value_len = 0; // a NUL in a value
  assert_false(raw_head_is_whole(&head));
  static const char elsewhere[] = "Host"; // a name that a folded line has moved
  head = cut(bytes, sizeof HEAD - 1);
  fields[0].name = elsewhere;
  assert_false(raw_head_is_whole(&head));
  head = cut(bytes, sizeof HEAD - 1);
  fields[1] = fields[2]; // a field is missing
  head.field_count = 2;
  assert_false(raw_head_is_whole(&head));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_texts_that_follow_each_other_are_the_whole_head),
      cmocka_unit_test(test_bytes_that_no_text_shows_are_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
