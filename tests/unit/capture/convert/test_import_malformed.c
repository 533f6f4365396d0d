// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each importer says of what it cannot read: ten inputs a format, each with its line and its words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <string.h>

#include "tests/unit/capture/convert/converting.h"

struct bad {
  const char *text, *words;
};

static void assert_words(const char *format, const struct bad *cases, size_t count) {
  assert_true(count >= 10);
  for (size_t i = 0; i < count; i++) {
    struct converted converted = converting(format, cases[i].text);
    bool same = strcmp(converted.error.text, cases[i].words) == 0;
    if (converted.status != STATUS_FORMAT || !same) {
      fail_msg("%s\nexpected: %s\nseen:     %s (%s)", cases[i].text, cases[i].words, converted.error.text,
               status_name(converted.status));
    }
    converted_free(&converted);
  }
}
#define ASSERT_WORDS(format, cases) assert_words((format), (cases), sizeof(cases) / sizeof *(cases))

#define AZURE "TIMESTAMP,ContextTokens,GeneratedTokens\n"
#define AZURE_GOOD "2023-11-16 18:17:03.9799600,4808,10\n"

static void test_azure(void **state) {
  static const struct bad cases[] = {
      {"", "no request in it: it is empty"},
      {AZURE, "no request in it: it is empty"},
      {AZURE_GOOD, "line 1 names no column 'TIMESTAMP'"},
      {"TIMESTAMP,ContextTokens\n2023-11-16 18:17:03,1\n", "line 1 names no column 'GeneratedTokens'"},
      {AZURE "yesterday,1,2\n", "line 2: TIMESTAMP 'yesterday' is no YYYY-MM-DD HH:MM:SS.FFFFFFF"},
      {AZURE "2023-02-29 00:00:00,1,2\n",
       "line 2: TIMESTAMP '2023-02-29 00:00:00' is no YYYY-MM-DD HH:MM:SS.FFFFFFF"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:04.,1,2\n",
       "line 3: TIMESTAMP '2023-11-16 18:17:04.' is no YYYY-MM-DD HH:MM:SS.FFFFFFF"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:04,-1,2\n",
       "line 3: ContextTokens is not a whole number from 0 to 2^53"},
      {AZURE AZURE_GOOD "\n2023-11-16 18:17:04,1,2.5\n",
       "line 4: GeneratedTokens is not a whole number from 0 to 2^53"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:04,1\n", "line 3: it has no cell 'GeneratedTokens'"},
      {AZURE AZURE_GOOD "2023-11-16 18:17:03.9799599,1,2\n",
       "line 3: its time is before that of the first request"},
      {AZURE "\"2023-11-16 18:17:04,1,2\n", "line 2: a quoted cell does not end"},
      {AZURE "\"2023-11-16 18:17:04\"x,1,2\n", "line 2: text after a quoted cell"},
  };
  (void)state;
  ASSERT_WORDS("azure", cases);
}

#define BURST "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"

static void test_burstgpt(void **state) {
  static const struct bad cases[] = {
      {"", "no request in it: it is empty"},
      {BURST, "no request in it: it is empty"},
      {"Time,Model,Request tokens,Response tokens\n", "line 1 names no column 'Timestamp'"},
      {"Timestamp,Request tokens,Response tokens\n", "line 1 names no column 'Model'"},
      {BURST "-5,ChatGPT,1,2,3,x\n", "line 2: Timestamp is not a number of seconds, at least 0"},
      {BURST "5s,ChatGPT,1,2,3,x\n", "line 2: Timestamp is not a number of seconds, at least 0"},
      {BURST ",ChatGPT,1,2,3,x\n", "line 2: Timestamp is not a number of seconds, at least 0"},
      {BURST "1e400,ChatGPT,1,2,3,x\n", "line 2: Timestamp is not a number of seconds, at least 0"},
      {BURST "5,ChatGPT,1.0,2,3,x\n", "line 2: Request tokens is not a whole number from 0 to 2^53"},
      {BURST "5,ChatGPT,1,99999999999999999,3,x\n",
       "line 2: Response tokens is not a whole number from 0 to 2^53"},
      {BURST "5,ChatGPT\n", "line 2: it has no cell 'Request tokens'"},
      {"Timestamp,Model,Request tokens,Response tokens,Elapsed time\n5,m,1,2,long\n",
       "line 2: Elapsed time is not a number of seconds, at least 0"},
  };
  (void)state;
  ASSERT_WORDS("burstgpt", cases);
}

#define MOONCAKE "{\"timestamp\":0,\"input_length\":9,\"output_length\":1,\"hash_ids\":[0]}\n"

static void test_mooncake(void **state) {
  static const struct bad cases[] = {
      {"", "no request in it: it is empty"},
      {"not json\n", "line 1: malformed JSON value (value at byte 0 of 8)"},
      {"[]\n", "line 1: no JSON object"},
      {MOONCAKE "{}\n", "line 2: \"timestamp\" is missing"},
      {MOONCAKE "\n{\"timestamp\":0,\"output_length\":1}\n", "line 3: \"input_length\" is missing"},
      {"{\"timestamp\":\"0\",\"input_length\":9,\"output_length\":1}\n",
       "line 1: \"timestamp\" is not a number"},
      {"{\"timestamp\":-1,\"input_length\":9,\"output_length\":1}\n",
       "line 1: \"timestamp\" is not a number of milliseconds, at least 0"},
      {"{\"timestamp\":0,\"input_length\":-9,\"output_length\":1}\n",
       "line 1: \"input_length\" is not a whole number from 0 to 2^53"},
      {"{\"timestamp\":0,\"input_length\":9,\"output_length\":1.5}\n",
       "line 1: \"output_length\" is not a whole number from 0 to 2^53"},
      {"{\"timestamp\":0,\"input_length\":9,\"output_length\":1,\"hash_ids\":0}\n",
       "line 1: \"hash_ids\" is not an array"},
      {"{\"timestamp\":0,\"input_length\":9,\"output_length\":1,\"hash_ids\":[0,\"a\"]}\n",
       "line 1: \"hash_ids\" holds what is not a whole number from 0 to 2^53"},
      {MOONCAKE "{\"timestamp\":0,\"input_len", "its end is cut off at byte 66"},
  };
  (void)state;
  ASSERT_WORDS("mooncake", cases);
}

#define VEGETA(members) "{\"method\":\"POST\",\"url\":\"http://h/x\"" members "}\n"

static void test_vegeta(void **state) {
  static const struct bad cases[] = {
      {"", "no request in it: it is empty"},
      {"GET http://h/\n", "line 1: malformed JSON value (value at byte 0 of 13)"},
      {"{\"method\":\"POST\"}\n", "line 1: \"url\" is missing"},
      {"{\"url\":\"http://h/x\"}\n", "line 1: \"method\" is missing"},
      {"{\"method\":\"PO ST\",\"url\":\"http://h/x\"}\n", "line 1: its method is no HTTP method"},
      {"{\"method\":\"\",\"url\":\"http://h/x\"}\n", "line 1: its method is no HTTP method"},
      {"{\"method\":\"GET\",\"url\":\"ftp://h/x\"}\n",
       "line 1: its URL is neither http, nor https, nor a path"},
      {"{\"method\":\"GET\",\"url\":\"/a b\"}\n", "line 1: its URL is neither http, nor https, nor a path"},
      {VEGETA("") VEGETA(",\"body\":\"a\""), "line 2: \"body\" is no base64"},
      {VEGETA(",\"body\":\"YW=J\""), "line 1: \"body\" is no base64"},
      {VEGETA(",\"body\":{}"), "line 1: \"body\" is not a string"},
      {VEGETA(",\"header\":[]"), "line 1: \"header\" is not an object"},
      {VEGETA(",\"header\":{\"Accept\":\"x\"}"), "line 1: \"header\" does not hold arrays of strings"},
  };
  (void)state;
  ASSERT_WORDS("vegeta", cases);
}

#define BATCH(rest) "{\"custom_id\":\"a\",\"method\":\"POST\"," rest "}\n"

static void test_openai_batch(void **state) {
  static const struct bad cases[] = {
      {"", "no request in it: it is empty"},
      {"{\"method\":\"POST\",\"url\":\"/v1/x\",\"body\":{}}\n", "line 1: \"custom_id\" is missing"},
      {"{\"custom_id\":\"a\",\"url\":\"/v1/x\",\"body\":{}}\n", "line 1: \"method\" is missing"},
      {BATCH("\"body\":{}"), "line 1: \"url\" is missing"},
      {BATCH("\"url\":\"/v1/x\""), "line 1: \"body\" is missing"},
      {BATCH("\"url\":\"/v1/x\",\"body\":null"), "line 1: \"body\" is null"},
      {BATCH("\"url\":\"/v1/x\",\"body\":{}") BATCH("\"url\":\"/v1/x\",\"body\":\"{}\""),
       "line 2: \"body\" is not an object"},
      {BATCH("\"url\":7,\"body\":{}"), "line 1: \"url\" is not a string"},
      {BATCH("\"url\":\"v1/x\",\"body\":{}"), "line 1: its URL is neither http, nor https, nor a path"},
      {BATCH("\"url\":\"\",\"body\":{}"), "line 1: its URL is neither http, nor https, nor a path"},
      {"{\"custom_id\":1,\"method\":\"POST\",\"url\":\"/v1/x\",\"body\":{}}\n",
       "line 1: \"custom_id\" is not a string"},
  };
  (void)state;
  ASSERT_WORDS("openai-batch", cases);
}

#define TURNS(turns) "[\n{\"id\":\"a\",\"conversations\":[" turns "]}]"

static void test_sharegpt(void **state) {
  static const struct bad cases[] = {
      {"", "no JSON value (value at byte 0 of 0)"},
      {"[", "malformed JSON value (value at byte 0 of 1)"},
      {"[]", "no request in it: it is empty"},
      {"{}", "it is no JSON array of conversations"},
      {"[7]", "line 1: conversation 1: no JSON object"},
      {"[{\"id\":\"a\"}]", "line 1: conversation 1: \"conversations\" is missing"},
      {"[{\"conversations\":{}}]", "line 1: conversation 1: \"conversations\" is not an array"},
      {TURNS("{\"value\":\"x\"}"), "line 2: conversation 1: turn 1: \"from\" is missing"},
      {TURNS("{\"from\":\"human\"}"), "line 2: conversation 1: turn 1: \"value\" is missing"},
      {TURNS("{\"from\":\"human\",\"value\":\"x\"},{\"from\":\"cat\",\"value\":\"x\"}"),
       "line 2: conversation 1: turn 2: \"from\" is none of human, gpt and system"},
      {TURNS("{\"from\":\"human\",\"value\":[]}"),
       "line 2: conversation 1: turn 1: \"value\" is not a string"},
      {TURNS("{\"from\":\"gpt\",\"value\":\"x\"}"), "no request in it: all were left out"},
      {TURNS("{\"role\":\"user\",\"content\":5}"),
       "line 2: conversation 1: turn 1: \"content\" is not a string"},
      {"[{\"system\":5,\"conversations\":[]}]", "line 1: conversation 1: \"system\" is not a string"},
      {TURNS("{\"from\":\"human\",\"value\":\"x\"}") "]",
       "more text after the JSON value (value at byte 60 of 61)"},
  };
  (void)state;
  ASSERT_WORDS("sharegpt", cases);
}

#define HAR(entries) "{\"log\":{\"entries\":[\n" entries "]}}"
#define HAR_REQUEST "{\"method\":\"POST\",\"url\":\"http://h/v1/completions\"}"

static void test_har(void **state) {
  static const struct bad cases[] = {
      {"", "no JSON value (value at byte 0 of 0)"},
      {"{\"log\":", "malformed JSON value (value at byte 0 of 7)"},
      {"[]", "it is no HAR: \"log\" holds no array \"entries\""},
      {"{\"log\":{\"entries\":{}}}", "it is no HAR: \"log\" holds no array \"entries\""},
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
       "no request in it: all were left out"},
  };
  (void)state;
  ASSERT_WORDS("har", cases);
}

