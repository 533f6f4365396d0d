// SPDX-License-Identifier: GPL-3.0-or-later
//
// Failures inside a 200 response, in the shapes that servers give them, and the words that stand for them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/response.h"

#define SSE "text/event-stream"
#define NDJSON "application/x-ndjson"
#define JSON "application/json"
#define TEXT "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}"
#define DONE "data: [DONE]\n\n"

struct row {
  enum api api;
  const char *type, *body;
  enum failure failure;
  const char *words;
};

static void check(const struct row *row, size_t piece) {
  struct response response;
  size_t len = strlen(row->body);
  response_open(&response, row->api, 200, (struct json_slice){row->type, strlen(row->type)},
                (struct json_slice){NULL, 0}, 0);
  response.asks_text = true;
  for (size_t at = 0; at < len; at += piece)
    response_feed(&response, row->body + at, piece < len - at ? piece : len - at, 10);
  response_finish(&response, FAILURE_NONE);
  response_close(&response);
  if (response.failure != row->failure || strcmp(response.error_text, row->words) != 0)
    fail_msg("%s\nis %s: %s", row->body, failure_name(response.failure), response.error_text);
  assert_int_equal(response.output_tokens, -1);
  assert_string_equal(response.finish, "");
}

static void check_all(const struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    check(&rows[i], 4096);
    check(&rows[i], 1);
  }
}
#define CHECK_ALL(rows) check_all(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_an_error_inside_a_choice_is_the_servers(void **state) {
  (void)state;
  static const struct row rows[] = {
      {API_OPENAI_CHAT, SSE,
       "data: " TEXT "\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
       "\"finish_reason\":\"error\",\"error\":{\"code\":502,\"message\":\"Upstream error\"}}]}\n\n" DONE,
       FAILURE_SERVER_ERROR, "Upstream error"},
      {API_OPENAI_CHAT, SSE,
       "data: {\"choices\":[{\"error\":\"overloaded\",\"finish_reason\":\"error\"}]}\n\n" DONE,
       FAILURE_SERVER_ERROR, "overloaded"},
      {API_OPENAI_CHAT, SSE,
       "data: " TEXT "\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n" DONE,
       FAILURE_SERVER_ERROR, "finish_reason: error"},
      {API_OPENAI_COMPLETIONS, SSE,
       "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"abort\"}]}\n\n" DONE, FAILURE_SERVER_ERROR,
       "finish_reason: abort"},
      {API_OPENAI_CHAT, JSON,
       "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"error\",\"error\":{\"message\":"
       "\"Upstream error\"}}],\"usage\":{\"completion_tokens\":4}}",
       FAILURE_SERVER_ERROR, "Upstream error"},
  };
  CHECK_ALL(rows);
}

static void test_no_error_is_one(void **state) {
  (void)state;
  struct response response;
  static const char body[] =
      "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\",\"error\":null}],"
      "\"usage\":{\"completion_tokens\":4}}";
  response_open(&response, API_OPENAI_CHAT, 200, (struct json_slice){JSON, strlen(JSON)},
                (struct json_slice){NULL, 0}, 0);
  response_feed(&response, body, strlen(body), 10);
  response_finish(&response, FAILURE_NONE);
  response_close(&response);
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.output_tokens, 4);
}

static void test_plain_words_where_a_message_should_be_are_the_servers(void **state) {
  (void)state;
  static const struct row rows[] = {
      {API_OPENAI_CHAT, SSE, "data: Number of choices must be greater than 0.\n\n", FAILURE_SERVER_ERROR,
       "Number of choices must be greater than 0."},
      {API_OPENAI_CHAT, JSON, "Internal error: no worker", FAILURE_SERVER_ERROR, "Internal error: no worker"},
      {API_OLLAMA_CHAT, NDJSON, "model runner has stopped\n", FAILURE_SERVER_ERROR,
       "model runner has stopped"},
  };
  CHECK_ALL(rows);
}

static void test_what_cannot_be_understood_has_words(void **state) {
  (void)state;
  static const struct row rows[] = {
      {API_OPENAI_CHAT, SSE, TEXT "\n" TEXT "\n", FAILURE_PROTOCOL,
       "malformed event (messages without a blank line between them): "
       "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":"},
      {API_OPENAI_CHAT, SSE, "data: " TEXT "\ndata: " TEXT "\n", FAILURE_PROTOCOL,
       "malformed event (messages without a blank line between them): "
       "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":"},
      {API_OPENAI_CHAT, SSE, "data: {\n  \"choices\": []\n}\n\n", FAILURE_PROTOCOL,
       "malformed event (its JSON is cut off): {"},
      {API_OPENAI_CHAT, SSE, "Internal Server Error\n", FAILURE_TRUNCATED,
       "a stream without an event: Internal Server Error"},
      {API_OPENAI_CHAT, SSE, "", FAILURE_TRUNCATED, "a stream without an event"},
      {API_OPENAI_CHAT, SSE, "data: " TEXT "\n\n", FAILURE_TRUNCATED,
       "the stream ended without [DONE] or a finish_reason"},
      {API_OLLAMA_CHAT, NDJSON, "{\"message\":{\"content\":\"a\"},\"done\":false}\n", FAILURE_TRUNCATED,
       "the stream ended without \"done\":true"},
      {API_OPENAI_CHAT, JSON, "<html>It works!</html>", FAILURE_PROTOCOL,
       "the body is no JSON object: <html>It works!</html>"},
  };
  CHECK_ALL(rows);
}

static void test_a_model_that_was_only_loaded_brought_nothing(void **state) {
  (void)state;
  static const struct row rows[] = {
      {API_OLLAMA_CHAT, NDJSON,
       "{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done_reason\":\"load\",\"done\":true}\n",
       FAILURE_EMPTY, "the model was only loaded or unloaded"},
      {API_OLLAMA_GENERATE, JSON, "{\"response\":\"\",\"done\":true,\"done_reason\":\"unload\"}",
       FAILURE_EMPTY, "the model was only loaded or unloaded"},
  };
  CHECK_ALL(rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_error_inside_a_choice_is_the_servers),
      cmocka_unit_test(test_no_error_is_one),
      cmocka_unit_test(test_plain_words_where_a_message_should_be_are_the_servers),
      cmocka_unit_test(test_what_cannot_be_understood_has_words),
      cmocka_unit_test(test_a_model_that_was_only_loaded_brought_nothing),
  };
  return cmocka_run_group_tests_name("failures of a 200 response and their words", tests, NULL, NULL);
}
