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

static struct converted make(const char *spec) {
  return converting_file("made", spec, NULL);
}

static void test_sizes_have_the_mean_and_spread_that_were_asked_for(void **state) {
  (void)state;
  struct converted converted = make("requests=2000,input=512~128,output=128~32");
  double input = 0, output = 0, squares = 0;
  assert_int_equal(converted.counts.requests, 2000);
  for (int i = 0; i < 100; i++) {
    struct trace_request request = converted_request(&converted, i * 20);
    input += (double)request.input_tokens;
    output += (double)request.output_tokens;
    squares += ((double)request.input_tokens - 512) * ((double)request.input_tokens - 512);
    assert_true(request.t_ns == 0 && !request.session.data);
  }
  // Of 100 draws the standard error of the means is 12.8 and 3.2; of the deviation about 9.
  assert_true(input / 100 > 460 && input / 100 < 564);
  assert_true(output / 100 > 115 && output / 100 < 141);
  assert_true(squares / 100 > 92 * 92 && squares / 100 < 164 * 164);
  converted_free(&converted);
}

static void test_equal_seeds_make_equal_traces(void **state) {
  (void)state;
  struct converted a = make("requests=20,seed=7,rate=3"), b = make("requests=20,seed=7,rate=3"),
                   c = make("requests=20,seed=8,rate=3");
  int64_t last_ns = 0;
  bool same = true;
  for (int i = 0; i < 20; i++) {
    int64_t t_ns = converted_request(&a, i).t_ns;
    assert_int_equal(converted_request(&b, i).t_ns, t_ns);
    same = same && converted_request(&c, i).t_ns == t_ns;
    assert_true(t_ns > last_ns);
    last_ns = t_ns;
  }
  assert_false(same);
  converted_free(&a);
  converted_free(&b);
  converted_free(&c);
}

static void test_turns_carry_what_was_said_before(void **state) {
  (void)state;
  struct converted converted = make("requests=4,turns=4,input=100~0,output=60~0");
  for (int i = 0; i < 4; i++) {
    struct trace_request request = converted_request(&converted, i);
    assert_slice(request.session, "c0");
    assert_int_equal(request.input_tokens, 100 + 160 * i);
    assert_int_equal(request.block_tokens, 16);
  }
  converted_free(&converted);
}

static void test_a_number_alone_stands_for_its_pair(void **state) {
  (void)state;
  struct converted alone = make("requests=30,prefix=100,turns=2,input=40.5"),
                   pair = make("requests=30,prefix=100x1,turns=2-2,input=40.5~0");
  assert_int_equal(alone.status, STATUS_OK);
  assert_int_equal(alone.lines.len, pair.lines.len);
  assert_memory_equal(alone.lines.data, pair.lines.data, pair.lines.len);
  assert_int_equal(converted_count(&alone, "\"prefix_blocks\":[\"p0.0\","), 30);
  converted_free(&alone);
  converted_free(&pair);
}

static void test_numbers_that_cannot_be_are_named(void **state) {
  (void)state;
  static const struct converting_bad rows[] = {
      {"requests", "'requests' has no =: KEY=VALUE,... with the keys requests, input, output, prefix, turns, "
                   "rate and seed"},
      {"requests=0", "requests='0' is not a whole number from 1 to 10000000"},
      {"requests=2.9", "requests='2.9' is not a whole number from 1 to 10000000"},
      {"requests=0x10", "requests='0x10' is not a whole number from 1 to 10000000"},
      {"requests=0X10", "requests='0X10' is not a whole number from 1 to 10000000"},
      {"input=x", "input='x' is not MEAN[~SD], MEAN from 1 to 1000000"},
      {"input=0x1p3", "input='0x1p3' is not MEAN[~SD], MEAN from 1 to 1000000"},
      {"input=5~-1", "input='5~-1' is not MEAN[~SD], MEAN from 1 to 1000000"},
      {"output=1e999", "output='1e999' is not MEAN[~SD], MEAN from 1 to 1000000"},
      {"prefix=7x3", "prefix='7x3' is not TOKENS[xCOUNT] in whole numbers, TOKENS from 16 to 1000000"},
      {"prefix=32x1.5", "prefix='32x1.5' is not TOKENS[xCOUNT] in whole numbers, TOKENS from 16 to 1000000"},
      {"prefix=32x0", "prefix=...x0: there are 1 to 1000000 prefixes"},
      {"prefix=32x3000000", "prefix=...x3000000: there are 1 to 1000000 prefixes"},
      {"turns=1.5-2.5", "turns='1.5-2.5' is not LEAST[-MOST], whole numbers from 1 to 1000"},
      {"turns=5-2,seed=1", "turns=5-2: the second is the larger one, at most 1000"},
      {"turns=5-0,seed=1", "turns=5-0: the second is the larger one, at most 1000"},
      {"rate=0", "rate='0' is not a number from 1e-06 to 1000000"},
      {"seed=1.7", "seed='1.7' is not a whole number from 0 to 4294967295"},
      {"seed=4294967296", "seed='4294967296' is not a whole number from 0 to 4294967295"},
      {"words=5", "'words' is none of requests, input, output, prefix, turns, rate and seed"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct converted converted = make(rows[i].text);
    assert_int_equal(converted.status, STATUS_USAGE);
    assert_string_equal(converted.error.text, rows[i].message);
    converted_free(&converted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sizes_have_the_mean_and_spread_that_were_asked_for),
      cmocka_unit_test(test_equal_seeds_make_equal_traces),
      cmocka_unit_test(test_turns_carry_what_was_said_before),
      cmocka_unit_test(test_a_number_alone_stands_for_its_pair),
      cmocka_unit_test(test_numbers_that_cannot_be_are_named),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