#define HEADER "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":5}\n"
#define NOT_A_TRACE "not a trace: its first record is no {\"type\":\"trace\"} header"

static void test_trace(void **state) {
  static const struct bad cases[] = {
      {"", "no request in it: it is empty"},
      {HEADER, "no request in it: it is empty"},
      {"{\"type\":\"request\",\"seq\":0,\"t_s\":0}\n", NOT_A_TRACE},
      {"{\"type\":\"run\",\"version\":1,\"start_unix_s\":5}\n", NOT_A_TRACE},
      {"{\"type\":\"trace\",\"version\":1}\n", "not a trace: \"start_unix_s\" is missing"},
      {"{\"type\":\"trace\",\"version\":2,\"start_unix_s\":5}\n",
       "not a trace: trace version 2 is newer than this program knows (1)"},
      {HEADER "{\"type\":\"request\",\"t_s\":0}\n", "line 2: \"seq\" is missing"},
      {HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":-1}\n",
       "line 2: \"t_s\" is not a time in seconds, at least 0"},
      {HEADER "\n[]\n", "line 3: no JSON object"},
      {HEADER "{\"type\":\"response\",\"seq\":-1}\n", "line 2: \"seq\" is not a whole number from 0 to 2^53"},
      {HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"prefix_blocks\":{}}\n",
       "line 2: \"prefix_blocks\" is not an array"},
  };
  (void)state;
  ASSERT_WORDS("trace", cases);
}

