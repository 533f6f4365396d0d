// SPDX-License-Identifier: GPL-3.0-or-later
//
// The cells that analyze/judge/suggest.c proposes while it finds them, and what its rules ask of the results.
#ifndef ANALYZE_SUGGEST_LIST_H
#define ANALYZE_SUGGEST_LIST_H

#include "analyze/judge/suggest.h"

#define SUGGEST_MAX_WORKERS 1000000

struct suggest_list {
  const struct results *results;
  struct suggest_cell *cells;
  size_t count, most;
  enum spend_on on; // of what is added
};

// A cell that is there already, or is none, is not added. `why` is formatted.
void suggest_add(struct suggest_list *list, int64_t workers, int64_t batch, int64_t repeat, const char *why,
                 ...) PRINTF_LIKE(5, 6);

// The workers from which on nothing is to be tried; INT64_MAX: none are known.
int64_t suggest_wall(const struct results *results);

// 0 where the run's batches are timed. The run's own batch where it is long enough for a steady window, so
// that levels do the same work; else three waves, or as many as the best cell had.
int64_t suggest_batch_for(const struct results *results, int64_t workers);

// As often as the cell that was measured most often, 3 to 10.
int64_t suggest_usual_repeat(const struct results *results);

// A new level is only looked at: where the spread is known and below `enough` for one batch, one shows on
// which side of the margin the level lies.
int64_t suggest_look_repeat(const struct results *results, double enough);

// results->workers_count: there is no such level.
size_t suggest_row_of(const struct results *results, int64_t workers);

// The last usable level before `at`; NULL: none.
const struct workers_row *suggest_usable_below(const struct results *results, size_t at);

// Of the cell that stands for the level; 0: none does.
int64_t suggest_reps_of(const struct results *results, const struct workers_row *row);

// More requests in flight than `last` has, the last usable level, may be what to choose. A level that does
// not gain is a plateau; beyond a fall, a failure or a cliff nothing is tried.
bool suggest_may_rise_above(const struct results *results, const struct workers_row *last);

#endif
