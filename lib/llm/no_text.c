// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/dialects.h"

// True for an error object.
static bool read_member(struct response *response, struct json_slice key, struct json_slice value) {
  if (json_slice_is(key, "usage")) {
    dialects_count(json_scan_get(value, "prompt_tokens"), &response->usage_input);
  } else if (json_slice_is(key, "prompt_eval_count")) {
    dialects_count(value, &response->usage_input);
  } else if (json_slice_is(key, "meta")) {
    dialects_count(json_scan_get(json_scan_get(value, "billed_units"), "input_tokens"),
                   &response->usage_input);
  } else if (json_slice_is(key, "load_duration")) {
    dialects_nanoseconds(value, &response->load_ns);
  } else if (json_slice_is(key, "total_duration")) {
    dialects_nanoseconds(value, &response->total_ns);
  }
  return json_slice_is(key, "error") ? json_scan_kind(value) != JSON_NULL
                                     : json_slice_is(key, "object") && json_slice_is(value, "\"error\"");
}

enum status no_text_read(struct response *response, const char *text, size_t len) {
  struct json_cursor cursor = json_cursor_start(text, len);
  struct json_slice key;
  bool error = false;
  if (json_cursor_kind(&cursor) == JSON_ARRAY) { // Hugging Face's text-embeddings-inference
    json_cursor_skip(&cursor);
  } else if (json_cursor_object(&cursor)) {
    while (json_cursor_member(&cursor, &key))
      error = read_member(response, key, json_cursor_value(&cursor)) || error;
  } else {
    return STATUS_FORMAT;
  }
  if (!json_cursor_finish(&cursor)) return STATUS_FORMAT;
  if (error) {
    response->failure = FAILURE_SERVER_ERROR;
    message_of_body(response->error_text, sizeof response->error_text, text, len);
  }
  return STATUS_OK;
}
