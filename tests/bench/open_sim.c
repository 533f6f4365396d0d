// SPDX-License-Identifier: GPL-3.0-or-later
//
// Do the intervals of an open loop hold near capacity, and is an overload told from a noisy queue?
//
// open_sim [REPLICATIONS [NAME [SEED]]]: 1000 unless told; a NAME runs only the scenarios whose names hold
// it. Each is a load of some repetitions on a simulated queue. One line a load: how often its queue was
// called growing, and of p50, p95, p99 and the share of good requests how often both ends were printed and
// these held the truth, with standard errors. Exit 1 where a stable queue is called growing in more than 5 %
// of loads, an interval misses in more than 7 % of all, or it holds in less than 93 % where half the loads or
// more have one, but for three standard errors.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/loads.h"
#include "tests/unit/analyze/simulated_queue.h"

enum { LONG_RUN = 4000000, FIGURES = 4 };
#define LIMIT_S 0.5
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct truth {
  const char *name;
  struct simulated_queue queue;
} TRUTHS[] = {
    {"M/M/16", {16, 1, 1, false}},
    {"16 slots, lognormal 1.5", {16, 1, 1.5, false}},
    {"batches of 16", {16, 1, 0.3, true}},
    {"M/M/1", {1, 0.1, 1, false}},
    {"1 slot, lognormal 2", {1, 0.1, 2, false}},
};
static const double LOADS[] = {0.5, 0.75, 0.9, 1.05, 1.2};
static const struct plan {
  double duration_s;
  int repetitions;
} PLANS[] = {{120, 1}, {120, 3}, {600, 1}, {600, 3}, {2400, 1}};

struct tally {
  double loads, grows, printed[FIGURES], held[FIGURES], low[FIGURES], low_held[FIGURES], start;
};

static void count(const struct load *load, const double *truth, struct tally *tally) {
  const struct estimate *found[FIGURES] = {&load->ttft_s.p50, &load->ttft_s.p95, &load->ttft_s.p99,
                                           &load->good_share};
  tally->loads++;
  tally->grows += load->queue_grows;
  tally->start += load->start_s;
  for (size_t i = 0; i < FIGURES; i++) {
    if (isfinite(found[i]->lo)) {
      tally->low[i]++;
      tally->low_held[i] += found[i]->lo <= truth[i];
    }
    if (!(found[i]->lo > 0) || !isfinite(found[i]->hi)) continue; // no share is below 0: that states nothing
    tally->printed[i]++;
    tally->held[i] += found[i]->lo <= truth[i] && truth[i] <= found[i]->hi;
  }
}

static double error_of(double share, double tries) {
  return sqrt(share * (1 - share) / tries);
}

static bool report(const char *name, bool stable, const struct tally *tally) {
  static const char *const figures[FIGURES] = {"p50", "p95", "p99", "good"};
  double grows = tally->grows / tally->loads;
  bool good = !stable || grows - 3 * error_of(0.05, tally->loads) <= 0.05;
  printf("%-44s start %5.1f grows %.3f +- %.3f", name, tally->start / tally->loads, grows,
         error_of(grows, tally->loads));
  for (size_t i = 0; i < FIGURES && stable; i++) {
    double held = tally->held[i] / tally->printed[i], low = tally->low_held[i] / tally->low[i];
    if (tally->printed[i] > 0)
      printf(", %s %.3f +- %.3f of %.2f", figures[i], held, error_of(held, tally->printed[i]),
             tally->printed[i] / tally->loads);
    if (tally->low[i] > tally->printed[i]) printf(" (lo %.3f of %.2f)", low, tally->low[i] / tally->loads);
    double missed = (tally->printed[i] - tally->held[i]) / tally->loads;
    good &= missed - 3 * error_of(0.07, tally->loads) <= 0.07;
    good &= tally->printed[i] < tally->loads / 2 || held + 3 * error_of(0.93, tally->printed[i]) >= 0.93;
  }
  printf("%s\n", good ? "" : "  MISSED");
  fflush(stdout);
  return good;
}

static bool simulate(const struct truth *truth, double rho, const struct plan *plan, int replications,
                     const double *true_values, gsl_rng *rng, bool *good) {
  double rate = rho * simulated_queue_capacity(&truth->queue);
  struct tally tally = {0};
  char name[80];
  snprintf(name, sizeof name, "%s, rho %g, %d x %g s", truth->name, rho, plan->repetitions, plan->duration_s);
  for (int i = 0; i < replications; i++) {
    struct load_data data = LOAD_DATA;
    struct results results = {.confidence = 0.95};
    for (int r = 0; r < plan->repetitions; r++)
      if (!simulated_queue_measure(&truth->queue, rate, plan->duration_s, LIMIT_S, rng, &data)) return false;
    if (loads_build(&data, &results, NULL)) return false;
    count(&results.loads[0], true_values, &tally);
    results_free(&results);
    load_free(&data);
  }
  *good &= report(name, rho < 1, &tally);
  return true;
}

static bool simulate_plans(const struct truth *truth, double rho, int replications, gsl_rng *rng,
                           bool *good) {
  static const double levels[] = {0.5, 0.95, 0.99};
  double rate = rho * simulated_queue_capacity(&truth->queue), true_values[FIGURES] = {NAN, NAN, NAN, NAN};
  if (rho < 1 && !simulated_queue_truth(&truth->queue, rate, LONG_RUN, rng, levels, 3, true_values, LIMIT_S,
                                        &true_values[3]))
    return false;
  for (size_t p = 0; p < COUNT_OF(PLANS); p++)
    if (!simulate(truth, rho, &PLANS[p], replications, true_values, rng, good)) return false;
  return true;
}

int main(int argc, char **argv) {
  int replications = argc > 1 ? atoi(argv[1]) : 1000;
  bool good = true;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  stat_init();
  for (size_t t = 0; t < COUNT_OF(TRUTHS) && rng; t++) {
    if (argc > 2 && !strstr(TRUTHS[t].name, argv[2])) continue;
    gsl_rng_set(rng, (argc > 3 ? strtoul(argv[3], NULL, 10) : 0) + t + 1);
    for (size_t l = 0; l < COUNT_OF(LOADS); l++)
      if (!simulate_plans(&TRUTHS[t], LOADS[l], replications, rng, &good)) return 1;
  }
  gsl_rng_free(rng);
  return good ? 0 : 1;
}
