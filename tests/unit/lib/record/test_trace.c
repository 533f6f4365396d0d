// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/trace.h"
#include "tests/unit/lib/record/files.h"

#define TEXT(literal) ((struct json_slice){(literal), sizeof(literal) - 1})
#define NONE ((struct json_slice){NULL, 0})

static struct trace_record parsed;
static struct buf scratch;
static struct error error;

static enum status parse(const char *line) {
  error.text[0] = '\0';
  return trace_parse(line, strlen(line), &parsed, &scratch, &error);
}

static void parse_buf(struct buf *line) {
  assert_int_equal(line->status, STATUS_OK);
  assert_null(memchr(line->data, '\n', line->len));
  enum status status = trace_parse(line->data, line->len, &parsed, &scratch, &error);
  if (status) print_error("%s\n%s\n", error.text, buf_text(line));
  assert_int_equal(status, STATUS_OK);
}

static void assert_slice(struct json_slice got, struct json_slice want) {
  assert_int_equal(got.data == NULL, want.data == NULL);
  assert_int_equal(got.len, want.len);
  if (want.len) assert_memory_equal(got.data, want.data, want.len);
}

static void assert_same_request(const struct trace_request *got, const struct trace_request *want) {
  assert_int_equal(got->seq, want->seq);
  assert_int_equal(got->t_ns, want->t_ns);
  assert_slice(got->session, want->session);
  assert_slice(got->method, want->method);
  assert_slice(got->path, want->path);
  assert_slice(got->api, want->api);
  assert_slice(got->model, want->model);
  assert_slice(got->headers, want->headers);
  assert_int_equal(got->body_kind, want->body_kind);
  assert_slice(got->body, want->body);
  assert_int_equal(got->body_truncated, want->body_truncated);
  assert_int_equal(got->body_bytes, want->body_bytes);
  assert_int_equal(got->stream, want->stream);
  assert_int_equal(got->input_tokens, want->input_tokens);
  assert_int_equal(got->output_tokens, want->output_tokens);
  assert_slice(got->prefix_blocks, want->prefix_blocks);
  assert_int_equal(got->block_tokens, want->block_tokens);
}

static void assert_comes_back(const struct trace_request *request) {
  struct buf line = {0};
  trace_format_request(&line, request);
  parse_buf(&line);
  assert_int_equal(parsed.kind, TRACE_REQUEST);
  assert_same_request(&parsed.request, request);
  buf_free(&line);
}

static const struct trace_request plain_request = {
    .seq = 7,
    .t_ns = 123456789,
    .session = {"c1", 2},
    .method = {"POST", 4},
    .path = {"/v1/chat/completions?a=\"b\"", 26},
    .api = {"openai.chat", 11},
    .model = {"m", 1},
    .headers = {"{\"content-type\":\"application/json\"}", 35},
    .body_kind = TRACE_BODY_JSON,
    .body = {"{\"messages\":[{\"role\":\"user\",\"content\":\"a\\nb\"}],\"n\":1.50}", 56},
    .body_bytes = 60,
    .stream = true,
    .input_tokens = -1,
    .output_tokens = -1,
    .block_tokens = -1,
};

static void test_requests_of_every_kind_of_body_come_back(void **state) {
  (void)state;
  struct trace_request request = plain_request;
  assert_comes_back(&request);
  request.body_kind = TRACE_BODY_TEXT;
  request.body = TEXT("a=b&c=\"d\"\r\n\x01\xF0\x9F\x98\x80");
  assert_comes_back(&request);
  request.body = TEXT("");
  assert_comes_back(&request);
  request.body_kind = TRACE_BODY_BASE64;
  request.body = TEXT("/wD+");
  assert_comes_back(&request);
  request.body_kind = TRACE_BODY_NONE;
  request.body = NONE;
  request.body_truncated = true;
  request.body_bytes = INT64_C(1) << 53;
  assert_comes_back(&request);
}

static void test_a_request_known_by_its_size_comes_back(void **state) {
  (void)state;
  const struct trace_request request = {.body_bytes = -1,
                                        .input_tokens = 6758,
                                        .output_tokens = 500,
                                        .prefix_blocks = TEXT("[0,1,46]"),
                                        .block_tokens = 512};
  assert_comes_back(&request);
  assert_null(parsed.request.headers.data);
}

