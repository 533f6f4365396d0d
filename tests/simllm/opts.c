// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/opts.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"

enum { MOST_SLOTS = 100000, MOST_TOKENS = 1000000 };
static const double MOST_SECONDS = 1e6;

static enum status take_listen(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return units_host_port(value, opts->host, sizeof opts->host, &opts->port, error);
}

// The three numbers of "c0,c1,c2".
static enum status take_step(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  double c[3];
  char part[64];
  const char *at = value;
  for (int i = 0; i < 3; i++) {
    size_t len = strcspn(at, ",");
    if (len == 0 || len >= sizeof part || (at[len] == ',') != (i < 2)) {
      return status_fail(error, STATUS_USAGE, "'%s' is not three numbers c0,c1,c2 (seconds)", value);
    }
    memcpy(part, at, len);
    part[len] = '\0';
    enum status status = units_real(part, 0, MOST_SECONDS, &c[i], error);
    if (status != STATUS_OK) return status;
    at += len + 1;
  }
  if (c[0] + c[1] + c[2] <= 0) {
    return status_fail(error, STATUS_USAGE, "'%s' is a step that takes no time", value);
  }
  opts->engine.c0_s = c[0];
  opts->engine.c1_s = c[1];
  opts->engine.c2_s = c[2];
  return STATUS_OK;
}

static enum status take_seconds(const char *value, double *out_s, struct error *error) {
  int64_t ns;
  enum status status = units_duration_ns(value, 0, clock_from_seconds(MOST_SECONDS), &ns, error);
  if (status == STATUS_OK) *out_s = clock_seconds(ns);
  return status;
}

static enum status take_prefill(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_seconds(value, &opts->engine.prefill_s, error);
}

static enum status take_load(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_seconds(value, &opts->engine.load_s, error);
}

static enum status take_startup(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return take_seconds(value, &opts->startup_s, error);
}

static enum status take_cliff(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  const char *colon = strchr(value, ':');
  char slots[32];
  if (!colon || (size_t)(colon - value) >= sizeof slots) {
    return status_fail(error, STATUS_USAGE, "'%s' is not SLOTS:FACTOR", value);
  }
  snprintf(slots, sizeof slots, "%.*s", (int)(colon - value), value);
  int64_t above;
  enum status status = units_count(slots, 1, MOST_SLOTS, &above, error);
  if (status == STATUS_OK) status = units_real(colon + 1, 1, 1e6, &opts->engine.cliff_factor, error);
  if (status == STATUS_OK) opts->engine.cliff_slots = above;
  return status;
}

static enum status take_seed(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  int64_t seed;
  enum status status = units_count(value, 0, INT64_C(1000000000000000), &seed, error);
  if (status == STATUS_OK) opts->engine.seed = (uint64_t)seed;
  return status;
}

static enum status take_fault(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  return faults_add(&opts->faults, value, error);
}

static enum status take_headers(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  if (strcmp(value, "early") != 0 && strcmp(value, "late") != 0) {
    return status_fail(error, STATUS_USAGE, "'%s' is not one of early, late", value);
  }
  opts->late_headers = strcmp(value, "late") == 0;
  return STATUS_OK;
}

static enum status take_chunks(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  if (strcmp(value, "event") == 0) {
    opts->chunk_bytes = OPTS_CHUNK_EVENT;
  } else if (strcmp(value, "ready") == 0) {
    opts->chunk_bytes = OPTS_CHUNK_READY;
  } else if (units_bytes(value, 1, 1 << 20, &opts->chunk_bytes, error) != STATUS_OK) {
    return status_fail(error, STATUS_USAGE, "'%s' is not event, ready or a number of bytes from 1 to 1 MiB",
                       value);
  }
  return STATUS_OK;
}

static enum status take_model(void *context, const char *value, struct error *error) {
  struct opts *opts = context;
  if (value[0] == '\0' || strlen(value) >= sizeof opts->model) {
    return status_fail(error, STATUS_USAGE, "'%s' is not a name of 1 to %zu bytes", value,
                       sizeof opts->model - 1);
  }
  snprintf(opts->model, sizeof opts->model, "%s", value);
  return STATUS_OK;
}

// In the order of enum opts_usage.
static const char *const usage_names[] = {"auto", "always", "never", NULL};

