// SPDX-License-Identifier: GPL-3.0-or-later
//
// replay: options in, one sweep, exit code out.
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/stdio_fds.h"
#include "lib/base/units.h"
#include "lib/net/xfer.h"
#include "replay/opts.h"
#include "replay/plan/plan.h"
#include "replay/plan/schedule.h"
#include "replay/preview.h"
#include "replay/record/recorder.h"
#include "replay/send/limits.h"
#include "replay/summary.h"
#include "replay/sweep.h"
#include "replay/workload/resume.h"
#include "replay/workload/work.h"

#define LONG_NS (24 * INT64_C(3600) * CLOCK_NS_PER_S) // of a schedule that somebody may not have meant

struct replay {
  struct opts opts;
  struct cli_common common;
  struct log log;
  struct progress progress;
  struct plan plan;
  struct work work;
  struct summary summary;
  struct resume earlier;  // what the output holds already
  struct schedule pace;   // of an open loop
  int64_t most_in_flight; // of it
  bool cache_bust;
};

// How many connections are needed at once; an open loop takes what it can get.
static int64_t connections_wanted(const struct replay *replay) {
  const struct plan *plan = &replay->plan;
  if (replay->opts.timing != OPTS_TIMING_BATCH) return (int64_t)replay->pace.count;
  bool burst = replay->opts.dispatch == OPTS_DISPATCH_BURST;
  int64_t wanted = burst || plan->workers_most > plan->batch_most ? plan->batch_most : plan->workers_most;
  return replay->opts.warmup > 0 && plan->workers_most > wanted ? plan->workers_most : wanted;
}

// A think time that is not known, or that nothing waits for.
static void tell_think_time(struct replay *replay) {
  if (replay->opts.think == SEND_ORDER_THINK_SCHEDULE) return;
  int64_t later = 0, unknown = 0;
  for (size_t i = 0; replay->work.turns && i < replay->work.count; i++) {
    later += replay->work.turns[i].before >= 0;
    unknown += replay->work.turns[i].before >= 0 && replay->work.turns[i].think_ns < 0;
  }
  if (later == 0) {
    log_notice(&replay->log, "--think-time: the trace has no conversation of several turns");
  } else if (replay->opts.think == SEND_ORDER_THINK_RECORDED && unknown > 0) {
    log_notice(
        &replay->log,
        "--think-time recorded: of %lld of %lld later turns the trace does not tell, the schedule holds",
        (long long)unknown, (long long)later);
  }
}

// HTTP/2 is spoken at once, without asking whether the server does.
static bool plain_http2(const struct replay *replay) {
  return replay->opts.http_version == 2 && strncasecmp(replay->opts.endpoint.text, "http:", 5) == 0;
}

static const char *requests_are(int64_t count) {
  return count == 1 ? "request is" : "requests are";
}

// Requests left out or made up.
static void tell_what_is_drawn(struct replay *replay) {
  const struct work *work = &replay->work;
  if (work->bodiless > 0) {
    log_notice(&replay->log, "%lld %s left out: no body was recorded that is a JSON object",
               (long long)work->bodiless, requests_are(work->bodiless));
  }
  if (work->refused > 0) {
    log_notice(&replay->log, "%lld %s left out: answered with an error status (400 or above) when recorded",
               (long long)work->refused, requests_are(work->refused));
  }
  if (work->made > 0) {
    log_notice(&replay->log, "%lld %s known only by size: text of that length is made", (long long)work->made,
               requests_are(work->made));
    if (!work->model && !replay->opts.model)
      log_notice(&replay->log, "no model is named in the trace: most servers want one (-m)");
  }
}

// What a user would not expect is told, also options that some requests do not heed.
static void tell_what_is_sent(struct replay *replay) {
  tell_what_is_drawn(replay);
  if (replay->work.available < replay->plan.batch_most) {
    log_notice(&replay->log,
               "%lld requests in a row send some more than once: the trace has %lld to draw from",
               (long long)replay->plan.batch_most, (long long)replay->work.available);
  }
  if (plain_http2(replay) && !xfer_shares_plain_http2()) {
    log_notice(
        &replay->log,
        "--http2: this libcurl cannot keep HTTP/2 connections without TLS, each request makes its own");
  }
  tell_think_time(replay);
  bool ollama = false;
  for (size_t i = 0; i < replay->work.count; i++)
    ollama |= api_is_ollama(replay->work.requests[i]->api);
  if (ollama && replay->opts.ignore_eos)
    log_notice(&replay->log, "--ignore-eos: Ollama's own APIs know no such thing, their requests go without");
}

