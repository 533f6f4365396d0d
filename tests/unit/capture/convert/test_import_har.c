// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define ENTRY(at, rest)                                                                                      \
  "{\"startedDateTime\":\"2026-01-01T00:00:0" at                                                             \
  "Z\",\"time\":1500.5,\"request\":{\"method\":\"POST\",\"url\":"                                            \
  "\"https://user:pw@api.example.com/v1/completions\",\"postData\":{\"text\":\"{\\\"prompt\\\":\\\"" at      \
  "\\\"}\"}}" rest "}"
#define HAR(entries) "{\"log\":{\"entries\":[\n" entries "]}}"
#define HAR_REQUEST "{\"method\":\"POST\",\"url\":\"http://h/v1/completions\"}"
#define CHAT                                                                                                 \
  "{\"startedDateTime\":\"2026-01-13T10:00:02Z\",\"time\":120,\"request\":{\"method\":\"POST\",\"url\":"     \
  "\"http://h/v1/chat/completions\",\"postData\":{\"text\":\"{\\\"messages\\\":[]}\"}}}"

// tests/data/import/chromium.har: a page in headless Chromium 156 that asked simllm twice in one
// conversation, streaming, once more without a stream, and for the list of models; with keys in query,
// headers and bodies.
static void test_har_of_chromium_has_the_right_requests(void **state) {
  (void)state;
  struct converted converted = converting_file("har", DATA "chromium.har", NULL);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(converted.counts.responses, 3);
  assert_int_equal(import_left_out(&converted.counts), 2); // the page itself, and the list of models
  struct trace_request request = converted_request(&converted, 1);
  assert_int_equal(request.t_ns, 42000000); // 16:20:54.176 to 16:20:54.218
  assert_slice(request.session, "c1");
  assert_slice(request.path, "/v1/chat/completions?api_key=***");
  assert_true(request.stream);
  assert_slice(json_scan_get(request.body, "api_key"), "\"***\"");
  assert_slice(json_scan_get(json_scan_at(json_scan_get(request.body, "messages"), 3), "content"),
               "\"And low water?\"");
  assert_slice(converted_request(&converted, 0).session, "c1");
  assert_slice(converted_request(&converted, 2).session, "c2");
  assert_false(converted_request(&converted, 2).stream);
  assert_null(memmem(converted.lines.data, converted.lines.len, "sk-", 3));
  struct trace_response response = converted_response(&converted, 0);
  assert_int_equal(response.status, 200);
  assert_int_equal(response.output_tokens, 8);
  assert_int_equal(response.events, 8);
  assert_slice(response.token_source, "usage");
  assert_null(response.error.data);
  assert_int_equal(response.ttfb_ns, 24215000);
  assert_int_equal(response.latency_ns, 38273000);
  converted_free(&converted);
}

static void test_har_entries_are_put_into_the_order_of_time(void **state) {
  (void)state;
  struct converted converted =
      converting("har", "{\"log\":{\"entries\":[" ENTRY("5", "") "," ENTRY("1", "") "," ENTRY("3", "") "]}}");
  assert_slice(converted_request(&converted, 0).body, "{\"prompt\":\"1\"}");
  assert_slice(converted_request(&converted, 1).body, "{\"prompt\":\"3\"}");
  assert_int_equal(converted_request(&converted, 2).t_ns, INT64_C(4000000000));
  assert_null(memmem(converted.lines.data, converted.lines.len, "pw", 2));
  converted_free(&converted);
}

static void test_har_of_an_aborted_request_and_of_one_without_its_text(void **state) {
  (void)state;
  struct converted converted =
      converting("har", "{\"log\":{\"entries\":[" ENTRY("1", ",\"response\":{\"status\":0}") "," ENTRY(
                            "2", ",\"response\":{\"status\":200,\"content\":{\"size\":90}},"
                                 "\"timings\":{\"blocked\":100,\"dns\":-1,\"connect\":200.5,\"wait\":"
                                 "700}") "," ENTRY("3", ",\"response\":{\"status\":429,\"content\":{"
                                                        "\"text\":\"slow down\"}}") "]}}");
  struct trace_response response = converted_response(&converted, 0);
  assert_slice(response.error, "reset");
  assert_int_equal(response.status, -1);
  response = converted_response(&converted, 1);
  assert_null(response.error.data); // HTTP alone can be judged
  assert_int_equal(response.output_tokens, -1);
  assert_int_equal(response.latency_ns, 1200000000); // since the connection was there
  assert_int_equal(response.ttfb_ns, 700000000);
  assert_slice(converted_response(&converted, 2).error, "http_429");
  converted_free(&converted);
}

