// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/run.h"

#define TEXT(literal) ((struct json_slice){(literal), sizeof(literal) - 1})
#define LARGEST_COUNT (INT64_C(1) << 53)

static struct run_record parsed;
static struct buf scratch;
static struct error error;

static enum status parse(const char *line) {
  error.text[0] = '\0';
  return run_parse(line, strlen(line), &parsed, &scratch, &error);
}

static void parse_buf(struct buf *line) {
  assert_int_equal(line->status, STATUS_OK);
  assert_null(memchr(line->data, '\n', line->len));
  enum status status = run_parse(line->data, line->len, &parsed, &scratch, &error);
  if (status) print_error("%s\n%s\n", error.text, buf_text(line));
  assert_int_equal(status, STATUS_OK);
}

static void assert_slice(struct json_slice got, struct json_slice want) {
  assert_int_equal(got.data == NULL, want.data == NULL);
  assert_int_equal(got.len, want.len);
  if (want.len) assert_memory_equal(got.data, want.data, want.len);
}

static void assert_request(const struct run_request *got, const struct run_request *want) {
  const int64_t *pairs[][2] = {
      {&got->session, &want->session},
      {&got->workers, &want->workers},
      {&got->batch, &want->batch},
      {&got->rep, &want->rep},
      {&got->index, &want->index},
      {&got->seq, &want->seq},
      {&got->trace, &want->trace},
      {&got->intended_ns, &want->intended_ns},
      {&got->ready_ns, &want->ready_ns},
      {&got->sent_ns, &want->sent_ns},
      {&got->connect_ns, &want->connect_ns},
      {&got->ttfb_ns, &want->ttfb_ns},
      {&got->ttft_ns, &want->ttft_ns},
      {&got->ttfa_ns, &want->ttfa_ns},
      {&got->last_text_ns, &want->last_text_ns},
      {&got->latency_ns, &want->latency_ns},
      {&got->status, &want->status},
      {&got->input_tokens, &want->input_tokens},
      {&got->output_tokens, &want->output_tokens},
      {&got->cached_tokens, &want->cached_tokens},
      {&got->events, &want->events},
      {&got->bytes, &want->bytes},
      {&got->itl_p50_ns, &want->itl_p50_ns},
      {&got->itl_p99_ns, &want->itl_p99_ns},
      {&got->itl_max_ns, &want->itl_max_ns},
      {&got->load_ns, &want->load_ns},
      {&got->prompt_eval_ns, &want->prompt_eval_ns},
      {&got->eval_ns, &want->eval_ns},
      {&got->attempts, &want->attempts},
      {&got->retry_after_ns, &want->retry_after_ns},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if (*pairs[i][0] != *pairs[i][1]) fail_msg("number %zu differs", i);
  }
  assert_int_equal(got->warmup, want->warmup);
  assert_true(got->rate == want->rate);
  assert_int_equal(got->error, want->error);
  assert_slice(got->token_source, want->token_source);
  assert_slice(got->finish, want->finish);
  assert_slice(got->error_text, want->error_text);
}

// Every member has a value of its own, so that two that are swapped are noticed.
static const struct run_request full_request = {
    .session = 3,
    .workers = 24,
    .batch = 48,
    .rep = 1,
    .index = 17,
    .seq = 912,
    .trace = 6,
    .copy = 7,
    .rate = 12.5,
    .warmup = true,
    .intended_ns = 12000000000,
    .ready_ns = 12000000001,
    .sent_ns = 12000040000,
    .connect_ns = 0,
    .ttfb_ns = 20000000,
    .ttft_ns = 210000000,
    .ttfa_ns = 410000000,
    .last_text_ns = 1890000000,
    .latency_ns = 1900000000,
    .status = 200,
    .input_tokens = 57,
    .output_tokens = 128,
    .cached_tokens = 5,
    .events = 127,
    .bytes = 30211,
    .token_source = {"usage", 5},
    .finish = {"length", 6},
    .itl_p50_ns = 13000000,
    .itl_p99_ns = 19000001,
    .itl_max_ns = 40000000,
    .load_ns = 1,
    .prompt_eval_ns = 2,
    .eval_ns = 3,
    .attempts = 2,
    .retry_after_ns = 30000000000,
    .error = FAILURE_HTTP_429,
    .error_text = {"slow \"down\"\n\xC3\xA9", 14},
};

