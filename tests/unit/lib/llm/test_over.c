// SPDX-License-Identifier: GPL-3.0-or-later
//
// A stream is over at its own end event: the answer is whole then, whatever its connection does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/response.h"

#define TEXT "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n"
#define FINISH "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":13,\"completion_tokens\":5}}\n\n"

static const enum failure ways[] = {FAILURE_NONE, FAILURE_RESET, FAILURE_TRUNCATED, FAILURE_TIMEOUT};
#define WAYS (sizeof ways / sizeof ways[0])

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, text ? strlen(text) : 0};
}

// Feeds `before` at 10 and `last` at 20, then something that nobody reads at 30.
static void play(struct response *response, enum api api, const char *type, const char *before,
                 const char *last, enum failure transport) {
  response_open(response, api, 200, slice(type), slice(NULL), 0);
  response_feed(response, before, strlen(before), 10);
  assert_false(response_is_over(response));
  response_feed(response, last, strlen(last), 20);
  assert_int_equal(response->over_ns, 20);
  response_feed(response, "\n\ndata: {broken\n\n", strlen("\n\ndata: {broken\n\n"), 30);
  assert_int_equal(response->over_ns, 20);
  response_finish(response, transport);
  response_close(response);
}

static void test_an_answer_is_whole_at_done_however_its_connection_ends(void **state) {
  (void)state;
  static const char *const last[] = {"data: [DONE]\n\n", "data: [DONE]\n", "data:[DONE]\r\n"};
  for (size_t i = 0; i < WAYS * 3; i++) {
    struct response response;
    play(&response, API_OPENAI_CHAT, "text/event-stream", TEXT TEXT FINISH USAGE, last[i / WAYS],
         ways[i % WAYS]);
    assert_int_equal(response.failure, FAILURE_NONE);
    assert_int_equal(response.output_tokens, 5);
    assert_int_equal(response.input_tokens, 13);
    assert_string_equal(response.finish, "stop");
  }
}

static void test_an_answer_of_ollama_is_whole_at_done(void **state) {
  (void)state;
  for (size_t i = 0; i < WAYS; i++) {
    struct response response;
    play(&response, API_OLLAMA_CHAT, "application/x-ndjson",
         "{\"message\":{\"content\":\"Low\"},\"done\":false}\n",
         "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"eval_count\":3}\n",
         ways[i]);
    assert_int_equal(response.failure, FAILURE_NONE);
    assert_int_equal(response.output_tokens, 3);
    assert_string_equal(response.finish, "stop");
  }
}

static void test_a_failed_answer_is_over_at_its_failure(void **state) {
  (void)state;
  for (size_t i = 0; i < WAYS; i++) {
    struct response response;
    play(&response, API_OPENAI_CHAT, "text/event-stream", TEXT,
         "data: {\"error\":{\"message\":\"engine died\",\"code\":500}}\n\n", ways[i]);
    assert_int_equal(response.failure, FAILURE_SERVER_ERROR);
    assert_string_equal(response.error_text, "engine died");
    play(&response, API_OLLAMA_GENERATE, "application/x-ndjson", "{\"response\":\"a\",\"done\":false}\n",
         "{\"error\":\"out of memory\"}\n", ways[i]);
    assert_int_equal(response.failure, FAILURE_SERVER_ERROR);
    play(&response, API_OPENAI_CHAT, "text/event-stream", TEXT, "data: {\"choices\":[{]}\n\n", ways[i]);
    assert_int_equal(response.failure, FAILURE_PROTOCOL);
  }
}

static void test_what_is_not_an_end_event_ends_nothing(void **state) {
  (void)state;
  struct response response;
  // A finish_reason may be followed by a count; a body is whole when HTTP says so.
  static const struct {
    const char *type, *body;
  } rows[] = {{"text/event-stream", TEXT FINISH USAGE},
              {"text/event-stream", TEXT "data: [DONE]"},
              {"application/json", "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    response_open(&response, API_OPENAI_CHAT, 200, slice(rows[i].type), slice(NULL), 0);
    response_feed(&response, rows[i].body, strlen(rows[i].body), 10);
    assert_false(response_is_over(&response));
    response_finish(&response, FAILURE_RESET);
    assert_int_equal(response.failure, FAILURE_RESET);
    response_close(&response);
  }
  // Nothing is known of what cannot be read.
  response_open(&response, API_OPENAI_CHAT, 200, slice("text/event-stream"), slice("br"), 0);
  response_feed(&response, "data: [DONE]\n\n", 14, 10);
  assert_false(response_is_over(&response));
  response_close(&response);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_answer_is_whole_at_done_however_its_connection_ends),
      cmocka_unit_test(test_an_answer_of_ollama_is_whole_at_done),
      cmocka_unit_test(test_a_failed_answer_is_over_at_its_failure),
      cmocka_unit_test(test_what_is_not_an_end_event_ends_nothing),
  };
  return cmocka_run_group_tests_name("when a stream is over", tests, NULL, NULL);
}
