// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/opts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/net/trust.h"

void opts_free(struct opts *opts) {
  cli_free(&opts_program, opts);
  cli_texts_free(&opts->traces);
  cli_texts_free(&opts->headers);
  endpoint_free(&opts->endpoint);
  endpoint_free(&opts->metrics);
  free(opts->extra_body);
  free(opts->workers);
  free(opts->batches);
  free(opts->request_rates);
  rate_series_free(&opts->series);
  free(opts->cells);
  free(opts->stem);
  *opts = (struct opts){0};
}

static enum status make_cells(struct opts *opts, struct error *error) {
  static const int64_t one = 1, timed = 0;
  bool times = opts->timing == OPTS_TIMING_BATCH && opts->duration_ns > 0;
  if (!opts->cells_path) {
    return plan_cells_from_lists(opts->workers ? opts->workers : &one,
                                 opts->workers ? opts->workers_count : 1, times ? &timed : opts->batches,
                                 times ? 1 : opts->batches_count, opts->repeat, &opts->cells,
                                 &opts->cell_count, error);
  }
  if (opts->workers || opts->batches)
    return status_fail(error, STATUS_USAGE, "--cells goes without -W/--workers and -B/--batch");
  struct buf text = BUF_LIMIT((size_t)64 << 20);
  enum status status = buf_read_file(&text, opts->cells_path, error);
  if (status == STATUS_OK)
    status = plan_cells_from_lines(text.data, text.len, opts->repeat, times, &opts->cells, &opts->cell_count,
                                   error);
  buf_free(&text);
  return status ? status_prefix(error, status, "--cells %s", opts->cells_path) : STATUS_OK;
}

// What only makes sense with --server.
static enum status check_server(struct opts *opts, struct error *error) {
  bool has_port = opts->server && strstr(opts->server, ENDPOINT_PORT);
  if (!opts->server) {
    const char *alone = opts->ready                           ? "--ready"
                        : opts->ready_timeout_ns              ? "--ready-timeout"
                        : opts->restart != PLAN_RESTART_NEVER ? "--restart"
                                                              : NULL;
    if (alone) return status_fail(error, STATUS_USAGE, "%s goes with --server", alone);
    if (opts->endpoint.port_open)
      return status_fail(error, STATUS_USAGE, "-u/--url: " ENDPOINT_PORT " goes with --server");
    return STATUS_OK;
  }
  if (opts->ready && opts->ready[0] != '/')
    return status_fail(error, STATUS_USAGE, "--ready: '%s' does not begin with '/'", opts->ready);
  if (has_port != opts->endpoint.port_open)
    return status_fail(error, STATUS_USAGE,
                       ENDPOINT_PORT " must be in both --server and -u/--url, or in neither");
  if (opts->restart == PLAN_RESTART_NEVER) opts->restart = PLAN_RESTART_BLOCK;
  if (!opts->ready_timeout_ns) opts->ready_timeout_ns = 300 * CLOCK_NS_PER_S;
  return STATUS_OK;
}

// A URL of its own, or a path of the server.
static enum status check_metrics(struct opts *opts, struct error *error) {
  const char *url = opts->metrics_url;
  if (!url) return STATUS_OK;
  enum status status = STATUS_OK;
  if (url[0] != '/') {
    status = endpoint_parse(url, &opts->metrics, error);
    if (status == STATUS_OK && opts->metrics.port_open && !opts->endpoint.port_open)
      status = status_fail(error, STATUS_USAGE, ENDPOINT_PORT " must be in -u/--url too");
  } else {
    for (; *url; url++) {
      if (*url <= ' ' || *url == 0x7F || *url == '#')
        return status_fail(error, STATUS_USAGE, "--metrics-url: white space or a fragment in the path");
    }
  }
  return status ? status_prefix(error, status, "--metrics-url") : STATUS_OK;
}