static void test_a_pretty_body_becomes_one_line_and_null_stays_a_body(void **state) {
  (void)state;
  struct trace_request request = plain_request;
  struct buf line = {0};
  request.body = TEXT("{\n  \"a b\" : [ 1,\r\n\t2.0 ]\n}");
  trace_format_request(&line, &request);
  parse_buf(&line);
  assert_slice(parsed.request.body, TEXT("{\"a b\":[1,2.0]}"));
  buf_clear(&line);
  request.body = TEXT("null");
  trace_format_request(&line, &request);
  parse_buf(&line);
  assert_int_equal(parsed.request.body_kind, TRACE_BODY_TEXT);
  assert_slice(parsed.request.body, TEXT("null"));
  assert_int_equal(parse("{\"type\":\"request\",\"seq\":1,\"t_s\":0,\"body\":null}"), STATUS_OK);
  assert_int_equal(parsed.request.body_kind, TRACE_BODY_NONE);
  buf_free(&line);
}

static void test_design_examples(void **state) {
  (void)state;
  assert_int_equal(
      parse("{\"type\":\"request\",\"seq\":0,\"t_s\":0.0,\"session\":\"c1\",\"method\":\"POST\","
            "\"path\":\"/v1/chat/completions\",\"headers\":{\"content-type\":\"application/json\"},"
            "\"body\":{\"x\":[]},\"api\":\"openai.chat\",\"model\":\"m\",\"stream\":true}"),
      STATUS_OK);
  assert_int_equal(parsed.kind, TRACE_REQUEST);
  assert_slice(parsed.request.headers, TEXT("{\"content-type\":\"application/json\"}"));
  assert_slice(parsed.request.body, TEXT("{\"x\":[]}"));
  assert_int_equal(parsed.request.input_tokens, -1);
  assert_int_equal(parse("{\"type\":\"response\",\"seq\":0,\"t_s\":1.84,\"status\":200,\"ttfb_s\":0.004,"
                         "\"ttft_s\":0.213,\"latency_s\":1.84,\"input_tokens\":57,\"output_tokens\":128,"
                         "\"token_source\":\"usage\",\"events\":128,\"bytes\":30211,\"finish\":\"length\","
                         "\"error\":null,\"aborted_by\":null}"),
                   STATUS_OK);
  assert_int_equal(parsed.kind, TRACE_RESPONSE);
  assert_int_equal(parsed.response.ttft_ns, 213000000);
  assert_int_equal(parsed.response.latency_ns, 1840000000);
  assert_int_equal(parsed.response.cached_tokens, -1);
  assert_slice(parsed.response.finish, TEXT("length"));
  assert_int_equal(parsed.response.attempts, 1); // not said: sent once
  assert_slice(parsed.response.error, NONE);
  assert_int_equal(parse("{\"type\":\"end\",\"requests\":1,\"responses\":1,\"dropped\":0}"), STATUS_OK);
  assert_int_equal(parsed.kind, TRACE_END);
  assert_int_equal(parsed.end.dropped, 0);
}

