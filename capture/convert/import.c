// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/convert/import.h"

#include <string.h>

#include "capture/convert/import_parts.h"

#define GENERATES_PATH "/v1/chat/completions"

const struct import_format import_formats[] = {
    {"mooncake", "Mooncake's request traces (JSON lines)", import_mooncake, false, false},
    {"azure", "Azure LLM inference traces (CSV)", import_azure, false, false},
    {"burstgpt", "BurstGPT (CSV)", import_burstgpt, false, false},
    {"har", "HTTP archives of browsers (HAR 1.2)", import_har, false, false},
    {"vegeta", "vegeta's targets (JSON lines)", import_vegeta, false, false},
    {"openai-batch", "inputs of OpenAI's batch API (JSON lines)", import_openai_batch, false, false},
    {"sharegpt", "ShareGPT conversations (JSON)", import_sharegpt, false, false},
    {"trace", "traces of capture, to anonymize them or hide fields", import_trace, false, false},
    {"prompts", "prompts, one a line", import_prompts, true, false},
    {"made", "no file: traffic is made up from numbers", import_made, true, true},
    {.name = NULL},
};

struct import {
  struct import_options options;
  struct gzline_writer *writer;
  struct import_counts counts;
  bool started;
  struct import_segment segment;
  struct buf upstream; // what segment.upstream points to
  int64_t next_seq;
  struct buf line, scratch; // the record being written; what anonymising needs
};

const struct import_format *import_find(const char *name) {
  for (const struct import_format *format = import_formats; format->name; format++) {
    if (strcmp(format->name, name) == 0) return format;
  }
  return NULL;
}

const struct import_options *import_options_of(const struct import *import) {
  return &import->options;
}

struct trace_request import_sized_request(void) {
  struct trace_request request = trace_blank_request();
  request.t_ns = 0;
  request.method = (struct json_slice){"POST", strlen("POST")};
  request.path = (struct json_slice){GENERATES_PATH, strlen(GENERATES_PATH)};
  request.api = (struct json_slice){"openai.chat", strlen("openai.chat")};
  request.stream = true;
  return request;
}

// Hands import->line to the writer.
static enum status write_line(struct import *import, struct error *error) {
  enum status status = import->line.status;
  if (status == STATUS_OK) status = gzline_write(import->writer, import->line.data, import->line.len);
  buf_clear(&import->line);
  return status ? status_fail(error, status, "a record cannot be written: %s", status_name(status))
                : STATUS_OK;
}

enum status import_start(struct import *import, double start_unix_s, struct json_slice upstream,
                         struct error *error) {
  static const char tool[] = "capture " TIDEMARK_VERSION;
  struct trace_header header = {.version = TRACE_VERSION,
                                .start_unix_s = start_unix_s,
                                .tool = {tool, sizeof tool - 1},
                                .upstream = upstream};
  if (import->options.anonymize) header = anonymize_header(&header);
  import->started = true;
  buf_clear(&import->upstream);
  buf_append(&import->upstream, header.upstream.data, header.upstream.len);
  import->segment = (struct import_segment){start_unix_s, { import->upstream.data, import->upstream.len }};
  if (import->options.on_request) return STATUS_OK;
  trace_format_header(&import->line, &header);
  return write_line(import, error);
}

static enum status write_response(struct import *import, const struct trace_response *response, int64_t seq,
                                  struct error *error) {
  if (import->options.on_request) return STATUS_OK;
  struct trace_response record = import->options.anonymize ? anonymize_response(response) : *response;
  record.seq = seq;
  trace_format_response(&import->line, &record);
  import->counts.responses++;
  return write_line(import, error);
}

static enum status write_request(struct import *import, const struct trace_request *record,
                                 const struct trace_response *response, enum import_reason *why,
                                 struct error *error) {
  const struct import_options *options = &import->options;
  if (options->on_request)
    return options->on_request(options->on_request_context, &import->segment, record, response, why, error);
  trace_format_request(&import->line, record);
  return write_line(import, error);
}

