// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whatever comes in, a status comes out: no crash, no endless loop, and no NaN in a result that is called
// good.
#include "analyze/stat/capacity.h"
#include "analyze/stat/choice.h"
#include "analyze/stat/cliff.h"
#include "analyze/stat/compare.h"
#include "analyze/stat/drift.h"
#include "analyze/stat/lack_of_fit.h"
#include "analyze/stat/mcb.h"
#include "analyze/stat/optimum.h"
#include "analyze/stat/profile.h"
#include "analyze/stat/pseudo_replicates.h"
#include "analyze/stat/quantile.h"
#include "analyze/stat/robust.h"
#include "tests/unit/analyze/stat/near.h"

#define ROUNDS 200
#define MOST 12

static uint64_t next_random(uint64_t *random) {
  *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *random >> 33;
}

// Mostly plausible numbers; in every other round odd ones among them.
static void fill(uint64_t *random, bool odd, double *values) {
  static const double plausible[] = {1, 2, 4, 8, 16, 32, 33, 31, 100, 101, 99, 230.5, 350, 350, 0.5};
  static const double strange[] = {0, -1, NAN, INFINITY, -INFINITY, 1e308, 1e-308, 5e-324, -1e308, 1e16};
  for (size_t i = 0; i < MOST; i++) {
    values[i] = plausible[next_random(random) % COUNT_OF(plausible)];
    if (odd && next_random(random) % 4 == 0) values[i] = strange[next_random(random) % COUNT_OF(strange)];
  }
}

static void assert_good_ci(const struct ci *ci) {
  assert_false(isnan(ci->estimate) || isnan(ci->lo) || isnan(ci->hi));
  assert_true(isfinite(ci->estimate));
  assert_true(ci->lo <= ci->estimate && ci->estimate <= ci->hi);
}

static void assert_status(enum status status) {
  assert_true(status == STATUS_OK || status == STATUS_NUMERIC || status == STATUS_USAGE);
}

static void try_samples(const double *a, const double *b, size_t count) {
  struct ci_sample samples[2] = {{a, count}, {b, count / 2}};
  struct compare_options options = {0.95, 0.05, 0};
  struct ci_pool pool;
  struct ci ci;
  struct compare compare;
  struct drift drift;
  enum ci_source source;
  double sd;
  for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
    enum stat_scale on = (enum stat_scale)scale;
    enum status status = ci_of_sample(samples[0], on, NULL, 0.95, &ci, NULL);
    assert_status(status);
    if (!status) assert_good_ci(&ci);
    status = ci_pool_samples(samples, 2, on, &pool, NULL);
    assert_status(status);
    if (!status) assert_true(isfinite(pool.spread.sd) && !isnan(pool.p));
    if (!status && !ci_of_cell(samples[0], on, &pool, 0.95, &ci, &source, NULL)) assert_good_ci(&ci);
  }
  if (!compare_cell(samples[0], samples[1], &options, &compare, NULL)) assert_good_ci(&compare.ratio);
  if (!compare_overall(a, 2, b, 3, count / 3, &options, &compare, NULL, NULL)) assert_good_ci(&compare.ratio);
  enum status status = drift_test(a, b, count, 1, 0.95, &drift, NULL);
  assert_status(status);
  if (!status) {
    assert_good_ci(&drift.slope);
    assert_true(drift.p >= 0 && drift.p <= 1);
  }
  status = robust_sd(a, count, &sd, NULL);
  assert_status(status);
  if (!status) assert_true(isfinite(sd));
}

static void try_optimum(enum models_id id, const double *n, const double *x, size_t count,
                        const struct fit_result *fit) {
  struct optimum optimum;
  enum optimum_kind kind;
  enum status status = optimum_find(id, n, x, NULL, count, fit, 0.95, &kind, &optimum, NULL);
  assert_status(status);
  if (status || kind == OPTIMUM_MONOTONE) return;
  const struct ci *intervals[] = {&optimum.n, &optimum.throughput};
  for (size_t i = 0; i < 2; i++) {
    assert_false(isnan(intervals[i]->estimate) || isnan(intervals[i]->lo) || isnan(intervals[i]->hi));
    assert_true(intervals[i]->lo <= intervals[i]->estimate && intervals[i]->estimate <= intervals[i]->hi);
  }
}

