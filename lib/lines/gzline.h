// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lines in and out of files, plain or gzip: a writer whose caller never waits for a disk, and a reader that
// takes plain, gzip, concatenated and damaged input.
//
// Writing. Lines gather in a bounded queue; a thread of the writer's own makes one gzip member of what has
// gathered (every flush interval, or sooner when much has) and writes it with one write(2). A crash loses at
// most the last interval, and what is in the file always ends with a whole member (or, without compression, a
// whole line) unless the disk itself tore it.
//
// Reading. Damage does not end the reading: the reader resynchronises at the next gzip member and counts
// afterwards how much is missing. Lines of a member of up to 4 MiB of text are delivered only when its
// checksum is right; a longer member (of another program's making) is delivered as it comes.
#ifndef LIB_RECORD_GZLINE_H
#define LIB_RECORD_GZLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

#define GZLINE_LINE_BYTES ((size_t)256 * 1024 * 1024) // the longest line, written or read

struct gzline_writer;

enum gzline_existing {
  GZLINE_REFUSE, // STATUS_EXISTS when the file exists and is not empty
  GZLINE_REPLACE,
  GZLINE_APPEND, // first cuts a torn gzip tail or an unfinished last line
};

enum gzline_full {
  GZLINE_DROP, // a line that finds the queue full is dropped and counted
  GZLINE_WAIT, // the caller waits; the wait is counted
};

struct gzline_options {
  enum gzline_existing existing;
  enum gzline_full full;
  size_t queue_bytes;        // cap of what has gathered and is not yet on disk; 0: 64 MiB
  int64_t flush_interval_ns; // 0: one second
};

struct gzline_counts {
  int64_t lines, bytes;     // taken (without newlines)
  int64_t dropped;          // lines that are not in the file: no room in the queue, or lost to a write error
  int64_t queued_bytes;     // now, with newlines
  int64_t oldest_ns;        // when the oldest of them came, by clock_now_ns; 0: none is queued
  int64_t waited_ns;        // GZLINE_WAIT: sum of the caller's waits
  int64_t written_bytes;    // in the file
  int64_t cut_bytes;        // GZLINE_APPEND: what opening cut from a torn end
  int64_t lost_files;       // files with something in them that were removed, or cut, while they were written
  enum status write_status; // the first write error
  bool failing;             // the last attempt to write failed
};

// A write error is for good with GZLINE_WAIT and on what is no regular file: what is queued and every line
// after it is lost and counted. With GZLINE_DROP the file is cut back to whole members, lines wait in the
// queue as long as it has room, and every flush interval writing is tried again, so that a full disk that is
// given room loses little.
//
// The file is checked before each write and every 0.4 s. One that was removed, or that another program has
// cut (as logrotate's copytruncate does), is lost: its lines count as dropped, and a new file begins under
// the name with the first line of this writer. A file that was moved is written on. Where no new file can be
// begun, it is a write error.

// Creates `path` with mode 0600 ("-" or NULL: standard output, plain). A name that ends in .gz (or
// .gz.part, a file in the making) is compressed; what is appended is as the file is. Holds an advisory lock
// (flock) on the file. STATUS_EXISTS; STATUS_FORMAT: GZLINE_APPEND to a .gz that is no gzip; STATUS_IO: also
// a directory, or a file that another program is writing; STATUS_MEMORY; error is set.
enum status gzline_writer_open(const char *path, const struct gzline_options *options,
                               struct gzline_writer **out, struct error *error) MUST_USE;

// Queues one line; the newline is added. `line` must hold none. One thread or several. STATUS_LIMIT: dropped,
// since the queue is full (or cannot hold the line at all). STATUS_IO: dropped, the writer has failed for
// good.
enum status gzline_write(struct gzline_writer *writer, const char *line, size_t len);

struct gzline_counts gzline_writer_counts(struct gzline_writer *writer);

// What is left is stored in its gzip members instead of compressed: the end of the program waits for it.
void gzline_writer_hurry(struct gzline_writer *writer);

// The name no longer leads to the file that is written. False for a pipe, a device and standard output.
bool gzline_writer_is_moved(struct gzline_writer *writer);

// Asks for what has gathered to be written now, and waits until it is. The first write error when it could
// not be.
enum status gzline_writer_flush(struct gzline_writer *writer, struct error *error) MUST_USE;

// Writes what is left and frees the writer always. The first write error, when the writer had failed for good
// or the last attempt failed; a disk that recovered is no error (`dropped` counts the loss). Takes NULL.
// `counts` may be NULL.
enum status gzline_writer_close(struct gzline_writer *writer, struct gzline_counts *counts,
                                struct error *error);

struct gzline_reader;

// What could not be read; all zero after a clean end.
struct gzline_damage {
  int64_t places;        // separate spots where input was broken
  int64_t skipped_bytes; // of the file, between a broken spot and the next whole member
  bool torn_end;         // the last member or line was cut short
  int64_t first_offset;  // file offset of the first spot; -1: none
};

// "-" is standard input. The first bytes decide between plain and gzip. STATUS_NOT_FOUND, STATUS_IO,
// STATUS_MEMORY (error is set).
enum status gzline_reader_open(const char *path, struct gzline_reader **out, struct error *error) MUST_USE;

// The next line without its newline (LF or CRLF; a byte order mark before the first is dropped), valid until
// the next call. STATUS_END; STATUS_LIMIT: a line over GZLINE_LINE_BYTES was skipped, the next call goes on
// after it; STATUS_IO; STATUS_MEMORY. A last line without newline is delivered when it is whole JSON or no
// JSON at all; a torn one counts as damage.
enum status gzline_read(struct gzline_reader *reader, const char **line, size_t *len,
                        struct error *error) MUST_USE;

// Nothing but white space: no record, such as an editor leaves.
bool gzline_is_blank(const char *line, size_t len);

int64_t gzline_reader_line_number(const struct gzline_reader *reader); // of the line read last, from 1
struct gzline_damage gzline_reader_damage(const struct gzline_reader *reader);
void gzline_reader_close(struct gzline_reader *reader); // takes NULL

#endif
