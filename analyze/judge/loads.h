// SPDX-License-Identifier: GPL-3.0-or-later
//
// From open-loop repetitions to loads: those at one rate are one load, and the highest rate that is served.
#ifndef ANALYZE_LOADS_H
#define ANALYZE_LOADS_H

#include "analyze/input/load.h"
#include "analyze/results/results.h"

// Writes results->loads, by rate, and what they come to without any limit (loads_judge). STATUS_MEMORY.
enum status loads_build(const struct load_data *data, struct results *results, struct error *error) MUST_USE;

// Judges every load by results->limits, and writes results->load_answer.
void loads_judge(struct results *results);

// Different offered rates of loads that have numbers and did not fail.
size_t loads_usable_rates(const struct results *results);

#endif