static enum status check_together(const struct opts *opts, struct error *error) {
  bool rewrites = opts->model || opts->max_tokens || opts->stream != REWRITE_STREAM_RECORDED ||
                  opts->ignore_eos || opts->extra_body || opts->cache_bust == OPTS_CACHE_BUST_ON;
  int standard_inputs = (opts->cells_path && strcmp(opts->cells_path, "-") == 0) +
                        (opts->series_path && strcmp(opts->series_path, "-") == 0);
  for (size_t i = 0; i < opts->traces.count; i++)
    standard_inputs += strcmp(opts->traces.items[i], "-") == 0;
  if (standard_inputs > 1) return status_fail(error, STATUS_USAGE, "standard input can be read only once");
  if (opts->api == WORK_API_HTTP && rewrites) {
    return status_fail(
        error, STATUS_USAGE,
        "--api http sends bodies as recorded: it goes without --model, --max-tokens, --stream, "
        "--no-stream, --ignore-eos, --extra-body and --cache-bust on");
  }
  if (opts->records == OPTS_RECORDS_BATCH && opts->chunks)
    return status_fail(error, STATUS_USAGE,
                       "--chunks goes into request records, which --records batch leaves out");
  if (opts->dispatch != OPTS_DISPATCH_BURST || opts->server) return STATUS_OK;
  for (size_t i = 1; i < opts->cell_count; i++) {
    if (opts->cells[i].workers != opts->cells[0].workers) {
      return status_fail(error, STATUS_USAGE,
                         "--dispatch burst leaves the workers to the server: several need --server");
    }
  }
  return STATUS_OK;
}

static enum status check_rate(const struct opts *opts, struct error *error) {
  if (opts->timing != OPTS_TIMING_RATE) {
    const char *alone = opts->request_rates    ? "--request-rate"
                        : opts->series_path    ? "--rate-series"
                        : opts->arrival_given  ? "--arrival"
                        : opts->burstiness > 0 ? "--burstiness"
                                               : NULL;
    return alone ? status_fail(error, STATUS_USAGE, "%s goes with --timing rate", alone) : STATUS_OK;
  }
  if (!opts->request_rates == !opts->series_path)
    return status_fail(error, STATUS_USAGE,
                       "--timing rate needs --request-rate or --rate-series, one of them");
  if (opts->burstiness > 0 && opts->arrival != SCHEDULE_ARRIVAL_GAMMA)
    return status_fail(error, STATUS_USAGE, "--burstiness goes with --arrival gamma");
  return STATUS_OK;
}

// In open loop the schedule says when a request goes: nothing of cells and batches applies.
static enum status check_timing(const struct opts *opts, struct error *error) {
  bool open = opts->timing != OPTS_TIMING_BATCH;
  const char *closed = opts->workers                                                          ? "-W/--workers"
                       : opts->batches                                                        ? "-B/--batch"
                       : opts->cells_path                                                     ? "--cells"
                       : opts->dispatch != OPTS_DISPATCH_POOL                                 ? "--dispatch"
                       : opts->order != PLAN_ORDER_RANDOM && opts->timing != OPTS_TIMING_RATE ? "--order"
                       : opts->server                                                         ? "--server"
                                                                                              : NULL;
  if (open && closed) return status_fail(error, STATUS_USAGE, "%s goes with --timing batch", closed);
  const char *other = opts->batches                          ? "-B/--batch"
                      : opts->dispatch != OPTS_DISPATCH_POOL ? "--dispatch"
                                                             : NULL;
  if (!open && opts->duration_ns > 0 && other)
    return status_fail(error, STATUS_USAGE, "--duration measures each level for a time: it goes without %s",
                       other);
  if (!open && (opts->think_given || opts->stateful))
    return status_fail(error, STATUS_USAGE, "%s goes with --timing original or rate",
                       opts->stateful ? "--stateful" : "--think-time");
  const char *recorded = opts->speed > 0             ? "--speed"
                         : opts->max_idle_ns > 0     ? "--max-idle"
                         : opts->scale > 0           ? "--scale"
                         : opts->scale_window_ns > 0 ? "--scale-window"
                                                     : NULL;
  if (opts->timing != OPTS_TIMING_ORIGINAL && recorded)
    return status_fail(error, STATUS_USAGE, "%s goes with --timing original", recorded);
  if (opts->scale_window_ns > 0 && opts->scale <= 1)
    return status_fail(error, STATUS_USAGE, "--scale-window goes with a --scale above 1");
  if (opts->scale > 0 && opts->stateful)
    return status_fail(error, STATUS_USAGE, "--scale goes without --stateful");
  return check_rate(opts, error);
}

