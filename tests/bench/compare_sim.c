// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two runs against one another, of servers that are equally fast: how often is one called faster or slower,
// or a cell named? compare_sim [REPLICATIONS]; exit code 1 where a share is above its limit.
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/stat/compare.h"
#include "analyze/stat/stat.h"

enum { CELLS = 6, BLOCKS = 4 };

struct scenario {
  const char *name;
  double session_sd; // between lives of a server, one for each run
  double noise;      // between batches
  double allowance;  // sd of a life that is allowed for
  double limit;      // of the share of false verdicts; 1: none, shown for comparison
};

static const struct scenario scenarios[] = {
    {"lives differ by 2 %, not allowed for", 0.02, 0.01, 0, 1},
    {"lives differ by 2 %, 2 % allowed for", 0.02, 0.01, 0.02, 0.05},
    {"lives differ by 3 %, 2 % allowed for", 0.03, 0.01, 0.02, 1},
    {"equal lives, nothing allowed for", 0, 0.03, 0, 0.05},
};

struct shares {
  int verdicts, extremes, uneven;
};

static void draw(gsl_rng *rng, const struct scenario *scenario, double *values) {
  double life = gsl_ran_gaussian(rng, scenario->session_sd);
  for (int i = 0; i < BLOCKS * CELLS; i++)
    values[i] = 100 * (1 + i % CELLS) * exp(life + gsl_ran_gaussian(rng, scenario->noise));
}

static void compare_once(gsl_rng *rng, const struct scenario *scenario, struct shares *shares) {
  double values[2][BLOCKS * CELLS], column[2][BLOCKS];
  struct compare_options options = {0.95, 0.05, 2 * scenario->allowance * scenario->allowance};
  struct compare all, cells[CELLS];
  draw(rng, scenario, values[0]);
  draw(rng, scenario, values[1]);
  if (compare_overall(values[0], BLOCKS, values[1], BLOCKS, CELLS, &options, &all, NULL, NULL)) return;
  for (int c = 0; c < CELLS; c++) {
    for (int b = 0; b < BLOCKS; b++) {
      column[0][b] = values[0][b * CELLS + c];
      column[1][b] = values[1][b * CELLS + c];
    }
    if (compare_cell((struct ci_sample){column[0], BLOCKS}, (struct ci_sample){column[1], BLOCKS}, &options,
                     &cells[c], NULL))
      return;
  }
  shares->verdicts += all.verdict == COMPARE_FASTER || all.verdict == COMPARE_SLOWER;
  shares->extremes +=
      compare_extreme(cells, CELLS, -1, 1, 0.95) < CELLS || compare_extreme(cells, CELLS, 1, 1, 0.95) < CELLS;
  shares->uneven += compare_heterogeneity(cells, CELLS) < 0.05;
}

int main(int argc, char **argv) {
  int replications = argc > 1 ? atoi(argv[1]) : 2000, bad = 0;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!rng || replications < 1) return 1;
  stat_init();
  printf("%-40s %16s %12s %12s\n", "two equal servers", "faster or slower", "cell named", "uneven");
  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
    struct shares shares = {0};
    for (int r = 0; r < replications; r++)
      compare_once(rng, &scenarios[i], &shares);
    double n = replications, error = sqrt(0.05 * 0.95 / n);
    double verdicts = shares.verdicts / n, extremes = shares.extremes / n, uneven = shares.uneven / n;
    double limit = scenarios[i].limit + (scenarios[i].limit < 1 ? 2 * error : 0);
    bool missed = verdicts > limit || extremes > limit || (scenarios[i].limit < 1 && uneven > limit);
    bad |= missed;
    printf("%-40s %16.3f %12.3f %12.3f%s\n", scenarios[i].name, verdicts, extremes, uneven,
           missed ? "  MISSED" : "");
  }
  printf("standard error of a share of 0.05: %.4f\n", sqrt(0.05 * 0.95 / replications));
  gsl_rng_free(rng);
  return bad;
}
