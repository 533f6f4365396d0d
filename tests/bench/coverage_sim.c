// SPDX-License-Identifier: GPL-3.0-or-later
//
// Do the intervals hold what they promise? Simulated sweeps of known truth, and how often the truth lies
// inside.
//
// coverage_sim [REPLICATIONS]: 2000 unless told. Scenarios and limits are those of analyze/METHODS.md 7; one
// line each, exit 1 when any is missed. Truths (n*, X*, s): n/X = c0 + c1 n + c2 n^2 with c0 = s n*/(2 X*),
// c1 = (1-s)/X*, c2 = s/(2 X* n*).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "analyze/input/load_reader.h"
#include "analyze/judge/analysis.h"
#include "analyze/stat/ci.h"
#include "analyze/stat/lack_of_fit.h"
#include "analyze/stat/mcb.h"
#include "analyze/stat/models.h"
#include "analyze/stat/optimum.h"
#include "analyze/stat/quantile.h"

#define MAX_N 10
#define MAX_REPLICATES 5
#define MAX_POINTS (MAX_N * MAX_REPLICATES)
// Critical values come from fewer draws than in earnest, with another seed every time.
#define MCB_SAMPLE 4000
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

struct truth {
  const char *name;
  double n_peak; // 0: none
  double c[3];
  double n[MAX_N];
  size_t n_count;
  double kink; // relative jump of the step time beyond 8, 16 and 32 in flight
  bool flat;   // the same throughput everywhere
};

struct simulation {
  gsl_rng *rng;
  size_t replications;
  size_t missed;
};

static const double CVS[] = {0.01, 0.03, 0.05};
static const size_t REPLICATES[] = {1, 3, 5};

static struct truth make_truth(const char *name, double n_peak, double x_peak, double s, bool from_two) {
  const double n[MAX_N] = {1, 2, 4, 8, 12, 16, 24, 32, 40, 48};
  struct truth truth = {.name = name, .n_peak = n_peak};
  truth.c[0] = s * n_peak / (2 * x_peak);
  truth.c[1] = (1 - s) / x_peak;
  truth.c[2] = s / (2 * x_peak * n_peak);
  for (size_t i = from_two ? 1 : 0; i < MAX_N; i++)
    truth.n[truth.n_count++] = n[i];
  return truth;
}

static double throughput_at(const struct truth *truth, double n) {
  if (truth->flat) return 100;
  double jumps = (n > 8) + (n > 16) + (n > 32);
  return n / (truth->c[0] + truth->c[1] * n + truth->c[2] * n * n) / (1 + truth->kink * jumps);
}

// One sweep: r points at every n, lognormal with the given cv; returns how many.
static size_t sweep(const struct simulation *simulation, const struct truth *truth, double cv, size_t r,
                    double *n, double *throughput) {
  size_t count = 0;
  for (size_t i = 0; i < truth->n_count; i++) {
    for (size_t j = 0; j < r; j++) {
      n[count] = truth->n[i];
      throughput[count++] = throughput_at(truth, truth->n[i]) * exp(gsl_ran_gaussian(simulation->rng, cv));
    }
  }
  return count;
}

static void report(struct simulation *simulation, const char *what, size_t hits, double lowest,
                   double highest) {
  double share = (double)hits / (double)simulation->replications;
  // The limits leave room for the chance of 2000 replications; fewer need more.
  double room = 3 * sqrt(0.05 * 0.95) * (1 / sqrt((double)simulation->replications) - 1 / sqrt(2000));
  bool good = share >= lowest - fmax(0, room) && share <= highest + fmax(0, room);
  printf("%-52s %.4f  in [%.3f, %.3f]%s\n", what, share, lowest, highest, good ? "" : "  MISSED");
  fflush(stdout);
  if (!good) simulation->missed++;
}

static bool holds(const struct ci *ci, double truth) {
  return ci->lo <= truth && truth <= ci->hi;
}

