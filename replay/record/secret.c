// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record/secret.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/json_write.h"
#include "lib/record/carried.h"
#include "lib/record/redact.h"

#define MASK REDACT_MARK

enum { QUOTES_MAX = 8 }; // within one another; what is deeper is one word

// A header field whose value may be shown. Of any other it is not, whatever its name.
static bool is_harmless_field(const char *name, size_t len) {
  static const char *const names[] = {"accept",      "content-type", "user-agent",   "anthropic-version",
                                      "openai-beta", "x-request-id", "x-session-id", "anthropic-beta"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0) return true;
  }
  return false;
}

static void print_header(const char *value, struct buf *out) {
  size_t name_len = strcspn(value, ":;");
  while (name_len > 0 && isspace((unsigned char)value[name_len - 1]))
    name_len--;
  const char *colon = value + strcspn(value, ":;");
  bool has_value = *colon && colon[1 + strspn(colon + 1, " \t")];
  if (!has_value || (is_harmless_field(value, name_len) && !redact_looks_secret(value, strlen(value)))) {
    buf_append_text(out, value);
    return;
  }
  buf_append(out, value, name_len);
  buf_append_text(out, ": " MASK);
}

static void print_body(const char *value, const char *end, struct buf *out) {
  static const struct names none = {0};
  struct json_slice body;
  if (json_scan_text(value, (size_t)(end - value), &body, NULL) != STATUS_OK) {
    buf_append_text(out, MASK); // no JSON: nothing is known about it
  } else if (redact_json_has_secret(&none, body)) {
    redact_json(&none, body, out, NULL);
  } else {
    buf_append(out, value, (size_t)(end - value));
  }
}

static void print_extra_body(const char *value, struct buf *out) {
  print_body(value, value + strlen(value), out);
}

// Any text may hold a URL with userinfo.
static void print_span(const char *value, const char *end, struct buf *out) {
  const char *authority = memmem(value, (size_t)(end - value), "://", 3);
  const char *at = NULL;
  if (authority) {
    authority += 3;
    size_t len = strcspn(authority, "/?#");
    at = memrchr(authority, '@', len < (size_t)(end - authority) ? len : (size_t)(end - authority));
  }
  if (at) {
    buf_append(out, value, (size_t)(authority - value));
    buf_append_text(out, MASK);
    value = at;
  }
  buf_append(out, value, (size_t)(end - value));
}

static void print_plain(const char *value, struct buf *out) {
  print_span(value, value + strlen(value), out);
}

static const char *word_end(const char *at, const char *end) {
  char quote = '\0';
  for (; at < end && (quote || !isspace((unsigned char)*at)); at++) {
    if (quote) {
      if (*at == quote) quote = '\0';
    } else if (*at == '\'' || *at == '"') {
      quote = *at;
    }
  }
  return at;
}

// The '=' behind a name of credentials, of those before any quote (--env=HF_TOKEN=...); NULL: none.
static const char *secret_equal(const char *at, const char *end) {
  for (const char *name = at, *c = at; c < end && *c != '\'' && *c != '"'; c++) {
    if (*c != '=') continue;
    if (redact_is_secret_variable(name, (size_t)(c - name))) return c;
    name = c + 1;
  }
  return NULL;
}

static bool is_json(const char *text, const char *end) {
  struct json_slice value;
  return text < end && (*text == '{' || *text == '[') &&
         json_scan_text(text, (size_t)(end - text), &value, NULL) == STATUS_OK;
}

static void print_words(const char *at, const char *end, int depth, struct buf *out);

// A word of a command that is no NAME=VALUE of a secret: in quotes it may be a header, or a command of its
// own.
static void print_word(const char *at, const char *end, int depth, struct buf *out) {
  bool quoted = end - at >= 2 && (*at == '\'' || *at == '"') && end[-1] == *at;
  const char *inner = at + quoted, *inner_end = end - quoted;
  const char *colon = inner;
  while (colon < inner_end && (isalnum((unsigned char)*colon) || *colon == '-' || *colon == '_'))
    colon++;
  if (quoted) buf_append_char(out, *at);
  if (quoted && colon < inner_end && *colon == ':' &&
      redact_is_secret_header(inner, (size_t)(colon - inner))) {
    buf_append(out, inner, (size_t)(colon - inner));
    buf_append_text(out, ": " MASK);
  } else if (quoted && is_json(inner, inner_end)) {
    print_body(inner, inner_end, out);
  } else if (quoted && depth < QUOTES_MAX) {
    print_words(inner, inner_end, depth + 1, out);
  } else if (redact_looks_secret(inner, (size_t)(inner_end - inner))) {
    buf_append_text(out, MASK);
  } else {
    print_span(inner, inner_end, out);
  }
  if (quoted) buf_append_char(out, *at);
}

