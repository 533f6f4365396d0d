// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON documents that are kept or changed (request bodies that are rewritten, small inputs): a thin house
// over cJSON, the only place that knows it. cJSON keeps C strings: a text with U+0000 inside is cut there.
// Hot paths read with json_scan.h and write with json_write.h.
#ifndef LIB_BASE_JSON_H
#define LIB_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/json_scan.h"

// A node of a document. The document is its root; json_free frees it whole, nodes in it are borrowed.
struct json;

// The document in `text`. STATUS_FORMAT with the offset in `error`, STATUS_MEMORY.
enum status json_parse(const char *text, size_t len, struct json **out, struct error *error) MUST_USE;
struct json *json_new_object(void); // NULL: no memory
void json_free(struct json *root);  // takes NULL

// All take NULL and nodes of another kind, and answer NULL, `otherwise` or 0 then.
struct json *json_get(const struct json *object, const char *key);
struct json *json_at(const struct json *array, size_t index);
size_t json_count(const struct json *container);
struct json *json_first(const struct json *container);
struct json *json_next(const struct json *node);
enum json_kind json_kind_of(const struct json *node);
const char *json_key(const struct json *node);
const char *json_text(const struct json *node); // of a string
double json_number(const struct json *node, double otherwise);
bool json_bool(const struct json *node, bool otherwise);

// Set a member, replacing one of that name in its place. STATUS_MEMORY, STATUS_FORMAT (no object).
enum status json_set_string(struct json *object, const char *key, const char *text) MUST_USE;
enum status json_set_number(struct json *object, const char *key, double value) MUST_USE;
enum status json_set_bool(struct json *object, const char *key, bool value) MUST_USE;
// Gives `value` away (also on failure).
enum status json_set(struct json *object, const char *key, struct json *value) MUST_USE;
void json_remove(struct json *object, const char *key);
// Replaces the text of a string node.
enum status json_change_text(struct json *node, const char *text) MUST_USE;

// Deep copy; NULL: no memory.
struct json *json_copy(const struct json *node);

// Merges `patch` into `object` as RFC 7396 does: objects deeply, null removes, everything else replaces.
enum status json_merge(struct json *object, const struct json *patch) MUST_USE;

// Appends the document without white space; whole numbers up to 2^53 and all doubles read back the same.
enum status json_print(const struct json *node, struct buf *out) MUST_USE;

#endif
