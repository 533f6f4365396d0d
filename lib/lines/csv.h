// SPDX-License-Identifier: GPL-3.0-or-later
//
// Comma-separated values (RFC 4180), line by line: fields with and without quotes, CRLF or LF, a byte order
// mark before the header. Blank lines are skipped, and lines of empty fields; white space around a field
// without quotes is dropped.
//
// As spreadsheets write them, fields may be separated by semicolons or tabs instead: a first line "sep=;"
// names the separator, else it is the one of the three that the header has most of.
#ifndef LIB_LINES_CSV_H
#define LIB_LINES_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

#define CSV_MAX_FIELDS 4096
#define CSV_MAX_RECORD_BYTES (1 << 20)

// All zero is a reader before its first line. A record is `count` fields; field i is the NUL-terminated text
// csv_field(reader, i). It lives until the next line.
struct csv {
  struct buf text;     // the fields, each followed by NUL
  size_t *starts;      // offsets into text
  size_t count, room;  // fields of the record
  int64_t line;        // of the line fed last, from 1
  int64_t record_line; // where the record began
  bool open;           // inside quotes that the line did not close
  char separator;      // NUL: not known yet
};

// Feeds one line without its newline (a CR at its end is dropped). *complete: a whole record is there; false
// for a line without a field, for one that names the separator, or while quotes are open. STATUS_FORMAT: text
// after closing quotes, a quote inside a field without quotes, a NUL byte; STATUS_LIMIT: more than
// CSV_MAX_FIELDS fields or CSV_MAX_RECORD_BYTES bytes; STATUS_MEMORY. The caller puts the line's number
// before the message. After a failure the next line begins a record.
enum status csv_line(struct csv *csv, const char *line, size_t len, bool *complete,
                     struct error *error) MUST_USE;

// At the end of the input: STATUS_FORMAT when quotes were left open, with the line of the opening one.
enum status csv_end(const struct csv *csv, struct error *error) MUST_USE;

const char *csv_field(const struct csv *csv, size_t index);

// Index of the field with this text, in capitals or not; SIZE_MAX when there is none.
size_t csv_find(const struct csv *csv, const char *name);

void csv_free(struct csv *csv);

#endif
