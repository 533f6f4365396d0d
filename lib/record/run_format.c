// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/json/json_write.h"
#include "lib/record/run.h"
#include "lib/record/run_reason.h"

// Members in the order of run.c's tables, which reads them fastest so.

static void member_text_if(struct json_writer *w, const char *key, struct json_slice text) {
  if (text.data) json_member_text(w, key, text);
}

static void member_count_if(struct json_writer *w, const char *key, int64_t count) {
  if (count >= 0) json_member_int(w, key, count);
}

static void member_duration_if(struct json_writer *w, const char *key, int64_t ns) {
  if (ns >= 0) json_member_seconds(w, key, ns);
}

static void member_compact_if(struct json_writer *w, const char *key, struct json_slice value) {
  if (value.data) json_member_compact(w, key, value);
}

static struct json_writer begin(struct buf *out, const char *type) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_string(&w, "type", type);
  return w;
}

void run_format_header(struct buf *out, const struct run_header *header) {
  struct json_writer w = begin(out, "run");
  json_member_int(&w, "version", header->version);
  json_member_number(&w, "start_unix_s", header->start_unix_s);
  member_text_if(&w, "tool", header->tool);
  member_text_if(&w, "url", header->url);
  member_text_if(&w, "model", header->model);
  member_text_if(&w, "api", header->api);
  member_text_if(&w, "timing", header->timing);
  member_text_if(&w, "trace_digest", header->trace_digest);
  member_text_if(&w, "sent_digest", header->sent_digest);
  member_compact_if(&w, "traces", header->traces);
  member_text_if(&w, "host", header->host);
  member_compact_if(&w, "arguments", header->arguments);
  member_text_if(&w, "server", header->server);
  member_text_if(&w, "order", header->order);
  member_text_if(&w, "pick", header->pick);
  member_text_if(&w, "dispatch", header->dispatch);
  member_count_if(&w, "max_tokens", header->max_tokens);
  member_compact_if(&w, "plan", header->plan);
  json_member_int(&w, "seed", header->seed);
  member_count_if(&w, "repeat", header->repeat);
  member_count_if(&w, "warmup", header->warmup);
  if (header->threads > 1) json_member_int(&w, "threads", header->threads);
  json_member_bool(&w, "cache_bust", header->cache_bust);
  if (header->http_version > 1) json_member_int(&w, "http_version", header->http_version);
  if (header->resumes) json_member_bool(&w, "resumes", true);
  json_write_object_end(&w);
}

void run_format_session(struct buf *out, const struct run_session *session) {
  struct json_writer w = begin(out, "session");
  json_member_count(&w, "session", session->session);
  json_member_count(&w, "workers", session->workers);
  json_member_count(&w, "block", session->block);
  json_member_duration(&w, "start_s", session->start_ns);
  json_member_duration(&w, "ready_s", session->ready_ns);
  json_member_text(&w, "state", session->state);
  json_member_count(&w, "exit", session->exit_code);
  json_member_text(&w, "error", session->error);
  json_write_object_end(&w);
}

static void format_itl(struct json_writer *w, const struct run_request *request) {
  json_write_key(w, "itl_s");
  if (request->itl_p50_ns < 0 && request->itl_p99_ns < 0 && request->itl_max_ns < 0) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  json_member_duration(w, "p50", request->itl_p50_ns);
  json_member_duration(w, "p99", request->itl_p99_ns);
  json_member_duration(w, "max", request->itl_max_ns);
  json_write_object_end(w);
}