static void test_bad_lines_are_skipped_and_counted_when_asked(void **state) {
  (void)state;
  static const char text[] = MOONCAKE "{}\n" MOONCAKE "nonsense\n" MOONCAKE "{\"timestamp\":0,\"input_len";
  struct import_options options = {.skip_bad = true};
  struct converted converted = converting_text("mooncake", text, sizeof text - 1, &options);
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted.counts.requests, 3);
  assert_int_equal(converted.counts.bad, 3); // two lines, and the torn end
  assert_string_equal(converted.counts.first_bad.text, "line 2: \"timestamp\" is missing");
  assert_int_equal(converted_count(&converted, "\"type\":\"request\""), 3);
  converted_free(&converted);
}

static void test_nothing_but_bad_lines_is_no_success(void **state) {
  (void)state;
  struct import_options options = {.skip_bad = true};
  struct converted converted = converting_text("mooncake", "{}\n{}\n", 6, &options);
  assert_int_equal(converted.status, STATUS_FORMAT);
  assert_string_equal(converted.error.text, "no request in it: line 1: \"timestamp\" is missing");
  converted_free(&converted);
}

static void test_a_bad_conversation_is_skipped_whole(void **state) {
  (void)state;
  static const char text[] =
      "[{\"conversations\":[{\"from\":\"human\",\"value\":\"kept?\"},{\"from\":\"cat\",\"value\":"
      "\"x\"}]},{\"conversations\":[{\"from\":\"human\",\"value\":\"kept!\"}]}]";
  struct import_options options = {.skip_bad = true};
  struct converted converted = converting_text("sharegpt", text, sizeof text - 1, &options);
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted.counts.bad, 1);
  assert_int_equal(converted_count(&converted, "kept?"), 0);
  assert_int_equal(converted_count(&converted, "kept!"), 1);
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_azure),
      cmocka_unit_test(test_burstgpt),
      cmocka_unit_test(test_mooncake),
      cmocka_unit_test(test_vegeta),
      cmocka_unit_test(test_openai_batch),
      cmocka_unit_test(test_sharegpt),
      cmocka_unit_test(test_har),
      cmocka_unit_test(test_trace),
      cmocka_unit_test(test_bad_lines_are_skipped_and_counted_when_asked),
      cmocka_unit_test(test_nothing_but_bad_lines_is_no_success),
      cmocka_unit_test(test_a_bad_conversation_is_skipped_whole),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
