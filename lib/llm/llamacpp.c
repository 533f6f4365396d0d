// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/dialects.h"

#include <string.h>

struct found {
  bool stops, error, is_openai;
  int64_t predicted, evaluated;
  struct json_slice stop_type;
};

// Until 2024 three members had the reason of the stop.
static const char *older_reason(struct json_slice key, struct json_slice value) {
  if (json_scan_kind(value) != JSON_TRUE) return NULL;
  if (json_slice_is(key, "stopped_limit")) return "limit";
  if (json_slice_is(key, "stopped_eos")) return "eos";
  return json_slice_is(key, "stopped_word") ? "word" : NULL;
}

static void read_member(struct response *response, struct json_slice key, struct json_slice value,
                        struct found *found) {
  const char *reason = older_reason(key, value);
  if (json_slice_is(key, "content")) {
    dialects_text(response, value, true);
    response_tell(response, RESPONSE_PART_TEXT, value);
  } else if (json_slice_is(key, "stop")) {
    found->stops = json_scan_kind(value) == JSON_TRUE;
  } else if (json_slice_is(key, "tokens_predicted")) {
    dialects_count(value, &found->predicted);
  } else if (json_slice_is(key, "tokens_evaluated")) {
    dialects_count(value, &found->evaluated);
  } else if (json_slice_is(key, "stop_type")) {
    found->stop_type = json_scan_raw_string(value);
  } else if (reason) {
    found->stop_type = (struct json_slice){reason, strlen(reason)};
  } else if (json_slice_is(key, "error")) {
    found->error = json_scan_kind(value) != JSON_NULL;
  } else if (json_slice_is(key, "choices")) {
    found->is_openai = true;
  }
}

static void add_count(int64_t count, int64_t *sum) {
  if (count >= 0) *sum = (*sum > 0 ? *sum : 0) + count;
}

// An answer to one prompt is whole.
static void parse_stop(struct response *response, const struct found *found) {
  response->ended = true;
  add_count(found->predicted, &response->usage_output);
  add_count(found->evaluated, &response->usage_input);
  if (found->stop_type.len && !json_slice_is(found->stop_type, "none"))
    dialects_finish(response, found->stop_type);
}

enum status llamacpp_read(struct response *response, const char *text, size_t len) {
  struct json_cursor cursor = json_cursor_start(text, len);
  struct json_slice key;
  struct found found = {.predicted = -1, .evaluated = -1};
  if (len == 4 && memcmp(text, "null", 4) == 0 && response->streamed) return STATUS_OK; // before the answers
  if (!json_cursor_object(&cursor)) return openai_read(response, text, len);            // [DONE]
  while (json_cursor_member(&cursor, &key)) {
    if (json_slice_is(key, "timings")) {
      dialects_timings(response, &cursor);
    } else {
      read_member(response, key, json_cursor_value(&cursor), &found);
    }
  }
  if (!json_cursor_finish(&cursor)) return STATUS_FORMAT;
  if (found.is_openai) return openai_read(response, text, len);
  if (found.stops) parse_stop(response, &found);
  if (found.error) {
    response->failure = FAILURE_SERVER_ERROR;
    message_of_body(response->error_text, sizeof response->error_text, text, len);
  }
  return STATUS_OK;
}
