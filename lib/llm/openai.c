// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/dialects.h"

#include <stdio.h>
#include <string.h>

// Content may be an array of parts (some reasoning models stream it so): text is what a part's text holds,
// and of a model's thoughts the text of a part's `thinking`. `answer`: there is text that is no thought.
static bool has_content(struct json_slice value, bool *answer) {
  if (json_scan_kind(value) != JSON_ARRAY) {
    if (json_scan_has_text(value)) *answer = true;
    return json_scan_has_text(value);
  }
  struct json_scan scan = json_scan_start(value);
  struct json_slice part;
  bool text = false, answers = false;
  while (json_scan_element(&scan, &part)) {
    if (json_scan_has_text(json_scan_get(part, "text"))) text = *answer = true;
    text = text || has_content(json_scan_get(part, "thinking"), &answers);
  }
  return text;
}

// What OpenRouter has of a model's thoughts: details with a text or a summary; what is encrypted is no text.
static bool has_details(struct json_slice details) {
  if (json_scan_kind(details) != JSON_ARRAY) return false;
  struct json_scan scan = json_scan_start(details);
  struct json_slice detail;
  while (json_scan_element(&scan, &detail)) {
    if (json_scan_has_text(json_scan_get(detail, "text")) ||
        json_scan_has_text(json_scan_get(detail, "summary")))
      return true;
  }
  return false;
}

static bool has_call(struct json_slice function) {
  return json_scan_has_text(json_scan_get(function, "name")) ||
         json_scan_has_text(json_scan_get(function, "arguments"));
}

static bool has_tool_call(struct json_slice calls) {
  if (json_scan_kind(calls) != JSON_ARRAY) return false;
  struct json_scan scan = json_scan_start(calls);
  struct json_slice call;
  while (json_scan_element(&scan, &call)) {
    if (has_call(json_scan_get(call, "function"))) return true;
  }
  return false;
}

// A stream's delta or a body's message. `is_first`: of the first choice.
static bool read_text(struct response *response, struct json_cursor *cursor, bool is_first) {
  struct json_slice key;
  bool text = false, answer = false;
  if (!json_cursor_object(cursor)) return false;
  while (json_cursor_member(cursor, &key)) {
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "content")) {
      if (json_scan_kind(value) == JSON_ARRAY) text = has_content(value, &answer) || text;
      dialects_text(response, value, true);
      if (is_first) response_tell(response, RESPONSE_PART_TEXT, value);
    } else if (json_slice_is(key, "reasoning_content") || json_slice_is(key, "reasoning") ||
               json_slice_is(key, "thinking")) {
      dialects_text(response, value, false);
    } else if (json_slice_is(key, "reasoning_details")) {
      text = text || has_details(value);
    } else if (json_slice_is(key, "refusal")) {
      answer = answer || json_scan_has_text(value);
    } else if (json_slice_is(key, "tool_calls")) {
      answer = answer || has_tool_call(value);
      if (is_first) response_tell(response, RESPONSE_PART_CALLS, value);
    } else if (json_slice_is(key, "function_call")) {
      answer = answer || has_call(value);
    }
  }
  response->has_answer = response->has_answer || answer;
  return text || answer;
}

// A reason that is a failure of the server's: the answer is not whole.
static bool is_failure(struct json_slice reason) {
  return json_slice_is(reason, "error") || json_slice_is(reason, "abort");
}

static void parse_reason(struct response *response, struct json_slice value) {
  struct json_slice reason = json_scan_raw_string(value);
  dialects_finish(response, reason);
  response->ended = true;
  if (!is_failure(reason) || response->failure) return;
  response->failure = FAILURE_SERVER_ERROR;
  snprintf(response->error_text, sizeof response->error_text, "finish_reason: %s", response->finish);
}

static void read_choice(struct response *response, struct json_cursor *cursor) {
  struct json_slice key;
  int64_t index = 0; // stands before what it numbers, wherever it is not 0
  if (!json_cursor_object(cursor)) return;
  while (json_cursor_member(cursor, &key)) {
    if (json_slice_is(key, "delta") || json_slice_is(key, "message")) {
      if (read_text(response, cursor, index == 0)) response->has_text = true;
      continue;
    }
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "index")) {
      if (json_scan_int64(value, &index) && index > 0) response->several_choices = true;
    } else if (json_slice_is(key, "text")) {
      dialects_text(response, value, true);
      if (index == 0) response_tell(response, RESPONSE_PART_TEXT, value);
    } else if (json_slice_is(key, "finish_reason") && json_scan_has_text(value)) {
      parse_reason(response, value);
    } else if (json_slice_is(key, "error") && json_scan_kind(value) != JSON_NULL) {
      response->failure = FAILURE_SERVER_ERROR;
      message_of_error(response->error_text, sizeof response->error_text, value);
    }
  }
}

// How many there are.
static int read_choices(struct response *response, struct json_cursor *cursor) {
  int count = 0;
  if (!json_cursor_array(cursor)) return 0;
  for (; json_cursor_element(cursor); count++)
    read_choice(response, cursor);
  return count;
}

