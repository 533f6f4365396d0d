// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/json/json_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/json_skip.h"

static bool is_hex(char c) {
  return json_skip_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

const char *json_skip_escape(const char *at, const char *end) {
  if (at >= end) return NULL;
  if (*at != 'u') return strchr("\"\\/bfnrt", *at) && *at ? at + 1 : NULL;
  if (end - at < 5) return NULL;
  for (int i = 1; i <= 4; i++) {
    if (!is_hex(at[i])) return NULL;
  }
  return at + 5;
}

const char *json_skip_string(const char *at, const char *end) {
  at++;
  while (at < end) {
    if (end - at >= JSON_SKIP_BLOCK) {
      uint64_t hits = json_skip_hits(at);
      at += hits ? json_skip_first(hits) : JSON_SKIP_BLOCK;
      if (!hits) continue;
    }
    unsigned char c = (unsigned char)*at;
    if (c == '"') return at + 1;
    if (c < 0x20) return NULL;
    at++;
    if (c == '\\') {
      at = json_skip_escape(at, end);
      if (!at) return NULL;
    }
  }
  return NULL;
}

// Each skip function returns the first byte after the value that starts at `at`, or NULL when there is none.

static const char *skip_digits(const char *at, const char *end) {
  const char *after = json_skip_digits(at, end);
  return after > at ? after : NULL;
}

static const char *skip_number(const char *at, const char *end) {
  if (at < end && *at == '-') at++;
  if (at < end && *at == '0') {
    at++;
  } else {
    at = skip_digits(at, end);
    if (!at) return NULL;
  }
  if (at < end && *at == '.') {
    at = skip_digits(at + 1, end);
    if (!at) return NULL;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    at = skip_digits(at, end);
  }
  return at;
}

static inline const char *skip_word(const char *at, const char *end, const char *word) {
  size_t len = strlen(word);
  return (size_t)(end - at) >= len && memcmp(at, word, len) == 0 ? at + len : NULL;
}

static const char *skip_container(const char *at, const char *end, int depth) {
  if (depth >= JSON_SCAN_DEPTH) return NULL;
  bool object = *at == '{';
  char close = object ? '}' : ']';
  at = json_skip_space(at + 1, end);
  if (at < end && *at == close) return at + 1;
  for (;;) {
    if (object) {
      if (at >= end || *at != '"') return NULL;
      at = json_skip_string(at, end);
      if (!at) return NULL;
      at = json_skip_space(at, end);
      if (at >= end || *at != ':') return NULL;
      at = json_skip_space(at + 1, end);
    }
    at = json_scan_skip(at, end, depth + 1);
    if (!at) return NULL;
    at = json_skip_space(at, end);
    if (at >= end) return NULL;
    if (*at == close) return at + 1;
    if (*at != ',') return NULL;
    at = json_skip_space(at + 1, end);
  }
}

const char *json_scan_skip(const char *at, const char *end, int depth) {
  if (at >= end) return NULL;
  switch (*at) {
  case '"': return json_skip_string(at, end);
  case '{':
  case '[': return skip_container(at, end, depth);
  case 't': return skip_word(at, end, "true");
  case 'f': return skip_word(at, end, "false");
  case 'n': return skip_word(at, end, "null");
  default: return skip_number(at, end);
  }
}

// How far a broken text is right: grows a prefix value by value only for the message, so its cost is of no
// matter.
static size_t broken_at(const char *text, size_t len) {
  const char *at = json_skip_space(text, text + len);
  const char *after = json_scan_skip(at, text + len, 0);
  return (size_t)((after ? json_skip_space(after, text + len) : at) - text);
}

enum status json_scan_text(const char *text, size_t len, struct json_slice *value, struct error *error) {
  return json_scan_nested(text, len, 0, value, error);
}

enum status json_scan_nested(const char *text, size_t len, int depth, struct json_slice *value,
                             struct error *error) {
  if (len == 0) text = ""; // NULL is an empty text as well
  const char *end = text + len;
  const char *start = json_skip_space(text, end);
  const char *after = json_scan_skip(start, end, depth);
  if (!after || json_skip_space(after, end) != end) {
    const char *what = start == end ? "no JSON value"
                       : after      ? "more text after the JSON value"
                                    : "malformed JSON value";
    return status_fail(error, STATUS_FORMAT, "%s (value at byte %zu of %zu)", what, broken_at(text, len),
                       len);
  }
  *value = (struct json_slice){start, (size_t)(after - start)};
  return STATUS_OK;
}

struct json_scan json_scan_start(struct json_slice container) {
  enum json_kind kind = json_scan_kind(container);
  if (kind != JSON_OBJECT && kind != JSON_ARRAY) return (struct json_scan){NULL, NULL};
  return (struct json_scan){container.data + 1, container.data + container.len - 1};
}

// Moves to the next value of the container; the text is known to be valid.
static bool next_item(struct json_scan *scan) {
  scan->at = json_skip_space(scan->at, scan->end);
  if (scan->at < scan->end && *scan->at == ',') scan->at = json_skip_space(scan->at + 1, scan->end);
  return scan->at < scan->end;
}

static bool parse_value(struct json_scan *scan, struct json_slice *value) {
  const char *after = json_scan_skip(scan->at, scan->end, 0);
  if (!after) {
    scan->at = scan->end;
    return false;
  }
  *value = (struct json_slice){scan->at, (size_t)(after - scan->at)};
  scan->at = after;
  return true;
}

bool json_scan_member(struct json_scan *scan, struct json_slice *key, struct json_slice *value) {
  if (!next_item(scan) || *scan->at != '"') return false;
  struct json_slice quoted;
  if (!parse_value(scan, &quoted)) return false;
  scan->at = json_skip_space(scan->at, scan->end);
  if (scan->at >= scan->end || *scan->at != ':') return false;
  scan->at = json_skip_space(scan->at + 1, scan->end);
  if (!parse_value(scan, value)) return false;
  *key = (struct json_slice){quoted.data + 1, quoted.len - 2};
  return true;
}

bool json_scan_element(struct json_scan *scan, struct json_slice *value) {
  return next_item(scan) && parse_value(scan, value);
}

struct json_slice json_scan_get(struct json_slice object, const char *key) {
  if (json_scan_kind(object) != JSON_OBJECT) return (struct json_slice){NULL, 0};
  struct json_scan scan = json_scan_start(object);
  struct json_slice name, value;
  while (json_scan_member(&scan, &name, &value)) {
    if (json_slice_is(name, key)) return value;
  }
  return (struct json_slice){NULL, 0};
}

struct json_slice json_scan_at(struct json_slice array, size_t index) {
  if (json_scan_kind(array) != JSON_ARRAY) return (struct json_slice){NULL, 0};
  struct json_scan scan = json_scan_start(array);
  struct json_slice value;
  while (json_scan_element(&scan, &value)) {
    if (index-- == 0) return value;
  }
  return (struct json_slice){NULL, 0};
}

// Exact for up to 15 digits and a small exponent (both mantissa and power of ten are doubles without error,
// so that one operation rounds correctly: Clinger, "How to read floating point numbers accurately", 1990);
// strtod for the rest.
bool json_scan_number(struct json_slice value, double *out) {
  static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (json_scan_kind(value) != JSON_NUMBER) return false;
  const char *at = value.data, *end = value.data + value.len;
  bool negative = *at == '-';
  if (negative) at++;
  int64_t mantissa = 0;
  int digits = 0, after_point = 0;
  bool point = false;
  for (; at < end && (json_skip_is_digit(*at) || *at == '.'); at++) {
    if (*at == '.') {
      point = true;
      continue;
    }
    if (digits > 0 || *at != '0') digits++;
    if (digits > 15) break;
    mantissa = mantissa * 10 + (*at - '0');
    after_point += point;
  }
  if (at == end && after_point <= 22) {
    double number = (double)mantissa / power_of_ten[after_point];
    *out = negative ? -number : number;
    return true;
  }
  char text[64];
  char *copy = value.len < sizeof text ? text : malloc(value.len + 1);
  if (!copy) return false;
  memcpy(copy, value.data, value.len);
  copy[value.len] = '\0';
  double number = strtod(copy, NULL);
  if (copy != text) free(copy);
  if (!isfinite(number)) return false;
  *out = number;
  return true;
}

bool json_scan_int64(struct json_slice value, int64_t *out) {
  if (value.len == 1 && json_skip_is_digit(*value.data)) {
    *out = *value.data - '0';
    return true;
  }
  if (json_scan_kind(value) != JSON_NUMBER) return false;
  const char *at = value.data, *end = value.data + value.len;
  bool negative = *at == '-';
  if (negative) at++;
  int64_t number = 0; // kept negative: the range is one larger on that side
  for (; at < end && json_skip_is_digit(*at); at++) {
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_sub_overflow(number, *at - '0', &number))
      return false;
  }
  if (at < end) { // 1.0 and 1e3 are whole as well
    double real;
    if (!json_scan_number(value, &real) || real != floor(real) || fabs(real) > 9007199254740992.0)
      return false;
    *out = (int64_t)real;
    return true;
  }
  if (!negative && number == INT64_MIN) return false;
  *out = negative ? number : -number;
  return true;
}