// The schedule of a rate, `count` requests long where no duration is given.
static enum status make_rate(struct replay *replay, int64_t count, struct error *error) {
  const struct opts *opts = &replay->opts;
  struct schedule_rate rate = {
      .per_s = opts->request_rate,
      .arrival = opts->arrival,
      .burstiness = opts->burstiness,
      .duration_ns = opts->duration_ns,
      .count = (size_t)count,
      .seed = opts->seed,
  };
  return schedule_at_rate(&rate, &replay->pace, error);
}

static enum status make_recorded(struct replay *replay, struct error *error) {
  const struct opts *opts = &replay->opts;
  size_t count = replay->work.count;
  int64_t *at_ns = calloc(count, sizeof *at_ns);
  if (!at_ns) return status_fail(error, STATUS_MEMORY, "schedule: %s", status_name(STATUS_MEMORY));
  for (size_t i = 0; i < count; i++)
    at_ns[i] = replay->work.requests[i]->at_ns;
  enum status status = schedule_as_recorded(at_ns, count, opts->speed, opts->max_idle_ns, opts->duration_ns,
                                            &replay->pace, error);
  free(at_ns);
  return status;
}

// How many requests of the draw are kept. Without a duration an open loop sends the whole trace.
static int64_t draws(const struct replay *replay) {
  const struct opts *opts = &replay->opts;
  if (opts->timing == OPTS_TIMING_BATCH) return plan_draws(&replay->plan, opts->warmup);
  if (opts->timing == OPTS_TIMING_RATE && opts->duration_ns > 0)
    return (int64_t)replay->pace.count * opts->repeat + opts->warmup;
  return INT64_MAX;
}

// Traces of different weeks have weeks between them.
static void tell_long_schedule(struct replay *replay) {
  struct buf words = {0};
  if (replay->pace.window_ns <= LONG_NS || replay->opts.duration_ns > 0) return;
  units_print_duration(&words, replay->pace.window_ns);
  log_notice(&replay->log, "the schedule lasts %s (--max-idle cuts its pauses, --duration its end)",
             buf_text(&words));
  buf_free(&words);
}

// What the trace has to be known for.
static enum status finish_open_loop(struct replay *replay, struct error *error) {
  const struct opts *opts = &replay->opts;
  enum status status = STATUS_OK;
  bool rate = opts->timing == OPTS_TIMING_RATE;
  if (rate && replay->pace.count == 0) status = make_rate(replay, replay->work.available, error);
  if (!rate) status = make_recorded(replay, error);
  if (status) return status;
  tell_long_schedule(replay);
  return plan_make_open(opts->repeat, rate ? (int64_t)replay->pace.count : 0, &replay->plan, error);
}

// True when some request is sent more than once.
static bool sends_twice(const struct replay *replay) {
  const struct opts *opts = &replay->opts;
  if (opts->timing == OPTS_TIMING_BATCH)
    return plan_sends_twice(&replay->plan, opts->warmup, replay->work.available);
  if (opts->timing == OPTS_TIMING_ORIGINAL) return opts->repeat > 1 || opts->warmup > 0; // from the start
  return (int64_t)replay->pace.count * opts->repeat + opts->warmup > replay->work.available;
}

static void choose_cache_bust(struct replay *replay) {
  const struct opts *opts = &replay->opts;
  replay->cache_bust = opts->cache_bust == OPTS_CACHE_BUST_ON;
  if (opts->cache_bust == OPTS_CACHE_BUST_AUTO && opts->api != WORK_API_HTTP)
    replay->cache_bust = sends_twice(replay);
  if (!replay->cache_bust) return;
  log_detail(&replay->log,
             "every batch puts a nonce of its own before its prompts, a new one when the trace begins again "
             "(--cache-bust)");
  if (replay->work.without_text > 0) {
    log_notice(
        &replay->log,
        "--cache-bust: %lld of %zu drawn requests have no prompt text to put a nonce before (token ids?): "
        "a prompt cache may help them",
        (long long)replay->work.without_text, replay->work.count);
  }
}

