// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/headers.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"

// Lines one after another, NUL-terminated each.
struct draft {
  struct buf text;
  size_t count;
  bool has_content_type, has_authorization;
};

static bool is_name(const char *name, size_t len, const char *word) {
  return len == strlen(word) && strncasecmp(name, word, len) == 0;
}

static bool is_ours_to_set(const char *name, size_t len) {
  static const char *const names[] = {"connection",
                                      "keep-alive",
                                      "proxy-authenticate",
                                      "proxy-authorization",
                                      "proxy-connection",
                                      "te",
                                      "trailer",
                                      "transfer-encoding",
                                      "upgrade",
                                      "host",
                                      "content-length",
                                      "expect"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (is_name(name, len, names[i])) return true;
  }
  return false;
}

// True when the comma-separated list names the field.
static bool lists(const char *list, const char *name, size_t len) {
  while (*list) {
    list += strspn(list, ", \t");
    size_t word = strcspn(list, ", \t");
    if (word == len && strncasecmp(list, name, len) == 0) return true;
    list += word;
  }
  return false;
}

static bool replaced(const struct headers_own *own, const char *name, size_t len) {
  for (size_t i = 0; i < own->count; i++) {
    if (strncasecmp(own->lines[i], name, len) == 0 && own->lines[i][len] == ':') return true;
  }
  return false;
}

static bool plain(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return true;
}

// libcurl takes "Name;" for a field without value.
static void add(struct draft *draft, const char *name, size_t name_len, const char *value, size_t value_len) {
  buf_append(&draft->text, name, name_len);
  if (value_len == 0) {
    buf_append_char(&draft->text, ';');
  } else {
    buf_append_text(&draft->text, ": ");
    buf_append(&draft->text, value, value_len);
  }
  buf_append_char(&draft->text, '\0');
  draft->count++;
  if (is_name(name, name_len, "content-type")) draft->has_content_type = true;
  if (is_name(name, name_len, "authorization")) draft->has_authorization = true;
}

static enum status add_recorded(struct draft *draft, struct json_slice recorded,
                                const struct headers_own *own) {
  struct json_slice key, value;
  struct buf connection = {0}, text = {0};
  struct json_scan scan = json_scan_start(recorded);
  while (json_scan_member(&scan, &key, &value)) {
    if (is_name(key.data, key.len, "connection") && json_scan_string(value, &connection))
      buf_append_char(&connection, ',');
  }
  scan = json_scan_start(recorded);
  while (json_scan_member(&scan, &key, &value)) {
    buf_clear(&text);
    if (key.len == 0 || memchr(key.data, '\\', key.len) || memchr(key.data, ':', key.len)) continue;
    if (is_ours_to_set(key.data, key.len) || lists(buf_text(&connection), key.data, key.len)) continue;
    if (replaced(own, key.data, key.len) || !json_scan_string(value, &text)) continue;
    if (plain(text.data, text.len)) add(draft, key.data, key.len, text.data, text.len);
  }
  enum status status = connection.status ? connection.status : text.status;
  buf_free(&connection);
  buf_free(&text);
  return status;
}

// "Name: value"; without a value nothing.
static void add_line(struct draft *draft, const char *line) {
  size_t name_len = strcspn(line, ":");
  const char *value = line + name_len + 1;
  value += strspn(value, " \t");
  size_t value_len = strlen(value);
  if (value_len > 0) add(draft, line, name_len, value, value_len);
}

static void add_own(struct draft *draft, const struct headers_own *own) {
  for (size_t i = 0; i < own->count; i++)
    add_line(draft, own->lines[i]);
}

// One of the lines so far is this field.
static bool has_field(const struct draft *draft, const char *name, size_t len) {
  const char *line = draft->text.data;
  for (size_t i = 0; i < draft->count; i++, line += strlen(line) + 1) {
    if (strncasecmp(line, name, len) == 0 && (line[len] == ':' || line[len] == ';')) return true;
  }
  return false;
}

// The lines and the array of pointers to them in one block.
static enum status pack(const struct draft *draft, char ***out, struct error *error) {
  char **block = draft->text.status ? NULL : malloc((draft->count + 1) * sizeof *block + draft->text.len);
  if (!block) return status_fail(error, STATUS_MEMORY, "headers: %s", status_name(STATUS_MEMORY));
  char *text = (char *)(block + draft->count + 1);
  if (draft->text.len > 0) memcpy(text, draft->text.data, draft->text.len);
  for (size_t i = 0; i < draft->count; i++) {
    block[i] = text;
    text += strlen(text) + 1;
  }
  block[draft->count] = NULL;
  *out = block;
  return STATUS_OK;
}

// The API key: under a name of the API's own as it is, else as bearer token.
static void add_key(struct draft *draft, const struct headers_own *own, const char *name) {
  struct buf value = {0};
  if (!own->key || draft->has_authorization || (name && replaced(own, name, strlen(name)))) return;
  if (!name) buf_append_text(&value, "Bearer ");
  buf_append_text(&value, own->key);
  if (!name) name = "Authorization";
  add(draft, name, strlen(name), buf_text(&value), value.len);
  buf_free(&value);
}

enum status headers_make(struct json_slice recorded, enum api api, const struct headers_own *own, char ***out,
                         struct error *error) {
  struct draft draft = {0};
  enum status status = add_recorded(&draft, recorded, own);
  if (status) {
    status = status_fail(error, status, "headers: %s", status_name(status));
  } else {
    add_own(&draft, own);
    if (api_asks_model(api) && !draft.has_content_type &&
        !replaced(own, "content-type", strlen("content-type")))
      add(&draft, "Content-Type", strlen("Content-Type"), "application/json", strlen("application/json"));
    const char *version = api_dialect(api)->version;
    if (version && !has_field(&draft, version, strcspn(version, ":")) &&
        !replaced(own, version, strcspn(version, ":")))
      add_line(&draft, version);
    add_key(&draft, own, api_dialect(api)->key_header);
    status = pack(&draft, out, error);
  }
  buf_free(&draft.text);
  return status;
}
