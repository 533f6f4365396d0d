// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/dialects.h"

void dialects_count(struct json_slice value, int64_t *count) {
  int64_t number;
  if (json_scan_int64(value, &number) && number >= 0 && number <= DIALECTS_COUNT_MAX) *count = number;
}

void dialects_nanoseconds(struct json_slice value, int64_t *ns) {
  int64_t number;
  if (json_scan_int64(value, &number) && number >= 0) *ns = number;
}

void dialects_text(struct response *response, struct json_slice value, bool is_answer) {
  if (!json_scan_has_text(value)) return;
  response->has_text = true;
  response->text = value;
  if (is_answer) response->has_answer = true;
}

void dialects_finish(struct response *response, struct json_slice reason) {
  message_copy(response->finish, sizeof response->finish, reason.data, reason.len);
}

// Milliseconds with a fraction.
static void parse_milliseconds(struct json_slice value, int64_t *ns) {
  double milliseconds;
  if (json_scan_number(value, &milliseconds) && milliseconds >= 0 && milliseconds < 1e12)
    *ns = (int64_t)(milliseconds * 1e6 + 0.5);
}

// prompt_n counts only what it had to process; cache_n, where it is sent, the rest of
// the prompt.
void dialects_timings(struct response *response, struct json_cursor *cursor) {
  int64_t processed = -1, cached = -1;
  struct json_slice key;
  if (!json_cursor_object(cursor)) return;
  while (json_cursor_member(cursor, &key)) {
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "prompt_n")) {
      dialects_count(value, &processed);
    } else if (json_slice_is(key, "cache_n")) {
      dialects_count(value, &cached);
    } else if (json_slice_is(key, "predicted_n")) {
      dialects_count(value, &response->timings_output);
    } else if (json_slice_is(key, "prompt_ms")) {
      parse_milliseconds(value, &response->prompt_eval_ns);
    } else if (json_slice_is(key, "predicted_ms")) {
      parse_milliseconds(value, &response->eval_ns);
    }
  }
  if (processed >= 0) response->timings_input = processed + (cached > 0 ? cached : 0);
  if (cached >= 0 && response->cached_tokens < 0) response->cached_tokens = cached;
}
