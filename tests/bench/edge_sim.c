// SPDX-License-Identifier: GPL-3.0-or-later
//
// Does a search for the highest rate within a limit end, with a bracket that holds the truth? Simulated
// queues are measured as the suggestions say until there are none.
//
// edge_sim [SEARCHES [SEED [-v]]]: 1000 of each truth unless told; with -v what is suggested and found. A
// server of several slots serves Poisson arrivals in their order; a request's first token comes when a slot
// is free. The true edge, where the p95 of that wait meets the limit, comes from one long simulation at each
// rate. One line a truth: the share of brackets [passes, fails] that hold the edge, with its standard error,
// their mean ratio, the same of the interval of the edge, and what was measured: batches, per decade of rates
// too, and for how long, in repetitions of the first rate. Exit 1 where fewer than 95 % of brackets hold it
// but for three standard errors, where a search takes more than 12 batches beyond those of its first rate, or
// where it does not end.
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/analysis.h"
#include "analyze/judge/suggest_rates.h"
#include "tests/unit/analyze/simulated_queue.h"

enum { ROUNDS = 30, A_ROUND = 3, LONG_RUN = 2000000 };
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define LIMIT_S 0.5

static const struct truth {
  const char *name;
  struct simulated_queue queue;
  double duration_s; // of a repetition
  int64_t repeat;    // of the first rate
} TRUTHS[] = {
    {"1 slot, exponential", {1, 0.1, 1, false}, 240, 3},
    {"16 slots, lognormal .5", {16, 1, 0.5, false}, 120, 3},
    {"16 slots, lognormal 1.5", {16, 1, 1.5, false}, 240, 3},
    {"4 slots, regular", {4, 0.5, 0.1, false}, 120, 3},
    {"4 slots, regular, r = 5", {4, 0.5, 0.1, false}, 120, 5},
    {"16 slots, r = 5", {16, 1, 0.5, false}, 120, 5},
    {"batches of 16", {16, 0.25, 0.3, true}, 120, 3},
};

static double true_edge(const struct truth *truth, gsl_rng *rng) {
  double capacity = simulated_queue_capacity(&truth->queue), low = 0.05 * capacity, high = 0.999 * capacity;
  for (int i = 0; i < 10; i++) {
    double middle = (low + high) / 2, share;
    if (!simulated_queue_truth(&truth->queue, middle, LONG_RUN, rng, NULL, 0, NULL, LIMIT_S, &share)) exit(1);
    *(share < 0.95 ? &high : &low) = middle;
  }
  return (low + high) / 2;
}

struct search {
  const struct truth *truth;
  struct load_data data;
  struct results results;
  int batches, rounds;
  double lowest, highest, measured_s;
};

static bool measure(struct search *search, const struct suggest_cell *cell, gsl_rng *rng) {
  const struct truth *truth = search->truth;
  double rate = cell->rate, duration_s = cell->duration_s > 0 ? cell->duration_s : truth->duration_s;
  for (int64_t r = 0; r < cell->repeat; r++) {
    if (!simulated_queue_measure(&truth->queue, rate, duration_s, LIMIT_S, rng, &search->data)) return false;
  }
  search->batches += (int)cell->repeat;
  search->measured_s += (double)cell->repeat * duration_s;
  search->lowest = fmin(search->lowest, rate);
  search->highest = fmax(search->highest, rate);
  return true;
}

static bool analyse(struct search *search) {
  struct slo slo = SLO_NONE;
  struct analysis_options options = {.confidence = 0.95, .scale = STAT_SCALE_LN, .slo = &slo, .draws = 1000};
  if (slo_parse("ttft_p95=0.5s", &slo, NULL)) return false;
  results_free(&search->results);
  return analysis_run(&search->data, &options, &search->results, NULL) == STATUS_OK;
}

