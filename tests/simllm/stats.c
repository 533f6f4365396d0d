// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/stats.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/json/json_write.h"

struct api_counts {
  int64_t requests, ok, output_tokens;
};

struct stats {
  int64_t started_ns;
  int64_t requests, in_flight, peak_in_flight;
  int64_t prompt_tokens, cached_tokens;
  int64_t output_tokens;    // all that were sent
  int64_t output_tokens_ok; // in successful answers
  int64_t step_lag_max_ns;
  int64_t outcomes[STATS_OUTCOMES];
  struct api_counts apis[ASK_API_COUNT];
  struct stats_record *log; // a ring
  int64_t log_size, logged; // logged: ever
};

const char *stats_outcome_name(enum stats_outcome outcome) {
  switch (outcome) {
  case STATS_OK: return "ok";
  case STATS_CLIENT_GONE: return "client_gone";
  case STATS_STOPPED: return "stopped";
  case STATS_BAD_REQUEST: return "bad_request";
  case STATS_OVER_SLOTS: return "over_slots";
  case STATS_STARTING: return "starting";
  default: return fault_name((enum fault)((int)outcome - STATS_FAULT));
  }
}

enum status stats_open(int64_t log_requests, int64_t now_ns, struct stats **out) {
  struct stats *stats = calloc(1, sizeof *stats);
  struct stats_record *log = calloc((size_t)log_requests, sizeof *log);
  if (!stats || !log) {
    free(stats);
    free(log);
    return STATUS_MEMORY;
  }
  stats->started_ns = now_ns;
  stats->log = log;
  stats->log_size = log_requests;
  *out = stats;
  return STATUS_OK;
}

void stats_close(struct stats *stats) {
  if (!stats) return;
  for (int64_t i = 0; i < stats->log_size; i++)
    free(stats->log[i].event_ns);
  free(stats->log);
  free(stats);
}

void stats_arrived(struct stats *stats, enum ask_api api) {
  stats->requests++;
  stats->apis[api].requests++;
  stats->in_flight++;
  if (stats->in_flight > stats->peak_in_flight) stats->peak_in_flight = stats->in_flight;
}

void stats_prompt(struct stats *stats, int64_t prompt_tokens, int64_t cached_tokens) {
  stats->prompt_tokens += prompt_tokens;
  stats->cached_tokens += cached_tokens;
}

void stats_tokens(struct stats *stats, int64_t tokens) {
  stats->output_tokens += tokens;
}

void stats_step_lag(struct stats *stats, int64_t lag_ns) {
  if (lag_ns > stats->step_lag_max_ns) stats->step_lag_max_ns = lag_ns;
}

void stats_done(struct stats *stats, const struct stats_record *record) {
  struct api_counts *api = &stats->apis[record->api];
  stats->in_flight--;
  stats->outcomes[record->outcome]++;
  api->output_tokens += record->output_tokens;
  if (record->outcome == STATS_OK) {
    api->ok++;
    stats->output_tokens_ok += record->output_tokens;
  }
  free(stats->log[stats->logged % stats->log_size].event_ns);
  stats->log[stats->logged % stats->log_size] = *record;
  stats->logged++;
}

static int64_t failed(const struct stats *stats) {
  int64_t sum = 0;
  for (int outcome = STATS_BAD_REQUEST; outcome < STATS_OUTCOMES; outcome++)
    sum += stats->outcomes[outcome];
  return sum;
}

static void write_failed(const struct stats *stats, struct json_writer *w) {
  json_member_int(w, "failed", failed(stats));
  json_write_key(w, "failed_by_kind");
  json_write_object(w);
  for (int outcome = STATS_BAD_REQUEST; outcome < STATS_OUTCOMES; outcome++) {
    if (outcome == STATS_FAULT + FAULT_NONE) continue;
    json_member_int(w, stats_outcome_name((enum stats_outcome)outcome), stats->outcomes[outcome]);
  }
  json_write_object_end(w);
}

static void write_apis(const struct stats *stats, struct json_writer *w) {
  json_write_key(w, "by_api");
  json_write_object(w);
  for (int api = 0; api < ASK_API_COUNT; api++) {
    json_write_key(w, ask_api_name((enum ask_api)api));
    json_write_object(w);
    json_member_int(w, "requests", stats->apis[api].requests);
    json_member_int(w, "ok", stats->apis[api].ok);
    json_member_int(w, "output_tokens", stats->apis[api].output_tokens);
    json_write_object_end(w);
  }
  json_write_object_end(w);
}

static void write_time(struct json_writer *w, const char *key, int64_t ns) {
  json_write_key(w, key);
  if (ns > 0) {
    json_write_int(w, ns);
  } else {
    json_write_null(w);
  }
}

