// SPDX-License-Identifier: GPL-3.0-or-later
//
// vegeta's targets in its JSON format: lines of method, url, header (names to arrays of values) and body
// (base64). They have no times: all stand at 0.
#include "capture/convert/import_parts.h"
#include "lib/http/base64.h"

struct target {
  struct json_slice method, url, body, header;
};

static const struct field fields[] = {
    FIELD_REQUIRED(target, method, "method", FIELD_TEXT),
    FIELD_REQUIRED(target, url, "url", FIELD_TEXT),
    FIELD(target, body, "body", FIELD_TEXT),
    FIELD(target, header, "header", FIELD_OBJECT),
    FIELD_END,
};

static enum status add_headers(struct import *import, struct json_slice header, struct buf *headers,
                               struct error *error) {
  struct json_scan members = json_scan_start(header);
  struct json_slice name, values, value;
  struct buf text = {0};
  enum status status = STATUS_OK;
  while (status == STATUS_OK && json_scan_member(&members, &name, &values)) {
    if (json_scan_kind(values) != JSON_ARRAY) {
      status = status_fail(error, STATUS_FORMAT, "\"header\" does not hold arrays of strings");
      break;
    }
    struct json_scan scan = json_scan_start(values);
    buf_clear(&text);
    while (json_scan_element(&scan, &value)) { // several are joined (RFC 9110 5.3)
      if (text.len > 0) buf_append_text(&text, ", ");
      json_scan_string(value, &text);
    }
    import_http_header(import, name, (struct json_slice){text.data, text.len}, headers);
  }
  if (status == STATUS_OK && (text.status || headers->status)) status = STATUS_MEMORY;
  buf_free(&text);
  return status;
}

static enum status on_line(struct import *import, void *state, struct json_slice line, struct buf *scratch,
                           struct error *error) {
  (void)state;
  struct target found = {0};
  struct buf body = {0}, headers = {0};
  enum status status = field_read_object(line, fields, &found, scratch, error);
  if (status == STATUS_OK && found.body.len > 0 && !base64_decode(found.body, &body))
    status = status_fail(error, STATUS_FORMAT, "\"body\" is no base64");
  if (status == STATUS_OK) status = add_headers(import, found.header, &headers, error);
  if (status == STATUS_OK) {
    struct import_http http = {.method = found.method,
                               .url = found.url,
                               .headers = {headers.data, headers.len},
                               .body = {body.data, body.len}};
    status = import_add_http(import, &http, NULL, error);
  }
  buf_free(&body);
  buf_free(&headers);
  return status;
}

enum status import_vegeta(struct import *import, struct error *error) {
  return import_lines(import, on_line, NULL, error);
}
