// SPDX-License-Identifier: GPL-3.0-or-later
//
// replay: options in, one sweep, exit code out.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/stdio_fds.h"
#include "lib/lines/gzline.h"
#include "replay/arrivals.h"
#include "replay/compose.h"
#include "replay/follow.h"
#include "replay/next.h"
#include "replay/notices.h"
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

// With --next the first plan's draw is kept so many times: later rounds may have larger batches. What they
// need beyond it begins at the first request again.
#define NEXT_DRAWS 4

struct replay {
  struct opts opts;
  struct cli_common common;
  struct log log;
  struct progress progress;
  struct plan plan;
  struct work work;
  struct summary summary;
  struct resume earlier;       // what the output holds already
  struct schedules schedules;  // of an open loop
  struct ranks *ranks;         // NULL: this process sends all
  bool breaks_off, cache_bust; // breaks_off: at the end the other ranks are not waited for
  int64_t earlier_rounds;      // of --next
  int64_t repeat, duration_ns; // -r, --duration: those of opts are of the round, where its lines name them
  int64_t ended;               // cells of all rounds that --max-error-rate ended
};

// For the connections that are needed at once; an open loop takes what it can get.
static enum status prepare_limits(const struct replay *replay, int64_t *max_in_flight, struct error *error) {
  const struct opts *opts = &replay->opts;
  bool open_loop = opts->timing != OPTS_TIMING_BATCH;
  int64_t wanted = open_loop
                       ? (int64_t)schedules_most(&replay->schedules)
                       : plan_connections(&replay->plan, opts->dispatch == OPTS_DISPATCH_BURST, opts->warmup);
  return limits_prepare(wanted, opts->threads, open_loop, max_in_flight, error);
}

// How many requests of the draw are kept. Without a duration an open loop sends the whole trace.
static int64_t draws(const struct replay *replay) {
  const struct opts *opts = &replay->opts;
  if (opts->timing == OPTS_TIMING_BATCH)
    return plan_draws(&replay->plan, opts->warmup) * (opts->next ? NEXT_DRAWS : 1);
  if (opts->timing == OPTS_TIMING_RATE && opts->duration_ns > 0)
    return ((int64_t)schedules_most(&replay->schedules) * opts->repeat + opts->warmup) *
           (opts->next ? NEXT_DRAWS : 1);
  return INT64_MAX;
}

// What the trace has to be known for.
static enum status finish_open_loop(struct replay *replay, struct error *error) {
  const struct opts *opts = &replay->opts;
  enum status status = STATUS_OK;
  bool rate = opts->timing == OPTS_TIMING_RATE;
  if (rate && replay->schedules.count == 0)
    status =
        arrivals_at_rates(opts, replay->earlier_rounds, replay->work.available, &replay->schedules, error);
  if (!rate) status = arrivals_as_recorded(opts, &replay->work, &replay->schedules, error);
  if (status) return status;
  notices_schedule(opts, &replay->schedules, &replay->log);
  struct plan_open open = {.rates = opts->request_rates,
                           .rate_count = opts->request_rates_count,
                           .repeat = opts->repeat,
                           .requests = rate ? (int64_t)schedules_most(&replay->schedules) : 0,
                           .order = opts->order,
                           .seed = opts->seed};
  return plan_make_open(&open, &replay->plan, error);
}

// True when some request is sent more than once.
static bool sends_twice(const struct replay *replay) {
  const struct opts *opts = &replay->opts;
  if (opts->next) return true;
  if (opts->timing == OPTS_TIMING_BATCH)
    return plan_sends_twice(&replay->plan, opts->warmup, replay->work.available);
  if (opts->timing == OPTS_TIMING_ORIGINAL) // each from the start
    return opts->repeat > 1 || opts->warmup > 0 || opts->scale > 1;
  if (opts->request_rates_count > 1) return true; // repetition 0 of each begins at the same request
  return (int64_t)schedules_most(&replay->schedules) * opts->repeat + opts->warmup > replay->work.available;
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

// A rate of conversations is partly open: they arrive, their turns follow as recorded.
static void choose_think_time(struct replay *replay) {
  struct opts *opts = &replay->opts;
  struct conversations_later later = conversations_later(replay->work.turns, replay->work.count);
  if (opts->timing == OPTS_TIMING_RATE && !opts->think_given && later.unknown < later.count)
    opts->think = SEND_ORDER_THINK_RECORDED;
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
      .stateful = opts->stateful,
      .cancel = opts->cancel == OPTS_CANCEL_RECORDED,
      .rules = opts_rewrite_rules(opts),
      .headers = {(const char *const *)opts->headers.items, opts->headers.count, key},
  };
  enum status status = work_load(&options, &replay->log, &replay->work, error);
  if (status == STATUS_OK) choose_think_time(replay);
  if (status == STATUS_OK && opts->timing != OPTS_TIMING_BATCH) status = finish_open_loop(replay, error);
  if (status) return status;
  notices_before(opts, &replay->plan, &replay->work, &replay->log);
  choose_cache_bust(replay);
  return STATUS_OK;
}