static const struct cli_option options[] = {
    {"listen", 'l', "HOST:PORT", "127.0.0.1:8000", "where to listen; port 0 picks one", CLI_OWN(take_listen),
     "Server"},
    {"headers", 0, "early|late", "early", "send a stream's headers at once or with its first token",
     CLI_OWN(take_headers), NULL},
    {"chunks", 0, "event|ready|BYTES", "event",
     "a chunk is one event, all events that are ready, or a piece of one", CLI_OWN(take_chunks), NULL},
    {"usage", 0, "auto|always|never", "auto",
     "token counts in answers; auto: in OpenAI streams only when asked",
     CLI_CHOICE(struct opts, usage, usage_names), NULL},
    {"tags-model", 'm', "NAME", "sim", "the model that /v1/models and /api/tags list", CLI_OWN(take_model),
     NULL},
    {"log", 0, "COUNT", "4096", "how many past requests /stats?log=1 shows",
     CLI_COUNT(struct opts, log_requests, 1, 1000000), NULL},
    {"log-events", 0, NULL, NULL, "with each, when every token of its stream was sent",
     CLI_FLAG(struct opts, log_events), NULL},
    {"slots", 's', "COUNT", "8", "requests decoded at once; more wait",
     CLI_COUNT(struct opts, engine.slots, 1, MOST_SLOTS), "Engine"},
    {"step", 0, "C0,C1,C2", ".02447,.001076,.0000314", "seconds of a step: C0 + C1*n + C2*n*n with n active",
     CLI_OWN(take_step), NULL},
    {"tokens", 't', "COUNT", "169", "tokens to make where a request sets no limit",
     CLI_COUNT(struct opts, tokens, 1, MOST_TOKENS), NULL},
    {"prefill", 0, "TIME", "0", "delay of the first token per prompt token", CLI_OWN(take_prefill), NULL},
    {"prompt-cache", 0, NULL, NULL, "an equal request again prefills one token only, as usage shows",
     CLI_FLAG(struct opts, prompt_cache), NULL},
    {"load", 0, "TIME", "0", "model loading, at the first request", CLI_OWN(take_load), NULL},
    {"startup", 0, "TIME", "0",
     "model loading, at the start: /health returns 503, / 404, requests fail with 503", CLI_OWN(take_startup),
     NULL},
    {"noise", 0, "CV", "0", "coefficient of variation of a step's time",
     CLI_FRACTION(struct opts, engine.noise, 0, 10), NULL},
    {"session-noise", 0, "CV", "0", "the same of one factor for the whole life of the server",
     CLI_FRACTION(struct opts, engine.session_noise, 0, 10), NULL},
    {"cliff", 0, "COUNT:FACTOR", "none", "with more active slots a step takes FACTOR times longer",
     CLI_OWN(take_cliff), NULL},
    {"max-slots", 0, "COUNT", "none", "started with more --slots, every request fails with 500",
     CLI_COUNT(struct opts, max_slots, 1, MOST_SLOTS), NULL},
    {"time-scale", 0, "FACTOR", "1", "multiplies every delay",
     CLI_REAL(struct opts, engine.time_scale, 1e-6, 1e6), NULL},
    {"seed", 0, "NUMBER", "1", "of text, noise and faults", CLI_OWN(take_seed), NULL},
    {"fault", 0, "KIND:PROBABILITY", "none",
     "repeatable; 500 429 reset reset_early truncate hang malformed error_in_stream empty",
     CLI_OWN(take_fault), "Faults"},
    {0},
};

const struct cli_program opts_program = {
    .name = "simllm",
    .summary = "a simulated language-model server (OpenAI and Ollama APIs) with a known optimum",
    .usage = "[--listen HOST:PORT] [--slots COUNT] [option]...",
    .example = "  simllm -l 127.0.0.1:0 --slots 24 --time-scale 0.1 --fault 500:1% --fault reset:1%",
    .options = options,
};

enum status opts_parse(int argc, char **argv, struct opts *opts, struct cli_common *common,
                       struct error *error) {
  struct opts parsed = {
      .host = "127.0.0.1",
      .port = 8000,
      .engine = {.slots = 8,
                 .c0_s = .02447,
                 .c1_s = .001076,
                 .c2_s = .0000314,
                 .cliff_factor = 1,
                 .time_scale = 1,
                 .seed = 1},
      .tokens = 169,
      .model = "sim",
      .log_requests = 4096,
  };
  enum status status = cli_parse(&opts_program, argc, argv, &parsed, common, error);
  if (status == STATUS_OK) *opts = parsed;
  return status;
}
