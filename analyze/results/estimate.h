// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ANALYZE_RESULTS_ESTIMATE_H
#define ANALYZE_RESULTS_ESTIMATE_H

// An estimate with its interval at results.confidence; lo or hi NaN: unbounded on that side, or no interval
// at all.
struct estimate {
  double estimate, lo, hi;
};

#endif
