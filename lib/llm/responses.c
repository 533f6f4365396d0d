// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/dialects.h"

#include <stdio.h>
#include <string.h>

static bool begins(struct json_slice text, const char *with) {
  size_t len = strlen(with);
  return text.len >= len && memcmp(text.data, with, len) == 0;
}

static bool ends(struct json_slice text, const char *with) {
  size_t len = strlen(with);
  return text.len >= len && memcmp(text.data + text.len - len, with, len) == 0;
}

// `type`: that of an event named *.delta.
static void on_delta(struct response *response, struct json_slice type, struct json_slice delta) {
  bool is_thought = begins(type, "response.reasoning");
  bool is_text = begins(type, "response.output_text") || begins(type, "response.refusal");
  if (begins(type, "response.audio.delta") || json_scan_kind(delta) != JSON_STRING) return;
  dialects_text(response, delta, !is_thought);
  if (!is_thought) response_tell(response, is_text ? RESPONSE_PART_TEXT : RESPONSE_PART_CALL_TEXT, delta);
}

static bool is_call(struct json_slice type) {
  return ends(type, "_call");
}

// The parts of a message, or of a model's thoughts.
static void read_parts(struct response *response, struct json_slice parts, bool is_answer) {
  struct json_scan scan = json_scan_start(parts);
  struct json_slice part;
  while (json_scan_kind(parts) == JSON_ARRAY && json_scan_element(&scan, &part)) {
    struct json_slice text = json_scan_get(part, "text");
    if (!text.data) text = json_scan_get(part, "refusal");
    dialects_text(response, text, is_answer);
    if (is_answer && json_scan_has_text(text)) response_tell(response, RESPONSE_PART_TEXT, text);
  }
}

static void read_call(struct response *response, struct json_slice item) {
  struct json_slice arguments = json_scan_get(item, "arguments");
  if (!arguments.data) arguments = json_scan_get(item, "input");
  response->has_text = response->has_answer = true;
  response_tell(response, RESPONSE_PART_CALL_TEXT, json_scan_get(item, "name"));
  response_tell(response, RESPONSE_PART_CALL_TEXT, arguments);
}

// A body's output.
static void read_output(struct response *response, struct json_slice output) {
  struct json_scan scan = json_scan_start(output);
  struct json_slice item;
  while (json_scan_kind(output) == JSON_ARRAY && json_scan_element(&scan, &item)) {
    struct json_slice type = json_scan_raw_string(json_scan_get(item, "type"));
    bool is_thought = json_slice_is(type, "reasoning");
    if (is_call(type)) read_call(response, item);
    read_parts(response, json_scan_get(item, "content"), !is_thought);
    if (is_thought) read_parts(response, json_scan_get(item, "summary"), false);
  }
}

static void parse_usage(struct response *response, struct json_slice usage) {
  dialects_count(json_scan_get(usage, "input_tokens"), &response->usage_input);
  dialects_count(json_scan_get(usage, "output_tokens"), &response->usage_output);
  dialects_count(json_scan_get(json_scan_get(usage, "input_tokens_details"), "cached_tokens"),
                 &response->cached_tokens);
}

static void fail(struct response *response, struct json_slice error) {
  response->failure = FAILURE_SERVER_ERROR;
  if (json_scan_kind(error) > JSON_NULL) {
    message_of_error(response->error_text, sizeof response->error_text, error);
  } else {
    snprintf(response->error_text, sizeof response->error_text, "the response failed");
  }
}

// The response object: a whole body, or what the last event has. Its id is what a client may go on from.
static void parse_result(struct response *response, struct json_slice result) {
  struct json_slice status = json_scan_get(result, "status"), reason, error = json_scan_get(result, "error");
  reason = json_scan_get(json_scan_get(result, "incomplete_details"), "reason");
  if (json_slice_is(status, "\"failed\"") || json_scan_kind(error) > JSON_NULL) {
    fail(response, error);
    return;
  }
  struct json_slice finish = json_scan_raw_string(json_scan_has_text(reason) ? reason : status);
  if (finish.len) dialects_finish(response, finish);
  parse_usage(response, json_scan_get(result, "usage"));
  struct json_slice id = json_scan_get(result, "id");
  if (!json_scan_has_text(id)) return;
  response_tell(response, RESPONSE_PART_CONTEXT, id);
  if (id.len - 2 < sizeof response->answer_id)
    message_copy(response->answer_id, sizeof response->answer_id, id.data + 1, id.len - 2);
}

// The members of a message that matter; those of an event come in any order.
struct members {
  struct json_slice type, delta, item, result, error, output;
};

static void on_event(struct response *response, const struct members *found) {
  struct json_slice type = json_scan_raw_string(found->type);
  if (ends(type, ".delta")) {
    on_delta(response, type, found->delta);
  } else if (json_slice_is(type, "response.completed") || json_slice_is(type, "response.incomplete")) {
    parse_result(response, found->result);
    response->ended = response->closed = true;
  } else if (json_slice_is(type, "response.failed")) {
    fail(response, json_scan_get(found->result, "error"));
  } else if (json_slice_is(type, "response.output_item.added")) {
    if (is_call(json_scan_raw_string(json_scan_get(found->item, "type"))))
      response_tell(response, RESPONSE_PART_CALL_TEXT, json_scan_get(found->item, "name"));
  }
}

static bool find_members(struct response *response, const char *text, size_t len, struct members *found) {
  struct json_cursor cursor = json_cursor_start(text, len);
  struct json_slice key;
  json_cursor_object(&cursor);
  while (json_cursor_member(&cursor, &key)) {
    if (json_slice_is(key, "timings")) {
      dialects_timings(response, &cursor);
      continue;
    }
    struct json_slice value = json_cursor_value(&cursor);
    if (json_slice_is(key, "type")) found->type = value;
    if (json_slice_is(key, "delta")) found->delta = value;
    if (json_slice_is(key, "item")) found->item = value;
    if (json_slice_is(key, "response")) found->result = value;
    if (json_slice_is(key, "error")) found->error = value;
    if (json_slice_is(key, "output")) found->output = value;
  }
  return json_cursor_finish(&cursor);
}

enum status responses_read(struct response *response, const char *text, size_t len) {
  struct members found = {0};
  struct json_slice root = {text, len};
  struct json_cursor cursor = json_cursor_start(text, len);
  if (response->streamed && len == 6 && memcmp(text, "[DONE]", 6) == 0) return STATUS_OK; // some add it
  if (json_cursor_kind(&cursor) != JSON_OBJECT || !find_members(response, text, len, &found))
    return STATUS_FORMAT;
  if (json_slice_is(found.type, "\"error\"") || json_scan_kind(found.error) > JSON_NULL) {
    response->failure = FAILURE_SERVER_ERROR;
    message_of_body(response->error_text, sizeof response->error_text, text, len);
  } else if (response->streamed) {
    on_event(response, &found);
  } else {
    if (json_scan_text(text, len, &root, NULL)) return STATUS_FORMAT;
    read_output(response, found.output);
    parse_result(response, root);
  }
  return STATUS_OK;
}
