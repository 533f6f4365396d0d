// SPDX-License-Identifier: GPL-3.0-or-later
//
// BurstGPT (Wang et al., KDD 2025): CSV of Timestamp (seconds), Model, Request tokens, Response tokens, Total
// tokens, Log Type; later releases also have Session ID and Elapsed time (seconds until the response was
// over). A request with 0 response tokens is one that failed.
#include "capture/convert/import_parts.h"

enum { TIMESTAMP, MODEL, REQUEST_TOKENS, RESPONSE_TOKENS, SESSION, ELAPSED };

static const struct import_column columns[] = {
    [TIMESTAMP] = {"Timestamp", false},
    [MODEL] = {"Model", false},
    [REQUEST_TOKENS] = {"Request tokens", false},
    [RESPONSE_TOKENS] = {"Response tokens", false},
    [SESSION] = {"Session ID", true},
    [ELAPSED] = {"Elapsed time", true},
    {NULL, false},
};

static enum status on_row(struct import *import, void *state, const struct json_slice *cells,
                          struct error *error) {
  (void)state;
  struct trace_request request = import_sized_request();
  struct trace_response response = trace_blank_response();
  bool has_elapsed = cells[ELAPSED].len > 0;
  if (!import_seconds(cells[TIMESTAMP], &request.t_ns))
    return status_fail(error, STATUS_FORMAT, "Timestamp is not a number of seconds, at least 0");
  if (!import_count(cells[REQUEST_TOKENS], &request.input_tokens))
    return status_fail(error, STATUS_FORMAT, "Request tokens is not a whole number from 0 to 2^53");
  if (!import_count(cells[RESPONSE_TOKENS], &request.output_tokens))
    return status_fail(error, STATUS_FORMAT, "Response tokens is not a whole number from 0 to 2^53");
  if (has_elapsed && !import_seconds(cells[ELAPSED], &response.latency_ns))
    return status_fail(error, STATUS_FORMAT, "Elapsed time is not a number of seconds, at least 0");
  if (cells[MODEL].len > 0) request.model = cells[MODEL];
  if (cells[SESSION].len > 0) request.session = cells[SESSION];
  if (!has_elapsed) return import_add(import, &request, NULL, error);
  response.t_ns = request.t_ns + response.latency_ns;
  response.input_tokens = request.input_tokens;
  response.output_tokens = request.output_tokens;
  return import_add(import, &request, &response, error);
}

enum status import_burstgpt(struct import *import, struct error *error) {
  return import_table(import, columns, on_row, NULL, error);
}
