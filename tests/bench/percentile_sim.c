// SPDX-License-Identifier: GPL-3.0-or-later
//
// Do intervals of percentiles hold where requests of one session or batch share its effect?
//
// percentile_sim [REPLICATIONS [NAME]]: 1000 unless told; a NAME runs only the scenarios whose names hold it.
// One line a scenario: its share with the standard error. Exit 1 where one misses by three standard errors.
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/input/load_reader.h"
#include "analyze/judge/cells_times.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

// Latencies of `requests` in each of `units` sessions or batches: ln normal with sd 0.5, shifted by each
// unit.
static const struct percentile {
  const char *name;
  size_t units, requests;
  double unit_sd;
  bool sessions;
  double p;
} PERCENTILES[] = {
    {"5 sessions of 24, 2 %: p50", 5, 24, 0.02, true, 0.5},
    {"5 sessions of 24, 2 %: p95", 5, 24, 0.02, true, 0.95},
    {"5 sessions of 24, 2 %: p99", 5, 24, 0.02, true, 0.99},
    {"3 sessions of 24, 10 %: p95", 3, 24, 0.1, true, 0.95},
    {"5 sessions of 200, 10 %: p95", 5, 200, 0.1, true, 0.95},
    {"5 batches of 24, 10 %: p50", 5, 24, 0.1, false, 0.5},
    {"5 batches of 24, 10 %: p99", 5, 24, 0.1, false, 0.99},
    {"5 batches of 200, 10 %: p50", 5, 200, 0.1, false, 0.5},
    {"5 batches of 400, 10 %: p99", 5, 400, 0.1, false, 0.99},
};

static bool draw_percentile(const struct percentile *what, gsl_rng *rng, struct estimate *out) {
  struct load_data data = LOAD_DATA;
  struct cell cell = {0};
  size_t index;
  bool good = load_cell_of(&data, 1, (int64_t)what->requests, &index) == STATUS_OK;
  for (size_t unit = 0; unit < what->units && good; unit++) {
    struct load_times times = {0};
    double shift = gsl_ran_gaussian(rng, what->unit_sd);
    for (size_t i = 0; i < what->requests && good; i++)
      good = times_add(&times.of[LOAD_LATENCY], (int64_t)(1e9 * exp(shift + gsl_ran_gaussian(rng, 0.5)))) ==
             STATUS_OK;
    struct load_cell *to = &data.cells[index];
    good = good && (what->sessions || load_cell_add_batch(to, &times) == STATUS_OK) &&
           load_times_merge(&to->current, &times) == STATUS_OK &&
           ((!what->sessions && unit + 1 < what->units) || load_cell_fold(to) == STATUS_OK);
    load_times_free(&times);
  }
  if (good) cells_times_fill(&data.cells[index], 0.95, &cell);
  load_free(&data);
  *out = what->p == 0.5 ? cell.latency_s.p50 : what->p == 0.95 ? cell.latency_s.p95 : cell.latency_s.p99;
  return good;
}

// An end that is not known bounds nothing, and cannot be wrong.
static bool simulate_percentile(const struct percentile *what, size_t replications, gsl_rng *rng) {
  size_t hits = 0, bounded = 0;
  double truth = exp(hypot(0.5, what->unit_sd) * gsl_cdf_ugaussian_Pinv(what->p));
  for (size_t i = 0; i < replications; i++) {
    struct estimate found;
    if (!draw_percentile(what, rng, &found)) return false;
    hits += !(truth < found.lo) && !(truth > found.hi);
    bounded += isnan(found.hi) ? 0 : 1;
  }
  double share = (double)hits / (double)replications,
         error = sqrt(share * (1 - share) / (double)replications);
  bool good = share >= 0.93 - 3 * sqrt(0.05 * 0.95 / (double)replications);
  printf("%-44s %-16s %.3f +- %.3f  in [0.93, 1.00], bounded above %.3f%s\n", what->name, "covered", share,
         error, (double)bounded / (double)replications, good ? "" : "  MISSED");
  return good;
}

int main(int argc, char **argv) {
  size_t replications = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, missed = 0;
  if (replications == 0 || argc > 3) {
    fprintf(stderr, "usage: percentile_sim [REPLICATIONS [NAME]]\n");
    return 2;
  }
  stat_init();
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!rng) return 1;
  for (size_t i = 0; i < COUNT_OF(PERCENTILES); i++) {
    if (argc > 2 && !strstr(PERCENTILES[i].name, argv[2])) continue;
    gsl_rng_set(rng, 20240901 + i);
    missed += !simulate_percentile(&PERCENTILES[i], replications, rng);
  }
  gsl_rng_free(rng);
  printf("%zu samples each, %zu missed\n", replications, missed);
  return missed ? 1 : 0;
}
