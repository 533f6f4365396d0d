// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/step_time.h"

#include "analyze/stat/models.h"
#include "tests/unit/analyze/stat/near.h"

static const double C[3] = {0.0085, 0.0021, 0.000015};
static const double TESTED[] = {1, 2, 4, 8, 12, 16, 24, 32, 40, 48};
enum { REPEAT = 3, POINTS = REPEAT * COUNT_OF(TESTED) };

static double step_at(double n) {
  return C[0] + C[1] * n + C[2] * n * n;
}

// Points of known steps, each off by up to `spread`; the deviations of one n cancel.
static struct step_time fitted(double spread, enum stat_scale scale) {
  double n[POINTS], throughput[POINTS];
  struct fit_data data = {.x = n, .predictors = 1, .y = throughput, .count = POINTS};
  struct fit_result usl;
  struct step_time found;
  struct error error = {0};
  for (size_t i = 0; i < POINTS; i++) {
    n[i] = TESTED[i / REPEAT];
    throughput[i] = n[i] / step_at(n[i]) * exp(spread * ((double)(i % REPEAT) - 1));
  }
  assert_int_equal(models_fit(MODELS_USL, n, throughput, NULL, POINTS, scale, &usl, &error), STATUS_OK);
  assert_int_equal(step_time_of(&data, &usl, 0.95, &found, &error), STATUS_OK);
  assert_near(found.fit.rss, usl.rss, 1e-9 * usl.rss);
  return found;
}

static void test_steps_are_those_that_made_the_points(void **state) {
  (void)state;
  struct step_time found = fitted(0.01, STAT_SCALE_LN);
  for (size_t i = 0; i < 3; i++) {
    assert_near(found.c[i].estimate, C[i], 1e-7 * C[i]);
    assert_true(found.c[i].lo < C[i] && C[i] < found.c[i].hi);
    assert_true(found.c[i].hi - found.c[i].lo < C[i]);
  }
}

static void test_a_step_is_n_by_throughput_with_its_interval(void **state) {
  (void)state;
  struct error error = {0};
  struct ci at;
  for (int scale = 0; scale < 2; scale++) {
    struct step_time found = fitted(0.01, scale == 0 ? STAT_SCALE_LN : STAT_SCALE_LINEAR);
    assert_int_equal(step_time_at(&found, 24, 0.95, &at, &error), STATUS_OK);
    assert_near(at.estimate, step_at(24), 0.001 * step_at(24));
    assert_true(at.lo < step_at(24) && step_at(24) < at.hi && at.hi < 1.02 * at.lo);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_steps_are_those_that_made_the_points),
      cmocka_unit_test(test_a_step_is_n_by_throughput_with_its_interval),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
