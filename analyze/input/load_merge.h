// SPDX-License-Identifier: GPL-3.0-or-later
//
// Adds what was read from one file to what was read from those before it, as if the files had been read one
// after the other.
#ifndef ANALYZE_LOAD_MERGE_H
#define ANALYZE_LOAD_MERGE_H

#include "analyze/input/load.h"

// Before load_finish. Takes over what `from` holds and leaves it to load_free. STATUS_FORMAT: a run of it was
// read already; STATUS_LIMIT, STATUS_MEMORY.
enum status load_merge(struct load_data *into, struct load_data *from, struct error *error) MUST_USE;

#endif
