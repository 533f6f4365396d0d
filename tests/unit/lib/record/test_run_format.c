// SPDX-License-Identifier: GPL-3.0-or-later
//
// Members of run records that are there only where an option asked for them.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record/run.h"

#define NONE                                                                                                 \
  { NULL, 0 }

static struct buf line, scratch;
static struct run_record parsed;

static void parse_line(void) {
  struct error error;
  if (run_parse(line.data, line.len, &parsed, &scratch, &error)) fail_msg("%s", error.text);
}

static int free_buffers(void **state) {
  (void)state;
  buf_free(&line);
  buf_free(&scratch);
  return 0;
}

static void assert_text(struct json_slice got, const char *want) {
  assert_int_equal(got.len, strlen(want));
  assert_memory_equal(got.data, want, got.len);
}

static bool line_has(const char *member) {
  return strstr(buf_text(&line), member) != NULL;
}

static void test_server_metrics_come_back_as_written(void **state) {
  (void)state;
  const char *values = "{\"a_total{b=\\\"c\\\"}\":1.5,\"d_sum\":null}";
  struct run_batch batch = {.server_metrics = {values, strlen(values)}, .server_metrics_left_out = 15};
  run_format_batch(&line, &batch);
  parse_line();
  assert_text(parsed.batch.server_metrics, values);
  assert_int_equal(parsed.batch.server_metrics_left_out, 15);
}

static void test_server_metrics_that_are_not_known_are_null(void **state) {
  (void)state;
  struct run_batch batch = {.server_metrics = {"null", 4}};
  run_format_batch(&line, &batch);
  assert_true(line_has("\"server_metrics\":null"));
  assert_false(line_has("left_out"));
  parse_line();
  assert_null(parsed.batch.server_metrics.data);
  assert_int_equal(parsed.batch.server_metrics_left_out, 0);
}

static void test_the_traces_of_several_come_back_and_one_is_not_named(void **state) {
  (void)state;
  const char *traces = "[{\"name\":\"a\",\"drawn\":2,\"digest\":\"sha256:0\"},{\"name\":\"b\",\"drawn\":0,"
                       "\"digest\":\"sha256:1\"}]";
  struct run_header header = {.version = 1, .start_unix_s = 1, .traces = {traces, strlen(traces)}};
  run_format_header(&line, &header);
  parse_line();
  assert_text(parsed.header.traces, traces);
  buf_clear(&line);
  struct run_request request = {.trace = 1, .copy = 2, .error = FAILURE_NONE};
  run_format_request(&line, &request);
  parse_line();
  assert_int_equal(parsed.request.trace, 1);
  assert_int_equal(parsed.request.copy, 2);
  buf_clear(&line);
  header.traces = (struct json_slice)NONE;
  run_format_header(&line, &header);
  assert_false(line_has("\"traces\""));
  buf_clear(&line);
  request.trace = request.copy = -1;
  run_format_request(&line, &request);
  assert_false(line_has("\"trace\"") || line_has("\"copy\""));
  parse_line();
  assert_int_equal(parsed.request.trace, -1);
  assert_int_equal(parsed.request.copy, -1);
}

static void test_server_metrics_that_nobody_asked_for_are_not_there(void **state) {
  (void)state;
  struct run_batch batch = {.server_metrics = NONE};
  run_format_batch(&line, &batch);
  assert_false(line_has("server_metrics"));
}

static void test_chunks_and_the_servers_total_come_back_as_written(void **state) {
  (void)state;
  struct run_request request = {
      .server_total_ns = 1890000001, .chunks_s = {"[0.21,1.89]", 11}, .error = FAILURE_NONE};
  run_format_request(&line, &request);
  parse_line();
  assert_text(parsed.request.chunks_s, "[0.21,1.89]");
  assert_int_equal(parsed.request.server_total_ns, 1890000001);
  buf_clear(&line);
  request = (struct run_request){.server_total_ns = -1, .error = FAILURE_NONE};
  run_format_request(&line, &request);
  assert_false(line_has("chunks_s") || line_has("server_total_s"));
  parse_line();
  assert_null(parsed.request.chunks_s.data);
  assert_int_equal(parsed.request.server_total_ns, -1);
}

static void test_http_version_is_1_when_not_said(void **state) {
  (void)state;
  run_format_header(&line, &(struct run_header){.version = 1, .http_version = 1});
  assert_false(line_has("http_version"));
  parse_line();
  assert_int_equal(parsed.header.http_version, 1);
  buf_clear(&line);
  run_format_header(&line, &(struct run_header){.version = 1, .http_version = 2});
  parse_line();
  assert_int_equal(parsed.header.http_version, 2);
}

// A run that goes on takes the scale from here: it must come back to the last bit.
static void test_the_scale_comes_back_to_the_last_bit(void **state) {
  (void)state;
  const struct run_batch batch = {
      .requests = 1, .characters_per_token = 4.0 + 1e-15, .fixed_tokens = -1.0 / 3.0, .calibrated = true};
  run_format_batch(&line, &batch);
  parse_line();
  const struct run_batch *got = &parsed.batch;
  assert_true(got->characters_per_token == 4.0 + 1e-15 && got->fixed_tokens == -1.0 / 3.0 && got->calibrated);
}

static void test_a_batch_without_synthetic_prompts_has_no_scale(void **state) {
  (void)state;
  const struct run_batch batch = {.requests = 1, .characters_per_token = NAN, .fixed_tokens = NAN};
  run_format_batch(&line, &batch);
  assert_false(line_has("synth"));
  parse_line();
  const struct run_batch *got = &parsed.batch;
  assert_true(isnan(got->characters_per_token) && isnan(got->fixed_tokens) && !got->calibrated);
}

static void test_a_full_buffer_fails(void **state) {
  (void)state;
  struct buf small = BUF_LIMIT(30);
  run_format_end(&small, &(struct run_end){.sessions = 1, .batches = 2, .requests = 3});
  assert_int_equal(small.status, STATUS_LIMIT);
  buf_free(&small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(test_the_scale_comes_back_to_the_last_bit, free_buffers),
      cmocka_unit_test_teardown(test_a_batch_without_synthetic_prompts_has_no_scale, free_buffers),
      cmocka_unit_test(test_a_full_buffer_fails),
      cmocka_unit_test_teardown(test_the_traces_of_several_come_back_and_one_is_not_named, free_buffers),
      cmocka_unit_test_teardown(test_server_metrics_come_back_as_written, free_buffers),
      cmocka_unit_test_teardown(test_server_metrics_that_are_not_known_are_null, free_buffers),
      cmocka_unit_test_teardown(test_server_metrics_that_nobody_asked_for_are_not_there, free_buffers),
      cmocka_unit_test_teardown(test_chunks_and_the_servers_total_come_back_as_written, free_buffers),
      cmocka_unit_test_teardown(test_http_version_is_1_when_not_said, free_buffers),
  };
  return cmocka_run_group_tests_name("run members that are asked for", tests, NULL, NULL);
}
