// SPDX-License-Identifier: GPL-3.0-or-later
//
// The worlds of interval_sim, and what is claimed in each.
#ifndef TESTS_BENCH_INTERVAL_SIM_H
#define TESTS_BENCH_INTERVAL_SIM_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_LEVELS 12
#define MAX_SIZES 8

enum shape { USL, FLAT, TANH, SMOOTH_MINIMUM, HILL, FALL, DROP, PROPORTIONAL, KINKS, TILES };

// Throughput against requests in flight. USL has its peak of 300 at `peak`; SMOOTH_MINIMUM has the power
// `power`, HILL the exponent `power`; FALL loses the share `power` with each doubling; DROP keeps the share
// `power` beyond `peak`. KINKS is a USL whose step takes the share `power` longer beyond each of 8, 16 and 32
// requests, TILES one whose step takes as long as with the next multiple of `power` requests.
struct truth {
  enum shape shape;
  double peak, power;
};

// What is measured, and how it spreads: standard deviations of ln throughput.
struct world {
  struct truth truth;
  double levels[MAX_LEVELS]; // workers, ascending; 0 ends
  double sizes[MAX_SIZES];   // batches, as multiples of the workers; 0 ends. `single`: batches, up to the
  bool single;               // workers: single waves
  int runs, blocks;          // runs: files of a server that is not managed
  bool managed, restart_by_level, table;
  bool all_models; // else USL alone
  bool steady;     // batches have windows
  double run_sd, block_sd, session_sd, batch_sd;
  double drift;       // of ln throughput, from first to last
  double correlation; // of one batch's noise with the next one's
};

enum claim {
  CLAIM_CELLS,  // intervals of cells hold the truth
  CLAIM_STEADY, // those of levels' steady throughput do
  CLAIM_HEIGHT, // the interval of X* does
  CLAIM_PLACE,  // the interval of n* does, of a curve that is the true one
  CLAIM_WRONG,  // a range of n* that allows for misfit is printed and does not hold the truth; of all sweeps
  CLAIM_SET,    // the best set holds the best
  CLAIM_BOUND,  // the best is not further above the highest than said
  CLAIM_ESTABLISHED, // an optimum; false where there is none
  CLAIM_CLIFF,       // false
  CLAIM_COLD,        // false: of cells
  CLAIM_DRIFT,       // false
  CLAIM_SHOWN,       // a recommendation that is shown
  CLAIM_GROUP_SD,    // the interval of what restarts or runs spread by holds it
  CLAIM_BATCH_SD,    // that of batches within them does
  CLAIM_ADVICE,      // more time is spent on the larger of the two
  CLAIM_COUNT,
};

static const char *const claim_names[CLAIM_COUNT] = {
    "cells covered", "levels covered", "X* covered",       "n* covered",       "n* wrong",
    "best in set",   "bound holds",    "optimum claimed",  "cliff claimed",    "cold claimed",
    "drift claimed", "recommended",    "group sd covered", "batch sd covered", "right advice"};

struct scenario {
  const char *name;
  struct world world;
  struct {
    enum claim claim;
    double lowest, highest;
  } claims[4];
  size_t claim_count;
};

#define LEVELS                                                                                               \
  { 1, 2, 4, 8, 16, 24, 32, 48 }
#define MANY                                                                                                 \
  { 1, 2, 4, 8, 12, 16, 24, 32, 40, 48 }

#define RISING .truth = {USL, 24, 0}, .levels = LEVELS

