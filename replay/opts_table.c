// SPDX-License-Identifier: GPL-3.0-or-later
//
// The options one by one: how each is taken, and its row in the help.
#include "replay/opts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "replay/random.h"

#define HOUR_NS (3600 * CLOCK_NS_PER_S)

static enum status no_memory(struct error *error) {
  return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
}

static enum status take_text(char **field, const char *value, struct error *error) {
  char *copy = strdup(value);
  if (!copy) return no_memory(error);
  free(*field);
  *field = copy;
  return STATUS_OK;
}

static enum status add_text(struct opts_texts *texts, const char *value, struct error *error) {
  char **items = realloc(texts->items, (texts->count + 1) * sizeof *items);
  if (!items) return no_memory(error);
  texts->items = items;
  char *copy = strdup(value);
  if (!copy) return no_memory(error);
  items[texts->count++] = copy;
  return STATUS_OK;
}

// The position of `value` in a list of names that ends with NULL.
static enum status take_choice(const char *const *names, const char *value, int *out, struct error *error) {
  struct buf all = {0};
  for (int i = 0; names[i]; i++) {
    if (strcmp(names[i], value) == 0) {
      buf_free(&all);
      *out = i;
      return STATUS_OK;
    }
    buf_printf(&all, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  enum status status = status_fail(error, STATUS_USAGE, "'%s' is not one of %s", value, buf_text(&all));
  buf_free(&all);
  return status;
}

static const char *const order_names[] = {"random", "grid", NULL};
static const char *const pick_names[] = {"shuffled", "trace", NULL};
static const char *const dispatch_names[] = {"pool", "burst", NULL};
static const char *const restart_names[] = {"block", "level", NULL};
static const char *const timing_names[] = {"batch", "original", "rate", NULL};
static const char *const arrival_names[] = {"constant", "poisson", "gamma", NULL};
static const char *const api_names[] = {"auto", "openai", "ollama", "http", NULL};
static const char *const cache_bust_names[] = {"auto", "on", "off", NULL};

static enum status take_trace(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return add_text(&opts->traces, value, error);
}

static enum status take_url(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_text(&opts->url, value, error);
}

static enum status take_model(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_text(&opts->model, value, error);
}

static enum status take_cells(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_text(&opts->cells_path, value, error);
}

static enum status take_server(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_text(&opts->server, value, error);
}

static enum status take_api_key_env(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_text(&opts->api_key_env, value, error);
}

static enum status take_ca_file(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_text(&opts->ca_file, value, error);
}

static enum status take_output(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_text(&opts->output, value, error);
}

static enum status take_warmup(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_count(value, 0, 1000, &opts->warmup, error);
}

static enum status take_seed(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_count(value, RANDOM_SEED_LEAST, RANDOM_SEED_MOST, &opts->seed, error);
}

static enum status take_max_tokens(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_count(value, 1, 1000000000, &opts->max_tokens, error);
}

static enum status take_timeout(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_duration_ns(value, CLOCK_NS_PER_MS, 24 * HOUR_NS, &opts->timeout_ns, error);
}

static enum status take_connect_timeout(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_duration_ns(value, CLOCK_NS_PER_MS, HOUR_NS, &opts->connect_timeout_ns, error);
}

static enum status take_max_error_rate(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_fraction(value, 0, 1, &opts->max_error_rate, error);
}

static enum status take_token_budget(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_count(value, 1, INT64_C(1000000000000000), &opts->token_budget, error);
}

static enum status take_ready_timeout(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_duration_ns(value, CLOCK_NS_PER_MS, 24 * HOUR_NS, &opts->ready_timeout_ns, error);
}

static enum status take_progress(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return progress_mode_parse(value, &opts->progress, error);
}

static enum status take_repeat(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_count(value, 1, PLAN_REPEAT_MOST, &opts->repeat, error);
}

// A list given again replaces the first.
static enum status take_list(int64_t **list, size_t *count, const char *value, int64_t most,
                             struct error *error) {
  int64_t *items;
  size_t items_count;
  enum status status = units_list(value, 1, most, PLAN_CELLS_MOST, &items, &items_count, error);
  if (status) return status;
  free(*list);
  *list = items;
  *count = items_count;
  return STATUS_OK;
}

static enum status take_workers(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_list(&opts->workers, &opts->workers_count, value, PLAN_WORKERS_MOST, error);
}

static enum status take_batch(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_list(&opts->batches, &opts->batches_count, value, PLAN_BATCH_MOST, error);
}

static enum status take_order(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(order_names, value, &choice, error);
  opts->order = (enum plan_order)choice;
  return status;
}

static enum status take_pick(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(pick_names, value, &choice, error);
  opts->pick = (enum opts_pick)choice;
  return status;
}

static enum status take_dispatch(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(dispatch_names, value, &choice, error);
  opts->dispatch = (enum opts_dispatch)choice;
  return status;
}

static enum status take_api(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(api_names, value, &choice, error);
  opts->api = (enum opts_api)choice;
  return status;
}

static enum status take_cache_bust(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(cache_bust_names, value, &choice, error);
  opts->cache_bust = (enum opts_cache_bust)choice;
  return status;
}

static enum status take_timing(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(timing_names, value, &choice, error);
  opts->timing = (enum opts_timing)choice;

  return status;
}

static enum status take_arrival(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(arrival_names, value, &choice, error);
  opts->arrival = (enum pace_arrival)choice;
  opts->arrival_given = true;
  return status;
}

static enum status take_speed(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_real(value, 1e-6, 1e6, &opts->speed, error);
}

static enum status take_request_rate(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_real(value, 1e-6, 1e6, &opts->request_rate, error);
}

static enum status take_burstiness(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_real(value, 1e-3, 1e3, &opts->burstiness, error);
}

static enum status take_max_idle(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_duration_ns(value, 1, 24 * HOUR_NS, &opts->max_idle_ns, error);
}

static enum status take_duration(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_duration_ns(value, CLOCK_NS_PER_MS, 24 * HOUR_NS, &opts->duration_ns, error);
}

static enum status take_restart(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int choice = 0;
  enum status status = take_choice(restart_names, value, &choice, error);
  opts->restart = choice == 0 ? PLAN_RESTART_BLOCK : PLAN_RESTART_LEVEL;
  return status;
}

static enum status take_ready(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  if (value[0] != '/') return status_fail(error, STATUS_USAGE, "'%s' does not begin with '/'", value);
  return take_text(&opts->ready, value, error);
}

static enum status take_header(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  size_t name_len = strcspn(value, ":");
  if (name_len == 0 || value[name_len] == '\0' || strpbrk(value, "\r\n") ||
      strcspn(value, " \t") < name_len) {
    return status_fail(error, STATUS_USAGE,
                       "a header is written 'Name: value' ('Name:' sends none of that name)");
  }
  return add_text(&opts->headers, value, error);
}

static enum status take_extra_body(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  struct json *body;
  enum status status = json_parse(value, strlen(value), &body, error);
  if (status) return status == STATUS_FORMAT ? STATUS_USAGE : status;
  if (json_kind_of(body) != JSON_OBJECT) {
    json_free(body);
    return status_fail(error, STATUS_USAGE, "not a JSON object");
  }
  json_free(opts->extra_body);
  opts->extra_body = body;
  return STATUS_OK;
}

static enum status take_stream(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->stream = REWRITE_STREAM_ON;
  return STATUS_OK;
}

static enum status take_no_stream(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->stream = REWRITE_STREAM_OFF;
  return STATUS_OK;
}

static enum status take_ignore_eos(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->ignore_eos = true;
  return STATUS_OK;
}

static enum status take_insecure(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->insecure = true;
  return STATUS_OK;
}

static enum status take_force(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->force = true;
  return STATUS_OK;
}

static enum status take_append(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->append = true;
  return STATUS_OK;
}

static enum status take_resume(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->resume = true;
  return STATUS_OK;
}

static enum status take_dry_run(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  (void)value;
  (void)error;
  opts->dry_run = true;
  return STATUS_OK;
}

static const struct cli_option options[] = {
    {"url", 'u', "URL", NULL, "the server: origin and base path, before the recorded paths", take_url,
     "Target"},
    {"api", 0, "NAME", "auto",
     "auto (by recorded path), openai, ollama, http (any request, success by HTTP alone)", take_api, NULL},
    {"header", 'H', "'NAME: VALUE'", NULL, "send this header instead of the recorded one; repeatable",
     take_header, NULL},
    {"api-key-env", 0, "NAME", NULL, "send the key in this environment variable as bearer token",
     take_api_key_env, NULL},
    {"timeout", 0, "TIME", "600s", "most time of one request", take_timeout, NULL},
    {"connect-timeout", 0, "TIME", "10s", "most time of one connection", take_connect_timeout, NULL},
    {"cacert", 0, "FILE", NULL, "trust these certificates instead of the system's", take_ca_file, NULL},
    {"insecure", 0, NULL, NULL, "do not verify TLS", take_insecure, NULL},

    {"workers", 'W', "LIST", "1", "requests in flight at once, as 1,2,4 or 1-4", take_workers, "Plan"},
    {"batch", 'B', "LIST", "each W", "requests handed over together", take_batch, NULL},
    {"repeat", 'r', "N", "3; open loop 1", "measured batches of each cell, or repetitions of an open loop",
     take_repeat, NULL},
    {"cells", 0, "FILE", NULL, "the cells as JSON lines {\"workers\":4,\"batch\":8,\"repeat\":3}", take_cells,
     NULL},
    {"warmup", 0, "N", "1", "discarded rounds of W requests before each session's first batch", take_warmup,
     NULL},
    {"order", 0, "ORDER", "random", "random (complete blocks) or grid", take_order, NULL},
    {"pick", 0, "HOW", "shuffled", "requests drawn shuffled, or in the order of the trace", take_pick, NULL},
    {"seed", 0, "N", "1", "of every random choice", take_seed, NULL},
    {"dispatch", 0, "HOW", "pool", "pool (at most W in flight) or burst (the whole batch at once)",
     take_dispatch, NULL},
    {"max-error-rate", 0, "SHARE", "none",
     "leave out what is left of a cell when more of a batch's requests fail; exit code 3",
     take_max_error_rate, NULL},
    {"token-budget", 0, "N", "none",
     "begin no batch once the server has counted so many input and output tokens", take_token_budget, NULL},
    {"dry-run", 0, NULL, NULL, "print the plan with estimates and send nothing", take_dry_run, NULL},

    {"timing", 0, "WHEN", "batch", "batch by batch, or open loop: at the original times, or at a rate",
     take_timing, "Open loop"},
    {"speed", 0, "X", "1", "original: this many times as fast", take_speed, NULL},
    {"max-idle", 0, "TIME", "as recorded", "original: gaps between requests are cut to this", take_max_idle,
     NULL},
    {"request-rate", 0, "R", NULL, "rate: requests per second", take_request_rate, NULL},
    {"arrival", 0, "HOW", "poisson", "rate: constant, poisson or gamma intervals", take_arrival, NULL},
    {"burstiness", 0, "K", "1", "gamma: its shape; below 1 burstier than poisson", take_burstiness, NULL},
    {"duration", 0, "TIME", "one pass", "send for this long; a trace that is used up begins again (rate)",
     take_duration, NULL},

    {"model", 'm', "NAME", "as recorded", "ask for this model", take_model, "Requests"},
    {"max-tokens", 0, "N", "as recorded", "limit of output tokens, under each API's own name",
     take_max_tokens, NULL},
    {"stream", 0, NULL, NULL, "stream every response", take_stream, NULL},
    {"no-stream", 0, NULL, NULL, "stream none", take_no_stream, NULL},
    {"ignore-eos", 0, NULL, NULL, "generate up to the limit (OpenAI APIs of vLLM, SGLang, llama.cpp)",
     take_ignore_eos, NULL},
    {"extra-body", 0, "JSON", NULL, "merge this object into every body, last (null removes a member)",
     take_extra_body, NULL},
    {"cache-bust", 0, "WHEN", "auto",
     "a nonce per batch before each prompt: auto (when requests are sent twice), on, off", take_cache_bust,
     NULL},

    {"server", 0, "CMD", NULL, "run the server too; {workers} and {port} in CMD are replaced", take_server,
     "Server"},
    {"restart", 0, "WHEN", "block", "a new server per block and level, or one per level", take_restart, NULL},
    {"ready", 0, "PATH", "any answer", "the server is up when this path answers 2xx", take_ready, NULL},
    {"ready-timeout", 0, "TIME", "300s", "most time until then", take_ready_timeout, NULL},

    {"output", 'o', "FILE", "stdout", "run records; .gz is compressed", take_output, "Output"},
    {"force", 0, NULL, NULL, "replace an existing file", take_force, NULL},
    {"append", 0, NULL, NULL, "add the run to an existing file", take_append, NULL},
    {"resume", 0, NULL, NULL, "measure only what an interrupted run in the file still lacks", take_resume,
     NULL},
    {"progress", 0, "HOW", "auto", "auto, none, bar or json, on stderr", take_progress, NULL},
    {0},
};

const struct cli_program opts_program = {
    .name = "replay",
    .summary = "sends recorded requests to a server at chosen levels and records how it does",
    .usage = "TRACE... -u URL [-W LIST] [-B LIST] [-r N] [-o RUN.jsonl.gz]\n"
             "TRACE... -u URL --server CMD [--ready PATH] -W LIST ...\n"
             "TRACE... -u URL --timing original|rate [--speed X] [--request-rate R] [--duration TIME] ...",
    .example =
        "  replay prod.jsonl.gz -u http://127.0.0.1:11434 -W 1,2,4,8 -B 1,2,4,8,16 -r 5 -o run.jsonl.gz",
    .options = options,
    .operand = take_trace,
};

const char *opts_pick_name(enum opts_pick pick) {
  return pick_names[pick];
}

const char *opts_dispatch_name(enum opts_dispatch dispatch) {
  return dispatch_names[dispatch];
}

const char *opts_api_name(enum opts_api api) {
  return api_names[api];
}

const char *opts_timing_name(enum opts_timing timing) {
  return timing_names[timing];
}
