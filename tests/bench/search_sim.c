// SPDX-License-Identifier: GPL-3.0-or-later
//
// Does following --suggest find the level to choose, and with how few batches? Simulated servers of known
// truth are measured as the suggestions say until there are none.
//
// search_sim [TRUTHS [FIRST [-v]]]: 200 truths from number 1 on unless told; with -v what is suggested and
// found. A number gives the same truth and noise always. Regret is how far the level in the end lies below
// the best of all numbers of workers, or of those before a cliff: beyond one nothing is searched for. A full
// grid is 16 levels three times, and a search starts with 1, 4 and 16 workers twice. Exit 1 where regret is
// above 3 % in more than 3 % of the searches, batches are more than a third of the grid's on average, a
// failed level is started twice, or a search does not end.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/recommend.h"
#include "analyze/judge/suggest.h"
#include "tests/unit/analyze/simulated.h"

enum { GRID = 48, MOST_WORKERS = 1024, ROUNDS = 40, A_ROUND = 3 };
static const int64_t START[] = {1, 4, 16};
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

struct search {
  struct simulated_server server;
  double sd;
  struct load_data data;
  struct results results;
  int batches, rounds, restarts; // restarts: of levels that were known to fail
  int64_t block;
};

static bool measure(struct search *search, int64_t workers, int64_t batch, int64_t repeat, gsl_rng *rng) {
  struct simulated_cell cell = {.workers = workers, .batch = batch, .repeat = repeat, .sd = search->sd};
  cell.block = search->block;
  if (cell.block > 0 && !(simulated_throughput(&search->server, workers) > 0)) {
    for (size_t i = 0; i < search->data.cell_count; i++)
      search->restarts += search->data.cells[i].workers == workers;
  }
  search->batches += (int)repeat;
  return simulated_measure(&search->server, &cell, rng, &search->data);
}

static bool analyse(struct search *search, uint64_t seed) {
  struct analysis_options options = {
      .confidence = 0.95, .scale = STAT_SCALE_LN, .seed = seed, .draws = 20000};
  results_free(&search->results);
  return load_finish(&search->data, NULL) == STATUS_OK &&
         analysis_run(&search->data, &options, &search->results, NULL) == STATUS_OK;
}

// False where it does not end.
static bool follow(struct search *search, gsl_rng *rng, bool verbose) {
  int64_t repeat = 2, batch = 3 * START[COUNT_OF(START) - 1];
  for (size_t i = 0; i < COUNT_OF(START); i++) {
    if (!measure(search, START[i], batch, repeat, rng)) return false;
  }
  for (search->rounds = 0; search->rounds < ROUNDS; search->rounds++) {
    struct suggest_cell cells[A_ROUND];
    search->block += 100;
    if (!analyse(search, (uint64_t)search->rounds + 1)) return false;
    size_t count = suggest_next(&search->results, A_ROUND, cells);
    if (count == 0) return true;
    for (size_t i = 0; i < count; i++) {
      if (verbose)
        printf("    %d: %lldx%lld r %lld: %s\n", search->rounds, (long long)cells[i].workers,
               (long long)cells[i].batch, (long long)cells[i].repeat, cells[i].why);
      if (!measure(search, cells[i].workers, cells[i].batch, cells[i].repeat, rng)) return false;
    }
  }
  return false;
}

static double between(gsl_rng *rng, double low, double high) {
  return low + (high - low) * gsl_rng_uniform(rng);
}

// A third has a cliff or fails beyond a limit, another third has kinks.
static struct simulated_server draw_server(gsl_rng *rng, unsigned long number) {
  struct simulated_server server = {
      .n_star = exp(between(rng, log(4), log(150))), .peak = 1000, .s = between(rng, 0.1, 0.9)};
  int64_t edge = (int64_t)exp(between(rng, log(3), log(100)));
  if (number % 6 == 0) server.cliff = edge;
  if (number % 6 == 3) server.limit = edge;
  if (number % 3 == 1) server.kink = between(rng, 0.02, 0.15);
  return server;
}

static double best_of_all(const struct simulated_server *server) {
  double best = 0;
  int64_t last = server->cliff > 0 ? server->cliff : MOST_WORKERS;
  for (int64_t w = 1; w <= last; w++)
    best = fmax(best, simulated_throughput(server, w));
  return best;
}

struct tally {
  int rounds, searches, poor, endless, restarts, shown;
  double batches, regret;
};

static void search_one(unsigned long number, double sd, bool verbose, gsl_rng *rng, struct tally *tally) {
  struct search search = {.data = LOAD_DATA, .sd = sd};
  gsl_rng_set(rng, number);
  search.server = draw_server(rng, number);
  bool ended = follow(&search, rng, verbose);
  int64_t workers =
      search.results.best.exists ? search.results.cells[search.results.best.recommended].workers : 0;
  double found = workers > 0 ? simulated_throughput(&search.server, workers) : 0;
  double regret = fmax(0, 1 - found / best_of_all(&search.server)); // beyond a cliff there may be more
  tally->searches++;
  tally->rounds += search.rounds;
  tally->poor += regret > RECOMMEND_MARGIN;
  tally->endless += !ended;
  tally->restarts += search.restarts;
  tally->shown += search.results.recommendation.state == RECOMMENDATION_SHOWN;
  tally->batches += search.batches;
  tally->regret += regret;
  if (verbose) {
    printf("%3lu peak %5.1f s %.2f kink %.2f cliff %3lld limit %3lld: %s %4lld, regret %.4f, %d batches in "
           "%d rounds%s%s\n",
           number, search.server.n_star, search.server.s, search.server.kink, (long long)search.server.cliff,
           (long long)search.server.limit, recommendation_state_names[search.results.recommendation.state],
           (long long)workers, regret, search.batches, search.rounds, ended ? "" : ", no end",
           search.restarts ? ", a failed level again" : "");
  }
  results_free(&search.results);
  load_free(&search.data);
}

int main(int argc, char **argv) {
  unsigned long truths = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
  unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
  bool verbose = argc > 3 && strcmp(argv[3], "-v") == 0, missed = false;
  static const double noises[] = {0.005, 0.01, 0.02};
  stat_init();
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!rng || truths == 0 || first == 0) return 2;
  for (size_t i = 0; i < COUNT_OF(noises); i++) {
    struct tally tally = {0};
    for (unsigned long number = first; number < first + truths; number++)
      search_one(number, noises[i], verbose, rng, &tally);
    double n = tally.searches;
    bool good =
        tally.poor <= 0.03 * n && tally.batches <= GRID * n / 3 && tally.restarts == 0 && tally.endless == 0;
    printf("search, sd %.1f %%: regret above 3 %% in %.3f, mean %.4f; %.1f batches of the grid's %d, %.1f "
           "rounds; shown in "
           "%.3f; failed levels started again: %d; without end: %d%s\n",
           100 * noises[i], tally.poor / n, tally.regret / n, tally.batches / n, GRID, tally.rounds / n,
           tally.shown / n, tally.restarts, tally.endless, good ? "" : "  MISSED");
    missed |= !good;
  }
  gsl_rng_free(rng);
  return missed ? 1 : 0;
}
