// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json_write.h"
#include "lib/record/redact.h"

#define MASK REDACT_MARK

static void print_header(const char *value, struct buf *out) {
  size_t name_len = strcspn(value, ":;");
  while (name_len > 0 && isspace((unsigned char)value[name_len - 1]))
    name_len--;
  if (value[name_len] == '\0' || !redact_is_secret_header(value, name_len)) {
    buf_append_text(out, value);
    return;
  }
  buf_append(out, value, name_len);
  buf_append_text(out, ": " MASK);
}

static void print_body(const char *value, struct buf *out) {
  static const struct names none = {0};
  struct json_slice body;
  if (json_scan_text(value, strlen(value), &body, NULL) != STATUS_OK) {
    buf_append_text(out, MASK); // no JSON: nothing is known about it
  } else if (redact_json_has_secret(&none, body)) {
    redact_json(&none, body, out);
  } else {
    buf_append_text(out, value);
  }
}

static const char *word_end(const char *at) {
  char quote = '\0';
  for (; *at && (quote || !isspace((unsigned char)*at)); at++) {
    if (quote) {
      if (*at == quote) quote = '\0';
    } else if (*at == '\'' || *at == '"') {
      quote = *at;
    }
  }
  return at;
}

void secret_print_command(const char *command, struct buf *out) {
  bool mask_next = false;
  for (const char *at = command; *at;) {
    if (isspace((unsigned char)*at)) {
      buf_append_char(out, *at++);
      continue;
    }
    const char *end = word_end(at);
    const char *equal = memchr(at, '=', (size_t)(end - at));
    if (mask_next) {
      buf_append_text(out, MASK);
      mask_next = false;
    } else if (equal && redact_is_secret_variable(at, (size_t)(equal - at))) {
      buf_append(out, at, (size_t)(equal + 1 - at));
      buf_append_text(out, MASK);
    } else {
      buf_append(out, at, (size_t)(end - at));
      mask_next = at[0] == '-' && !equal && redact_is_secret_variable(at, (size_t)(end - at));
    }
    at = end;
  }
}

// Any argument may hold a URL with userinfo.
static void print_plain(const char *value, struct buf *out) {
  const char *authority = strstr(value, "://");
  const char *at = NULL;
  if (authority) {
    authority += 3;
    at = memrchr(authority, '@', strcspn(authority, "/?#"));
  }
  if (!at) {
    buf_append_text(out, value);
    return;
  }
  buf_append(out, value, (size_t)(authority - value));
  buf_append_text(out, MASK);
  buf_append_text(out, at);
}

typedef void print_value(const char *value, struct buf *out);

// The option's way to show its value, and where the value begins in the argument: NULL when it is the next
// one.
static print_value *value_of(const char *argument, const char **value) {
  static const struct {
    const char *option;
    print_value *print;
  } options[] = {
      {"--header", print_header}, {"--extra-body", print_body}, {"--server", secret_print_command}};
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