static void try_curves(const double *n, const double *x, size_t count) {
  for (enum models_id id = 0; id < MODELS_COUNT; id++) {
    for (int scale = STAT_SCALE_LN; scale <= STAT_SCALE_LINEAR; scale++) {
      struct fit_data data = {.x = n, .y = x, .count = count};
      struct fit_result fit;
      struct lack_of_fit_range range;
      double value, se, knee, aicc;
      enum status status = models_fit(id, n, x, NULL, count, (enum stat_scale)scale, &fit, NULL);
      assert_status(status);
      if (status) continue;
      assert_true(stat_all_finite(fit.theta, fit.parameters) && stat_all_finite(fit.se, fit.parameters));
      assert_true(isfinite(fit.rss) && isfinite(fit.residual_sd));
      if (!choice_aicc(&fit, &aicc, NULL)) assert_true(isfinite(aicc));
      for (size_t j = 0; j < fit.parameters && id != MODELS_PLATEAU; j++) {
        struct ci ci;
        if (!profile_interval(models_get(id), &data, &fit, j, 0.95, &ci, NULL)) assert_good_ci(&ci);
      }
      try_optimum(id, n, x, count, &fit);
      if (!fit_predict(models_get(id), &fit, &n[0], NULL, &value, &se, NULL))
        assert_true(isfinite(value) && isfinite(se));
      if (!optimum_knee(id, &fit, 1, 48, 0.95, &knee, NULL)) assert_true(knee >= 1 && knee <= 48);
      assert_status(lack_of_fit_choose_range(id, n, x, count, (enum stat_scale)scale, &range, NULL));
    }
  }
}

static void try_levels(const double *a, const double *b, size_t count) {
  struct capacity capacity;
  struct cliff_level from = {4, a, b, count}, to = {8, a, b + 1, count ? count - 1 : 0};
  struct cliff_step cliff;
  struct pseudo_replicates_cell cells[MOST];
  struct ci_spread spread;
  enum status status = capacity_fit(a, b, count, 0.95, &capacity, NULL);
  assert_status(status);
  if (!status) {
    assert_good_ci(&capacity.t0);
    assert_good_ci(&capacity.xinf);
  }
  status = cliff_ratio(&from, &to, 0.95, &cliff, NULL);
  assert_status(status);
  if (!status) assert_good_ci(&cliff.ratio);
  for (size_t i = 0; i < count; i++)
    cells[i] = (struct pseudo_replicates_cell){32, a[i], b[i], true};
  status = pseudo_replicates_spread(cells, count, STAT_SCALE_LN, &spread, NULL);
  assert_status(status);
  if (!status) assert_true(isfinite(spread.sd) && spread.df > 0);
}

static void try_best(const double *a, const double *b, size_t count) {
  const size_t replicates[MOST] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3};
  const double level[MOST] = {1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32};
  struct mcb_options options = {0.95, STAT_SCALE_LN, 1, 500};
  struct mcb_result result;
  bool in_set[MOST];
  double regret[MOST];
  enum status status = mcb_cells(a, replicates, count, (struct ci_spread){b[0], b[1]}, &options, in_set,
                                 regret, &result, NULL);
  assert_status(status);
  if (!status) assert_true(in_set[result.best] && result.regret_bound >= 0 && !isnan(result.regret_bound));
  status = mcb_blocks(a, 2, count / 2, level, &options, in_set, regret, &result, NULL);
  assert_status(status);
  if (!status) assert_true(in_set[result.best] && result.regret_bound >= 0 && !isnan(result.regret_bound));
}

static void test_no_input_makes_a_nan(void **state) {
  uint64_t random = 2024;
  (void)state;
  for (size_t round = 0; round < ROUNDS; round++) {
    double a[MOST], b[MOST];
    fill(&random, round % 2, a);
    fill(&random, round % 2, b);
    size_t count = next_random(&random) % (MOST + 1);
    try_samples(a, b, count);
    try_curves(a, b, count);
    try_levels(a, b, count);
    try_best(a, b, count);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_input_makes_a_nan)};
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
