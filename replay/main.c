// SPDX-License-Identifier: GPL-3.0-or-later
//
// replay: options in, one sweep, exit code out.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "replay/opts.h"
#include "replay/plan.h"
#include "replay/preview.h"
#include "replay/recorder.h"
#include "replay/summary.h"
#include "replay/sweep.h"
#include "replay/work.h"

// Descriptors besides the connections: output, log, epoll, timers, standard streams.
enum { OTHER_DESCRIPTORS = 32 };

struct replay {
  struct opts opts;
  struct cli_common common;
  struct log log;
  struct progress progress;
  struct plan plan;
  struct work work;
  struct summary summary;
  bool cache_bust;
};

static enum status raise_descriptor_limit(const struct replay *replay, struct error *error) {
  const struct plan *plan = &replay->plan;
  bool burst = replay->opts.dispatch == OPTS_DISPATCH_BURST;
  int64_t in_flight = burst || plan->workers_most > plan->batch_most ? plan->batch_most : plan->workers_most;
  if (replay->opts.warmup > 0 && plan->workers_most > in_flight) in_flight = plan->workers_most;
  rlim_t needed = (rlim_t)in_flight + OTHER_DESCRIPTORS;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return STATUS_OK;
  if (limit.rlim_max < needed) {
    return status_fail(error, STATUS_LIMIT,
                       "%lld requests in flight need %llu file descriptors, the limit is %llu",
                       (long long)in_flight, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
  }
  limit.rlim_cur = needed;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return STATUS_OK;
  return status_fail(error, STATUS_LIMIT, "file descriptors: %s", strerror(errno));
}

// What a user would not expect is told: requests left out or made up, options that some do not heed.
static void tell_what_is_sent(struct replay *replay) {
  if (replay->work.bodiless > 0) {
    log_notice(&replay->log, "%lld requests are left out: their body was not recorded, or is no JSON",
               (long long)replay->work.bodiless);
  }
  if (replay->work.available < replay->plan.batch_most) {
    log_notice(&replay->log, "a batch of %lld sends some of the %lld requests of the trace more than once",
               (long long)replay->plan.batch_most, (long long)replay->work.available);
  }
  if (replay->work.made > 0) {
    log_notice(&replay->log,
               "%lld requests are known only by their size: text of that length is made for them",
               (long long)replay->work.made);
    if (!replay->work.model && !replay->opts.model)
      log_notice(&replay->log, "no model is named in the trace: most servers want one (-m)");
  }
  bool ollama = false;
  for (size_t i = 0; i < replay->work.count; i++)
    ollama |= api_is_ollama(replay->work.requests[i]->api);
  if (ollama && replay->opts.ignore_eos)
    log_notice(&replay->log, "--ignore-eos: Ollama's own APIs know no such thing, their requests go without");
}

static enum status load(struct replay *replay, struct error *error) {
  const struct opts *opts = &replay->opts;
  const char *key = opts->api_key_env ? getenv(opts->api_key_env) : NULL;
  struct work_options options = {
      .traces = &opts->traces,
      .api = opts->api,
      .pick = opts->pick,
      .seed = opts->seed,
      .draws = plan_draws(&replay->plan, opts->warmup),
      .rules = opts_rewrite_rules(opts),
      .headers = {(const char *const *)opts->headers.items, opts->headers.count, key},
  };
  enum status status = work_load(&options, &replay->log, &replay->work, error);
  if (status) return status;
  tell_what_is_sent(replay);
  replay->cache_bust = opts->cache_bust == OPTS_CACHE_BUST_ON;
  if (opts->cache_bust == OPTS_CACHE_BUST_AUTO && opts->api != OPTS_API_HTTP)
    replay->cache_bust = plan_sends_twice(&replay->plan, opts->warmup, replay->work.available);
  if (replay->cache_bust)
    log_detail(&replay->log, "every batch puts a nonce of its own before its prompts (--cache-bust)");
  return STATUS_OK;
}

static enum status print_preview(struct replay *replay, struct error *error) {
  struct buf text = {0};
  preview_print(&replay->opts, &replay->plan, &replay->work, replay->cache_bust, &text);
  enum status status = text.status;
  if (status) {
    status = status_fail(error, status, "%s", status_name(status));
  } else if (fwrite(text.data, 1, text.len, stdout) != text.len) {
    status = status_fail(error, STATUS_IO, "standard output: %s", strerror(errno));
  }
  buf_free(&text);
  return status;
}

static enum status check_reachable(const struct replay *replay, struct error *error) {
  if (replay->opts.server) return STATUS_OK;
  enum status status = endpoint_probe(&replay->opts.endpoint, 0, replay->opts.connect_timeout_ns, error);
  return status ? status_prefix(error, status, "the server cannot be reached") : STATUS_OK;
}

static enum status sweep(struct replay *replay, int argc, char **argv, struct error *error) {
  struct recorder *recorder = NULL;
  enum status status = raise_descriptor_limit(replay, error);
  if (status == STATUS_OK) status = check_reachable(replay, error);
  if (status == STATUS_OK) status = summary_open(&replay->plan, &replay->summary, error);
  if (status == STATUS_OK)
    status = recorder_open(&replay->opts, &replay->plan, &replay->work, replay->cache_bust, argc, argv,
                           &recorder, error);
  if (status) return status;
  progress_open(&replay->progress, stderr, replay->opts.progress, clock_now_ns());
  struct sweep_setup setup = {
      .opts = &replay->opts,
      .plan = &replay->plan,
      .work = &replay->work,
      .cache_bust = replay->cache_bust,
      .recorder = recorder,
      .summary = &replay->summary,
      .log = &replay->log,
      .progress = &replay->progress,
  };
  status = sweep_run(&setup, error);
  struct error closing_error = {""};
  enum status closing = recorder_close(recorder, &closing_error);
  if (closing && (status == STATUS_OK || status == STATUS_CANCELLED || status == closing)) {
    *error = closing_error;
    status = closing;
  }
  progress_wipe(&replay->progress);
  if (replay->common.verbosity >= 0) summary_print(&replay->summary, stderr);
  if (status == STATUS_OK && replay->summary.succeeded == 0)
    status = status_fail(error, STATUS_NETWORK, "not one request succeeded");
  return status;
}

static enum status run(struct replay *replay, int argc, char **argv, struct error *error) {
  const struct opts *opts = &replay->opts;
  enum status status =
      plan_make(opts->cells, opts->cell_count, opts->order, opts->restart, opts->seed, &replay->plan, error);
  if (status == STATUS_OK) status = load(replay, error);
  if (status) return status;
  return opts->dry_run ? print_preview(replay, error) : sweep(replay, argc, argv, error);
}

static int finish(struct replay *replay, enum status status, const struct error *error) {
  int code = cli_exit_code(status);
  if (status == STATUS_CANCELLED) {
    log_detail(&replay->log, "%s", error->text);
  } else if (status) {
    log_error(&replay->log, "%s", error->text);
  } else if (replay->work.lost > 0) {
    log_notice(&replay->log, "done, but the traces lack at least %lld records", (long long)replay->work.lost);
    code = CLI_EXIT_LOST;
  }
  if ((fflush(stdout) != 0 || fclose(stdout) != 0) && code == CLI_EXIT_DONE) {
    log_error(&replay->log, "standard output: %s", strerror(errno));
    code = CLI_EXIT_FAILED;
  }
  return code;
}

int main(int argc, char **argv) {
  struct replay replay = {.log = {.stream = stderr, .tool = "replay", .level = LOG_NORMAL}};
  struct error error = {""};
  signal(SIGPIPE, SIG_IGN); // a reader that leaves is a write error
  replay.log.wipe_line = progress_wipe;
  replay.log.line_context = &replay.progress;
  enum status status = opts_parse(argc, argv, &replay.opts, &replay.common, &error);
  if (replay.common.verbosity != 0) replay.log.level = replay.common.verbosity > 0 ? LOG_VERBOSE : LOG_QUIET;
  if (status == STATUS_OK && replay.common.outcome == CLI_HELP) {
    cli_print_help(&opts_program, stdout);
  } else if (status == STATUS_OK && replay.common.outcome == CLI_VERSION) {
    cli_print_version(&opts_program, stdout);
  } else if (status == STATUS_OK) {
    status = run(&replay, argc, argv, &error);
  }
  int code = finish(&replay, status, &error);
  summary_free(&replay.summary);
  work_free(&replay.work);
  plan_free(&replay.plan);
  opts_free(&replay.opts);
  return code;
}
