// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/timings.h"

#include "lib/llm/count.h"

// Milliseconds with a fraction.
static void parse_milliseconds(struct json_slice value, int64_t *ns) {
  double milliseconds;
  if (json_scan_number(value, &milliseconds) && milliseconds >= 0 && milliseconds < 1e12)
    *ns = (int64_t)(milliseconds * 1e6 + 0.5);
}

// prompt_n counts only what it had to process; cache_n, where it is sent, the rest of
// the prompt.
void timings_read(struct response *response, struct json_cursor *cursor) {
  int64_t processed = -1, cached = -1;
  struct json_slice key;
  if (!json_cursor_object(cursor)) return;
  while (json_cursor_member(cursor, &key)) {
    struct json_slice value = json_cursor_value(cursor);
    if (json_slice_is(key, "prompt_n")) {
      count_parse(value, &processed);
    } else if (json_slice_is(key, "cache_n")) {
      count_parse(value, &cached);
    } else if (json_slice_is(key, "predicted_n")) {
      count_parse(value, &response->timings_output);
    } else if (json_slice_is(key, "prompt_ms")) {
      parse_milliseconds(value, &response->prompt_eval_ns);
    } else if (json_slice_is(key, "predicted_ms")) {
      parse_milliseconds(value, &response->eval_ns);
    }
  }
  if (processed >= 0) response->timings_input = processed + (cached > 0 ? cached : 0);
  if (cached >= 0 && response->cached_tokens < 0) response->cached_tokens = cached;
}
