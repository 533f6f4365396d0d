// SPDX-License-Identifier: GPL-3.0-or-later
//
// What must never be written into a record or a message: which names carry secrets (headers, query
// keys, JSON fields, variables of a command), which values have the form of one, and how each kind of text
// loses them. A value that is taken out becomes REDACT_MARK; everything around it stays as it was.
#ifndef LIB_RECORD_REDACT_H
#define LIB_RECORD_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/names.h"
#include "lib/json/json_scan.h"

#define REDACT_MARK "***"
#define REDACT_NAME_MAX 128 // bytes; a longer name is none of ours

// True for header names that carry secrets: those of redact_is_secret_key, and every name that contains
// token, cookie, signature, jwt, assertion or authenti.
bool redact_is_secret_header(const char *name, size_t len);

// True for query keys and JSON fields that carry secrets: a last word of key, auth, jwt, pwd, pass, sig,
// signature, cookie or bearer (x_functions_key, accessKey); an end in "token"; "password", "secret",
// "api-key", "credential" or "authorization" anywhere; and each of `more`. Case, the difference of - and _
// and a number at the end are ignored. False for names that only resemble one (cache_key, eos_token,
// key_file). `query`: the same after percent-decoding; `json`: the text between the quotes, escapes
// unresolved.
bool redact_is_secret_key(const struct names *more, const char *name, size_t len);
bool redact_is_secret_query_key(const struct names *more, const char *key, size_t len);
bool redact_is_secret_json_key(const struct names *more, const char *key, size_t len);

// True for the name of a variable or option of a command: the same, leading dashes aside.
bool redact_is_secret_variable(const char *name, size_t len);

// True for a word that begins as the keys of the usual services do (sk-, hf_, AKIA, ...) and is at least 12
// bytes long, and for a JSON web token.
bool redact_is_key_word(const char *word, size_t len);

// True for a value with the form of a credential, whatever its name: "Bearer ...", "Basic ...", or such a
// word in it.
bool redact_looks_secret(const char *value, size_t len);

// Covers with asterisks the texts with the form of a credential: such words, what follows "Bearer " and the
// like, and private keys in PEM.
void redact_cover_shapes(char *text, size_t len);

// Appends a request target ("/path?query") with the values of secret query keys taken out, and values and
// parts of the path with the form of a secret. A form body (application/x-www-form-urlencoded) is all query.
// Failure sticks in out->status.
void redact_target(const struct names *more, const char *target, struct buf *out);
void redact_form(const struct names *more, const char *form, size_t len, struct buf *out);

// Appends a word that is NAME=VALUE without the value under a secret name, or a URL without its userinfo and
// what redact_target takes out. False: it has no such thing, and what was appended is of no use. `taken` as
// for redact_json.
bool redact_word_secrets(const struct names *more, const char *word, struct buf *out,
                         struct buf *taken) MUST_USE;

// Appends the values of the query that redact_target takes out, each with a NUL after it. Failure sticks in
// out->status.
void redact_target_secrets(const struct names *more, const char *target, struct buf *out);

// Appends a valid JSON value without white space and without secrets: at any depth the texts under secret
// names, "value" after "name": NAME and a word after "--NAME", the headers of tool servers, and but for
// prompts texts that are a key word, "Bearer WORD", a private key or what redact_word_secrets finds; of the
// outermost object's members (or of those of objects in an outermost array) any value under such a name, but
// for null, true and false. The names of a schema and the tokens of logprobs stay. A text that is JSON itself
// is treated alike. `taken` (NULL allowed) gets the texts that were taken out, each with a NUL after it.
// Failure sticks in out->status.
void redact_json(const struct names *more, struct json_slice value, struct buf *out, struct buf *taken);

// True when redact_json would take something out.
bool redact_json_has_secret(const struct names *more, struct json_slice value);

// Appends text that is no JSON as a whole, in any coding that is ASCII for ASCII. A line that is an object or
// array (also as "data: ...") is treated as redact_json does, byte for byte as it was when it has no secret.
// Of everything else the value after a secret name is taken out, at any depth: "name": VALUE, 'name': VALUE,
// name: "VALUE", name=VALUE, and a multipart body's part of that name. `taken` as for redact_json. Failure
// sticks in out->status.
void redact_text(const struct names *more, const char *text, size_t len, struct buf *out, struct buf *taken);

#endif
