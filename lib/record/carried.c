// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/carried.h"

#include <stdio.h>
#include <string.h>

#include "lib/http/base64.h"
#include "lib/json/json_write.h"
#include "lib/record/redact.h"
#include "lib/record/secret_search.h"

#define FEW_SECRETS 12 // one search for each is less work up to there
// A search for one secret passes so many bytes while secret_search takes in one byte of a secret.
#define BYTES_OF_A_STEP 64

static void append(struct buf *secrets, const char *value, size_t len) {
  buf_append(secrets, value, len);
  buf_append_char(secrets, '\0');
}

void carried_add(struct buf *secrets, const char *value, size_t len) {
  if (len == 0 || memchr(value, '\0', len)) return;
  append(secrets, value, len);
  if (len < CARRIED_BODY_MIN) return;
  for (size_t shift = 0; shift < 3; shift++) { // bytes before it in its group of three
    struct buf text = {0}, code = {0};
    buf_append(&text, "\0", shift > 0);
    buf_append(&text, "\0", shift > 1);
    buf_append(&text, value, len);
    base64_encode((struct json_slice){text.data, text.len}, &code);
    size_t from = (8 * shift + 5) / 6, to = 8 * (shift + len) / 6;
    if (!text.status && !code.status && from < to && to <= code.len)
      append(secrets, code.data + from, to - from);
    buf_free(&text);
    buf_free(&code);
  }
}

void carried_add_all(struct buf *secrets, const struct buf *values) {
  const char *end = values->data + values->len;
  if (values->status) secrets->status = values->status;
  for (const char *value = values->data; value && value < end; value += strlen(value) + 1)
    carried_add(secrets, value, strlen(value));
}

// The password of "Basic dXNlcjpwYXNzd29yZA==" (RFC 7617).
static void add_password(struct buf *secrets, struct json_slice code) {
  struct buf plain = {0};
  const char *colon = NULL;
  if (base64_decode(code, &plain) && plain.len > 0) colon = memchr(plain.data, ':', plain.len);
  if (colon && json_is_utf8(plain.data, plain.len))
    carried_add(secrets, colon + 1, (size_t)(plain.data + plain.len - colon - 1));
  buf_free(&plain);
}

void carried_add_header(struct buf *secrets, const char *name, size_t name_len, const char *value,
                        size_t value_len) {
  const char *end = value + value_len;
  if (!redact_is_secret_header(name, name_len) && !redact_looks_secret(value, value_len)) return;
  for (const char *at = value; at < end;) {
    const char *stop = at;
    while (stop < end && *stop != ' ' && *stop != ';' && *stop != ',')
      stop++;
    bool is_scheme = at == value && stop < end && *stop == ' ';
    const char *equals = memchr(at, '=', (size_t)(stop - at));
    if (!is_scheme && stop > at) carried_add(secrets, at, (size_t)(stop - at));
    if (equals && equals + 1 < stop && equals[1] != '=')
      carried_add(secrets, equals + 1, (size_t)(stop - equals - 1));
    if (is_scheme && stop - at == 5 && strncasecmp(at, "basic", 5) == 0)
      add_password(secrets, (struct json_slice){stop + 1, (size_t)(end - stop - 1)});
    at = stop + 1;
  }
}

static void cover(char *bytes, size_t len, const char *secret) {
  size_t secret_len = strlen(secret);
  char *stop = bytes + len, *at = bytes;
  while ((at = memmem(at, (size_t)(stop - at), secret, secret_len)) != NULL) {
    memset(at, '*', secret_len);
    at += secret_len;
  }
}

// The end of the bytes is the beginning of the secret, of at least `least` bytes.
static void cover_cut(char *bytes, size_t len, const char *secret, size_t least) {
  size_t secret_len = strlen(secret);
  char *stop = bytes + len;
  for (char *at = len > secret_len ? stop - secret_len : bytes; (size_t)(stop - at) >= least; at++) {
    size_t left = (size_t)(stop - at);
    if (left < secret_len && memcmp(at, secret, left) == 0) memset(at, '*', left);
  }
}

// A search for each is less work than to prepare one for all.
static bool is_each_cheaper(const struct buf *secrets, size_t len) {
  size_t count = 0;
  for (size_t i = 0; i < secrets->len; i++)
    count += secrets->data[i] == '\0';
  return count <= FEW_SECRETS || count * len <= BYTES_OF_A_STEP * secrets->len;
}

void carried_cover(const struct buf *secrets, size_t least, bool is_cut, char *bytes, size_t len) {
  if (secrets->len == 0 || len < least) return;
  const char *end = secrets->data + secrets->len;
  bool is_done =
      !is_each_cheaper(secrets, len) && secret_search_cover(secrets->data, secrets->len, least, bytes, len);
  for (const char *secret = secrets->data; secret < end; secret += strlen(secret) + 1) {
    if (strlen(secret) < least) continue;
    if (!is_done) cover(bytes, len, secret);
    if (is_cut) cover_cut(bytes, len, secret, least);
  }
}

void carried_cover_words(const struct buf *secrets, const struct names *more, char *words, size_t room) {
  struct buf clean = {0};
  carried_cover(secrets, CARRIED_WORDS_MIN, true, words, strlen(words));
  redact_cover_shapes(words, strlen(words));
  redact_text(more, words, strlen(words), &clean, NULL);
  snprintf(words, room, "%s", clean.status ? "" : buf_text(&clean));
  for (size_t len = strlen(words); len > 0 && !json_is_utf8(words, len); words[--len] = '\0')
    ; // a character that the room has cut
  buf_free(&clean);
}