// Chromium's developer tools say "_error", Playwright "_failureText"; who left in mid-stream has status 200,
// and "time" then leaves out how long the answer was received.
static void test_har_of_what_did_not_end_well_is_no_success(void **state) {
  (void)state;
  static const struct {
    const char *name, *error, *aborted_by;
  } cases[] = {
      {"_failureText\":\"net::ERR_ABORTED", "cancelled", "client"},
      {"_error\":\"net::ERR_ABORTED", "cancelled", "client"},
      {"_error\":\"net::ERR_CONNECTION_REFUSED", "connect", NULL},
      {"_error\":\"net::ERR_CERT_DATE_INVALID", "tls", NULL},
      {"_error\":\"net::ERR_TIMED_OUT", "timeout", NULL},
      {"_error\":\"net::ERR_INVALID_HTTP_RESPONSE", "protocol", NULL},
      {"_error\":\"net::ERR_INCOMPLETE_CHUNKED_ENCODING", "truncated", "upstream"},
      {"_error\":\"net::ERR_CONNECTION_RESET", "reset", "upstream"},
      {"_error\":\"what nobody knows", "reset", "upstream"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int answered = 0; answered <= 1; answered++) {
      char text[1024];
      snprintf(text, sizeof text,
               "{\"log\":{\"entries\":[" ENTRY("1", ",\"response\":{\"status\":%d,\"%s\"},"
                                                    "\"timings\":{\"wait\":1.5,\"receive\":-1}") "]}}",
               answered ? 200 : -1, cases[i].name);
      struct converted converted = converting("har", text);
      struct trace_response response = converted_response(&converted, 0);
      assert_int_equal(response.status, answered ? 200 : -1);
      assert_slice(response.error, cases[i].error);
      if (cases[i].aborted_by)
        assert_slice(response.aborted_by, cases[i].aborted_by);
      else
        assert_null(response.aborted_by.data);
      assert_int_equal(response.latency_ns, -1);
      assert_int_equal(response.t_ns, -1);
      converted_free(&converted);
    }
  }
}

// Escapes are resolved into memory that must not move while the entry is used.
static void test_har_with_escapes_in_long_headers_keeps_url_and_body(void **state) {
  (void)state;
  struct buf text = {0};
  buf_append_text(&text, "{\"log\":{\"entries\":[{\"request\":{\"headers\":[");
  for (int i = 0; i < 300; i++)
    buf_append_text(&text,
                    "{\"name\":\"x-\\u0061\",\"value\":\"\\u0062 long enough to make a buffer grow\"},");
  buf_append_text(
      &text, "{\"name\":\"X-Session-\\u0049d\",\"value\":\"\\u0063\"}],\"method\":\"POS\\u0054\",\"url\":"
             "\"http:\\/\\/h\\/v1\\/completions\",\"postData\":{\"text\":\"{\\\"prompt\\\":1}\"}},"
             "\"startedDateTime\":\"2026-01-01T00:00:00\\u005a\"}]}}");
  struct converted converted = converting_text("har", text.data, text.len, NULL);
  struct trace_request request = converted_request(&converted, 0);
  assert_slice(request.method, "POST");
  assert_slice(request.path, "/v1/completions");
  assert_slice(request.body, "{\"prompt\":1}");
  assert_slice(request.session, "c");
  converted_free(&converted);
  buf_free(&text);
}

