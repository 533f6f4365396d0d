// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define HEADER "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":5}\n"
#define NOT_A_TRACE "not a trace: its first record is no {\"type\":\"trace\"} header"

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
  assert_int_equal(converted_request(&converted, 0).seq, 4);
  assert_int_equal(converted_request(&converted, 1).seq, 5);
  assert_int_equal(converted_request(&converted, 2).seq, 6);
  assert_int_equal(converted_response(&converted, 0).seq, 5);
  assert_true(converted_record(&converted, "\"type\":\"trace\"", 1).header.start_unix_s == 200);
  assert_slice(converted_record(&converted, "\"type\":\"trace\"", 0).header.upstream, "http://h");
  converted_free(&converted);
}

static void test_trace_loses_what_is_to_be_redacted(void **state) {
  // the last body is {"ssn":"11"}
  static const char text[] =
      HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"method\":\"POST\",\"path\":\"/v1/"
             "x?ssn=11&a=2\",\"model\":\"m\","
             "\"body\":{\"model\":\"m\",\"ssn\":\"11\",\"n\":1},\"stream\":false}\n"
             "{\"type\":\"response\",\"seq\":0,\"t_s\":1,\"status\":200,\"body_text\":\"data: "
             "{\\\"ssn\\\":\\\"11\\\"}\\n\"}\n"
             "{\"type\":\"response\",\"seq\":9,\"t_s\":2,\"status\":200,\"body\":{\"ssn\":\"11\"}}\n"
             "{\"type\":\"request\",\"seq\":1,\"t_s\":0,\"body_base64\":\"eyJzc24iOiIxMSJ9\"}\n"
             "{\"type\":\"request\",\"seq\":2,\"t_s\":0,\"body_base64\":\"ssn 11\"}\n";
  (void)state;
  struct names names = {0};
  assert_int_equal(names_add(&names, "ssn", NULL), STATUS_OK);
  struct converted whole = converting("trace", text);
  assert_true(converted_count(&whole, "11") > 3);
  struct converted converted =
      converting_text("trace", text, sizeof text - 1, &(struct import_options){.redact = &names});
  assert_int_equal(converted.status, STATUS_OK);
  assert_int_equal(converted_count(&converted, "11"), 0);
  assert_int_equal(converted_count(&converted, "eyJ"), 0);
  struct trace_request first = converted_request(&converted, 0);
  assert_slice(first.path, "/v1/x?ssn=***&a=2");
  assert_slice(first.model, "m");
  assert_slice(first.body, "{\"model\":\"m\",\"ssn\":\"***\",\"n\":1}");
  assert_slice(converted_request(&converted, 1).body, "{\"ssn\":\"***\"}");
  converted_free(&converted);
  assert_int_equal(names_add(&names, "model", NULL), STATUS_OK);
  converted = converting_text("trace", text, sizeof text - 1, &(struct import_options){.redact = &names});
  assert_int_equal(converted_count(&converted, "\"m\""), 0);
  converted_free(&converted);
  converted_free(&whole);
  names_free(&names);
}

static void test_trace_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
      {"", "no request in it: it is empty"},
      {HEADER, "no request in it: it is empty"},
      {"{\"type\":\"request\",\"seq\":0,\"t_s\":0}\n", NOT_A_TRACE},
      {"{\"type\":\"run\",\"version\":1,\"start_unix_s\":5}\n", NOT_A_TRACE},
      {"{\"type\":\"trace\",\"version\":1}\n", "not a trace: \"start_unix_s\" is missing"},
      {"{\"type\":\"trace\",\"version\":2,\"start_unix_s\":5}\n",
       "not a trace: trace version 2 is newer than this program supports (1)"},
      {HEADER "{\"type\":\"request\",\"t_s\":0}\n", "line 2: \"seq\" is missing"},
      {HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":-1}\n",
       "line 2: \"t_s\" is not a time in seconds, at least 0"},
      {HEADER "\n[]\n", "line 3: no JSON object"},
      {HEADER "{\"type\":\"response\",\"seq\":-1}\n", "line 2: \"seq\" is not a whole number from 0 to 2^53"},
      {HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"prefix_blocks\":{}}\n",
       "line 2: \"prefix_blocks\" is not an array"},
  };
  (void)state;
  CONVERTING_REJECTS("trace", cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_trace_keeps_numbers_segments_and_what_was_never_answered),
      cmocka_unit_test(test_trace_loses_what_is_to_be_redacted),
      cmocka_unit_test(test_trace_names_the_line_and_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
