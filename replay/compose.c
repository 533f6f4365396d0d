// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/compose.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "replay/plan/random.h"
#include "replay/record/secret.h"

static struct json_slice slice(const char *text) {
  return text ? (struct json_slice){text, strlen(text)} : (struct json_slice){NULL, 0};
}

static void print_host(struct buf *out) {
  struct utsname name;
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  if (uname(&name) == 0)
    buf_printf(out, "%s, %s %s %s, %ld CPUs", name.nodename, name.sysname, name.release, name.machine, cpus);
}

static void write_rates(struct json_writer *w, const struct opts *opts) {
  if (opts->series_path) {
    json_write_key(w, "rate_series");
    json_write_array(w);
    for (size_t i = 0; i < opts->series.count; i++) {
      json_write_array(w);
      json_write_number(w, opts->series.points[i].t_s);
      json_write_number(w, opts->series.points[i].rate);
      json_write_array_end(w);
    }
    json_write_array_end(w);
    return;
  }
  if (opts->request_rates_count == 1) {
    json_member_number(w, "rate", opts->request_rates[0]);
    return;
  }
  json_write_key(w, "rates");
  json_write_array(w);
  for (size_t i = 0; i < opts->request_rates_count; i++)
    json_write_number(w, opts->request_rates[i]);
  json_write_array_end(w);
}

// How an open loop is paced belongs to its plan.
static void write_pace(struct json_writer *w, const struct opts *opts) {
  json_write_object(w);
  json_member_int(w, "repeat", opts->repeat);
  if (opts->timing == OPTS_TIMING_RATE) {
    write_rates(w, opts);
    json_member_string(w, "arrival", schedule_arrival_names[opts->arrival]);
    json_member_number(w, "burstiness", opts->burstiness);
  } else {
    json_member_number(w, "speed", opts->speed);
    json_member_seconds(w, "max_idle_s", opts->max_idle_ns);
    if (opts->scale != 1) json_member_number(w, "scale", opts->scale);
    if (opts->scale_window_ns > 0) json_member_seconds(w, "scale_window_s", opts->scale_window_ns);
  }
  json_member_seconds(w, "duration_s", opts->duration_ns);
  if (opts->think == SEND_ORDER_THINK_RECORDED) json_member_string(w, "think_time", "recorded");
  if (opts->think == SEND_ORDER_THINK_FIXED) json_member_seconds(w, "think_time_s", opts->think_ns);
  json_write_object_end(w);
}

// Of several traces: their names, so that a request has the number of its own.
static void write_traces(const struct opts *opts, const struct work *work, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  if (!work->traces) return;
  json_write_array(&w);
  for (size_t i = 0; i < opts->traces.count; i++) {
    json_write_object(&w);
    json_member_string(&w, "name", opts->traces.items[i]);
    json_member_int(&w, "drawn", work->traces[i].drawn);
    json_member_string(&w, "digest", work->traces[i].digest);
    json_write_object_end(&w);
  }
  json_write_array_end(&w);
}

static enum status print_texts(const struct opts *opts, const struct plan *plan, const struct work *work,
                               int argc, char *const *argv, struct compose_header *out) {
  struct json_writer w = JSON_WRITER(&out->plan);
  if (plan->cell_count > 0) {
    plan_write(&w, plan);
  } else {
    write_pace(&w, opts);
  }
  buf_append_text(&out->url, opts->endpoint.shown);
  secret_print_arguments(argc, argv, &out->arguments);
  if (opts->server) secret_print_command(opts->server, &out->server);
  print_host(&out->host);
  write_traces(opts, work, &out->traces);
  const struct buf *texts[] = {&out->plan,   &out->url,  &out->arguments,
                               &out->server, &out->host, &out->traces};
  enum status status = STATUS_OK;
  for (size_t i = 0; status == STATUS_OK && i < sizeof texts / sizeof texts[0]; i++)
    status = texts[i]->status;
  return status;
}

enum status compose_header(const struct opts *opts, const struct plan *plan, const struct work *work,
                           bool cache_bust, int64_t ranks, int argc, char *const *argv,
                           struct compose_header *out, struct error *error) {
  *out = (struct compose_header){0};
  enum status status = print_texts(opts, plan, work, argc, argv, out);
  if (status) return status_fail(error, status, "%s", status_name(status));
  out->header = (struct run_header){
      .version = RUN_VERSION,
      .tool = slice("replay " TIDEMARK_VERSION),
      .url = slice(buf_text(&out->url)),
      .model = slice(opts->model ? opts->model : work->model),
      .api = slice(work_api_names[opts->api]),
      .timing = slice(opts_timing_name(opts->timing)),
      .trace_digest = slice(work->digest),
      .sent_digest = slice(work->sent_digest),
      .traces = slice(work->traces ? buf_text(&out->traces) : NULL),
      .host = slice(buf_text(&out->host)),
      .arguments = slice(buf_text(&out->arguments)),
      .server = slice(opts->server ? buf_text(&out->server) : NULL),
      .order = slice(plan_order_name(opts->order)),
      .pick = slice(work_pick_names[opts->pick]),
      .dispatch = slice(opts_dispatch_name(opts->dispatch)),
      .max_tokens = opts->max_tokens > 0 ? opts->max_tokens : -1,
      .plan = slice(buf_text(&out->plan)),
      .seed = opts->seed,
      .repeat = plan->repeat_most,
      .warmup = opts->warmup,
      .threads = opts->threads,
      .http_version = opts->http_version,
      .cache_bust = cache_bust,
      .records = slice(opts->records == OPTS_RECORDS_BATCH ? "batch" : NULL),
      .shard = opts->shard.count > 1 ? opts->shard.number : 0,
      .shards = opts->shard.count,
      .start_at_unix_s = opts->start_at_unix_s,
      .ranks = ranks,
  };
  return STATUS_OK;
}

