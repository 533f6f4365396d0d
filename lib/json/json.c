// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/json/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/json_write.h"

// `struct json` is never defined: a pointer to one is a cJSON pointer under another name.
static cJSON *node_of(const struct json *node) {
  return (cJSON *)(uintptr_t)node;
}

static struct json *json_of(cJSON *node) {
  return (struct json *)node;
}

// The value of the four hex digits at `at`; the text is known to be valid.
static unsigned long code_unit(const char *at) {
  char digits[5] = {at[0], at[1], at[2], at[3], '\0'};
  return strtoul(digits, NULL, 16);
}

// Appends the escape at `at` and returns the byte after it. Half a surrogate pair becomes U+FFFD.
static const char *append_escape(struct buf *out, const char *at, const char *end) {
  if (at[1] != 'u') {
    buf_append(out, at, 2);
    return at + 2;
  }
  unsigned long unit = code_unit(at + 2);
  bool high = unit >= 0xD800 && unit < 0xDC00, low = unit >= 0xDC00 && unit < 0xE000;
  if (high && end - at >= 12 && at[6] == '\\' && at[7] == 'u') {
    unsigned long next = code_unit(at + 8);
    if (next >= 0xDC00 && next < 0xE000) {
      buf_append(out, at, 12);
      return at + 12;
    }
  }
  buf_append(out, high || low ? "\\ufffd" : at, 6);
  return at + 6;
}

// Valid JSON that cJSON refuses, in a form that it takes: see json_parse. Outside strings there is no
// backslash.
static void append_tame(struct buf *out, struct json_slice value) {
  const char *at = value.data, *end = value.data + value.len;
  while (at < end) {
    if (*at == '\\') {
      at = append_escape(out, at, end);
    } else {
      buf_append_char(out, *at++);
    }
  }
}

enum status json_parse(const char *text, size_t len, struct json **out, struct error *error) {
  struct json_slice value;
  // cJSON is laxer than RFC 8259 (control characters, leading zeros): the scanner decides what is JSON.
  enum status status = json_scan_text(text, len, &value, error);
  if (status) return status;
  cJSON *root = cJSON_ParseWithLength(value.data, value.len);
  if (!root) {
    // It is also stricter: it takes no half of a surrogate pair, as a text cut inside an emoji has one.
    struct buf tame = BUF_LIMIT(0);
    append_tame(&tame, value);
    if (tame.status == STATUS_OK) root = cJSON_ParseWithLength(tame.data, tame.len);
    buf_free(&tame);
  }
  if (!root)
    return status_fail(error, STATUS_MEMORY, "JSON document of %zu bytes: %s", len,
                       status_name(STATUS_MEMORY));
  *out = json_of(root);
  return STATUS_OK;
}

void json_free(struct json *root) {
  cJSON_Delete(node_of(root));
}

struct json *json_get(const struct json *object, const char *key) {
  if (!cJSON_IsObject(node_of(object))) return NULL;
  return json_of(cJSON_GetObjectItemCaseSensitive(node_of(object), key));
}

struct json *json_at(const struct json *array, size_t index) {
  struct json *node = json_first(array);
  while (node && index--)
    node = json_next(node);
  return node;
}

struct json *json_first(const struct json *container) {
  cJSON *node = node_of(container);
  return node && (cJSON_IsObject(node) || cJSON_IsArray(node)) ? json_of(node->child) : NULL;
}

struct json *json_next(const struct json *node) {
  return node ? json_of(node_of(node)->next) : NULL;
}

enum json_kind json_kind_of(const struct json *node) {
  if (!node) return JSON_NONE;
  switch (node_of(node)->type & 0xFF) {
  case cJSON_NULL: return JSON_NULL;
  case cJSON_False: return JSON_FALSE;
  case cJSON_True: return JSON_TRUE;
  case cJSON_Number: return JSON_NUMBER;
  case cJSON_String: return JSON_STRING;
  case cJSON_Array: return JSON_ARRAY;
  case cJSON_Object: return JSON_OBJECT;
  default: return JSON_NONE;
  }
}

const char *json_key(const struct json *node) {
  return node ? node_of(node)->string : NULL;
}

const char *json_text(const struct json *node) {
  return cJSON_IsString(node_of(node)) ? node_of(node)->valuestring : NULL;
}

double json_number(const struct json *node, double otherwise) {
  return cJSON_IsNumber(node_of(node)) ? node_of(node)->valuedouble : otherwise;
}

bool json_bool(const struct json *node, bool otherwise) {
  return cJSON_IsBool(node_of(node)) ? cJSON_IsTrue(node_of(node)) : otherwise;
}

enum status json_change_text(struct json *node, const char *text) {
  if (!cJSON_IsString(node_of(node))) return STATUS_FORMAT;
  return cJSON_SetValuestring(node_of(node), text) ? STATUS_OK : STATUS_MEMORY;
}

static void print_node(const struct json *node, struct json_writer *w) {
  switch (json_kind_of(node)) {
  case JSON_FALSE: json_write_bool(w, false); break;
  case JSON_TRUE: json_write_bool(w, true); break;
  case JSON_NUMBER: json_write_number(w, node_of(node)->valuedouble); break;
  case JSON_STRING: json_write_string(w, node_of(node)->valuestring); break;
  case JSON_ARRAY:
    json_write_array(w);
    for (struct json *child = json_first(node); child; child = json_next(child))
      print_node(child, w);
    json_write_array_end(w);
    break;
  case JSON_OBJECT:
    json_write_object(w);
    for (struct json *child = json_first(node); child; child = json_next(child)) {
      // A foreign key may hold anything, so it is escaped as a text and the colon is ours.
      json_write_string(w, json_key(child));
      buf_append_char(w->out, ':');
      w->comma = false;
      print_node(child, w);
    }
    json_write_object_end(w);
    break;
  default: json_write_null(w);
  }
}

enum status json_print(const struct json *node, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  print_node(node, &w);
  return out->status;
}
