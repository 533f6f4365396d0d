// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which rates of an open loop to measure next, so that the highest one that is served, and keeps the limits,
// is known to within results->precision.
//
// With limits it doubles upwards, halves downwards and halves the gap while it is wide. Then it measures on
// both sides of the edge, four times as long as the shortest repetition or as long as is still needed, until
// the interval of the edge (judge/slo_crossing.h) is within the precision, or as much was measured near it as
// SUGGEST_NEAR_MOST of the shortest repetitions.
//
// Without limits it narrows what lies between the highest rate that passes and the lowest that fails
// (results->load_answer). It doubles upwards, halves downwards and halves the gap; a new rate is measured
// once. Rates between the bounds that stay open are measured again, up to SUGGEST_REPEATED times. In the end
// both bounds are measured SUGGEST_CONFIRMED times, since requests of one repetition wait alike. It proposes
// nothing when they stand, and the gap is narrow, or twice as wide beside a rate that stays open.
#ifndef ANALYZE_SUGGEST_RATES_H
#define ANALYZE_SUGGEST_RATES_H

#include "analyze/judge/suggest.h"

#define SUGGEST_PRECISION 0.1 // unless --precision is given
#define SUGGEST_CONFIRMED 3
#define SUGGEST_NEAR_MOST 24 // shortest repetitions' time: more would be a search without end

// As suggest_next, for results with loads; each cell has a rate, of three significant digits.
size_t suggest_rates(const struct results *results, size_t most, struct suggest_cell *cells);

#endif
