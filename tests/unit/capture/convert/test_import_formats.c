// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each importer makes of good input: times in the right unit, counts, sessions, bodies, and no secrets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "capture/convert/import_parts.h"
#include "lib/record/trace.h"
#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"

static struct buf scratch;

static struct trace_record record_of(const struct converted *converted, const char *type, int number) {
  struct trace_record record;
  struct json_slice line = converted_line(converted, type, number);
  if (converted->status) fail_msg("%s", converted->error.text);
  assert_non_null(line.data);
  assert_int_equal(trace_parse(line.data, line.len, &record, &scratch, NULL), STATUS_OK);
  return record;
}
static struct trace_request request_of(const struct converted *converted, int number) {
  return record_of(converted, "\"type\":\"request\"", number).request;
}
static struct trace_response response_of(const struct converted *converted, int number) {
  return record_of(converted, "\"type\":\"response\"", number).response;
}

static void assert_slice(struct json_slice got, const char *want) {
  if (!json_slice_is(got, want)) fail_msg("expected: %s\nseen:     %.*s", want, (int)got.len, got.data);
}

static void test_azure_keeps_a_ten_millionth_of_a_second_over_leap_days(void **state) {
  (void)state;
  struct converted converted = converting_file("azure", DATA "azure.csv", NULL);
  struct trace_request request = request_of(&converted, 1);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(request.t_ns, 200); // 23:59:59.9999999 to 00:00:00.0000001
  assert_int_equal(request.input_tokens, 17);
  assert_int_equal(request.output_tokens, 8);
  assert_slice(request.api, "openai.chat");
  // 2024-02-28 23:59:59.9999999 to 2024-03-01 00:00:00.5: a day, 0.5 s and the rest of a second
  assert_int_equal(request_of(&converted, 2).t_ns, INT64_C(86400500000100));
  // date -u -d '2024-02-29' +%s
  double start_unix_s = record_of(&converted, "\"type\":\"trace\"", 0).header.start_unix_s;
  assert_true(start_unix_s > 1709164799.9999 && start_unix_s <= 1709164800);
  converted_free(&converted);
}

