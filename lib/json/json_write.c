// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/json/json_write.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void before_value(struct json_writer *w) {
  if (w->comma) buf_append_char(w->out, ',');
  w->comma = true;
}

static void open_container(struct json_writer *w, char c) {
  before_value(w);
  buf_append_char(w->out, c);
  w->comma = false;
}

static void close_container(struct json_writer *w, char c) {
  buf_append_char(w->out, c);
  w->comma = true;
}

void json_write_object(struct json_writer *w) {
  open_container(w, '{');
}

void json_write_object_end(struct json_writer *w) {
  close_container(w, '}');
}

void json_write_array(struct json_writer *w) {
  open_container(w, '[');
}

void json_write_array_end(struct json_writer *w) {
  close_container(w, ']');
}

void json_write_key(struct json_writer *w, const char *key) {
  json_write_name(w, key, strlen(key));
}

void json_write_name(struct json_writer *w, const char *key, size_t len) {
  size_t before = w->comma ? 2 : 1;
  w->comma = false;
  if (buf_reserve(w->out, before + len + 2)) return;
  char *at = w->out->data + w->out->len;
  if (before == 2) *at++ = ',';
  *at++ = '"';
  memcpy(at, key, len);
  at[len] = '"';
  at[len + 1] = ':';
  w->out->len += before + len + 2;
}

void json_write_string(struct json_writer *w, const char *text) {
  if (text) {
    json_write_text(w, text, strlen(text));
  } else {
    json_write_null(w);
  }
}

