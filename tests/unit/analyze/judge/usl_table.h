// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tables of cells that follow a known law, for the tests of curves.
#ifndef TESTS_UNIT_ANALYZE_JUDGE_USL_TABLE_H
#define TESTS_UNIT_ANALYZE_JUDGE_USL_TABLE_H

#include "lib/base/buf.h"

#define HEADER "workers,batch,total_s,tokens,requests,failed\n"

// Gunther's law with an optimum at n = 24, X = 355 (METHODS.md 7, truth B): c0 = 0.25 * 24 / 710 and so on.
static inline double usl_throughput(double n) {
  double c0 = 0.25 * 24 / (2 * 355.0), c1 = 0.75 / 355, c2 = 0.25 / (2 * 355.0 * 24);
  return n / (c0 + c1 * n + c2 * n * n);
}

// A cell of `waves` full waves that follows the law, times a factor.
static inline void append_cell(struct buf *text, int workers, int batch, double factor) {
  double tokens = 1e6 * batch;
  int n = batch < workers ? batch : workers;
  buf_printf(text, "%d,%d,%.17g,%.0f,%d,0\n", workers, batch, tokens / (usl_throughput(n) * factor), tokens,
             batch);
}

#endif