static void print_words(const char *at, const char *end, int depth, struct buf *out) {
  bool mask_next = false;
  while (at < end) {
    if (isspace((unsigned char)*at)) {
      buf_append_char(out, *at++);
      continue;
    }
    const char *next = word_end(at, end);
    const char *equal = memchr(at, '=', (size_t)(next - at)), *secret = secret_equal(at, next);
    if (mask_next) {
      buf_append_text(out, MASK);
      mask_next = false;
    } else if (secret) {
      print_span(at, secret + 1, out);
      buf_append_text(out, MASK);
    } else {
      const char *quote = at + strcspn(at, "'\""); // -H'Name: value', --json='{...}'
      if (quote < next - 1 && next[-1] == *quote) {
        buf_append(out, at, (size_t)(quote - at));
        print_word(quote, next, depth, out);
      } else {
        print_word(at, next, depth, out);
      }
      bool is_bare = !equal && quote >= next; // an option whose value is the next word
      mask_next = at[0] == '-' && is_bare && redact_is_secret_variable(at, (size_t)(next - at));
      bool is_user = next - at == 2 && memcmp(at, "-u", 2) == 0; // curl's, unless a URL follows
      const char *after = is_user ? at + 2 + strspn(at + 2, " ") : end;
      const char *colon = is_user ? memchr(after, ':', (size_t)(word_end(after, end) - after)) : NULL;
      mask_next = mask_next || (colon && colon[1] != '/');
    }
    at = next;
  }
}

void secret_print_command(const char *command, struct buf *out) {
  print_words(command, command + strlen(command), 0, out);
}

typedef void print_value(const char *value, struct buf *out);

// The option's way to show its value, and where the value begins in the argument: NULL when it is the next
// one.
static print_value *value_of(const char *argument, const char **value) {
  static const struct {
    const char *option;
    print_value *print;
  } options[] = {{"--header", print_header},
                 {"--extra-body", print_extra_body},
                 {"--server", secret_print_command},
                 {"--before-batch", secret_print_command},
                 {"--between", secret_print_command}};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    size_t len = strlen(options[i].option);
    if (strncmp(argument, options[i].option, len) != 0) continue;
    if (argument[len] != '\0' && argument[len] != '=') continue;
    *value = argument[len] == '=' ? argument + len + 1 : NULL;
    return options[i].print;
  }
  size_t letter = argument[0] == '-' ? 1 + strspn(argument + 1, "hqv") : 0; // flags may stand before it: -vH
  if (letter > 0 && argument[letter] == 'H') {
    const char *rest = argument + letter + 1;
    *value = rest[0] == '=' ? rest + 1 : rest[0] ? rest : NULL;
    return print_header;
  }
  return NULL;
}

void secret_print_arguments(int argc, char *const *argv, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  struct buf text = {0};
  print_value *next = NULL;
  json_write_array(&w);
  for (int i = 0; i < argc; i++) {
    const char *value = NULL;
    print_value *print = NULL;
    buf_clear(&text);
    if (next) {
      next(argv[i], &text);
      next = NULL;
    } else if (i > 0 && (print = value_of(argv[i], &value)) && value) {
      buf_append(&text, argv[i], (size_t)(value - argv[i]));
      print(value, &text);
    } else {
      print_plain(argv[i], &text);
      next = print;
    }
    json_write_string(&w, buf_text(&text));
  }
  json_write_array_end(&w);
  buf_free(&text);
}

void secret_copy_words(const struct request_result *result, char *words, size_t room) {
  static const struct names none = {0};
  const struct request *request = result->request;
  snprintf(words, room, "%s", result->message);
  if (!words[0]) return;
  struct buf secrets = {0}, values = {0};
  for (const char *const *field = request->headers; field && *field; field++) {
    size_t name_len = strcspn(*field, ":");
    const char *value = *field + name_len + ((*field)[name_len] != '\0');
    value += strspn(value, " ");
    if (is_harmless_field(*field, name_len)) continue;
    carried_add(&secrets, value, strlen(value));
    carried_add_header(&secrets, *field, name_len, value, strlen(value));
  }
  redact_target_secrets(&none, request->url, &values);
  struct json_slice body;
  if (request->body && json_scan_text(request->body, request->body_len, &body, NULL) == STATUS_OK)
    redact_json(&none, body, NULL, &values);
  carried_add_all(&secrets, &values);
  carried_cover_words(&secrets, &none, words, room);
  if (secrets.status) words[0] = '\0';
  buf_free(&secrets);
  buf_free(&values);
}
