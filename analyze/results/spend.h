// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the spread of throughput comes from, and what more time is best spent on.
#ifndef ANALYZE_RESULTS_SPEND_H
#define ANALYZE_RESULTS_SPEND_H

#include <stdbool.h>

#include "analyze/results/estimate.h"

// What batches have in common: a life of the server, a run against one that is not managed, a pass over the
// plan, or nothing that is known.
enum spend_group { SPEND_RESTARTS, SPEND_RUNS, SPEND_PASSES, SPEND_ALONE };
extern const char *const spend_group_names[]; // "restarts", "runs", "passes", "none"

enum spend_on { SPEND_ON_NOTHING, SPEND_ON_GROUPS, SPEND_ON_REPETITIONS, SPEND_ON_LONGER_BATCHES };
extern const char *const spend_on_names[]; // NULL, "groups", "repetitions", "longer_batches"

struct spend {
  bool exists; // there are repetitions
  enum spend_group groups;
  // Standard deviations of ln X; NaN: not known. `requests`: what the requests of one batch come to.
  struct estimate group, batch, requests;
  double group_s, batch_s; // seconds that one takes besides its batches, and one batch; NaN: not known
  enum spend_on on;        // NOTHING: seconds or spreads are not known
  double times;            // how many times as long batches: 1 but with LONGER_BATCHES
};

#endif