// The length of the UTF-8 sequence at `at` (RFC 3629: no overlong forms, no surrogates), 0 when there is
// none.
static size_t utf8_len(const unsigned char *at, size_t left) {
  unsigned char c = at[0];
  if (c < 0x80) return 1;
  size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
  if (c < 0xC2 || c > 0xF4 || left < len) return 0;
  for (size_t i = 1; i < len; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  if ((c == 0xE0 && at[1] < 0xA0) || (c == 0xED && at[1] > 0x9F) || (c == 0xF0 && at[1] < 0x90) ||
      (c == 0xF4 && at[1] > 0x8F)) {
    return 0;
  }
  return len;
}

bool json_is_utf8(const char *text, size_t len) {
  const unsigned char *at = (const unsigned char *)text;
  for (size_t i = 0; i < len;) {
    size_t step = utf8_len(at + i, len - i);
    if (step == 0) return false;
    i += step;
  }
  return true;
}

static void append_escaped(struct buf *out, unsigned char c) {
  switch (c) {
  case '"': buf_append(out, "\\\"", 2); break;
  case '\\': buf_append(out, "\\\\", 2); break;
  case '\n': buf_append(out, "\\n", 2); break;
  case '\r': buf_append(out, "\\r", 2); break;
  case '\t': buf_append(out, "\\t", 2); break;
  default: buf_printf(out, "\\u%04x", c);
  }
}

void json_write_text(struct json_writer *w, const char *text, size_t len) {
  before_value(w);
  buf_append_char(w->out, '"');
  size_t clean = 0; // from here to i nothing needs escaping
  for (size_t i = 0; i < len;) {
    unsigned char c = (unsigned char)text[i];
    size_t step = utf8_len((const unsigned char *)text + i, len - i);
    if (c >= 0x20 && c != '"' && c != '\\' && step > 0) {
      i += step;
      continue;
    }
    buf_append(w->out, text + clean, i - clean);
    if (step == 0) {
      buf_append_text(w->out, "\xEF\xBF\xBD");
    } else {
      append_escaped(w->out, c);
    }
    clean = ++i;
  }
  buf_append(w->out, text + clean, len - clean);
  buf_append_char(w->out, '"');
}

enum { DIGITS_MAX = 20 };

// Writes the digits so that they end before `end`, and returns the first.
static char *print_digits(char *end, uint64_t value) {
  do {
    *--end = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  return end;
}

static uint64_t magnitude_of(int64_t value) {
  return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void json_write_int(struct json_writer *w, int64_t value) {
  char text[1 + DIGITS_MAX], *end = text + sizeof text;
  before_value(w);
  char *start = print_digits(end, magnitude_of(value));
  if (value < 0) *--start = '-';
  buf_append(w->out, start, (size_t)(end - start));
}

void json_write_number(struct json_writer *w, double value) {
  if (!isfinite(value)) {
    json_write_null(w);
    return;
  }
  if (value == floor(value) && fabs(value) < 1e15) {
    json_write_int(w, (int64_t)value);
    return;
  }
  char text[40];
  // 15 digits are exact in a double, so that fewer need no trial, but for the subnormal, which hold less.
  for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
    snprintf(text, sizeof text, "%.*g", precision, value);
    if (strtod(text, NULL) == value) break;
  }
  char *comma = strchr(text, ','); // a locale's
  if (comma) *comma = '.';
  before_value(w);
  buf_append_text(w->out, text);
}

void json_write_seconds(struct json_writer *w, int64_t ns) {
  enum { FRACTION = 9 };
  char text[1 + DIGITS_MAX + 1 + FRACTION], *end = text + sizeof text, *point = end - FRACTION - 1;
  before_value(w);
  uint64_t magnitude = magnitude_of(ns), fraction = magnitude % 1000000000U;
  memset(point, '0', (size_t)(end - point));
  print_digits(end, fraction);
  *point = '.';
  while (end[-1] == '0')
    end--;
  if (end[-1] == '.') end--;
  char *start = print_digits(point, magnitude / 1000000000U);
  if (ns < 0) *--start = '-';
  buf_append(w->out, start, (size_t)(end - start));
}

void json_write_bool(struct json_writer *w, bool value) {
  before_value(w);
  buf_append_text(w->out, value ? "true" : "false");
}

void json_write_null(struct json_writer *w) {
  before_value(w);
  buf_append(w->out, "null", 4);
}

void json_write_raw(struct json_writer *w, struct json_slice value) {
  before_value(w);
  if (value.len) {
    buf_append(w->out, value.data, value.len);
  } else {
    buf_append(w->out, "null", 4);
  }
}

void json_member_string(struct json_writer *w, const char *key, const char *text) {
  json_write_key(w, key);
  json_write_string(w, text);
}

void json_member_text(struct json_writer *w, const char *key, struct json_slice text) {
  json_write_key(w, key);
  if (text.data) {
    json_write_text(w, text.data, text.len);
  } else {
    json_write_null(w);
  }
}

void json_member_int(struct json_writer *w, const char *key, int64_t value) {
  json_write_key(w, key);
  json_write_int(w, value);
}

void json_member_number(struct json_writer *w, const char *key, double value) {
  json_write_key(w, key);
  json_write_number(w, value);
}

void json_member_seconds(struct json_writer *w, const char *key, int64_t ns) {
  json_write_key(w, key);
  json_write_seconds(w, ns);
}

void json_member_duration(struct json_writer *w, const char *key, int64_t ns) {
  json_write_key(w, key);
  if (ns < 0) {
    json_write_null(w);
  } else {
    json_write_seconds(w, ns);
  }
}

void json_member_bool(struct json_writer *w, const char *key, bool value) {
  json_write_key(w, key);
  json_write_bool(w, value);
}

void json_member_raw(struct json_writer *w, const char *key, struct json_slice value) {
  json_write_key(w, key);
  json_write_raw(w, value);
}

void json_write_compact(struct buf *out, struct json_slice value) {
  bool inside = false;
  size_t kept = 0;
  for (size_t i = 0; i < value.len; i++) {
    char c = value.data[i];
    if (c == '"') {
      inside = !inside;
    } else if (inside && c == '\\') {
      i++;
    } else if (!inside && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
      buf_append(out, value.data + kept, i - kept);
      kept = i + 1;
    }
  }
  buf_append(out, value.data + kept, value.len - kept);
}

void json_member_compact(struct json_writer *w, const char *key, struct json_slice value) {
  json_write_key(w, key);
  if (value.len == 0) {
    json_write_null(w);
    return;
  }
  before_value(w);
  json_write_compact(w->out, value);
}
