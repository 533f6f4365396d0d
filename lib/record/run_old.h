// SPDX-License-Identifier: GPL-3.0-or-later
//
// Members of run records as earlier versions of replay wrote them.
#ifndef LIB_RECORD_RUN_OLD_H
#define LIB_RECORD_RUN_OLD_H

#include "lib/record/run.h"

// client.reason was a sentence. Any other text is RUN_REASON_OTHER; it is borrowed.
struct run_reason run_old_reason(struct json_slice text);

// The limit was in the command line alone: of a JSON array of arguments. -1: none, or no number.
int64_t run_old_max_tokens(struct json_slice arguments);

#endif
