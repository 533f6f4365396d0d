// SPDX-License-Identifier: GPL-3.0-or-later
//
// The file under a writer of lines: opened, appended to, and noticed when it is lost. Private to gzline*.c.
#ifndef LIB_GZLINE_FILE_H
#define LIB_GZLINE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/lines/gzline.h"

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
