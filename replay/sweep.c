// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/sweep.h"

#include <signal.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "replay/compose.h"
#include "replay/plan/walk.h"
#include "replay/run_progress.h"
#include "replay/send/lanes.h"
#include "replay/send/measurement.h"
#include "replay/server/batch_hooks.h"
#include "replay/server/server_session.h"

#define DRAW_NS (200 * CLOCK_NS_PER_MS)
#define FILE_CHECK_NS (500 * CLOCK_NS_PER_MS) // without a progress line
// From the hooks before a batch to an instant of --start-at.
#define HOOKS_LEAD_NS (5 * CLOCK_NS_PER_S)
// Signals within this time count once: a wrapper like timeout(1) passes its signal on to the process and
// then to its group.
#define SAME_SIGNAL_NS (100 * CLOCK_NS_PER_MS)

struct sweep {
  const struct sweep_setup *setup;
  struct loop *loop;
  struct lanes *lanes;
  struct server_session *session;
  struct measurement *closed; // batches and warm-up rounds
  struct measurement *open;   // repetitions; NULL: batches are measured
  struct batch_hooks *hooks;
  struct remote *remote; // NULL: this process sends all
  struct loop_signal *interrupt_signal, *terminate_signal, *hangup_signal;
  struct loop_timer *draw_timer, *start_timer;

  struct walk walk;                   // through the plan
  const struct plan_session *planned; // the session under way
  int64_t round;                      // warm-up rounds begun in this session
  size_t cell;                        // of the batch under way
  struct recorder_batch batch;        // the measured one that comes, is under way, or is to be recorded
  int64_t offset;                     // of its draw
  bool ended;                         // it is to be recorded, from these
  int64_t total_ns;
  struct audit_verdict verdict;
  struct recorder_open_loop open_loop;
  bool warming;    // it is a warm-up round
  bool restarting; // the server: its session goes on
  bool restarted;  // it was, for the batch that comes
  struct run_progress run;
  int64_t tokens; // input and output, warm-up included
  bool waiting;   // for the instant of --start-at
  bool starting;  // a measurement
  bool interrupted;
  int64_t interrupted_ns; // when
  bool kill_server;       // and once more: a server is not waited for
  bool over;              // nothing is left to run the loop for
  bool lost_file;         // it was said
  enum status status;     // why the sweep ends early
  struct error error;     // its words; "": the status says it all
};

static struct progress_state progress_now(const struct sweep *sweep, int64_t now_ns) {
  struct progress_state state;
  run_progress_line(&sweep->run, now_ns, &state);
  measurement_progress(sweep->closed, now_ns, &state);
  measurement_progress(sweep->open, now_ns, &state);
  return state;
}

// A script sees how it ended.
static void finish_progress(const struct sweep *sweep) {
  int64_t now_ns = clock_now_ns();
  struct progress_state state = progress_now(sweep, now_ns);
  run_progress_totals(&sweep->run, &state);
  state.label = sweep->interrupted ? "interrupted" : "done";
  progress_finish(sweep->setup->progress, &state, now_ns);
}

static void draw_due(void *context) {
  struct sweep *sweep = context;
  int64_t now_ns = clock_now_ns();
  if (!sweep->lost_file && recorder_lost_file(sweep->setup->recorder)) {
    sweep->lost_file = true;
    log_error(sweep->setup->log,
              "the file of run records was removed or cut: its records are lost, a new file begins");
  }
  bool is_shown = sweep->setup->progress->mode != PROGRESS_NONE;
  if (is_shown) {
    struct progress_state state = progress_now(sweep, now_ns);
    progress_draw(sweep->setup->progress, &state, now_ns);
  }
  loop_timer_set(sweep->draw_timer, now_ns + (is_shown ? DRAW_NS : FILE_CHECK_NS));
}