static void test_request_comes_back_as_written(void **state) {
  (void)state;
  struct buf line = {0};
  run_format_request(&line, &full_request);
  parse_buf(&line);
  assert_int_equal(parsed.kind, RUN_REQUEST);
  assert_request(&parsed.request, &full_request);
  buf_free(&line);
}

static void test_request_extremes_come_back(void **state) {
  (void)state;
  struct run_request request = full_request;
  request.seq = request.bytes = request.input_tokens = LARGEST_COUNT;
  request.intended_ns = INT64_C(9007199254740993); // not a double
  request.sent_ns = INT64_C(9200000000999999999);  // 291 years, to the nanosecond
  request.latency_ns = 1;
  request.ttft_ns = request.last_text_ns = request.itl_p50_ns = -1;
  request.itl_p99_ns = request.itl_max_ns = -1;
  request.trace = request.copy = request.workers = request.batch = request.status = request.output_tokens =
      -1;
  request.events = request.cached_tokens = request.load_ns = request.eval_ns = -1;
  request.prompt_eval_ns = request.retry_after_ns = request.ready_ns = -1;
  request.token_source = request.finish = request.error_text = (struct json_slice){NULL, 0};
  request.error = FAILURE_NONE;
  struct buf line = {0};
  run_format_request(&line, &request);
  parse_buf(&line);
  assert_request(&parsed.request, &request);
  buf_free(&line);
}

static void test_shards_and_ranks_come_back(void **state) {
  (void)state;
  struct run_header header = {
      .version = 1, .start_unix_s = 1, .shard = 3, .shards = 8, .start_at_unix_s = 1795361090.5, .ranks = 4};
  struct buf line = {0};
  run_format_header(&line, &header);
  parse_buf(&line);
  assert_int_equal(parsed.header.shard, 3);
  assert_int_equal(parsed.header.shards, 8);
  assert_true(parsed.header.start_at_unix_s == 1795361090.5);
  assert_int_equal(parsed.header.ranks, 4);
  buf_clear(&line);
  run_format_header(&line, &(struct run_header){.version = 1, .shards = 1, .ranks = 1});
  assert_null(strstr(buf_text(&line), "shard"));
  assert_null(strstr(buf_text(&line), "start_at"));
  assert_null(strstr(buf_text(&line), "ranks"));
  parse_buf(&line);
  assert_int_equal(parsed.header.shard, 0);
  assert_int_equal(parsed.header.shards, 1);
  assert_int_equal(parsed.header.ranks, 1);
  buf_clear(&line);
  run_format_batch(&line, &(struct run_batch){.ranks = TEXT("[{\"rank\":0}]")});
  parse_buf(&line);
  assert_slice(parsed.batch.ranks, TEXT("[{\"rank\":0}]"));
  buf_free(&line);
}

static void test_design_example_of_a_request(void **state) {
  (void)state;
  assert_int_equal(
      parse("{\"type\":\"request\",\"session\":3,\"workers\":24,\"batch\":48,\"rep\":0,\"index\":17,\"seq\":"
            "912,"
            "\"intended_s\":12.0,\"ready_s\":12.0,\"sent_s\":12.00004,\"connect_s\":0.0,\"ttfb_s\":0.02,"
            "\"ttft_s\":0.21,\"latency_s\":1.9,\"status\":200,\"input_tokens\":57,\"output_tokens\":128,"
            "\"token_source\":\"usage\",\"cached_tokens\":0,\"events\":128,"
            "\"itl_s\":{\"p50\":0.013,\"p99\":0.019,\"max\":4e-2},\"error\":null}"),
      STATUS_OK);
  assert_int_equal(parsed.kind, RUN_REQUEST);
  assert_int_equal(parsed.request.sent_ns, 12000040000);
  assert_int_equal(parsed.request.connect_ns, 0);
  assert_int_equal(parsed.request.ttft_ns, 210000000);
  assert_int_equal(parsed.request.itl_p99_ns, 19000000);
  assert_int_equal(parsed.request.itl_max_ns, 40000000);
  assert_int_equal(parsed.request.error, FAILURE_NONE);
  assert_int_equal(parsed.request.attempts, 1); // not said: sent once
  assert_int_equal(parsed.request.load_ns, -1); // not said: does not exist
  assert_int_equal(parsed.request.last_text_ns, -1);
}