static void test_responses_come_back(void **state) {
  (void)state;
  struct buf line = {0};
  struct trace_response want = {.seq = 1,
                                .t_ns = 2,
                                .status = 3,
                                .ttfb_ns = 4,
                                .ttft_ns = 5,
                                .latency_ns = 6,
                                .input_tokens = 7,
                                .output_tokens = 8,
                                .cached_tokens = 9,
                                .events = 10,
                                .bytes = 11,
                                .token_source = TEXT("timings"),
                                .finish = TEXT("stop"),
                                .error = TEXT("truncated"),
                                .aborted_by = TEXT("upstream"),
                                .error_text = TEXT("it \"broke\"\n"),
                                .attempts = 12,
                                .body_kind = TRACE_BODY_TEXT,
                                .body = TEXT("data: x\n"),
                                .body_truncated = true,
                                .ttfa_ns = 13,
                                .answer_id = TEXT("resp_1")};
  trace_format_response(&line, &want);
  parse_buf(&line);
  const struct trace_response *got = &parsed.response;
  assert_int_equal(got->body_kind, TRACE_BODY_TEXT);
  assert_slice(got->body, want.body);
  assert_true(got->body_truncated);
  const int64_t numbers[] = {got->seq,           got->t_ns,       got->status,       got->ttfb_ns,
                             got->ttft_ns,       got->latency_ns, got->input_tokens, got->output_tokens,
                             got->cached_tokens, got->events,     got->bytes,        got->attempts,
                             got->ttfa_ns};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    assert_int_equal(numbers[i], i + 1);
  assert_slice(got->token_source, want.token_source);
  assert_slice(got->finish, want.finish);
  assert_slice(got->error, want.error);
  assert_slice(got->aborted_by, want.aborted_by);
  assert_slice(got->error_text, want.error_text);
  assert_slice(got->answer_id, want.answer_id);
  buf_clear(&line);
  want = (struct trace_response){0,    -1,    -1, -1,  -1,   -1,   -1,   -1, -1,
                                 NONE, NONE,  -1, -1,  NONE, NONE, NONE, 1,  TRACE_BODY_NONE,
                                 NONE, false, 0,  NONE};
  trace_format_response(&line, &want);
  assert_string_equal(
      buf_text(&line),
      "{\"type\":\"response\",\"seq\":0,\"t_s\":null,\"status\":null,\"ttfb_s\":null,\"ttft_s\":null,"
      "\"latency_s\":null,\"input_tokens\":null,\"output_tokens\":null,\"token_source\":null,"
      "\"events\":null,\"bytes\":null,\"finish\":null,\"error\":null,\"aborted_by\":null}");
  parse_buf(&line);
  assert_int_equal(got->latency_ns, -1);
  assert_int_equal(got->bytes, -1);
  assert_slice(got->error, NONE);
  buf_free(&line);
}

static void test_malformed_records_are_refused_by_name(void **state) {
  (void)state;
  static const struct {
    const char *members, *word;
  } cases[] = {
      {"\"seq\":-1", "seq"},
      {"\"seq\":null", "seq"},
      {"\"seq\":\"1\"", "seq"},
      {"\"t_s\":-1", "t_s"},
      {"\"t_s\":null", "t_s"},
      {"\"session\":3", "session"},
      {"\"headers\":[]", "headers"},
      {"\"headers\":\"x\"", "headers"},
      {"\"body_text\":{}", "body_text"},
      {"\"body_base64\":1", "body_base64"},
      {"\"body_truncated\":\"yes\"", "body_truncated"},
      {"\"stream\":0", "stream"},
      {"\"input_tokens\":1.5", "input_tokens"},
      {"\"prefix_blocks\":{}", "prefix_blocks"},
      {"\"body\":{\"a\":}", "malformed"},
      {"\"body\":{\"a\":1", "malformed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char line[300];
    snprintf(line, sizeof line, "{\"type\":\"request\",\"seq\":0,\"t_s\":0,%s}", cases[i].members);
    if (parse(line) != STATUS_FORMAT) fail_msg("accepted: %s", line);
    if (!strstr(error.text, cases[i].word)) fail_msg("%s: %s", line, error.text);
  }
  assert_int_equal(parse("{\"type\":\"request\",\"t_s\":0}"), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "\"seq\" is missing"));
  assert_int_equal(parse("{\"type\":\"trace\",\"version\":9,\"start_unix_s\":0}"), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "newer"));
}

static void test_nesting_beyond_the_limit_is_refused(void **state) {
  (void)state;
  struct buf line = {0};
  buf_append_text(&line, "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"body\":");
  for (int i = 0; i < 100000; i++)
    buf_append_char(&line, '[');
  assert_int_equal(trace_parse(line.data, line.len, &parsed, &scratch, &error), STATUS_FORMAT);
  buf_free(&line);
}

// Two segments, a bad line, a blank one, a record of a later version and a torn end.
int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_requests_of_every_kind_of_body_come_back),
      cmocka_unit_test(test_a_request_known_by_its_size_comes_back),
      cmocka_unit_test(test_a_pretty_body_becomes_one_line_and_null_stays_a_body),
      cmocka_unit_test(test_design_examples),
      cmocka_unit_test(test_responses_come_back),
      cmocka_unit_test(test_malformed_records_are_refused_by_name),
      cmocka_unit_test(test_nesting_beyond_the_limit_is_refused),
  };
  int failed = cmocka_run_group_tests_name("trace", tests, files_setup, files_teardown);
  buf_free(&scratch);
  return failed;
}