static enum status load(struct replay *replay, struct error *error) {
  const struct opts *opts = &replay->opts;
  const char *key = opts->api_key_env ? getenv(opts->api_key_env) : NULL;
  struct work_options options = {
      .traces = &opts->traces,
      .api = opts->api,
      .pick = opts->pick,
      .seed = opts->seed,
      .draws = draws(replay),
      .in_time = opts->timing == OPTS_TIMING_ORIGINAL,
      .in_turn = opts->timing != OPTS_TIMING_BATCH,
      .rules = opts_rewrite_rules(opts),
      .headers = {(const char *const *)opts->headers.items, opts->headers.count, key},
  };
  enum status status = work_load(&options, &replay->log, &replay->work, error);
  if (status == STATUS_OK && opts->timing != OPTS_TIMING_BATCH) status = finish_open_loop(replay, error);
  if (status) return status;
  tell_what_is_sent(replay);
  choose_cache_bust(replay);
  return STATUS_OK;
}

// Continues a file: its sessions go on counting, and --resume leaves out what it holds.
static enum status continue_output(struct replay *replay, struct error *error) {
  const struct opts *opts = &replay->opts;
  if (!opts->append && !opts->resume) return STATUS_OK;
  enum status status = resume_read(opts->output, opts->keep_invalid, &replay->earlier, error);
  if (status || !opts->resume) return status;
  struct buf plan_text = {0};
  struct run_header header =
      recorder_identity(opts, &replay->plan, &replay->work, replay->cache_bust, &plan_text);
  status = resume_check(&replay->earlier, &header, error);
  buf_free(&plan_text);
  if (status) return status_prefix(error, status, "--resume %s", opts->output);
  if (replay->earlier.has_scale) work_keep_scale(&replay->work, &replay->earlier.scale);
  size_t planned = replay->plan.batch_count;
  plan_drop_done(&replay->plan, replay->earlier.done, replay->earlier.done_count);
  if (replay->earlier.found) {
    log_notice(&replay->log, "%zu of %zu batches are there already%s", planned - replay->plan.batch_count,
               planned, replay->plan.batch_count == 0 ? ": nothing is missing" : "");
  }
  return STATUS_OK;
}

// The size of the default batch decides how long the run takes.
static void tell_default_batch(struct replay *replay) {
  const struct opts *opts = &replay->opts;
  if (opts->timing != OPTS_TIMING_BATCH || opts->batches || opts->cells_path) return;
  struct buf line = {0};
  preview_print_default_batch(opts, &replay->plan, &replay->work, &line);
  if (!line.status) log_notice(&replay->log, "%s", buf_text(&line));
  buf_free(&line);
}

