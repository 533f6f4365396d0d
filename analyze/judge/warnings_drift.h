// SPDX-License-Identifier: GPL-3.0-or-later
//
// Did throughput move with the time of measuring, each cell's own level taken out?
#ifndef ANALYZE_WARNINGS_DRIFT_H
#define ANALYZE_WARNINGS_DRIFT_H

#include "analyze/judge/cells.h"
#include "analyze/stat/drift.h"

// Least squares of ln X on time with a level per cell, so that cells that were measured at different times on
// average (unbalanced ones) do no harm. With a managed server the unit is the session, whose cells share its
// effect: a level per workers, and only where every cell was measured in every block. Where blocks are known,
// the p value is that of their means and of what lies within them, together. Writes the change from the first
// to the last measurement; false where it cannot be had.
bool warnings_drift(const struct load_data *data, const struct cells_samples *samples,
                    const struct results *results, struct drift *drift);

#endif