static void simulate_optimum(struct simulation *simulation, const struct truth *truth, double cv, size_t r) {
  double n[MAX_POINTS], throughput[MAX_POINTS];
  size_t n_hits = 0, throughput_hits = 0, open_hits = 0;
  char what[80];
  for (size_t i = 0; i < simulation->replications; i++) {
    size_t count = sweep(simulation, truth, cv, r, n, throughput);
    struct fit_result fit;
    struct optimum optimum;
    enum optimum_kind kind;
    if (models_fit(MODELS_USL, n, throughput, NULL, count, STAT_SCALE_LN, &fit, NULL)) continue;
    if (optimum_find(MODELS_USL, n, throughput, NULL, count, &fit, 0.95, &kind, &optimum, NULL)) continue;
    if (kind == OPTIMUM_MONOTONE) {
      open_hits++;
      continue;
    }
    if (isinf(optimum.n.hi)) open_hits++;
    if (holds(&optimum.n, truth->n_peak)) n_hits++;
    if (holds(&optimum.throughput, throughput_at(truth, truth->n_peak))) throughput_hits++;
  }
  const char *parts[] = {"n*", "X*", "left open"};
  size_t hits[] = {n_hits, throughput_hits, open_hits};
  for (size_t part = 0; part < 3; part++) {
    if ((part == 2) != (truth->n_peak == 0)) continue;
    snprintf(what, sizeof what, "optimum %s, cv %.0f %%, r %zu: %s", truth->name, 100 * cv, r, parts[part]);
    report(simulation, what, hits[part], part == 2 ? 0.95 : 0.935, part == 2 ? 1 : 0.965);
  }
}

static void simulate_knee(struct simulation *simulation, const struct truth *truth, double cv, size_t r) {
  double n[MAX_POINTS], throughput[MAX_POINTS], knee = 1, top = 0;
  size_t hits = 0;
  char what[80];
  for (int i = 0; i <= 47000; i++)
    top = fmax(top, throughput_at(truth, 1 + 0.001 * i));
  while (throughput_at(truth, knee) < 0.95 * top)
    knee += 0.0001;
  for (size_t i = 0; i < simulation->replications; i++) {
    size_t count = sweep(simulation, truth, cv, r, n, throughput);
    struct fit_result fit;
    struct ci ci;
    if (models_fit(MODELS_USL, n, throughput, NULL, count, STAT_SCALE_LN, &fit, NULL)) continue;
    if (optimum_knee_interval(MODELS_USL, n, throughput, NULL, count, &fit, 1, 48, 0.95, 0.95, &ci, NULL))
      continue;
    if (holds(&ci, knee)) hits++;
  }
  snprintf(what, sizeof what, "knee %s, cv %.0f %%, r %zu", truth->name, 100 * cv, r);
  report(simulation, what, hits, 0.935, 0.965);
}

static void simulate_lack_of_fit(struct simulation *simulation, const struct truth *truth, double cv,
                                 size_t r, double lowest, double highest) {
  double n[MAX_POINTS], throughput[MAX_POINTS];
  size_t rejected = 0;
  char what[80];
  for (size_t i = 0; i < simulation->replications; i++) {
    size_t count = sweep(simulation, truth, cv, r, n, throughput);
    struct fit_data data = {.x = n, .y = throughput, .count = count};
    struct fit_result fit;
    struct lack_of_fit test;
    if (models_fit(MODELS_USL, n, throughput, NULL, count, STAT_SCALE_LN, &fit, NULL)) continue;
    if (lack_of_fit_test(models_get(MODELS_USL), &data, &fit, &test, NULL)) continue;
    if (test.rejected) rejected++;
  }
  snprintf(what, sizeof what, "lack of fit %s, cv %.0f %%, r %zu: rejected", truth->name, 100 * cv, r);
  report(simulation, what, rejected, lowest, highest);
}

