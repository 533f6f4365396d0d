// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cells whose repetitions fall into two groups.
#ifndef ANALYZE_WARNINGS_MODES_H
#define ANALYZE_WARNINGS_MODES_H

#include "analyze/judge/cells.h"

// Adds a warning for each usable cell whose two groups are too narrow for chance, at 5 % for all cells
// together, and differ by more than 5 %. STATUS_MEMORY.
enum status warnings_modes(const struct cells_samples *samples, struct results *results) MUST_USE;

#endif
