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
// Reading. Damage does not end the reading: the reader resynchronises at the next gzip member and says
// afterwards how much is missing.
#ifndef LIB_RECORD_GZLINE_H
#define LIB_RECORD_GZLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

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
  int64_t dropped;          // GZLINE_DROP: lines that found the queue full; any: lines lost to a write error
  int64_t queued_bytes;     // now
  int64_t waited_ns;        // GZLINE_WAIT: sum of the caller's waits
  int64_t written_bytes;    // in the file
  enum status write_status; // the first error of the thread; lines after it are dropped and counted
};

// Creates `path` with mode 0600 ("-" or NULL: standard output, plain). A name that ends in .gz is compressed.
// STATUS_EXISTS, STATUS_IO with words.
enum status gzline_writer_open(const char *path, const struct gzline_options *options,
                               struct gzline_writer **out, struct error *error) MUST_USE;

// Queues one line; the newline is added. `line` must hold none. STATUS_LIMIT: dropped. STATUS_IO: the writer
// has failed.
enum status gzline_write(struct gzline_writer *writer, const char *line, size_t len);

struct gzline_counts gzline_writer_counts(struct gzline_writer *writer);

// Asks for what has gathered to be written now, and waits until it is.
enum status gzline_writer_flush(struct gzline_writer *writer, struct error *error) MUST_USE;

// Writes what is left and frees the writer always; returns the first error of its life. Takes NULL. `counts`
// may be NULL.
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

// "-" is standard input. Plain or gzip is told by the first bytes. STATUS_NOT_FOUND, STATUS_IO with words.
enum status gzline_reader_open(const char *path, struct gzline_reader **out, struct error *error) MUST_USE;

// The next line without its newline, valid until the next call. STATUS_END; STATUS_LIMIT: a line over 256
// MiB; STATUS_IO. A last line without newline is delivered when it is the proper end of a plain file and
// looks like a whole JSON value or is not JSON at all; a torn one counts as damage.
enum status gzline_read(struct gzline_reader *reader, const char **line, size_t *len,
                        struct error *error) MUST_USE;

int64_t gzline_reader_line_number(const struct gzline_reader *reader); // of the line read last, from 1
struct gzline_damage gzline_reader_damage(const struct gzline_reader *reader);
void gzline_reader_close(struct gzline_reader *reader); // takes NULL

#endif
