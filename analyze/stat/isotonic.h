// SPDX-License-Identifier: GPL-3.0-or-later
//
// Isotonic regression: the values that never fall and lie closest to those measured, in least squares.
#ifndef ANALYZE_STAT_ISOTONIC_H
#define ANALYZE_STAT_ISOTONIC_H

#include <stddef.h>

#include "lib/base/status.h"

// Replaces `count` finite values by their isotonic fit with equal weights: neighbours that fall are pooled
// (Barlow, Bartholomew, Bremner and Brunk, Statistical Inference under Order Restrictions, 1972).
// STATUS_MEMORY.
enum status isotonic_fit(double *values, size_t count) MUST_USE;

// Intervals of values that never fall bound their neighbours: a lower end also holds for all values behind
// it, an upper end for all before it. Tightens `count` pairs so; an end may be infinite. Where intervals
// contradict the order, a lower end then lies above its upper end.
void isotonic_bounds(double *lo, double *hi, size_t count);

#endif