// Cells of a sweep as they are ranked: the pooled interval of one, and whether the best set holds the best.
static void simulate_cells(struct simulation *simulation, const struct truth *truth, double cv, size_t r) {
  double n[MAX_POINTS], throughput[MAX_POINTS], means[MAX_N];
  size_t replicates[MAX_N], in_interval = 0, in_set = 0, within_bound = 0, true_best = 0;
  char what[80];
  for (size_t c = 1; c < truth->n_count; c++) {
    if (throughput_at(truth, truth->n[c]) > throughput_at(truth, truth->n[true_best])) true_best = c;
  }
  for (size_t i = 0; i < simulation->replications; i++) {
    struct ci_sample samples[MAX_N] = {0};
    struct ci_pool pool;
    struct ci ci;
    enum ci_source source;
    struct mcb_result result;
    bool member[MAX_N];
    struct mcb_options options = {0.95, STAT_SCALE_LN, i + 1, MCB_SAMPLE};
    sweep(simulation, truth, cv, r, n, throughput);
    for (size_t c = 0; c < truth->n_count; c++) {
      struct ci_spread own;
      samples[c] = (struct ci_sample){throughput + c * r, r};
      replicates[c] = r;
      if (ci_spread_of(samples[c], STAT_SCALE_LN, &means[c], &own, NULL)) return;
    }
    if (ci_pool_samples(samples, truth->n_count, STAT_SCALE_LN, &pool, NULL)) continue;
    if (ci_of_cell(samples[0], STAT_SCALE_LN, &pool, 0.95, &ci, &source, NULL)) continue;
    if (holds(&ci, throughput_at(truth, truth->n[0]))) in_interval++;
    if (mcb_cells(means, replicates, truth->n_count, pool.spread, &options, member, NULL, &result, NULL))
      continue;
    if (member[true_best]) in_set++;
    double lost = throughput_at(truth, truth->n[true_best]) / throughput_at(truth, truth->n[result.best]) - 1;
    if (lost <= result.regret_bound) within_bound++;
  }
  snprintf(what, sizeof what, "cell %s, cv %.0f %%, r %zu: pooled interval", truth->name, 100 * cv, r);
  report(simulation, what, in_interval, 0.935, 0.965);
  snprintf(what, sizeof what, "best set %s, cv %.0f %%, r %zu: holds the best", truth->name, 100 * cv, r);
  report(simulation, what, in_set, 0.935, 1);
  snprintf(what, sizeof what, "best set %s, cv %.0f %%, r %zu: regret bound holds", truth->name, 100 * cv, r);
  report(simulation, what, within_bound, 0.935, 1);
}

// A managed server: cells of one level share a session, session sd 2 %, batch sd 1 %; all cells are truly
// equal. `ragged`: the levels have 1, 2, ... `batches` cells by turns.
static void simulate_blocks(struct simulation *simulation, size_t levels, size_t batches, size_t blocks,
                            bool ragged) {
  enum { MOST = 64 };
  double values[MOST * MAX_REPLICATES], level[MOST];
  size_t hits = 0, cells = 0;
  char what[80];
  for (size_t w = 0; w < levels; w++) {
    size_t here = ragged ? w % batches + 1 : batches;
    for (size_t b = 0; b < here; b++)
      level[cells++] = (double)w;
  }
  for (size_t i = 0; i < simulation->replications; i++) {
    struct mcb_options options = {0.95, STAT_SCALE_LN, i + 1, MCB_SAMPLE};
    struct mcb_result result;
    bool member[MOST];
    for (size_t b = 0; b < blocks; b++) {
      double session = 0;
      for (size_t c = 0; c < cells; c++) {
        if (c == 0 || level[c] != level[c - 1]) session = gsl_ran_gaussian(simulation->rng, 0.02);
        values[b * cells + c] = session + gsl_ran_gaussian(simulation->rng, 0.01);
      }
    }
    if (mcb_blocks(values, blocks, cells, level, &options, member, NULL, &result, NULL)) continue;
    if (member[0]) hits++; // any cell may play the best one: all are
  }
  snprintf(what, sizeof what, "best set, %zu levels x %s%zu batches, %zu sessions", levels,
           ragged ? "1.." : "", batches, blocks);
  report(simulation, what, hits, 0.935, 1);
}

// A sweep against a managed server whose restarts differ: a session per level and block, its effect in all
// its batches. Through everything that analyze does with a run behind its reader.
struct managed {
  size_t levels, sizes, blocks;
  double session_sd, batch_sd;
  bool passes_unknown;
};

// ln of the true throughput: the levels rise to the last but one, larger batches are a little better.
static double managed_truth(const struct managed *managed, size_t level, size_t size) {
  static const double below[] = {0.05, 0, 0.03, 0.20};
  double loss = below[(managed->levels - 1 - level) % COUNT_OF(below)];
  return log(500) - loss - 0.01 * (double)(managed->sizes - 1 - size);
}

