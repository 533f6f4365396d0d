// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/workload/rewrite.h"

// One row: rules, API, the recorded body and the body to send.
struct row {
  const char *name;
  struct rewrite_rules rules;
  const char *extra_body;
  enum api api;
  const char *recorded;
  const char *sent;
};

static const struct row rows[] = {
    {"nothing asked, not streaming: byte for byte",
     {0},
     NULL,
     API_OPENAI_CHAT,
     "{ \"n\" : 12345678901234567890 }",
     "{ \"n\" : 12345678901234567890 }"},
    {"a stream that asks for usage: byte for byte",
     {0},
     NULL,
     API_OPENAI_CHAT,
     "{\"stream\": true, \"stream_options\":{\"include_usage\": true}}",
     "{\"stream\": true, \"stream_options\":{\"include_usage\": true}}"},
    {"a stream that does not ask for usage will",
     {0},
     NULL,
     API_OPENAI_CHAT,
     "{\"stream\":true}",
     "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
    {"usage refused is asked for all the same",
     {0},
     NULL,
     API_OPENAI_COMPLETIONS,
     "{\"stream\":true,\"stream_options\":{\"include_usage\":false,\"x\":1}}",
     "{\"stream\":true,\"stream_options\":{\"include_usage\":true,\"x\":1}}"},
    {"Ollama's streams are as they are",
     {0},
     NULL,
     API_OLLAMA_CHAT,
     "{\"messages\":[] }",
     "{\"messages\":[] }"},
    {"model",
     {.model = "b"},
     NULL,
     API_OPENAI_CHAT,
     "{\"model\":\"a\",\"n\":1}",
     "{\"model\":\"b\",\"n\":1}"},
    {"model where none was",
     {.model = "b"},
     NULL,
     API_OLLAMA_GENERATE,
     "{\"prompt\":\"x\"}",
     "{\"prompt\":\"x\",\"model\":\"b\"}"},
    {"limit of chat", {.max_tokens = 7}, NULL, API_OPENAI_CHAT, "{\"max_tokens\":99}", "{\"max_tokens\":7}"},
    {"limit of chat under its newer name",
     {.max_tokens = 7},
     NULL,
     API_OPENAI_CHAT,
     "{\"max_completion_tokens\":99,\"max_tokens\":98}",
     "{\"max_completion_tokens\":7}"},
    {"limit where none was", {.max_tokens = 7}, NULL, API_OPENAI_COMPLETIONS, "{}", "{\"max_tokens\":7}"},
    {"limit of Anthropic's, and no usage is asked for",
     {.max_tokens = 7, .stream = REWRITE_STREAM_ON},
     NULL,
     API_ANTHROPIC_MESSAGES,
     "{\"max_tokens\":5}",
     "{\"max_tokens\":7,\"stream\":true}"},
    {"limit of Responses, and no usage is asked for",
     {.max_tokens = 7, .stream = REWRITE_STREAM_ON},
     NULL,
     API_OPENAI_RESPONSES,
     "{\"max_output_tokens\":5}",
     "{\"max_output_tokens\":7,\"stream\":true}"},
    {"embeddings have a model, no limit and no stream",
     {.model = "b", .max_tokens = 7, .stream = REWRITE_STREAM_ON, .ignore_eos = true},
     NULL,
     API_OPENAI_EMBEDDINGS,
     "{\"model\":\"a\",\"input\":\"x\"}",
     "{\"model\":\"b\",\"input\":\"x\"}"},
    {"limit of llama.cpp's own",
     {.max_tokens = 7, .ignore_eos = true},
     NULL,
     API_LLAMACPP,
     "{\"prompt\":\"x\",\"n_predict\":5}",
     "{\"prompt\":\"x\",\"n_predict\":7,\"ignore_eos\":true}"},
    {"limit of llama.cpp's own under OpenAI's name",
     {.max_tokens = 7},
     NULL,
     API_LLAMACPP,
     "{\"max_tokens\":5,\"n_predict\":5}",
     "{\"max_tokens\":7}"},
    {"limit of llama.cpp's own where none was",
     {.max_tokens = 7},
     NULL,
     API_LLAMACPP,
     "{}",
     "{\"n_predict\":7}"},
    {"Anthropic's streams are as they are",
     {0},
     NULL,
     API_ANTHROPIC_MESSAGES,
     "{\"stream\":true }",
     "{\"stream\":true }"},
    {"limit of Ollama",
     {.max_tokens = 7},
     NULL,
     API_OLLAMA_CHAT,
     "{\"options\":{\"seed\":1,\"num_predict\":5}}",
     "{\"options\":{\"seed\":1,\"num_predict\":7}}"},
    {"limit of Ollama without options",
     {.max_tokens = 7},
     NULL,
     API_OLLAMA_GENERATE,
     "{}",
     "{\"options\":{\"num_predict\":7}}"},
    {"--stream",
     {.stream = REWRITE_STREAM_ON},
     NULL,
     API_OPENAI_CHAT,
     "{\"stream\":false}",
     "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
    {"--no-stream takes the stream's options away",
     {.stream = REWRITE_STREAM_OFF},
     NULL,
     API_OPENAI_CHAT,
     "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
     "{\"stream\":false}"},
    {"--no-stream must be said to Ollama",
     {.stream = REWRITE_STREAM_OFF},
     NULL,
     API_OLLAMA_CHAT,
     "{}",
     "{\"stream\":false}"},
    {"--stream of Ollama has no options",
     {.stream = REWRITE_STREAM_ON},
     NULL,
     API_OLLAMA_GENERATE,
     "{\"stream\":false}",
     "{\"stream\":true}"},
    {"--ignore-eos", {.ignore_eos = true}, NULL, API_OPENAI_COMPLETIONS, "{}", "{\"ignore_eos\":true}"},
    {"Ollama has no ignore_eos", {.ignore_eos = true}, NULL, API_OLLAMA_CHAT, "{ }", "{ }"},
    {"--extra-body merges deeply",
     {0},
     "{\"a\":{\"y\":2},\"b\":null}",
     API_OPENAI_CHAT,
     "{\"a\":{\"x\":1},\"b\":3}",
     "{\"a\":{\"x\":1,\"y\":2}}"},
    {"--extra-body comes last",
     {.max_tokens = 7},
     "{\"max_tokens\":9}",
     API_OPENAI_CHAT,
     "{}",
     "{\"max_tokens\":9}"},
    {"--extra-body that streams asks for usage too",
     {0},
     "{\"stream\":true}",
     API_OPENAI_CHAT,
     "{\"stream\":false}",
     "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
    {"--extra-body that does not stream takes the stream's options away, also against --stream",
     {.stream = REWRITE_STREAM_ON},
     "{\"stream\":false}",
     API_OPENAI_CHAT,
     "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
     "{\"stream\":false}"},
    {"--extra-body may refuse usage",
     {0},
     "{\"stream_options\":{\"include_usage\":false}}",
     API_OPENAI_CHAT,
     "{\"stream\":true}",
     "{\"stream\":true,\"stream_options\":{\"include_usage\":false}}"},
    {"a limit under its newer name alone is found",
     {.max_tokens = 7},
     NULL,
     API_OPENAI_CHAT,
     "{\"max_completion_tokens\":99}",
     "{\"max_completion_tokens\":7}"},
    {"other APIs are left alone",
     {.model = "b", .max_tokens = 7},
     NULL,
     API_HTTP,
     "{\"model\":\"a\"}",
     "{\"model\":\"a\"}"},
    {"text keeps its characters",
     {.model = "b"},
     NULL,
     API_OPENAI_CHAT,
     "{\"model\":\"a\",\"messages\":[{\"content\":\"\xd0\xb4\\n\\\"\"}]}",
     "{\"model\":\"b\",\"messages\":[{\"content\":\"\xd0\xb4\\n\\\"\"}]}"},
};

static void test_bodies_are_rewritten_as_each_api_wants(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct rewrite_rules rules = row->rules;
    struct buf out = {0};
    if (row->extra_body) rules.extra_body = (struct json_slice){row->extra_body, strlen(row->extra_body)};
    assert_int_equal(rewrite_body(&rules, row->api, row->recorded, strlen(row->recorded), &out, NULL),
                     STATUS_OK);
    if (strcmp(buf_text(&out), row->sent) != 0) fail_msg("%s: %s", row->name, buf_text(&out));
    buf_free(&out);
  }
}

static void test_a_body_that_is_no_object_is_an_error(void **state) {
  (void)state;
  static const struct rewrite_rules rules = {.model = "b"};
  static const char *const bodies[] = {"[1]", "null", "{", ""};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct buf out = {0};
    struct error error = {""};
    assert_int_equal(rewrite_body(&rules, API_OPENAI_CHAT, bodies[i], strlen(bodies[i]), &out, &error),
                     STATUS_FORMAT);
    assert_int_not_equal(error.text[0], '\0');
    assert_int_equal(out.len, 0);
    buf_free(&out);
  }
}

static void test_the_nonce_goes_before_every_prompt(void **state) {
  (void)state;
  // '#' marks where the nonce is to stand.
  static const struct {
    enum api api;
    const char *marked;
  } cases[] = {
      {API_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"#be brief\"},"
                        "{\"role\":\"user\",\"content\":\"x\"}]}"},
      {API_OPENAI_CHAT,
       "{\"messages\":[{\"content\":[{\"type\":\"image_url\"},{\"type\":\"text\",\"text\":\"#a\"},"
       "{\"type\":\"text\",\"text\":\"b\"}]}]}"},
      {API_OPENAI_CHAT, "{\"messages\":[{\"role\":\"assistant\",\"content\":null},{\"content\":\"#x\"}]}"},
      {API_OPENAI_CHAT, "{\"messages\":[{\"content\":\"#\"}]}"},
      {API_OPENAI_CHAT, "{\"messages\":\"x\"}"},
      {API_OPENAI_COMPLETIONS, "{\"prompt\":\"#once\",\"suffix\":\"x\"}"},
      {API_OPENAI_COMPLETIONS, "{\"prompt\":[\"#once\",\"#twice\"]}"},
      {API_OPENAI_COMPLETIONS, "{\"prompt\":[1,2,3]}"},
      {API_OLLAMA_CHAT, " {\"messages\": [ {\"content\": \"#x\"} ] }"},
      {API_OLLAMA_GENERATE, "{\"prompt\":\"#x\"}"},
      {API_OLLAMA_GENERATE, "{\"prompt\":\"x\",\"system\":\"#be brief\"}"},
      {API_OLLAMA_GENERATE, "{\"prompt\":\"#x\",\"system\":\"\"}"},
      {API_OPENAI_RESPONSES, "{\"input\":\"#x\"}"},
      {API_LLAMACPP, "{\"prompt\":[\"#x\",\"#y\"]}"},
      {API_LLAMACPP, "{\"input_prefix\":\"#x\",\"input_suffix\":\"y\"}"},
      {API_OPENAI_EMBEDDINGS, "{\"input\":\"#x\"}"},
      {API_OPENAI_EMBEDDINGS, "{\"input\":[\"#x\",\"#y\"]}"},
      {API_OPENAI_EMBEDDINGS, "{\"input\":[[1,2],[3]]}"},
      {API_OLLAMA_EMBED, "{\"input\":\"#x\"}"},
      {API_OLLAMA_EMBED, "{\"prompt\":\"#x\"}"},
      {API_RERANK, "{\"query\":\"#q\",\"documents\":[\"x\"]}"},
      {API_OPENAI_RESPONSES, "{\"instructions\":\"#be brief\",\"input\":\"x\"}"},
      {API_OPENAI_RESPONSES,
       "{\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"},{\"role\":\"user\",\"content\":[{\"type\":"
       "\"input_text\",\"text\":\"#x\"}]}]}"},
      {API_ANTHROPIC_MESSAGES, "{\"system\":\"#be brief\",\"messages\":[{\"content\":\"x\"}]}"},
      {API_ANTHROPIC_MESSAGES,
       "{\"messages\":[{\"content\":\"x\"}],\"system\":[{\"text\":\"#be\"},{\"text\":\"x\"}]}"},
      {API_ANTHROPIC_MESSAGES,
       "{\"system\":\"\",\"messages\":[{\"content\":[{\"type\":\"image\"},{\"text\":\"#x\"}]}]}"},
      {API_HTTP, "{\"prompt\":\"x\"}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char body[256];
    size_t len = 0, expected[4], expected_count = 0, seen[4];
    for (const char *c = cases[i].marked; *c; c++) {
      if (*c == '#') {
        expected[expected_count++] = len;
      } else {
        body[len++] = *c;
      }
    }
    size_t count = rewrite_nonce_places(cases[i].api, body, len, seen, 4);
    if (count != expected_count) fail_msg("%s: %zu places", cases[i].marked, count);
    for (size_t j = 0; j < count; j++)
      assert_int_equal(seen[j], expected[j]);
  }
}

static void test_nonces_differ_and_need_no_escape(void **state) {
  (void)state;
  char one[REWRITE_NONCE_BYTES], other[REWRITE_NONCE_BYTES];
  rewrite_print_nonce(UINT64_C(0x0123456789abcdef), one);
  assert_memory_equal(one, "0123456789abcdef: ", REWRITE_NONCE_BYTES);
  rewrite_print_nonce(UINT64_C(0x0123456789abcdee), other);
  assert_memory_not_equal(one, other, REWRITE_NONCE_BYTES);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bodies_are_rewritten_as_each_api_wants),
      cmocka_unit_test(test_a_body_that_is_no_object_is_an_error),
      cmocka_unit_test(test_the_nonce_goes_before_every_prompt),
      cmocka_unit_test(test_nonces_differ_and_need_no_escape),
  };
  return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
