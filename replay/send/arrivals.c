// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/arrivals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "replay/send/open_loop.h"

#define START_DELAY_NS (2 * LOOP_HEARTBEAT_NS)

// What one lane does of a repetition.
struct share {
  struct arrivals *arrivals;
  struct lane *lane;
  struct open_loop *flow;
  struct loop_letter start, cancel, over;
  int64_t cpu_ns, stall_max_ns; // cpu_ns: at the start, then since it
};

struct arrivals {
  struct closed_loop_setup setup;
  struct schedule pace; // of this repetition; its array is borrowed
  closed_loop_over *over;
  void *context;
  struct share *shares; // one for each lane
  int64_t open_shares;  // of this repetition, that are not over
  struct recorder_batch record;
  int64_t offset;
  int64_t begun; // repetitions
  bool running;
  struct audit audit; // of all lanes
  char label[64];
};

bool arrivals_running(const struct arrivals *arrivals) {
  return arrivals->running;
}

// What the lanes did, put together.
struct total {
  bool complete;
  double in_flight_ns, tokens;
  bool tokens_known;
  int64_t last_done_ns, cpu_ns, stall_max_ns;
};

static int64_t later(int64_t a_ns, int64_t b_ns) {
  return a_ns > b_ns ? a_ns : b_ns;
}

static struct total add_up(struct arrivals *arrivals) {
  struct total total = {.complete = true, .last_done_ns = arrivals->record.start_ns};
  audit_start(&arrivals->audit, arrivals->record.start_ns);
  for (int64_t i = 0; i < lanes_count(arrivals->setup.lanes); i++) {
    const struct share *share = &arrivals->shares[i];
    const struct open_loop_sums *sums = open_loop_sums(share->flow);
    audit_merge(&arrivals->audit, &sums->audit);
    total.complete &= sums->complete;
    total.in_flight_ns += sums->in_flight_ns;
    total.tokens += sums->tokens;
    total.tokens_known |= sums->tokens_known;
    total.last_done_ns = later(total.last_done_ns, sums->last_done_ns);
    total.cpu_ns = later(total.cpu_ns, share->cpu_ns);
    total.stall_max_ns = later(total.stall_max_ns, share->stall_max_ns);
  }
  return total;
}

// The time that is measured, from the start; 0: until the last response ends, since nothing else says when
// the sending was over.
static int64_t window_ns(const struct closed_loop_setup *setup, const struct schedule *pace) {
  return setup->opts->think == SEND_ORDER_THINK_SCHEDULE ? pace->window_ns : setup->opts->duration_ns;
}

static void conclude(struct arrivals *arrivals) {
  arrivals->running = false;
  const struct recorder_sums *sums = recorder_sums(arrivals->setup.recorder);
  struct total total = add_up(arrivals);
  if (!total.complete) {
    arrivals->over(arrivals->context, NULL);
    return;
  }
  struct audit_verdict verdict;
  const struct opts *opts = arrivals->setup.opts;
  int64_t total_ns = window_ns(&arrivals->setup, &arrivals->pace);
  int64_t until_last_ns = total.last_done_ns - arrivals->record.start_ns;
  // With a think time conversations may end long before the duration does.
  if (total_ns == 0 || (opts->think != SEND_ORDER_THINK_SCHEDULE && until_last_ns < total_ns))
    total_ns = until_last_ns;
  struct recorder_open_loop open = {
      .timing = opts_timing_name(opts->timing),
      .rate = arrivals->record.rate > 0 ? arrivals->record.rate : NAN,
      .in_flight_mean = total.in_flight_ns / (double)total_ns,
      .output_tokens = total.tokens_known ? (int64_t)(total.tokens + 0.5) : -1,
      .total_ns = total_ns,
  };
  struct closed_loop_outcome outcome = {.batch = &arrivals->record,
                                        .total_ns = total_ns,
                                        .sums = sums,
                                        .verdict = &verdict,
                                        .open_loop = &open};
  audit_finish(&arrivals->audit, clock_now_ns(), total.cpu_ns, total.stall_max_ns, &verdict);
  if (!verdict.valid) {
    char reason[AUDIT_REASON_BYTES];
    audit_print_reason(&verdict, reason);
    log_detail(arrivals->setup.log, "rep %lld is not valid: %s", (long long)arrivals->record.rep, reason);
  }
  arrivals->over(arrivals->context, &outcome);
}

// On the main thread: a lane is through.
static void share_is_over(void *context) {
  struct share *share = context;
  if (--share->arrivals->open_shares == 0) conclude(share->arrivals);
}

static void on_over(void *context) {
  struct share *share = context;
  share->cpu_ns = lanes_cpu_ns(share->lane) - share->cpu_ns;
  share->stall_max_ns = loop_take_stall_ns(share->lane->loop);
  lanes_report(share->lane, &share->over);
}

static void start(void *context) {
  struct share *share = context;
  (void)loop_take_stall_ns(share->lane->loop);
  share->cpu_ns = lanes_cpu_ns(share->lane);
  const struct arrivals *arrivals = share->arrivals;
  struct open_loop_repetition repetition = {.batch = arrivals->record,
                                            .offset = arrivals->offset,
                                            .window_ns = window_ns(&arrivals->setup, &arrivals->pace),
                                            .number = arrivals->begun};
  open_loop_start(share->flow, &repetition);
}

