// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/sweep.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "lib/net/xfer.h"
#include "replay/batch.h"
#include "replay/pool.h"
#include "replay/server.h"

// Between the preparation of a batch and its start: longer than a heartbeat of the loop, so that a stall by
// preparing it is seen before the batch begins and not blamed on it.
#define START_DELAY_NS (2 * LOOP_HEARTBEAT_NS)
#define DRAW_NS (200 * CLOCK_NS_PER_MS)
// How long a listening socket that should not be there is looked for before a server is started.
#define OCCUPIED_TIMEOUT_NS CLOCK_NS_PER_S

enum phase { PHASE_IDLE, PHASE_WAITING, PHASE_RUNNING }; // of the batch: none, prepared, under way

struct sweep {
  const struct sweep_setup *setup;
  struct loop *loop;
  struct xfer_pool *transfers;
  struct pool *pool;
  struct server *server; // NULL: not managed
  struct loop_signal *interrupt_signal, *terminate_signal;
  struct loop_timer *session_timer, *start_timer, *draw_timer; // the next session, batch, progress line

  size_t session;     // the plan's, under way
  int64_t round;      // warm-up rounds done in it
  size_t next_batch;  // the plan's
  size_t session_end; // the plan's first batch behind it
  struct recorder_session record;
  char session_error[400];
  uint16_t port;
  struct buf output_path, ready_url;

  enum phase phase;
  struct batch batch;
  struct recorder_batch current;
  size_t cell; // of the current batch, when it is measured
  struct audit audit;
  uint64_t nonce_base, nonce_count;

  int64_t measured, requests, failed; // for the progress line
  bool interrupted;
  enum status status; // why the sweep ends early
  struct error error;
};

static void next_batch(struct sweep *sweep);

static const struct opts *opts_of(const struct sweep *sweep) {
  return sweep->setup->opts;
}

static void draw_progress(struct sweep *sweep) {
  const struct recorder_sums *sums = recorder_sums(sweep->setup->recorder);
  int64_t now_ns = clock_now_ns();
  double elapsed_s = clock_seconds(now_ns - sweep->current.start_ns);
  bool running = sweep->phase == PHASE_RUNNING && elapsed_s > 0;
  char label[96];
  snprintf(label, sizeof label, "W=%lld B=%lld %s %lld", (long long)sweep->current.workers,
           (long long)sweep->current.batch, sweep->current.warmup ? "warm-up" : "rep",
           (long long)sweep->current.rep + 1);
  struct progress_state state = {
      .done = sweep->measured,
      .total = (int64_t)sweep->setup->plan->batch_count,
      .in_flight = pool_in_flight(sweep->pool),
      .requests = sweep->requests,
      .failed = sweep->failed,
      .output_tokens = sums->output_tokens > 0 ? sums->output_tokens : 0,
      .requests_per_s = running ? (double)sums->requests / elapsed_s : 0,
      .tokens_per_s = running && sums->output_tokens > 0 ? (double)sums->output_tokens / elapsed_s : 0,
      .label = sweep->phase == PHASE_IDLE ? "server" : label,
  };
  progress_draw(sweep->setup->progress, &state, now_ns);
}

static void draw_due(void *context) {
  struct sweep *sweep = context;
  draw_progress(sweep);
  loop_timer_set(sweep->draw_timer, clock_now_ns() + DRAW_NS);
}

static void give_up(struct sweep *sweep, enum status status) {
  if (sweep->status == STATUS_OK) sweep->status = status;
}

static bool ending(const struct sweep *sweep) {
  return sweep->interrupted || sweep->status;
}

static void record_session(struct sweep *sweep) {
  sweep->record.error = sweep->session_error[0] ? sweep->session_error : NULL;
  recorder_session(sweep->setup->recorder, &sweep->record);
  if (sweep->session_error[0]) {
    log_error(sweep->setup->log, "session %lld, workers %lld: %s", (long long)sweep->record.session,
              (long long)sweep->record.workers, sweep->session_error);
  }
  sweep->session++;
  loop_timer_set(sweep->session_timer, 0);
}

// The session has nothing more to do: stop its server, if it has one.
static void end_session(struct sweep *sweep) {
  sweep->phase = PHASE_IDLE;
  if (sweep->server) {
    server_stop(sweep->server);
  } else {
    record_session(sweep);
  }
}

