// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a file of lines that is to be continued ends: after its last whole gzip member or whole line.
#ifndef LIB_RECORD_GZLINE_TAIL_H
#define LIB_RECORD_GZLINE_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct gzline_tail {
  bool gzip;
  int64_t end;        // bytes of the file that stay; what follows is torn
  bool needs_newline; // the last line is whole but has no newline yet
};

// Reads the last 8 MiB of a long gzip file, when they show its end, else all of it once. `compressed`: its
// name ends in .gz. STATUS_FORMAT (error is set) when it is to be gzip and is not; STATUS_IO, STATUS_MEMORY.
enum status gzline_tail_find(const char *path, bool compressed, struct gzline_tail *out,
                             struct error *error) MUST_USE;

#endif