bool json_scan_bool(struct json_slice value, bool *out) {
  enum json_kind kind = json_scan_kind(value);
  if (kind != JSON_TRUE && kind != JSON_FALSE) return false;
  *out = kind == JSON_TRUE;
  return true;
}

static unsigned hex4(const char *at) {
  unsigned code = 0;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    code = code * 16 + (unsigned)(json_skip_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return code;
}

static void append_utf8(struct buf *out, unsigned code) {
  char bytes[4];
  size_t len;
  if (code < 0x80) {
    bytes[0] = (char)code;
    len = 1;
  } else if (code < 0x800) {
    bytes[0] = (char)(0xC0 | (code >> 6));
    len = 2;
  } else if (code < 0x10000) {
    bytes[0] = (char)(0xE0 | (code >> 12));
    len = 3;
  } else {
    bytes[0] = (char)(0xF0 | (code >> 18));
    len = 4;
  }
  for (size_t i = 1; i < len; i++)
    bytes[i] = (char)(0x80 | ((code >> (6 * (len - 1 - i))) & 0x3F));
  buf_append(out, bytes, len);
}

// `at` is at the u of \uXXXX; returns the byte after it, or after the pair when it starts one.
static const char *append_unicode(struct buf *out, const char *at, const char *end) {
  unsigned code = hex4(at + 1);
  at += 5;
  if (code >= 0xD800 && code < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    unsigned low = hex4(at + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      append_utf8(out, 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
      return at + 6;
    }
  }
  append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
  return at;
}

bool json_scan_string(struct json_slice value, struct buf *out) {
  if (json_scan_kind(value) != JSON_STRING) return false;
  const char *at = value.data + 1, *end = value.data + value.len - 1;
  while (at < end) {
    const char *escape = memchr(at, '\\', (size_t)(end - at));
    const char *stop = escape ? escape : end;
    buf_append(out, at, (size_t)(stop - at));
    if (!escape) break;
    at = escape + 1;
    switch (*at) {
    case 'u': at = append_unicode(out, at, end); continue;
    case 'b': buf_append_char(out, '\b'); break;
    case 'f': buf_append_char(out, '\f'); break;
    case 'n': buf_append_char(out, '\n'); break;
    case 'r': buf_append_char(out, '\r'); break;
    case 't': buf_append_char(out, '\t'); break;
    default: buf_append_char(out, *at);
    }
    at++;
  }
  return out->status == STATUS_OK;
}

struct json_slice json_scan_raw_string(struct json_slice value) {
  if (json_scan_kind(value) != JSON_STRING) return (struct json_slice){NULL, 0};
  return (struct json_slice){value.data + 1, value.len - 2};
}
