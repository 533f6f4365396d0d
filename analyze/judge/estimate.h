// SPDX-License-Identifier: GPL-3.0-or-later
//
// From an interval of the statistics to one of the results.
#ifndef ANALYZE_ESTIMATE_H
#define ANALYZE_ESTIMATE_H

#include "analyze/results/results.h"
#include "analyze/stat/ci.h"

// NaN where stat says infinite.
struct estimate estimate_of(struct ci ci);

#endif