static enum status print_preview(struct replay *replay, struct error *error) {
  bool open_loop = replay->opts.timing != OPTS_TIMING_BATCH;
  tell_default_batch(replay);
  struct buf text = {0};
  preview_print(&replay->opts, &replay->plan, open_loop ? &replay->pace : NULL, &replay->work,
                replay->cache_bust, &text);
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

// Cells whose requests are not equally long cannot be compared by tokens per second.
static void tell_what_came(struct replay *replay) {
  double least, most;
  if (summary_token_spread(&replay->summary, &least, &most) > SUMMARY_TOKENS_ALIKE) {
    log_notice(
        &replay->log,
        "cells differ in output tokens per request, from %.4g to %.4g: their tokens/s are not like for "
        "like (--max-tokens with --ignore-eos makes them equal)",
        least, most);
  }
  double error = work_size_error(&replay->work);
  if (error > 0.02 || error < -0.02) {
    log_notice(&replay->log, "made prompts were %.1f %% %s than recorded by the server's count",
               100 * fabs(error), error > 0 ? "longer" : "shorter");
  }
  if (replay->summary.again > 0) {
    log_notice(&replay->log,
               "%lld %s not valid and measured again at the end of the block (--keep-invalid: not)",
               (long long)replay->summary.again, replay->summary.again == 1 ? "batch was" : "batches were");
  }
  if (replay->summary.out_of_tokens && replay->summary.succeeded > 0) {
    log_notice(&replay->log,
               "--token-budget is used up: what is missing of the plan can be added by --resume");
  }
}

// Every failure was a connection that broke, as a server's does that does not speak the version of HTTP.
static bool all_broke(const struct summary *summary) {
  size_t cells = summary->open_loop ? 1 : summary->plan->cell_count;
  int64_t others = 0;
  for (size_t i = 0; i < cells; i++) {
    const struct summary_cell *cell = &summary->cells[i];
    others += cell->failed - cell->errors[RUN_ERROR_RESET] - cell->errors[RUN_ERROR_PROTOCOL];
  }
  return others == 0;
}

// A run without a success measured nothing.
static enum status judge_whole(const struct replay *replay, struct error *error) {
  if (replay->summary.succeeded > 0 || replay->summary.ended > 0) return STATUS_OK;
  if (replay->summary.out_of_tokens)
    return status_fail(error, STATUS_LIMIT, "the warm-up used up --token-budget: nothing was measured");
  bool doubtful = plain_http2(replay) && all_broke(&replay->summary);
  return status_fail(error, STATUS_NETWORK, "not one request succeeded%s",
                     doubtful ? " (does the server speak HTTP/2 without TLS?)" : "");
}

static enum status sweep(struct replay *replay, int argc, char **argv, struct error *error) {
  struct recorder *recorder = NULL;
  enum status status =
      limits_prepare(connections_wanted(replay), replay->opts.threads,
                     replay->opts.timing != OPTS_TIMING_BATCH, &replay->most_in_flight, error);
  if (status == STATUS_OK) status = check_reachable(replay, error);
  if (status == STATUS_OK) status = summary_open(&replay->plan, &replay->summary, error);
  if (status == STATUS_OK)
    status = recorder_open(&replay->opts, &replay->plan, &replay->work, replay->cache_bust,
                           replay->opts.resume && replay->earlier.found, argc, argv, &recorder, error);
  if (status) return status;
  tell_default_batch(replay);
  progress_open(&replay->progress, stderr, replay->opts.progress, clock_now_ns());
  struct sweep_setup setup = {
      .opts = &replay->opts,
      .plan = &replay->plan,
      .work = &replay->work,
      .pace = replay->opts.timing == OPTS_TIMING_BATCH ? NULL : &replay->pace,
      .most_in_flight = replay->most_in_flight,
      .cache_bust = replay->cache_bust,
      .first_session = replay->earlier.sessions,
      .recorder = recorder,
      .summary = &replay->summary,
      .log = &replay->log,
      .progress = &replay->progress,
  };
  status = sweep_run(&setup, error);
  struct error closing_error = {""}, first_failure = {""};
  snprintf(first_failure.text, sizeof first_failure.text, "%s", recorder_first_failure(recorder));
  enum status closing = recorder_close(recorder, &closing_error);
  if (closing && (status == STATUS_OK || status == STATUS_CANCELLED || status == closing)) {
    *error = closing_error;
    status = closing;
  }
  progress_wipe(&replay->progress);
  if (replay->common.verbosity >= 0) summary_print(&replay->summary, stderr);
  if (first_failure.text[0]) log_notice(&replay->log, "the first failure: %s", first_failure.text);
  tell_what_came(replay);
  return status ? status : judge_whole(replay, error);
}

static enum status run(struct replay *replay, int argc, char **argv, struct error *error) {
  const struct opts *opts = &replay->opts;
  enum status status = STATUS_OK;
  if (opts->timing == OPTS_TIMING_BATCH) {
    status = plan_make(opts->cells, opts->cell_count, opts->order, opts->restart, opts->seed, &replay->plan,
                       error);
  } else if (opts->timing == OPTS_TIMING_RATE && opts->duration_ns > 0) {
    status = make_rate(replay, 0, error);
  }
  if (status == STATUS_OK) status = load(replay, error);
  if (status == STATUS_OK) status = continue_output(replay, error);
  if (status) return status;
  if (opts->resume && replay->plan.batch_count == 0) return STATUS_OK;
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
  if (code == CLI_EXIT_DONE && replay->summary.ended > 0) code = CLI_EXIT_ASSERTION;
  if ((fflush(stdout) != 0 || fclose(stdout) != 0) && code == CLI_EXIT_DONE) {
    log_error(&replay->log, "standard output: %s", strerror(errno));
    code = CLI_EXIT_FAILED;
  }
  return code;
}

int main(int argc, char **argv) {
  if (stdio_fds_hold()) return CLI_EXIT_FAILED;
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
  resume_free(&replay.earlier);
  summary_free(&replay.summary);
  work_free(&replay.work);
  schedule_free(&replay.pace);
  plan_free(&replay.plan);
  opts_free(&replay.opts);
  return code;
}
