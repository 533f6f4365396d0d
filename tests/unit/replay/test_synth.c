// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/json.h"
#include "replay/random.h"
#include "replay/synth.h"

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

static struct trace_request sized(int64_t seq, int64_t input_tokens, const char *blocks) {
  return (struct trace_request){.seq = seq,
                                .stream = true,
                                .input_tokens = input_tokens,
                                .output_tokens = 9,
                                .block_tokens = blocks ? 4 : -1,
                                .prefix_blocks = blocks ? slice(blocks) : (struct json_slice){NULL, 0}};
}

// The made prompt; the caller frees it.
static char *prompt_of(const struct trace_request *record) {
  struct buf body = {0};
  struct json *document = NULL;
  synth_print_body(record, API_OPENAI_COMPLETIONS, &body);
  assert_int_equal(json_parse(body.data, body.len, &document, NULL), STATUS_OK);
  char *prompt = strdup(json_text(json_get(document, "prompt")));
  json_free(document);
  buf_free(&body);
  return prompt;
}

static size_t count_words(const char *text) {
  size_t count = 0;
  for (; *text; text++)
    count += *text == ' ';
  return count;
}

// How many words two texts have in common at their start.
static size_t common_words(const char *a, const char *b) {
  size_t words = 0;
  for (; *a && *a == *b; a++, b++)
    words += *a == ' ';
  return *a == *b || ((*a == ' ' || !*a) && (*b == ' ' || !*b)) ? words : words - 1;
}

static void test_a_prompt_has_as_many_words_as_tokens(void **state) {
  (void)state;
  static const int64_t sizes[] = {0, 1, 2, 100, 5000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct trace_request record = sized(1, sizes[i], NULL);
    char *prompt = prompt_of(&record);
    assert_int_equal(count_words(prompt), sizes[i] > 0 ? sizes[i] : 1);
    free(prompt);
  }
}

static void test_equal_blocks_are_equal_text(void **state) {
  (void)state;
  struct trace_request first = sized(1, 14, "[7,8,9]"), second = sized(2, 11, "[7,8,10]"),
                       third = sized(3, 3, "[7]"), other = sized(4, 14, "[8,7]");
  char *a = prompt_of(&first), *b = prompt_of(&second), *c = prompt_of(&third), *d = prompt_of(&other);
  assert_int_equal(count_words(a), 14); // three blocks of 4 and 2 words of its own
  assert_int_equal(count_words(b), 11); // its last block is cut
  assert_int_equal(common_words(a, b), 8);
  assert_int_equal(common_words(a, c), 3);
  assert_int_equal(common_words(a, d), 0);
  free(a);
  free(b);
  free(c);
  free(d);
}

static void test_requests_without_blocks_share_nothing(void **state) {
  (void)state;
  struct trace_request first = sized(1, 50, NULL), second = sized(2, 50, NULL);
  char *a = prompt_of(&first), *b = prompt_of(&second), *again = prompt_of(&first);
  assert_true(common_words(a, b) < 5);
  assert_string_equal(a, again);
  free(a);
  free(b);
  free(again);
}

static void test_every_api_gets_its_own_body(void **state) {
  (void)state;
  struct trace_request record = sized(1, 1, NULL);
  record.model = slice("m\"x");
  char *prompt = prompt_of(&record);
  static const struct {
    enum api api;
    const char *before, *after;
  } cases[] = {
      {API_OPENAI_CHAT, "{\"model\":\"m\\\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"",
       "\"}],\"stream\":true,\"max_tokens\":9}"},
      {API_OPENAI_COMPLETIONS, "{\"model\":\"m\\\"x\",\"prompt\":\"", "\",\"stream\":true,\"max_tokens\":9}"},
      {API_OLLAMA_CHAT, "{\"model\":\"m\\\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"",
       "\"}],\"stream\":true,\"options\":{\"num_predict\":9}}"},
      {API_OLLAMA_GENERATE, "{\"model\":\"m\\\"x\",\"prompt\":\"",
       "\",\"stream\":true,\"options\":{\"num_predict\":9}}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf body = {0}, expected = {0};
    buf_printf(&expected, "%s%s%s", cases[i].before, prompt, cases[i].after);
    synth_print_body(&record, cases[i].api, &body);
    assert_string_equal(buf_text(&body), buf_text(&expected));
    buf_free(&body);
    buf_free(&expected);
  }
  free(prompt);
}

static void test_only_sizes_without_a_body_are_made_into_one(void **state) {
  (void)state;
  struct trace_request record = sized(1, 5, NULL);
  assert_true(synth_fits(&record));
  record.body_kind = TRACE_BODY_JSON;
  assert_false(synth_fits(&record));
  record = sized(1, -1, NULL);
  assert_false(synth_fits(&record));
  record = sized(1, SYNTH_TOKENS_MOST + 1, NULL);
  assert_false(synth_fits(&record));
}

// The first outputs of splitmix64 for the state 1234567, as Rosetta Code lists them.
static void test_splitmix64_is_what_it_says(void **state) {
  (void)state;
  static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                      UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                      UINT64_C(16408922859458223821)};
  uint64_t number = 1234567;
  for (size_t i = 0; i < 5; i++, number += UINT64_C(0x9E3779B97F4A7C15))
    assert_true(random_spread(number) == expected[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_prompt_has_as_many_words_as_tokens),
      cmocka_unit_test(test_equal_blocks_are_equal_text),
      cmocka_unit_test(test_requests_without_blocks_share_nothing),
      cmocka_unit_test(test_every_api_gets_its_own_body),
      cmocka_unit_test(test_only_sizes_without_a_body_are_made_into_one),
      cmocka_unit_test(test_splitmix64_is_what_it_says),
  };
  return cmocka_run_group_tests_name("synth", tests, NULL, NULL);
}
