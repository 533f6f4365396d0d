// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which libraries this program runs with. They are asked by name, through the dynamic linker, so that no room
// needs another one's headers.
#ifndef LIB_BASE_LIBRARIES_H
#define LIB_BASE_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

struct library {
  const char *name;    // a word: "libcurl"
  const char *version; // as the library itself gives it: "7.88.1 OpenSSL/3.0.17 zlib/1.2.13 ..."
};

// The first library at or after *position that is loaded; *position is then behind it. False: no more.
bool libraries_next(size_t *position, struct library *out);

#endif
