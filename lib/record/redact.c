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

// Names that mean a credential in a query or form, and elsewhere something else.
static bool is_query_name(const char *key, size_t len) {
  static const char *const names[] = {"code", "assertion", "client_assertion", "sas", "passcode",
                                      "hmac", "appkey"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strlen(names[i]) == len && strncasecmp(key, names[i], len) == 0) return true;
  }
  return false;
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
                    is_query_name(*at, (size_t)(equals - *at)) ||
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

static void append_value(const char *value, size_t len, struct buf *taken) {
  if (!taken || len == 0) return;
  buf_append(taken, value, len);
  buf_append_char(taken, '\0');
}

void redact_target_secrets(const struct names *more, const char *target, struct buf *out) {
  const char *end = target + strlen(target);
  const char *at = target + strcspn(target, "?");
  struct pair pair;
  if (at < end) at++;
  while (next_pair(more, &at, end, &pair)) {
    if (pair.value) append_value(pair.value, (size_t)(pair.stop - pair.value), out);
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

// The part before "@" of "SCHEME://USER:PASSWORD@HOST"; NULL: there is none, or it is no URL.
static const char *find_userinfo(const char *word, const char **at) {
  const char *authority = strstr(word, "://");
  if (!authority || strcspn(word, "/?=") < (size_t)(authority - word)) return NULL;
  authority += 3;
  *at = authority + strcspn(authority, "/?#");
  while (*at > authority && **at != '@')
    (*at)--;
  return authority;
}

bool redact_word_secrets(const struct names *more, const char *word, struct buf *out, struct buf *taken) {
  const char *at = NULL, *userinfo = find_userinfo(word, &at);
  size_t start = out->len, equals = strcspn(word, "=");
  if (!userinfo) {
    const char *value = word + equals + (word[equals] != '\0');
    if (!*value || !redact_is_secret_variable(word, equals)) return false;
    buf_append(out, word, (size_t)(value - word));
    buf_append_text(out, REDACT_MARK);
    append_value(value, strlen(value), taken);
    return true;
  }
  const char *host = *at == '@' ? at : userinfo, *rest = host + strcspn(host, "/?#");
  buf_append(out, word, (size_t)(userinfo - word));
  if (host > userinfo) {
    const char *colon = memchr(userinfo, ':', (size_t)(host - userinfo));
    buf_append_text(out, REDACT_MARK);
    append_value(colon ? colon + 1 : userinfo, (size_t)(host - (colon ? colon + 1 : userinfo)), taken);
  }
  buf_append(out, host, (size_t)(rest - host));
  redact_target(more, rest, out);
  if (taken) redact_target_secrets(more, rest, taken);
  return out->len - start != strlen(word) || memcmp(out->data + start, word, out->len - start) != 0;
}
