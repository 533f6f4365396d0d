// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/run.h"

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

static void write_error(struct json_writer *w, const struct field *field, const void *from) {
  json_member_string(w, field->name, failure_name(((const struct run_request *)from)->error));
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

static void write_errors(struct json_writer *w, const struct field *field, const void *from) {
  const struct run_batch *batch = from;
  json_write_key(w, field->name);
  json_write_object(w);
  for (enum failure error = FAILURE_NONE + 1; error < FAILURE_COUNT; error++) {
    if (batch->errors[error] > 0) json_member_int(w, failure_name(error), batch->errors[error]);
  }
  json_write_object_end(w);
}

static const struct field header_fields[] = {
    FIELD_REQUIRED(run_header, version, "version", FIELD_COUNT),
    FIELD_REQUIRED(run_header, start_unix_s, "start_unix_s", FIELD_NUMBER),
    FIELD_OPTIONAL(run_header, tool, "tool", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, url, "url", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, model, "model", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, api, "api", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, timing, "timing", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, trace_digest, "trace_digest", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, sent_digest, "sent_digest", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, traces, "traces", FIELD_ARRAY),
    FIELD_OPTIONAL(run_header, host, "host", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, arguments, "arguments", FIELD_ARRAY),
    FIELD_OPTIONAL(run_header, server, "server", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, order, "order", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, pick, "pick", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, dispatch, "dispatch", FIELD_TEXT),
    FIELD_OPTIONAL(run_header, max_tokens, "max_tokens", FIELD_COUNT),
    FIELD_OPTIONAL(run_header, plan, "plan", FIELD_JSON),
    FIELD(run_header, seed, "seed", FIELD_INT),
    FIELD_OPTIONAL(run_header, repeat, "repeat", FIELD_COUNT),
    FIELD_OPTIONAL(run_header, warmup, "warmup", FIELD_COUNT),
    FIELD_OVER(run_header, threads, "threads", FIELD_COUNT, FIELD_ONE),
    FIELD(run_header, cache_bust, "cache_bust", FIELD_BOOL),
    FIELD_OVER(run_header, http_version, "http_version", FIELD_COUNT, FIELD_ONE),
    FIELD_OPTIONAL(run_header, resumes, "resumes", FIELD_BOOL),
    FIELD_OPTIONAL(run_header, records, "records", FIELD_TEXT),
    FIELD_OVER(run_header, shard, "shard", FIELD_COUNT, FIELD_ZERO),
    FIELD_OVER(run_header, shards, "shards", FIELD_COUNT, FIELD_ONE),
    FIELD_OVER(run_header, start_at_unix_s, "start_at_unix_s", FIELD_NUMBER, FIELD_ZERO),
    FIELD_OVER(run_header, ranks, "ranks", FIELD_COUNT, FIELD_ONE),
    FIELD_END,
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
    FIELD_END,
};

static const struct field itl_fields[] = {
    FIELD(run_request, itl_p50_ns, "p50", FIELD_DURATION),
    FIELD(run_request, itl_p99_ns, "p99", FIELD_DURATION),
    FIELD(run_request, itl_max_ns, "max", FIELD_DURATION),
    FIELD_END,
};

static const struct field request_fields[] = {
    FIELD_REQUIRED(run_request, session, "session", FIELD_COUNT),
    FIELD(run_request, workers, "workers", FIELD_COUNT),
    FIELD(run_request, batch, "batch", FIELD_COUNT),
    FIELD(run_request, rep, "rep", FIELD_COUNT),
    FIELD(run_request, index, "index", FIELD_COUNT),
    FIELD(run_request, seq, "seq", FIELD_COUNT),
    FIELD_OPTIONAL(run_request, trace, "trace", FIELD_COUNT),
    FIELD_OPTIONAL(run_request, copy, "copy", FIELD_COUNT),
    FIELD_OPTIONAL(run_request, api, "api", FIELD_TEXT),
    FIELD_OPTIONAL(run_request, warmup, "warmup", FIELD_BOOL),
    FIELD_OVER(run_request, rate, "rate", FIELD_NUMBER, FIELD_ZERO),
    FIELD_REQUIRED(run_request, intended_ns, "intended_s", FIELD_DURATION),
    FIELD(run_request, ready_ns, "ready_s", FIELD_DURATION),
    FIELD(run_request, sent_ns, "sent_s", FIELD_DURATION),
    FIELD(run_request, connect_ns, "connect_s", FIELD_DURATION),
    FIELD(run_request, ttfb_ns, "ttfb_s", FIELD_DURATION),
    FIELD(run_request, ttft_ns, "ttft_s", FIELD_DURATION),
    FIELD_OVER(run_request, ttfa_ns, "ttfa_s", FIELD_DURATION, FIELD_ZERO),
    FIELD(run_request, last_text_ns, "last_text_s", FIELD_DURATION),
    FIELD(run_request, latency_ns, "latency_s", FIELD_DURATION),
    FIELD(run_request, status, "status", FIELD_COUNT),
    FIELD(run_request, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD(run_request, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD(run_request, token_source, "token_source", FIELD_TEXT),
    FIELD_OPTIONAL(run_request, cached_tokens, "cached_tokens", FIELD_COUNT),
    FIELD(run_request, events, "events", FIELD_COUNT),
    FIELD(run_request, bytes, "bytes", FIELD_COUNT),
    FIELD_ROW("itl_s", FIELD_TABLE, .inner = itl_fields),
    FIELD_OPTIONAL(run_request, finish, "finish", FIELD_TEXT),
    FIELD_OPTIONAL(run_request, load_ns, "load_s", FIELD_DURATION),
    FIELD_OPTIONAL(run_request, prompt_eval_ns, "prompt_eval_s", FIELD_DURATION),
    FIELD_OPTIONAL(run_request, eval_ns, "eval_s", FIELD_DURATION),
    FIELD_OPTIONAL(run_request, server_total_ns, "server_total_s", FIELD_DURATION),
    FIELD_OPTIONAL(run_request, chunks_s, "chunks_s", FIELD_ARRAY),
    FIELD_OVER(run_request, attempts, "attempts", FIELD_COUNT, FIELD_ONE),
    FIELD_OPTIONAL(run_request, retry_after_ns, "retry_after_s", FIELD_DURATION),
    FIELD_ROW("error", FIELD_CUSTOM, .read = parse_error, .write = write_error),
    FIELD_OPTIONAL(run_request, error_text, "error_text", FIELD_TEXT),
    FIELD_END,
};

static const struct field client_fields[] = {
    FIELD(run_batch, client_cpu, "cpu", FIELD_NUMBER),
    FIELD(run_batch, lag_p50_ns, "lag_p50_s", FIELD_DURATION),
    FIELD(run_batch, lag_p99_ns, "lag_p99_s", FIELD_DURATION),
    FIELD(run_batch, lag_max_ns, "lag_max_s", FIELD_DURATION),
    FIELD(run_batch, stall_max_ns, "stall_max_s", FIELD_DURATION),
    FIELD_AS(run_batch, valid, "valid", FIELD_BOOL, .missing = FIELD_ONE),
    FIELD_ROW("reason", FIELD_CUSTOM, .read = run_reason_read, .write = run_reason_write),
    FIELD_END,
};

static const struct field synth_fields[] = {
    FIELD(run_batch, characters_per_token, "characters_per_token", FIELD_NUMBER),
    FIELD(run_batch, fixed_tokens, "fixed_tokens", FIELD_NUMBER),
    FIELD(run_batch, calibrated, "calibrated", FIELD_BOOL),
    FIELD_END,
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
    FIELD_AS(run_batch, failed, "failed", FIELD_COUNT, .missing = FIELD_ZERO),
    FIELD_AS(run_batch, cancelled, "cancelled", FIELD_COUNT, .missing = FIELD_ZERO),
    FIELD(run_batch, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD(run_batch, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD(run_batch, cached_tokens, "cached_tokens", FIELD_COUNT),
    FIELD_OVER(run_batch, cancelled_tokens, "cancelled_tokens", FIELD_COUNT, FIELD_ZERO),
    FIELD_ROW("errors", FIELD_CUSTOM, .read = parse_errors, .write = write_errors),
    FIELD_ROW("client", FIELD_TABLE, .inner = client_fields),
    FIELD_OPTIONAL(run_batch, ranks, "ranks", FIELD_ARRAY),
    FIELD_OPTIONAL(run_batch, timing, "timing", FIELD_TEXT),
    FIELD_AS(run_batch, rate, "rate", FIELD_NUMBER, .presence = FIELD_WITH_LAST),
    FIELD_AS(run_batch, in_flight_mean, "in_flight_mean", FIELD_NUMBER, .presence = FIELD_WITH_LAST),
    FIELD_ROW("synth", FIELD_TABLE, .inner = synth_fields, .presence = FIELD_IF_OVER),
    FIELD_OPTIONAL(run_batch, server_metrics, "server_metrics", FIELD_OBJECT),
    FIELD_OVER(run_batch, server_metrics_left_out, "server_metrics_left_out", FIELD_COUNT, FIELD_ZERO),
    FIELD_OPTIONAL(run_batch, sketch, "sketch", FIELD_OBJECT),
    FIELD_END,
};

static const struct field end_fields[] = {
    FIELD(run_end, sessions, "sessions", FIELD_COUNT),
    FIELD(run_end, batches, "batches", FIELD_COUNT),
    FIELD(run_end, requests, "requests", FIELD_COUNT),
    FIELD_END,
};

static const struct field_record records[] = {
    [RUN_HEADER] = {"run", header_fields},
    [RUN_SESSION] = {"session", session_fields},
    [RUN_REQUEST] = {"request", request_fields},
    [RUN_BATCH] = {"batch", batch_fields},
    [RUN_END] = {"end", end_fields},
};

void run_format_header(struct buf *out, const struct run_header *header) {
  field_write_line(out, &records[RUN_HEADER], header);
}

void run_format_session(struct buf *out, const struct run_session *session) {
  field_write_line(out, &records[RUN_SESSION], session);
}

void run_format_request(struct buf *out, const struct run_request *request) {
  field_write_line(out, &records[RUN_REQUEST], request);
}

void run_format_batch(struct buf *out, const struct run_batch *batch) {
  field_write_line(out, &records[RUN_BATCH], batch);
}

void run_format_end(struct buf *out, const struct run_end *end) {
  field_write_line(out, &records[RUN_END], end);
}

enum status run_parse(const char *line, size_t len, struct run_record *out, struct buf *scratch,
                      struct error *error) {
  struct run_record record = {.kind = RUN_OTHER};
  struct run_header *header = &record.header;
  size_t kind;
  enum status status =
      field_read_line(records, RUN_OTHER, (struct json_slice){line, len}, &kind, header, scratch, error);
  if (status) return status;
  record.kind = (enum run_kind)kind;
  if (record.kind == RUN_HEADER && header->version > RUN_VERSION)
    return status_fail(error, STATUS_FORMAT, "run version %lld is newer than this program supports (%d)",
                       (long long)header->version, RUN_VERSION);
  if (record.kind == RUN_HEADER && header->max_tokens < 0)
    header->max_tokens = run_old_max_tokens(header->arguments);
  *out = record;
  return STATUS_OK;
}