// clang-format off
static const struct scenario SCENARIOS[] = {
    {"equal, r 3",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.02}, {{CLAIM_CELLS, 0.93, 0.97}}, 1},
    {"blocks 5 %, r 3",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 3, .block_sd = 0.05, .batch_sd = 0.01},
     {{CLAIM_CELLS, 0.93, 0.97}}, 1},
    {"blocks 5 %, r 5",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 5, .block_sd = 0.05, .batch_sd = 0.01},
     {{CLAIM_CELLS, 0.93, 0.97}}, 1},
    {"blocks 5 %, sessions 1 %, r 3",
     {RISING, .sizes = {4, 8}, .runs = 1, .blocks = 3, .managed = true, .block_sd = 0.05,
      .session_sd = 0.01, .batch_sd = 0.01},
     {{CLAIM_CELLS, 0.93, 0.97}}, 1},
    {"blocks 5 %, steady levels, r 3",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 3, .steady = true, .block_sd = 0.05, .batch_sd = 0.01},
     {{CLAIM_STEADY, 0.93, 0.97}}, 1},
    {"blocks 5 %, steady levels, r 5",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 5, .steady = true, .block_sd = 0.05, .batch_sd = 0.01},
     {{CLAIM_STEADY, 0.93, 0.97}}, 1},
    {"equal, steady levels, r 3",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 3, .steady = true, .batch_sd = 0.02},
     {{CLAIM_STEADY, 0.93, 0.97}}, 1},
    {"3 runs 2 %, steady levels, r 3",
     {RISING, .sizes = {4}, .runs = 3, .blocks = 3, .steady = true, .run_sd = 0.02, .batch_sd = 0.01},
     {{CLAIM_STEADY, 0.93, 0.97}}, 1},
    {"2 runs 2 %, r 3",
     {RISING, .sizes = {4}, .runs = 2, .blocks = 3, .run_sd = 0.02, .batch_sd = 0.01},
     {{CLAIM_CELLS, 0.93, 0.97}, {CLAIM_HEIGHT, 0.93, 0.97}}, 2},
    {"3 runs 2 %, r 3",
     {RISING, .sizes = {4}, .runs = 3, .blocks = 3, .run_sd = 0.02, .batch_sd = 0.01},
     {{CLAIM_CELLS, 0.93, 0.97}, {CLAIM_HEIGHT, 0.93, 0.97}}, 2},
    {"5 runs 2 %, r 3",
     {RISING, .sizes = {4}, .runs = 5, .blocks = 3, .run_sd = 0.02, .batch_sd = 0.01},
     {{CLAIM_CELLS, 0.93, 0.97}, {CLAIM_HEIGHT, 0.93, 0.97}}, 2},
    {"single waves, sessions 2 %, r 3",
     {.truth = {USL, 24, 0}, .levels = {16, 32, 48}, .sizes = {2, 4, 8, 16, 32, 48}, .single = true, .runs = 1,
      .blocks = 3, .managed = true, .session_sd = 0.02, .batch_sd = 0.01},
     {{CLAIM_HEIGHT, 0.93, 0.97}, {CLAIM_PLACE, 0.93, 0.97}}, 2},
    {"single waves, sessions 3 %, r 5",
     {.truth = {USL, 24, 0}, .levels = {16, 32, 48}, .sizes = {2, 4, 8, 16, 32, 48}, .single = true, .runs = 1,
      .blocks = 5, .managed = true, .session_sd = 0.03, .batch_sd = 0.01},
     {{CLAIM_HEIGHT, 0.93, 0.97}, {CLAIM_PLACE, 0.93, 0.97}}, 2},
    {"a session a level 3 %, r 3",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 3, .managed = true, .restart_by_level = true,
      .session_sd = 0.03, .batch_sd = 0.01},
     {{CLAIM_CELLS, 0.93, 0.97}, {CLAIM_SET, 0.93, 1}, {CLAIM_BOUND, 0.93, 1}, {CLAIM_SHOWN, 0, 0}}, 4},
    {"tanh, 1 %, r 3",
     {.truth = {TANH, 0, 0}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.01},
     {{CLAIM_ESTABLISHED, 0, 0.05}, {CLAIM_CLIFF, 0, 0.05}}, 2},
    {"smooth minimum, p 2, 1 %, r 3",
     {.truth = {SMOOTH_MINIMUM, 0, 2}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.01},
     {{CLAIM_ESTABLISHED, 0, 0.05}}, 1},
    {"smooth minimum, p 3, 1 %, r 5",
     {.truth = {SMOOTH_MINIMUM, 0, 3}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 5, .batch_sd = 0.01},
     {{CLAIM_ESTABLISHED, 0, 0.05}}, 1},
    {"hill 1.5, 1 %, r 3",
     {.truth = {HILL, 0, 1.5}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.01},
     {{CLAIM_ESTABLISHED, 0, 0.05}}, 1},
    {"peak at 16, last 17 % lower, 1 %, r 3",
     {.truth = {USL, 16, 0}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.01},
     {{CLAIM_ESTABLISHED, 0.95, 1}, {CLAIM_PLACE, 0.93, 0.97}, {CLAIM_CLIFF, 0, 0.05}}, 3},
    {"kinks of 10 %, 1 %, r 3",
     {.truth = {KINKS, 24, 0.1}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 10 %, 1 %, r 3, 8 levels",
     {.truth = {KINKS, 24, 0.1}, .levels = LEVELS, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 10 %, 1 %, r 3, all models",
     {.truth = {KINKS, 24, 0.1}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01, .all_models = true},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 15 %, 3 %, r 5",
     {.truth = {KINKS, 24, 0.15}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 5,
      .batch_sd = 0.03},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 10 %, 1 %, r 3, single waves",
     {.truth = {KINKS, 24, 0.1}, .levels = {48}, .sizes = LEVELS, .single = true, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 10 %, 1 %, r 3, a table",
     {.truth = {KINKS, 24, 0.1}, .levels = {16, 24, 48}, .sizes = LEVELS, .single = true, .table = true,
      .runs = 1, .blocks = 3, .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 5 %, 1 %, r 3",
     {.truth = {KINKS, 24, 0.05}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 2 %, 1 %, r 3",
     {.truth = {KINKS, 24, 0.02}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 3 %, 1 %, r 3",
     {.truth = {KINKS, 24, 0.03}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 1 %, 1 %, r 3",
     {.truth = {KINKS, 24, 0.01}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 2 %, 1 %, r 5",
     {.truth = {KINKS, 24, 0.02}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 5,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"kinks of 2 %, 0.5 %, r 3",
     {.truth = {KINKS, 24, 0.02}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.005},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"tiles of 8, 1 %, r 3",
     {.truth = {TILES, 24, 8}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"tiles of 16, 1 %, r 3",
     {.truth = {TILES, 24, 16}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"tiles of 8, 1 %, r 3, all models",
     {.truth = {TILES, 24, 8}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01, .all_models = true},
     {{CLAIM_WRONG, 0, 0.05}}, 1},
    {"no kinks, 1 %, r 3",
     {.truth = {USL, 24, 0}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 3,
      .batch_sd = 0.01},
     {{CLAIM_PLACE, 0.93, 0.97}, {CLAIM_WRONG, 0, 0.05}}, 2},
    {"no kinks, 3 %, r 5",
     {.truth = {USL, 24, 0}, .levels = MANY, .sizes = {4}, .runs = 1, .blocks = 5,
      .batch_sd = 0.03},
     {{CLAIM_PLACE, 0.93, 0.97}, {CLAIM_WRONG, 0, 0.05}}, 2},
    {"fall of 25 % a doubling, 1 %, r 3",
     {.truth = {FALL, 0, 0.25}, .levels = LEVELS, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.01},
     {{CLAIM_CLIFF, 0, 0.05}}, 1},
    {"fall of 40 % a doubling, 3 %, r 3",
     {.truth = {FALL, 0, 0.4}, .levels = LEVELS, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.03},
     {{CLAIM_CLIFF, 0, 0.05}}, 1},
    {"peak at 6, fall beyond, 3 %, r 3",
     {.truth = {USL, 6, 0}, .levels = LEVELS, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.03},
     {{CLAIM_CLIFF, 0, 0.05}}, 1},
    {"a drop to 40 % beyond 16, 3 %, r 3",
     {.truth = {DROP, 16, 0.4}, .levels = LEVELS, .sizes = {4}, .runs = 1, .blocks = 3, .batch_sd = 0.03},
     {{CLAIM_CLIFF, 0.95, 1}}, 1},
    {"proportional, a table, 3 %, r 3",
     {.truth = {PROPORTIONAL, 0, 0}, .levels = {48}, .sizes = {1, 2, 4, 8, 16, 32}, .single = true, .table = true,
      .runs = 1, .blocks = 3, .batch_sd = 0.03},
     {{CLAIM_COLD, 0, 0.05}}, 1},
    {"proportional, a table, 3 %, single",
     {.truth = {PROPORTIONAL, 0, 0}, .levels = {48}, .sizes = {1, 2, 4, 8, 16, 32}, .single = true, .table = true,
      .runs = 1, .blocks = 1, .batch_sd = 0.03},
     {{CLAIM_COLD, 0, 0.05}}, 1},
    {"noise like its neighbours', AR .5, r 5",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 5, .batch_sd = 0.02, .correlation = 0.5},
     {{CLAIM_DRIFT, 0, 0.05}}, 1},
    {"blocks 3 %, r 5: drift",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 5, .block_sd = 0.03, .batch_sd = 0.01},
     {{CLAIM_DRIFT, 0, 0.05}}, 1},
    {"drift of 5 %, 1 %, r 5",
     {RISING, .sizes = {4}, .runs = 1, .blocks = 5, .batch_sd = 0.01, .drift = -0.05},
     {{CLAIM_DRIFT, 0.9, 1}}, 1},
    {"spread: restarts 3 %, batches 1 %, r 5",
     {RISING, .sizes = {4, 8}, .runs = 1, .blocks = 5, .managed = true, .session_sd = 0.03, .batch_sd = 0.01},
     {{CLAIM_GROUP_SD, 0.93, 1}, {CLAIM_BATCH_SD, 0.93, 0.97}, {CLAIM_ADVICE, 0.95, 1}}, 3},
    {"spread: restarts 1 %, batches 2 %, r 5",
     {RISING, .sizes = {4, 8}, .runs = 1, .blocks = 5, .managed = true, .session_sd = 0.01, .batch_sd = 0.02},
     {{CLAIM_GROUP_SD, 0.93, 1}, {CLAIM_BATCH_SD, 0.93, 0.97}, {CLAIM_ADVICE, 0.95, 1}}, 3},
    {"spread: restarts 0 %, batches 2 %, r 3",
     {RISING, .sizes = {4, 8}, .runs = 1, .blocks = 3, .managed = true, .batch_sd = 0.02},
     {{CLAIM_GROUP_SD, 0.93, 1}, {CLAIM_BATCH_SD, 0.93, 0.97}, {CLAIM_ADVICE, 0.95, 1}}, 3},
    {"spread: 5 runs 3 %, batches 1 %, r 3",
     {RISING, .sizes = {4}, .runs = 5, .blocks = 3, .run_sd = 0.03, .batch_sd = 0.01},
     {{CLAIM_GROUP_SD, 0.93, 1}, {CLAIM_BATCH_SD, 0.93, 0.97}, {CLAIM_ADVICE, 0.95, 1}}, 3},
};
// clang-format on

#endif
