// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many servers the traffic of --demand needs. judge/demand.h finds it.
#ifndef ANALYZE_RESULTS_DEMAND_H
#define ANALYZE_RESULTS_DEMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Counts of servers are -1 where the edge leaves them open.
struct demand_row {
  int64_t servers;
  double kept, possible; // share of the minutes in which so many keep every limit for certain, and may
};
struct demand {
  bool exists;
  double peak_per_s; // requests
  double percentile; // of the minutes; 100: the busiest
  int64_t minutes;   // of the traffic; 0: it was given as a rate
  int64_t suffice;   // the fewest that keep every limit for certain
  int64_t estimate;
  int64_t too_few; // the most that miss one for certain
  struct demand_row *rows;
  size_t row_count;
  double input_tokens, output_tokens;         // of a request of the traffic, mean; NaN: not known
  double run_input_tokens, run_output_tokens; // of a measured one
  double lengths_apart;                       // the larger difference, a share of the traffic's
};
#define RESULTS_LENGTHS_ALIKE 0.10 // differences up to this are none

#endif
