// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files for the tests of the record room: a directory of their own, and short ways to fill and read them.
// Each fails the test that calls it when it cannot.
#ifndef TESTS_UNIT_RECORD_FILES_H
#define TESTS_UNIT_RECORD_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/lines/gzline.h"

// A fresh directory, and its removal with all that is in it: cmocka group setup and teardown.
int files_setup(void **state);
int files_teardown(void **state);

// The path of `name` in it; the caller frees.
char *files_path(const char *name);

void files_write(const char *path, const void *data, size_t len);
void files_read(const char *path, struct buf *into);

// The lines of a file as gzline_read gives them, each with a newline after it; the damage too, if asked for.
void files_read_lines(const char *path, struct buf *into, struct gzline_damage *damage);

struct gzline_writer *files_open_writer(const char *path, struct gzline_options options);
void files_write_line(struct gzline_writer *writer, const char *line);
void files_close_writer(struct gzline_writer *writer, struct gzline_counts *counts);

// Appends one gzip member of `text` as zlib itself writes it, of any length.
void files_gzip(const char *text, size_t len, int level, struct buf *out);

// Runs `command` with the shell and gives what it prints. Skips the test aloud when `program` is not
// installed.
void files_run(const char *program, const char *command, struct buf *into);

#endif
