// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a reader of the results has to know beside the numbers.
#ifndef ANALYZE_RESULTS_WARNING_H
#define ANALYZE_RESULTS_WARNING_H

#include <stdint.h>

#include "lib/record/run.h"

enum warning_code {
  WARNING_COLD_START,      // cells were flagged cold
  WARNING_FAILED_LEVEL,    // a whole workers level is unusable
  WARNING_HOLE,            // so is one between usable levels
  WARNING_REPLACED,        // failed batches that were measured again are left out
  WARNING_FAILED_CELLS,    // single cells failed
  WARNING_ALL_FAILED,      // no usable cell at all
  WARNING_UNREPLICATED,    // single runs: no spread of their own
  WARNING_NO_SPREAD,       // nothing to borrow a spread from: no best set
  WARNING_ONE_SESSION,     // restart-to-restart variance was not sampled
  WARNING_INVALID_CLIENT,  // batches left out: the client could not keep up
  WARNING_EDGE_BATCH,      // the best lies on the last batch tested
  WARNING_EDGE_WORKERS,    // the best lies on the last workers level tested
  WARNING_PARTIAL_WAVES,   // partial waves are kept out of the capacity curve
  WARNING_CLIFF,           // throughput falls off between two levels
  WARNING_CLIFF_POSSIBLE,  // it may, but that is not established
  WARNING_TOKENS_DIFFER,   // output tokens per request differ between cells by more than 10 %
  WARNING_LACK_OF_FIT,     // no curve stands
  WARNING_FIT_RANGE,       // small n were dropped for the fit
  WARNING_TWO_MODES,       // repetitions of a cell fall into two groups
  WARNING_DRIFT,           // throughput drifts with run order
  WARNING_CACHED_TOKENS,   // the server answered from its prompt cache
  WARNING_CACHED_UNEVEN,   // and for some cells more than for others
  WARNING_DAMAGED_INPUT,   // records were missing or unreadable
  WARNING_PARTS_DIFFER,    // parts of a run have different numbers of repetitions
  WARNING_PARTS_APART,     // they started far from each other; count: milliseconds
  WARNING_NO_END,          // a run without an end record: it was cut short
  WARNING_PLOTS,           // no pictures: gnuplot is missing or failed
  WARNING_OUTLIER,         // a point lies far off the curve: measure its cell again
  WARNING_FEW_LEVELS,      // too few different n for a curve to show an optimum
  WARNING_UNLIKE_INPUTS,   // runs that were pooled differ in model, server or work
  WARNING_UNLIKE_BASELINE, // run and baseline differ in model or work: the ratio is not the server's alone
  WARNING_NEWER_VERSION,   // a segment of a version that is not known was left out
  WARNING_BURST,           // batches were sent whole to a server whose own limit is not known
  WARNING_GRID_ORDER,      // differences between levels are not separable from drift
  WARNING_LITTLES_LAW,     // a level's window does not hold as many requests in flight as workers
  WARNING_CODE_COUNT
};
extern const char *const warning_code_names[WARNING_CODE_COUNT]; // "cold_start", ...

// The numbers that the sentence of this code needs, in its order (outlier: value is the share by which the
// point lies off the curve, lo its n; few_levels: count is how many different n there are); chapters.c makes
// the sentence in either language.
struct warning {
  enum warning_code code;
  int64_t workers, batch, count; // -1: does not apply
  double value, lo, hi;          // NaN: does not apply
  const char *words;             // a name, a file, the system's own words; NULL
  struct run_reason reason;      // of WARNING_INVALID_CLIENT; its text is borrowed
  char *sentence;                // for summary.json, in the language of the report; NULL: none
};

#endif
