// SPDX-License-Identifier: GPL-3.0-or-later
//
// Takes secrets out of what is recorded or said (DESIGN 7): headers, query keys, top-level JSON fields.
// A value that is taken out becomes REDACT_MARK; everything around it stays as it was.
#ifndef CAPTURE_REDACT_H
#define CAPTURE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/names.h"
#include "lib/base/buf.h"
#include "lib/base/json_scan.h"

#define REDACT_MARK "***"

// True for header names that carry secrets: authorization, proxy-authorization, cookie, set-cookie, and every
// name that contains api-key, apikey, token, secret, password or credential. Case does not matter, and `_`
// counts as `-`.
bool redact_is_secret_header(const char *name, size_t len);

// True for query keys and JSON fields that carry secrets: api_key, key, token, access_token, password, secret
// and the like (the whole name, case and the difference of - and _ ignored), or one of `more`.
bool redact_is_secret_key(const struct names *more, const char *name, size_t len);

// Appends a request target ("/path?query") with the values of secret query keys taken out. Keys are compared
// after percent-decoding. A form body (application/x-www-form-urlencoded) is all query. Failure sticks in
// out->status.
void redact_target(const struct names *more, const char *target, struct buf *out);
void redact_form(const struct names *more, const char *form, size_t len, struct buf *out);

// Appends the values that redact_target takes out, each with a NUL after it. Failure sticks in out->status.
void redact_target_secrets(const struct names *more, const char *target, struct buf *out);

// Appends a valid JSON value without white space, the values of an object's secret top-level fields taken out
// (whatever their kind, but for null, true and false). Failure sticks in out->status.
void redact_json(const struct names *more, struct json_slice value, struct buf *out);

// Appends text that is no valid JSON but may have been meant as some: the value after every quoted secret
// name and a colon is taken out, at any depth. Failure sticks in out->status.
void redact_text(const struct names *more, const char *text, size_t len, struct buf *out);

#endif
