// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/estimate.h"

#include <math.h>

struct estimate estimate_of(struct ci ci) {
  return (struct estimate){isfinite(ci.estimate) ? ci.estimate : NAN, isfinite(ci.lo) ? ci.lo : NAN,
                           isfinite(ci.hi) ? ci.hi : NAN};
}
