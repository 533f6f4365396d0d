// SPDX-License-Identifier: GPL-3.0-or-later
//
// Targets and forms without their secrets.
#include "lib/record/redact.h"

#include <string.h>

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool redact_is_secret_query_key(const struct names *more, const char *key, size_t len) {
  char plain[REDACT_NAME_MAX];
  size_t used = 0;
  for (size_t i = 0; i < len; i++) {
    if (used == sizeof plain) return false;
    int high = key[i] == '%' && i + 2 < len ? hex_digit(key[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(key[i + 2]) : -1;
    if (low >= 0) i += 2;
    plain[used++] = low >= 0 ? (char)(high * 16 + low) : key[i];
  }
  return redact_is_secret_key(more, plain, used);
}

// One "key=value" of a query; `value` is NULL when there is none to hide.
struct pair {
  const char *start, *value, *stop;
};

static bool next_pair(const struct names *more, const char **at, const char *end, struct pair *pair) {
  if (*at >= end) return false;
  const char *stop = *at;
  while (stop < end && *stop != '&' && *stop != ';')
    stop++;
  const char *equals = memchr(*at, '=', (size_t)(stop - *at));
  bool is_secret = equals && equals + 1 < stop &&
                   (redact_is_secret_query_key(more, *at, (size_t)(equals - *at)) ||
                    redact_looks_secret(equals + 1, (size_t)(stop - equals - 1)));
  *pair = (struct pair){*at, is_secret ? equals + 1 : NULL, stop};
  *at = stop < end ? stop + 1 : end;
  return true;
}

void redact_form(const struct names *more, const char *form, size_t len, struct buf *out) {
  const char *end = form + len;
  struct pair pair;
  for (const char *at = form; next_pair(more, &at, end, &pair);) {
    buf_append(out, pair.start, (size_t)((pair.value ? pair.value : pair.stop) - pair.start));
    if (pair.value) buf_append_text(out, REDACT_MARK);
    if (pair.stop < end) buf_append_char(out, *pair.stop);
  }
}

void redact_target_secrets(const struct names *more, const char *target, struct buf *out) {
  const char *end = target + strlen(target);
  const char *at = target + strcspn(target, "?");
  struct pair pair;
  if (at < end) at++;
  while (next_pair(more, &at, end, &pair)) {
    if (!pair.value) continue;
    buf_append(out, pair.value, (size_t)(pair.stop - pair.value));
    buf_append_char(out, '\0');
  }
}

static void redact_path(const char *path, size_t len, struct buf *out) {
  for (size_t at = 0; at < len;) {
    size_t end = at;
    while (end < len && path[end] != '/')
      end++;
    if (redact_is_key_word(path + at, end - at)) {
      buf_append_text(out, REDACT_MARK);
    } else {
      buf_append(out, path + at, end - at);
    }
    if (end < len) buf_append_char(out, '/');
    at = end + 1;
  }
}

void redact_target(const struct names *more, const char *target, struct buf *out) {
  size_t path = strcspn(target, "?");
  redact_path(target, path, out);
  if (target[path] == '\0') return;
  buf_append_char(out, '?');
  redact_form(more, target + path + 1, strlen(target + path + 1), out);
}
