// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/run.h"

#include <math.h>
#include <string.h>

#include "lib/record/field.h"
#include "lib/record/run_old.h"
#include "lib/record/run_reason.h"

static enum status parse_error(struct field_context *context, const struct field *field,
                               struct json_slice value) {
  struct run_request *request = context->into;
  if (json_scan_kind(value) == JSON_NULL) {
    request->error = FAILURE_NONE;
    return STATUS_OK;
  }
  if (failure_from_name(json_scan_raw_string(value), &request->error)) return STATUS_OK;
  return field_fail(context, field, "a failure class");
}

static enum status parse_errors(struct field_context *context, const struct field *field,
                                struct json_slice value) {
  struct run_batch *batch = context->into;
  if (json_scan_kind(value) == JSON_NULL) return STATUS_OK;
  if (json_scan_kind(value) != JSON_OBJECT) return field_fail(context, field, "an object");
  struct json_scan scan = json_scan_start(value);
  struct json_slice name, number;
  while (json_scan_member(&scan, &name, &number)) {
    enum failure error;
    int64_t count;
    if (!json_scan_int64(number, &count) || count < 0 || count > FIELD_COUNT_MAX)
      return field_fail(context, field, "an object of counts");
    if (failure_from_name(name, &error)) batch->errors[error] = count;
  }
  return STATUS_OK;
}

#define CUSTOM(json_name, function)                                                                          \
  { .name = (json_name), .name_len = sizeof(json_name) - 1, .kind = FIELD_CUSTOM, .read = (function) }
#define TABLE(json_name, table)                                                                              \
  { .name = (json_name), .name_len = sizeof(json_name) - 1, .kind = FIELD_TABLE, .inner = (table) }

static const struct field header_fields[] = {
    FIELD_REQUIRED(run_header, version, "version", FIELD_COUNT),
    FIELD_REQUIRED(run_header, start_unix_s, "start_unix_s", FIELD_NUMBER),
    FIELD(run_header, tool, "tool", FIELD_TEXT),
    FIELD(run_header, url, "url", FIELD_TEXT),
    FIELD(run_header, model, "model", FIELD_TEXT),
    FIELD(run_header, api, "api", FIELD_TEXT),
    FIELD(run_header, timing, "timing", FIELD_TEXT),
    FIELD(run_header, trace_digest, "trace_digest", FIELD_TEXT),
    FIELD(run_header, sent_digest, "sent_digest", FIELD_TEXT),
    FIELD(run_header, traces, "traces", FIELD_ARRAY),
    FIELD(run_header, host, "host", FIELD_TEXT),
    FIELD(run_header, arguments, "arguments", FIELD_ARRAY),
    FIELD(run_header, server, "server", FIELD_TEXT),
    FIELD(run_header, order, "order", FIELD_TEXT),
    FIELD(run_header, pick, "pick", FIELD_TEXT),
    FIELD(run_header, dispatch, "dispatch", FIELD_TEXT),
    FIELD(run_header, max_tokens, "max_tokens", FIELD_COUNT),
    FIELD(run_header, plan, "plan", FIELD_JSON),
    FIELD(run_header, seed, "seed", FIELD_INT),
    FIELD(run_header, repeat, "repeat", FIELD_COUNT),
    FIELD(run_header, warmup, "warmup", FIELD_COUNT),
    FIELD(run_header, threads, "threads", FIELD_COUNT),
    FIELD(run_header, cache_bust, "cache_bust", FIELD_BOOL),
    FIELD(run_header, http_version, "http_version", FIELD_COUNT),
    FIELD(run_header, resumes, "resumes", FIELD_BOOL),
    {.name = NULL},
};

static const struct field session_fields[] = {
    FIELD_REQUIRED(run_session, session, "session", FIELD_COUNT),
    FIELD(run_session, workers, "workers", FIELD_COUNT),
    FIELD(run_session, block, "block", FIELD_COUNT),
    FIELD(run_session, start_ns, "start_s", FIELD_DURATION),
    FIELD(run_session, ready_ns, "ready_s", FIELD_DURATION),
    FIELD(run_session, state, "state", FIELD_TEXT),
    FIELD(run_session, exit_code, "exit", FIELD_COUNT),
    FIELD(run_session, error, "error", FIELD_TEXT),
    {.name = NULL},
};

static const struct field itl_fields[] = {
    FIELD(run_request, itl_p50_ns, "p50", FIELD_DURATION),
    FIELD(run_request, itl_p99_ns, "p99", FIELD_DURATION),
    FIELD(run_request, itl_max_ns, "max", FIELD_DURATION),
    {.name = NULL},
};

