// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which cells to measure next, so that the best one is found with few of them.
//
// In this order: how far up throughput goes (double the workers; bisect a cliff), the neighbours of the best
// level, where a quadratic in ln n leaves most open, and fresh blocks over those that may be the best.
// Nothing is proposed when the regret bound is small enough: then that bound is the answer.
#ifndef ANALYZE_SUGGEST_H
#define ANALYZE_SUGGEST_H

#include "analyze/results/results.h"
#include "lib/base/buf.h"

#define SUGGEST_REGRET 0.03 // the truly best cell is at most this much better: done
#define SUGGEST_FALL 0.9    // below this share of the best, more workers are no more tried
#define SUGGEST_BLOCKS 4    // repetitions of a confirmation
#define SUGGEST_MAX 1000

struct suggest_cell {
  int64_t workers, batch, repeat;
  char why[96];
};

// Writes at most `most` cells, most useful first; returns how many.
size_t suggest_next(const struct results *results, size_t most, struct suggest_cell *cells);

// One JSON line per cell, as replay --cells reads them.
enum status suggest_print(const struct suggest_cell *cells, size_t count, struct buf *out);

#endif