static void server_stopped(void *context) {
  struct sweep *sweep = context;
  const char *failure = server_failure(sweep->server);
  if (!failure && sweep->record.ready_ns < 0) failure = "interrupted before the server was ready";
  if (failure) {
    sweep->record.exit_code = server_exit_code(sweep->server);
    snprintf(sweep->session_error, sizeof sweep->session_error, "%.200s (its output: %.150s)", failure,
             buf_text(&sweep->output_path));
  }
  record_session(sweep);
}

static void session_up(void *context) {
  struct sweep *sweep = context;
  sweep->record.ready_ns = clock_now_ns();
  next_batch(sweep);
}

// In mid-batch its requests fail by themselves, and those of the session's other batches too: nothing
// listens.
static void server_died(void *context) {
  struct sweep *sweep = context;
  log_detail(sweep->setup->log, "%s", server_failure(sweep->server));
}

// RUN.server-W-BLOCK.log, where RUN is the output without .jsonl and .gz.
static void print_output_path(struct sweep *sweep, const struct plan_session *session) {
  const char *output = opts_of(sweep)->output;
  size_t len = output ? strlen(output) : 0;
  if (len == 0 || strcmp(output, "-") == 0) {
    output = "replay";
    len = strlen(output);
  }
  if (len > 3 && strcmp(output + len - 3, ".gz") == 0) len -= 3;
  if (len > 6 && strncmp(output + len - 6, ".jsonl", 6) == 0) len -= 6;
  buf_clear(&sweep->output_path);
  buf_append(&sweep->output_path, output, len);
  buf_printf(&sweep->output_path, ".server-%lld", (long long)session->workers);
  if (session->block >= 0) buf_printf(&sweep->output_path, "-%lld", (long long)session->block);
  buf_append_text(&sweep->output_path, ".log");
}

static enum status start_server(struct sweep *sweep, const struct plan_session *session,
                                struct error *error) {
  const struct opts *opts = opts_of(sweep);
  sweep->port = 0;
  if (opts->endpoint.port_open) {
    enum status status = endpoint_free_port(&sweep->port, error);
    if (status) return status;
  } else if (endpoint_probe(&opts->endpoint, 0, OCCUPIED_TIMEOUT_NS, NULL) == STATUS_OK) {
    return status_fail(error, STATUS_EXISTS, "something else listens at the server's address already");
  }
  print_output_path(sweep, session);
  buf_clear(&sweep->ready_url);
  endpoint_print(&opts->endpoint, sweep->port, opts->ready ? opts->ready : "/", &sweep->ready_url);
  struct server_start start = {
      .command = opts->server,
      .workers = session->workers,
      .port = sweep->port,
      .output_path = buf_text(&sweep->output_path),
      .ready_url = buf_text(&sweep->ready_url),
      .any_answer = !opts->ready,
      .ready_timeout_ns = opts->ready_timeout_ns,
  };
  return server_run(sweep->server, &start, error);
}

static void next_session(void *context) {
  struct sweep *sweep = context;
  const struct plan *plan = sweep->setup->plan;
  if (sweep->status == STATUS_OK) give_up(sweep, recorder_status(sweep->setup->recorder));
  if (ending(sweep) || sweep->session == plan->session_count) {
    loop_stop(sweep->loop);
    return;
  }
  const struct plan_session *session = &plan->sessions[sweep->session];
  sweep->round = 0;
  sweep->next_batch = session->first_batch;
  sweep->session_end = session->first_batch + session->batch_count;
  sweep->session_error[0] = '\0';
  sweep->record = (struct recorder_session){
      .session = (int64_t)sweep->session,
      .workers = session->workers,
      .block = session->block,
      .start_ns = clock_now_ns(),
      .ready_ns = -1,
      .exit_code = -1,
  };
  if (!sweep->server) {
    session_up(sweep);
    return;
  }
  struct error error;
  if (start_server(sweep, session, &error)) {
    snprintf(sweep->session_error, sizeof sweep->session_error, "%.350s", error.text);
    record_session(sweep);
  }
}