// --max-error-rate: what is left of a cell that fails too often is not measured.
static void judge_errors(struct sweep *sweep, const struct recorder_sums *sums) {
  struct summary *summary = sweep->setup->summary;
  double failed = (double)sums->failed / (double)sums->requests;
  if (!(failed > sweep->setup->opts->max_error_rate) || !walk_end_cell(&sweep->walk)) return;
  summary->cells[sweep->cell].ended = true;
  summary->ended++;
  if (summary->open_loop) {
    if (summary->plan->rate_count > 1)
      log_error(sweep->setup->log,
                "%.6g requests/s: %.3g %% of the requests failed; the rest of this rate is left out",
                summary->plan->rates[sweep->cell], 100 * failed);
    else
      log_error(sweep->setup->log, "%.3g %% of the requests failed; nothing more is measured", 100 * failed);
  } else {
    const struct plan_cell *cell = &sweep->setup->plan->cells[sweep->cell];
    log_error(sweep->setup->log,
              "workers %lld batch %lld: %.3g %% of the requests failed; the rest of the cell is left out",
              (long long)cell->workers, (long long)cell->batch, 100 * failed);
  }
}

// True when nothing more is to be begun.
static bool ending(struct sweep *sweep) {
  if (sweep->status == STATUS_OK) sweep->status = recorder_status(sweep->setup->recorder);
  int64_t budget = sweep->setup->opts->token_budget;
  return sweep->interrupted || sweep->status || (budget > 0 && sweep->tokens >= budget);
}

// The first repetition of several processes has to begin with theirs; a later one shows how late it was.
static bool is_too_late(struct sweep *sweep) {
  int64_t late_ns = sweep->batch.start_ns > 0 ? clock_now_ns() - sweep->batch.start_ns : 0;
  if (late_ns <= 0) return false;
  if (sweep->run.measured > 0) {
    log_notice(sweep->setup->log, "--start-at: repetition %lld begins %.3g s late",
               (long long)sweep->batch.rep + 1, clock_seconds(late_ns));
    return false;
  }
  sweep->status = STATUS_NETWORK;
  status_write(&sweep->error, "--start-at: that was %.3g s before the traces were read and the warm-up done",
               clock_seconds(late_ns));
  return true;
}

static void start_measured(struct sweep *sweep) {
  sweep->run.batch_start_ns = clock_now_ns();
  sweep->starting = true;
  if (sweep->open) {
    open_loop_start(sweep->open, schedules_at(sweep->setup->schedules, sweep->cell, sweep->batch.rep),
                    &sweep->batch, sweep->offset);
  } else {
    closed_loop_start(sweep->closed, &sweep->batch, sweep->offset, server_session_port(sweep->session));
  }
  sweep->starting = false;
}

static void end_session(struct sweep *sweep) {
  if (sweep->kill_server) {
    server_session_kill(sweep->session);
  } else {
    server_session_end(sweep->session);
  }
}

static void start_warmup(struct sweep *sweep) {
  int64_t workers = sweep->planned->warmup_workers;
  struct recorder_batch round = {.session = server_session_number(sweep->session),
                                 .workers = workers,
                                 .batch = workers,
                                 .rep = sweep->round,
                                 .warmup = true};
  sweep->starting = true;
  closed_loop_start(sweep->closed, &round, plan_warmup_offset(sweep->setup->plan, sweep->round++),
                    server_session_port(sweep->session));
  sweep->starting = false;
}

static void call_hooks(struct sweep *sweep) {
  batch_hooks_before(sweep->hooks, &sweep->batch, server_session_port(sweep->session));
}

static void next_batch(struct sweep *sweep) {
  const struct plan *plan = sweep->setup->plan;
  if (ending(sweep) || sweep->restarting || !walk_has_batch(&sweep->walk)) {
    end_session(sweep);
    return;
  }
  sweep->warming = sweep->round < sweep->setup->opts->warmup;
  work_calibrate(sweep->setup->work, sweep->warming, sweep->setup->log);
  if (sweep->warming) {
    start_warmup(sweep);
    return;
  }
  const struct plan_batch *planned = walk_next_batch(&sweep->walk);
  sweep->batch = (struct recorder_batch){
      .session = server_session_number(sweep->session), .workers = -1, .batch = -1, .rep = planned->rep};
  if (!sweep->open) {
    sweep->batch.workers = plan->cells[planned->cell].workers;
    sweep->batch.batch = plan->cells[planned->cell].batch;
  }
  if (plan->rates) sweep->batch.rate = plan->rates[planned->cell];
  sweep->offset = plan_offset(plan, planned->rep);
  sweep->cell = planned->cell;
  sweep->batch.start_ns = timetable_instant_ns(sweep->setup->timetable, (size_t)(planned - plan->batches));
  sweep->waiting = sweep->batch.start_ns - HOOKS_LEAD_NS > clock_now_ns();
  if (sweep->waiting) {
    loop_timer_set(sweep->start_timer, sweep->batch.start_ns - HOOKS_LEAD_NS);
  } else {
    call_hooks(sweep);
  }
}

