// SPDX-License-Identifier: GPL-3.0-or-later
//
// The two reports that started the project, read as they should have been: the figures of STATISTICS.md 6.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/stat/lack_of_fit.h"
#include "analyze/stat/models.h"
#include "analyze/stat/optimum.h"
#include "tests/unit/stat/table.h"

enum { WORKERS, BATCH, TOTAL_S, MEAN_S, TOKENS_PER_S, TOKENS };

struct report {
  struct table table;
};

static bool read_report(struct report *report, int number) {
  char path[64];
  snprintf(path, sizeof path, "../shared/data/report%d.csv", number);
  return table_read(&report->table, path);
}

static double cell(const struct report *report, size_t row, size_t column) {
  return table_number(&report->table, row, column);
}

// Points of the capacity curve: single waves (B <= W) of report1, warm ones only (B = 1 is cold from two workers on).
static size_t single_waves(const struct report *report, double n_lo, double *n, double *throughput) {
  size_t count = 0;
  for (size_t row = 0; row < report->table.rows; row++) {
    double workers = cell(report, row, WORKERS), batch = cell(report, row, BATCH);
    if (batch > workers || batch < n_lo || (batch == 1 && workers >= 2)) continue;
    n[count] = batch;
    throughput[count++] = cell(report, row, TOKENS_PER_S);
  }
  return count;
}

static void test_lack_of_fit_leaves_n_8_and_more_of_report1(void **state) {
  struct report report;
  double n[TABLE_MAX_ROWS], throughput[TABLE_MAX_ROWS];
  struct lack_of_fit_range range;
  struct error error = {0};
  (void)state;
  if (!read_report(&report, 1)) skip();
  size_t count = single_waves(&report, 1, n, throughput);
  assert_int_equal(lack_of_fit_choose_range(MODELS_USL, n, throughput, count, STAT_SCALE_LN, &range, &error), STATUS_OK);
  printf("range %g..%g %zu points %zu distinct F=%g p=%g df %zu %zu\n", range.n_lo, range.n_hi, range.count, range.distinct,
         range.test.f, range.test.p, range.test.df_lack, range.test.df_pure);
  const double *t = range.fit.theta;
  struct optimum optimum;
  enum optimum_kind kind;
  count = single_waves(&report, 8, n, throughput);
  assert_int_equal(optimum_find(MODELS_USL, n, throughput, NULL, count, &range.fit, 0.95, &kind, &optimum, &error), STATUS_OK);
  printf("%zu: %g %g %g: n* %g %g %g X* %g %g %g\n", count, t[0], t[1], t[2], optimum.n.estimate, optimum.n.lo, optimum.n.hi,
         optimum.throughput.estimate, optimum.throughput.lo, optimum.throughput.hi);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lack_of_fit_leaves_n_8_and_more_of_report1),
  };
  stat_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
