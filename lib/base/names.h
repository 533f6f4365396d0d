// SPDX-License-Identifier: GPL-3.0-or-later
//
// A short list of texts from the command line (--keep-header, --redact, --include, --exclude).
#ifndef LIB_BASE_NAMES_H
#define LIB_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"

#define NAMES_MAX 256

// All zero is an empty list.
struct names {
  char **items;
  size_t count;
};

// Appends a copy. STATUS_USAGE for an empty text or more than NAMES_MAX, STATUS_MEMORY.
enum status names_add(struct names *names, const char *text, struct error *error) MUST_USE;

// True when one of the texts equals these bytes, ASCII letters of either case alike.
bool names_have(const struct names *names, const char *text, size_t len);

// True when one of the texts, as a shell pattern (fnmatch: * ? []), matches. `*` matches `/` too.
bool names_match(const struct names *names, const char *text);

void names_free(struct names *names);

#endif
