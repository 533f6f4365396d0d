// SPDX-License-Identifier: GPL-3.0-or-later
//
// Anonymised records: what stays, what goes, and which ids are equal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "capture/content/anonymize.h"
#include "capture/content/anonymize_prompt.h"
#include "lib/llm/api.h"
#include "tests/unit/capture/convert/converting.h"

#define KEY "0123456789abcdef"
#define TEXT(literal) ((struct json_slice){(literal), sizeof(literal) - 1})
#define MOST_BLOCKS 64

static struct buf scratch;

static struct json_slice slice(const char *text) {
  return text ? (struct json_slice){text, strlen(text)} : (struct json_slice){NULL, 0};
}

static struct trace_request with_body(const char *api, const char *body) {
  return (struct trace_request){.seq = 3,
                                .t_ns = 5,
                                .api = slice(api),
                                .method = TEXT("POST"),
                                .path = TEXT("/secret/v1/x?user=me"),
                                .headers = TEXT("{\"user-agent\":\"me\"}"),
                                .session = TEXT("c1"),
                                .model = TEXT("m"),
                                .body_kind = body ? TRACE_BODY_JSON : TRACE_BODY_NONE,
                                .body = slice(body),
                                .body_bytes = 77,
                                .input_tokens = -1,
                                .output_tokens = -1,
                                .block_tokens = -1};
}

static struct trace_request anonymised(struct anonymize *anonymize, const struct trace_request *request,
                                       const struct trace_response *response) {
  struct trace_request out;
  buf_clear(&scratch);
  assert_int_equal(anonymize_request(anonymize, request, response, &scratch, &out, NULL), STATUS_OK);
  return out;
}

// A completion's body whose prompt is `count` letters.
static const char *letters(struct buf *body, size_t count, char last) {
  buf_clear(body);
  buf_append_text(body, "{\"prompt\":\"");
  for (size_t i = 1; i < count; i++)
    buf_append_char(body, 'a');
  buf_append_char(body, last);
  buf_append_text(body, "\"}");
  return buf_text(body);
}

// The expected numbers are Python's: hmac.new(key, before + block, hashlib.sha256), from 32 bytes that begin
// with the word "prompt", over the model's name and then the blocks; the first 53 bits.
static void test_ids_are_the_chained_hmac_sha_256_of_the_blocks(void **state) {
  (void)state;
  struct anonymize *anonymize = converting_key(KEY);
  struct buf body = {0};
  struct trace_request request = with_body("openai.completions", letters(&body, 3000, 'a'));
  struct trace_request out = anonymised(anonymize, &request, NULL);
  assert_slice(out.prefix_blocks, "[6965182433164627,6256399437856719]");
  assert_int_equal(out.block_tokens, 512);
  assert_slice(out.session, "1b2d04532858240d");
  request = with_body("openai.chat",
                      "{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\","
                      "\"content\":[{\"type\":\"text\",\"text\":\"Why?\"}]}]}");
  out = anonymised(anonymize, &request, NULL);
  assert_slice(out.prefix_blocks, "[1258507229896070]");
  assert_int_equal(out.input_tokens, 9); // ceil(35 / 4)
  assert_slice(out.token_source, "estimate");
  buf_free(&body);
  anonymize_close(anonymize);
}

static void test_only_sizes_and_the_usual_path_remain(void **state) {
  (void)state;
  struct anonymize *anonymize = converting_key(KEY);
  struct trace_request request = with_body("ollama.generate", "{\"prompt\":\"Why?\"}");
  struct trace_request out = anonymised(anonymize, &request, NULL);
  assert_int_equal(out.seq, 3);
  assert_int_equal(out.t_ns, 5);
  assert_slice(out.path, "/api/generate");
  assert_slice(out.method, "POST");
  assert_null(out.headers.data);
  assert_null(out.model.data);
  assert_null(out.body.data);
  assert_int_equal(out.body_kind, TRACE_BODY_NONE);
  assert_int_equal(out.body_bytes, -1);
  anonymize_close(anonymize);
}