static bool add_batch(struct load_data *data, const struct managed *managed, size_t level, size_t size,
                      size_t session, size_t block, double ln_x) {
  struct load_replicate *replicate;
  size_t index;
  int64_t workers = INT64_C(4) << level, batch = workers << size;
  if (load_cell_of(data, workers, batch, &index) || load_replicate_add(&data->cells[index], &replicate))
    return false;
  *replicate = (struct load_replicate){.session = session,
                                       .block = (int64_t)block,
                                       .in_pass = !managed->passes_unknown,
                                       .start_s = (double)(session * 100 + size),
                                       .tokens_per_s = exp(ln_x),
                                       .total_s = 1e6 / exp(ln_x),
                                       .requests = batch,
                                       .tokens = 1000000,
                                       .input_tokens = -1,
                                       .cached_tokens = -1,
                                       .good = -1};
  return true;
}

static bool measure_managed(const struct simulation *simulation, const struct managed *managed,
                            struct load_data *data) {
  for (size_t b = 0; b < managed->blocks; b++) {
    for (size_t w = 0; w < managed->levels; w++) {
      struct load_session session = {.number = (int64_t)(b * managed->levels + w),
                                     .workers = INT64_C(4) << w,
                                     .managed = true,
                                     .batches = (int64_t)managed->sizes};
      double effect = gsl_ran_gaussian(simulation->rng, managed->session_sd);
      size_t index;
      if (load_session_add(data, &session, &index)) return false;
      for (size_t s = 0; s < managed->sizes; s++) {
        double noise = gsl_ran_gaussian(simulation->rng, managed->batch_sd);
        double ln_x = managed_truth(managed, w, s) + effect + noise;
        if (!add_batch(data, managed, w, s, index, b, ln_x)) return false;
      }
    }
  }
  return load_finish(data, NULL) == STATUS_OK;
}

static double covered_share(const struct managed *managed, const struct results *results) {
  double covered = 0;
  for (size_t i = 0; i < results->cell_count; i++) {
    double truth = exp(managed_truth(managed, i / managed->sizes, i % managed->sizes));
    const struct estimate *x = &results->cells[i].tokens_per_s;
    covered += x->lo <= truth && truth <= x->hi;
  }
  return covered / (double)results->cell_count;
}

static void simulate_managed(struct simulation *simulation, const struct managed *managed) {
  double covered = 0;
  size_t in_set = 0, within_bound = 0, best = (managed->levels - 1) * managed->sizes - 1;
  char what[80];
  for (size_t i = 0; i < simulation->replications; i++) {
    struct load_data data = LOAD_DATA;
    struct results results = {0};
    struct analysis_options options = {
        .confidence = 0.95, .scale = STAT_SCALE_LN, .seed = i + 1, .draws = MCB_SAMPLE};
    if (measure_managed(simulation, managed, &data) &&
        analysis_run(&data, &options, &results, NULL) == STATUS_OK) {
      size_t largest = results.best.cell;
      double lost = managed_truth(managed, managed->levels - 2, managed->sizes - 1) -
                    managed_truth(managed, largest / managed->sizes, largest % managed->sizes);
      covered += covered_share(managed, &results);
      in_set += results.cells[best].in_best_set;
      within_bound += expm1(lost) <= results.best.regret_bound;
    }
    results_free(&results);
    load_free(&data);
  }
  const struct {
    const char *name;
    size_t hits;
    double highest;
  } parts[] = {
      {"cells", (size_t)lround(covered), 0.965}, {"holds the best", in_set, 1}, {"bound", within_bound, 1}};
  for (size_t i = 0; i < COUNT_OF(parts); i++) {
    snprintf(what, sizeof what, "restarts %.0f %%, %zu x %zu, %zu sessions%s: %s", 100 * managed->session_sd,
             managed->levels, managed->sizes, managed->blocks,
             managed->passes_unknown ? ", passes unknown" : "", parts[i].name);
    report(simulation, what, parts[i].hits, 0.935, parts[i].highest);
  }
}

static void simulate_restarts(struct simulation *simulation) {
  const struct managed runs[] = {{4, 3, 5, 0.05, 0.01, false}, {4, 3, 3, 0.05, 0.01, false},
                                 {4, 3, 5, 0.02, 0.02, false}, {8, 1, 3, 0.05, 0.01, false},
                                 {2, 6, 3, 0.05, 0.01, false}, {2, 6, 5, 0.05, 0.01, false},
                                 {4, 3, 3, 0.05, 0.01, true},  {2, 6, 3, 0.05, 0.01, true}};
  for (size_t i = 0; i < COUNT_OF(runs); i++)
    simulate_managed(simulation, &runs[i]);
}

