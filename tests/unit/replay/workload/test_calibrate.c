// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/workload/calibrate.h"

// What a server counts that takes `per_token` characters as a token and adds `fixed` to each request.
static int64_t counted(int64_t characters, double per_token, double fixed) {
  return (int64_t)ceil((double)characters / per_token + fixed);
}

// How far off, as a share, a prompt of `tokens` is that is made by what these requests taught.
static double error_after(const int64_t *characters, size_t count, double per_token, double fixed,
                          int64_t tokens) {
  struct calibrate calibrate;
  struct synth_scale scale;
  calibrate_start(&calibrate);
  for (size_t i = 0; i < count; i++)
    calibrate_add(&calibrate, characters[i], counted(characters[i], per_token, fixed));
  assert_true(calibrate_fit(&calibrate, &scale));
  assert_true(scale.calibrated);
  calibrate_end(&calibrate);
  int64_t got = counted(synth_characters(tokens, &scale), per_token, fixed);
  return fabs((double)got / (double)tokens - 1);
}

static void test_requests_of_several_sizes_give_ratio_and_template(void **state) {
  (void)state;
  static const int64_t sizes[] = {300, 2000, 9000, 40000};
  static const double ratios[] = {1.5, 3.2, 4, 5.3, 7}, templates[] = {0, 4, 11, 40};
  for (size_t i = 0; i < 5; i++) {
    for (size_t j = 0; j < 4; j++) {
      assert_true(error_after(sizes, 4, ratios[i], templates[j], 200) < 0.02);
      assert_true(error_after(sizes, 4, ratios[i], templates[j], 7000) < 0.01);
    }
  }
}

// 300 tokens and more: a template that is 10 tokens off the expected one is 3 % of the smallest, less of
// others.
static void test_one_request_gives_the_ratio(void **state) {
  (void)state;
  static const int64_t size[] = {8000};
  assert_true(error_after(size, 1, 4, 8, 100) < 0.01);
  assert_true(error_after(size, 1, 4, 8, 9000) < 0.01);
  assert_true(error_after(size, 1, 5, 18, 9000) < 0.01);
}

static void test_requests_of_one_size_are_right_for_that_size(void **state) {
  (void)state;
  static const int64_t sizes[] = {4000, 4000, 4000};
  assert_true(error_after(sizes, 3, 4, 30, 1000) < 0.02);
}

static void test_without_a_plausible_count_there_is_no_scale(void **state) {
  (void)state;
  struct calibrate calibrate;
  struct synth_scale scale = {1, 2, false};
  calibrate_start(&calibrate);
  assert_false(calibrate_fit(&calibrate, &scale));
  calibrate_add(&calibrate, 60000, 2048); // cut at the end of the context
  assert_int_equal(calibrate.refused, 1);
  assert_false(calibrate_fit(&calibrate, &scale));
  calibrate_add(&calibrate, 1000, 4000); // every character several tokens: this is no tokenizer
  assert_int_equal(calibrate.requests, 1);
  assert_false(calibrate_fit(&calibrate, &scale));
  assert_true(scale.characters_per_token == 1 && scale.fixed_tokens == 2 && !scale.calibrated);
  assert_true(calibrate.scale.characters_per_token == SYNTH_CHARACTERS_PER_TOKEN);
  calibrate_end(&calibrate);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_requests_of_several_sizes_give_ratio_and_template),
      cmocka_unit_test(test_one_request_gives_the_ratio),
      cmocka_unit_test(test_requests_of_one_size_are_right_for_that_size),
      cmocka_unit_test(test_without_a_plausible_count_there_is_no_scale),
  };
  return cmocka_run_group_tests_name("calibrate", tests, NULL, NULL);
}
