// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of summary.json on what more measuring takes.
#ifndef ANALYZE_SUMMARY_SPEND_H
#define ANALYZE_SUMMARY_SPEND_H

#include "analyze/results/value.h"

extern const struct member summary_spend_members[]; // of struct spend
extern const struct member summary_needs_members[]; // needs_s of struct load

#endif
