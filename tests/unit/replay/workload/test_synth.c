// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/plan/random.h"
#include "replay/workload/synth.h"

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

static const struct synth_scale words = SYNTH_DEFAULT_SCALE, four = {4, 0, true},
                                with_template = {4, 10, true};

// The made prompt of a record of trace `trace`; the caller frees it.
static char *prompt_at(const struct trace_request *record, int64_t trace, const struct synth_scale *scale) {
  struct buf text = {0};
  struct synth_prompt *prompt = synth_prompt_of(record, trace);
  assert_non_null(prompt);
  synth_print_prompt(prompt, prompt->tokens, scale, &text);
  assert_int_equal(text.len, synth_characters(prompt->tokens, scale));
  char *copy = strdup(buf_text(&text));
  free(prompt);
  buf_free(&text);
  return copy;
}

static char *prompt_of(const struct trace_request *record) {
  return prompt_at(record, 0, &four);
}

static size_t count_words(const char *text) {
  size_t count = 0;
  for (; *text; text++)
    count += *text == ' ';
  return count;
}

// How many characters two texts have in common at their start.
static size_t common(const char *a, const char *b) {
  size_t count = 0;
  while (a[count] && a[count] == b[count])
    count++;
  return count;
}

static void test_a_prompt_is_as_long_as_the_scale_says(void **state) {
  (void)state;
  static const int64_t sizes[][3] = {{0, 4, 1}, {1, 4, 1}, {10, 40, 1}, {11, 44, 4}, {5000, 20000, 19960}};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct trace_request record = sized(1, sizes[i][0], NULL);
    char *plain = prompt_at(&record, 0, &four), *with = prompt_at(&record, 0, &with_template);
    assert_int_equal(strlen(plain), sizes[i][1]);
    assert_int_equal(strlen(with), sizes[i][2]); // what the server adds needs no text
    free(plain);
    free(with);
  }
}

static void test_by_default_a_token_is_a_word(void **state) {
  (void)state;
  struct trace_request record = sized(1, 5000, NULL);
  char *prompt = prompt_at(&record, 0, &words);
  assert_int_equal(count_words(prompt), 5000);
  free(prompt);
}

static void test_equal_blocks_are_equal_text_at_every_scale(void **state) {
  (void)state;
  static const struct synth_scale scales[] = {
      {5.328125, 0, false}, {4, 0, true}, {3.7, 1.5, true}, {11, -3, true}};
  for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
    struct trace_request first = sized(1, 1400, "[7,8,9]"), second = sized(2, 1100, "[7,8,10]"),
                         third = sized(3, 300, "[7]"), other = sized(4, 1400, "[8,7]");
    first.block_tokens = second.block_tokens = third.block_tokens = other.block_tokens = 400;
    char *a = prompt_at(&first, 0, &scales[i]), *b = prompt_at(&second, 0, &scales[i]);
    char *c = prompt_at(&third, 0, &scales[i]), *d = prompt_at(&other, 0, &scales[i]);
    size_t block = (size_t)(400 * scales[i].characters_per_token + 0.5);
    assert_in_range(common(a, b), 2 * block, 2 * block + 10); // chance may add a word
    assert_int_equal(common(a, c), strlen(c)); // a prompt that ends in a block is its beginning
    assert_true(common(a, d) < 10);
    assert_memory_equal(a, d + block, block); // wherever it stands
    free(a);
    free(b);
    free(c);
    free(d);
  }
}

static void test_requests_without_blocks_share_nothing(void **state) {
  (void)state;
  struct trace_request first = sized(1, 50, NULL), second = sized(2, 50, NULL);
  char *a = prompt_of(&first), *b = prompt_of(&second), *again = prompt_of(&first);
  char *elsewhere = prompt_at(&first, 1, &four);
  assert_true(common(a, b) < 20);
  assert_true(common(a, elsewhere) < 20); // the same seq of another trace
  assert_string_equal(a, again);
  free(a);
  free(b);
  free(again);
  free(elsewhere);
}

