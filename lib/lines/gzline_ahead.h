// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a gzline_source ahead of its reader, in a thread of its own, so that inflating and what the caller
// does with the lines take two cores.
#ifndef LIB_RECORD_GZLINE_AHEAD_H
#define LIB_RECORD_GZLINE_AHEAD_H

#include "lib/lines/gzline_source.h"

struct gzline_ahead;

// Starts the thread; from now on the source is its alone. STATUS_MEMORY: no thread, the source is as it was.
enum status gzline_ahead_open(struct gzline_source *source, struct gzline_ahead **out) MUST_USE;

// As gzline_source_next; the chunk's memory is exchanged for that of the next. After STATUS_END the source
// may be asked again, and every further call ends the same way.
enum status gzline_ahead_next(struct gzline_ahead *ahead, struct gzline_chunk *chunk,
                              struct error *error) MUST_USE;

// Ends the thread: waits for at most the chunk that it is reading. The source stays open. Takes NULL.
void gzline_ahead_close(struct gzline_ahead *ahead);

#endif
