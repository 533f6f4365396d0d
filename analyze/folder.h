// SPDX-License-Identifier: GPL-3.0-or-later
//
// A report's folder, made whole beside its place and then put there: a reader sees the old report or the new
// one, never half of either.
#ifndef ANALYZE_FOLDER_H
#define ANALYZE_FOLDER_H

#include <stdbool.h>

#include "lib/base/buf.h"

struct folder;

// Makes an empty folder "PATH.new-PID", and removes those of processes that are no more. STATUS_EXISTS: there
// is something at `path` and `force` is false, or it is not a report of ours (a folder that holds nothing but
// a report's files, or nothing), which even `force` never replaces. STATUS_IO, STATUS_MEMORY.
enum status folder_open(const char *path, bool force, struct folder **out, struct error *error) MUST_USE;

// Makes a folder inside it; *path is where (borrowed, until folder_close).
enum status folder_add(struct folder *folder, const char *name, const char **path,
                       struct error *error) MUST_USE;

enum status folder_write(struct folder *folder, const char *name, const struct buf *contents,
                         struct error *error) MUST_USE;

// Puts it in its place. On failure the old report stays where it is.
enum status folder_commit(struct folder *folder, struct error *error) MUST_USE;

// Frees it; what was not committed is removed. Takes NULL.
void folder_close(struct folder *folder);

#endif
