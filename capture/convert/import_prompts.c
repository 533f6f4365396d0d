// SPDX-License-Identifier: GPL-3.0-or-later
//
// A list of prompts: one a line, as it is or as a JSON string (which may hold line ends). Each becomes a
// request of the API, model and limit that the options name. They have no times: all stand at 0.
#include <string.h>

#include "capture/convert/import_parts.h"
#include "lib/json/json_write.h"
#include "lib/llm/request_body.h"

// The text of a line; `scratch` holds that of a JSON string.
static enum status text_of(struct json_slice line, struct buf *scratch, struct json_slice *text,
                           struct error *error) {
  struct json_slice value;
  *text = line;
  while (text->len > 0 && text->data[text->len - 1] == '\r')
    text->len--;
  if (line.data[0] == '"' && json_scan_text(line.data, line.len, &value, NULL) == STATUS_OK) {
    if (!json_scan_string(value, scratch)) return STATUS_MEMORY;
    *text = (struct json_slice){buf_text(scratch), scratch->len};
  }
  if (text->len == 0) return status_fail(error, STATUS_FORMAT, "the prompt is empty");
  if (!json_is_utf8(text->data, text->len))
    return status_fail(error, STATUS_FORMAT, "the prompt is not UTF-8");
  return STATUS_OK;
}

static enum status on_line(struct import *import, void *state, struct json_slice line, struct buf *scratch,
                           struct error *error) {
  static const char headers[] = "\"content-type\":\"application/json\"";
  const struct import_options *options = import_options_of(import);
  const struct api_dialect *dialect = api_dialect(options->api ? options->api : API_OPENAI_CHAT);
  struct request_body what = {.stream = true,
                              .max_tokens = options->max_tokens > 0 ? options->max_tokens : -1};
  struct buf body = {0};
  (void)state;
  if (options->model) what.model = (struct json_slice){options->model, strlen(options->model)};
  enum status status = text_of(line, scratch, &what.prompt, error);
  if (status) return status;
  request_body_print(options->api ? options->api : API_OPENAI_CHAT, &what, &body);
  struct import_http http = {.method = {"POST", 4},
                             .url = {dialect->paths[0], strlen(dialect->paths[0])},
                             .headers = {headers, sizeof headers - 1},
                             .body = {body.data, body.len}};
  status = body.status ? STATUS_MEMORY : import_add_http(import, &http, NULL, error);
  buf_free(&body);
  return status;
}

enum status import_prompts(struct import *import, struct error *error) {
  return import_lines(import, on_line, NULL, error);
}