static void cancel(void *context) {
  struct share *share = context;
  open_loop_cancel(share->flow);
}

void arrivals_start(struct arrivals *arrivals, const struct schedule *pace,
                    const struct recorder_batch *batch, int64_t offset) {
  arrivals->pace = *pace;
  arrivals->begun++;
  arrivals->record = *batch;
  arrivals->record.start_ns = clock_now_ns() + START_DELAY_NS;
  arrivals->offset = offset;
  arrivals->running = true;
  arrivals->open_shares = lanes_count(arrivals->setup.lanes);
  recorder_start_batch(arrivals->setup.recorder);
  for (int64_t i = 0; i < lanes_count(arrivals->setup.lanes); i++)
    lanes_tell(arrivals->shares[i].lane, &arrivals->shares[i].start);
}

void arrivals_cancel(struct arrivals *arrivals) {
  if (!arrivals->running) return;
  for (int64_t i = 0; i < lanes_count(arrivals->setup.lanes); i++)
    lanes_tell(arrivals->shares[i].lane, &arrivals->shares[i].cancel);
}

void arrivals_progress(struct arrivals *arrivals, int64_t now_ns, struct progress_state *state) {
  if (!arrivals->running) return;
  struct recorder_sums sums = recorder_sums_now(arrivals->setup.recorder);
  double elapsed_s = clock_seconds(now_ns - arrivals->record.start_ns);
  int64_t sent = 0;
  for (int64_t i = 0; i < lanes_count(arrivals->setup.lanes); i++) {
    struct open_loop_counts counts = open_loop_counts(arrivals->shares[i].flow);
    sent += counts.sent;
    state->in_flight += counts.in_flight;
    state->requests += counts.ended;
    state->failed += counts.failed;
  }
  state->output_tokens = sums.output_tokens > 0 ? sums.output_tokens : 0;
  if (elapsed_s > 0) {
    state->requests_per_s = (double)sums.requests / elapsed_s;
    state->tokens_per_s = (double)state->output_tokens / elapsed_s;
  }
  char rate[32] = "";
  if (arrivals->setup.opts->request_rates_count > 1)
    snprintf(rate, sizeof rate, "%.6g/s ", arrivals->record.rate);
  snprintf(arrivals->label, sizeof arrivals->label, "%srep %lld: %lld of %zu sent", rate,
           (long long)arrivals->record.rep + 1, (long long)sent, arrivals->pace.count);
  state->label = arrivals->label;
}

static enum status open_share(struct arrivals *arrivals, int64_t number, uint64_t nonce_base,
                              int64_t most_in_flight, struct error *error) {
  const struct closed_loop_setup *setup = &arrivals->setup;
  struct share *share = &arrivals->shares[number];
  share->arrivals = arrivals;
  share->lane = lanes_at(setup->lanes, number);
  share->start = (struct loop_letter){.call = start, .context = share};
  share->cancel = (struct loop_letter){.call = cancel, .context = share};
  share->over = (struct loop_letter){.call = share_is_over, .context = share};
  int64_t part = lanes_part(most_in_flight, number, lanes_count(setup->lanes));
  struct open_loop_setup flow = {
      .lane = share->lane,
      .opts = setup->opts,
      .work = setup->work,
      .pace = &arrivals->pace,
      .recorder = setup->recorder,
      .cache_bust = setup->cache_bust,
      .nonce_base = nonce_base,
      .most_in_flight = part > 0 ? part : 1,
      .shares = lanes_count(setup->lanes),
  };
  return open_loop_open(&flow, on_over, share, &share->flow, error);
}

enum status arrivals_open(const struct closed_loop_setup *setup, int64_t most_in_flight,
                          closed_loop_over *over, void *context, struct arrivals **out, struct error *error) {
  struct arrivals *arrivals = calloc(1, sizeof *arrivals);
  if (!arrivals) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  uint64_t nonce_base;
  int64_t lanes = lanes_count(setup->lanes);
  enum status status = STATUS_OK;
  arrivals->setup = *setup;
  arrivals->over = over;
  arrivals->context = context;
  if (getrandom(&nonce_base, sizeof nonce_base, 0) != sizeof nonce_base)
    nonce_base = (uint64_t)clock_now_ns();
  arrivals->shares = calloc((size_t)lanes, sizeof *arrivals->shares);
  if (!arrivals->shares) status = status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  for (int64_t i = 0; status == STATUS_OK && i < lanes; i++)
    status = open_share(arrivals, i, nonce_base, most_in_flight, error);
  if (status) {
    arrivals_close(arrivals);
    return status;
  }
  *out = arrivals;
  return STATUS_OK;
}

void arrivals_close(struct arrivals *arrivals) {
  if (!arrivals) return;
  for (int64_t i = 0; arrivals->shares && i < lanes_count(arrivals->setup.lanes); i++)
    open_loop_close(arrivals->shares[i].flow);
  free(arrivals->shares);
  free(arrivals);
}
