// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/server/prometheus.h"

// The example of "Exposition formats" in the Prometheus documentation, "Text format example".
static const char documented[] =
    "# HELP http_requests_total The total number of HTTP requests.\n"
    "# TYPE http_requests_total counter\n"
    "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
    "http_requests_total{method=\"post\",code=\"400\"}    3 1395066363000\n"
    "\n"
    "# Escaping in label values:\n"
    "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find "
    "file:\\n\\\"FILE.TXT\\\"\"} 1.458255915e9\n"
    "\n"
    "# Minimalistic line:\n"
    "metric_without_timestamp_and_labels 12.47\n"
    "\n"
    "# A weird metric from before the epoch:\n"
    "something_weird{problem=\"division by zero\"} +Inf -3982045\n"
    "\n"
    "# A histogram, which has a pretty complex representation in the text format:\n"
    "# HELP http_request_duration_seconds A histogram of the request duration.\n"
    "# TYPE http_request_duration_seconds histogram\n"
    "http_request_duration_seconds_bucket{le=\"0.05\"} 24054\n"
    "http_request_duration_seconds_bucket{le=\"+Inf\"} 144320\n"
    "http_request_duration_seconds_sum 53423\n"
    "http_request_duration_seconds_count 144320\n"
    "\n"
    "# TYPE rpc_duration_seconds summary\n"
    "rpc_duration_seconds{quantile=\"0.01\"} 3102\n"
    "rpc_duration_seconds_sum 1.7560473e+07\n"
    "rpc_duration_seconds_count 2693\n";

static void note(void *context, const struct prometheus_sample *sample) {
  static const char *const types[] = {
      [PROMETHEUS_UNTYPED] = "untyped",     [PROMETHEUS_COUNTER] = "counter", [PROMETHEUS_GAUGE] = "gauge",
      [PROMETHEUS_HISTOGRAM] = "histogram", [PROMETHEUS_SUMMARY] = "summary",
  };
  struct buf *seen = context;
  buf_printf(seen, "%s %.*s = %.10g%s\n", types[sample->type], (int)sample->series_len, sample->series,
             sample->value, prometheus_accumulates(sample) ? " grows" : "");
}

static enum status play(const char *text, size_t cut, bool bytes, struct buf *seen, struct error *error) {
  struct prometheus page;
  size_t len = strlen(text);
  enum status status = STATUS_OK;
  prometheus_open(&page, note, seen);
  for (size_t at = 0; at < len && status == STATUS_OK;) {
    size_t piece = bytes ? 1 : at < cut ? cut - at : len - at;
    if (piece > len - at) piece = len - at;
    char *copy = malloc(piece); // a sanitiser sees reads beyond it
    assert_non_null(copy);
    memcpy(copy, text + at, piece);
    status = prometheus_feed(&page, copy, piece, error);
    free(copy);
    at += piece;
  }
  if (status == STATUS_OK) status = prometheus_finish(&page, error);
  prometheus_close(&page);
  return status;
}

// Cut at every byte, and into single bytes.
static void check(const char *text, const char *expected) {
  size_t len = strlen(text);
  for (size_t cut = 0; cut <= len; cut++) {
    struct buf seen = {0};
    struct error error = {""};
    if (play(text, cut, cut == len, &seen, &error)) fail_msg("cut at %zu: %s", cut, error.text);
    assert_string_equal(buf_text(&seen), expected);
    buf_free(&seen);
  }
}

static void check_refused(const char *text, const char *words) {
  struct buf seen = {0};
  struct error error = {""};
  assert_int_equal(play(text, 0, false, &seen, &error), STATUS_FORMAT);
  assert_string_equal(error.text, words);
  assert_int_equal(play(text, 0, true, &seen, &error), STATUS_FORMAT);
  buf_free(&seen);
}

static void test_prometheus_reads_the_documentations_example(void **state) {
  (void)state;
  check(documented,
        "counter http_requests_total{method=\"post\",code=\"200\"} = 1027 grows\n"
        "counter http_requests_total{method=\"post\",code=\"400\"} = 3 grows\n"
        "untyped msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find "
        "file:\\n\\\"FILE.TXT\\\"\"} = 1458255915\n"
        "untyped metric_without_timestamp_and_labels = 12.47\n"
        "untyped something_weird{problem=\"division by zero\"} = inf\n"
        "histogram http_request_duration_seconds_bucket{le=\"0.05\"} = 24054\n"
        "histogram http_request_duration_seconds_bucket{le=\"+Inf\"} = 144320\n"
        "histogram http_request_duration_seconds_sum = 53423 grows\n"
        "histogram http_request_duration_seconds_count = 144320 grows\n"
        "summary rpc_duration_seconds{quantile=\"0.01\"} = 3102\n"
        "summary rpc_duration_seconds_sum = 17560473 grows\n"
        "summary rpc_duration_seconds_count = 2693 grows\n");
}

