// SPDX-License-Identifier: GPL-3.0-or-later
//
// Levels that were measured and are to be measured again: each rule adds those that it wants.
#ifndef ANALYZE_SUGGEST_AGAIN_H
#define ANALYZE_SUGGEST_AGAIN_H

#include "analyze/judge/suggest_list.h"

// Levels that failed between levels that work, and those of which no batch was valid: whatever else is tried
// depends on what they hold. What failed in two runs is not tried a third time.
void suggest_measure_holes(struct suggest_list *list);

// A cliff that is not established is decided by measuring both of its levels again.
void suggest_decide_cliffs(struct suggest_list *list);

// Those that may be the best, where nothing is shown yet: as many more as would show it, if these are few;
// else until none can be better by more than the margin.
void suggest_confirm(struct suggest_list *list);

// One is shown, but a level below it is nearly as good as far as measured: it and what may beat it are
// measured again, the less often measured first, until both were often enough that more would hardly show it.
void suggest_confirm_lower(struct suggest_list *list);

#endif
