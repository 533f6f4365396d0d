// SPDX-License-Identifier: GPL-3.0-or-later
//
// The file that a recording goes to, or one file after another: by size, by time, or on demand. A file that
// is left behind is finished by a thread of its own, so that changing files never keeps traffic waiting.
//
// With rotation the name goes through strftime(3) (local time, when the file is begun), what is being
// written is called NAME.part, and gets its name when it is complete. A name that is taken gets a number
// before its extension: NAME-1.jsonl.gz. A file that is there is never replaced.
//
// In a handover the first file is the first of NAME, NAME-1, NAME-2 ... to which no other process writes (of
// their .part with rotation). As always it is continued if it is there.
#ifndef CAPTURE_TRACEFILE_H
#define CAPTURE_TRACEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/json/json_scan.h"
#include "lib/lines/gzline.h"

struct tracefile_rotation {
  int64_t bytes;     // a file of so many bytes is complete; 0: whatever its size
  int64_t period_ns; // a new file at every multiple of this, by the wall clock in UTC; 0: none
};

struct tracefile_options {
  const char *name;                   // "-": standard output; borrowed until tracefile_open has returned
  struct tracefile_rotation rotation; // both 0: the name is taken as it is, and there is one file
  bool handover;                      // a name that another process writes to is passed over
  size_t queue_bytes;                 // cap of what is not yet on disk, over all files
  int64_t flush_interval_ns;
};

struct tracefile;

// Chooses the name of the first file and opens nothing. With rotation a .part that an earlier run has left
// under that name is continued. STATUS_MEMORY, STATUS_USAGE (a name that strftime makes too long or empty).
enum status tracefile_open(const struct tracefile_options *options, struct tracefile **out,
                           struct error *error) MUST_USE;

// Where lines go now.
const char *tracefile_path(const struct tracefile *file);

// Opens the first file for appending. What gzline_writer_open returns.
enum status tracefile_begin(struct tracefile *file, struct error *error) MUST_USE;

// What gzline_write and gzline_writer_flush return.
enum status tracefile_write(struct tracefile *file, const char *line, size_t len);
enum status tracefile_flush(struct tracefile *file, struct error *error) MUST_USE;

// The rotation asks for a new file, and the one before the present is finished.
bool tracefile_is_due(const struct tracefile *file);

// Goes over to a new file: `last` is the last line of the old one, `first` the first of the new. Without
// rotation it is the same name, as a log is opened again after it was moved away: STATUS_OK and
// *changed = false when it still is our file (or no file at all: standard output, a pipe). On failure lines
// go on going where they went: STATUS_EXISTS (another file has the name), STATUS_IO, STATUS_MEMORY; in the
// name of the rotation STATUS_LIMIT: the file before is still being finished.
enum status tracefile_next(struct tracefile *file, struct json_slice last, struct json_slice first,
                           bool *changed, struct error *error);

// Of all files so far, `failing` and `write_status` of the present one.
struct gzline_counts tracefile_counts(struct tracefile *file);

// What went wrong in finishing a file since the last call; false: nothing did.
bool tracefile_take_trouble(struct tracefile *file, struct error *error);

// Writes what is left, gives the last file its name and frees always. The first error. Takes NULL. `counts`
// (NULL allowed) are the final ones.
enum status tracefile_close(struct tracefile *file, struct gzline_counts *counts, struct error *error);

#endif