static void write_record(const struct stats_record *record, struct json_writer *w) {
  json_write_object(w);
  json_member_int(w, "id", record->id);
  if (record->request_id[0]) json_member_string(w, "request_id", record->request_id);
  json_member_string(w, "api", ask_api_name(record->api));
  json_member_string(w, "outcome", stats_outcome_name(record->outcome));
  write_time(w, "arrival_ns", record->arrival_ns);
  write_time(w, "slot_ns", record->slot_ns);
  write_time(w, "first_token_ns", record->first_token_ns);
  write_time(w, "last_token_ns", record->last_token_ns);
  write_time(w, "done_ns", record->done_ns);
  json_member_int(w, "input_tokens", record->input_tokens);
  json_member_int(w, "output_tokens", record->output_tokens);
  if (record->event_ns) {
    json_write_key(w, "events_ns");
    json_write_array(w);
    for (int64_t i = 0; i < record->event_count; i++)
      json_write_int(w, record->event_ns[i]);
    json_write_array_end(w);
  }
  json_write_object_end(w);
}

static void write_log(const struct stats *stats, struct json_writer *w) {
  int64_t first = stats->logged > stats->log_size ? stats->logged - stats->log_size : 0;
  json_write_key(w, "log");
  json_write_array(w);
  for (int64_t i = first; i < stats->logged; i++)
    write_record(&stats->log[i % stats->log_size], w);
  json_write_array_end(w);
}

void stats_json(const struct stats *stats, const struct engine_config *config, struct engine_counts engine,
                bool with_log, int64_t now_ns, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_int(&w, "requests", stats->requests);
  json_member_int(&w, "ok", stats->outcomes[STATS_OK]);
  write_failed(stats, &w);
  json_member_int(&w, "client_gone", stats->outcomes[STATS_CLIENT_GONE]);
  json_member_int(&w, "in_flight", stats->in_flight);
  json_member_int(&w, "peak_in_flight", stats->peak_in_flight);
  json_member_int(&w, "output_tokens", stats->output_tokens);
  json_member_int(&w, "output_tokens_ok", stats->output_tokens_ok);
  json_member_int(&w, "prompt_tokens", stats->prompt_tokens);
  json_member_int(&w, "cached_tokens", stats->cached_tokens);
  json_member_int(&w, "starts", engine.started);
  write_apis(stats, &w);
  json_member_int(&w, "slots", config->slots);
  json_member_int(&w, "in_slots", engine.in_slots);
  json_member_int(&w, "waiting", engine.waiting);
  json_member_int(&w, "steps", engine.steps);
  json_member_int(&w, "slot_steps", engine.slot_steps);
  json_member_seconds(&w, "busy_s", engine.busy_ns);
  json_member_seconds(&w, "step_lag_max_s", stats->step_lag_max_ns);
  json_member_int(&w, "started_ns", stats->started_ns);
  json_member_int(&w, "now_ns", now_ns);
  if (with_log) write_log(stats, &w);
  json_write_object_end(&w);
  buf_append_char(out, '\n');
}

static void metric(struct buf *out, const char *name, const char *kind, const char *help, double value) {
  buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, kind, name, value);
}

void stats_prometheus(const struct stats *stats, struct engine_counts engine, struct buf *out) {
  double in_slots = (double)engine.in_slots, waiting = (double)engine.waiting;
  double steps = (double)engine.steps;
  metric(out, "vllm:num_requests_running", "gauge", "Requests in slots.", in_slots);
  metric(out, "vllm:num_requests_waiting", "gauge", "Requests that wait for a slot.", waiting);
  metric(out, "vllm:prompt_tokens_total", "counter", "Prompt tokens taken.", (double)stats->prompt_tokens);
  metric(out, "vllm:generation_tokens_total", "counter", "Tokens sent.", (double)stats->output_tokens);
  metric(out, "vllm:request_success_total", "counter", "Requests answered.",
         (double)stats->outcomes[STATS_OK]);
  metric(out, "llamacpp:prompt_tokens_total", "counter", "Prompt tokens taken.",
         (double)stats->prompt_tokens);
  metric(out, "llamacpp:tokens_predicted_total", "counter", "Tokens sent.", (double)stats->output_tokens);
  metric(out, "llamacpp:tokens_predicted_seconds_total", "counter", "Time in decode steps.",
         (double)engine.busy_ns * 1e-9);
  metric(out, "llamacpp:n_decode_total", "counter", "Decode steps.", steps);
  metric(out, "llamacpp:n_busy_slots_per_decode", "gauge", "Mean active slots of a step.",
         engine.steps > 0 ? (double)engine.slot_steps / steps : 0);
  metric(out, "llamacpp:requests_processing", "gauge", "Requests in slots.", in_slots);
  metric(out, "llamacpp:requests_deferred", "gauge", "Requests that wait for a slot.", waiting);
}
