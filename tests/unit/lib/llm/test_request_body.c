// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/request_body.h"

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, text ? strlen(text) : 0};
}

static void test_each_api_gets_its_own_form(void **state) {
  (void)state;
  static const struct {
    enum api api;
    const char *body;
  } rows[] = {
      {API_OPENAI_CHAT,
       "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a \\\"b\\\"\"}],\"stream\":true,"
       "\"max_tokens\":5}"},
      {API_OPENAI_COMPLETIONS,
       "{\"model\":\"m\",\"prompt\":\"a \\\"b\\\"\",\"stream\":true,\"max_tokens\":5}"},
      {API_OLLAMA_CHAT,
       "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a \\\"b\\\"\"}],\"stream\":true,"
       "\"options\":{\"num_predict\":5}}"},
      {API_OLLAMA_GENERATE,
       "{\"model\":\"m\",\"prompt\":\"a \\\"b\\\"\",\"stream\":true,\"options\":{\"num_predict\":5}}"},
      {API_ANTHROPIC_MESSAGES,
       "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a \\\"b\\\"\"}],"
       "\"stream\":true,\"max_tokens\":5}"},
      {API_LLAMACPP, "{\"model\":\"m\",\"prompt\":\"a \\\"b\\\"\",\"stream\":true,\"n_predict\":5}"},
      {API_OPENAI_EMBEDDINGS, "{\"model\":\"m\",\"input\":\"a \\\"b\\\"\"}"},
      {API_OLLAMA_EMBED, "{\"model\":\"m\",\"input\":\"a \\\"b\\\"\"}"},
      {API_RERANK, "{\"model\":\"m\",\"query\":\"tide\",\"documents\":[\"a \\\"b\\\"\"]}"},
  };
  struct request_body what = {slice("m"), slice("a \"b\""), true, 5};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = {0};
    request_body_print(rows[i].api, &what, &out);
    assert_string_equal(buf_text(&out), rows[i].body);
    buf_free(&out);
  }
}

// api_request_facts reads any body; what was printed has the facts that were asked for.
static void test_the_facts_come_back_from_every_api(void **state) {
  (void)state;
  for (int api = API_HTTP + 1; api < API_COUNT; api++) {
    struct buf out = {0};
    struct api_request_facts facts;
    struct request_body what = {slice("some/model:7b"), slice("x"), false, 1};
    bool has_text = api_generates_text((enum api)api);
    request_body_print((enum api)api, &what, &out);
    api_request_facts((enum api)api, buf_text(&out), out.len, &facts);
    assert_true(json_slice_is(facts.model, "some/model:7b"));
    assert_int_equal(facts.max_tokens, has_text ? 1 : -1);
    assert_false(facts.stream);
    assert_false(facts.loads_only);
    buf_free(&out);
  }
}

static void test_a_missing_model_and_limit_are_left_out_unless_the_api_needs_a_limit(void **state) {
  (void)state;
  struct request_body what = {slice(NULL), slice(""), false, -1};
  struct buf out = {0};
  request_body_print(API_OPENAI_COMPLETIONS, &what, &out);
  assert_string_equal(buf_text(&out), "{\"prompt\":\"\",\"stream\":false}");
  buf_clear(&out);
  request_body_print(API_ANTHROPIC_MESSAGES, &what, &out);
  assert_non_null(strstr(buf_text(&out), "\"max_tokens\":4096"));
  buf_free(&out);
}

static void test_a_full_buffer_fails(void **state) {
  (void)state;
  struct request_body what = {slice("m"), slice("a"), true, 5};
  struct buf out = BUF_LIMIT(10);
  request_body_print(API_OPENAI_CHAT, &what, &out);
  assert_int_equal(out.status, STATUS_LIMIT);
  buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_api_gets_its_own_form),
      cmocka_unit_test(test_the_facts_come_back_from_every_api),
      cmocka_unit_test(test_a_missing_model_and_limit_are_left_out_unless_the_api_needs_a_limit),
      cmocka_unit_test(test_a_full_buffer_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
