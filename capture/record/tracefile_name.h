// SPDX-License-Identifier: GPL-3.0-or-later
//
// The names of files that follow one another: the time in them, a number where one is taken, .part while it
// is being written.
#ifndef CAPTURE_TRACEFILE_NAME_H
#define CAPTURE_TRACEFILE_NAME_H

#include <stdbool.h>

#include "lib/base/status.h"

// The name that `pattern` (strftime, local time) gives now, numbered until it is free, and the same with
// .part. `continues`: a .part that is there already is taken; with `passes_over` only if no process writes to
// it. The caller frees both. STATUS_USAGE: the pattern gives no name, or one of more than 4000 bytes;
// STATUS_EXISTS: a million names are taken; STATUS_MEMORY; error is set.
enum status tracefile_name_choose(const char *pattern, bool continues, bool passes_over, char **part,
                                  char **final, struct error *error) MUST_USE;

// `name`, numbered until it is that of a file to which no process writes, or of none. The caller frees it.
// STATUS_EXISTS, STATUS_MEMORY; error is set.
enum status tracefile_name_unwritten(const char *name, char **out, struct error *error) MUST_USE;

// Renames `part` to `final`, or numbered when that name was taken meanwhile; never over a file that is there.
// STATUS_IO; `part` is then as it was.
enum status tracefile_name_give(const char *part, const char *final, struct error *error) MUST_USE;

#endif
