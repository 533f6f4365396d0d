// SPDX-License-Identifier: GPL-3.0-or-later
//
// The options one by one: how each is taken, and its row in the help.
#include "replay/opts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/json/json_scan.h"
#include "replay/plan/random.h"
#include "replay/send/lanes.h"

#define HOUR_NS (3600 * CLOCK_NS_PER_S)

static const char *const order_names[] = {"random", "grid", NULL};
static const char *const dispatch_names[] = {"pool", "burst", NULL};
static const char *const records_names[] = {"request", "batch", NULL};
static const char *const restart_names[] = {"block", "level", NULL};
static const char *const timing_names[] = {"batch", "original", "rate", NULL};
static const char *const cancel_names[] = {"none", "recorded", NULL};
static const char *const cache_bust_names[] = {"auto", "on", "off", NULL};

static enum status parse_trace(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return cli_texts_add(&opts->traces, value, error);
}

static enum status parse_progress(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return progress_mode_parse(value, &opts->progress, error);
}

// A list given again replaces the first.
static enum status parse_list(int64_t **list, size_t *count, const char *value, int64_t most,
                              struct error *error) {
  int64_t *items;
  size_t items_count;
  enum status status = units_list(value, 1, most, PLAN_CELLS_MAX, &items, &items_count, error);
  if (status) return status;
  free(*list);
  *list = items;
  *count = items_count;
  return STATUS_OK;
}

static enum status parse_workers(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return parse_list(&opts->workers, &opts->workers_count, value, PLAN_WORKERS_MAX, error);
}

static enum status parse_batch(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return parse_list(&opts->batches, &opts->batches_count, value, PLAN_BATCH_MAX, error);
}

static bool holds(const double *items, size_t count, double item) {
  for (size_t i = 0; i < count; i++) {
    if (items[i] == item) return true;
  }
  return false;
}

static enum status add_rate(double *rates, size_t *count, const char *text, struct error *error) {
  if (*count == PLAN_RATES_MAX)
    return status_fail(error, STATUS_USAGE, "more than %zu rates", PLAN_RATES_MAX);
  enum status status = units_real(text, PLAN_RATE_MIN, PLAN_RATE_MAX, &rates[*count], error);
  if (status) return status;
  if (holds(rates, *count, rates[*count]))
    return status_fail(error, STATUS_USAGE, "'%s' is given twice", text);
  (*count)++;
  return STATUS_OK;
}

static enum status parse_request_rates(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  size_t count = 0;
  double *rates = calloc(PLAN_RATES_MAX, sizeof *rates);
  char *copy = strdup(value), *rest = copy;
  enum status status = rates && copy ? STATUS_OK : status_memory(error);
  while (status == STATUS_OK && rest)
    status = add_rate(rates, &count, strsep(&rest, ","), error);
  free(copy);
  if (status) {
    free(rates);
    return status;
  }
  free(opts->request_rates);
  opts->request_rates = rates;
  opts->request_rates_count = count;
  return STATUS_OK;
}

static enum status parse_arrival(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = cli_choice(schedule_arrival_names, value, &choice, error);
  opts->arrival = (enum schedule_arrival)choice;
  opts->arrival_given = true;
  return status;
}

static enum status parse_think_time(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  bool recorded = strcmp(value, "recorded") == 0;
  opts->think_given = true;
  opts->think = recorded ? SEND_ORDER_THINK_RECORDED : SEND_ORDER_THINK_SCHEDULE;
  if (recorded || strcmp(value, "none") == 0) return STATUS_OK;
  enum status status = units_duration_ns(value, 0, 24 * HOUR_NS, &opts->think_ns, error);
  if (status)
    return status_fail(error, status, "'%s' is not 'recorded', 'none' or a time from 0s to 24h", value);
  opts->think = SEND_ORDER_THINK_FIXED;
  return STATUS_OK;
}

static enum status parse_shard(void *context, const char *value, struct error *error) {
  return shard_parse(value, &((struct opts *)context)->shard, error);
}

static enum status parse_start_at(void *context, const char *value, struct error *error) {
  return shard_parse_start(value, &((struct opts *)context)->start_at_unix_s, error);
}

static enum status parse_restart(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = cli_choice(restart_names, value, &choice, error);
  opts->restart = choice == 0 ? PLAN_RESTART_BLOCK : PLAN_RESTART_LEVEL;
  return status;
}

