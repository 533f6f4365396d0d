// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON documents that are walked as trees (options, summaries): a thin house over cJSON, the only place that
// knows it. cJSON keeps C strings: a text with U+0000 inside is cut there. Hot paths read with json_scan.h
// and write with json_write.h; a body that is sent again is changed with json_patch.h, which keeps its bytes.
#ifndef LIB_BASE_JSON_H
#define LIB_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"

// A node of a document. The document is its root; json_free frees it whole, nodes in it are borrowed.
struct json;

// The document in `text`. STATUS_FORMAT with the offset in `error`, STATUS_MEMORY.
enum status json_parse(const char *text, size_t len, struct json **out, struct error *error) MUST_USE;
void json_free(struct json *root); // takes NULL

// All take NULL and nodes of another kind, and answer NULL, `otherwise` or 0 then.
struct json *json_get(const struct json *object, const char *key);
struct json *json_at(const struct json *array, size_t index);
struct json *json_first(const struct json *container);
struct json *json_next(const struct json *node);
enum json_kind json_kind_of(const struct json *node);
const char *json_key(const struct json *node);
const char *json_text(const struct json *node); // of a string
double json_number(const struct json *node, double otherwise);
bool json_bool(const struct json *node, bool otherwise);

// Replaces the text of a string node.
enum status json_change_text(struct json *node, const char *text) MUST_USE;

// Appends the document without white space; whole numbers up to 2^53 and all doubles read back the same.
enum status json_print(const struct json *node, struct buf *out) MUST_USE;

#endif
