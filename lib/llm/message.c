// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/message.h"

#include <stdbool.h>
#include <string.h>

#include "lib/json/json_write.h"

// No more of a text than this is read: it is cut to a line anyhow.
#define LOOK_BYTES 4096

static size_t character_len(const char *text, size_t len) {
  for (size_t n = 1; n <= 4 && n <= len; n++) {
    if (json_is_utf8(text, n)) return n;
  }
  return 0;
}

// White space, or a control character (those of U+0080 to U+009F too).
static bool is_space(const char *character, size_t len) {
  unsigned char first = (unsigned char)character[0];
  if (len == 1) return first <= ' ' || first == 0x7F;
  return len == 2 && first == 0xC2 && (unsigned char)character[1] < 0xA0;
}

void message_copy(char *out, size_t size, const char *text, size_t len) {
  size_t used = 0, end = 0; // `end`: after the last character that is no space
  for (size_t i = 0; i < len && i < LOOK_BYTES;) {
    size_t step = character_len(text + i, len - i);
    const char *character = step ? text + i : "\xEF\xBF\xBD";
    size_t wide = step ? step : 3;
    i += step ? step : 1;
    bool space = is_space(character, wide);
    if (space) {
      character = " ";
      wide = 1;
    }
    if (space && (used == 0 || used > end)) continue; // a run of spaces is one
    if (used + wide >= size) break;
    memcpy(out + used, character, wide);
    used += wide;
    if (!space) end = used;
  }
  out[end] = '\0';
}

static void copy_value(char *out, size_t size, struct json_slice value) {
  struct buf plain = BUF_LIMIT(0);
  if (json_scan_string(value, &plain)) {
    message_copy(out, size, plain.data, plain.len);
  } else {
    message_copy(out, size, value.data, value.len);
  }
  buf_free(&plain);
}

static struct json_slice member_with_words(struct json_slice object) {
  static const char *const keys[] = {"error", "message", "detail"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    struct json_slice value = json_scan_get(object, keys[i]);
    enum json_kind kind = json_scan_kind(value);
    if (kind == JSON_STRING || kind == JSON_OBJECT || kind == JSON_ARRAY) return value;
  }
  return (struct json_slice){NULL, 0};
}

void message_of_error(char *out, size_t size, struct json_slice error) {
  // Some gateways wrap the error of the server behind them: {"error":{"error":{"message":..}}}.
  for (int depth = 0; depth < 3; depth++) {
    struct json_slice inner = member_with_words(error);
    if (inner.len == 0) break;
    error = inner;
  }
  copy_value(out, size, error);
}

void message_of_body(char *out, size_t size, const char *body, size_t len) {
  struct json_slice root;
  if (json_scan_text(body, len, &root, NULL) == STATUS_OK) {
    message_of_error(out, size, root);
  } else {
    message_copy(out, size, body, len);
  }
}
