// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define BURST "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"

static void test_burstgpt_times_are_seconds(void **state) {
  (void)state;
  struct converted converted = converting_file("burstgpt", DATA "burstgpt.csv", NULL);
  struct trace_request request = converted_request(&converted, 1);
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
  assert_slice(converted_request(&converted, 0).session, "32");
  assert_slice(converted_request(&converted, 1).session, "32");
  assert_null(converted_request(&converted, 2).session.data);
  struct trace_response response = converted_response(&converted, 1);
  assert_int_equal(response.seq, 1);
  assert_int_equal(response.latency_ns, INT64_C(4000000001));
  assert_int_equal(response.t_ns, INT64_C(13000000001));
  assert_int_equal(response.output_tokens, 90);
  converted_free(&converted);
}

static void test_burstgpt_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
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
      {BURST "5,ChatGPT\n", "line 2: no field 'Request tokens'"},
      {"Timestamp,Model,Request tokens,Response tokens,Elapsed time\n5,m,1,2,long\n",
       "line 2: Elapsed time is not a number of seconds, at least 0"},
  };
  (void)state;
  CONVERTING_REJECTS("burstgpt", cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_burstgpt_times_are_seconds),
      cmocka_unit_test(test_burstgpt_with_sessions_and_elapsed_times),
      cmocka_unit_test(test_burstgpt_names_the_line_and_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
