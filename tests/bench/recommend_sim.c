// SPDX-License-Identifier: GPL-3.0-or-later
//
// Is a recommendation that is shown right? Simulated sweeps of known truth, the whole way behind the reader.
//
// recommend_sim [REPLICATIONS [TRUTHS [NOISES]]]: 1000 unless told; TRUTHS are letters of their names and
// NOISES digits, 1 the first: all unless told. One line a setting, each share with its standard error; a part
// of the settings gives the same lines as all of them. Wrong is a recommended level whose true throughput is
// more than the margin below that of the best tested one. Of all sweeps of a setting at most 5 % may be
// wrong, but for three standard errors; over all truths of one noise and number of replicates also of those
// shown. Exit 1 where more are, and where 1 % of noise, the same for all, leaves more than a tenth undecided.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/recommend.h"
#include "tests/unit/analyze/simulated.h"

// Critical values come from fewer draws than in earnest, with another seed every time.
#define MCB_SAMPLE 2000
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const int64_t LEVELS[] = {1, 2, 4, 8, 16, 24, 32, 48};
enum { LEVEL_COUNT = COUNT_OF(LEVELS), BATCH = 144 };

static const struct {
  const char *name;
  struct simulated_server server;
} TRUTHS[] = {
    {"C: peak at 40", {.n_star = 40, .peak = 240, .s = 0.3}},
    {"A: peak at 24", {.n_star = 24, .peak = 355, .s = 0.6}},
    {"B: peak at 24, flat", {.n_star = 24, .peak = 355, .s = 0.25}},
    {"E: peak at 60", {.n_star = 60, .peak = 240, .s = 0.3}},
    {"G: kinks of 15 %", {.n_star = 60, .peak = 240, .s = 0.6, .kink = 0.15}},
    {"P: plateau from 16", {.n_star = 40, .peak = 400, .s = 0.8, .plateau = 16}},
    {"K: cliff beyond 24", {.n_star = 40, .peak = 400, .s = 0.6, .cliff = 24}},
};

// How levels spread: all alike, more and more with their workers, less and less, or one ten times as much.
enum spread { ALIKE, RISING, FALLING, ONE_NOISY };

struct setting {
  const struct simulated_server *server;
  int64_t repeat;
  double sd;
  enum spread spread;
  bool managed, levels; // levels: with steady windows; else cells of a batch each
};

struct tally {
  size_t shown, wrong, cheapest, runs;
};

static double sd_of(const struct setting *setting, size_t level) {
  double along = (double)level / (LEVEL_COUNT - 1);
  if (setting->spread == RISING) return setting->sd * pow(10, along);
  if (setting->spread == FALLING) return setting->sd * pow(10, 1 - along);
  if (setting->spread == ONE_NOISY && LEVELS[level] == 24) return setting->sd * 10;
  return setting->sd;
}

static double best_tested(const struct simulated_server *server) {
  double best = 0;
  for (size_t i = 0; i < LEVEL_COUNT; i++)
    best = fmax(best, simulated_throughput(server, LEVELS[i]));
  return best;
}

static bool within_margin(const struct simulated_server *server, int64_t workers) {
  return simulated_throughput(server, workers) >= (1 - RECOMMEND_MARGIN) * best_tested(server);
}

static void count_result(const struct simulated_server *server, const struct results *results,
                         struct tally *tally) {
  const struct recommendation *chosen = &results->recommendation;
  tally->runs++;
  if (chosen->state != RECOMMENDATION_SHOWN) return;
  int64_t workers = results->cells[chosen->cell].workers, cheapest = 0;
  for (size_t i = LEVEL_COUNT; i-- > 0;)
    if (within_margin(server, LEVELS[i])) cheapest = LEVELS[i];
  tally->shown++;
  tally->wrong += !within_margin(server, workers);
  tally->cheapest += workers == cheapest;
}

static void run_once(const struct setting *setting, gsl_rng *rng, uint64_t seed, struct tally *tally) {
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  struct analysis_options options = {
      .confidence = 0.95, .scale = STAT_SCALE_LN, .seed = seed, .draws = MCB_SAMPLE};
  bool good = true;
  for (size_t i = 0; i < LEVEL_COUNT; i++) {
    struct simulated_cell cell = {.workers = LEVELS[i],
                                  .batch = setting->levels ? BATCH : LEVELS[i],
                                  .repeat = setting->repeat,
                                  .sd = sd_of(setting, i),
                                  .managed = setting->managed};
    good = good && simulated_measure(setting->server, &cell, rng, &data);
  }
  if (good && load_finish(&data, NULL) == STATUS_OK &&
      analysis_run(&data, &options, &results, NULL) == STATUS_OK)
    count_result(setting->server, &results, tally);
  results_free(&results);
  load_free(&data);
}

static double standard_error(double share, double count) {
  return sqrt(share * (1 - share) / count);
}

