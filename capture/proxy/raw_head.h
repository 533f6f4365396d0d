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

#include "lib/http/head.h"

// False: the head holds more. Its method, version and fields point into its `bytes`, as libmicrohttpd hands
// them out, and so does `url`, the beginning of the target; the fields are in the order of their lines. The
// bytes reach from the method to behind the empty line.
bool raw_head_is_whole(const struct head *head, const char *url, size_t bytes);

#endif