static void test_times_of_every_spelling(void **state) {
  static const struct {
    const char *text;
    int64_t seconds, ns; // date -u -d TEXT +%s; -1: refused
  } cases[] = {
      {"1970-01-01 00:00:00", 0, 0},
      {"2000-02-29T12:34:56Z", 951827696, 0},
      {"2023-11-16 18:17:03.9799600", 1700158623, 979960000},
      {"2024-05-10 00:00:00.009930+00:00", 1715299200, 9930000},
      {"2024-05-10T02:00:00+02:00", 1715299200, 0},
      {"2024-05-09T19:30:00-0430", 1715299200, 0},
      {"2024-05-09T19:00:00-05", 1715299200, 0},
      {"2199-12-31T23:59:59.123456789123Z", INT64_C(7258118399), 123456789},
      {"2100-02-29T00:00:00Z", -1, 0},
      {"2024-13-01T00:00:00Z", -1, 0},
      {"2024-05-10T24:00:00Z", -1, 0},
      {"2024-05-10T00:00:00+2", -1, 0},
      {"2024-05-10T00:00:00Zx", -1, 0},
      {"2024-05-10", -1, 0},
      {"1969-12-31T23:59:59Z", -1, 0},
      {"", -1, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t unix_ns = -7;
    bool read = import_time((struct json_slice){cases[i].text, strlen(cases[i].text)}, &unix_ns);
    int64_t expected = cases[i].seconds < 0 ? -7 : cases[i].seconds * 1000000000 + cases[i].ns;
    if (read != (cases[i].seconds >= 0) || unix_ns != expected) fail_msg("%s", cases[i].text);
  }
}

static void test_mooncake_times_are_milliseconds_and_ids_are_kept(void **state) {
  (void)state;
  struct converted converted = converting_file("mooncake", DATA "mooncake.jsonl", NULL);
  struct trace_request request = request_of(&converted, 1);
  assert_int_equal(request.t_ns, INT64_C(27482000000));
  assert_int_equal(request.input_tokens, 6955);
  assert_int_equal(request.output_tokens, 52);
  assert_int_equal(request.block_tokens, 512);
  assert_slice(request.prefix_blocks, "[0,1,46,47,48,49,50,51,52,53,54,55,56,57]");
  assert_int_equal(request.body_kind, TRACE_BODY_NONE);
  converted_free(&converted);
}

static void test_burstgpt_times_are_seconds(void **state) {
  (void)state;
  struct converted converted = converting_file("burstgpt", DATA "burstgpt.csv", NULL);
  struct trace_request request = request_of(&converted, 1);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(converted.counts.responses, 0);
  assert_int_equal(request.t_ns, INT64_C(45500000000));
  assert_int_equal(request.input_tokens, 1087);
  assert_int_equal(request.output_tokens, 230);
  assert_slice(request.model, "GPT-4");
  assert_null(request.session.data);
  converted_free(&converted);
}

static void test_burstgpt_with_sessions_and_elapsed_times(void **state) {
  (void)state;
  struct converted converted = converting_file("burstgpt", DATA "burstgpt_sessions.csv", NULL);
  assert_slice(request_of(&converted, 0).session, "32");
  assert_slice(request_of(&converted, 1).session, "32");
  assert_null(request_of(&converted, 2).session.data);
  struct trace_response response = response_of(&converted, 1);
  assert_int_equal(response.seq, 1);
  assert_int_equal(response.latency_ns, INT64_C(4000000001));
  assert_int_equal(response.t_ns, INT64_C(13000000001));
  assert_int_equal(response.output_tokens, 90);
  converted_free(&converted);
}

static void test_vegeta_bodies_and_headers_without_secrets(void **state) {
  (void)state;
  struct converted converted = converting_file("vegeta", DATA "vegeta.jsonl", NULL);
  struct trace_request request = request_of(&converted, 0);
  assert_slice(request.path, "/v1/chat/completions");
  assert_slice(request.body,
               "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Gr\xC3\xBC\xC3\x9F"
               "e?\"}],\"stream\":true}");
  assert_slice(request.headers,
               "{\"content-type\":\"application/json\",\"accept\":\"text/event-stream, */*\"}");
  assert_slice(request.api, "openai.chat");
  assert_slice(request.model, "m");
  assert_true(request.stream);
  assert_null(memmem(converted.lines.data, converted.lines.len, "sk-secret", 9));
  assert_slice(request_of(&converted, 1).method, "GET");
  assert_int_equal(request_of(&converted, 1).body_kind, TRACE_BODY_NONE);
  request = request_of(&converted, 2);
  assert_int_equal(request.body_kind, TRACE_BODY_BASE64);
  assert_slice(request.body, "AP/+AQ==");
  assert_slice(request.api, "http");
  converted_free(&converted);
}

static void test_a_form_body_is_cleaned_as_a_form(void **state) {
  (void)state;
  // coreutils' base64 of q=tide&api_key=sk-1
  struct converted converted =
      converting("vegeta", "{\"method\":\"POST\",\"url\":\"/f\",\"header\":{\"Content-Type\":[\"application/"
                           "x-www-form-urlencoded\"]},\"body\":\"cT10aWRlJmFwaV9rZXk9c2stMQ==\"}\n");
  assert_int_equal(request_of(&converted, 0).body_kind, TRACE_BODY_TEXT);
  assert_slice(request_of(&converted, 0).body, "q=tide&api_key=***");
  converted_free(&converted);
}

static void test_openai_batch_bodies(void **state) {
  (void)state;
  struct converted converted = converting_file("openai-batch", DATA "batch.jsonl", NULL);
  assert_int_equal(converted.counts.requests, 3);
  assert_slice(request_of(&converted, 0).body,
               "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"One.\"}],\"max_tokens\":9}");
  assert_slice(request_of(&converted, 1).api, "openai.completions");
  assert_slice(request_of(&converted, 2).api, "openai.embeddings");
  assert_slice(request_of(&converted, 2).path, "/v1/embeddings");
  converted_free(&converted);
}

static void test_sharegpt_makes_a_request_of_every_human_turn_with_its_history(void **state) {
  (void)state;
  struct converted converted = converting_file("sharegpt", DATA "sharegpt.json", NULL);
  assert_int_equal(converted.counts.requests, 4);
  assert_slice(request_of(&converted, 0).body,
               "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello \\\"there\\\".\"}],\"stream\":true}");
  struct trace_request request = request_of(&converted, 1);
  assert_slice(request.body,
               "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello \\\"there\\\".\"},{\"role\":"
               "\"assistant\",\"content\":\"Hi.\"},{\"role\":\"user\",\"content\":\"And\\nthen?\"}],"
               "\"stream\":true}");
  assert_slice(request.session, "abc_0");
  assert_true(request.stream);
  request = request_of(&converted, 2);
  assert_slice(request.session, "7");
  assert_slice(request.body,
               "{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\","
               "\"content\":\"Why?\"}],\"stream\":true}");
  assert_slice(request_of(&converted, 3).session, "s3"); // a conversation without an id
  converted_free(&converted);
}

// tests/data/import/chromium.har: a page in headless Chromium 156 that asked simllm twice in one
// conversation, streaming, once more without a stream, and for the list of models; with keys in query,
// headers and bodies.
static void test_har_of_chromium_has_the_right_requests(void **state) {
  (void)state;
  struct converted converted = converting_file("har", DATA "chromium.har", NULL);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(converted.counts.responses, 3);
  assert_int_equal(import_left_out(&converted.counts), 2); // the page itself, and the list of models
  struct trace_request request = request_of(&converted, 1);
  assert_int_equal(request.t_ns, 42000000); // 16:20:54.176 to 16:20:54.218
  assert_slice(request.session, "c1");
  assert_slice(request.path, "/v1/chat/completions?api_key=***");
  assert_true(request.stream);
  assert_slice(json_scan_get(request.body, "api_key"), "\"***\"");
  assert_slice(json_scan_get(json_scan_at(json_scan_get(request.body, "messages"), 3), "content"),
               "\"And low water?\"");
  assert_slice(request_of(&converted, 0).session, "c1");
  assert_slice(request_of(&converted, 2).session, "c2");
  assert_false(request_of(&converted, 2).stream);
  assert_null(memmem(converted.lines.data, converted.lines.len, "sk-", 3));
  struct trace_response response = response_of(&converted, 0);
  assert_int_equal(response.status, 200);
  assert_int_equal(response.output_tokens, 8);
  assert_int_equal(response.events, 8);
  assert_slice(response.token_source, "usage");
  assert_null(response.error.data);
  assert_int_equal(response.ttfb_ns, 24215000);
  assert_int_equal(response.latency_ns, 38273000);
  converted_free(&converted);
}

#define ENTRY(at, rest)                                                                                      \
  "{\"startedDateTime\":\"2026-01-01T00:00:0" at                                                             \
  "Z\",\"time\":1500.5,\"request\":{\"method\":\"POST\",\"url\":"                                            \
  "\"https://user:pw@api.example.com/v1/completions\",\"postData\":{\"text\":\"{\\\"prompt\\\":\\\"" at      \
  "\\\"}\"}}" rest "}"

static void test_har_entries_are_put_into_the_order_of_time(void **state) {
  (void)state;
  struct converted converted =
      converting("har", "{\"log\":{\"entries\":[" ENTRY("5", "") "," ENTRY("1", "") "," ENTRY("3", "") "]}}");
  assert_slice(request_of(&converted, 0).body, "{\"prompt\":\"1\"}");
  assert_slice(request_of(&converted, 1).body, "{\"prompt\":\"3\"}");
  assert_int_equal(request_of(&converted, 2).t_ns, INT64_C(4000000000));
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
  struct trace_response response = response_of(&converted, 0);
  assert_slice(response.error, "reset");
  assert_int_equal(response.status, -1);
  response = response_of(&converted, 1);
  assert_null(response.error.data); // HTTP alone can be judged
  assert_int_equal(response.output_tokens, -1);
  assert_int_equal(response.latency_ns, 1200000000); // since the connection was there
  assert_int_equal(response.ttfb_ns, 700000000);
  assert_slice(response_of(&converted, 2).error, "http_429");
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
      struct trace_response response = response_of(&converted, 0);
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
  struct trace_request request = request_of(&converted, 0);
  assert_slice(request.method, "POST");
  assert_slice(request.path, "/v1/completions");
  assert_slice(request.body, "{\"prompt\":1}");
  assert_slice(request.session, "c");
  converted_free(&converted);
  buf_free(&text);
}

static void test_columns_in_any_order_quoted_and_with_cr_lf(void **state) {
  (void)state;
  struct converted converted =
      converting("azure", "\xEF\xBB\xBFGeneratedTokens,\"note, quoted\",contexttokens,TIMESTAMP\r\n"
                          "5,\"a \"\"b\"\", c\",7,\"2023-11-16 18:17:03\"\r\n");
  assert_int_equal(request_of(&converted, 0).input_tokens, 7);
  assert_int_equal(request_of(&converted, 0).output_tokens, 5);
  converted_free(&converted);
}

static void test_trace_keeps_numbers_segments_and_what_was_never_answered(void **state) {
  static const char text[] =
      "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":100,\"upstream\":\"http://h\"}\n"
      "{\"type\":\"request\",\"seq\":4,\"t_s\":0.1,\"stream\":false}\n"
      "{\"type\":\"request\",\"seq\":5,\"t_s\":0.2,\"stream\":false}\n"
      "{\"type\":\"response\",\"seq\":5,\"t_s\":0.3,\"status\":200}\n"
      "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":200}\n"
      "{\"type\":\"request\",\"seq\":6,\"t_s\":0,\"stream\":false}\n";
  (void)state;
  struct converted converted = converting("trace", text);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(converted.counts.responses, 1);
  assert_int_equal(request_of(&converted, 0).seq, 4);
  assert_int_equal(request_of(&converted, 1).seq, 5);
  assert_int_equal(request_of(&converted, 2).seq, 6);
  assert_int_equal(response_of(&converted, 0).seq, 5);
  assert_true(record_of(&converted, "\"type\":\"trace\"", 1).header.start_unix_s == 200);
  assert_slice(record_of(&converted, "\"type\":\"trace\"", 0).header.upstream, "http://h");
  converted_free(&converted);
}