static void test_design_example_of_a_batch(void **state) {
  (void)state;
  assert_int_equal(
      parse("{\"type\":\"batch\",\"session\":3,\"workers\":24,\"batch\":48,\"rep\":0,\"warmup\":false,"
            "\"start_s\":12.0,\"total_s\":20.977,\"requests\":48,\"failed\":2,\"input_tokens\":2736,"
            "\"output_tokens\":8121,\"errors\":{\"timeout\":1,\"empty\":1,\"of_a_later_version\":7},"
            "\"client\":{\"cpu\":0.03,\"lag_p50_s\":0.00001,\"lag_p99_s\":0.00002,\"lag_max_s\":0.001,"
            "\"stall_max_s\":0.002,\"valid\":false,\"reason\":\"stall\"}}"),
      STATUS_OK);
  assert_int_equal(parsed.kind, RUN_BATCH);
  assert_int_equal(parsed.batch.total_ns, 20977000000);
  assert_int_equal(parsed.batch.errors[FAILURE_TIMEOUT], 1);
  assert_int_equal(parsed.batch.errors[FAILURE_EMPTY], 1);
  assert_int_equal(parsed.batch.errors[FAILURE_CONNECT], 0);
  assert_true(parsed.batch.client_cpu == 0.03);
  assert_int_equal(parsed.batch.lag_p99_ns, 20000);
  assert_false(parsed.batch.valid);
  assert_slice(parsed.batch.reason.text, TEXT("stall"));
  assert_true(isnan(parsed.batch.rate));
  assert_null(parsed.batch.timing.data);
}

static void test_batch_comes_back_as_written(void **state) {
  (void)state;
  struct run_batch batch = {
      .session = 1,
      .workers = -1,
      .batch = -1,
      .rep = 2,
      .warmup = true,
      .start_ns = 3,
      .total_ns = 4,
      .requests = 5,
      .failed = 6,
      .cancelled = 7,
      .input_tokens = 8,
      .output_tokens = 9,
      .cached_tokens = 10,
      .client_cpu = 1.0 / 3.0,
      .lag_p50_ns = 11,
      .lag_p99_ns = 12,
      .lag_max_ns = 13,
      .stall_max_ns = 14,
      .valid = true,
      .timing = TEXT("rate"),
      .rate = 0.1,
      .in_flight_mean = 1e-300,
  };
  for (int i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++)
    batch.errors[i] = 100 + i;
  struct buf line = {0};
  run_format_batch(&line, &batch);
  parse_buf(&line);
  const struct run_batch *got = &parsed.batch;
  assert_int_equal(parsed.kind, RUN_BATCH);
  const int64_t numbers[] = {got->session,       got->rep,           got->start_ns,   got->total_ns,
                             got->requests,      got->failed,        got->cancelled,  got->input_tokens,
                             got->output_tokens, got->cached_tokens, got->lag_p50_ns, got->lag_p99_ns,
                             got->lag_max_ns,    got->stall_max_ns};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    assert_int_equal(numbers[i], i + 1);
  assert_int_equal(got->workers, -1);
  assert_int_equal(got->batch, -1);
  assert_memory_equal(got->errors, batch.errors, sizeof batch.errors);
  assert_true(got->client_cpu == 1.0 / 3.0 && got->rate == 0.1 && got->in_flight_mean == 1e-300);
  assert_true(got->valid && got->warmup);
  assert_int_equal(got->reason.kind, RUN_REASON_NONE);
  assert_slice(got->timing, TEXT("rate"));
  buf_free(&line);
}