void compose_header_free(struct compose_header *header) {
  buf_free(&header->url);
  buf_free(&header->arguments);
  buf_free(&header->server);
  buf_free(&header->host);
  buf_free(&header->plan);
  buf_free(&header->traces);
}

struct recorder_settings compose_recorder(const struct opts *opts, const struct run_header *header,
                                          const struct work *work) {
  return (struct recorder_settings){
      .output = opts->output,
      .existing = opts->force                    ? GZLINE_REPLACE
                  : opts->append || opts->resume ? GZLINE_APPEND
                                                 : GZLINE_REFUSE,
      .inputs = (const char *const *)opts->traces.items,
      .input_count = opts->traces.count,
      .lanes = opts->threads,
      .header = header,
      .batches_alone = opts->records == OPTS_RECORDS_BATCH,
      .work = work,
  };
}

// At a rate whose turns follow after think times, conversations arrive over the whole schedule.
static enum send_order_first first_turns(const struct opts *opts) {
  if (opts->timing != OPTS_TIMING_RATE || opts->think == SEND_ORDER_THINK_SCHEDULE)
    return SEND_ORDER_FIRST_OWN;
  return opts->arrival == SCHEDULE_ARRIVAL_CONSTANT ? SEND_ORDER_FIRST_EVENLY : SEND_ORDER_FIRST_RANDOM;
}

// Of all processes that start at this instant: what is one prefix to one process is one to all. A run at
// another instant has another.
static uint64_t common_nonce(const struct opts *opts) {
  int64_t start_us = (int64_t)(opts->start_at_unix_s * 1e6);
  return random_spread((uint64_t)start_us + random_spread((uint64_t)opts->seed)) | 1;
}

struct send_settings compose_send(const struct opts *opts, bool cache_bust, int64_t max_in_flight) {
  return (struct send_settings){
      .endpoint = &opts->endpoint,
      .timeout_ns = opts->timeout_ns,
      .duration_ns = opts->duration_ns,
      .chunks = opts->chunks,
      .burst = opts->dispatch == OPTS_DISPATCH_BURST,
      .cache_bust = cache_bust,
      .timing = opts_timing_name(opts->timing),
      .original = opts->timing == OPTS_TIMING_ORIGINAL,
      .several_rates = opts->request_rates_count > 1,
      .max_in_flight = max_in_flight,
      .first = first_turns(opts),
      .think = opts->think,
      .think_ns = opts->think_ns,
      .speed = opts->speed,
      .max_idle_ns = opts->max_idle_ns,
      .stateful = opts->stateful,
      .shard = opts->shard.number - 1,
      .shards = opts->shard.count,
      .nonce = opts->start_at_unix_s > 0 ? common_nonce(opts) : 0,
  };
}

struct timetable compose_timetable(const struct opts *opts, const struct plan *plan,
                                   const struct schedules *schedules) {
  return (struct timetable){
      .plan = plan,
      .schedules = schedules,
      .start_unix_s = opts->start_at_unix_s,
      .window_ns = opts->think == SEND_ORDER_THINK_SCHEDULE ? 0 : opts->duration_ns,
      .timeout_ns = opts->timeout_ns,
  };
}

struct server_settings compose_server(const struct opts *opts) {
  bool is_path = opts->metrics_url && opts->metrics_url[0] == '/';
  return (struct server_settings){
      .endpoint = &opts->endpoint,
      .stem = opts->stem,
      .command = opts->server,
      .ready = opts->ready,
      .ready_timeout_ns = opts->ready_timeout_ns,
      .before_batch = opts->before_batch,
      .metrics_path = is_path ? opts->metrics_url : NULL,
      .metrics = opts->metrics_url && !is_path ? &opts->metrics : NULL,
      .ca_file = opts->ca_file,
      .insecure = opts->insecure,
  };
}

struct xfer_pool_options compose_transfers(const struct opts *opts) {
  return (struct xfer_pool_options){
      .connect_timeout_ns = opts->connect_timeout_ns,
      .http_version = opts->http_version,
      .ca_file = opts->ca_file,
      .insecure = opts->insecure,
  };
}
