// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a person should know at once of the inputs that were read; the rest is in the report.
#ifndef ANALYZE_NOTICES_H
#define ANALYZE_NOTICES_H

#include "analyze/input/load.h"
#include "lib/base/log.h"

// One line for each damage, missing end and unlikeness that reading has noted.
void notices_tell(const struct load_data *data, struct log *log);

#endif
