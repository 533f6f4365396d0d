// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mooncake's traces (Qin et al., FAST 2025): JSON lines of timestamp (milliseconds since the start),
// input_length, output_length (tokens) and hash_ids, one per block of 512 input tokens; equal ids are equal
// prefixes.
#include <math.h>

#include "capture/convert/import_parts.h"
#include "lib/base/clock.h"

#define BLOCK_TOKENS 512
#define TIMESTAMP_MAX 9.0e12 // ms; nanoseconds since then still fit

struct mooncake {
  double timestamp_ms;
  int64_t input_length, output_length;
  struct json_slice hash_ids;
};

static const struct field fields[] = {
    FIELD_REQUIRED(mooncake, timestamp_ms, "timestamp", FIELD_NUMBER),
    FIELD_REQUIRED(mooncake, input_length, "input_length", FIELD_COUNT),
    FIELD_REQUIRED(mooncake, output_length, "output_length", FIELD_COUNT),
    FIELD(mooncake, hash_ids, "hash_ids", FIELD_ARRAY),
    FIELD_END,
};

static bool are_counts(struct json_slice array) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice element;
  int64_t id;
  while (json_scan_element(&scan, &element)) {
    if (!json_scan_int64(element, &id) || id < 0 || id > FIELD_COUNT_MAX) return false;
  }
  return true;
}

static enum status on_line(struct import *import, void *state, struct json_slice line, struct buf *scratch,
                           struct error *error) {
  (void)state;
  struct mooncake found = {0};
  enum status status = field_read_object(line, fields, &found, scratch, error);
  if (status) return status;
  if (!(found.timestamp_ms >= 0 && found.timestamp_ms <= TIMESTAMP_MAX))
    return status_fail(error, STATUS_FORMAT, "\"timestamp\" is not a number of milliseconds, at least 0");
  if (!are_counts(found.hash_ids))
    return status_fail(error, STATUS_FORMAT, "\"hash_ids\" holds what is not a whole number from 0 to 2^53");
  struct trace_request request = import_sized_request();
  request.t_ns = llround(found.timestamp_ms * (double)CLOCK_NS_PER_MS);
  request.input_tokens = found.input_length;
  request.output_tokens = found.output_length;
  request.prefix_blocks = found.hash_ids;
  if (found.hash_ids.data) request.block_tokens = BLOCK_TOKENS;
  return import_add(import, &request, NULL, error);
}

enum status import_mooncake(struct import *import, struct error *error) {
  return import_lines(import, on_line, NULL, error);
}