static void print_tally(const char *what, const struct tally *tally, const char *verdict) {
  double runs = (double)tally->runs, shown = tally->shown > 0 ? (double)tally->shown : NAN;
  double of_all = (double)tally->wrong / runs, of_shown = (double)tally->wrong / shown;
  printf("%-46s shown %.3f, cheapest %.3f, wrong %.4f +- %.4f of all and %.4f +- %.4f of shown%s\n", what,
         (double)tally->shown / runs, (double)tally->cheapest / shown, of_all, standard_error(of_all, runs),
         of_shown, standard_error(of_shown, shown), verdict);
  fflush(stdout);
}

// At most 5 %, but for three standard errors.
static bool few_wrong(size_t wrong, size_t of) {
  return (double)wrong <= 0.05 * (double)of + 3 * sqrt(0.05 * 0.95 * (double)of);
}

static const struct {
  const char *name;
  double sd;
  enum spread spread;
} NOISES[] = {{"sd 1 %", 0.01, ALIKE},         {"sd 3 %", 0.03, ALIKE},
              {"sd 10 %", 0.10, ALIKE},        {"sd 1 to 10 %", 0.01, RISING},
              {"sd 10 to 1 %", 0.01, FALLING}, {"sd 1 %, of 24: 10 %", 0.01, ONE_NOISY}};

// What is compared: levels of a server that stays, levels of one that is restarted for each batch, or cells.
enum { LEVELS_STAYING, LEVELS_RESTARTED, CELLS, WAYS };
static const char *const way_names[WAYS] = {"levels", "restarts", "cells"};

static const int64_t REPEATS[] = {3, 5};

// The parts that were asked for, and their sums over truths.
struct simulation {
  size_t replications;
  const char *truths, *noises; // NULL: all
  gsl_rng *rng;
  struct tally sums[COUNT_OF(NOISES)][COUNT_OF(REPEATS)];
  size_t missed;
};

static void add_tally(struct tally *sum, const struct tally *tally) {
  *sum = (struct tally){sum->shown + tally->shown, sum->wrong + tally->wrong, sum->cheapest + tally->cheapest,
                        sum->runs + tally->runs};
}

static void simulate_setting(struct simulation *simulation, size_t truth, int way, size_t noise,
                             size_t repeat) {
  struct setting setting = {.server = &TRUTHS[truth].server,
                            .repeat = REPEATS[repeat],
                            .sd = NOISES[noise].sd,
                            .spread = NOISES[noise].spread,
                            .managed = way == LEVELS_RESTARTED,
                            .levels = way != CELLS};
  struct tally tally = {0};
  char what[96];
  gsl_rng_set(simulation->rng, 1 + truth + 10 * (unsigned long)way + 100 * noise + 1000 * repeat);
  for (size_t run = 0; run < simulation->replications; run++)
    run_once(&setting, simulation->rng, run + 1, &tally);
  bool good = tally.runs == simulation->replications && few_wrong(tally.wrong, tally.runs);
  snprintf(what, sizeof what, "%s, %s, r %d, %s", TRUTHS[truth].name, way_names[way], (int)REPEATS[repeat],
           NOISES[noise].name);
  print_tally(what, &tally, good ? "" : "  MISSED");
  simulation->missed += !good;
  add_tally(&simulation->sums[noise][repeat], &tally);
}

static void simulate_noise(struct simulation *simulation, size_t noise) {
  if (simulation->noises && !strchr(simulation->noises, '1' + (int)noise)) return;
  for (size_t truth = 0; truth < COUNT_OF(TRUTHS); truth++) {
    if (simulation->truths && !strchr(simulation->truths, TRUTHS[truth].name[0])) continue;
    for (int way = 0; way < (truth == 0 ? WAYS : CELLS); way++) {
      for (size_t repeat = 0; repeat < COUNT_OF(REPEATS); repeat++)
        simulate_setting(simulation, truth, way, noise, repeat);
    }
  }
  for (size_t repeat = 0; repeat < COUNT_OF(REPEATS); repeat++) {
    const struct tally *sum = &simulation->sums[noise][repeat];
    bool good = few_wrong(sum->wrong, sum->shown) && (noise > 0 || sum->shown * 10 >= sum->runs * 9);
    char what[96];
    snprintf(what, sizeof what, "all truths, r %d, %s", (int)REPEATS[repeat], NOISES[noise].name);
    print_tally(what, sum, good ? "" : "  MISSED");
    simulation->missed += !good;
  }
}

int main(int argc, char **argv) {
  struct simulation simulation = {.replications = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000,
                                  .truths = argc > 2 ? argv[2] : NULL,
                                  .noises = argc > 3 ? argv[3] : NULL};
  if (simulation.replications == 0 || argc > 4) {
    fprintf(stderr, "usage: recommend_sim [REPLICATIONS [TRUTHS [NOISES]]]\n");
    return 2;
  }
  stat_init();
  simulation.rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!simulation.rng) return 1;
  for (size_t noise = 0; noise < COUNT_OF(NOISES); noise++)
    simulate_noise(&simulation, noise);
  gsl_rng_free(simulation.rng);
  printf("%zu sweeps each, %zu missed\n", simulation.replications, simulation.missed);
  return simulation.missed ? 1 : 0;
}
