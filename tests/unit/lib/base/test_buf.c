// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/buf.h"

static void test_buf_all_zero_is_empty_and_grows(void **state) {
  (void)state;
  struct buf buf = {0};
  assert_string_equal(buf_text(&buf), "");
  for (int i = 0; i < 10000; i++)
    assert_int_equal(buf_append(&buf, "abc", 3), STATUS_OK);
  assert_int_equal(buf.len, 30000);
  assert_memory_equal(buf.data + 29997, "abc", 3);
  buf_free(&buf);
  assert_null(buf.data);
  assert_int_equal(buf.len, 0);
  buf_free(&buf);
  buf_free(NULL);
}

static void test_buf_cap_is_exact_and_a_failed_append_changes_nothing(void **state) {
  (void)state;
  struct buf buf = BUF_LIMIT(5);
  assert_int_equal(buf_append_text(&buf, "abcd"), STATUS_OK);
  assert_int_equal(buf_append(&buf, "ef", 2), STATUS_LIMIT);
  assert_int_equal(buf.len, 4);
  assert_string_equal(buf_text(&buf), "abcd");
  // and then every later one fails, though it would fit
  assert_int_equal(buf_append_char(&buf, 'e'), STATUS_LIMIT);
  assert_int_equal(buf_append(&buf, "", 0), STATUS_LIMIT);
  assert_int_equal(buf_printf(&buf, "e"), STATUS_LIMIT);
  buf_clear(&buf);
  assert_int_equal(buf_append_text(&buf, "abcde"), STATUS_OK);
  assert_string_equal(buf_text(&buf), "abcde"); // the NUL is not counted
  buf_free(&buf);
}

static void test_buf_printf_may_fill_to_the_cap(void **state) {
  (void)state;
  struct buf buf = BUF_LIMIT(5);
  assert_int_equal(buf_printf(&buf, "%d", 12), STATUS_OK);
  assert_int_equal(buf_printf(&buf, "%s", "345"), STATUS_OK);
  assert_string_equal(buf_text(&buf), "12345");
  assert_int_equal(buf_printf(&buf, "6"), STATUS_LIMIT);
  assert_int_equal(buf.limit, 5);
  assert_string_equal(buf_text(&buf), "12345");
  buf_free(&buf);
}

static void test_buf_free_keeps_the_cap_and_forgets_the_failure(void **state) {
  (void)state;
  struct buf buf = BUF_LIMIT(2);
  assert_int_equal(buf_append_text(&buf, "abc"), STATUS_LIMIT);
  buf_free(&buf);
  assert_int_equal(buf_append_text(&buf, "ab"), STATUS_OK);
  assert_int_equal(buf_append_text(&buf, "c"), STATUS_LIMIT);
  buf_free(&buf);
}

static void test_buf_refuses_sizes_that_would_wrap(void **state) {
  (void)state;
  struct buf buf = {0};
  assert_int_equal(buf_append_text(&buf, "abc"), STATUS_OK);
  assert_int_equal(buf_reserve(&buf, SIZE_MAX - 1), STATUS_LIMIT);
  assert_int_equal(buf.len, 3);
  buf_free(&buf);
}

static void test_buf_consume_drops_from_the_front(void **state) {
  (void)state;
  struct buf buf = {0};
  assert_int_equal(buf_append_text(&buf, "abcdef"), STATUS_OK);
  buf_consume(&buf, 0);
  assert_string_equal(buf_text(&buf), "abcdef");
  buf_consume(&buf, 2);
  assert_string_equal(buf_text(&buf), "cdef");
  buf_consume(&buf, 99);
  assert_string_equal(buf_text(&buf), "");
  buf_free(&buf);
}

static void test_buf_reads_a_file_up_to_its_cap(void **state) {
  (void)state;
  char path[] = "/tmp/tidemark-buf-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  char bytes[200000];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (char)(i * 31 + i / 256);
  assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
  close(fd);
  struct error error;
  struct buf buf = BUF_LIMIT(sizeof bytes);
  assert_int_equal(buf_read_file(&buf, path, &error), STATUS_OK);
  assert_int_equal(buf.len, sizeof bytes);
  assert_memory_equal(buf.data, bytes, sizeof bytes);
  buf_free(&buf);
  struct buf small = BUF_LIMIT(sizeof bytes - 1);
  assert_int_equal(buf_read_file(&small, path, &error), STATUS_LIMIT);
  assert_non_null(strstr(error.text, path));
  buf_free(&small);
  unlink(path);
}

static void test_buf_says_which_file_is_missing(void **state) {
  (void)state;
  struct buf buf = {0};
  struct error error;
  assert_int_equal(buf_read_file(&buf, "/no/such/file", &error), STATUS_NOT_FOUND);
  assert_non_null(strstr(error.text, "/no/such/file"));
  assert_int_equal(buf_read_file(&buf, "/", &error), STATUS_IO);
  buf_free(&buf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_buf_all_zero_is_empty_and_grows),
      cmocka_unit_test(test_buf_cap_is_exact_and_a_failed_append_changes_nothing),
      cmocka_unit_test(test_buf_printf_may_fill_to_the_cap),
      cmocka_unit_test(test_buf_free_keeps_the_cap_and_forgets_the_failure),
      cmocka_unit_test(test_buf_refuses_sizes_that_would_wrap),
      cmocka_unit_test(test_buf_consume_drops_from_the_front),
      cmocka_unit_test(test_buf_reads_a_file_up_to_its_cap),
      cmocka_unit_test(test_buf_says_which_file_is_missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
