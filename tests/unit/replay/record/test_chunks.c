// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/record/chunks.h"

static void test_chunks_come_back_in_order(void **state) {
  (void)state;
  struct chunks chunks = {0};
  size_t bytes = 0;
  for (int64_t i = 0; i < 5000; i++)
    chunks_add(&chunks, 3 * i, &bytes);
  assert_int_equal(chunks.count, 5000);
  for (int64_t i = 0; i < 5000; i++)
    assert_int_equal(chunks.at_ns[i], 3 * i);
  assert_int_equal(bytes, chunks.room * sizeof(int64_t));
  chunks_free(&chunks, &bytes);
  assert_int_equal(bytes, 0);
}

static void test_chunks_of_one_response_are_capped(void **state) {
  (void)state;
  struct chunks chunks = {0};
  size_t bytes = 0;
  for (size_t i = 0; i < CHUNKS_MAX + 10; i++)
    chunks_add(&chunks, (int64_t)i, &bytes);
  assert_int_equal(chunks.count, CHUNKS_MAX);
  assert_int_equal(chunks.at_ns[CHUNKS_MAX - 1], CHUNKS_MAX - 1);
  assert_int_equal(bytes, CHUNKS_MAX * sizeof(int64_t));
  chunks_free(&chunks, &bytes);
}

static void test_chunks_share_a_budget(void **state) {
  (void)state;
  struct chunks chunks = {0};
  size_t others = CHUNKS_BYTES_MAX - 100, bytes = others;
  for (int i = 0; i < 10; i++)
    chunks_add(&chunks, i, &bytes);
  assert_int_equal(chunks.count, 0);
  assert_int_equal(bytes, others);
  bytes = 0;
  chunks_add(&chunks, 7, &bytes);
  assert_int_equal(chunks.count, 1);
  chunks_free(&chunks, &bytes);
}

static void test_chunks_keep_a_little_memory_only(void **state) {
  (void)state;
  struct chunks chunks = {0};
  size_t bytes = 0;
  chunks_add(&chunks, 1, &bytes);
  chunks_clear(&chunks, &bytes);
  assert_int_equal(chunks.count, 0);
  assert_true(bytes > 0 && bytes <= CHUNKS_KEPT_BYTES);
  for (size_t i = 0; i < 20000; i++)
    chunks_add(&chunks, 1, &bytes);
  assert_true(bytes > CHUNKS_KEPT_BYTES);
  chunks_clear(&chunks, &bytes);
  assert_int_equal(bytes, 0);
  assert_null(chunks.at_ns);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chunks_come_back_in_order),
      cmocka_unit_test(test_chunks_of_one_response_are_capped),
      cmocka_unit_test(test_chunks_share_a_budget),
      cmocka_unit_test(test_chunks_keep_a_little_memory_only),
  };
  return cmocka_run_group_tests_name("chunks", tests, NULL, NULL);
}
