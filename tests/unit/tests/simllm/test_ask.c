// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is read out of request bodies. Token counts follow the rule in ask.h, worked out by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/simllm/ask.h"

static struct ask parse(enum ask_api api, const char *body) {
  struct ask ask;
  struct error error = {""};
  enum status status = ask_parse(api, body, strlen(body), &ask, &error);
  if (status != STATUS_OK) print_error("%s: %s\n", body, error.text);
  assert_int_equal(status, STATUS_OK);
  return ask;
}

static void test_prompt_tokens_are_counted_as_documented(void **state) {
  (void)state;
  static const struct {
    enum ask_api api;
    const char *body;
    int64_t tokens;
  } cases[] = {
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"\"}", 1},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"1234\"}", 1},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"12345\"}", 2},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"\\u00e9\\n\\\"x\"}", 1}, // four characters
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"прил\"}", 1},            // four characters in eight bytes
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":[17,4,99]}", 3},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":[\"1234\",\"1234\"]}", 2},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":[[1,2],[3]]}", 3},
      {ASK_OPENAI_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"1234\"}]}", 5},
      {ASK_OPENAI_CHAT, "{\"messages\":[{\"content\":\"12\"},{\"content\":\"345\"}]}", 10},
      {ASK_OPENAI_CHAT, "{\"messages\":[{\"content\":null}]}", 4},
      {ASK_OPENAI_CHAT,
       "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"12345678\"},{\"type\":\"image_url\"}]}]}",
       6},
      {ASK_OLLAMA_CHAT, "{\"messages\":[{\"content\":\"1\"}]}", 5},
      {ASK_OLLAMA_GENERATE, "{\"system\":\"12345\",\"prompt\":\"12345\"}", 3},
      {ASK_ANTHROPIC,
       "{\"system\":[{\"type\":\"text\",\"text\":\"1234\"}],\"messages\":[{\"content\":\"1234\"}]}", 6},
      {ASK_RESPONSES, "{\"instructions\":\"1234\",\"input\":\"1234\"}", 2},
      {ASK_RESPONSES,
       "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"1234\"}]}]}", 5},
      {ASK_LLAMACPP, "{\"prompt\":\"12345\"}", 2},
      {ASK_EMBEDDINGS, "{\"input\":[\"1234\",\"1234\"]}", 2},
      {ASK_EMBED, "{\"input\":\"12345\"}", 2},
      {ASK_RERANK, "{\"query\":\"1234\",\"documents\":[\"1234\",{\"text\":\"1234\"}]}", 3},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(parse(cases[i].api, cases[i].body).prompt_tokens, cases[i].tokens);
}

static void test_limit_is_found_where_each_api_has_it(void **state) {
  (void)state;
  static const struct {
    enum ask_api api;
    const char *body;
    int64_t limit;
  } cases[] = {
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\"}", 0},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":7}", 7},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":null}", 0},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":7,\"max_completion_tokens\":9}", 9},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":7,\"max_completion_tokens\":null}", 7},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"options\":{\"num_predict\":5}}", 0},
      {ASK_OLLAMA_GENERATE, "{\"prompt\":\"x\",\"options\":{\"num_predict\":5}}", 5},
      {ASK_OLLAMA_GENERATE, "{\"prompt\":\"x\",\"options\":{\"num_predict\":-1}}", 0},
      {ASK_OLLAMA_GENERATE, "{\"prompt\":\"x\",\"max_tokens\":5}", 0},
      {ASK_ANTHROPIC, "{\"messages\":[{}],\"max_tokens\":5}", 5},
      {ASK_RESPONSES, "{\"input\":\"x\",\"max_output_tokens\":5}", 5},
      {ASK_LLAMACPP, "{\"prompt\":\"x\",\"n_predict\":5}", 5},
      {ASK_EMBEDDINGS, "{\"input\":\"x\",\"max_tokens\":5}", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(parse(cases[i].api, cases[i].body).limit, cases[i].limit);
}