// Whatever stands in a request of an API: no byte of it is in the record, and other text has other ids.
static void test_no_text_of_any_api_remains(void **state) {
  (void)state;
  static const char *const bodies[] = {
      "{\"model\":\"Secret\",\"system\":\"Secret\",\"instructions\":\"Secret\",\"messages\":[{\"role\":"
      "\"user\","
      "\"content\":[{\"type\":\"text\",\"text\":\"Secret\"},{\"type\":\"image\",\"source\":{\"data\":"
      "\"Secret\"}},"
      "{\"type\":\"tool_use\",\"name\":\"Secret\",\"input\":{\"a\":\"Secret\"}}]}],\"prompt\":\"Secret\","
      "\"query\":\"Secret\",\"documents\":[\"Secret\",{\"text\":\"Secret\"}],\"input\":[{\"role\":\"user\","
      "\"content\":[{\"type\":\"input_text\",\"text\":\"Secret\"}]},{\"type\":\"function_call\","
      "\"name\":\"Secret\",\"arguments\":\"Secret\"}],\"input_prefix\":\"Secret\",\"input_extra\":[{\"text\":"
      "\"Secret\"}],\"metadata\":{\"user_id\":\"Secret\"},\"tools\":[{\"name\":\"Secret\"}]}",
  };
  struct anonymize *anonymize = converting_key(KEY);
  struct trace_response response = {.finish = TEXT("Secret"), .error_text = TEXT("Secret"), .status = 200};
  for (int api = 1; api < API_COUNT; api++) {
    struct trace_request request = with_body(api_name((enum api)api), bodies[0]);
    struct trace_request out = anonymised(anonymize, &request, &response);
    struct buf line = {0};
    trace_format_request(&line, &out);
    assert_null(strstr(buf_text(&line), "Secret"));
    assert_non_null(strstr(buf_text(&line), "prefix_blocks"));
    struct trace_response answer = anonymize_response(&response);
    trace_format_response(&line, &answer);
    assert_null(strstr(buf_text(&line), "Secret"));
    buf_free(&line);
  }
  anonymize_close(anonymize);
}

// Another text in the member that holds the prompt of an API has another id.
static void test_every_prompt_has_its_ids(void **state) {
  (void)state;
  struct anonymize *anonymize = converting_key(KEY);
  static const char *const forms[] = {"\"%s\"", "[\"%s\"]", "[{\"role\":\"user\",\"content\":\"%s\"}]"};
  for (int api = 1; api < API_COUNT; api++) {
    const struct api_dialect *dialect = api_dialect((enum api)api);
    for (size_t form = dialect->is_chat && !dialect->or_text ? 2 : 0; form < (dialect->is_chat ? 3 : 2);
         form++) {
      char prompt[2][64], body[2][128], ids[64];
      for (int i = 0; i < 2; i++) {
        snprintf(prompt[i], sizeof prompt[i], forms[form], i ? "two" : "one");
        snprintf(body[i], sizeof body[i], "{\"%s\":%s}", dialect->prompt, prompt[i]);
      }
      struct trace_request request = with_body(dialect->name, body[0]);
      struct trace_request out = anonymised(anonymize, &request, NULL);
      assert_true(out.prefix_blocks.len > 2);
      snprintf(ids, sizeof ids, "%.*s", (int)out.prefix_blocks.len, out.prefix_blocks.data);
      request = with_body(dialect->name, body[1]);
      out = anonymised(anonymize, &request, NULL);
      assert_true(out.prefix_blocks.len > 2 && !json_slice_is(out.prefix_blocks, ids));
    }
  }
  anonymize_close(anonymize);
}

static void test_what_asks_for_no_text_is_not_kept(void **state) {
  (void)state;
  struct trace_request request = with_body("http", NULL);
  assert_false(anonymize_keeps(&request));
  request.api = TEXT("openai.chat");
  assert_true(anonymize_keeps(&request));
  request.api = (struct json_slice){NULL, 0};
  assert_false(anonymize_keeps(&request));
}

static void test_the_servers_counts_go_before_an_estimate(void **state) {
  (void)state;
  struct anonymize *anonymize = converting_key(KEY);
  struct trace_request request = with_body("openai.completions", "{\"prompt\":\"Why?\"}");
  struct trace_response response = {.input_tokens = 12, .output_tokens = 7, .token_source = TEXT("usage")};
  struct trace_request out = anonymised(anonymize, &request, &response);
  assert_int_equal(out.input_tokens, 12);
  assert_int_equal(out.output_tokens, 7);
  assert_slice(out.token_source, "usage");
  response.input_tokens = -1; // only the events were counted
  out = anonymised(anonymize, &request, &response);
  assert_int_equal(out.input_tokens, 1);
  assert_int_equal(out.output_tokens, 7);
  assert_slice(out.token_source, "estimate");
  request = with_body("openai.completions", NULL); // too long to be recorded
  request.body_truncated = true;
  request.body_bytes = 4097;
  out = anonymised(anonymize, &request, NULL);
  assert_int_equal(out.input_tokens, 1025);
  assert_null(out.prefix_blocks.data);
  anonymize_close(anonymize);
}

static size_t ids_of(struct json_slice blocks, int64_t ids[MOST_BLOCKS]) {
  struct json_scan scan = json_scan_start(blocks);
  struct json_slice id;
  size_t count = 0;
  while (json_scan_element(&scan, &id)) {
    assert_true(count < MOST_BLOCKS);
    assert_true(json_scan_int64(id, &ids[count]));
    assert_true(ids[count] >= 0 && ids[count] < INT64_C(1) << 53);
    count++;
  }
  return count;
}

