// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/dialects.h"

#include <string.h>

static bool has_tool_call(struct json_slice calls) {
  if (json_scan_kind(calls) != JSON_ARRAY) return false;
  struct json_scan scan = json_scan_start(calls);
  struct json_slice call;
  while (json_scan_element(&scan, &call)) {
    if (json_scan_has_text(json_scan_get(json_scan_get(call, "function"), "name"))) return true;
  }
  return false;
}

static bool read_text(struct response *response, struct json_cursor *cursor) {
  struct json_slice key;
  bool text = false;
  if (!json_cursor_object(cursor)) return false;
  while (json_cursor_member(cursor, &key)) {
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "content") || json_slice_is(key, "thinking")) {
      bool some = json_scan_has_text(value);
      text = text || some;
      if (some && json_slice_is(key, "content")) response->has_answer = true;
      if (json_slice_is(key, "content")) response_tell(response, RESPONSE_PART_TEXT, value);
    } else if (json_slice_is(key, "tool_calls")) {
      if (has_tool_call(value)) text = response->has_answer = true;
      response_tell(response, RESPONSE_PART_CALLS, value);
    }
  }
  return text;
}

static void read_reason(struct response *response, struct json_slice value) {
  struct json_slice reason = json_scan_raw_string(value);
  dialects_finish(response, reason);
  response->ended = true;
  response->loads = json_slice_is(reason, "load") || json_slice_is(reason, "unload");
}

static void read_member(struct response *response, struct json_slice key, struct json_slice value) {
  if (json_slice_is(key, "response") || json_slice_is(key, "thinking")) {
    bool some = json_scan_has_text(value);
    if (some) response->has_text = true;
    if (some && json_slice_is(key, "response")) response->has_answer = true;
    if (json_slice_is(key, "response")) response_tell(response, RESPONSE_PART_TEXT, value);
  } else if (json_slice_is(key, "context")) {
    response_tell(response, RESPONSE_PART_CONTEXT, value);
  } else if (json_slice_is(key, "done")) {
    if (json_scan_kind(value) == JSON_TRUE) response->ended = response->closed = true;
  } else if (json_slice_is(key, "done_reason")) {
    if (json_scan_has_text(value)) read_reason(response, value);
  } else if (json_slice_is(key, "eval_count")) {
    dialects_count(value, &response->usage_output);
  } else if (json_slice_is(key, "prompt_eval_count")) {
    dialects_count(value, &response->usage_input);
  } else if (json_slice_is(key, "load_duration")) {
    dialects_nanoseconds(value, &response->load_ns);
  } else if (json_slice_is(key, "prompt_eval_duration")) {
    dialects_nanoseconds(value, &response->prompt_eval_ns);
  } else if (json_slice_is(key, "eval_duration")) {
    dialects_nanoseconds(value, &response->eval_ns);
  } else if (json_slice_is(key, "total_duration")) {
    dialects_nanoseconds(value, &response->total_ns);
  } else if (json_slice_is(key, "error") && json_scan_kind(value) != JSON_NULL) {
    message_of_error(response->error_text, sizeof response->error_text, value);
    response->failure = FAILURE_SERVER_ERROR;
  }
}

enum status ollama_read(struct response *response, const char *text, size_t len) {
  struct json_cursor cursor = json_cursor_start(text, len);
  struct json_slice key;
  if (!json_cursor_object(&cursor)) return STATUS_FORMAT;
  while (json_cursor_member(&cursor, &key)) {
    if (json_slice_is(key, "message")) {
      if (read_text(response, &cursor)) response->has_text = true;
    } else {
      read_member(response, key, json_cursor_value(&cursor));
    }
  }
  return json_cursor_finish(&cursor) ? STATUS_OK : STATUS_FORMAT;
}
