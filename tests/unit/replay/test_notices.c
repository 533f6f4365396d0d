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
  assert_notice(&(struct work){.available = 9, .synthetic = 3}, 4, NULL, NULL, "-m");
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_requests_that_are_left_out_are_counted),
      cmocka_unit_test(test_a_trace_that_is_too_short_is_named),
      cmocka_unit_test(test_an_option_without_effect_is_named),
  };
  return cmocka_run_group_tests_name("notices", tests, NULL, NULL);
}
