// SPDX-License-Identifier: GPL-3.0-or-later
//
// Does a search for the highest rate within a limit end, with a bracket that holds the truth? Simulated
// queues are measured as the suggestions say until there are none.
//
// edge_sim [SEARCHES [-v]]: 1000 of each truth unless told; with -v what is suggested and found. A server of
// several slots serves Poisson arrivals in their order; a request's first token comes when a slot is free.
// The true edge, where the p95 of that wait meets the limit, comes from one long simulation at each rate.
// One line a truth: the share of brackets [passes, fails] that hold the edge, with its standard error, their
// mean ratio, and batches per decade of rates. Exit 1 where fewer than 95 % hold it but for three standard
// errors, where more than 12 batches per decade are needed, or where a search does not end.
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/analysis.h"
#include "analyze/judge/suggest_rates.h"
#include "lib/base/clock.h"

enum { ROUNDS = 30, A_ROUND = 3, SLOTS_MAX = 32, LONG_RUN = 2000000 };
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define LIMIT_S 0.5
#define FIRST_TOKEN_S 0.05

// Slots, the mean of a service and its coefficient of variation, seconds of a repetition.
struct truth {
  const char *name;
  size_t slots;
  double service_s, cv, duration_s;
  int64_t repeat; // of the first rates
};
static const struct truth TRUTHS[] = {
    {"1 slot, exponential", 1, 0.1, 1, 240, 3},       {"16 slots, lognormal .5", 16, 1, 0.5, 120, 3},
    {"16 slots, lognormal 1.5", 16, 1, 1.5, 240, 3},  {"4 slots, regular", 4, 0.5, 0.1, 120, 3},
    {"4 slots, regular, r = 5", 4, 0.5, 0.1, 120, 5}, {"16 slots, r = 5", 16, 1, 0.5, 120, 5},
};

static double service(const struct truth *truth, gsl_rng *rng) {
  double sigma = sqrt(log1p(truth->cv * truth->cv));
  return truth->service_s * exp(gsl_ran_gaussian(rng, sigma) - sigma * sigma / 2);
}

// One arrival after the other: it waits for the slot that is free first.
struct server {
  double free_s[SLOTS_MAX], now_s;
};

static double next_ttft(const struct truth *truth, double rate, gsl_rng *rng, struct server *server,
                        double *done_s) {
  size_t first = 0;
  server->now_s += gsl_ran_exponential(rng, 1 / rate);
  for (size_t i = 1; i < truth->slots; i++) {
    if (server->free_s[i] < server->free_s[first]) first = i;
  }
  double start = fmax(server->now_s, server->free_s[first]);
  *done_s = server->free_s[first] = start + service(truth, rng);
  return start - server->now_s + FIRST_TOKEN_S * exp(gsl_ran_gaussian(rng, 0.1));
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static double true_p95(const struct truth *truth, double rate, gsl_rng *rng, double *scratch) {
  struct server server = {0};
  double done;
  for (int i = 0; i < LONG_RUN / 10; i++)
    next_ttft(truth, rate, rng, &server, &done);
  for (int i = 0; i < LONG_RUN; i++)
    scratch[i] = next_ttft(truth, rate, rng, &server, &done);
  qsort(scratch, LONG_RUN, sizeof *scratch, ascending);
  return scratch[(size_t)(0.95 * LONG_RUN)];
}

static double true_edge(const struct truth *truth, gsl_rng *rng) {
  double *scratch = malloc(LONG_RUN * sizeof *scratch);
  double capacity = (double)truth->slots / truth->service_s, low = 0.05 * capacity, high = 0.999 * capacity;
  for (int i = 0; i < 9 && scratch; i++) {
    double middle = (low + high) / 2;
    if (true_p95(truth, middle, rng, scratch) > LIMIT_S)
      high = middle;
    else
      low = middle;
  }
  free(scratch);
  return (low + high) / 2;
}

struct search {
  const struct truth *truth;
  struct load_data data;
  struct results results;
  int batches, rounds;
  double lowest, highest;
};

static bool repetition(struct search *search, double rate, gsl_rng *rng) {
  const struct truth *truth = search->truth;
  struct load_data *data = &search->data;
  struct load_open *grown = realloc(data->open, (data->open_count + 1) * sizeof *grown);
  if (!grown) return false;
  data->open = grown;
  data->open_room = data->open_count + 1;
  struct load_open *open = &data->open[data->open_count++];
  *open = (struct load_open){.rate = rate,
                             .speed = NAN,
                             .in_flight = rate * truth->service_s,
                             .total_s = truth->duration_s,
                             .tokens = -1,
                             .input_tokens = -1,
                             .good = -1};
  struct server server = {0};
  for (;;) {
    double done, ttft = next_ttft(truth, rate, rng, &server, &done);
    if (server.now_s > truth->duration_s) return true;
    open->requests++;
    open->served += done <= truth->duration_s;
    queue_add(&open->queue, server.now_s, truth->duration_s, done - server.now_s);
    if (times_add(&open->times.of[LOAD_TTFT], clock_ns(ttft))) return false;
  }
}

static bool measure(struct search *search, double rate, int64_t repeat, gsl_rng *rng) {
  for (int64_t r = 0; r < repeat; r++) {
    if (!repetition(search, rate, rng)) return false;
  }
  search->batches += (int)repeat;
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
  if (!measure(search, start, search->truth->repeat, rng)) return false;
  for (search->rounds = 0; search->rounds < ROUNDS; search->rounds++) {
    struct suggest_cell cells[A_ROUND];
    if (!analyse(search)) return false;
    size_t count = suggest_next(&search->results, A_ROUND, cells);
    if (count == 0) return true;
    for (size_t i = 0; i < count; i++) {
      if (verbose)
        printf("    %d: %g/s r %lld: %s\n", search->rounds, cells[i].rate, (long long)cells[i].repeat,
               cells[i].why);
      if (!measure(search, cells[i].rate, cells[i].repeat, rng)) return false;
    }
  }
  return false;
}

struct tally {
  int searches, held, endless, no_bracket;
  double ratio, batches, decades;
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
  tally->decades += log10(search.highest / search.lowest);
  if (verbose)
    printf("%g: [%g, %g] of %g, %d batches in %d rounds\n", start, passes, fails, edge, search.batches,
           search.rounds);
  results_free(&search.results);
  load_free(&search.data);
}

int main(int argc, char **argv) {
  int searches = argc > 1 ? atoi(argv[1]) : 1000;
  bool verbose = argc > 2, good = true;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  stat_init();
  for (size_t t = 0; t < COUNT_OF(TRUTHS) && rng; t++) {
    struct tally tally = {0};
    gsl_rng_set(rng, t + 1);
    double edge = true_edge(&TRUTHS[t], rng);
    for (int i = 0; i < searches; i++)
      search_one(&TRUTHS[t], edge, verbose, rng, &tally);
    double held = (double)tally.held / searches, error = sqrt(held * (1 - held) / searches);
    double bracketed = searches - tally.no_bracket;
    printf("%-24s edge %6.2f/s: in the bracket %.3f +- %.3f, mean ratio %.3f, %.1f batches a search (%.1f a "
           "decade), without a bound %d, endless %d\n",
           TRUTHS[t].name, edge, held, error, exp(tally.ratio / bracketed), tally.batches / searches,
           tally.batches / tally.decades, tally.no_bracket, tally.endless);
    good &= held + 3 * error >= 0.95 && tally.endless == 0;
  }
  gsl_rng_free(rng);
  return good ? 0 : 1;
}
