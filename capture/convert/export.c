// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/convert/export.h"

#include <string.h>

#include "capture/convert/export_parts.h"
#include "lib/base/clock.h"

const struct export_format export_formats[] = {
    {"mooncake", "Mooncake's request traces (JSON lines)", export_mooncake},
    {"vegeta", "vegeta's targets (JSON lines)", export_vegeta},
    {"openai-batch", "inputs of OpenAI's batch API (JSON lines)", export_openai_batch},
    {NULL, NULL, NULL},
};

const struct export_format *export_find(const char *name) {
  for (const struct export_format *format = export_formats; format->name; format++) {
    if (strcmp(format->name, name) == 0) return format;
  }
  return NULL;
}

enum status export_leave_out(struct export_state *state, enum import_reason why) {
  state->why = why;
  return STATUS_END;
}

bool export_lacks_body(const struct trace_request *request, enum import_reason *why) {
  bool sized =
      request->body_kind == TRACE_BODY_NONE && (request->input_tokens >= 0 || request->body_bytes > 0);
  *why = request->body_truncated ? IMPORT_CUT_BODY : IMPORT_SIZE_ONLY;
  return sized || request->body_truncated;
}

struct exporting {
  struct export_state state;
  const struct export_format *format;
  struct gzline_writer *writer;
  struct buf line;
  bool started;
  double first_start_s;
};

static enum status on_request(void *context, const struct import_segment *segment,
                              const struct trace_request *request, const struct trace_response *response,
                              enum import_reason *why, struct error *error) {
  struct exporting *exporting = context;
  if (!exporting->started) exporting->first_start_s = segment->start_unix_s;
  exporting->started = true;
  exporting->state.upstream = segment->upstream;
  exporting->state.offset_ns = clock_from_seconds(segment->start_unix_s - exporting->first_start_s);
  buf_clear(&exporting->line);
  buf_clear(&exporting->state.scratch);
  enum status status =
      exporting->format->format(&exporting->state, request, response, &exporting->line, error);
  *why = exporting->state.why;
  if (status) return status;
  status = exporting->line.status;
  if (status == STATUS_OK)
    status = gzline_write(exporting->writer, exporting->line.data, exporting->line.len);
  return status ? status_fail(error, status, "a line cannot be written: %s", status_name(status)) : STATUS_OK;
}

enum status export_run(const struct export_format *format, const struct export_options *options,
                       struct gzline_writer *writer, struct import_counts *counts, struct error *error) {
  struct exporting exporting = {.state = {.options = options}, .format = format, .writer = writer};
  struct import_options source = options->source;
  source.on_request = on_request;
  source.on_request_context = &exporting;
  *counts = (struct import_counts){0};
  enum status status = anonymize_open_random(&exporting.state.anonymize, error);
  if (status == STATUS_OK) status = import_run(import_find("trace"), &source, NULL, counts, error);
  anonymize_close(exporting.state.anonymize);
  buf_free(&exporting.state.scratch);
  buf_free(&exporting.line);
  return status;
}
