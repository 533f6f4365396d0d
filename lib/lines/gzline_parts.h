// SPDX-License-Identifier: GPL-3.0-or-later
//
// What gzline's reader and writer stand on. Private to gzline*.c.
#ifndef LIB_GZLINE_PARTS_H
#define LIB_GZLINE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/lines/gzline.h"

// The text of a file, plain or gzip, in chunks: what gzline's readers and its repair of torn files stand on.
//
// A gzip member of up to 4 MiB of text is handed out only when its checksum has proved it; a longer one (of
// another program's making) streams. Damage is skipped: from one byte after the start of the broken member
// the input is searched for the next one that inflates (RFC 1952, 2.3.1 gives the header that is looked for).

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

// Reads a gzline_source ahead of its reader, in a thread of its own, so that inflating and what the caller
// does with the lines take two cores.

struct gzline_ahead;

// Starts the thread; from now on the source is its alone. STATUS_MEMORY: no thread, the source is as it was.
enum status gzline_ahead_open(struct gzline_source *source, struct gzline_ahead **out) MUST_USE;

// As gzline_source_next; the chunk's memory is exchanged for that of the next. After STATUS_END the source
// may be asked again, and every further call ends the same way.
enum status gzline_ahead_next(struct gzline_ahead *ahead, struct gzline_chunk *chunk,
                              struct error *error) MUST_USE;

// Ends the thread: waits for at most the chunk that it is reading. The source stays open. Takes NULL.
void gzline_ahead_close(struct gzline_ahead *ahead);

// Where a file of lines that is to be continued ends: after its last whole gzip member or whole line.

struct gzline_tail {
  bool gzip;
  int64_t end;        // bytes of the file that stay; what follows is torn
  bool needs_newline; // the last line is whole but has no newline yet
};

// Reads the last 8 MiB of a long gzip file, when they show its end, else all of it once. `compressed`: its
// name ends in .gz. STATUS_FORMAT (error is set) when it is to be gzip and is not; STATUS_IO, STATUS_MEMORY.
enum status gzline_tail_find(const char *path, bool compressed, struct gzline_tail *out,
                             struct error *error) MUST_USE;

// The file under a writer of lines: opened, appended to, and noticed when it is lost. Private to gzline*.c.

struct gzline_file {
  char *path;
  int fd;          // -1: none; the file is lost and no new one could be begun yet
  bool is_regular; // a regular file that we opened: it can be cut back after a failed write, and lost
  bool has_name;   // when it was opened: one without can lose none
  bool is_gzip;
  int64_t end; // bytes in it
};

// Opens `path`, which is set already, for appending, with a lock. *needs_newline: its last line lacks one;
// *cut_bytes: of its torn end. STATUS_EXISTS, STATUS_FORMAT, STATUS_IO, STATUS_MEMORY with a message; `fd`
// may be open then.
enum status gzline_file_open(struct gzline_file *file, enum gzline_existing existing, bool *needs_newline,
                             int64_t *cut_bytes, struct error *error) MUST_USE;

// Appends all of it, or nothing. STATUS_IO with a message.
enum status gzline_file_write(struct gzline_file *file, const char *data, size_t len,
                              struct error *error) MUST_USE;

// It was removed, or another program has cut it. One that was moved is not lost.
bool gzline_file_is_lost(const struct gzline_file *file);

// The name no longer leads to this file.
bool gzline_file_is_moved(const struct gzline_file *file);

// Goes on, instead of a file that is lost, in a new one of the same name or in what is left of one that was
// cut. It stays gzip or plain. What gzline_file_open returns; STATUS_EXISTS: another file has the name.
enum status gzline_file_reopen(struct gzline_file *file, bool *needs_newline, struct error *error) MUST_USE;

#endif
