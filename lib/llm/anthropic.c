// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/dialects.h"

static void parse_reason(struct response *response, struct json_slice value) {
  if (json_scan_has_text(value)) dialects_finish(response, json_scan_raw_string(value));
}

// Of content_block_delta and message_delta.
static void read_delta(struct response *response, struct json_cursor *cursor) {
  struct json_slice key;
  if (!json_cursor_object(cursor)) return;
  while (json_cursor_member(cursor, &key)) {
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "text")) {
      dialects_text(response, value, true);
      response_tell(response, RESPONSE_PART_TEXT, value);
    } else if (json_slice_is(key, "thinking")) {
      dialects_text(response, value, false);
    } else if (json_slice_is(key, "partial_json")) {
      dialects_text(response, value, true);
      response_tell(response, RESPONSE_PART_CALL_TEXT, value);
    } else if (json_slice_is(key, "stop_reason")) {
      parse_reason(response, value);
    }
  }
}

// `output` -1: it is not there. A zero replaces no count.
static void read_usage(struct response *response, struct json_cursor *cursor, int64_t *output) {
  struct json_slice key;
  int64_t input = -1, cached = -1, written = -1;
  if (!json_cursor_object(cursor)) return;
  while (json_cursor_member(cursor, &key)) {
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "input_tokens")) {
      dialects_count(value, &input);
    } else if (json_slice_is(key, "cache_read_input_tokens")) {
      dialects_count(value, &cached);
    } else if (json_slice_is(key, "cache_creation_input_tokens")) {
      dialects_count(value, &written);
    } else if (json_slice_is(key, "output_tokens")) {
      dialects_count(value, output);
    }
  }
  if (input < 0) return;
  int64_t all = input + (cached > 0 ? cached : 0) + (written > 0 ? written : 0);
  if (all > 0 || response->usage_input < 0) response->usage_input = all;
  if (cached >= 0 && (all > 0 || response->cached_tokens < 0)) response->cached_tokens = cached;
}

// The message that a stream starts with: it has the input's tokens, and as output what is no count yet.
static void read_start(struct response *response, struct json_cursor *cursor) {
  struct json_slice key;
  int64_t output = -1;
  if (!json_cursor_object(cursor)) return;
  while (json_cursor_member(cursor, &key)) {
    if (json_slice_is(key, "usage")) {
      read_usage(response, cursor, &output);
    } else {
      json_cursor_skip(cursor);
    }
  }
}

// A block of a body's content, or the start of a block in a stream: a call's name is there.
static void read_block(struct response *response, struct json_slice block, bool is_whole) {
  struct json_slice text = json_scan_get(block, "text"), input = json_scan_get(block, "input");
  if (json_scan_has_text(text)) {
    dialects_text(response, text, true);
    response_tell(response, RESPONSE_PART_TEXT, text);
  }
  dialects_text(response, json_scan_get(block, "thinking"), false);
  if (!json_slice_is(json_scan_get(block, "type"), "\"tool_use\"")) return;
  response_tell(response, RESPONSE_PART_CALL_TEXT, json_scan_get(block, "name"));
  if (!is_whole) return;
  response->has_text = response->has_answer = true;
  response_tell(response, RESPONSE_PART_CALL_TEXT, input);
}

static void read_content(struct response *response, struct json_slice content) {
  struct json_scan scan = json_scan_start(content);
  struct json_slice block;
  while (json_scan_kind(content) == JSON_ARRAY && json_scan_element(&scan, &block))
    read_block(response, block, true);
}

// What matters of the rest. True for an error object.
static bool read_other(struct response *response, struct json_slice key, struct json_slice value) {
  if (json_slice_is(key, "error")) return json_scan_kind(value) != JSON_NULL;
  if (json_slice_is(key, "type")) {
    if (json_slice_is(value, "\"message_stop\"")) response->ended = response->closed = true;
    return json_slice_is(value, "\"error\"");
  }
  if (json_slice_is(key, "content_block")) read_block(response, value, false);
  if (json_slice_is(key, "content")) read_content(response, value);
  if (json_slice_is(key, "stop_reason")) parse_reason(response, value);
  return false;
}

enum status anthropic_read(struct response *response, const char *text, size_t len) {
  struct json_cursor cursor = json_cursor_start(text, len);
  struct json_slice key;
  bool error = false;
  int64_t output = -1;
  if (!json_cursor_object(&cursor)) return STATUS_FORMAT;
  while (json_cursor_member(&cursor, &key)) {
    if (json_slice_is(key, "delta")) {
      read_delta(response, &cursor);
    } else if (json_slice_is(key, "message")) {
      read_start(response, &cursor);
    } else if (json_slice_is(key, "usage")) {
      read_usage(response, &cursor, &output);
    } else {
      error = read_other(response, key, json_cursor_value(&cursor)) || error;
    }
  }
  if (!json_cursor_finish(&cursor)) return STATUS_FORMAT;
  if (output > 0 || (output == 0 && response->usage_output < 0)) response->usage_output = output;
  if (error) {
    response->failure = FAILURE_SERVER_ERROR;
    message_of_body(response->error_text, sizeof response->error_text, text, len);
  }
  return STATUS_OK;
}
