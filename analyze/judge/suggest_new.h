// SPDX-License-Identifier: GPL-3.0-or-later
//
// Levels that were not measured yet: each rule adds those that it wants.
#ifndef ANALYZE_SUGGEST_NEW_H
#define ANALYZE_SUGGEST_NEW_H

#include "analyze/judge/suggest_list.h"

#define SUGGEST_REFINED 1.2 // neighbouring levels closer than this are not told apart further

// Twice the workers of the last level, while throughput still rises there, or no fall is shown.
void suggest_go_up(struct suggest_list *list);

// Halves the gap of the lowest cliff until what lies before it can gain nothing that matters.
void suggest_bisect_cliffs(struct suggest_list *list);

// One between two levels, near `wanted` workers, unless it was tried or there is none. `why` is followed by
// the two numbers of workers.
void suggest_look_between(struct suggest_list *list, const struct workers_row *lower,
                          const struct workers_row *upper, double wanted, const char *why);

// The peak of a parabola through three levels around the highest, on logarithms of both, where it is higher
// than what was measured by more than chance and a part of the margin. A last level has none above: the peak
// may still lie before it, but nobody is sent beyond.
void suggest_look_for_peak(struct suggest_list *list);

// On logarithms of both, throughput bends down as workers rise. A level that lies well below the line from
// the one before it to the one after it has a fall before it: a cliff that the tested levels step over. Whole
// batches bend for other reasons.
void suggest_look_for_hidden_fall(struct suggest_list *list);

// Fewer requests in flight may be good enough: between the last level that is not and the first that is,
// where a line through both leaves the margin.
void suggest_look_lower(struct suggest_list *list);

#endif