static const struct field request_fields[] = {
    FIELD_REQUIRED(run_request, session, "session", FIELD_COUNT),
    FIELD(run_request, workers, "workers", FIELD_COUNT),
    FIELD(run_request, batch, "batch", FIELD_COUNT),
    FIELD(run_request, rep, "rep", FIELD_COUNT),
    FIELD(run_request, index, "index", FIELD_COUNT),
    FIELD(run_request, seq, "seq", FIELD_COUNT),
    FIELD(run_request, trace, "trace", FIELD_COUNT),
    FIELD(run_request, api, "api", FIELD_TEXT),
    FIELD(run_request, warmup, "warmup", FIELD_BOOL),
    FIELD(run_request, rate, "rate", FIELD_NUMBER),
    FIELD_REQUIRED(run_request, intended_ns, "intended_s", FIELD_DURATION),
    FIELD(run_request, ready_ns, "ready_s", FIELD_DURATION),
    FIELD(run_request, sent_ns, "sent_s", FIELD_DURATION),
    FIELD(run_request, connect_ns, "connect_s", FIELD_DURATION),
    FIELD(run_request, ttfb_ns, "ttfb_s", FIELD_DURATION),
    FIELD(run_request, ttft_ns, "ttft_s", FIELD_DURATION),
    FIELD(run_request, ttfa_ns, "ttfa_s", FIELD_DURATION),
    FIELD(run_request, last_text_ns, "last_text_s", FIELD_DURATION),
    FIELD(run_request, latency_ns, "latency_s", FIELD_DURATION),
    FIELD(run_request, status, "status", FIELD_COUNT),
    FIELD(run_request, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD(run_request, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD(run_request, token_source, "token_source", FIELD_TEXT),
    FIELD(run_request, cached_tokens, "cached_tokens", FIELD_COUNT),
    FIELD(run_request, events, "events", FIELD_COUNT),
    FIELD(run_request, bytes, "bytes", FIELD_COUNT),
    TABLE("itl_s", itl_fields),
    FIELD(run_request, finish, "finish", FIELD_TEXT),
    FIELD(run_request, load_ns, "load_s", FIELD_DURATION),
    FIELD(run_request, prompt_eval_ns, "prompt_eval_s", FIELD_DURATION),
    FIELD(run_request, eval_ns, "eval_s", FIELD_DURATION),
    FIELD(run_request, server_total_ns, "server_total_s", FIELD_DURATION),
    FIELD(run_request, chunks_s, "chunks_s", FIELD_ARRAY),
    FIELD(run_request, attempts, "attempts", FIELD_COUNT),
    FIELD(run_request, retry_after_ns, "retry_after_s", FIELD_DURATION),
    CUSTOM("error", parse_error),
    FIELD(run_request, error_text, "error_text", FIELD_TEXT),
    {.name = NULL},
};

static const struct field client_fields[] = {
    FIELD(run_batch, client_cpu, "cpu", FIELD_NUMBER),
    FIELD(run_batch, lag_p50_ns, "lag_p50_s", FIELD_DURATION),
    FIELD(run_batch, lag_p99_ns, "lag_p99_s", FIELD_DURATION),
    FIELD(run_batch, lag_max_ns, "lag_max_s", FIELD_DURATION),
    FIELD(run_batch, stall_max_ns, "stall_max_s", FIELD_DURATION),
    FIELD(run_batch, valid, "valid", FIELD_BOOL),
    CUSTOM("reason", run_reason_read),
    {.name = NULL},
};

static const struct field synth_fields[] = {
    FIELD(run_batch, characters_per_token, "characters_per_token", FIELD_NUMBER),
    FIELD(run_batch, fixed_tokens, "fixed_tokens", FIELD_NUMBER),
    FIELD(run_batch, calibrated, "calibrated", FIELD_BOOL),
    {.name = NULL},
};

static const struct field batch_fields[] = {
    FIELD_REQUIRED(run_batch, session, "session", FIELD_COUNT),
    FIELD(run_batch, workers, "workers", FIELD_COUNT),
    FIELD(run_batch, batch, "batch", FIELD_COUNT),
    FIELD(run_batch, rep, "rep", FIELD_COUNT),
    FIELD(run_batch, warmup, "warmup", FIELD_BOOL),
    FIELD(run_batch, start_ns, "start_s", FIELD_DURATION),
    FIELD_REQUIRED(run_batch, total_ns, "total_s", FIELD_DURATION),
    FIELD_REQUIRED(run_batch, requests, "requests", FIELD_COUNT),
    FIELD(run_batch, failed, "failed", FIELD_COUNT),
    FIELD(run_batch, cancelled, "cancelled", FIELD_COUNT),
    FIELD(run_batch, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD(run_batch, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD(run_batch, cached_tokens, "cached_tokens", FIELD_COUNT),
    CUSTOM("errors", parse_errors),
    TABLE("client", client_fields),
    FIELD(run_batch, timing, "timing", FIELD_TEXT),
    FIELD(run_batch, rate, "rate", FIELD_NUMBER),
    FIELD(run_batch, in_flight_mean, "in_flight_mean", FIELD_NUMBER),
    TABLE("synth", synth_fields),
    FIELD(run_batch, server_metrics, "server_metrics", FIELD_OBJECT),
    FIELD(run_batch, server_metrics_left_out, "server_metrics_left_out", FIELD_COUNT),
    {.name = NULL},
};

static const struct field end_fields[] = {
    FIELD(run_end, sessions, "sessions", FIELD_COUNT),
    FIELD(run_end, batches, "batches", FIELD_COUNT),
    FIELD(run_end, requests, "requests", FIELD_COUNT),
    {.name = NULL},
};

static const struct run_request no_request = {
    .session = -1,
    .workers = -1,
    .batch = -1,
    .rep = -1,
    .index = -1,
    .seq = -1,
    .trace = -1,
    .intended_ns = -1,
    .ready_ns = -1,
    .sent_ns = -1,
    .connect_ns = -1,
    .ttfb_ns = -1,
    .ttft_ns = -1,
    .last_text_ns = -1,
    .latency_ns = -1,
    .status = -1,
    .input_tokens = -1,
    .output_tokens = -1,
    .cached_tokens = -1,
    .events = -1,
    .bytes = -1,
    .itl_p50_ns = -1,
    .itl_p99_ns = -1,
    .itl_max_ns = -1,
    .load_ns = -1,
    .prompt_eval_ns = -1,
    .eval_ns = -1,
    .server_total_ns = -1,
    .attempts = 1,
    .retry_after_ns = -1,
    .error = FAILURE_NONE,
};

static const struct run_batch no_batch = {
    .session = -1,
    .workers = -1,
    .batch = -1,
    .rep = -1,
    .start_ns = -1,
    .total_ns = -1,
    .requests = -1,
    .input_tokens = -1,
    .output_tokens = -1,
    .cached_tokens = -1,
    .client_cpu = NAN,
    .lag_p50_ns = -1,
    .lag_p99_ns = -1,
    .lag_max_ns = -1,
    .stall_max_ns = -1,
    .valid = true,
    .rate = NAN,
    .in_flight_mean = NAN,
    .characters_per_token = NAN,
    .fixed_tokens = NAN,
};

static const struct field no_fields[] = {{.name = NULL}};

static enum status read_header(struct field_context *context, struct run_header *header) {
  *header = (struct run_header){.version = -1,
                                .max_tokens = -1,
                                .seed = -1,
                                .repeat = -1,
                                .warmup = -1,
                                .threads = 1,
                                .http_version = 1};
  context->into = header;
  enum status status = field_read(context, header_fields);
  if (header->max_tokens < 0) header->max_tokens = run_old_max_tokens(header->arguments);
  if (status == STATUS_OK && header->version > RUN_VERSION) {
    return status_fail(context->error, STATUS_FORMAT,
                       "run version %lld is newer than this program supports (%d)",
                       (long long)header->version, RUN_VERSION);
  }
  return status;
}

static enum status read_record(struct field_context *context, struct json_slice type,
                               struct run_record *record) {
  if (json_slice_is(type, "request")) {
    record->kind = RUN_REQUEST;
    record->request = no_request;
    context->into = &record->request;
    return field_read(context, request_fields);
  }
  if (json_slice_is(type, "batch")) {
    record->kind = RUN_BATCH;
    record->batch = no_batch;
    context->into = &record->batch;
    return field_read(context, batch_fields);
  }
  if (json_slice_is(type, "session")) {
    record->kind = RUN_SESSION;
    record->session = (struct run_session){-1, -1, -1, -1, -1, {NULL, 0}, -1, {NULL, 0}};
    context->into = &record->session;
    return field_read(context, session_fields);
  }
  if (json_slice_is(type, "run")) {
    record->kind = RUN_HEADER;
    return read_header(context, &record->header);
  }
  if (json_slice_is(type, "end")) {
    record->kind = RUN_END;
    record->end = (struct run_end){-1, -1, -1};
    context->into = &record->end;
    return field_read(context, end_fields);
  }
  record->kind = RUN_OTHER;
  return field_read(context, no_fields);
}

enum status run_parse(const char *line, size_t len, struct run_record *out, struct buf *scratch,
                      struct error *error) {
  struct field_context context = {.scratch = scratch, .error = error};
  struct run_record record;
  struct json_slice type;
  buf_clear(scratch);
  enum status status = field_start(&context, line, len, &type);
  if (status) return status;
  status = field_finish(&context, read_record(&context, type, &record));
  if (status == STATUS_OK) *out = record;
  return status;
}
