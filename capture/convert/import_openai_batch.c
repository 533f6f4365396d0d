// SPDX-License-Identifier: GPL-3.0-or-later
//
// Input files of OpenAI's batch API (vLLM's run_batch reads them too): lines of custom_id, method, url (a
// path) and body (JSON). They have no times: all stand at 0.
#include "capture/convert/import_parts.h"

struct job {
  struct json_slice custom_id, method, url, body;
};

static const struct field fields[] = {
    FIELD_REQUIRED(job, custom_id, "custom_id", FIELD_TEXT),
    FIELD_REQUIRED(job, method, "method", FIELD_TEXT),
    FIELD_REQUIRED(job, url, "url", FIELD_TEXT),
    FIELD_REQUIRED(job, body, "body", FIELD_OBJECT),
    FIELD_END,
};

static enum status on_line(struct import *import, void *state, struct json_slice line, struct buf *scratch,
                           struct error *error) {
  static const char headers[] = "\"content-type\":\"application/json\"";
  (void)state;
  struct job found = {0};
  enum status status = field_read_object(line, fields, &found, scratch, error);
  if (status) return status;
  struct import_http http = {
      .method = found.method, .url = found.url, .headers = {headers, sizeof headers - 1}, .body = found.body};
  return import_add_http(import, &http, NULL, error);
}

enum status import_openai_batch(struct import *import, struct error *error) {
  return import_lines(import, on_line, NULL, error);
}
