// SPDX-License-Identifier: GPL-3.0-or-later
//
// Fault kinds by name, and how often they are drawn.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/simllm/faults.h"

static void test_every_kind_can_be_asked_for_by_its_name(void **state) {
  (void)state;
  for (int kind = FAULT_NONE + 1; kind < FAULT_COUNT; kind++) {
    struct faults faults = {{0}};
    struct error error;
    char text[64];
    snprintf(text, sizeof text, "%s:100%%", fault_name((enum fault)kind));
    assert_int_equal(faults_add(&faults, text, &error), STATUS_OK);
    struct random random = random_seeded(1);
    for (int i = 0; i < 100; i++)
      assert_int_equal(faults_draw(&faults, &random), kind);
  }
}

static void test_bad_texts_are_refused_and_change_nothing(void **state) {
  (void)state;
  static const char *const texts[] = {"",     "500",    "500:",    ":1",       "none:1",
                                      "50:1", "500:-1", "500:1.1", "reset:0.7"};
  struct faults faults = {{0}};
  struct error error;
  assert_int_equal(faults_add(&faults, "hang:0.4", &error), STATUS_OK);
  struct faults before = faults;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    error.text[0] = '\0';
    assert_int_equal(faults_add(&faults, texts[i], &error), STATUS_USAGE);
    assert_true(error.text[0] != '\0');
    assert_memory_equal(&faults, &before, sizeof faults);
  }
  assert_int_equal(faults_add(&faults, "hang:0.1", &error), STATUS_OK); // the last value counts
  assert_int_equal(faults_add(&faults, "reset:0.7", &error), STATUS_OK);
}

// Binomial: 100000 draws have a standard deviation below 0.16 % of them; five of these.
static void test_faults_come_as_often_as_asked(void **state) {
  (void)state;
  enum { DRAWS = 100000 };
  struct faults faults = {{0}};
  struct error error;
  int seen[FAULT_COUNT] = {0};
  struct random random = random_seeded(5);
  assert_int_equal(faults_add(&faults, "500:5%", &error), STATUS_OK);
  assert_int_equal(faults_add(&faults, "reset:.2", &error), STATUS_OK);
  for (int i = 0; i < DRAWS; i++)
    seen[faults_draw(&faults, &random)]++;
  assert_true(fabs(seen[FAULT_500] / (double)DRAWS - .05) < .008);
  assert_true(fabs(seen[FAULT_RESET] / (double)DRAWS - .2) < .008);
  assert_int_equal(seen[FAULT_NONE] + seen[FAULT_500] + seen[FAULT_RESET], DRAWS);
}

// First outputs of SplitMix64 for seed 1234567, as Rosetta Code lists them.
static void test_random_numbers_are_splitmix64(void **state) {
  (void)state;
  static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                      UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                      UINT64_C(16408922859458223821)};
  struct random random = random_seeded(1234567);
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
    assert_true(random_bits(&random) == expected[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_kind_can_be_asked_for_by_its_name),
      cmocka_unit_test(test_bad_texts_are_refused_and_change_nothing),
      cmocka_unit_test(test_faults_come_as_often_as_asked),
      cmocka_unit_test(test_random_numbers_are_splitmix64),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
