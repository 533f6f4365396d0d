// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which cells to measure next, so that the best one is found with few of them.
//
// A level that failed between levels that work, or of which no batch counts, is measured again before
// anything else. Then, each only where what comes before it has nothing left: up while the last level still
// gains (double the workers), or a cliff halved until nothing before it matters; a peak beside the highest,
// and fewer workers that may be enough, to a ratio of 1.2; fresh repetitions of two that may be the best, and
// of a level below the recommended one that is as good as far as measured. New levels are measured once where
// noise is below the margin. Nothing is proposed when all that is done: where showing the best would take
// many repetitions, as soon as no rival is likely better by more than the margin. Repetitions are spent as
// results->spend asks: after restarts of their own, one in a run, or as longer batches.
// With limits, nothing above the lowest level that misses one for certain is proposed; the gap below it is
// halved. Of an open loop rates are proposed (suggest_rates.h).
#ifndef ANALYZE_SUGGEST_H
#define ANALYZE_SUGGEST_H

#include "analyze/results/results.h"
#include "lib/base/buf.h"

#define SUGGEST_FALL 0.9   // below this share of the best, more workers are no more tried
#define SUGGEST_BLOCKS 4   // repetitions of a confirmation
#define SUGGEST_REPEATED 4 // of one level: more would hardly show it
#define SUGGEST_MAX 1000

struct suggest_cell {
  double rate;       // of an open loop, requests/s; 0: a cell of workers and a batch
  double duration_s; // of each of its repetitions; 0: as those before
  int64_t workers, batch, repeat;
  char why[96];
  enum spend_on on; // of repetitions, where that is known; a longer batch is a cell of its own
};

// Writes at most `most` cells, most useful first; returns how many.
size_t suggest_next(const struct results *results, size_t most, struct suggest_cell *cells);

// True for a cell of a level that failed between levels that work.
bool suggest_is_hole(const struct results *results, const struct suggest_cell *cell);

// One JSON line per cell, as replay --cells reads them; rates are for --next.
enum status suggest_print(const struct suggest_cell *cells, size_t count, struct buf *out);

#endif