static void record(struct sweep *sweep) {
  struct recorder_metrics metrics = {.values = {NULL, 0}};
  metrics.values = batch_hooks_metrics(sweep->hooks, &metrics.left_out);
  recorder_batch(sweep->setup->recorder, &sweep->batch, sweep->total_ns,
                 sweep->open ? &sweep->open_loop : NULL, &sweep->verdict, &metrics);
  sweep->ended = false;
  next_batch(sweep);
}

static void add_up(struct sweep *sweep, const struct measurement_outcome *outcome) {
  const struct recorder_sums *sums = outcome->sums;
  sweep->run.measured++;
  sweep->run.measured_ns += outcome->total_ns;
  struct summary_batch batch = {
      .cell = sweep->cell,
      .total_ns = outcome->total_ns,
      .requests = sums->requests,
      .failed = sums->failed,
      .errors = sums->errors,
      .output_tokens = outcome->open_loop ? outcome->open_loop->output_tokens : sums->output_tokens,
      .in_flight_mean = outcome->open_loop ? outcome->open_loop->in_flight_mean : 0,
      .ttft_p50_ns = outcome->verdict->ttft_p50_ns,
      .ttft_p95_ns = outcome->verdict->ttft_p95_ns,
      .latency_p50_ns = outcome->verdict->latency_p50_ns,
      .valid = outcome->verdict->valid,
      .cpu = outcome->verdict->cpu,
  };
  summary_add(sweep->setup->summary, &batch);
  judge_errors(sweep, sums);
  // A repetition of an open loop may last for hours, and a schedule too fast for the client stays so.
  bool keep = outcome->verdict->valid || outcome->open_loop || sweep->setup->opts->keep_invalid;
  if (!keep && walk_reject(&sweep->walk)) sweep->setup->summary->again++;
}

static bool nothing_connected(const struct recorder_sums *sums) {
  return sums->requests > 0 && sums->errors[FAILURE_CONNECT] == sums->requests;
}

// No server is there to be measured: ours is started once more for this batch, without ours the run stops.
// The batch has no record, so that --resume measures it.
static void give_up_batch(struct sweep *sweep, const struct recorder_batch *batch) {
  if (!sweep->warming) walk_give_back(&sweep->walk);
  struct buf where = {0};
  if (batch->workers >= 0)
    buf_printf(&where, "workers %lld batch %lld: ", (long long)batch->workers, (long long)batch->batch);
  if (sweep->setup->opts->server && !sweep->restarted) {
    sweep->restarting = sweep->restarted = true;
    log_notice(sweep->setup->log, "%sno request could connect; the server is started again",
               buf_text(&where));
  } else {
    sweep->status = STATUS_NETWORK;
    status_write(&sweep->error, "%sno request could connect to the server; the run stops", buf_text(&where));
  }
  buf_free(&where);
}

static void batch_over(void *context, const struct measurement_outcome *outcome) {
  struct sweep *sweep = context;
  sweep->run.batch_start_ns = 0;
  if (!outcome) {
    if (!sweep->interrupted && !sweep->status) sweep->status = STATUS_MEMORY;
    next_batch(sweep);
    return;
  }
  const struct recorder_sums *sums = outcome->sums;
  if (nothing_connected(sums)) {
    give_up_batch(sweep, outcome->batch);
    next_batch(sweep);
    return;
  }
  sweep->tokens += (sums->input_tokens > 0 ? sums->input_tokens : 0);
  sweep->tokens += (sums->output_tokens > 0 ? sums->output_tokens : 0);
  if (sweep->warming) {
    const struct recorder_metrics none = {.values = {NULL, 0}};
    recorder_batch(sweep->setup->recorder, outcome->batch, outcome->total_ns, NULL, outcome->verdict, &none);
    next_batch(sweep);
    return;
  }
  sweep->restarted = false;
  sweep->ended = true;
  sweep->batch = *outcome->batch;
  sweep->total_ns = outcome->total_ns;
  sweep->verdict = *outcome->verdict;
  if (outcome->open_loop) sweep->open_loop = *outcome->open_loop;
  add_up(sweep, outcome);
  batch_hooks_after(sweep->hooks);
}

