// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of a file, plain or gzip, in chunks: what gzline's readers and its repair of torn files stand on.
//
// A gzip member of up to 4 MiB of text is handed out only when its checksum has proved it; a longer one (of
// another program's making) streams. Damage is skipped: from one byte after the start of the broken member
// the input is searched for the next one that inflates (RFC 1952, 2.3.1 gives the header that is looked for).
#ifndef LIB_RECORD_GZLINE_SOURCE_H
#define LIB_RECORD_GZLINE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/lines/gzline.h"

struct gzline_source;

struct gzline_chunk {
  struct buf text;
  bool after_damage;           // something is missing between the text before and this one
  struct gzline_damage damage; // so far
};

// "-" is standard input. STATUS_NOT_FOUND, STATUS_IO, STATUS_MEMORY (error is set).
enum status gzline_source_open(const char *path, struct gzline_source **out, struct error *error) MUST_USE;

// Replaces the chunk's text by the next, never empty. STATUS_END (after_damage and damage are set then too),
// STATUS_IO, STATUS_MEMORY.
enum status gzline_source_next(struct gzline_source *source, struct gzline_chunk *chunk,
                               struct error *error) MUST_USE;

// Goes on reading a regular gzip file at the first member at or after `offset`; what is passed over on the
// way is no damage. To be called before the first gzline_source_next. STATUS_IO.
enum status gzline_source_seek(struct gzline_source *source, int64_t offset, struct error *error) MUST_USE;

bool gzline_source_is_gzip(const struct gzline_source *source);
bool gzline_source_is_file(const struct gzline_source *source); // a regular one
// The file offset after the last whole gzip member so far; 0: none.
int64_t gzline_source_whole_end(const struct gzline_source *source);
// Whether the text up to there ends in the middle of a line.
bool gzline_source_whole_end_in_line(const struct gzline_source *source);

void gzline_source_close(struct gzline_source *source); // takes NULL

#endif
