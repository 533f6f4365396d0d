// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "replay/summary.h"

static struct plan_cell cells[] = {{1, 4, 2}, {2, 4, 2}};
static const struct plan plan = {.cells = cells, .cell_count = 2};

static struct summary_batch batch_of(size_t cell, int64_t failed, int64_t tokens) {
  return (struct summary_batch){.cell = cell,
                                .total_ns = 2 * CLOCK_NS_PER_S,
                                .requests = 4,
                                .failed = failed,
                                .output_tokens = tokens,
                                .ttft_p50_ns = -1,
                                .ttft_p95_ns = -1,
                                .latency_p50_ns = CLOCK_NS_PER_S,
                                .valid = true};
}

static char *printed(const struct summary *summary) {
  char *text = NULL;
  size_t len;
  FILE *out = open_memstream(&text, &len);
  assert_non_null(out);
  summary_print(summary, out);
  fclose(out);
  return text;
}

static void test_batches_add_up_to_their_cell(void **state) {
  (void)state;
  struct summary summary;
  struct error error;
  assert_int_equal(summary_open(&plan, &summary, &error), STATUS_OK);
  struct summary_batch whole = batch_of(0, 0, 40), half = batch_of(0, 2, 20), invalid = batch_of(1, 0, 40);
  invalid.valid = false;
  invalid.cpu = 0.97;
  summary_add(&summary, &whole);
  summary_add(&summary, &half);
  summary_add(&summary, &invalid);
  assert_int_equal(summary.cells[0].reps, 2);
  assert_int_equal(summary.cells[0].requests, 8);
  assert_int_equal(summary.cells[0].failed, 2);
  assert_int_equal(summary.cells[0].known_tokens, 60);
  assert_int_equal(summary.cells[1].invalid, 1);
  assert_true(summary.cells[1].invalid_cpu_max == 0.97);
  char *text = printed(&summary);
  assert_non_null(strstr(text, "workers"));
  free(text);
  summary_free(&summary);
}

static void test_the_spread_compares_tokens_of_a_request(void **state) {
  (void)state;
  struct summary summary;
  struct error error;
  double least, most;
  assert_int_equal(summary_open(&plan, &summary, &error), STATUS_OK);
  struct summary_batch one = batch_of(0, 0, 40), other = batch_of(1, 0, 60);
  summary_add(&summary, &one);
  assert_false(summary_token_spread(&summary, &least, &most) > SUMMARY_TOKENS_ALIKE);
  summary_add(&summary, &other);
  assert_true(summary_token_spread(&summary, &least, &most) > SUMMARY_TOKENS_ALIKE);
  assert_true(least == 10 && most == 15);
  summary_free(&summary);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_batches_add_up_to_their_cell),
      cmocka_unit_test(test_the_spread_compares_tokens_of_a_request),
  };
  return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
