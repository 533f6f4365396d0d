// SPDX-License-Identifier: GPL-3.0-or-later
//
// Changes members of a JSON text by splicing, so that what the patch does not name stays byte for byte: long
// numbers, escapes, order, white space inside values. For bodies that are sent again as they were recorded.
#ifndef LIB_BASE_JSON_PATCH_H
#define LIB_BASE_JSON_PATCH_H

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"

// Appends `target` with the merge patch applied (RFC 7396: objects deeply, null removes, everything else
// replaces; new members go to the end). A duplicate member that the patch names is kept once.
// Both are valid values (json_scan_text); keys are compared as they are written. The result is out->status.
enum status json_patch(struct json_slice target, struct json_slice patch, struct buf *out);

#endif
