// SPDX-License-Identifier: GPL-3.0-or-later
//
// The two reports that started the project, read as they should have been: the figures of METHODS.md 8.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/stat/capacity.h"
#include "analyze/stat/cliff.h"
#include "analyze/stat/lack_of_fit.h"
#include "analyze/stat/mcb.h"
#include "analyze/stat/models.h"
#include "analyze/stat/optimum.h"
#include "analyze/stat/pseudo_replicates.h"
#include "tests/unit/analyze/stat/table.h"

#define MAX_CELLS 128

struct cell {
  double workers;
  double batch;
  double total_s;
  double tokens_per_s;
  double tokens;
  bool cold;
};

struct report {
  struct cell cells[MAX_CELLS];
  size_t count;
};

static bool read_report(struct report *report, int number) {
  static struct table table;
  char path[64];
  snprintf(path, sizeof path, "../shared/data/report%d.csv", number);
  if (!table_read(&table, path)) return false;
  report->count = table.rows;
  for (size_t i = 0; i < table.rows; i++) {
    struct cell *cell = &report->cells[i];
    *cell = (struct cell){.workers = table_number(&table, i, 0),
                          .batch = table_number(&table, i, 1),
                          .total_s = table_number(&table, i, 2),
                          .tokens_per_s = table_number(&table, i, 4),
                          .tokens = table_number(&table, i, 5)};
  }
  for (size_t i = 0; i + 1 < table.rows; i++) {
    struct cell *cell = &report->cells[i], *next = cell + 1;
    bool first = i == 0 || cell[-1].workers != cell->workers;
    cell->cold =
        first && next->workers == cell->workers &&
        pseudo_replicates_is_cold(cell->batch, cell->tokens_per_s, next->batch, next->tokens_per_s, 0);
  }
  return true;
}

static bool usable(const struct cell *cell) {
  return !cell->cold && cell->tokens > 0;
}

static void assert_near(double actual, double expected, double tolerance) {
  if (!(fabs(actual - expected) <= tolerance)) fail_msg("%.8g instead of %.8g", actual, expected);
}

static void assert_interval(struct ci ci, double estimate, double lo, double hi, double tolerance) {
  assert_near(ci.estimate, estimate, tolerance);
  assert_near(ci.lo, lo, tolerance);
  assert_near(ci.hi, hi, tolerance);
}

static void test_cold_cells_are_those_that_loaded_the_model(void **state) {
  struct report report;
  (void)state;
  if (!read_report(&report, 0)) skip();
  for (size_t i = 0; i < report.count; i++) {
    assert_int_equal(report.cells[i].cold, report.cells[i].workers == 5 && report.cells[i].batch == 1);
  }
  assert_true(read_report(&report, 1));
  for (size_t i = 0; i < report.count; i++) {
    assert_int_equal(report.cells[i].cold, report.cells[i].workers >= 2 && report.cells[i].batch == 1);
  }
}

struct level_arrays {
  double batches[MAX_CELLS];
  double throughput[MAX_CELLS];
};

static struct cliff_level level_of(const struct report *report, double workers, struct level_arrays *arrays) {
  struct cliff_level level = {
      .workers = workers, .batches = arrays->batches, .throughput = arrays->throughput};
  for (size_t i = 0; i < report->count; i++) {
    const struct cell *cell = &report->cells[i];
    if (cell->workers != workers || !usable(cell)) continue;
    arrays->batches[level.count] = cell->batch;
    arrays->throughput[level.count++] = cell->tokens_per_s;
  }
  return level;
}

static void test_cliff_of_report0_lies_between_10_and_15_workers(void **state) {
  const double workers[] = {5, 10, 15, 20, 25};
  struct report report;
  struct level_arrays arrays[5];
  struct cliff_level levels[5];
  struct cliff_step cliffs[4];
  struct error error = {0};
  size_t found;
  (void)state;
  if (!read_report(&report, 0)) skip();
  for (size_t i = 0; i < 5; i++)
    levels[i] = level_of(&report, workers[i], &arrays[i]);
  assert_int_equal(cliff_scan(levels, 5, 0.95, cliffs, &found, &error), STATUS_OK);
  assert_int_equal(found, 4);
  assert_false(cliffs[0].is_cliff); // 5 to 10: a gain
  assert_interval(cliffs[1].ratio, 0.354, 0.340, 0.369, 0.0005);
  assert_true(cliffs[1].is_cliff && cliffs[1].from == 10 && cliffs[1].to == 15);
  assert_interval(cliffs[2].ratio, 0.804, 0.779, 0.829, 0.0005);
  assert_false(cliffs[2].is_cliff);
  assert_true(cliffs[3].is_cliff && cliffs[3].ratio.estimate == 0 &&
              cliffs[3].to == 25); // all requests failed
}

