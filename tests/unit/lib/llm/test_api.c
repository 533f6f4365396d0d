// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/llm/api.h"
#include "lib/record/failure.h"
#include "lib/record/token_source.h"

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

static void test_api_names_are_those_of_the_design_and_read_back(void **state) {
  (void)state;
  static const char *const names[] = {"http",
                                      "openai.chat",
                                      "openai.completions",
                                      "ollama.chat",
                                      "ollama.generate",
                                      "anthropic.messages",
                                      "openai.responses",
                                      "openai.embeddings",
                                      "ollama.embed",
                                      "rerank",
                                      "llamacpp.completion"};
  assert_int_equal(sizeof names / sizeof *names, API_COUNT);
  for (int i = 0; i < API_COUNT; i++) {
    enum api api = API_HTTP;
    assert_string_equal(api_name((enum api)i), names[i]);
    assert_true(api_from_name(slice(names[i]), &api));
    assert_int_equal(api, i);
    bool no_text = api == API_OPENAI_EMBEDDINGS || api == API_OLLAMA_EMBED || api == API_RERANK;
    assert_int_equal(api_generates_text(api), i != API_HTTP && !no_text);
    assert_int_equal(api_asks_model(api), i != API_HTTP);
  }
  enum api api = API_OLLAMA_CHAT;
  assert_false(api_from_name(slice("openai"), &api));
  assert_false(api_from_name((struct json_slice){NULL, 0}, &api));
  assert_int_equal(api, API_OLLAMA_CHAT);
}

static void test_failure_and_source_names_read_back(void **state) {
  (void)state;
  static const char *const names[FAILURE_COUNT] = {
      NULL,       "connect",  "tls",      "timeout",      "reset", "truncated", "http_429",
      "http_4xx", "http_5xx", "protocol", "server_error", "empty", "cancelled"};
  assert_null(failure_name(FAILURE_NONE));
  for (int i = 1; i < FAILURE_COUNT; i++) {
    enum failure failure;
    assert_string_equal(failure_name((enum failure)i), names[i]);
    assert_true(failure_from_name(slice(names[i]), &failure));
    assert_int_equal(failure, i);
  }
  enum failure failure = FAILURE_TLS;
  assert_false(failure_from_name(slice(""), &failure));
  assert_false(failure_from_name((struct json_slice){NULL, 0}, &failure));
  assert_int_equal(failure, FAILURE_TLS);
  static const char *const sources[] = {NULL, "usage", "timings", "events"};
  assert_null(token_source_name(TOKENS_NONE));
  for (int i = 1; i < 4; i++) {
    enum token_source source;
    assert_string_equal(token_source_name((enum token_source)i), sources[i]);
    assert_true(token_source_from_name(slice(sources[i]), &source));
    assert_int_equal(source, i);
  }
  enum token_source source = TOKENS_USAGE;
  assert_false(token_source_from_name(slice("guess"), &source));
}

