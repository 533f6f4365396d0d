// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/redact.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/json_write.h"

#define NAME_MOST 128 // a longer name is none of ours
#define KEY_MOST                                                                                             \
  ((ptrdiff_t)6 * NAME_MOST) // the same, every character written as \u00XX; keeps redact_text linear

// Lower case, '_' as '-': so that Api_Key and api-key are one name. false: too long.
static bool fold_name(const char *name, size_t len, char folded[NAME_MOST + 1]) {
  if (len > NAME_MOST) return false;
  for (size_t i = 0; i < len; i++)
    folded[i] = name[i] == '_' ? '-' : (char)tolower((unsigned char)name[i]);
  folded[len] = '\0';
  return strlen(folded) == len;
}

static bool is_among(const char *name, const char *const *names) {
  for (; *names; names++) {
    if (strcmp(name, *names) == 0) return true;
  }
  return false;
}

bool redact_is_secret_header(const char *name, size_t len) {
  static const char *const parts[] = {"api-key",    "apikey", "token",  "secret",   "password",
                                      "credential", "cookie", "passwd", "signature"};
  char folded[NAME_MOST + 1];
  if (!fold_name(name, len, folded)) return true; // nobody keeps such a header; better safe
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (strstr(folded, parts[i])) return true;
  }
  return strstr(folded, "authorization") != NULL || strcmp(folded, "x-auth") == 0;
}

bool redact_is_secret_key(const struct names *more, const char *name, size_t len) {
  static const char *const names[] = {"api-key",
                                      "apikey",
                                      "x-api-key",
                                      "key",
                                      "token",
                                      "api-token",
                                      "access-token",
                                      "auth-token",
                                      "refresh-token",
                                      "id-token",
                                      "bearer-token",
                                      "session-token",
                                      "auth",
                                      "authtoken",
                                      "accesstoken",
                                      "bearer",
                                      "authorization",
                                      "password",
                                      "passwd",
                                      "pwd",
                                      "secret",
                                      "api-secret",
                                      "client-secret",
                                      "secret-key",
                                      "private-key",
                                      "access-key",
                                      "secretkey",
                                      "privatekey",
                                      "credential",
                                      "cookie",
                                      "x-amz-signature",
                                      "x-amz-credential",
                                      "credentials",
                                      "sig",
                                      "signature",
                                      "x-amz-security-token",
                                      "subscription-key",
                                      "x-goog-signature",
                                      "x-goog-credential",
                                      "openai-api-key",
                                      NULL};
  char folded[NAME_MOST + 1], other[NAME_MOST + 1];
  if (!fold_name(name, len, folded)) return false;
  if (is_among(folded, names)) return true;
  for (size_t i = 0; i < more->count; i++) {
    if (fold_name(more->items[i], strlen(more->items[i]), other) && strcmp(folded, other) == 0) return true;
  }
  return false;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static bool is_secret_query_key(const struct names *more, const char *key, size_t len) {
  char plain[NAME_MOST];
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
  bool is_secret = equals && equals + 1 < stop && is_secret_query_key(more, *at, (size_t)(equals - *at));
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

void redact_target(const struct names *more, const char *target, struct buf *out) {
  size_t path = strcspn(target, "?");
  buf_append(out, target, path);
  if (target[path] == '\0') return;
  buf_append_char(out, '?');
  redact_form(more, target + path + 1, strlen(target + path + 1), out);
}

// `key` is the text between the quotes; escapes are resolved where there are any.
static bool is_secret_json_key(const struct names *more, const char *key, size_t len) {
  if (!memchr(key, '\\', len)) return redact_is_secret_key(more, key, len);
  struct buf plain = BUF_LIMIT((size_t)8 * NAME_MOST);
  struct buf quoted = BUF_LIMIT((size_t)8 * NAME_MOST);
  struct json_slice value;
  buf_append_char(&quoted, '"');
  buf_append(&quoted, key, len);
  buf_append_char(&quoted, '"');
  bool secret = quoted.status == STATUS_OK &&
                json_scan_text(quoted.data, quoted.len, &value, NULL) == STATUS_OK &&
                json_scan_string(value, &plain) && redact_is_secret_key(more, plain.data, plain.len);
  buf_free(&plain);
  buf_free(&quoted);
  return secret;
}

void redact_json(const struct names *more, struct json_slice value, struct buf *out) {
  if (json_scan_kind(value) != JSON_OBJECT) {
    json_write_compact(out, value);
    return;
  }
  struct json_scan scan = json_scan_start(value);
  struct json_slice key, member;
  char before = '{';
  while (json_scan_member(&scan, &key, &member)) {
    buf_append_char(out, before);
    before = ',';
    buf_append_char(out, '"');
    buf_append(out, key.data, key.len);
    buf_append_text(out, "\":");
    enum json_kind kind = json_scan_kind(member);
    bool plain = kind == JSON_NULL || kind == JSON_TRUE || kind == JSON_FALSE;
    if (!plain && is_secret_json_key(more, key.data, key.len)) {
      buf_append_text(out, "\"" REDACT_MARK "\"");
    } else {
      json_write_compact(out, member);
    }
  }
  if (before == '{') buf_append_char(out, '{');
  buf_append_char(out, '}');
}

// The end of a quoted text that starts after `at`: the closing quote, or `end`.
static const char *quote_end(const char *at, const char *end, char quote) {
  while (at < end && *at != quote)
    at += *at == '\\' && at + 1 < end ? 2 : 1;
  return at < end ? at : end;
}

static const char *skip_blank(const char *at, const char *end) {
  while (at < end && strchr(" \t\r\n", *at) && *at)
    at++;
  return at;
}

// The end of the value at `at`: of a quoted text its closing quote, of anything else where it could end.
static const char *value_end(const char *at, const char *end) {
  if (at < end && (*at == '"' || *at == '\'')) {
    const char *close = quote_end(at + 1, end, *at);
    return close < end ? close + 1 : end;
  }
  while (at < end && *at != ',' && *at != '}' && *at != '\n')
    at++;
  return at;
}

void redact_text(const struct names *more, const char *text, size_t len, struct buf *out) {
  const char *end = text + len;
  const char *kept = text; // what stands before it is in `out`
  for (const char *at = text; at < end; at++) {
    if (*at != '"' && *at != '\'') continue;
    const char *reach = end - at > KEY_MOST ? at + KEY_MOST : end;
    const char *close = quote_end(at + 1, reach, *at);
    const char *colon = close < reach ? skip_blank(close + 1, end) : end;
    if (colon >= end || *colon != ':') continue;
    if (!is_secret_json_key(more, at + 1, (size_t)(close - at - 1))) continue;
    const char *value = skip_blank(colon + 1, end);
    buf_append(out, kept, (size_t)(value - kept));
    buf_append_text(out, "\"" REDACT_MARK "\"");
    kept = value_end(value, end);
    at = kept > at ? kept - 1 : at;
  }
  buf_append(out, kept, (size_t)(end - kept));
}
