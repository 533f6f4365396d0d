// SPDX-License-Identifier: GPL-3.0-or-later
//
// What must never be written into a record or said: which names carry secrets (headers, query
// keys, JSON fields, variables of a command), which values look like one, and how each kind of text loses
// them. A value that is taken out becomes REDACT_MARK; everything around it stays as it was.
#ifndef LIB_RECORD_REDACT_H
#define LIB_RECORD_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/names.h"
#include "lib/json/json_scan.h"

#define REDACT_MARK "***"
#define REDACT_NAME_MAX 128 // bytes; a longer name is none of ours

// True for header names that carry secrets: authorization, proxy-authorization, cookie, set-cookie, and every
// name that contains api-key, apikey, token, secret, password or credential. Case does not matter, and `_`
// counts as `-`.
bool redact_is_secret_header(const char *name, size_t len);

// True for query keys and JSON fields that carry secrets: api_key, key, token, access_token, password, secret
// and the like (the whole name, case and the difference of - and _ ignored), or one of `more`. `query`: the
// same after percent-decoding; `json`: the text between the quotes, escapes unresolved.
bool redact_is_secret_key(const struct names *more, const char *name, size_t len);
bool redact_is_secret_query_key(const struct names *more, const char *key, size_t len);
bool redact_is_secret_json_key(const struct names *more, const char *key, size_t len);

// True for the name of a variable or option of a command: the same, leading dashes aside, or a name that ends
// like a key, token, secret or password (HF_TOKEN, --openai-api-key). Not --max-tokens.
bool redact_is_secret_variable(const char *name, size_t len);

// True for a value that looks like a credential whatever its name: "Bearer ...", "Basic ...", or a word that
// begins as the keys of the usual services do (sk-, hf_, eyJ, ...) and is at least 12 bytes long.
bool redact_looks_secret(const char *value, size_t len);

// Appends a request target ("/path?query") with the values of secret query keys taken out, and values and
// parts of the path that look like a secret. A form body (application/x-www-form-urlencoded) is all query.
// Failure sticks in out->status.
void redact_target(const struct names *more, const char *target, struct buf *out);
void redact_form(const struct names *more, const char *form, size_t len, struct buf *out);

// Appends the values of the query that redact_target takes out, each with a NUL after it. Failure sticks in
// out->status.
void redact_target_secrets(const struct names *more, const char *target, struct buf *out);

// Appends a valid JSON value without white space, the values of an object's secret top-level fields taken out
// (whatever their kind, but for null, true and false); of an array, those of the objects in it. Failure
// sticks in out->status.
void redact_json(const struct names *more, struct json_slice value, struct buf *out);

// True when redact_json would take something out.
bool redact_json_has_secret(const struct names *more, struct json_slice value);

// Appends text that is no JSON as a whole, in any coding that is ASCII for ASCII. A line that is an object or
// array (also as "data: ...") is treated as redact_json does, byte for byte as it was when it has no secret.
// Of everything else the value after a secret name is taken out, at any depth: "name": VALUE, 'name': VALUE,
// name: "VALUE", name=VALUE, and a multipart body's part of that name. Failure sticks in out->status.
void redact_text(const struct names *more, const char *text, size_t len, struct buf *out);

#endif
