// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server whose truth is known, and measurements of it as analyze has them behind its readers.
#ifndef TESTS_UNIT_ANALYZE_SIMULATED_H
#define TESTS_UNIT_ANALYZE_SIMULATED_H

#include <gsl/gsl_rng.h>

#include "analyze/input/load.h"
#include "analyze/judge/analysis.h"

// Gunther's law n/X = c0 + c1 n + c2 n^2 with its peak of `peak` tokens/s at `n_star` (c0 = s n_star/(2
// peak), c1 = (1-s)/peak, c2 = s/(2 peak n_star)), and what real servers do to it.
struct simulated_server {
  double n_star, peak, s;
  double kink;     // relative jump of the step time beyond 8, 16 and 32 in flight
  int64_t plateau; // beyond so many in flight nothing changes; 0: none
  int64_t cliff;   // beyond it a third of the throughput; 0: none
  int64_t limit;   // beyond it every request fails; 0: none
};

// True steady throughput, tokens/s; 0 where every request fails.
double simulated_throughput(const struct simulated_server *server, int64_t workers);

// Batches of one cell: `repeat` of them, in blocks from `block` on, lognormal around the truth with the sd
// `sd`. Each has a window where the batch is larger than the workers. With `managed` each has a server life
// of its own. False where memory is short.
struct simulated_cell {
  int64_t workers, batch, repeat, block;
  double sd;
  bool managed;
};
bool simulated_measure(const struct simulated_server *server, const struct simulated_cell *cell, gsl_rng *rng,
                       struct load_data *data);

#endif
