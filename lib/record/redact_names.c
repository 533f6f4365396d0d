// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which names carry secrets, and which values have the form of one.
#include <ctype.h>
#include <string.h>

#include "lib/json/json_scan.h"
#include "lib/record/redact.h"

// Lower case with '-' between words, so that Api_Key, api-key and apiKey are one name; a number at the end is
// dropped (API_KEY_2). false: too long.
static bool fold_name(const char *name, size_t len, char folded[2 * REDACT_NAME_MAX + 1]) {
  if (len > REDACT_NAME_MAX || memchr(name, '\0', len)) return false;
  char *to = folded;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)name[i];
    if (i > 0 && isupper(c) && islower((unsigned char)name[i - 1])) *to++ = '-';
    *to++ = c == '_' || c == '.' ? '-' : (char)tolower(c);
  }
  while (to > folded && (to[-1] == '-' || isdigit((unsigned char)to[-1])))
    to--;
  *to = '\0';
  return true;
}

static bool ends_with(const char *name, size_t len, const char *ending, bool as_word) {
  size_t ending_len = strlen(ending);
  if (len < ending_len || memcmp(name + len - ending_len, ending, ending_len) != 0) return false;
  return !as_word || len == ending_len || name[len - ending_len - 1] == '-';
}

#define ENDS_AS_ONE_OF(name, len, endings, as_word)                                                          \
  ends_as_one_of(name, len, endings, sizeof(endings) / sizeof(endings)[0], as_word)
static bool ends_as_one_of(const char *name, size_t len, const char *const *endings, size_t count,
                           bool as_word) {
  for (size_t i = 0; i < count; i++) {
    if (ends_with(name, len, endings[i], as_word)) return true;
  }
  return false;
}

static bool contains_secret(const char *folded) {
  static const char *const parts[] = {"password", "passwd",     "passphrase",    "secret",
                                      "apikey",   "credential", "authorization", "api-key"};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (strstr(folded, parts[i])) return true;
  }
  return false;
}

static bool is_secret_folded(const char *folded) {
  // What has such a name by custom and is none: special tokens of a vocabulary, keys of tables and caches.
  static const char *const harmless[] = {
      "cache-key",   "public-key",  "primary-key", "foreign-key",     "sort-key",  "partition-key",
      "tls-key",     "object-key",  "bos-token",   "idempotency-key", "eos-token", "pad-token",
      "unk-token",   "sep-token",   "cls-token",   "mask-token",      "max-token", "image-token",
      "audio-token", "video-token", "stop-token",  "start-token",     "end-token", "output-token"};
  static const char *const about[] = {"env", "file", "path", "name", "type"}; // a secret, but do not hold it
  static const char *const words[] = {"key", "auth",      "jwt",    "pwd",     "pass",
                                      "sig", "signature", "cookie", "cookies", "bearer"};
  static const char *const endings[] = {"token", "accesskey", "privatekey", "secretkey", "subscriptionkey"};
  size_t len = strlen(folded);
  if (ENDS_AS_ONE_OF(folded, len, harmless, true) || ENDS_AS_ONE_OF(folded, len, about, true)) return false;
  return ENDS_AS_ONE_OF(folded, len, words, true) || ENDS_AS_ONE_OF(folded, len, endings, false) ||
         contains_secret(folded) || strncmp(folded, "ocp-apim-", 9) == 0;
}

bool redact_is_secret_header(const char *name, size_t len) {
  static const char *const parts[] = {"token", "cookie", "signature", "jwt", "assertion", "authenti"};
  char folded[2 * REDACT_NAME_MAX + 1];
  if (!fold_name(name, len, folded)) return true; // nobody keeps such a header; better safe
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (strstr(folded, parts[i])) return true;
  }
  return contains_secret(folded) || is_secret_folded(folded);
}

bool redact_is_secret_key(const struct names *more, const char *name, size_t len) {
  char folded[2 * REDACT_NAME_MAX + 1], other[2 * REDACT_NAME_MAX + 1];
  if (!fold_name(name, len, folded)) return false;
  if (is_secret_folded(folded)) return true;
  for (size_t i = 0; i < more->count; i++) {
    if (fold_name(more->items[i], strlen(more->items[i]), other) && strcmp(folded, other) == 0) return true;
  }
  return false;
}