enum status import_add(struct import *import, const struct trace_request *request,
                       const struct trace_response *response, struct error *error) {
  if (request->t_ns < 0)
    return status_fail(error, STATUS_FORMAT, "its time is before that of the first request");
  struct anonymize *anonymize = import->options.anonymize;
  if (anonymize && !anonymize_keeps(request)) {
    import_leave_out(import, IMPORT_ASKS_NOTHING);
    return STATUS_OK;
  }
  enum status status = import->started ? STATUS_OK : import_start(import, 0, (struct json_slice){0}, error);
  if (status) return status;
  struct trace_request record = *request;
  buf_clear(&import->scratch);
  if (anonymize) status = anonymize_request(anonymize, request, response, &import->scratch, &record, error);
  if (status) return status;
  if (record.seq < 0) record.seq = import->next_seq;
  import->next_seq = record.seq + 1;
  enum import_reason why = IMPORT_ASKS_NOTHING;
  status = write_request(import, &record, response, &why, error);
  if (status == STATUS_END) import_leave_out(import, why);
  if (status) return status == STATUS_END ? STATUS_OK : status;
  import->counts.requests++;
  if (!record.api.data || json_slice_is(record.api, "http"))
    unknown_apis_note(&import->counts.unknown, record.method, record.path);
  return response ? write_response(import, response, record.seq, error) : STATUS_OK;
}

enum status import_add_response(struct import *import, const struct trace_response *response,
                                struct error *error) {
  return write_response(import, response, response->seq, error);
}

void import_leave_out(struct import *import, enum import_reason reason) {
  import->counts.left_out[reason]++;
}

int64_t import_left_out(const struct import_counts *counts) {
  int64_t sum = 0;
  for (int reason = 0; reason < IMPORT_REASON_COUNT; reason++)
    sum += counts->left_out[reason];
  return sum;
}

const char *import_reason_text(enum import_reason reason) {
  static const char *const texts[] = {
      [IMPORT_ASKS_NOTHING] = "no language model is asked for text",
      [IMPORT_BAD_UNRELATED] = "not readable, but no language model is asked for text",
      [IMPORT_NO_QUESTION] = "no message of a user",
      [IMPORT_SIZE_ONLY] = "known only by size, without a body",
      [IMPORT_CUT_BODY] = "the body was not recorded whole",
      [IMPORT_NO_OBJECT] = "no JSON object as body",
      [IMPORT_NO_POST] = "no method and path that the format has",
      [IMPORT_OTHER_API] = "of an API that the format is not for",
      [IMPORT_NO_COUNTS] = "number of input or output tokens unknown",
      [IMPORT_LONG_PROMPT] = "more input tokens than the format can list",
  };
  return texts[reason];
}

enum status import_bad(struct import *import, struct error *error) {
  if (!import->options.skip_bad) return STATUS_FORMAT;
  if (import->counts.bad++ == 0) import->counts.first_bad = *error;
  return STATUS_OK;
}

// "all were left out (40: known only by size, without a body)"
static enum status fail_left_out(const struct import_counts *counts, struct error *error) {
  struct buf reasons = {0};
  for (enum import_reason reason = 0; reason < IMPORT_REASON_COUNT; reason++) {
    if (counts->left_out[reason] > 0)
      buf_printf(&reasons, "%s%lld: %s", reasons.len > 0 ? "; " : "", (long long)counts->left_out[reason],
                 import_reason_text(reason));
  }
  enum status status =
      status_fail(error, STATUS_FORMAT, "no request in it: all were left out (%s)", buf_text(&reasons));
  buf_free(&reasons);
  return status;
}

static enum status finish(struct import *import, struct error *error) {
  struct import_counts *counts = &import->counts;
  if (counts->requests == 0) {
    if (!counts->bad && import_left_out(counts) > 0) return fail_left_out(counts, error);
    return status_fail(error, STATUS_FORMAT, "no request in it: %s",
                       counts->bad ? counts->first_bad.text : "it is empty");
  }
  struct trace_end end = {.requests = counts->requests, .responses = counts->responses, .dropped = 0};
  if (import->options.on_request) return STATUS_OK;
  trace_format_end(&import->line, &end);
  return write_line(import, error);
}

enum status import_run(const struct import_format *format, const struct import_options *options,
                       struct gzline_writer *writer, struct import_counts *counts, struct error *error) {
  struct import import = {.options = *options, .writer = writer};
  struct error ignored;
  struct error *found = error ? error : &ignored; // a bad line's error is needed in any case
  found->text[0] = '\0';
  enum status status = format->run(&import, found);
  if (status == STATUS_OK) status = finish(&import, found);
  *counts = import.counts;
  buf_free(&import.line);
  buf_free(&import.scratch);
  buf_free(&import.upstream);
  if (status == STATUS_OK) return STATUS_OK;
  if (found->text[0] == '\0') status_write(found, "%s", status_name(status));
  bool named =
      strncmp(found->text, options->path, strlen(options->path)) == 0; // opening names the path itself
  return named ? status : status_prefix(found, status, "%s", options->path);
}