static void hooks_over(void *context, enum status status, const char *message) {
  struct sweep *sweep = context;
  if (sweep->ended) {
    record(sweep); // also without metrics
  } else if (status || sweep->interrupted) {
    if (status && !sweep->interrupted) {
      sweep->status = status;
      status_write(&sweep->error, "%s", message);
    }
    next_batch(sweep); // which begins nothing any more
  } else if (is_too_late(sweep)) {
    next_batch(sweep);
  } else {
    start_measured(sweep);
  }
}

static void start_due(void *context) {
  struct sweep *sweep = context;
  sweep->waiting = false;
  if (ending(sweep)) {
    next_batch(sweep); // which ends the session
  } else {
    call_hooks(sweep);
  }
}

static void session_up(void *context) {
  next_batch(context);
}

// Also before the loop runs.
static void stop(struct sweep *sweep) {
  sweep->over = true;
  loop_stop(sweep->loop);
}

// A server of its own for a session of the plan, or for what is left of one.
static void begin_session(struct sweep *sweep) {
  sweep->round = 0;
  sweep->restarting = false;
  server_session_start(sweep->session, sweep->planned,
                       sweep->setup->first_session + sweep->setup->summary->sessions++);
}

static void next_session(struct sweep *sweep) {
  if (!sweep->restarting && !ending(sweep)) sweep->planned = walk_next_session(&sweep->walk);
  if (ending(sweep) || !sweep->planned) {
    stop(sweep);
  } else {
    begin_session(sweep);
  }
}

static void session_over(void *context) {
  next_session(context);
}

// What is under way.
static void give_up(struct sweep *sweep) {
  if (measurement_running(sweep->closed) || measurement_running(sweep->open)) {
    measurement_cancel(sweep->closed);
    measurement_cancel(sweep->open);
  } else if (sweep->waiting) {
    loop_timer_set(sweep->start_timer, 0);
  } else if (batch_hooks_running(sweep->hooks)) {
    batch_hooks_cancel(sweep->hooks);
  } else {
    end_session(sweep); // a server is coming or going
  }
}

static void on_interrupt(void *context) {
  struct sweep *sweep = context;
  if (!sweep->interrupted) {
    log_notice(sweep->setup->log, "interrupted: the measurements so far are kept");
    sweep->interrupted_ns = clock_now_ns();
  } else if (clock_now_ns() - sweep->interrupted_ns >= SAME_SIGNAL_NS) {
    sweep->kill_server = true;
  }
  sweep->kill_server |= sweep->remote != NULL; // mpirun gives no time
  sweep->interrupted = true;
  give_up(sweep);
}

// Its part of the batch would be waited for without end.
static void lane_failed(void *context, const char *message) {
  struct sweep *sweep = context;
  sweep->status = STATUS_IO;
  status_write(&sweep->error, "%s", message);
  stop(sweep);
}

// What was measured is kept; while a measurement is made ready, its own end follows.
static void rank_lost(void *context, const char *message) {
  struct sweep *sweep = context;
  if (!sweep->status)
    sweep->status = status_fail(&sweep->error, STATUS_NETWORK, "%s; the run stops", message);
  if (!sweep->starting) give_up(sweep);
}

static const struct remote_handlers remote_handlers = {
    .record = measurement_remote_record, .over = measurement_remote_over, .lost = rank_lost};

static const struct server_session_handlers server_session_handlers = {.up = session_up,
                                                                       .over = session_over};

