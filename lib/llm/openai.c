// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/openai.h"

#include <string.h>

#include "lib/llm/words.h"

// Content may be an array of parts (some reasoning models stream it so): text is what a part's text holds.
static bool has_content(struct json_slice value) {
  if (json_scan_kind(value) != JSON_ARRAY) return json_scan_has_text(value);
  struct json_scan scan = json_scan_start(value);
  struct json_slice part;
  while (json_scan_element(&scan, &part)) {
    if (json_scan_has_text(json_scan_get(part, "text")) || has_content(json_scan_get(part, "thinking")))
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

// A stream's delta or a body's message.
static bool message_has_text(struct json_slice message) {
  struct json_scan scan = json_scan_start(message);
  struct json_slice key, value;
  if (json_scan_kind(message) != JSON_OBJECT) return false;
  while (json_scan_member(&scan, &key, &value)) {
    bool text = false;
    if (json_slice_is(key, "content")) {
      text = has_content(value);
    } else if (json_slice_is(key, "reasoning_content") || json_slice_is(key, "reasoning") ||
               json_slice_is(key, "thinking") || json_slice_is(key, "refusal")) {
      text = json_scan_has_text(value);
    } else if (json_slice_is(key, "tool_calls")) {
      text = has_tool_call(value);
    } else if (json_slice_is(key, "function_call")) {
      text = has_call(value);
    }
    if (text) return true;
  }
  return false;
}

static void read_choice(struct response *response, struct json_slice choice) {
  if (json_scan_kind(choice) != JSON_OBJECT) return;
  struct json_scan scan = json_scan_start(choice);
  struct json_slice key, value;
  while (json_scan_member(&scan, &key, &value)) {
    if (json_slice_is(key, "delta") || json_slice_is(key, "message")) {
      response->has_text = response->has_text || message_has_text(value);
    } else if (json_slice_is(key, "text")) {
      response->has_text = response->has_text || json_scan_has_text(value);
    } else if (json_slice_is(key, "finish_reason") && json_scan_has_text(value)) {
      struct json_slice reason = json_scan_raw_string(value);
      words_copy(response->finish, sizeof response->finish, reason.data, reason.len);
      response->ended = true;
    }
  }
}

static void read_choices(struct response *response, struct json_slice choices) {
  if (json_scan_kind(choices) != JSON_ARRAY) return;
  struct json_scan scan = json_scan_start(choices);
  struct json_slice choice;
  while (json_scan_element(&scan, &choice))
    read_choice(response, choice);
}

// Takes a count; a negative one, or none, leaves what is known.
static void take_count(struct json_slice value, int64_t *count) {
  int64_t number;
  if (json_scan_int64(value, &number) && number >= 0) *count = number;
}

static void read_usage(struct response *response, struct json_slice usage) {
  if (json_scan_kind(usage) != JSON_OBJECT) return;
  take_count(json_scan_get(usage, "completion_tokens"), &response->usage_output);
  take_count(json_scan_get(usage, "prompt_tokens"), &response->usage_input);
  take_count(json_scan_get(json_scan_get(usage, "prompt_tokens_details"), "cached_tokens"),
             &response->cached_tokens);
}

// llama.cpp's own. prompt_n counts only what it had to process; cache_n, where it is sent, the rest of the
// prompt.
static void read_timings(struct response *response, struct json_slice timings) {
  if (json_scan_kind(timings) != JSON_OBJECT) return;
  int64_t processed = -1, cached = -1;
  struct json_scan scan = json_scan_start(timings);
  struct json_slice key, value;
  while (json_scan_member(&scan, &key, &value)) {
    if (json_slice_is(key, "prompt_n")) {
      take_count(value, &processed);
    } else if (json_slice_is(key, "cache_n")) {
      take_count(value, &cached);
    } else if (json_slice_is(key, "predicted_n")) {
      take_count(value, &response->timings_output);
    }
  }
  if (processed >= 0) response->timings_input = processed + (cached > 0 ? cached : 0);
  if (cached >= 0 && response->cached_tokens < 0) response->cached_tokens = cached;
}

static void fail(struct response *response, struct json_slice error) {
  words_of_error(response->error_text, sizeof response->error_text, error);
  response->failure = FAILURE_SERVER_ERROR;
}

enum status openai_read(struct response *response, const char *text, size_t len) {
  if (len == 6 && memcmp(text, "[DONE]", 6) == 0) {
    response->ended = true;
    response->closed = true;
    return STATUS_OK;
  }
  struct json_slice root, key, value;
  enum status status = json_scan_text(text, len, &root, NULL);
  if (status || json_scan_kind(root) != JSON_OBJECT) return STATUS_FORMAT;
  struct json_scan scan = json_scan_start(root);
  while (json_scan_member(&scan, &key, &value)) {
    if (json_slice_is(key, "choices")) {
      read_choices(response, value);
    } else if (json_slice_is(key, "usage")) {
      read_usage(response, value);
    } else if (json_slice_is(key, "timings")) {
      read_timings(response, value);
    } else if (json_slice_is(key, "error")) {
      if (json_scan_kind(value) != JSON_NULL) fail(response, value);
    } else if (json_slice_is(key, "object") && json_slice_is(value, "\"error\"")) {
      fail(response, root);                     // vLLM
    } else if (json_slice_is(key, "content")) { // llama.cpp answers /completions in its own form
      response->has_text = response->has_text || json_scan_has_text(value);
    } else if (json_slice_is(key, "stop")) {
      response->ended = response->ended || json_scan_kind(value) == JSON_TRUE;
    }
  }
  return STATUS_OK;
}