static void test_har_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
      {"", "no JSON value (value at byte 0 of 0)"},
      {"{\"log\":", "malformed JSON value (value at byte 0 of 7)"},
      {"[]", "it is no HAR: \"log\" has no array \"entries\""},
      {"{\"log\":{\"entries\":{}}}", "it is no HAR: \"log\" has no array \"entries\""},
      {HAR(""), "no request in it: it is empty"},
      {HAR("7"), "line 2: entry 1: no JSON object"},
      {HAR("{\"request\":" HAR_REQUEST "}"), "line 2: entry 1: \"startedDateTime\" is missing"},
      {HAR("{\"startedDateTime\":\"now\",\"request\":" HAR_REQUEST "}"),
       "line 2: entry 1: \"startedDateTime\" is not an ISO 8601 time"},
      {HAR("{\"startedDateTime\":\"2026-01-01T00:00:00Z\"}"), "line 2: entry 1: \"request\" is missing"},
      {HAR("{\"startedDateTime\":\"2026-01-01T00:00:00Z\",\"request\":{\"method\":\"GET\"}}"),
       "line 2: entry 1: \"url\" is missing"},
      {HAR("{\"startedDateTime\":\"2026-01-01T00:00:00Z\",\"request\":" HAR_REQUEST
           "},\n{\"startedDateTime\":\"2026-01-01T00:00:00Z\",\"request\":{\"method\":\"POST\",\"url\":\"/v1/"
           "completions\","
           "\"headers\":[{\"name\":\"a\"}]}}"),
       "line 3: entry 2: \"value\" is missing"},
      {HAR("{\"startedDateTime\":\"2026-01-01T00:00:00Z\",\"request\":{\"method\":\"POST\",\"url\":\"http://"
           "h/api/chat\","
           "\"postData\":{\"text\":\"?\",\"encoding\":\"base64\"}}}"),
       "line 2: entry 1: its text is no base64"},
      {HAR("{\"startedDateTime\":\"2026-01-01T00:00:00Z\",\"request\":{\"method\":\"GET\",\"url\":\"http://h/"
           "\"}}"),
       "no request in it: all were left out (1: no language model is asked for text)"},
  };
  (void)state;
  CONVERTING_REJECTS("har", cases);
}

// The first entry has parts of a time and no time, the second a time without parts.
static void test_times_that_are_not_there_are_null(void **state) {
  (void)state;
  struct converted converted = converting_file("har", DATA "firefox.har", NULL);
  struct trace_response first = converted_response(&converted, 0), second = converted_response(&converted, 1);
  assert_int_equal(converted.counts.requests, 2);
  assert_int_equal(first.ttfb_ns, -1);
  assert_int_equal(first.latency_ns, -1);
  assert_int_equal(first.t_ns, -1);
  assert_int_equal(second.ttfb_ns, -1);
  assert_int_equal(second.latency_ns, 48000000);
  assert_int_equal(second.output_tokens, 1);
  converted_free(&converted);
}

static void test_an_entry_that_asks_no_model_stops_nothing(void **state) {
  (void)state;
  static const char *const others[] = {
      "{\"startedDateTime\":\"2026-01-13T10:00:01Z\",\"time\":5,\"request\":{\"method\":\"GET\",\"url\":"
      "\"http://h/logo.png\"},\"response\":{\"content\":{\"encoding\":\"base64\",\"text\":\"\\u0089PNG\"}}}",
      "{\"time\":5,\"request\":{\"method\":\"GET\",\"url\":\"http://h/c.js\"}}",
      "{\"startedDateTime\":\"2026-01-13T10:00:01Z\",\"time\":\"12 ms\",\"request\":{\"method\":\"GET\","
      "\"url\":\"http://h/e.js\"}}",
      "{\"startedDateTime\":\"now\",\"request\":{\"method\":\"GET\",\"url\":\"data:image/png;base64,AA\"}}",
      "{\"startedDateTime\":\"now\",\"request\":{\"method\":\"GET\",\"url\":\"http://h/\",\"headers\":7}}",
  };
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    char text[2048];
    snprintf(text, sizeof text, "{\"log\":{\"entries\":[%s,%s]}}", others[i], CHAT);
    struct converted converted = converting("har", text);
    if (converted.status) fail_msg("%s: %s", others[i], converted.error.text);
    assert_int_equal(converted.counts.requests, 1);
    assert_int_equal(converted.counts.left_out[IMPORT_BAD_UNRELATED], 1);
    assert_int_equal(import_left_out(&converted.counts), 1);
    assert_int_equal(converted.counts.bad, 0);
    converted_free(&converted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_har_of_chromium_has_the_right_requests),
      cmocka_unit_test(test_har_entries_are_put_into_the_order_of_time),
      cmocka_unit_test(test_har_of_an_aborted_request_and_of_one_without_its_text),
      cmocka_unit_test(test_har_of_what_did_not_end_well_is_no_success),
      cmocka_unit_test(test_har_with_escapes_in_long_headers_keeps_url_and_body),
      cmocka_unit_test(test_har_names_the_line_and_what_is_wrong),
      cmocka_unit_test(test_times_that_are_not_there_are_null),
      cmocka_unit_test(test_an_entry_that_asks_no_model_stops_nothing),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