// Continues a file: its sessions go on counting, and --resume leaves out what it holds.
static enum status continue_output(struct replay *replay, struct error *error) {
  const struct opts *opts = &replay->opts;
  if (!opts->append && !opts->resume) return STATUS_OK;
  enum status status = resume_read(opts->output, opts->keep_invalid, &replay->earlier, error);
  if (status || !opts->resume) return status;
  struct compose_header composed;
  status =
      compose_header(opts, &replay->plan, &replay->work, replay->cache_bust, 1, 0, NULL, &composed, error);
  if (status == STATUS_OK) status = resume_check(&replay->earlier, &composed.header, error);
  compose_header_free(&composed);
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

static enum status print_preview(struct replay *replay, struct error *error) {
  const struct schedules *schedules = replay->opts.timing == OPTS_TIMING_BATCH ? NULL : &replay->schedules;
  notices_default_batch(&replay->opts, &replay->plan, &replay->work, &replay->log);
  return preview_write(&replay->opts, &replay->plan, schedules, &replay->work, replay->cache_bust, stdout,
                       error);
}

static enum status check_reachable(const struct replay *replay, struct error *error) {
  if (replay->opts.server) return STATUS_OK;
  enum status status = endpoint_probe(&replay->opts.endpoint, 0, replay->opts.connect_timeout_ns, error);
  return status ? status_prefix(error, status, "the server cannot be reached") : STATUS_OK;
}

// A run without a success measured nothing.
static enum status judge_whole(const struct replay *replay, struct error *error) {
  bool has_no_share = replay->opts.shard.count > 1 && summary_requests(&replay->summary) == 0;
  if (replay->summary.succeeded > 0 || replay->summary.ended > 0 || has_no_share) return STATUS_OK;
  if (replay->summary.out_of_tokens)
    return status_fail(error, STATUS_LIMIT, "the warm-up used up --token-budget: nothing was measured");
  struct buf why = {0};
  notices_why_none(&replay->opts, &replay->work, &replay->summary, &why);
  enum status status = status_fail(error, STATUS_NETWORK, "not one request succeeded%s", buf_text(&why));
  buf_free(&why);
  return status;
}

static enum status open_recorder(struct replay *replay, int argc, char *const *argv, struct recorder **out,
                                 struct error *error) {
  struct compose_header composed;
  enum status status = compose_header(&replay->opts, &replay->plan, &replay->work, replay->cache_bust,
                                      ranks_count(replay->ranks), argc, argv, &composed, error);
  if (status == STATUS_OK) {
    composed.header.resumes = replay->opts.resume && replay->earlier.found;
    struct recorder_settings settings = compose_recorder(&replay->opts, &composed.header, &replay->work);
    status = recorder_open(&settings, out, error);
  }
  compose_header_free(&composed);
  return status;
}

// What a run that failed from its first request on has left does not stand in the way of the next try.
static void clear_failed_run(struct replay *replay) {
  struct opts *opts = &replay->opts;
  bool is_kept = opts->force || opts->append || opts->resume;
  if (is_kept || !opts->output || !resume_is_barren(opts->output)) return;
  log_notice(&replay->log, "%s: in the run there no request succeeded; this one replaces it", opts->output);
  opts->force = true;
}

static struct sweep_setup make_setup(struct replay *replay, int64_t max_in_flight,
                                     struct send_settings *send) {
  *send = compose_send(&replay->opts, replay->cache_bust, max_in_flight);
  follow_share(replay->ranks, send);
  return (struct sweep_setup){
      .opts = &replay->opts,
      .plan = &replay->plan,
      .work = &replay->work,
      .schedules = replay->opts.timing == OPTS_TIMING_BATCH ? NULL : &replay->schedules,
      .send = send,
      .ranks = replay->ranks,
      .log = &replay->log,
  };
}

// A rank other than 0 sends its part of what rank 0 measures.
static enum status follow(struct replay *replay, int64_t max_in_flight, struct error *error) {
  struct send_settings send;
  struct sweep_setup setup = make_setup(replay, max_in_flight, &send);
  enum status status = follow_run(&setup, error);
  replay->breaks_off = status != STATUS_OK;
  return status;
}

static enum status sweep(struct replay *replay, int argc, char **argv, struct error *error) {
  struct recorder *recorder = NULL;
  int64_t max_in_flight = 0;
  enum status status = prepare_limits(replay, &max_in_flight, error);
  if (status == STATUS_OK) status = check_reachable(replay, error);
  if (status == STATUS_OK) status = summary_open(&replay->plan, &replay->summary, error);
  if (status == STATUS_OK) clear_failed_run(replay);
  if (status == STATUS_OK) status = open_recorder(replay, argc, argv, &recorder, error);
  if (status) return status;
  if (replay->earlier_rounds == 0)
    notices_default_batch(&replay->opts, &replay->plan, &replay->work, &replay->log);
  progress_open(&replay->progress, stderr, replay->opts.progress, clock_now_ns());
  struct send_settings send;
  struct server_settings server = compose_server(&replay->opts);
  struct timetable timetable = compose_timetable(&replay->opts, &replay->plan, &replay->schedules);
  struct sweep_setup setup = make_setup(replay, max_in_flight, &send);
  setup.timetable = &timetable;
  setup.server = &server;
  setup.first_session = replay->earlier.sessions;
  setup.recorder = recorder;
  setup.summary = &replay->summary;
  setup.progress = &replay->progress;
  status = sweep_run(&setup, error);
  replay->breaks_off = status == STATUS_CANCELLED || status == STATUS_NETWORK;
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
  notices_after(&replay->opts, &replay->summary, &replay->work, &replay->log);
  replay->ended += replay->summary.ended;
  return status ? status : judge_whole(replay, error);
}

static enum status lay_out(struct replay *replay, const struct plan_cell *cells, size_t count,
                           struct error *error) {
  const struct opts *opts = &replay->opts;
  enum status status = plan_make(cells, count, opts->order, opts->restart, opts->seed, &replay->plan, error);
  if (status == STATUS_OK) replay->plan.duration_ns = opts->duration_ns;
  return status;
}

static enum status plan_cells(struct replay *replay, const struct buf *text, struct error *error) {
  const struct opts *opts = &replay->opts;
  struct plan_cell *cells = NULL;
  size_t count = 0;
  enum status status = plan_cells_from_lines(text->data, text->len, opts->repeat, opts->duration_ns > 0,
                                             &cells, &count, error);
  if (status) return status;
  plan_free(&replay->plan);
  status = lay_out(replay, cells, count, error);
  free(cells);
  return status;
}

// Their arrivals are drawn anew: repetitions of a rate are to be independent in all rounds.
static enum status plan_rates(struct replay *replay, const struct buf *text, struct error *error) {
  struct opts *opts = &replay->opts;
  struct plan_rates round;
  enum status status = plan_rates_from_lines(text->data, text->len, replay->repeat, &round, error);
  if (status) return status;
  free(opts->request_rates);
  opts->request_rates = round.rates;
  opts->request_rates_count = round.count;
  opts->repeat = round.repeat;
  opts->duration_ns = round.duration_ns > 0 ? round.duration_ns : replay->duration_ns;
  plan_free(&replay->plan);
  schedules_free(&replay->schedules);
  return finish_open_loop(replay, error);
}

// The cells or rates of another round, laid out as its plan. STATUS_END: there is none.
static enum status plan_round(struct replay *replay, int64_t round, struct error *error) {
  const struct opts *opts = &replay->opts;
  bool cells = opts->timing == OPTS_TIMING_BATCH;
  struct buf text = BUF_LIMIT(NEXT_OUTPUT_MAX);
  enum status status = next_run(opts->next, &text, error);
  if (status == STATUS_OK && gzline_is_blank(text.data, text.len)) status = STATUS_END;
  if (status == STATUS_OK) {
    status = cells ? plan_cells(replay, &text, error) : plan_rates(replay, &text, error);
    if (status == STATUS_USAGE) status = STATUS_FORMAT; // the command's words, not those of the command line
    if (status) status = status_prefix(error, status, "--next: what the command prints");
  }
  buf_free(&text);
  if (status == STATUS_OK) {
    size_t count = plan_rows(&replay->plan);
    log_notice(&replay->log, "--next: round %lld measures %zu %s%s", (long long)round, count,
               cells ? "cell" : "rate", count == 1 ? "" : "s");
  }
  return status;
}

// One sweep, and with --next as many more as its command names cells for; all are added to one file.
static enum status sweep_rounds(struct replay *replay, int argc, char **argv, struct error *error) {
  struct opts *opts = &replay->opts;
  int64_t start_ns = clock_now_ns();
  enum status status = STATUS_OK;
  replay->repeat = opts->repeat;
  replay->duration_ns = opts->duration_ns;
  if (replay->plan.batch_count > 0) status = sweep(replay, argc, argv, error); // else it is all resumed
  for (int64_t round = 2; opts->next && status == STATUS_OK; round++) {
    bool late = opts->next_time_ns > 0 && clock_now_ns() - start_ns >= opts->next_time_ns;
    if (late || round > opts->next_rounds) {
      log_notice(&replay->log, "--next: %s ends the search; its command may name more cells",
                 late ? "--next-time" : "--next-rounds");
      break;
    }
    replay->earlier_rounds++;
    status = plan_round(replay, round, error);
    if (status == STATUS_END) return STATUS_OK;
    if (status) break;
    opts->append = true;
    opts->force = opts->resume = false;
    replay->earlier.sessions += replay->summary.sessions;
    summary_free(&replay->summary);
    status = sweep(replay, argc, argv, error);
  }
  return status;
}

static enum status run(struct replay *replay, int argc, char **argv, struct error *error) {
  const struct opts *opts = &replay->opts;
  enum status status = STATUS_OK;
  if (opts->timing == OPTS_TIMING_BATCH) {
    status = lay_out(replay, opts->cells, opts->cell_count, error);
  } else if (opts->timing == OPTS_TIMING_RATE && opts->duration_ns > 0) {
    status = arrivals_at_rates(opts, replay->earlier_rounds, 0, &replay->schedules, error);
  }
  if (status == STATUS_OK && !opts->dry_run) status = follow_join(opts, &replay->log, &replay->ranks, error);
  if (status) return status;
  status = load(replay, error);
  if (replay->ranks) {
    bool follows = ranks_number(replay->ranks) > 0;
    int64_t max_in_flight = 0;
    if (!status) status = follow_check(opts, error);
    if (!status && follows) status = prepare_limits(replay, &max_in_flight, error);
    if (!status && follows) status = check_reachable(replay, error);
    status = remote_agree(replay->ranks, status, replay->work.sent_digest, error);
    if (follows) return status ? status : follow(replay, max_in_flight, error);
  }
  if (status == STATUS_OK) status = continue_output(replay, error);
  if (status) return status;
  if (opts->resume && replay->plan.batch_count == 0 && !opts->next) return STATUS_OK;
  return opts->dry_run ? print_preview(replay, error) : sweep_rounds(replay, argc, argv, error);
}

static int finish(struct replay *replay, enum status status, const struct error *error) {
  int code = cli_exit_code(status);
  if (status == STATUS_CANCELLED) {
    log_detail(&replay->log, "%s", error->text);
  } else if (status) {
    if (error->text[0]) log_error(&replay->log, "%s", error->text); // else rank 0 does
  } else if (replay->work.lost > 0) {
    log_notice(&replay->log, "done, but the traces lack at least %lld records", (long long)replay->work.lost);
    code = CLI_EXIT_LOST;
  }
  if (code == CLI_EXIT_DONE && replay->ended > 0) code = CLI_EXIT_ASSERTION;
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
  schedules_free(&replay.schedules);
  plan_free(&replay.plan);
  opts_free(&replay.opts);
  remote_end(replay.ranks);
  ranks_close(replay.ranks, !replay.breaks_off, code);
  return code;
}
