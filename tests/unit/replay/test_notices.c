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

#include "replay/notices.h"

static char *text;
static size_t text_len;

static struct opts parse(char *option, char *value) {
  char *argv[] = {"replay", "t", "-u", "http://127.0.0.1:1", option, value};
  struct opts opts;
  struct cli_common common;
  struct error error;
  int argc = !option ? 4 : value ? 6 : 5;
  if (opts_parse(argc, argv, &opts, &common, &error)) fail_msg("%s", error.text);
  return opts;
}

// What notices_before prints; the caller frees it.
static char *notices(const struct work *work, int64_t batch_most, char *option, char *value) {
  struct opts opts = parse(option, value);
  struct plan plan = {.batch_most = batch_most};
  struct log log = {.stream = open_memstream(&text, &text_len), .tool = "replay", .level = LOG_NORMAL};
  assert_non_null(log.stream);
  notices_before(&opts, &plan, work, &log);
  fclose(log.stream);
  opts_free(&opts);
  return text;
}

static void assert_notice(const struct work *work, int64_t batch_most, char *option, char *value,
                          const char *part) {
  char *seen = notices(work, batch_most, option, value);
  if (part ? !strstr(seen, part) : seen[0]) fail_msg("%s: %s", part ? part : "nothing", seen);
  free(seen);
}

static void test_requests_that_are_left_out_are_counted(void **state) {
  (void)state;
  assert_notice(&(struct work){.available = 9}, 4, NULL, NULL, NULL);
  assert_notice(&(struct work){.available = 9, .bodiless = 1}, 4, NULL, NULL, "1 request is left out");
  assert_notice(&(struct work){.available = 9, .failed = 2}, 4, NULL, NULL, "2 requests are left out");
  assert_notice(&(struct work){.available = 9, .synthetic = 3, .model = "m"}, 4, NULL, NULL,
                "3 requests are");
}

static void test_only_a_trace_without_any_model_is_told_so(void **state) {
  static const char no_model[] = "the trace names no model, which most servers require (-m)";
  struct work unnamed = {.available = 9, .synthetic = 3};
  struct work several = {.available = 9, .synthetic = 3, .several_models = true};
  struct work *quiet[] = {&several, &unnamed};
  (void)state;
  assert_notice(&unnamed, 4, NULL, NULL, no_model);
  for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++) {
    char *seen = notices(quiet[i], 4, quiet[i] == &unnamed ? "-m" : NULL, "m");
    assert_null(strstr(seen, no_model));
    free(seen);
  }
}

static void test_a_trace_that_is_too_short_is_named(void **state) {
  (void)state;
  assert_notice(&(struct work){.available = 3}, 4, NULL, NULL, "4 requests");
  assert_notice(&(struct work){.available = 4}, 4, NULL, NULL, NULL);
}

static void test_an_option_without_effect_is_named(void **state) {
  (void)state;
  struct work_request ollama = {.api = API_OLLAMA_CHAT}, openai = {.api = API_OPENAI_CHAT};
  struct work_request *requests[] = {&openai, &ollama};
  struct work work = {.available = 9, .requests = requests, .count = 2};
  assert_notice(&work, 4, "--ignore-eos", NULL, "--ignore-eos");
  work.count = 1;
  assert_notice(&work, 4, "--ignore-eos", NULL, NULL);
}

// A conversation of two turns, of which the second came 30 s after the first, and one alone.
static void test_a_rate_of_conversations_names_what_it_counts(void **state) {
  (void)state;
  struct work_request first = {0}, second = {.at_ns = 30000000000}, alone = {.at_ns = 1};
  struct work_request *requests[] = {&first, &alone, &second};
  struct conversations_turn turns[] = {{0, -1, 2, -1}, {-1, -1, -1, -1}, {0, 0, -1, 5}};
  struct work work = {.available = 3, .requests = requests, .count = 3, .turns = turns};
  struct opts opts = parse(NULL, NULL);
  opts.timing = OPTS_TIMING_RATE;
  opts.think = SEND_ORDER_THINK_RECORDED;
  opts.duration_ns = 60000000000;
  struct plan plan = {0};
  struct log log = {.stream = open_memstream(&text, &text_len), .tool = "replay", .level = LOG_NORMAL};
  assert_non_null(log.stream);
  notices_before(&opts, &plan, &work, &log);
  double rates[] = {10, 20};
  plan = (struct plan){.rates = rates, .rate_count = 2};
  struct summary_cell cells[] = {{.reps = 1, .requests = 500, .total_s = 60},
                                 {.reps = 1, .requests = 1190, .total_s = 60}};
  notices_after(&opts, &(struct summary){.plan = &plan, .cells = cells, .open_loop = true}, &work, &log);
  fclose(log.stream);
  opts_free(&opts);
  assert_non_null(strstr(text, "conversations arrive at 0.667 of it"));
  assert_non_null(strstr(text, "; about 17 % of the requests"));
  assert_non_null(strstr(text, "8.333 of 10 requests/s were sent"));
  assert_null(strstr(text, "of 20 requests/s"));
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_requests_that_are_left_out_are_counted),
      cmocka_unit_test(test_only_a_trace_without_any_model_is_told_so),
      cmocka_unit_test(test_a_trace_that_is_too_short_is_named),
      cmocka_unit_test(test_an_option_without_effect_is_named),
      cmocka_unit_test(test_a_rate_of_conversations_names_what_it_counts),
  };
  return cmocka_run_group_tests_name("notices", tests, NULL, NULL);
}