// False where it does not end.
static bool follow(struct search *search, double start, gsl_rng *rng, bool verbose) {
  if (!measure(search, &(struct suggest_cell){.rate = start, .repeat = search->truth->repeat}, rng))
    return false;
  for (search->rounds = 0; search->rounds < ROUNDS; search->rounds++) {
    struct suggest_cell cells[A_ROUND];
    if (!analyse(search)) return false;
    size_t count = suggest_next(&search->results, A_ROUND, cells);
    if (count == 0) return true;
    for (size_t i = 0; i < count; i++) {
      if (verbose)
        printf("    %d: %g/s r %lld of %g s: %s\n", search->rounds, cells[i].rate, (long long)cells[i].repeat,
               cells[i].duration_s, cells[i].why);
      if (!measure(search, &cells[i], rng)) return false;
    }
  }
  return false;
}

struct tally {
  int searches, held, endless, no_bracket;
  double ratio, batches, decades, measured, intervals, inside, width;
};

static void search_one(const struct truth *truth, double edge, bool verbose, gsl_rng *rng,
                       struct tally *tally) {
  struct search search = {.truth = truth, .data = LOAD_DATA, .lowest = INFINITY};
  // Somebody who does not know begins anywhere between a tenth of it and twice.
  double start = edge * exp(gsl_ran_flat(rng, log(0.1), log(2)));
  bool ended = follow(&search, start, rng, verbose);
  double passes = results_edge_load(&search.results, search.results.slo_edge.passes),
         fails = results_edge_load(&search.results, search.results.slo_edge.fails);
  tally->searches++;
  tally->endless += !ended;
  tally->no_bracket += isnan(passes) || isnan(fails);
  tally->held += !(passes > edge) && !(fails < edge);
  if (fails > passes) tally->ratio += log(fails / passes);
  tally->batches += search.batches;
  struct estimate interval = search.results.slo_edge.crossing;
  if (interval.hi > 0) {
    tally->intervals++;
    tally->inside += interval.lo <= edge && edge <= interval.hi;
    tally->width += log(interval.hi / interval.lo);
  }
  tally->measured += search.measured_s / truth->duration_s;
  tally->decades += log10(search.highest / search.lowest);
  if (verbose)
    printf("%g: [%g, %g] of %g, %d batches in %d rounds\n", start, passes, fails, edge, search.batches,
           search.rounds);
  results_free(&search.results);
  load_free(&search.data);
}

int main(int argc, char **argv) {
  int searches = argc > 1 ? atoi(argv[1]) : 1000;
  unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
  bool verbose = argc > 3, good = true;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  stat_init();
  for (size_t t = 0; t < COUNT_OF(TRUTHS) && rng; t++) {
    struct tally tally = {0};
    gsl_rng_set(rng, t + 1);
    double edge = true_edge(&TRUTHS[t], rng);
    gsl_rng_set(rng, 1000 * seed + t + 1);
    for (int i = 0; i < searches; i++)
      search_one(&TRUTHS[t], edge, verbose, rng, &tally);
    double held = (double)tally.held / searches, error = sqrt(held * (1 - held) / searches);
    double bracketed = searches - tally.no_bracket;
    printf(
        "%-24s edge %6.2f/s: in the bracket %.3f +- %.3f, mean ratio %.3f; in the interval %.3f, ratio %.3f; "
        "%.1f batches a search (%.1f a decade), as long as %.1f; without a bound %d, endless %d\n",
        TRUTHS[t].name, edge, held, error, exp(tally.ratio / bracketed), tally.inside / tally.intervals,
        exp(tally.width / tally.intervals), tally.batches / searches, tally.batches / tally.decades,
        tally.measured / searches, tally.no_bracket, tally.endless);
    fflush(stdout);
    good &= held + 3 * error >= 0.95 && tally.endless == 0;
    good &= tally.batches / searches <= 12 + (double)TRUTHS[t].repeat;
  }
  gsl_rng_free(rng);
  return good ? 0 : 1;
}