static enum status open_parts(struct sweep *sweep, struct error *error) {
  const struct sweep_setup *setup = sweep->setup;
  struct xfer_pool_options transfers = compose_transfers(setup->opts);
  enum status status = loop_open(&sweep->loop, error);
  if (!status) status = loop_timer_open(sweep->loop, draw_due, sweep, &sweep->draw_timer, error);
  if (!status) status = loop_timer_open(sweep->loop, start_due, sweep, &sweep->start_timer, error);
  if (!status)
    status = loop_signal_open(sweep->loop, SIGINT, on_interrupt, sweep, &sweep->interrupt_signal, error);
  if (!status)
    status = loop_signal_open(sweep->loop, SIGTERM, on_interrupt, sweep, &sweep->terminate_signal, error);
  if (!status) // the terminal went away: what was measured is saved as at Ctrl-C
    status = loop_signal_open(sweep->loop, SIGHUP, on_interrupt, sweep, &sweep->hangup_signal, error);
  if (!status)
    status =
        lanes_open(setup->opts->threads, sweep->loop, &transfers, lane_failed, sweep, &sweep->lanes, error);
  if (!status && setup->ranks)
    status = remote_open(sweep->loop, setup->ranks, setup->recorder, setup->work, &remote_handlers, sweep,
                         &sweep->remote, error);
  if (status) return status;
  struct measurement_setup measurement = {.lanes = sweep->lanes,
                                          .remote = sweep->remote,
                                          .settings = setup->send,
                                          .work = setup->work,
                                          .recorder = setup->recorder,
                                          .log = setup->log};
  status = closed_loop_open(&measurement, batch_over, sweep, &sweep->closed, error);
  if (!status && setup->schedules)
    status = open_loop_open(&measurement, batch_over, sweep, &sweep->open, error);
  if (!status)
    status =
        batch_hooks_open(sweep->loop, setup->server, setup->log, hooks_over, sweep, &sweep->hooks, error);
  if (status) return status;
  return server_session_open(sweep->loop, lanes_at(sweep->lanes, 0)->transfers, setup->server,
                             setup->recorder, setup->log, &server_session_handlers, sweep, &sweep->session,
                             error);
}

static void close_parts(struct sweep *sweep) {
  lanes_stop(sweep->lanes);
  measurement_close(sweep->closed);
  measurement_close(sweep->open);
  batch_hooks_close(sweep->hooks);
  server_session_close(sweep->session);
  remote_close(sweep->remote);
  loop_signal_close(sweep->interrupt_signal);
  loop_signal_close(sweep->terminate_signal);
  loop_signal_close(sweep->hangup_signal);
  loop_timer_close(sweep->draw_timer);
  loop_timer_close(sweep->start_timer);
  lanes_close(sweep->lanes);
  loop_close(sweep->loop);
  walk_close(&sweep->walk);
}

enum status sweep_run(const struct sweep_setup *setup, struct error *error) {
  struct sweep sweep = {.setup = setup};
  sweep.run = (struct run_progress){
      .summary = setup->summary, .walk = &sweep.walk, .start_ns = setup->progress->start_ns};
  if (setup->schedules) sweep.run.window_s = schedules_mean_window_s(setup->schedules);
  enum status status = walk_open(setup->plan, &sweep.walk, error);
  if (status == STATUS_OK) status = open_parts(&sweep, error);
  if (status == STATUS_OK) {
    draw_due(&sweep);
    (void)loop_take_stall_ns(sweep.loop); // starts the heartbeat
    next_session(&sweep);
    if (!sweep.over) status = loop_run(sweep.loop, error);
    finish_progress(&sweep);
  }
  setup->summary->out_of_tokens =
      setup->opts->token_budget > 0 && !sweep.interrupted && sweep.tokens >= setup->opts->token_budget &&
      sweep.run.measured < (int64_t)setup->plan->batch_count + setup->summary->again;
  if (status == STATUS_OK && sweep.status) {
    bool bare = sweep.error.text[0] == '\0';
    status = status_fail(error, sweep.status, "%s", bare ? status_name(sweep.status) : sweep.error.text);
  } else if (status == STATUS_OK && sweep.interrupted) {
    status = status_fail(error, STATUS_CANCELLED, "interrupted");
  }
  close_parts(&sweep);
  return status;
}