static void test_streaming_defaults_differ(void **state) {
  (void)state;
  assert_false(parse(ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\"}").stream);
  assert_true(parse(ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"stream\":true}").stream);
  assert_true(parse(ASK_OLLAMA_GENERATE, "{\"prompt\":\"x\"}").stream);
  assert_false(parse(ASK_OLLAMA_GENERATE, "{\"prompt\":\"x\",\"stream\":false}").stream);
}

static void test_model_and_usage_wish_are_read(void **state) {
  (void)state;
  struct ask ask = parse(ASK_OPENAI_COMPLETIONS, "{\"model\":\"a\\u00e9b\",\"prompt\":\"x\","
                                                 "\"stream_options\":{\"include_usage\":true}}");
  assert_string_equal(ask.model, "aéb");
  assert_true(ask.include_usage);
  ask = parse(ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"stream_options\":null}");
  assert_string_equal(ask.model, "");
  assert_false(ask.include_usage);
}

static void test_equal_bodies_have_equal_digests(void **state) {
  (void)state;
  uint64_t digest = parse(ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\"}").digest;
  assert_true(digest == parse(ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\"}").digest);
  assert_true(digest != parse(ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"y\"}").digest);
}

static void test_bad_bodies_are_refused_with_words(void **state) {
  (void)state;
  char long_model[400] = "{\"prompt\":\"x\",\"model\":\"";
  size_t at = strlen(long_model);
  memset(long_model + at, 'm', 300);
  memcpy(long_model + at + 300, "\"}", sizeof "\"}");
  const struct {
    enum ask_api api;
    const char *body, *words;
  } cases[] = {
      {ASK_OPENAI_CHAT, "", ""},
      {ASK_OPENAI_CHAT, "[]", "object"},
      {ASK_OPENAI_CHAT, "{\"prompt\":\"x\"}", "messages"},
      {ASK_OPENAI_CHAT, "{\"messages\":[]}", "messages"},
      {ASK_OPENAI_CHAT, "{\"messages\":[3]}", "messages"},
      {ASK_OLLAMA_GENERATE, "{\"messages\":[]}", "prompt"},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":7}", "prompt"},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":0}", "limit"},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":1.5}", "limit"},
      {ASK_OPENAI_COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":10000000}", "limit"},
      {ASK_OPENAI_COMPLETIONS, long_model, "model"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct ask ask;
    struct error error = {""};
    assert_int_equal(ask_parse(cases[i].api, cases[i].body, strlen(cases[i].body), &ask, &error),
                     STATUS_FORMAT);
    assert_true(error.text[0] != '\0');
    assert_non_null(strstr(error.text, cases[i].words));
  }
}

static void test_paths_name_their_api(void **state) {
  (void)state;
  static const char *const paths[ASK_API_COUNT] = {
      "/v1/chat/completions", "/v1/completions", "/api/chat",      "/api/generate", "/v1/messages",
      "/v1/responses",        "/completion",     "/v1/embeddings", "/api/embed",    "/v1/rerank"};
  enum ask_api api;
  for (int i = 0; i < ASK_API_COUNT; i++) {
    assert_true(ask_api_of_path(paths[i], &api));
    assert_int_equal(api, i);
  }
  assert_false(ask_api_of_path("/v1/chat/completions/", &api));
  assert_string_equal(ask_api_name(ASK_OLLAMA_CHAT), "ollama.chat");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prompt_tokens_are_counted_as_documented),
      cmocka_unit_test(test_limit_is_found_where_each_api_has_it),
      cmocka_unit_test(test_streaming_defaults_differ),
      cmocka_unit_test(test_model_and_usage_wish_are_read),
      cmocka_unit_test(test_equal_bodies_have_equal_digests),
      cmocka_unit_test(test_bad_bodies_are_refused_with_words),
      cmocka_unit_test(test_paths_name_their_api),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