static enum status refuse_past(double late_s, struct error *error) {
  static const double day_s = 86400;
  struct buf ago = {0};
  if (late_s < 2 * day_s) {
    units_print_duration(&ago, clock_from_seconds(late_s));
  } else {
    buf_printf(&ago, "%.0f days", late_s / day_s);
  }
  enum status status = status_fail(error, STATUS_USAGE, "--start-at: that was %s ago", buf_text(&ago));
  buf_free(&ago);
  return status;
}

// Several processes that send one open loop know nothing of each other but their command lines.
static enum status check_shard(const struct opts *opts, struct error *error) {
  bool closed = opts->timing == OPTS_TIMING_BATCH;
  if (closed && opts->shard.count > 1)
    return status_fail(
        error, STATUS_USAGE,
        "--shard splits an open loop (--timing original or rate); several processes share batches "
        "under mpirun");
  if (closed && opts->start_at_unix_s > 0)
    return status_fail(error, STATUS_USAGE, "--start-at goes with --timing original or rate");
  if (opts->shard.count > 1 && (opts->resume || opts->next))
    return status_fail(error, STATUS_USAGE, "--shard goes without %s: the other shards would not follow",
                       opts->resume ? "--resume" : "--next");
  double late_s = clock_wall_s() - opts->start_at_unix_s;
  if (opts->start_at_unix_s > 0 && late_s > 0 && !opts->dry_run) return refuse_past(late_s, error);
  if (opts->start_at_unix_s > 0 && opts->think != SEND_ORDER_THINK_SCHEDULE && opts->duration_ns == 0 &&
      opts->repeat * (int64_t)(opts->request_rates_count > 0 ? opts->request_rates_count : 1) > 1)
    return status_fail(error, STATUS_USAGE,
                       "--start-at: with --think-time, several repetitions need --duration");
  return STATUS_OK;
}

// Its end is the run's, unless a duration ends it before.
static enum status read_series(struct opts *opts, struct error *error) {
  if (!opts->series_path) return STATUS_OK;
  enum status status = rate_series_read(opts->series_path, &opts->series, error);
  if (status) return status_prefix(error, status, "--rate-series");
  int64_t end_ns = clock_from_seconds(rate_series_end_s(&opts->series));
  if (opts->duration_ns > end_ns)
    return status_fail(error, STATUS_USAGE, "--duration is longer than --rate-series %s, which lasts %g s",
                       opts->series_path, clock_seconds(end_ns));
  if (opts->duration_ns == 0) opts->duration_ns = end_ns;
  return STATUS_OK;
}

static void set_standards(struct opts *opts) {
  bool open = opts->timing != OPTS_TIMING_BATCH;
  if (opts->repeat == 0) opts->repeat = open ? 1 : 3;
  if (opts->speed <= 0) opts->speed = 1;
  if (opts->scale <= 0) opts->scale = 1;
  if (opts->burstiness <= 0) opts->burstiness = 1;
  if (opts->timing == OPTS_TIMING_ORIGINAL) opts->pick = WORK_PICK_TRACE;
}

static enum status check_next(struct opts *opts, struct error *error) {
  const char *alone = opts->next_rounds > 0 ? "--next-rounds" : opts->next_time_ns > 0 ? "--next-time" : NULL;
  if (!opts->next && alone) return status_fail(error, STATUS_USAGE, "%s goes with --next", alone);
  if (!opts->next) return STATUS_OK;
  if (opts->timing == OPTS_TIMING_ORIGINAL || opts->series_path)
    return status_fail(error, STATUS_USAGE, "--next goes with --timing batch or --request-rate");
  if (!opts->output || strcmp(opts->output, "-") == 0)
    return status_fail(error, STATUS_USAGE, "--next goes with -o/--output FILE, which its command can read");
  if (opts->next_rounds == 0) opts->next_rounds = 10;
  return STATUS_OK;
}

