// SPDX-License-Identifier: GPL-3.0-or-later
//
// Azure's traces of LLM inference (2023: Patel et al., Splitwise, ISCA 2024; 2024: Stojkovic et al.,
// DynamoLLM, HPCA 2025): CSV of TIMESTAMP (wall clock, 7 decimals), ContextTokens, GeneratedTokens.
#include "capture/convert/import_parts.h"
#include "lib/base/clock.h"

static const struct import_column columns[] = {
    {"TIMESTAMP", false}, {"ContextTokens", false}, {"GeneratedTokens", false}, {NULL, false}};

struct start {
  bool known;
  int64_t unix_ns;
};

static enum status on_row(struct import *import, void *state, const struct json_slice *cells,
                          struct error *error) {
  struct start *start = state;
  struct trace_request request = import_sized_request();
  int64_t unix_ns;
  if (!import_time(cells[0], &unix_ns))
    return status_fail(error, STATUS_FORMAT, "TIMESTAMP '%.*s' is no YYYY-MM-DD HH:MM:SS.FFFFFFF",
                       (int)(cells[0].len < 64 ? cells[0].len : 64), cells[0].data);
  if (!import_count(cells[1], &request.input_tokens))
    return status_fail(error, STATUS_FORMAT, "ContextTokens is not a whole number from 0 to 2^53");
  if (!import_count(cells[2], &request.output_tokens))
    return status_fail(error, STATUS_FORMAT, "GeneratedTokens is not a whole number from 0 to 2^53");
  if (!start->known) {
    *start = (struct start){true, unix_ns}; // t_s is exact; the start is as near as a double comes, 0.2 us
    enum status status = import_start(import, clock_seconds(unix_ns), (struct json_slice){NULL, 0}, error);
    if (status) return status;
  }
  request.t_ns = unix_ns - start->unix_ns;
  return import_add(import, &request, NULL, error);
}

enum status import_azure(struct import *import, struct error *error) {
  struct start start = {0};
  return import_table(import, columns, on_row, &start, error);
}