// Any other would make the rest of the body the beginning of the next request.
#define LENGTH_FIELD "Content-Length"

static enum status parse_header(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  size_t name_len = strcspn(value, ":");
  if (name_len == 0 || value[name_len] == '\0' || strpbrk(value, "\r\n") ||
      strcspn(value, " \t") < name_len) {
    return status_fail(error, STATUS_USAGE,
                       "a header is written 'Name: value' ('Name:' sends none of that name)");
  }
  if (name_len == strlen(LENGTH_FIELD) && strncasecmp(value, LENGTH_FIELD, name_len) == 0)
    return status_fail(error, STATUS_USAGE, LENGTH_FIELD " is always the body's own");
  return cli_texts_add(&opts->headers, value, error);
}

static enum status parse_extra_body(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  struct json_slice body;
  if (json_scan_text(value, strlen(value), &body, error)) return STATUS_USAGE;
  if (json_scan_kind(body) != JSON_OBJECT) return status_fail(error, STATUS_USAGE, "not a JSON object");
  free(opts->extra_body);
  opts->extra_body = strndup(body.data, body.len);
  return opts->extra_body ? STATUS_OK : status_memory(error);
}

static const struct cli_option options[] = {
    {"url", 'u', "URL", NULL, "the server: origin and base path, before the recorded paths",
     CLI_TEXT(struct opts, url), "Target"},
    {"api", 0, "NAME", "auto",
     "auto (by recorded path), openai, ollama, anthropic, rerank, llamacpp, http (any request, success by "
     "HTTP alone)",
     CLI_CHOICE(struct opts, api, work_api_names), NULL},
    {"header", 'H', "'NAME: VALUE'", NULL, "send this header instead of the recorded one; repeatable",
     CLI_OWN(parse_header), NULL},
    {"api-key-env", 0, "NAME", NULL, "send the key in this environment variable in the form of the API",
     CLI_TEXT(struct opts, api_key_env), NULL},
    {"timeout", 0, "TIME", "600s", "time limit of one request",
     CLI_DURATION(struct opts, timeout_ns, CLOCK_NS_PER_MS, 24 * HOUR_NS), NULL},
    {"connect-timeout", 0, "TIME", "10s", "time limit of one connection attempt",
     CLI_DURATION(struct opts, connect_timeout_ns, CLOCK_NS_PER_MS, HOUR_NS), NULL},
    {"http1", 0, NULL, NULL, "use HTTP/1.1 (the default)", CLI_SET(struct opts, http_version, 1), NULL},
    {"http2", 0, NULL, NULL, "use HTTP/2: by ALPN on https, by prior knowledge on http",
     CLI_SET(struct opts, http_version, 2), NULL},
    {"cacert", 0, "FILE", NULL, "trust these certificates instead of the system's",
     CLI_TEXT(struct opts, ca_file), NULL},
    {"insecure", 0, NULL, NULL, "do not verify TLS", CLI_FLAG(struct opts, insecure), NULL},

    {"workers", 'W', "LIST", "1", "requests in flight at once, as 1,2,4 or 1-4", CLI_OWN(parse_workers),
     "Plan"},
    {"batch", 'B', "LIST", "3 x largest W", "requests handed over together", CLI_OWN(parse_batch), NULL},
    {"repeat", 'r', "N", "3; open loop 1", "measured batches of each cell, or repetitions of an open loop",
     CLI_COUNT(struct opts, repeat, 1, PLAN_REPEAT_MAX), NULL},
    {"cells", 0, "FILE", NULL, "the cells as JSON lines {\"workers\":4,\"batch\":8,\"repeat\":3}",
     CLI_TEXT(struct opts, cells_path), NULL},
    {"warmup", 0, "N", "1", "discarded rounds of W requests before each session's first batch",
     CLI_COUNT(struct opts, warmup, 0, 1000), NULL},
    {"order", 0, "ORDER", "random", "random (complete blocks) or grid",
     CLI_CHOICE(struct opts, order, order_names), NULL},
    {"pick", 0, "HOW", "shuffled", "requests drawn shuffled, or in the order of the trace",
     CLI_CHOICE(struct opts, pick, work_pick_names), NULL},
    {"seed", 0, "N", "1", "seed of every random choice",
     CLI_COUNT(struct opts, seed, RANDOM_SEED_MIN, RANDOM_SEED_MAX), NULL},
    {"dispatch", 0, "HOW", "pool", "pool (at most W in flight) or burst (the whole batch at once)",
     CLI_CHOICE(struct opts, dispatch, dispatch_names), NULL},
    {"threads", 0, "N", "1", "threads that send, when one core is not enough",
     CLI_COUNT(struct opts, threads, 1, LANES_MAX), NULL},
    {"max-error-rate", 0, "SHARE", "none",
     "end a cell when a larger share of a batch's requests fails; exit code 3",
     CLI_FRACTION(struct opts, max_error_rate, 0, 1), NULL},
    {"keep-invalid", 0, NULL, NULL, "do not measure batches again that the client's audit rejects",
     CLI_FLAG(struct opts, keep_invalid), NULL},
    {"token-budget", 0, "N", "none",
     "begin no batch once the server has counted this many input and output tokens",
     CLI_COUNT(struct opts, token_budget, 1, 1e15), NULL},
    {"dry-run", 0, NULL, NULL, "print the plan with estimates and send nothing",
     CLI_FLAG(struct opts, dry_run), NULL},

    {"timing", 0, "WHEN", "batch", "batch (closed loop), original (recorded times) or rate",
     CLI_CHOICE(struct opts, timing, timing_names), "Open loop"},
    {"speed", 0, "X", "1", "original: this many times as fast", CLI_REAL(struct opts, speed, 1e-6, 1e6),
     NULL},
    {"max-idle", 0, "TIME", "as recorded", "original: gaps between requests are cut to this",
     CLI_DURATION(struct opts, max_idle_ns, 1, 24 * HOUR_NS), NULL},
    {"scale", 0, "K", "1",
     "original: so many copies of the trace at once; below 1, a part of its conversations",
     CLI_REAL(struct opts, scale, 1e-3, 1e4), NULL},
    {"scale-window", 0, "TIME", "the trace's length",
     "original: the copies are late by random times below this",
     CLI_DURATION(struct opts, scale_window_ns, CLOCK_NS_PER_MS, 24 * HOUR_NS), NULL},
    {"request-rate", 0, "LIST", NULL, "rate: requests per second, as 5,10,20: each -r times, in random order",
     CLI_OWN(parse_request_rates), NULL},
    {"rate-series", 0, "FILE", NULL, "rate: one that changes, CSV t_s,rate, linear between its points",
     CLI_TEXT(struct opts, series_path), NULL},
    {"arrival", 0, "HOW", "poisson", "rate: constant, poisson or gamma intervals", CLI_OWN(parse_arrival),
     NULL},
    {"burstiness", 0, "K", "1", "gamma: its shape; below 1 burstier than poisson",
     CLI_REAL(struct opts, burstiness, 1e-3, 1e3), NULL},
    {"duration", 0, "TIME", "one pass",
     "send for this time; except with original, a trace begins again after its end",
     CLI_DURATION(struct opts, duration_ns, CLOCK_NS_PER_MS, 24 * HOUR_NS), NULL},
    {"think-time", 0, "recorded|none|TIME", "recorded at a rate, else none",
     "from the end of a conversation's turn to its next one", CLI_OWN(parse_think_time), NULL},
    {"stateful", 0, NULL, NULL,
     "send requests with previous_response_id or conversation; they continue this run's responses",
     CLI_FLAG(struct opts, stateful), NULL},
    {"shard", 0, "I/N", "1/1", "send part I of N of the schedule; auto: as Slurm, Kubernetes or mpirun count",
     CLI_OWN(parse_shard), NULL},
    {"start-at", 0, "TIME", "at once",
     "begin at this instant, as 2026-03-01T12:00:00Z: the same for all shards", CLI_OWN(parse_start_at),
     NULL},

    {"model", 'm', "NAME", "as recorded", "ask for this model", CLI_TEXT(struct opts, model), "Requests"},
    {"max-tokens", 0, "N", "as recorded", "limit of output tokens, under each API's own name",
     CLI_COUNT(struct opts, max_tokens, 1, 1e9), NULL},
    {"stream", 0, NULL, NULL, "stream every response", CLI_SET(struct opts, stream, REWRITE_STREAM_ON), NULL},
    {"no-stream", 0, NULL, NULL, "stream no response", CLI_SET(struct opts, stream, REWRITE_STREAM_OFF),
     NULL},
    {"ignore-eos", 0, NULL, NULL, "generate up to the limit (OpenAI APIs of vLLM, SGLang, llama.cpp)",
     CLI_FLAG(struct opts, ignore_eos), NULL},
    {"extra-body", 0, "JSON", NULL, "merge this object into every body, last (null removes a member)",
     CLI_OWN(parse_extra_body), NULL},
    {"cancel", 0, "WHICH", "none", "give requests up as their recorded clients did: none or recorded",
     CLI_CHOICE(struct opts, cancel, cancel_names), NULL},
    {"cache-bust", 0, "WHEN", "auto",
     "a nonce per batch and pass of the trace before each prompt: auto (when any is sent twice), on, off",
     CLI_CHOICE(struct opts, cache_bust, cache_bust_names), NULL},

    {"server", 0, "CMD", NULL, "run the server too; {workers} and {port} in CMD are replaced",
     CLI_TEXT(struct opts, server), "Server"},
    {"restart", 0, "WHEN", "block", "a new server per block and level, or one per level",
     CLI_OWN(parse_restart), NULL},
    {"ready", 0, "PATH", "/health or /", "the server is ready when this path returns 2xx",
     CLI_TEXT(struct opts, ready), NULL},
    {"ready-timeout", 0, "TIME", "300s", "readiness timeout",
     CLI_DURATION(struct opts, ready_timeout_ns, CLOCK_NS_PER_MS, 24 * HOUR_NS), NULL},

    {"before-batch", 0, "CMD", NULL, "run this before each measured batch; {workers}, {batch}, {rep}, {port}",
     CLI_TEXT(struct opts, before_batch), NULL},
    {"between", 0, "CMD", NULL, NULL, CLI_TEXT(struct opts, before_batch), NULL},
    {"metrics-url", 0, "URL", NULL, "read the server's Prometheus counters before and after each batch",
     CLI_TEXT(struct opts, metrics_url), NULL},

    {"next", 0, "CMD", NULL,
     "run this after each round, measure the cells or rates it prints until it prints none",
     CLI_TEXT(struct opts, next), "Rounds"},
    {"next-rounds", 0, "N", "10", "largest number of rounds, the first included",
     CLI_COUNT(struct opts, next_rounds, 1, 1000), NULL},
    {"next-time", 0, "TIME", "none", "begin no round later than this after the start",
     CLI_DURATION(struct opts, next_time_ns, CLOCK_NS_PER_MS, 24 * HOUR_NS), NULL},

    {"output", 'o', "FILE", "stdout", "run records; .gz is compressed", CLI_TEXT(struct opts, output),
     "Output"},
    {"force", 0, NULL, NULL, "replace an existing file", CLI_FLAG(struct opts, force), NULL},
    {"append", 0, NULL, NULL, "add the run to an existing file", CLI_FLAG(struct opts, append), NULL},
    {"resume", 0, NULL, NULL, "measure only what an interrupted run in the file still lacks",
     CLI_FLAG(struct opts, resume), NULL},
    {"chunks", 0, NULL, NULL, "record the time of every event with text", CLI_FLAG(struct opts, chunks),
     NULL},
    {"records", 0, "OF", "request",
     "request, or batch: histograms in each batch record and no request records",
     CLI_CHOICE(struct opts, records, records_names), NULL},
    {"progress", 0, "HOW", "auto", "auto, none, bar or json, on stderr", CLI_OWN(parse_progress), NULL},
    {0},
};

const struct cli_program opts_program = {
    .name = "replay",
    .summary = "send recorded requests to a server at chosen levels and record the results",
    .usage = "TRACE... -u URL [-W LIST] [-B LIST] [-r N] [-o RUN.jsonl.gz]\n"
             "TRACE... -u URL --server CMD [--ready PATH] -W LIST ...\n"
             "TRACE... -u URL --timing original|rate [--speed X] [--request-rate LIST] [--duration TIME] ...",
    .example =
        "  replay prod.jsonl.gz -u http://127.0.0.1:11434 -W 1,2,4,8 -B 1,2,4,8,16 -r 5 -o run.jsonl.gz",
    .options = options,
    .operand = parse_trace,
};

const char *opts_dispatch_name(enum opts_dispatch dispatch) {
  return dispatch_names[dispatch];
}

const char *opts_timing_name(enum opts_timing timing) {
  return timing_names[timing];
}