static struct capacity capacity_of(const struct report *report, double workers) {
  double tokens[MAX_CELLS], total_s[MAX_CELLS];
  struct capacity capacity = {0};
  struct error error = {0};
  size_t count = 0;
  for (size_t i = 0; i < report->count; i++) {
    const struct cell *cell = &report->cells[i];
    if (cell->workers != workers || !usable(cell) || cell->batch < workers) continue;
    tokens[count] = cell->tokens;
    total_s[count++] = cell->total_s;
  }
  assert_int_equal(capacity_fit(tokens, total_s, count, 0.95, &capacity, &error), STATUS_OK);
  return capacity;
}

static void test_capacity_of_report0_levels(void **state) {
  struct report report;
  (void)state;
  if (!read_report(&report, 0)) skip();
  struct capacity capacity = capacity_of(&report, 10);
  assert_near(capacity.xinf.estimate, 244, 1);
  assert_true(capacity.stands);
  assert_true(capacity.xinf.lo < 244 && capacity.xinf.hi > 244);
  assert_near(capacity_of(&report, 15).xinf.estimate, 81, 1);
  assert_near(capacity_of(&report, 20).xinf.estimate, 71, 1);
}

// Points of the capacity curve: warm single waves (B <= W).
static size_t single_waves(const struct report *report, double n_lo, double n_hi, double *n,
                           double *throughput) {
  size_t count = 0;
  for (size_t i = 0; i < report->count; i++) {
    const struct cell *cell = &report->cells[i];
    if (cell->batch > cell->workers || cell->batch < n_lo || cell->batch > n_hi || cell->cold) continue;
    n[count] = cell->batch;
    throughput[count++] = cell->tokens_per_s;
  }
  return count;
}

static void test_capacity_of_report1_by_requests_in_flight(void **state) {
  const double expected[][4] = {
      {8, 228, 224, 233}, {16, 320, 317, 323}, {24, 354, 353, 355}, {32, 349, 330, 368}};
  struct report report;
  double n[MAX_CELLS], throughput[MAX_CELLS];
  struct error error = {0};
  struct ci ci;
  (void)state;
  if (!read_report(&report, 1)) skip();
  for (size_t i = 0; i < 4; i++) {
    size_t count = single_waves(&report, expected[i][0], expected[i][0], n, throughput);
    struct ci_sample sample = {throughput, count};
    assert_int_equal(ci_of_sample(sample, STAT_SCALE_LN, NULL, 0.95, &ci, &error), STATUS_OK);
    assert_interval(ci, expected[i][1], expected[i][2], expected[i][3], 0.6);
  }
}

static void test_usl_stands_on_report1_from_8_in_flight_and_gives_its_optimum(void **state) {
  struct report report;
  double n[MAX_CELLS], throughput[MAX_CELLS];
  struct lack_of_fit_range range;
  struct optimum optimum;
  enum optimum_kind kind;
  struct error error = {0};
  (void)state;
  if (!read_report(&report, 1)) skip();
  size_t count = single_waves(&report, 1, INFINITY, n, throughput);
  assert_int_equal(lack_of_fit_choose_range(MODELS_USL, n, throughput, count, STAT_SCALE_LN, &range, &error),
                   STATUS_OK);
  assert_true(range.tested && !range.test.rejected);
  assert_near(range.n_lo, 8, 0);
  assert_int_equal(range.count, 19);
  assert_near(range.fit.theta[MODELS_USL_LAMBDA], 39.1, 0.05);
  assert_near(range.fit.theta[MODELS_USL_SIGMA], 0.0433, 0.00005);
  assert_near(range.fit.theta[MODELS_USL_KAPPA], 0.00123, 0.000005);
  count = single_waves(&report, range.n_lo, INFINITY, n, throughput);
  assert_int_equal(
      optimum_find(MODELS_USL, n, throughput, NULL, count, &range.fit, 0.95, &kind, &optimum, &error),
      STATUS_OK);
  assert_int_equal(kind, OPTIMUM_PEAK);
  assert_interval(optimum.n, 27.9, 25.6, 31.4, 0.05);
  assert_interval(optimum.throughput, 353.6, 348.8, 359.3, 0.06);
  assert_true(optimum.established && !optimum.edge);
}