static size_t ids_of_body(struct anonymize *anonymize, const char *body, int64_t ids[MOST_BLOCKS]) {
  struct trace_request request = with_body("openai.completions", body);
  return ids_of(anonymised(anonymize, &request, NULL).prefix_blocks, ids);
}

static void test_prompts_share_as_many_ids_as_whole_blocks(void **state) {
  (void)state;
  struct anonymize *anonymize = converting_key(KEY);
  struct buf body = {0};
  int64_t one[MOST_BLOCKS] = {0}, other[MOST_BLOCKS] = {0};
  assert_int_equal(ids_of_body(anonymize, letters(&body, 5 * ANONYMIZE_BLOCK_BYTES, 'a'), one), 5);
  assert_int_equal(ids_of_body(anonymize, letters(&body, 5 * ANONYMIZE_BLOCK_BYTES, 'b'), other), 5);
  assert_memory_equal(one, other, 4 * sizeof *one);
  assert_int_not_equal(one[4], other[4]);
  assert_int_equal(ids_of_body(anonymize, letters(&body, 5 * ANONYMIZE_BLOCK_BYTES + 1, 'a'), other), 6);
  assert_memory_equal(one, other, 5 * sizeof *one);
  // Blocks of the same letters are told apart by what stands before them.
  for (int i = 0; i < 5; i++) {
    for (int k = 0; k < i; k++)
      assert_int_not_equal(one[i], one[k]);
  }
  buf_free(&body);
  anonymize_close(anonymize);
}

static void test_another_key_and_another_model_share_nothing(void **state) {
  (void)state;
  struct anonymize *first = converting_key(KEY), *second = converting_key(KEY "!");
  struct buf body = {0};
  int64_t one[MOST_BLOCKS] = {0}, other[MOST_BLOCKS] = {0};
  const char *text = letters(&body, 40 * ANONYMIZE_BLOCK_BYTES, 'a');
  size_t count = ids_of_body(first, text, one);
  assert_int_equal(count, 40);
  assert_int_equal(ids_of_body(second, text, other), 40);
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < count; k++)
      assert_int_not_equal(one[i], other[k]);
  }
  struct trace_request request = with_body("openai.completions", text);
  request.model = TEXT("another");
  ids_of(anonymised(first, &request, NULL).prefix_blocks, other);
  assert_int_not_equal(one[0], other[0]);
  buf_free(&body);
  anonymize_close(first);
  anonymize_close(second);
}

static void test_ids_that_are_there_already_are_renamed_alike(void **state) {
  (void)state;
  struct anonymize *anonymize = converting_key(KEY);
  struct trace_request request = with_body("openai.chat", NULL);
  int64_t one[MOST_BLOCKS] = {0}, other[MOST_BLOCKS] = {0};
  request.input_tokens = 1000;
  request.output_tokens = 10;
  request.block_tokens = 512;
  request.prefix_blocks = TEXT("[46,0,46]");
  struct trace_request out = anonymised(anonymize, &request, NULL);
  assert_int_equal(out.input_tokens, 1000);
  assert_int_equal(out.output_tokens, 10);
  assert_null(out.token_source.data); // where it came from knew it: no estimate
  assert_int_equal(ids_of(out.prefix_blocks, one), 3);
  assert_true(one[0] == INT64_C(4535005965835057)); // by Python, from "block"
  assert_int_equal(one[0], one[2]);
  assert_int_not_equal(one[0], one[1]);
  request.prefix_blocks = TEXT("[0,\"x\"]");
  ids_of(anonymised(anonymize, &request, NULL).prefix_blocks, other);
  assert_int_equal(other[0], one[1]);
  anonymize_close(anonymize);
}

static void test_a_response_keeps_known_words_only(void **state) {
  (void)state;
  struct trace_response response = {.seq = 9,
                                    .status = 400,
                                    .output_tokens = 3,
                                    .finish = TEXT("stop"),
                                    .token_source = TEXT("events"),
                                    .aborted_by = TEXT("client"),
                                    .error = TEXT("http_4xx"),
                                    .error_text = TEXT("no such user: alice")};
  struct trace_response out = anonymize_response(&response);
  assert_int_equal(out.seq, 9);
  assert_int_equal(out.output_tokens, 3);
  assert_slice(out.finish, "stop");
  assert_slice(out.token_source, "events");
  assert_slice(out.aborted_by, "client");
  assert_slice(out.error, "http_4xx");
  assert_null(out.error_text.data);
  response.finish = response.token_source = response.aborted_by = response.error = TEXT("alice");
  out = anonymize_response(&response);
  assert_null(out.finish.data);
  assert_null(out.token_source.data);
  assert_null(out.aborted_by.data);
  assert_slice(out.error, "protocol"); // still a failure
}

