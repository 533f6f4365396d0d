// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/http/head.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

#define LENGTH_DIGITS_MAX 18

static bool is_same(const char *a, size_t a_len, const char *b, size_t b_len) {
  return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

static enum head_name look_up(const char *name, size_t len) {
  static const struct {
    const char *name;
    size_t len;
    enum head_name id;
  } known[] = {
#define KNOWN(name, id) {(name), sizeof(name) - 1, (id)}
      KNOWN("Host", HEAD_HOST),
      KNOWN("Connection", HEAD_CONNECTION),
      KNOWN("Content-Type", HEAD_CONTENT_TYPE),
      KNOWN("Content-Length", HEAD_CONTENT_LENGTH),
      KNOWN("Content-Encoding", HEAD_CONTENT_ENCODING),
      KNOWN("Transfer-Encoding", HEAD_TRANSFER_ENCODING),
      KNOWN("Expect", HEAD_EXPECT),
      KNOWN("X-Session-Id", HEAD_X_SESSION_ID),
      KNOWN("TE", HEAD_HOP_BY_HOP),
      KNOWN("Trailer", HEAD_HOP_BY_HOP),
      KNOWN("Upgrade", HEAD_HOP_BY_HOP),
      KNOWN("Keep-Alive", HEAD_HOP_BY_HOP),
      KNOWN("Proxy-Connection", HEAD_HOP_BY_HOP),
      KNOWN("Proxy-Authenticate", HEAD_HOP_BY_HOP),
      KNOWN("Proxy-Authorization", HEAD_HOP_BY_HOP),
#undef KNOWN
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (is_same(known[i].name, known[i].len, name, len)) return known[i].id;
  }
  return HEAD_OTHER;
}

enum status head_add(struct head *head, const char *name, size_t name_len, const char *value,
                     size_t value_len) {
  enum status status =
      array_grow(&head->fields, &head->room, head->count, sizeof *head->fields, HEAD_FIELDS_MAX);
  if (status) return status;
  enum head_name id = look_up(name, name_len);
  if (head->counts[id]++ == 0) head->first[id] = head->count;
  head->fields[head->count++] = (struct head_field){name, value, name_len, value_len, id};
  return STATUS_OK;
}

const struct head_field *head_find(const struct head *head, enum head_name id) {
  return head->counts[id] ? &head->fields[head->first[id]] : NULL;
}

bool head_value_is(const struct head_field *field, const char *text) {
  return is_same(field->value, field->value_len, text, strlen(text));
}

bool head_read_length(const struct head_field *field, int64_t *out) {
  if (field->value_len == 0 || field->value_len > LENGTH_DIGITS_MAX) return false;
  int64_t length = 0;
  for (size_t i = 0; i < field->value_len; i++) {
    if (field->value[i] < '0' || field->value[i] > '9') return false;
    length = length * 10 + (field->value[i] - '0');
  }
  *out = length;
  return true;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// The value of a Connection field, a comma-separated list of tokens, names the field.
static bool names_field(const struct head_field *connection, const struct head_field *field) {
  const char *end = connection->value + connection->value_len;
  for (const char *at = connection->value; at < end;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *next = comma ? comma + 1 : end, *last = comma ? comma : end;
    while (at < last && is_blank(*at))
      at++;
    while (last > at && is_blank(last[-1]))
      last--;
    if (at < last && is_same(at, (size_t)(last - at), field->name, field->name_len)) return true;
    at = next;
  }
  return false;
}

bool head_is_forwarded(const struct head *head, const struct head_field *field) {
  switch (field->id) {
  case HEAD_CONNECTION:
  case HEAD_CONTENT_LENGTH:
  case HEAD_HOP_BY_HOP:
  case HEAD_TRANSFER_ENCODING: return false;
  case HEAD_EXPECT:
  case HEAD_HOST:
    if (head->method) return false;
    break;
  default: break;
  }
  for (size_t i = head->first[HEAD_CONNECTION]; head->counts[HEAD_CONNECTION] && i < head->count; i++) {
    if (head->fields[i].id == HEAD_CONNECTION && names_field(&head->fields[i], field)) return false;
  }
  return true;
}

void head_free(struct head *head) {
  free(head->fields);
  head->fields = NULL;
  head->count = head->room = 0;
  memset(head->counts, 0, sizeof head->counts);
}
