// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/pseudo_replicates.h"
#include "tests/unit/analyze/stat/near.h"

static void test_cold_means_growing_faster_than_the_batch(void **state) {
  (void)state;
  assert_true(pseudo_replicates_is_cold(1, 40, 2, 81, 0));
  assert_false(pseudo_replicates_is_cold(1, 40, 2, 80, 0));
  assert_true(pseudo_replicates_is_cold(4, 40, 16, 161, 0));
  assert_true(pseudo_replicates_is_cold(1, 40, 2, 90, log(1.1)));
  assert_false(pseudo_replicates_is_cold(1, 40, 2, 87, log(1.1)));
  assert_false(pseudo_replicates_is_cold(4, 40, 16, 150, 0));
  assert_false(pseudo_replicates_is_cold(2, 40, 1, 100, 0));
  assert_false(pseudo_replicates_is_cold(1, 0, 2, 100, 0));
  assert_false(pseudo_replicates_is_cold(1, NAN, 2, 100, 0));
}

static void test_pseudo_replicates_are_alike_cells_of_other_workers(void **state) {
  (void)state;
  const struct pseudo_replicates_cell cells[] = {
      {8, 4, 10, true},   {16, 4, 12, true}, {8, 8, 30, true},
      {16, 8, 34, true},  {24, 8, 32, true}, {4, 8, 99, true}, // two waves
      {24, 4, 99, false}, {16, 2, 99, true},                   // not usable; too small a batch
  };
  struct ci_spread spread;
  struct error error;
  (void)state;
  assert_int_equal(pseudo_replicates_spread(cells, COUNT_OF(cells), STAT_SCALE_LINEAR, &spread, &error),
                   STATUS_OK);
  assert_near(spread.df, 3, 0);
  assert_near(spread.sd, sqrt((2 + 8) / 3.0), 1e-12); // {10, 12}: 2 around 11; {30, 34, 32}: 8 around 32
  assert_refused(STATUS_NUMERIC, pseudo_replicates_spread(cells, 1, STAT_SCALE_LN, &spread, &error));
  assert_refused(STATUS_NUMERIC, pseudo_replicates_spread(cells, 0, STAT_SCALE_LN, &spread, &error));
  const struct pseudo_replicates_cell bad[] = {{8, 4, -1, true}, {16, 4, 12, true}};
  assert_refused(STATUS_NUMERIC, pseudo_replicates_spread(bad, 2, STAT_SCALE_LN, &spread, &error));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cold_means_growing_faster_than_the_batch),
      cmocka_unit_test(test_pseudo_replicates_are_alike_cells_of_other_workers),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
