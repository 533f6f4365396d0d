// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether libmicrohttpd's view of a request's head is all that the head holds. It cuts the bytes into texts
// where they lie, so that each text begins where the one before it ends. Two things break that order, and can
// be seen by nothing else: a folded line (RFC 9112 5.2), which 0.9.75 appends to the field's *name*, so that
// "Content-Lengt: 30" becomes another field; and a NUL, which hides what follows it.
#ifndef CAPTURE_RAW_HEAD_H
#define CAPTURE_RAW_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/content/request_check.h"

// Pointers into the head's bytes, as libmicrohttpd hands them out.
struct raw_head {
  const char *method, *url, *version;       // each ends with a NUL
  size_t target_len;                        // of the request target, of which `url` is the beginning
  const struct request_check_field *fields; // in the order of their lines
  size_t field_count;
  size_t bytes; // of the head, from the method to behind its empty line
};

// False: it holds more than that.
bool raw_head_is_whole(const struct raw_head *head);

#endif