bool redact_is_secret_variable(const char *name, size_t len) {
  static const struct names none = {0};
  while (len > 0 && *name == '-') {
    name++;
    len--;
  }
  return redact_is_secret_key(&none, name, len);
}

bool redact_is_secret_json_key(const struct names *more, const char *key, size_t len) {
  if (!memchr(key, '\\', len)) return redact_is_secret_key(more, key, len);
  struct buf plain = BUF_LIMIT((size_t)8 * REDACT_NAME_MAX);
  struct buf quoted = BUF_LIMIT((size_t)8 * REDACT_NAME_MAX);
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

// What services begin their keys with. A text that begins with the letters of {" in base64 is a token
// (RFC 7519) only with its dots.
bool redact_is_key_word(const char *word, size_t len) {
  static const char *const starts[] = {"sk-",         "sk_",    "pk_",   "hf_",   "gsk_", "ghp_", "gho_",
                                       "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "ASIA", "AIza",
                                       "ya29.",       "nvapi-", "npm_",  "sess-", "ghs_", "ghu_", "r8_"};
  enum { KEY_MIN = 12, TOKEN_HEAD_MAX = 1024 };
  if (len < KEY_MIN) return false;
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
    if (word[0] == starts[i][0] && memcmp(word, starts[i], strlen(starts[i])) == 0) return true;
  }
  return memcmp(word, "eyJ", 3) == 0 && memchr(word, '.', len < TOKEN_HEAD_MAX ? len : TOKEN_HEAD_MAX);
}

static bool ends_word(char c) {
  static const char ends[] = " \t,;=:/\"'";
  return c != '\0' && strchr(ends, c);
}

// The length of "Bearer " and the like at the start of a text; 0: it begins with none.
static size_t scheme_len(const char *text, size_t len) {
  static const char *const schemes[] = {"bearer ", "basic ", "token ", "digest ", "negotiate "};
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    size_t found = strlen(schemes[i]);
    if (len > found && strncasecmp(text, schemes[i], found) == 0) return found;
  }
  return 0;
}

bool redact_looks_secret(const char *value, size_t len) {
  if (scheme_len(value, len) > 0) return true;
  for (size_t at = 0; at < len;) {
    size_t end = at;
    while (end < len && !ends_word(value[end]))
      end++;
    if (redact_is_key_word(value + at, end - at)) return true;
    at = end + 1;
  }
  return false;
}

static bool is_word_char(char c) {
  return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.' || c == '+' || c == '/' || c == '=' ||
         c == '~';
}

// The end of a private key in PEM (RFC 7468) that begins at `at`; NULL: none does.
static char *pem_end(char *at, char *end) {
  static const char begin[] = "-----BEGIN ", last[] = "-----END ";
  if (end - at < (ptrdiff_t)sizeof begin || memcmp(at, begin, sizeof begin - 1) != 0) return NULL;
  char *close = memmem(at, (size_t)(end - at), last, sizeof last - 1);
  char *dashes =
      close ? memmem(close + sizeof last - 1, (size_t)(end - close) - sizeof last + 1, "-----", 5) : NULL;
  return dashes ? dashes + 5 : end;
}

static char *word_end(char *at, char *end) {
  while (at < end && is_word_char(*at))
    at++;
  return at;
}

// Whatever stands in it, each byte is read a bounded number of times.
void redact_cover_shapes(char *text, size_t len) {
  enum { SCHEME_VALUE_MIN = 6, KEY_MIN = 12 }; // "Basic words" is English, and five letters are no credential
  char *end = text + len;
  for (char *at = text; at < end;) {
    size_t left = (size_t)(end - at);
    bool begins = at == text || !isalnum((unsigned char)at[-1]);
    char *from = at, *stop = *at == '-' ? pem_end(at, end) : NULL;
    size_t scheme = begins && !stop ? scheme_len(at, left) : 0;
    if (scheme > 0) {
      from = at + scheme;
      stop = word_end(from, end);
      if (stop - from < SCHEME_VALUE_MIN) stop = NULL;
    } else if (begins && !stop && redact_is_key_word(at, left)) {
      stop = word_end(at, end);
      if (stop - at < KEY_MIN || !redact_is_key_word(at, (size_t)(stop - at))) stop = NULL;
    }
    if (stop) memset(from, '*', (size_t)(stop - from));
    at = stop ? stop : at + 1;
  }
}
