// SPDX-License-Identifier: GPL-3.0-or-later
//
// Base64 (RFC 4648, section 4) to and from bytes in a buffer.
#ifndef CAPTURE_BASE64_H
#define CAPTURE_BASE64_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"

// Appends the text of the bytes, padded. Failure sticks in out->status.
void base64_encode(struct json_slice bytes, struct buf *out);

// Appends the bytes of a text. Padding may be missing, line ends are skipped, base64url's digits are taken
// too. false: it is no base64, or there is no memory; `out` may hold a part then.
bool base64_decode(struct json_slice text, struct buf *out);

#endif
