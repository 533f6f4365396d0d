// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts of tokens, and the durations in llama.cpp's own timings.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/dialects.h"

#define ANSWER "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}],\"timings\":"

static void play(struct response *response, const char *body) {
  const struct json_slice type = {"application/json", 16}, none = {NULL, 0};
  response_open(response, API_OPENAI_CHAT, 200, type, none, 0);
  response_feed(response, body, strlen(body), 1);
  response_finish(response, FAILURE_NONE);
  response_close(response);
}

// The example of the server's README.
static void test_timings_of_llamacpp_are_read_in_milliseconds(void **state) {
  (void)state;
  struct response response;
  play(&response,
       ANSWER "{\"cache_n\":236,\"prompt_n\":1,\"prompt_ms\":30.958,\"prompt_per_token_ms\":30.958,"
              "\"prompt_per_second\":32.301828283480845,\"predicted_n\":35,"
              "\"predicted_ms\":661.064,\"predicted_per_token_ms\":18.887542857142858,"
              "\"predicted_per_second\":52.94494935437416}}");
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.prompt_eval_ns, 30958000);
  assert_int_equal(response.eval_ns, 661064000);
  assert_int_equal(response.load_ns, -1);
  assert_int_equal(response.total_ns, -1);
  assert_int_equal(response.input_tokens, 237);
  assert_int_equal(response.output_tokens, 35);
}

static void test_timings_that_are_no_durations_are_unknown(void **state) {
  (void)state;
  struct response response;
  play(&response, ANSWER "{\"prompt_ms\":-1,\"predicted_ms\":1e300}}");
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.prompt_eval_ns, -1);
  assert_int_equal(response.eval_ns, -1);
  play(&response, ANSWER "{\"prompt_ms\":\"5\",\"predicted_ms\":null}}");
  assert_int_equal(response.prompt_eval_ns, -1);
  assert_int_equal(response.eval_ns, -1);
}

static int64_t count_of(const char *text) {
  int64_t count = 77;
  dialects_count((struct json_slice){text, strlen(text)}, &count);
  return count;
}

static void test_whole_numbers_from_zero_to_the_limit_are_counts(void **state) {
  (void)state;
  assert_int_equal(count_of("0"), 0);
  assert_int_equal(count_of("1000000000"), DIALECTS_COUNT_MAX);
}

static void test_what_is_no_count_leaves_what_is_known(void **state) {
  (void)state;
  static const char *const none[] = {"-1",   "1000000001", "1.5", "\"5\"", "null",
                                     "true", "[5]",        "{}",  "",      "1e400"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    if (count_of(none[i]) != 77) fail_msg("%s", none[i]);
  }
  int64_t count = 77;
  dialects_count((struct json_slice){NULL, 0}, &count);
  assert_int_equal(count, 77);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_numbers_from_zero_to_the_limit_are_counts),
      cmocka_unit_test(test_what_is_no_count_leaves_what_is_known),
      cmocka_unit_test(test_timings_of_llamacpp_are_read_in_milliseconds),
      cmocka_unit_test(test_timings_that_are_no_durations_are_unknown),
  };
  return cmocka_run_group_tests_name("dialects", tests, NULL, NULL);
}