static void test_header_session_and_end_come_back_as_written(void **state) {
  (void)state;
  struct buf line = {0};
  struct run_header header = {.version = 1,
                              .start_unix_s = 1700000000.123456,
                              .tool = TEXT("replay 0.1.0"),
                              .url = TEXT("http://127.0.0.1:1"),
                              .model = TEXT("m\\\"x"),
                              .api = TEXT("auto"),
                              .timing = TEXT("batch"),
                              .trace_digest = TEXT("sha256:00"),
                              .sent_digest = TEXT("sha256:01"),
                              .host = TEXT("h"),
                              .arguments = TEXT("[ \"a b\",\n\"c\" ]"),
                              .server = TEXT(""),
                              .order = TEXT("random"),
                              .pick = TEXT("shuffled"),
                              .dispatch = TEXT("pool"),
                              .plan = TEXT("{\"workers\": [1, 2]}"),
                              .seed = INT64_MIN,
                              .repeat = 3,
                              .warmup = 0,
                              .threads = 3,
                              .cache_bust = true};
  run_format_header(&line, &header);
  parse_buf(&line);
  assert_int_equal(parsed.kind, RUN_HEADER);
  assert_int_equal(parsed.header.seed, INT64_MIN);
  assert_true(parsed.header.repeat == 3 && parsed.header.warmup == 0 && parsed.header.threads == 3);
  assert_true(parsed.header.start_unix_s == 1700000000.123456 && parsed.header.cache_bust);
  assert_slice(parsed.header.tool, header.tool);
  assert_slice(parsed.header.url, header.url);
  assert_slice(parsed.header.model, header.model);
  assert_slice(parsed.header.api, header.api);
  assert_slice(parsed.header.timing, header.timing);
  assert_slice(parsed.header.trace_digest, header.trace_digest);
  assert_slice(parsed.header.sent_digest, header.sent_digest);
  assert_slice(parsed.header.host, header.host);
  assert_slice(parsed.header.arguments, TEXT("[\"a b\",\"c\"]"));
  assert_slice(parsed.header.server, header.server); // empty text is not "none"
  assert_slice(parsed.header.order, header.order);
  assert_slice(parsed.header.pick, header.pick);
  assert_slice(parsed.header.dispatch, header.dispatch);
  assert_slice(parsed.header.plan, TEXT("{\"workers\":[1,2]}"));
  buf_clear(&line);
  run_format_session(&line, &(struct run_session){.session = 3,
                                                  .workers = 24,
                                                  .block = 1,
                                                  .start_ns = 5,
                                                  .ready_ns = -1,
                                                  .state = TEXT("failed"),
                                                  .exit_code = 127,
                                                  .error = TEXT("exit code 127")});
  parse_buf(&line);
  assert_int_equal(parsed.kind, RUN_SESSION);
  assert_true(parsed.session.session == 3 && parsed.session.workers == 24 && parsed.session.block == 1);
  assert_int_equal(parsed.session.start_ns, 5);
  assert_int_equal(parsed.session.ready_ns, -1);
  assert_int_equal(parsed.session.exit_code, 127);
  assert_slice(parsed.session.state, TEXT("failed"));
  assert_slice(parsed.session.error, TEXT("exit code 127"));
  buf_clear(&line);
  run_format_end(&line, &(struct run_end){3, 45, 2160});
  assert_string_equal(buf_text(&line), "{\"type\":\"end\",\"sessions\":3,\"batches\":45,\"requests\":2160}");
  parse_buf(&line);
  assert_int_equal(parsed.kind, RUN_END);
  assert_int_equal(parsed.end.requests, 2160);
  buf_free(&line);
}

static void test_every_failure_class_has_a_name_that_reads_back(void **state) {
  (void)state;
  static const char *const names[] = {NULL,           "connect",  "tls",      "timeout",  "reset",
                                      "truncated",    "http_429", "http_4xx", "http_5xx", "protocol",
                                      "server_error", "empty",    "cancelled"};
  for (int i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++) {
    enum failure back = FAILURE_NONE;
    assert_string_equal(failure_name((enum failure)i), names[i]);
    assert_true(failure_from_name((struct json_slice){names[i], strlen(names[i])}, &back));
    assert_int_equal(back, i);
    struct buf line = {0};
    struct run_request request = full_request;
    request.error = (enum failure)i;
    run_format_request(&line, &request);
    parse_buf(&line);
    assert_int_equal(parsed.request.error, i);
    buf_free(&line);
  }
  assert_null(failure_name(FAILURE_NONE));
  enum failure none;
  assert_false(failure_from_name(TEXT("other"), &none));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_request_comes_back_as_written),
      cmocka_unit_test(test_request_extremes_come_back),
      cmocka_unit_test(test_shards_and_ranks_come_back),
      cmocka_unit_test(test_design_example_of_a_request),
      cmocka_unit_test(test_design_example_of_a_batch),
      cmocka_unit_test(test_batch_comes_back_as_written),
      cmocka_unit_test(test_header_session_and_end_come_back_as_written),
      cmocka_unit_test(test_every_failure_class_has_a_name_that_reads_back),
  };
  int failed = cmocka_run_group_tests_name("run", tests, NULL, NULL);
  buf_free(&scratch);
  return failed;
}