static void test_failure_of_a_status(void **state) {
  (void)state;
  static const struct {
    int status;
    enum failure expected;
  } rows[] = {{200, FAILURE_NONE},     {204, FAILURE_NONE},     {299, FAILURE_NONE},
              {101, FAILURE_PROTOCOL}, {302, FAILURE_PROTOCOL}, {304, FAILURE_PROTOCOL},
              {400, FAILURE_HTTP_4XX}, {429, FAILURE_HTTP_429}, {499, FAILURE_HTTP_4XX},
              {500, FAILURE_HTTP_5XX}, {503, FAILURE_HTTP_5XX}, {600, FAILURE_PROTOCOL},
              {0, FAILURE_PROTOCOL}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(failure_of_status(rows[i].status), rows[i].expected);
}

static void test_api_is_known_by_method_and_end_of_path(void **state) {
  (void)state;
  static const struct {
    const char *method, *path;
    enum api expected;
  } rows[] = {
      {"POST", "/v1/chat/completions", API_OPENAI_CHAT},
      {"POST", "/chat/completions", API_OPENAI_CHAT},
      {"POST", "/api/v1/chat/completions", API_OPENAI_CHAT},
      {"POST", "/openai/deployments/x/chat/completions?api-version=2024-10-21", API_OPENAI_CHAT},
      {"POST", "/v1/chat/completions/", API_OPENAI_CHAT},
      {"POST", "/v1/chat/completions?", API_OPENAI_CHAT},
      {"POST", "/v1/completions", API_OPENAI_COMPLETIONS},
      {"POST", "/completions", API_LLAMACPP},
      {"POST", "/x/completions", API_OPENAI_COMPLETIONS},
      {"POST", "/openai/deployments/x/completions?api-version=1", API_OPENAI_COMPLETIONS},
      {"POST", "/api/chat", API_OLLAMA_CHAT},
      {"POST", "/ollama/api/chat", API_OLLAMA_CHAT},
      {"POST", "/api/generate", API_OLLAMA_GENERATE},
      {"POST", "/api/generate?x=/v1/chat/completions", API_OLLAMA_GENERATE},
      {"GET", "/v1/chat/completions", API_HTTP},
      {"post", "/v1/chat/completions", API_HTTP},
      {"POST", "/completion", API_LLAMACPP},
      {"POST", "/v1/completion", API_LLAMACPP},
      {"POST", "/infill", API_LLAMACPP},
      {"POST", "/v1/messages", API_ANTHROPIC_MESSAGES},
      {"POST", "/anthropic/v1/messages?beta=true", API_ANTHROPIC_MESSAGES},
      {"POST", "/v1/messages/count_tokens", API_HTTP},
      {"GET", "/v1/messages", API_HTTP},
      {"POST", "/v1/responses", API_OPENAI_RESPONSES},
      {"POST", "/openai/responses?api-version=x", API_OPENAI_RESPONSES},
      {"GET", "/v1/responses/resp_1", API_HTTP},
      {"POST", "/v1/responses/resp_1/cancel", API_HTTP},
      {"GET", "/v1/responses/resp_1/input_items", API_HTTP},
      {"POST", "/v1/embeddings", API_OPENAI_EMBEDDINGS},
      {"POST", "/openai/deployments/x/embeddings", API_OPENAI_EMBEDDINGS},
      {"POST", "/api/embeddings", API_OLLAMA_EMBED},
      {"POST", "/api/embed", API_OLLAMA_EMBED},
      {"POST", "/v1/rerank", API_RERANK},
      {"POST", "/v2/rerank", API_RERANK},
      {"POST", "/rerank", API_RERANK},
      {"POST", "/score", API_RERANK},
      {"POST", "/v1/score", API_RERANK},
      {"POST", "/v1/autocompletions", API_HTTP},
      {"POST", "/myapi/chat", API_HTTP},
      {"POST", "/chat", API_HTTP},
      {"POST", "/v1/x?y=/v1/chat/completions", API_HTTP},
      {"GET", "/", API_HTTP},
      {"POST", "/", API_HTTP},
      {"POST", "", API_HTTP},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum api api = api_from_path(rows[i].method, rows[i].path);
    if (api != rows[i].expected) fail_msg("%s %s: %s", rows[i].method, rows[i].path, api_name(api));
  }
}

static void test_api_of_a_request_that_asks_for_no_text_is_http(void **state) {
  (void)state;
  static const struct {
    const char *path, *body;
    enum api expected;
  } rows[] = {
      {"/api/generate", "{\"model\":\"m\",\"keep_alive\":0}", API_HTTP},
      {"/api/generate", "{\"model\":\"m\",\"prompt\":\"\"}", API_HTTP},
      {"/api/generate", "{\"model\":\"m\",\"prompt\":\"x\"}", API_OLLAMA_GENERATE},
      {"/api/generate", "{\"model\":\"m\",\"prompt\":\"\",\"images\":[\"aGk=\"]}", API_OLLAMA_GENERATE},
      {"/api/generate", "{\"model\": ", API_OLLAMA_GENERATE},
      {"/api/generate", "", API_OLLAMA_GENERATE},
      {"/api/chat", "{\"model\":\"m\",\"messages\":[]}", API_HTTP},
      {"/api/chat", "{\"model\":\"m\"}", API_HTTP},
      {"/api/chat", "{\"model\":\"m\",\"prompt\":\"x\"}", API_HTTP},
      {"/api/chat", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
       API_OLLAMA_CHAT},
      {"/api/embed", "{\"model\":\"m\",\"input\":\"x\"}", API_OLLAMA_EMBED},
      {"/v1/chat/completions", "{\"model\":\"m\"}", API_OPENAI_CHAT},
      {"/v1/completions", "{\"model\":\"m\"}", API_OPENAI_COMPLETIONS},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum api api = api_from_request("POST", rows[i].path, rows[i].body, strlen(rows[i].body));
    if (api != rows[i].expected) fail_msg("%s %s: %s", rows[i].path, rows[i].body, api_name(api));
  }
}

static void test_request_facts_table(void **state) {
  (void)state;
  static const struct {
    enum api api;
    const char *body, *model;
    bool stream, include_usage;
    int64_t max_tokens;
  } rows[] = {
      {API_OPENAI_CHAT, "{\"model\":\"m\"}", "m", false, false, -1},
      {API_OLLAMA_CHAT, "{\"model\":\"m:7b\"}", "m:7b", true, false, -1},
      {API_OLLAMA_GENERATE, "{\"stream\":false,\"options\":{\"seed\":1,\"num_predict\":40}}", NULL, false,
       false, 40},
      {API_OLLAMA_GENERATE, "{\"options\":{\"num_predict\":-1}}", NULL, true, false, -1},
      {API_OPENAI_CHAT, "{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":7}",
       NULL, true, true, 7},
      {API_OPENAI_CHAT, "{\"max_completion_tokens\":9,\"max_tokens\":7}", NULL, false, false, 9},
      {API_OPENAI_CHAT, "{\"max_tokens\":7,\"max_completion_tokens\":9}", NULL, false, false, 9},
      {API_OPENAI_CHAT, " {\"model\":\"a\\/b\",\"stream\":null,\"max_tokens\":null} ", "a\\/b", false, false,
       -1},
      {API_OPENAI_CHAT, "{\"model\":7,\"stream\":\"yes\",\"max_tokens\":\"7\"}", NULL, false, false, -1},
      {API_OPENAI_CHAT, "{\"model\":\"m\"", NULL, false, false, -1},
      {API_OPENAI_CHAT, "[\"model\"]", NULL, false, false, -1},
      {API_OLLAMA_CHAT, "", NULL, true, false, -1},
      {API_OPENAI_RESPONSES, "{\"input\":\"x\",\"max_output_tokens\":20,\"max_tokens\":5}", NULL, false,
       false, 20},
      {API_LLAMACPP, "{\"prompt\":\"x\",\"n_predict\":20,\"stream\":true}", NULL, true, false, 20},
      {API_ANTHROPIC_MESSAGES, "{\"model\":\"c\",\"max_tokens\":20}", "c", false, false, 20},
      {API_HTTP, "{\"model\":\"e\",\"stream\":true,\"n_predict\":40}", "e", true, false, -1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct api_request_facts facts;
    api_request_facts(rows[i].api, rows[i].body, strlen(rows[i].body), &facts);
    bool same_model = rows[i].model ? json_slice_is(facts.model, rows[i].model) : facts.model.data == NULL;
    if (!same_model || facts.stream != rows[i].stream || facts.include_usage != rows[i].include_usage ||
        facts.max_tokens != rows[i].max_tokens)
      fail_msg("row %zu: %s", i, rows[i].body);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_api_names_are_those_of_the_design_and_read_back),
      cmocka_unit_test(test_failure_and_source_names_read_back),
      cmocka_unit_test(test_failure_of_a_status),
      cmocka_unit_test(test_api_is_known_by_method_and_end_of_path),
      cmocka_unit_test(test_api_of_a_request_that_asks_for_no_text_is_http),
      cmocka_unit_test(test_request_facts_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