void run_format_request(struct buf *out, const struct run_request *request) {
  struct json_writer w = begin(out, "request");
  json_member_count(&w, "session", request->session);
  json_member_count(&w, "workers", request->workers);
  json_member_count(&w, "batch", request->batch);
  json_member_count(&w, "rep", request->rep);
  json_member_count(&w, "index", request->index);
  json_member_count(&w, "seq", request->seq);
  member_count_if(&w, "trace", request->trace);
  member_text_if(&w, "api", request->api);
  if (request->warmup) json_member_bool(&w, "warmup", true);
  if (request->rate > 0) json_member_number(&w, "rate", request->rate);
  json_member_duration(&w, "intended_s", request->intended_ns);
  json_member_duration(&w, "ready_s", request->ready_ns);
  json_member_duration(&w, "sent_s", request->sent_ns);
  json_member_duration(&w, "connect_s", request->connect_ns);
  json_member_duration(&w, "ttfb_s", request->ttfb_ns);
  json_member_duration(&w, "ttft_s", request->ttft_ns);
  if (request->ttfa_ns > 0) json_member_duration(&w, "ttfa_s", request->ttfa_ns);
  json_member_duration(&w, "last_text_s", request->last_text_ns);
  json_member_duration(&w, "latency_s", request->latency_ns);
  json_member_count(&w, "status", request->status);
  json_member_count(&w, "input_tokens", request->input_tokens);
  json_member_count(&w, "output_tokens", request->output_tokens);
  json_member_text(&w, "token_source", request->token_source);
  member_count_if(&w, "cached_tokens", request->cached_tokens);
  json_member_count(&w, "events", request->events);
  json_member_count(&w, "bytes", request->bytes);
  format_itl(&w, request);
  member_text_if(&w, "finish", request->finish);
  member_duration_if(&w, "load_s", request->load_ns);
  member_duration_if(&w, "prompt_eval_s", request->prompt_eval_ns);
  member_duration_if(&w, "eval_s", request->eval_ns);
  member_duration_if(&w, "server_total_s", request->server_total_ns);
  if (request->chunks_s.data) json_member_raw(&w, "chunks_s", request->chunks_s);
  if (request->attempts != 1) json_member_count(&w, "attempts", request->attempts);
  member_duration_if(&w, "retry_after_s", request->retry_after_ns);
  json_member_string(&w, "error", failure_name(request->error));
  member_text_if(&w, "error_text", request->error_text);
  json_write_object_end(&w);
}

static void format_errors(struct json_writer *w, const struct run_batch *batch) {
  json_write_key(w, "errors");
  json_write_object(w);
  for (enum failure error = FAILURE_NONE + 1; error < FAILURE_COUNT; error++) {
    if (batch->errors[error] > 0) json_member_int(w, failure_name(error), batch->errors[error]);
  }
  json_write_object_end(w);
}

static void format_client(struct json_writer *w, const struct run_batch *batch) {
  json_write_key(w, "client");
  json_write_object(w);
  json_member_number(w, "cpu", batch->client_cpu);
  json_member_duration(w, "lag_p50_s", batch->lag_p50_ns);
  json_member_duration(w, "lag_p99_s", batch->lag_p99_ns);
  json_member_duration(w, "lag_max_s", batch->lag_max_ns);
  json_member_duration(w, "stall_max_s", batch->stall_max_ns);
  json_member_bool(w, "valid", batch->valid);
  json_write_key(w, "reason");
  run_reason_write(w, &batch->reason);
  json_write_object_end(w);
}

static void format_synth(struct json_writer *w, const struct run_batch *batch) {
  json_write_key(w, "synth");
  json_write_object(w);
  json_member_number(w, "characters_per_token", batch->characters_per_token);
  json_member_number(w, "fixed_tokens", batch->fixed_tokens);
  json_member_bool(w, "calibrated", batch->calibrated);
  json_write_object_end(w);
}

void run_format_batch(struct buf *out, const struct run_batch *batch) {
  struct json_writer w = begin(out, "batch");
  json_member_count(&w, "session", batch->session);
  json_member_count(&w, "workers", batch->workers);
  json_member_count(&w, "batch", batch->batch);
  json_member_count(&w, "rep", batch->rep);
  json_member_bool(&w, "warmup", batch->warmup);
  json_member_duration(&w, "start_s", batch->start_ns);
  json_member_duration(&w, "total_s", batch->total_ns);
  json_member_count(&w, "requests", batch->requests);
  json_member_count(&w, "failed", batch->failed);
  json_member_count(&w, "cancelled", batch->cancelled);
  json_member_count(&w, "input_tokens", batch->input_tokens);
  json_member_count(&w, "output_tokens", batch->output_tokens);
  json_member_count(&w, "cached_tokens", batch->cached_tokens);
  format_errors(&w, batch);
  format_client(&w, batch);
  if (batch->timing.data) { // open loop
    json_member_text(&w, "timing", batch->timing);
    json_member_number(&w, "rate", batch->rate);
    json_member_number(&w, "in_flight_mean", batch->in_flight_mean);
  }
  if (batch->characters_per_token > 0) format_synth(&w, batch);
  if (batch->server_metrics.data) json_member_raw(&w, "server_metrics", batch->server_metrics);
  if (batch->server_metrics_left_out > 0)
    json_member_int(&w, "server_metrics_left_out", batch->server_metrics_left_out);
  json_write_object_end(&w);
}

void run_format_end(struct buf *out, const struct run_end *end) {
  struct json_writer w = begin(out, "end");
  json_member_count(&w, "sessions", end->sessions);
  json_member_count(&w, "batches", end->batches);
  json_member_count(&w, "requests", end->requests);
  json_write_object_end(&w);
}