static int teardown(void **state) {
  buf_free(&scratch);
  return converting_teardown(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_azure_keeps_a_ten_millionth_of_a_second_over_leap_days),
      cmocka_unit_test(test_times_of_every_spelling),
      cmocka_unit_test(test_mooncake_times_are_milliseconds_and_ids_are_kept),
      cmocka_unit_test(test_burstgpt_times_are_seconds),
      cmocka_unit_test(test_burstgpt_with_sessions_and_elapsed_times),
      cmocka_unit_test(test_vegeta_bodies_and_headers_without_secrets),
      cmocka_unit_test(test_a_form_body_is_cleaned_as_a_form),
      cmocka_unit_test(test_openai_batch_bodies),
      cmocka_unit_test(test_sharegpt_makes_a_request_of_every_human_turn_with_its_history),
      cmocka_unit_test(test_har_of_chromium_has_the_right_requests),
      cmocka_unit_test(test_har_entries_are_put_into_the_order_of_time),
      cmocka_unit_test(test_har_of_an_aborted_request_and_of_one_without_its_text),
      cmocka_unit_test(test_har_of_what_did_not_end_well_is_no_success),
      cmocka_unit_test(test_har_with_escapes_in_long_headers_keeps_url_and_body),
      cmocka_unit_test(test_columns_in_any_order_quoted_and_with_cr_lf),
      cmocka_unit_test(test_trace_keeps_numbers_segments_and_what_was_never_answered),
  };
  return cmocka_run_group_tests(tests, converting_setup, teardown);
}
