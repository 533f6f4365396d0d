// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define MOONCAKE "{\"timestamp\":0,\"input_length\":9,\"output_length\":1,\"hash_ids\":[0]}\n"

static void test_mooncake_times_are_milliseconds_and_ids_are_kept(void **state) {
  (void)state;
  struct converted converted = converting_file("mooncake", DATA "mooncake.jsonl", NULL);
  struct trace_request request = converted_request(&converted, 1);
  assert_int_equal(request.t_ns, INT64_C(27482000000));
  assert_int_equal(request.input_tokens, 6955);
  assert_int_equal(request.output_tokens, 52);
  assert_int_equal(request.block_tokens, 512);
  assert_slice(request.prefix_blocks, "[0,1,46,47,48,49,50,51,52,53,54,55,56,57]");
  assert_int_equal(request.body_kind, TRACE_BODY_NONE);
  converted_free(&converted);
}

static void test_mooncake_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
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
  CONVERTING_REJECTS("mooncake", cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mooncake_times_are_milliseconds_and_ids_are_kept),
      cmocka_unit_test(test_mooncake_names_the_line_and_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