static void test_prometheus_a_series_reads_the_same_however_it_is_spaced(void **state) {
  (void)state;
  const char *same = "untyped a_total{b=\"c, } d\",e=\"\"} = 1 grows\n";
  check("a_total{b=\"c, } d\",e=\"\"} 1\n", same);
  check("  a_total { b = \"c, } d\" ,\te = \"\" , } 1 \n", same);
  check("a_total{b=\"c, } d\",e=\"\"}1\r\n", same);
  check("a_total{} 1", "untyped a_total = 1 grows\n");
  check("a_total\t1\n", "untyped a_total = 1 grows\n");
}

static void test_prometheus_values_that_are_no_finite_number(void **state) {
  (void)state;
  check("a NaN\nb +Inf\nc -Inf\nd -0.5\n",
        "untyped a = nan\nuntyped b = inf\nuntyped c = -inf\nuntyped d = -0.5\n");
}

// vLLM's and llama.cpp's pages: colons in names, gauges whose names end like a counter's, and the _created
// gauges of Python's client.
static void test_prometheus_the_pages_type_goes_before_the_name(void **state) {
  (void)state;
  check("# TYPE vllm:generation_tokens_total counter\n"
        "vllm:generation_tokens_total{model_name=\"m\"} 5.0\n"
        "# TYPE vllm:generation_tokens_created gauge\n"
        "vllm:generation_tokens_created{model_name=\"m\"} 1.7e9\n"
        "# TYPE queue_count gauge\n"
        "queue_count 3\n"
        "other_total 4\n"
        "# TYPE plain counter\n"
        "plain 6\n",
        "counter vllm:generation_tokens_total{model_name=\"m\"} = 5 grows\n"
        "gauge vllm:generation_tokens_created{model_name=\"m\"} = 1700000000\n"
        "gauge queue_count = 3\n"
        "untyped other_total = 4 grows\n"
        "counter plain = 6 grows\n");
}

// OpenMetrics 1.0: the counter's family has no _total, times are seconds, exemplars follow a #.
static void test_prometheus_openmetrics_is_taken_too(void **state) {
  (void)state;
  check("# TYPE foo counter\n"
        "# UNIT foo seconds\n"
        "foo_total 17.0 1520879607.789 # {trace_id=\"KOO5S4vxi0o\"} 0.67\n"
        "foo_created 1520872607.123\n"
        "# TYPE bar info\n"
        "bar_info{version=\"1\"} 1\n"
        "# EOF\n",
        "counter foo_total = 17 grows\ncounter foo_created = 1520872607\n"
        "untyped bar_info{version=\"1\"} = 1\n");
}

static void test_prometheus_what_is_no_metric_is_refused(void **state) {
  (void)state;
  check_refused("a 1\n<html>\n", "no metric: <html>");
  check_refused("a\n", "no metric: a");
  check_refused("a one\n", "no metric: a one");
  check_refused("a 1x\n", "no metric: a 1x");
  check_refused("a 1 2 3\n", "no metric: a 1 2 3");
  check_refused("9a 1\n", "no metric: 9a 1");
  check_refused("a{b} 1\n", "no metric: a{b} 1");
  check_refused("a{b=c} 1\n", "no metric: a{b=c} 1");
  check_refused("a{b=\"c\n", "no metric: a{b=\"c");
  check_refused("a{b=\"c\\x\"} 1\n", "no metric: a{b=\"c\\x\"} 1");
  check_refused("a{b=\"c\"d=\"e\"} 1\n", "no metric: a{b=\"c\"d=\"e\"} 1");
  check_refused("a{,} 1\n", "no metric: a{,} 1");
  check_refused("a{b=\"c\"\n", "no metric: a{b=\"c\"");
  check_refused("a-b 1\n", "no metric: a-b 1");
}

static void test_prometheus_a_line_has_a_limit(void **state) {
  (void)state;
  struct buf text = {0}, seen = {0};
  struct error error = {""};
  buf_append_text(&text, "a{b=\"");
  while (text.len < PROMETHEUS_LINE_BYTES + 10)
    buf_append_char(&text, 'x');
  buf_append_text(&text, "\"} 1\n");
  assert_int_equal(play(buf_text(&text), 0, false, &seen, &error), STATUS_LIMIT);
  assert_int_equal(play(buf_text(&text), 100, false, &seen, &error), STATUS_LIMIT);
  assert_string_equal(buf_text(&seen), "");
  buf_free(&text);
  buf_free(&seen);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prometheus_reads_the_documentations_example),
      cmocka_unit_test(test_prometheus_a_series_reads_the_same_however_it_is_spaced),
      cmocka_unit_test(test_prometheus_values_that_are_no_finite_number),
      cmocka_unit_test(test_prometheus_the_pages_type_goes_before_the_name),
      cmocka_unit_test(test_prometheus_openmetrics_is_taken_too),
      cmocka_unit_test(test_prometheus_what_is_no_metric_is_refused),
      cmocka_unit_test(test_prometheus_a_line_has_a_limit),
  };
  return cmocka_run_group_tests_name("prometheus", tests, NULL, NULL);
}
