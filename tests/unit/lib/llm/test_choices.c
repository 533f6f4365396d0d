// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies that are no stream and answer more than once: several choices, several prompts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/response.h"

#define CHOICE(i) "{\"index\":" i ",\"message\":{\"content\":\"a b c d e f\"},\"finish_reason\":\"stop\"}"

static void play(struct response *response, enum api api, const char *body) {
  static const char type[] = "application/json";
  response_open(response, api, 200, (struct json_slice){type, strlen(type)}, (struct json_slice){NULL, 0}, 0);
  response_feed(response, body, strlen(body), 10);
  response_finish(response, FAILURE_NONE);
  response_close(response);
}

static void test_a_count_of_all_choices_holds(void **state) {
  (void)state;
  struct response response;
  play(&response, API_OPENAI_CHAT,
       "{\"choices\":[" CHOICE("0") "," CHOICE(
           "1") "],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":12}}");
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.output_tokens, 12);
  assert_string_equal(response.error_text, "");
}

static void test_a_count_of_one_choice_of_two_is_none_and_said(void **state) {
  (void)state;
  struct response response;
  // llama.cpp: the slot's own timings count the first choice too.
  play(&response, API_OPENAI_CHAT,
       "{\"choices\":[" CHOICE("0") "," CHOICE(
           "1") "],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6},"
                "\"timings\":{\"prompt_n\":5,\"predicted_n\":6}}");
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.output_tokens, -1);
  assert_int_equal(response.input_tokens, 5);
  assert_int_equal(response.text_events, 1);
  assert_string_equal(response.error_text, "the server counts one of 2 choices");
  play(&response, API_OPENAI_CHAT,
       "{\"choices\":[" CHOICE("0") "],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6},"
                                    "\"timings\":{\"prompt_n\":5,\"predicted_n\":6}}");
  assert_int_equal(response.output_tokens, 6);
}

static void test_an_array_of_completions_adds_up(void **state) {
  (void)state;
  struct response response;
  play(&response, API_OPENAI_COMPLETIONS,
       "[{\"choices\":[{\"text\":\"a\",\"index\":0,\"finish_reason\":\"length\"}],\"usage\":{\"prompt_"
       "tokens\":"
       "5,\"completion_tokens\":8}},{\"choices\":[{\"text\":\"b\",\"index\":0,\"finish_reason\":\"length\"}],"
       "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":8}}]");
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.output_tokens, 16);
  assert_int_equal(response.input_tokens, 12);
  assert_string_equal(response.finish, "length");
  play(&response, API_OPENAI_COMPLETIONS,
       "[{\"content\":\"a\",\"stop\":true,\"timings\":{\"prompt_n\":5,\"predicted_n\":8}},"
       "{\"error\":{\"message\":\"too long\"}}]");
  assert_int_equal(response.failure, FAILURE_SERVER_ERROR);
  static const char *const bad[] = {"[]", "[1]", "[{\"choices\":[]},[]]", "[{}]"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    play(&response, API_OPENAI_COMPLETIONS, bad[i]);
    assert_int_equal(response.failure, FAILURE_PROTOCOL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_count_of_all_choices_holds),
      cmocka_unit_test(test_a_count_of_one_choice_of_two_is_none_and_said),
      cmocka_unit_test(test_an_array_of_completions_adds_up),
  };
  return cmocka_run_group_tests_name("bodies that answer more than once", tests, NULL, NULL);
}