// Run records are no help on a screen. What becomes of an output that exists.
static enum status check_output(const struct opts *opts, struct error *error) {
  if (!opts->output && !opts->dry_run && isatty(STDOUT_FILENO))
    return status_fail(error, STATUS_USAGE,
                       "-o/--output FILE is missing: where do the run records go? (-o - is this terminal)");
  const char *name = opts->resume ? "--resume" : opts->append ? "--append" : NULL;
  if (!name) return STATUS_OK;
  if (opts->force || (opts->append && opts->resume))
    return status_fail(error, STATUS_USAGE, "--force, --append and --resume exclude each other");
  if (!opts->output || strcmp(opts->output, "-") == 0)
    return status_fail(error, STATUS_USAGE, "%s goes with -o/--output FILE", name);
  return STATUS_OK;
}

static enum status make_stem(struct opts *opts, struct error *error) {
  const char *output = opts->output && strcmp(opts->output, "-") != 0 ? opts->output : "replay";
  size_t len = strlen(output);
  if (len > 3 && strcmp(output + len - 3, ".gz") == 0) len -= 3;
  if (len > 6 && strncmp(output + len - 6, ".jsonl", 6) == 0) len -= 6;
  opts->stem = strndup(output, len);
  return opts->stem ? STATUS_OK : status_memory(error);
}

static enum status check(struct opts *opts, struct error *error) {
  if (opts->traces.count == 0)
    return status_fail(
        error, STATUS_USAGE,
        "no TRACE to replay: record one with capture, or make one: 'capture --import made "
        "requests=200,input=512~128,output=128~32 -m MODEL -o made.jsonl.gz' or 'capture --import "
        "prompts FILE -m MODEL --max-tokens 200 -o made.jsonl.gz'");
  if (!opts->url) return status_fail(error, STATUS_USAGE, "-u/--url URL is needed: the server to measure");
  enum status status = endpoint_parse(opts->url, &opts->endpoint, error);
  if (status) return status_prefix(error, status, "-u/--url");
  if (opts->api_key_env && !getenv(opts->api_key_env))
    return status_fail(error, STATUS_USAGE, "--api-key-env: no variable '%s' in the environment",
                       opts->api_key_env);
  if (opts->ca_file && (status = trust_check_file(opts->ca_file, error)))
    return status_prefix(error, status, "--cacert");
  status = check_timing(opts, error);
  if (status == STATUS_OK) status = check_shard(opts, error);
  if (status == STATUS_OK) status = check_next(opts, error);
  if (status == STATUS_OK) status = check_output(opts, error);
  if (status) return status;
  set_standards(opts);
  status = read_series(opts, error);
  if (status == STATUS_OK) status = make_cells(opts, error);
  if (status == STATUS_OK) status = check_server(opts, error);
  if (status == STATUS_OK) status = check_metrics(opts, error);
  if (status == STATUS_OK) status = check_together(opts, error);
  if (status == STATUS_OK) status = make_stem(opts, error);
  return status;
}

enum status opts_parse(int argc, char **argv, struct opts *out, struct cli_common *common,
                       struct error *error) {
  struct opts opts = {
      .arrival = SCHEDULE_ARRIVAL_POISSON,
      .warmup = 1,
      .threads = 1,
      .seed = 1,
      .max_error_rate = 1,
      .http_version = 1,
      .shard = {1, 1},
      .timeout_ns = 600 * CLOCK_NS_PER_S,
      .connect_timeout_ns = 10 * CLOCK_NS_PER_S,
  };
  enum status status = cli_parse(&opts_program, argc, argv, &opts, common, error);
  if (status == STATUS_OK && common->outcome == CLI_RUN) status = check(&opts, error);
  if (status) {
    opts_free(&opts);
    return status;
  }
  *out = opts;
  return STATUS_OK;
}

struct rewrite_rules opts_rewrite_rules(const struct opts *opts) {
  return (struct rewrite_rules){
      .model = opts->model,
      .max_tokens = opts->max_tokens,
      .stream = opts->stream,
      .ignore_eos = opts->ignore_eos,
      .extra_body = {opts->extra_body, opts->extra_body ? strlen(opts->extra_body) : 0},
  };
}