static void test_spread_of_report1_from_pseudo_replicates(void **state) {
  struct report report;
  struct pseudo_replicates_cell cells[MAX_CELLS];
  struct ci_spread spread;
  struct error error = {0};
  (void)state;
  if (!read_report(&report, 1)) skip();
  for (size_t i = 0; i < report.count; i++) {
    const struct cell *cell = &report.cells[i];
    cells[i] = (struct pseudo_replicates_cell){cell->workers, cell->batch, cell->tokens_per_s, usable(cell)};
  }
  assert_int_equal(pseudo_replicates_spread(cells, report.count, STAT_SCALE_LN, &spread, &error), STATUS_OK);
  assert_near(spread.sd, 0.0207, 0.00005);
}

static void expect_best_set(int number, struct ci_spread spread, double best_workers, double best_batch,
                            const double (*members)[2], size_t member_count, const double *border) {
  struct report report = {0};
  double means[MAX_CELLS], workers[MAX_CELLS] = {0}, batches[MAX_CELLS] = {0}, regret[MAX_CELLS] = {0};
  size_t replicates[MAX_CELLS], count = 0;
  bool in_set[MAX_CELLS] = {0};
  struct mcb_result result;
  struct mcb_options options = {.confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 1};
  struct error error = {0};
  if (!read_report(&report, number)) skip();
  for (size_t i = 0; i < report.count; i++) {
    if (!usable(&report.cells[i])) continue;
    means[count] = log(report.cells[i].tokens_per_s);
    workers[count] = report.cells[i].workers;
    batches[count] = report.cells[i].batch;
    replicates[count++] = 1;
  }
  assert_int_equal(mcb_cells(means, replicates, count, spread, &options, in_set, regret, &result, &error),
                   STATUS_OK);
  assert_true(workers[result.best] == best_workers && batches[result.best] == best_batch);
  for (size_t i = 0; i < count; i++) {
    bool expected = false;
    for (size_t j = 0; j < member_count; j++) {
      expected = expected || (members[j][0] == workers[i] && members[j][1] == batches[i]);
    }
    bool on_border = border && workers[i] == border[0] && batches[i] == border[1];
    if (!on_border && in_set[i] != expected)
      fail_msg("%gx%g is %s", workers[i], batches[i], in_set[i] ? "in" : "out");
  }
}

static void test_best_set_of_report0(void **state) {
  const double members[][2] = {{10, 24}, {10, 32}, {10, 40}, {10, 48}};
  (void)state;
  expect_best_set(0, (struct ci_spread){0.010, 3}, 10, 48, members, 4, NULL);
}

static void test_best_set_of_report1(void **state) {
  const double members[][2] = {{24, 48}, {22, 40}, {28, 48}, {24, 40}, {24, 24}, {28, 24}, {32, 24}};
  const double border[2] = {36, 24};
  (void)state;
  expect_best_set(1, (struct ci_spread){0.021, 40}, 24, 48, members, 7, border);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cold_cells_are_those_that_loaded_the_model),
      cmocka_unit_test(test_cliff_of_report0_lies_between_10_and_15_workers),
      cmocka_unit_test(test_capacity_of_report0_levels),
      cmocka_unit_test(test_capacity_of_report1_by_requests_in_flight),
      cmocka_unit_test(test_usl_stands_on_report1_from_8_in_flight_and_gives_its_optimum),
      cmocka_unit_test(test_spread_of_report1_from_pseudo_replicates),
      cmocka_unit_test(test_best_set_of_report0),
      cmocka_unit_test(test_best_set_of_report1),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