static void simulate_quantile(struct simulation *simulation, double p, size_t count) {
  double values[1000];
  size_t hits = 0;
  char what[80];
  double truth = exp(0.5 * gsl_cdf_ugaussian_Pinv(p));
  for (size_t i = 0; i < simulation->replications; i++) {
    struct ci ci;
    for (size_t j = 0; j < count; j++)
      values[j] = exp(gsl_ran_gaussian(simulation->rng, 0.5));
    qsort(values, count, sizeof values[0], stat_compare_doubles);
    if (quantile_interval(values, count, p, 0.95, &ci, NULL)) continue;
    if (holds(&ci, truth)) hits++;
  }
  snprintf(what, sizeof what, "p%g of %zu lognormal values", 100 * p, count);
  report(simulation, what, hits, 0.935, 1);
}

static void simulate_all(struct simulation *simulation) {
  struct truth curves[] = {make_truth("A", 24, 355, 0.6, false), make_truth("B", 24, 355, 0.25, false),
                           make_truth("C", 40, 240, 0.3, false), make_truth("D", 24, 355, 0.6, false),
                           make_truth("E", 60, 240, 0.3, true)};
  struct truth flat = make_truth("flat", 24, 355, 0.6, false);
  struct truth kinks = make_truth("G", 60, 240, 0.6, false);
  curves[3].n_peak = curves[3].c[2] = 0; // D: no contention term, no peak
  kinks.kink = 0.15;
  flat.flat = true;
  const double quantiles[] = {0.5, 0.9, 0.95, 0.99};
  const size_t counts[] = {3, 10, 100, 400};
  for (size_t q = 0; q < COUNT_OF(quantiles); q++) {
    for (size_t i = 0; i < COUNT_OF(counts); i++)
      simulate_quantile(simulation, quantiles[q], counts[i]);
  }
  for (size_t i = 0; i < COUNT_OF(CVS); i++) {
    for (size_t j = 1; j < COUNT_OF(REPLICATES); j++) {
      simulate_cells(simulation, &curves[0], CVS[i], REPLICATES[j]);
      simulate_cells(simulation, &curves[2], CVS[i], REPLICATES[j]);
      simulate_cells(simulation, &flat, CVS[i], REPLICATES[j]);
      simulate_lack_of_fit(simulation, &curves[0], CVS[i], REPLICATES[j], 0, 0.065); // at 5 %
    }
  }
  simulate_lack_of_fit(simulation, &kinks, 0.01, 3, 0.99, 1);
  simulate_lack_of_fit(simulation, &kinks, 0.03, 5, 0.95, 1);
  for (size_t i = 0; i < COUNT_OF(CVS); i++)
    simulate_knee(simulation, &curves[i], CVS[i], 3);
  simulate_blocks(simulation, 4, 4, 3, false);
  simulate_blocks(simulation, 6, 5, 5, false);
  simulate_blocks(simulation, 8, 1, 3, false);
  simulate_blocks(simulation, 1, 6, 3, false);
  simulate_blocks(simulation, 8, 4, 3, true);
  simulate_blocks(simulation, 8, 8, 5, true);
  for (size_t t = 0; t < COUNT_OF(curves); t++) {
    for (size_t i = 0; i < COUNT_OF(CVS); i++) {
      for (size_t j = 0; j < COUNT_OF(REPLICATES); j++) {
        simulate_optimum(simulation, &curves[t], CVS[i], REPLICATES[j]);
      }
    }
  }
}

int main(int argc, char **argv) {
  struct simulation simulation = {.replications = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000};
  if (simulation.replications == 0 || argc > 2) {
    fprintf(stderr, "usage: coverage_sim [REPLICATIONS]\n");
    return 2;
  }
  stat_init();
  simulation.rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!simulation.rng) return 1;
  gsl_rng_set(simulation.rng, 20240601);
  simulate_all(&simulation);
  simulate_restarts(&simulation);
  gsl_rng_free(simulation.rng);
  printf("%zu replications each, %zu missed\n", simulation.replications, simulation.missed);
  return simulation.missed ? 1 : 0;
}
