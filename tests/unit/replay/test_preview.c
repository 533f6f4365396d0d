// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "replay/preview.h"

static void assert_preview(char *const *argv, int argc, const struct work *work, const char *const *parts) {
  struct opts opts;
  struct cli_common common;
  struct plan plan;
  struct buf text = {0};
  struct error error;
  if (opts_parse(argc, (char **)argv, &opts, &common, &error)) fail_msg("%s", error.text);
  assert_int_equal(plan_make(opts.cells, opts.cell_count, opts.order, opts.restart, opts.seed, &plan, &error),
                   STATUS_OK);
  plan.duration_ns = opts.duration_ns;
  preview_print(&opts, &plan, NULL, work, false, &text);
  assert_int_equal(text.status, STATUS_OK);
  for (; *parts; parts++) {
    if (!strstr(buf_text(&text), *parts)) fail_msg("%s: %s", *parts, buf_text(&text));
  }
  buf_free(&text);
  plan_free(&plan);
  opts_free(&opts);
}

static void test_the_preview_counts_requests_tokens_and_time(void **state) {
  (void)state;
  char *argv[] = {"replay", "t",  "-u", "http://127.0.0.1:1", "-W", "2", "-B",
                  "4",      "-r", "3",  "--max-tokens",       "10"};
  struct work work = {.available = 9, .count = 9, .mean_latency_s = 2, .mean_output_tokens = 20};
  // A warm-up round of two and three batches of four; a response of 10 tokens takes half of the recorded
  // time.
  const char *const parts[] = {"requests  14", "(10 a request)", "about 7 s (7 waves of 1 s)",
                               "9 requests to draw from", NULL};
  assert_preview(argv, 12, &work, parts);
}

static void test_what_no_response_shows_is_unknown(void **state) {
  (void)state;
  char *argv[] = {"replay", "t", "-u", "http://127.0.0.1:1", "-W", "1", "-B", "1"};
  struct work work = {.available = 1, .count = 1, .mean_latency_s = NAN, .mean_output_tokens = NAN};
  const char *const parts[] = {"tokens    unknown", "time      unknown", NULL};
  assert_preview(argv, 8, &work, parts);
}

static void test_timed_batches_have_a_time_and_no_count(void **state) {
  (void)state;
  char *argv[] = {"replay", "t", "-u", "http://127.0.0.1:1", "-W", "1,2", "-r", "2", "--duration", "30s"};
  struct work work = {.available = 1, .count = 1, .mean_latency_s = NAN, .mean_output_tokens = NAN};
  const char *const parts[] = {"4 batches of 30 s", "120 s", NULL};
  assert_preview(argv, 10, &work, parts);
}

static void test_one_of_a_kind_is_named_in_the_singular(void **state) {
  (void)state;
  char *argv[] = {"replay", "t", "-u", "http://127.0.0.1:1", "-B", "1", "-r", "1", "--warmup", "0"};
  char *timed[] = {"replay", "t", "-u", "http://127.0.0.1:1", "--duration", "30s", "-r", "1"};
  struct work work = {.available = 1, .count = 1, .media = 1, .mean_latency_s = 2, .mean_output_tokens = 20};
  const char *const parts[] = {"trace     1 request to draw from, ", "media     1 request with images",
                               "plan      1 cell, 1 batch, 1 session; ", "about 2 s (1 wave of 2 s)", NULL};
  const char *const timed_parts[] = {"requests  as many as 1 batch of 30 s takes\n", NULL};
  assert_preview(argv, 10, &work, parts);
  assert_preview(timed, 8, &work, timed_parts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_preview_counts_requests_tokens_and_time),
      cmocka_unit_test(test_what_no_response_shows_is_unknown),
      cmocka_unit_test(test_one_of_a_kind_is_named_in_the_singular),
      cmocka_unit_test(test_timed_batches_have_a_time_and_no_count),
  };
  return cmocka_run_group_tests_name("preview", tests, NULL, NULL);
}