static void assert_prompt(const char *body, const char *canonical) {
  struct buf out = {0};
  struct json_slice value;
  assert_int_equal(json_scan_text(body, strlen(body), &value, NULL), STATUS_OK);
  anonymize_prompt(value, &out);
  if (strcmp(buf_text(&out), canonical) != 0)
    fail_msg("%s\nexpected: %s\nseen:     %s", body, canonical, buf_text(&out));
  buf_free(&out);
}

static void test_canonical_prompts(void **state) {
  (void)state;
  assert_prompt("{}", "");
  assert_prompt("[]", "");
  assert_prompt("{\"messages\":{\"role\":\"x\"},\"prompt\":null}", "");
  assert_prompt("{\"prompt\":\"A \\u00e9\"}", "A \xC3\xA9");
  assert_prompt("{\"prompt\":[\"A\",\"B\"]}", "AB");
  assert_prompt("{\"prompt\":[1684234849,1751606885]}", "abcdefgh"); // tokens, four bytes each
  assert_prompt("{\"system\":\"S\",\"prompt\":\"P\",\"suffix\":\"X\"}", "S\nPX");
  assert_prompt("{\"tools\":[ {\"a\": 1} ],\"messages\":[]}", "[{\"a\":1}]");
  assert_prompt(
      "{\"messages\":[{\"content\":\"C\",\"role\":\"user\"},{\"role\":\"assistant\",\"content\":null,"
      "\"tool_calls\":[{\"id\": \"1\"}]}]}",
      "<|user|>\nC\n<|assistant|>\n[{\"id\":\"1\"}]\n");
  assert_prompt("{\"messages\":[{\"role\":\"assistant\",\"reasoning_content\":\"R\",\"content\":\"C\"}]}",
                "<|assistant|>\nRC\n");
}

static void test_pictures_are_told_apart_but_weigh_little(void **state) {
  (void)state;
  static const char one[] =
      "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{"
      "\"url\":\"data:image/png;base64,AAAA\"}}]}]}";
  char other[sizeof one];
  struct buf first = {0}, second = {0};
  memcpy(other, one, sizeof one);
  *strstr(other, "AAAA") = 'B';
  anonymize_prompt(slice(one), &first);
  anonymize_prompt(slice(other), &second);
  assert_int_equal(first.len, sizeof "<|user|>\n\n" - 1 + 32);
  assert_int_equal(second.len, first.len);
  assert_memory_not_equal(first.data, second.data, first.len);
  buf_free(&first);
  buf_free(&second);
}

static void test_a_key_has_from_16_to_4096_bytes(void **state) {
  (void)state;
  struct anonymize *anonymize = NULL;
  struct error error = {""};
  assert_int_equal(anonymize_open("/dev/null", &anonymize, &error), STATUS_FORMAT);
  assert_string_equal(error.text, "/dev/null: a key needs at least 16 bytes (try: head -c 32 /dev/urandom)");
  assert_int_equal(anonymize_open("/dev/zero", &anonymize, &error), STATUS_FORMAT); // without an end
  assert_string_equal(error.text, "/dev/zero: a key has at most 4096 bytes");
  assert_int_equal(anonymize_open("/nonexistent", &anonymize, &error), STATUS_NOT_FOUND);
  assert_null(anonymize);
  anonymize_close(NULL);
}

static int teardown(void **state) {
  buf_free(&scratch);
  return converting_teardown(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ids_are_the_chained_hmac_sha_256_of_the_blocks),
      cmocka_unit_test(test_only_sizes_and_the_usual_path_remain),
      cmocka_unit_test(test_no_text_of_any_api_remains),
      cmocka_unit_test(test_every_prompt_has_its_ids),
      cmocka_unit_test(test_what_asks_for_no_text_is_not_kept),
      cmocka_unit_test(test_the_servers_counts_go_before_an_estimate),
      cmocka_unit_test(test_prompts_share_as_many_ids_as_whole_blocks),
      cmocka_unit_test(test_another_key_and_another_model_share_nothing),
      cmocka_unit_test(test_ids_that_are_there_already_are_renamed_alike),
      cmocka_unit_test(test_a_response_keeps_known_words_only),
      cmocka_unit_test(test_canonical_prompts),
      cmocka_unit_test(test_pictures_are_told_apart_but_weigh_little),
      cmocka_unit_test(test_a_key_has_from_16_to_4096_bytes),
  };
  return cmocka_run_group_tests(tests, converting_setup, teardown);
}
