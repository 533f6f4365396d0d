// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mooncake's traces (see import_mooncake.c). Times are whole milliseconds there. Every 512 input tokens have
// an id: where the trace has fewer blocks than the input has, ids that occur nowhere else fill up; where it
// has more, the first ones count, so that what is shared stays shared.
#include "capture/convert/export_parts.h"
#include "lib/base/clock.h"
#include "lib/json/json_write.h"

#define BLOCK_TOKENS 512
#define INPUT_TOKENS_MAX (INT64_C(1) << 28) // more is no prompt, and its ids would fill the disk

// An id of 53 bits for block `index` of request `seq` (the finalizer of SplitMix64, a bijection of 64 bits).
static int64_t unshared_id(int64_t seq, int64_t index) {
  uint64_t bits = (uint64_t)seq * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)index + 1;
  bits = (bits ^ bits >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  bits = (bits ^ bits >> 27) * UINT64_C(0x94D049BB133111EB);
  return (int64_t)((bits ^ bits >> 31) >> 11);
}

static void write_ids(struct json_writer *w, const struct trace_request *request) {
  struct json_scan scan = json_scan_start(request->prefix_blocks);
  struct json_slice id;
  int64_t needed = (request->input_tokens + BLOCK_TOKENS - 1) / BLOCK_TOKENS;
  bool known = request->prefix_blocks.data && request->block_tokens == BLOCK_TOKENS;
  json_write_key(w, "hash_ids");
  json_write_array(w);
  for (int64_t i = 0; i < needed && !w->out->status; i++) {
    known = known && json_scan_element(&scan, &id);
    if (known) {
      json_write_raw(w, id);
    } else {
      json_write_int(w, unshared_id(request->seq, i));
    }
  }
  json_write_array_end(w);
}

enum status export_mooncake(struct export_state *state, const struct trace_request *request,
                            const struct trace_response *response, struct buf *line, struct error *error) {
  struct trace_request sized = *request;
  if (!request->prefix_blocks.data && anonymize_keeps(request)) {
    enum status status =
        anonymize_request(state->anonymize, request, response, &state->scratch, &sized, error);
    if (status) return status;
  }
  if (sized.input_tokens < 0 || sized.output_tokens < 0) return export_leave_out(state, IMPORT_NO_COUNTS);
  if (sized.input_tokens > INPUT_TOKENS_MAX) return export_leave_out(state, IMPORT_LONG_PROMPT);
  int64_t t_ns = sized.t_ns + state->offset_ns;
  struct json_writer w = JSON_WRITER(line);
  json_write_object(&w);
  json_member_int(&w, "timestamp", (t_ns + CLOCK_NS_PER_MS / 2) / CLOCK_NS_PER_MS);
  json_member_int(&w, "input_length", sized.input_tokens);
  json_member_int(&w, "output_length", sized.output_tokens);
  write_ids(&w, &sized);
  json_write_object_end(&w);
  return STATUS_OK;
}
