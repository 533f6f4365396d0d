// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/redact.h"

#include <ctype.h>
#include <string.h>

#include "lib/json/json_patch.h"
#include "lib/json/json_write.h"

#define NAME_MAX REDACT_NAME_MAX

// Lower case, '_' as '-': so that Api_Key and api-key are one name. false: too long.
static bool fold_name(const char *name, size_t len, char folded[NAME_MAX + 1]) {
  if (len > NAME_MAX) return false;
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
  char folded[NAME_MAX + 1];
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
                                      "authorization-token",
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
  char folded[NAME_MAX + 1], other[NAME_MAX + 1];
  if (!fold_name(name, len, folded)) return false;
  if (is_among(folded, names)) return true;
  for (size_t i = 0; i < more->count; i++) {
    if (fold_name(more->items[i], strlen(more->items[i]), other) && strcmp(folded, other) == 0) return true;
  }
  return false;
}

bool redact_is_secret_variable(const char *name, size_t len) {
  static const char *const endings[] = {"api-key",  "apikey", "token",         "secret",
                                        "password", "passwd", "authorization", "access-key"};
  static const struct names none = {0};
  char folded[NAME_MAX + 1];
  while (len > 0 && *name == '-') {
    name++;
    len--;
  }
  if (redact_is_secret_key(&none, name, len)) return true;
  if (!fold_name(name, len, folded)) return false;
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    size_t ending_len = strlen(endings[i]);
    if (len >= ending_len && strcmp(folded + len - ending_len, endings[i]) == 0) return true;
  }
  return false;
}

// What services begin their keys with; a word that does and is as long as one is taken for one.
static bool is_key_word(const char *word, size_t len) {
  static const char *const starts[] = {"sk-",         "sk_",    "pk_",    "hf_",   "gsk_", "ghp_", "gho_",
                                       "github_pat_", "glpat-", "xoxb-",  "xoxp-", "AKIA", "ASIA", "AIza",
                                       "ya29.",       "eyJ",    "nvapi-", "npm_",  "sess-"};
  enum { KEY_MIN = 12 };
  if (len < KEY_MIN) return false;
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
    size_t start_len = strlen(starts[i]);
    if (len > start_len && memcmp(word, starts[i], start_len) == 0) return true;
  }
  return false;
}

static bool ends_word(char c) {
  static const char ends[] = " \t,;=:/\"'";
  return c != '\0' && strchr(ends, c);
}