static void test_numbered_blocks_are_a_trace_s_own_and_hashes_are_not(void **state) {
  (void)state;
  static const struct {
    const char *blocks;
    bool shared;
  } cases[] = {{"[7,8]", false},
               {"[4294967295,0]", false},
               {"[4294967296,4294967297]", true},
               {"[7216093214687431,1]", true},
               {"[\"a1b2\",\"7\"]", true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct trace_request record = sized(1, 100, cases[i].blocks);
    record.block_tokens = 50;
    char *a = prompt_at(&record, 0, &four), *b = prompt_at(&record, 1, &four);
    assert_int_equal(common(a, b) >= 200, cases[i].shared);
    free(a);
    free(b);
  }
}

static void test_more_ids_than_the_prompt_has_room_for_do_no_harm(void **state) {
  (void)state;
  struct trace_request record = sized(1, 5, "[1,2,3,4,5,6,7,8,9]");
  char *prompt = prompt_of(&record);
  assert_int_equal(strlen(prompt), 20);
  free(prompt);
}

static void test_every_api_gets_its_own_body(void **state) {
  (void)state;
  struct trace_request record = sized(1, 1, NULL);
  record.model = slice("m\"x");
  static const struct {
    enum api api;
    const char *before, *after;
  } cases[] = {
      {API_OPENAI_CHAT, "{\"model\":\"m\\\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"",
       "\"}],\"stream\":true,\"max_tokens\":9}"},
      {API_OPENAI_COMPLETIONS, "{\"model\":\"m\\\"x\",\"prompt\":\"", "\",\"stream\":true,\"max_tokens\":9}"},
      {API_OLLAMA_CHAT, "{\"model\":\"m\\\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"",
       "\"}],\"stream\":true,\"options\":{\"num_predict\":9}}"},
      {API_OPENAI_RESPONSES, "{\"model\":\"m\\\"x\",\"input\":[{\"role\":\"user\",\"content\":\"",
       "\"}],\"stream\":true,\"max_output_tokens\":9}"},
      {API_OPENAI_EMBEDDINGS, "{\"model\":\"m\\\"x\",\"input\":\"", "\"}"},
      {API_OLLAMA_EMBED, "{\"model\":\"m\\\"x\",\"input\":\"", "\"}"},
      {API_RERANK, "{\"model\":\"m\\\"x\",\"query\":\"tide\",\"documents\":[\"", "\"]}"},
      {API_LLAMACPP, "{\"model\":\"m\\\"x\",\"prompt\":\"", "\",\"stream\":true,\"n_predict\":9}"},
      {API_ANTHROPIC_MESSAGES, "{\"model\":\"m\\\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"",
       "\"}],\"stream\":true,\"max_tokens\":9}"},
      {API_OLLAMA_GENERATE, "{\"model\":\"m\\\"x\",\"prompt\":\"",
       "\",\"stream\":true,\"options\":{\"num_predict\":9}}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf body = {0}, expected = {0};
    buf_printf(&expected, "%s%s%s", cases[i].before, SYNTH_PLACEHOLDER, cases[i].after);
    synth_print_body(&record, cases[i].api, &body);
    assert_string_equal(buf_text(&body), buf_text(&expected));
    buf_free(&body);
    buf_free(&expected);
  }
}

static void test_only_sizes_without_a_body_are_made_into_one(void **state) {
  (void)state;
  struct trace_request record = sized(1, 5, NULL);
  assert_true(synth_fits(&record));
  record.body_kind = TRACE_BODY_JSON;
  assert_false(synth_fits(&record));
  record = sized(1, -1, NULL);
  assert_false(synth_fits(&record));
  record = sized(1, SYNTH_TOKENS_MAX + 1, NULL);
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
      cmocka_unit_test(test_a_prompt_is_as_long_as_the_scale_says),
      cmocka_unit_test(test_by_default_a_token_is_a_word),
      cmocka_unit_test(test_equal_blocks_are_equal_text_at_every_scale),
      cmocka_unit_test(test_requests_without_blocks_share_nothing),
      cmocka_unit_test(test_numbered_blocks_are_a_trace_s_own_and_hashes_are_not),
      cmocka_unit_test(test_more_ids_than_the_prompt_has_room_for_do_no_harm),
      cmocka_unit_test(test_every_api_gets_its_own_body),
      cmocka_unit_test(test_only_sizes_without_a_body_are_made_into_one),
      cmocka_unit_test(test_splitmix64_is_what_it_says),
  };
  return cmocka_run_group_tests_name("synth", tests, NULL, NULL);
}