// `output` -1: it has no count. A zero replaces no count: some servers send one with every event.
static void read_usage(struct response *response, struct json_cursor *cursor, int64_t *output) {
  struct json_slice key;
  int64_t input = -1, cached = -1;
  if (!json_cursor_object(cursor)) return;
  while (json_cursor_member(cursor, &key)) {
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "completion_tokens")) {
      dialects_count(value, output);
    } else if (json_slice_is(key, "prompt_tokens")) {
      dialects_count(value, &input);
    } else if (json_slice_is(key, "prompt_tokens_details")) {
      dialects_count(json_scan_get(value, "cached_tokens"), &cached);
    }
  }
  if (input > 0 || (input == 0 && response->usage_input < 0)) response->usage_input = input;
  if (cached >= 0 && (input != 0 || response->cached_tokens < 0)) response->cached_tokens = cached;
}

// Of several counts in a stream the last holds. But llama.cpp counts the tokens of each choice by themselves,
// in an event without choices for each: those add up.
static void parse_usage(struct response *response, int64_t output, bool is_final) {
  bool adds = is_final && response->usage_final && response->several_choices;
  if (output < 0 || (output == 0 && response->usage_output > 0)) return;
  response->usage_output = adds ? response->usage_output + output : output;
  response->usage_final = is_final;
}

// llama.cpp's own words for why it stopped, as the others have them: `stop_type`, until 2024 three members.
static void read_stop_type(struct response *response, struct json_slice key, struct json_slice value) {
  bool limit = json_slice_is(key, "stopped_limit") || json_slice_is(value, "\"limit\"");
  bool stop = json_scan_kind(value) == JSON_TRUE || json_slice_is(value, "\"eos\"") ||
              json_slice_is(value, "\"word\"") || json_slice_is(value, "\"limit\"");
  const char *reason = limit ? "length" : "stop";
  if (stop) message_copy(response->finish, sizeof response->finish, reason, strlen(reason));
}

// What matters of the rest. True for an error object.
static bool read_other(struct response *response, struct json_slice key, struct json_slice value) {
  switch (key.len) { // most events have nothing here
  case 4:
    if (json_slice_is(key, "stop") && json_scan_kind(value) == JSON_TRUE) response->ended = true;
    return false;
  case 5: return json_slice_is(key, "error") && json_scan_kind(value) != JSON_NULL;
  case 6: return json_slice_is(key, "object") && json_slice_is(value, "\"error\""); // vLLM's
  case 7: // llama.cpp's own /completions
    if (json_slice_is(key, "content") && json_scan_has_text(value))
      response->has_text = response->has_answer = true;
    return false;
  default:
    if (key.len > 4 && memcmp(key.data, "stop", 4) == 0) read_stop_type(response, key, value);
    return false;
  }
}

// llama.cpp joins the choices of a body, but `usage` is that of the first, as the slot's own timings show.
static void doubt_usage(struct response *response, int choices, int64_t output) {
  if (response->streamed || choices < 2 || output < 0 || response->timings_output != output) return;
  response->usage_output = response->timings_output = -1;
  snprintf(response->error_text, sizeof response->error_text, "the server counts one of %d choices", choices);
}

static void add_count(int64_t *sum, int64_t count) {
  if (count >= 0) *sum = (*sum > 0 ? *sum : 0) + count;
}

// llama.cpp answers several prompts at once, and no stream, with an array of what it answers to each.
static enum status read_results(struct response *response, const char *text, size_t len) {
  struct json_slice root, result;
  int64_t output = -1, input = -1;
  if (json_scan_text(text, len, &root, NULL) || json_scan_kind(root) != JSON_ARRAY) return STATUS_FORMAT;
  struct json_scan scan = json_scan_start(root);
  for (int count = 0; json_scan_element(&scan, &result); count++) {
    response->usage_output = response->usage_input = response->timings_output = response->timings_input = -1;
    enum status status = json_scan_kind(result) == JSON_OBJECT
                             ? openai_read(response, result.data, result.len)
                             : STATUS_FORMAT;
    if (status) return status;
    add_count(&output, response->usage_output >= 0 ? response->usage_output : response->timings_output);
    add_count(&input, response->usage_input >= 0 ? response->usage_input : response->timings_input);
  }
  response->usage_output = output;
  response->usage_input = input;
  return output >= 0 || response->has_text || response->failure ? STATUS_OK : STATUS_FORMAT;
}

enum status openai_read(struct response *response, const char *text, size_t len) {
  if (len == 6 && memcmp(text, "[DONE]", 6) == 0) {
    response->ended = true;
    response->closed = true;
    return STATUS_OK;
  }
  struct json_cursor cursor = json_cursor_start(text, len);
  struct json_slice key;
  bool error = false;
  int choices = 0;
  int64_t output = -1;
  if (!json_cursor_object(&cursor))
    return response->streamed ? STATUS_FORMAT : read_results(response, text, len);
  while (json_cursor_member(&cursor, &key)) {
    switch (key.len) {
    case 5:
      if (!json_slice_is(key, "usage")) break;
      read_usage(response, &cursor, &output);
      continue;
    case 7:
      if (json_slice_is(key, "choices")) {
        choices = read_choices(response, &cursor);
        continue;
      }
      if (!json_slice_is(key, "timings")) break;
      dialects_timings(response, &cursor);
      continue;
    default: break;
    }
    error = read_other(response, key, json_cursor_value(&cursor)) || error;
  }
  if (!json_cursor_finish(&cursor)) return STATUS_FORMAT;
  parse_usage(response, output, choices == 0);
  doubt_usage(response, choices, output);
  if (error) {
    response->failure = FAILURE_SERVER_ERROR;
    message_of_body(response->error_text, sizeof response->error_text, text, len);
  }
  return STATUS_OK;
}