bool redact_looks_secret(const char *value, size_t len) {
  static const char *const schemes[] = {"bearer ", "basic ", "token ", "digest ", "negotiate "};
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    size_t scheme_len = strlen(schemes[i]);
    if (len > scheme_len && strncasecmp(value, schemes[i], scheme_len) == 0) return true;
  }
  for (size_t at = 0; at < len;) {
    size_t end = at;
    while (end < len && !ends_word(value[end]))
      end++;
    if (is_key_word(value + at, end - at)) return true;
    at = end + 1;
  }
  return false;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool redact_is_secret_query_key(const struct names *more, const char *key, size_t len) {
  char plain[NAME_MAX];
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
    if (is_key_word(path + at, end - at)) {
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

bool redact_is_secret_json_key(const struct names *more, const char *key, size_t len) {
  if (!memchr(key, '\\', len)) return redact_is_secret_key(more, key, len);
  struct buf plain = BUF_LIMIT((size_t)8 * NAME_MAX);
  struct buf quoted = BUF_LIMIT((size_t)8 * NAME_MAX);
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

static bool is_secret_member(const struct names *more, struct json_slice key, struct json_slice member) {
  enum json_kind kind = json_scan_kind(member);
  if (kind == JSON_NULL || kind == JSON_TRUE || kind == JSON_FALSE) return false;
  return redact_is_secret_json_key(more, key.data, key.len);
}

// True for a server of tools that a request names with its credentials: an element of Anthropic's
// mcp_servers, or of `tools` where OpenAI's Responses have them. Other tools have parameters of any name.
static bool is_tool_server(struct json_slice key, struct json_slice element) {
  if (json_scan_kind(element) != JSON_OBJECT) return false;
  return json_slice_is(key, "mcp_servers") ||
         (json_slice_is(key, "tools") && (json_scan_get(element, "server_url").data ||
                                          json_slice_is(json_scan_get(element, "type"), "\"mcp\"")));
}

static bool has_tool_servers(struct json_slice key, struct json_slice member) {
  struct json_scan scan = json_scan_start(member);
  struct json_slice element;
  if (json_scan_kind(member) != JSON_ARRAY) return false;
  while (json_scan_element(&scan, &element)) {
    if (is_tool_server(key, element)) return true;
  }
  return false;
}

static void redact_object(const struct names *more, struct json_slice object, bool is_body, struct buf *out);

// The members of such an array; of its servers' headers nothing is known, so all go.
static void redact_tool_servers(const struct names *more, struct json_slice key, struct json_slice array,
                                struct buf *out) {
  static const char headers[] = "{\"headers\":\"" REDACT_MARK "\"}";
  struct json_scan scan = json_scan_start(array);
  struct json_slice element;
  char before = '[';
  while (json_scan_element(&scan, &element)) {
    struct buf server = {0};
    buf_append_char(out, before);
    before = ',';
    if (!is_tool_server(key, element)) {
      json_write_compact(out, element);
      continue;
    }
    redact_object(more, element, false, &server);
    struct json_slice redacted = {server.data, server.len};
    bool has_headers = json_scan_kind(json_scan_get(redacted, "headers")) > JSON_NULL;
    if (server.status) {
      out->status = server.status;
    } else if (!has_headers) {
      buf_append(out, server.data, server.len);
    } else if (json_patch(redacted, (struct json_slice){headers, sizeof headers - 1}, out)) {
      out->status = STATUS_MEMORY;
    }
    buf_free(&server);
  }
  buf_append_char(out, ']');
}

// `is_body`: servers of tools may be in it.
static void redact_object(const struct names *more, struct json_slice object, bool is_body, struct buf *out) {
  struct json_scan scan = json_scan_start(object);
  struct json_slice key, member;
  char before = '{';
  while (json_scan_member(&scan, &key, &member)) {
    buf_append_char(out, before);
    before = ',';
    buf_append_char(out, '"');
    buf_append(out, key.data, key.len);
    buf_append_text(out, "\":");
    if (is_secret_member(more, key, member)) {
      buf_append_text(out, "\"" REDACT_MARK "\"");
    } else if (is_body && has_tool_servers(key, member)) {
      redact_tool_servers(more, key, member, out);
    } else {
      json_write_compact(out, member);
    }
  }
  if (before == '{') buf_append_char(out, '{');
  buf_append_char(out, '}');
}

static void redact_array(const struct names *more, struct json_slice array, struct buf *out) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice element;
  char before = '[';
  while (json_scan_element(&scan, &element)) {
    buf_append_char(out, before);
    before = ',';
    if (json_scan_kind(element) == JSON_OBJECT) {
      redact_object(more, element, true, out);
    } else {
      json_write_compact(out, element);
    }
  }
  if (before == '[') buf_append_char(out, '[');
  buf_append_char(out, ']');
}

void redact_json(const struct names *more, struct json_slice value, struct buf *out) {
  switch (json_scan_kind(value)) {
  case JSON_OBJECT: redact_object(more, value, true, out); break;
  case JSON_ARRAY: redact_array(more, value, out); break;
  default: json_write_compact(out, value);
  }
}

bool redact_json_has_secret(const struct names *more, struct json_slice value) {
  struct json_scan scan = json_scan_start(value);
  struct json_slice key, member;
  if (json_scan_kind(value) == JSON_ARRAY) {
    while (json_scan_element(&scan, &member)) {
      if (json_scan_kind(member) == JSON_OBJECT && redact_json_has_secret(more, member)) return true;
    }
    return false;
  }
  if (json_scan_kind(value) != JSON_OBJECT) return false;
  while (json_scan_member(&scan, &key, &member)) {
    if (is_secret_member(more, key, member) || has_tool_servers(key, member)) return true;
  }
  return false;
}