// splitmix64 (Steele, Lea, Flood 2014): well spread numbers from a counter.
static uint64_t spread_bits(uint64_t number) {
  number += UINT64_C(0x9E3779B97F4A7C15);
  number = (number ^ (number >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  number = (number ^ (number >> 27)) * UINT64_C(0x94D049BB133111EB);
  return number ^ (number >> 31);
}

// Makes the current batch ready and sets its start.
static void prepare(struct sweep *sweep, int64_t offset) {
  char nonce[REWRITE_NONCE_BYTES];
  rewrite_print_nonce(spread_bits(sweep->nonce_base + sweep->nonce_count++), nonce);
  struct batch_source source = {
      .work = sweep->setup->work,
      .endpoint = &opts_of(sweep)->endpoint,
      .port = sweep->port,
      .offset = offset,
      .count = sweep->current.batch,
      .nonce = sweep->setup->cache_bust ? nonce : NULL,
  };
  enum status status = batch_prepare(&sweep->batch, &source, &sweep->error);
  if (status) {
    give_up(sweep, status);
    end_session(sweep);
    return;
  }
  sweep->phase = PHASE_WAITING;
  sweep->current.start_ns = clock_now_ns() + START_DELAY_NS;
  loop_timer_set(sweep->start_timer, sweep->current.start_ns);
}

static void next_batch(struct sweep *sweep) {
  const struct plan *plan = sweep->setup->plan;
  const struct plan_session *session = &plan->sessions[sweep->session];
  if (sweep->status == STATUS_OK) give_up(sweep, recorder_status(sweep->setup->recorder));
  bool warming = sweep->round < opts_of(sweep)->warmup;
  if (ending(sweep) || (!warming && sweep->next_batch == sweep->session_end)) {
    end_session(sweep);
  } else if (warming) {
    sweep->current = (struct recorder_batch){
        .session = sweep->record.session,
        .workers = session->warmup_workers,
        .batch = session->warmup_workers,
        .rep = sweep->round,
        .warmup = true,
    };
    prepare(sweep, plan_warmup_offset(plan, sweep->round++));
  } else {
    const struct plan_batch *batch = &plan->batches[sweep->next_batch++];
    sweep->cell = batch->cell;
    sweep->current = (struct recorder_batch){
        .session = sweep->record.session,
        .workers = plan->cells[batch->cell].workers,
        .batch = plan->cells[batch->cell].batch,
        .rep = batch->rep,
    };
    prepare(sweep, plan_offset(plan, batch->rep));
  }
}

static void start_due(void *context) {
  struct sweep *sweep = context;
  bool burst = opts_of(sweep)->dispatch == OPTS_DISPATCH_BURST;
  struct pool_batch batch = {
      .requests = sweep->batch.requests,
      .count = sweep->batch.count,
      .workers = burst ? sweep->batch.count : sweep->current.workers,
      .start_ns = sweep->current.start_ns,
  };
  sweep->phase = PHASE_RUNNING;
  (void)loop_take_stall_ns(sweep->loop); // what was before does not count
  recorder_start_batch(sweep->setup->recorder);
  audit_start(&sweep->audit, sweep->current.start_ns, clock_cpu_ns());
  pool_start(sweep->pool, &batch);
}

static int64_t later(int64_t a_ns, int64_t b_ns) {
  return a_ns > b_ns ? a_ns : b_ns;
}

static void on_result(void *context, const struct stream_result *result) {
  struct sweep *sweep = context;
  bool success = result->response->failure == FAILURE_NONE;
  audit_request(&sweep->audit, result->sent_ns - later(result->intended_ns, result->ready_ns),
                success ? result->done_ns - result->sent_ns : -1);
  recorder_request(sweep->setup->recorder, &sweep->current, result);
  sweep->requests++;
  if (!success && result->response->failure != FAILURE_CANCELLED) sweep->failed++;
}

static void on_over(void *context, int64_t done_ns) {
  struct sweep *sweep = context;
  const struct recorder_sums *sums = recorder_sums(sweep->setup->recorder);
  struct audit_verdict verdict;
  sweep->phase = PHASE_IDLE;
  if (!ending(sweep) && sums->requests < sweep->batch.count) {
    status_write(&sweep->error, "%s", status_name(STATUS_MEMORY));
    give_up(sweep, STATUS_MEMORY);
  }
  if (ending(sweep)) { // unfinished: its requests are recorded, the batch is none
    end_session(sweep);
    return;
  }
  audit_finish(&sweep->audit, done_ns, clock_cpu_ns(), loop_take_stall_ns(sweep->loop), &verdict);
  recorder_batch(sweep->setup->recorder, &sweep->current, done_ns, &verdict);
  if (!sweep->current.warmup) {
    sweep->measured++;
    summary_add(sweep->setup->summary, sweep->cell, done_ns - sweep->current.start_ns, sums->requests,
                sums->failed, sums->output_tokens, verdict.valid);
  }
  if (!verdict.valid) {
    log_detail(sweep->setup->log, "workers %lld batch %lld rep %lld is not valid: %s",
               (long long)sweep->current.workers, (long long)sweep->current.batch,
               (long long)sweep->current.rep, verdict.reason);
  }
  next_batch(sweep);
}

static void on_interrupt(void *context) {
  struct sweep *sweep = context;
  if (sweep->interrupted) {
    if (sweep->server) server_kill(sweep->server);
    return;
  }
  sweep->interrupted = true;
  log_notice(sweep->setup->log, "interrupted: what was measured so far is kept");
  switch (sweep->phase) {
  case PHASE_RUNNING: pool_cancel(sweep->pool); break;
  case PHASE_WAITING:
    loop_timer_cancel(sweep->start_timer);
    end_session(sweep);
    break;
  case PHASE_IDLE: // a server is coming or going
    if (sweep->server) server_stop(sweep->server);
    break;
  }
}

static const struct pool_handlers pool_handlers = {.result = on_result, .over = on_over};
static const struct server_handlers server_handlers = {
    .up = session_up, .died = server_died, .stopped = server_stopped};

static enum status open_parts(struct sweep *sweep, struct error *error) {
  const struct opts *opts = opts_of(sweep);
  struct xfer_pool_options transfers = {
      .connect_timeout_ns = opts->connect_timeout_ns,
      .http_version = 1,
      .ca_file = opts->ca_file,
      .insecure = opts->insecure,
  };
  enum status status = loop_open(&sweep->loop, error);
  if (status) return status;
  if (getrandom(&sweep->nonce_base, sizeof sweep->nonce_base, 0) != sizeof sweep->nonce_base)
    sweep->nonce_base = (uint64_t)clock_now_ns();
  status = loop_timer_open(sweep->loop, next_session, sweep, &sweep->session_timer, error);
  if (!status) status = loop_timer_open(sweep->loop, start_due, sweep, &sweep->start_timer, error);
  if (!status) status = loop_timer_open(sweep->loop, draw_due, sweep, &sweep->draw_timer, error);
  if (!status)
    status = loop_signal_open(sweep->loop, SIGINT, on_interrupt, sweep, &sweep->interrupt_signal, error);
  if (!status)
    status = loop_signal_open(sweep->loop, SIGTERM, on_interrupt, sweep, &sweep->terminate_signal, error);
  if (!status) status = xfer_pool_open(sweep->loop, &transfers, &sweep->transfers, error);
  if (!status)
    status = pool_open(sweep->loop, sweep->transfers, opts->timeout_ns, &pool_handlers, sweep, &sweep->pool,
                       error);
  if (!status && opts->server)
    status = server_open(sweep->loop, sweep->transfers, &server_handlers, sweep, &sweep->server, error);
  return status;
}

static void close_parts(struct sweep *sweep) {
  xfer_pool_close(sweep->transfers);
  pool_close(sweep->pool);
  server_close(sweep->server);
  loop_signal_close(sweep->interrupt_signal);
  loop_signal_close(sweep->terminate_signal);
  loop_timer_close(sweep->session_timer);
  loop_timer_close(sweep->start_timer);
  loop_timer_close(sweep->draw_timer);
  loop_close(sweep->loop);
  batch_free(&sweep->batch);
  buf_free(&sweep->output_path);
  buf_free(&sweep->ready_url);
}

enum status sweep_run(const struct sweep_setup *setup, struct error *error) {
  struct sweep *sweep = calloc(1, sizeof *sweep);
  if (!sweep) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  sweep->setup = setup;
  enum status status = open_parts(sweep, error);
  if (status == STATUS_OK) {
    if (setup->progress->mode != PROGRESS_NONE) draw_due(sweep);
    (void)loop_take_stall_ns(sweep->loop); // starts the heartbeat
    loop_timer_set(sweep->session_timer, 0);
    status = loop_run(sweep->loop, error);
  }
  if (status == STATUS_OK && sweep->status) {
    status = sweep->status;
    if (error) *error = sweep->error;
    if (error && !error->text[0]) status_write(error, "%s", status_name(status));
  } else if (status == STATUS_OK && sweep->interrupted) {
    status = status_fail(error, STATUS_CANCELLED, "interrupted");
  }
  close_parts(sweep);
  free(sweep);
  return status;
}
