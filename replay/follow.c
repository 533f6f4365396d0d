// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/follow.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "replay/compose.h"
#include "replay/send/lanes.h"

struct follow {
  const struct sweep_setup *setup;
  struct loop *loop;
  struct lanes *lanes;
  struct recorder *recorder; // collects
  struct remote *remote;
  struct measurement *closed, *open;
  struct loop_signal *signals[3];
  enum status status;
  struct error error;
};

static void fail(struct follow *follow, enum status status, const char *message) {
  if (!follow->status) follow->status = status_fail(&follow->error, status, "%s", message);
  loop_stop(follow->loop);
}

static void lost(void *context, const char *message) {
  fail(context, STATUS_NETWORK, message);
}

static void lane_failed(void *context, const char *message) {
  fail(context, STATUS_IO, message);
}

static void stopped(void *context) {
  fail(context, STATUS_CANCELLED, "interrupted");
}

static void end(void *context) {
  loop_stop(((struct follow *)context)->loop);
}

static void cancel(void *context) {
  struct follow *follow = context;
  measurement_cancel(follow->closed);
  measurement_cancel(follow->open);
}

static const struct schedule *schedule_of(const struct follow *follow, const struct recorder_batch *batch) {
  const struct plan *plan = follow->setup->plan;
  size_t row = 0;
  while (row + 1 < plan->rate_count && plan->rates[row] != batch->rate)
    row++;
  return schedules_at(follow->setup->schedules, row, batch->rep);
}

static void start(void *context, const struct remote_start *start) {
  struct follow *follow = context;
  if (start->is_open) {
    open_loop_start(follow->open, schedule_of(follow, &start->batch), &start->batch, start->offset);
  } else {
    closed_loop_start(follow->closed, &start->batch, start->offset, start->port);
  }
}

static void part_over(void *context, const struct measurement_outcome *outcome) {
  struct follow *follow = context;
  struct remote_result result = {.complete = outcome != NULL, .output_tokens = -1};
  if (outcome) {
    result.total_ns = outcome->total_ns;
    result.verdict = *outcome->verdict;
  }
  if (outcome && outcome->open_loop) {
    result.in_flight_ns = outcome->open_loop->in_flight_mean * (double)outcome->total_ns;
    result.output_tokens = outcome->open_loop->output_tokens;
  }
  remote_report(follow->remote, &result);
}

static const struct remote_handlers handlers = {.lost = lost, .start = start, .cancel = cancel, .end = end};

static enum status open_parts(struct follow *follow, struct error *error) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  const struct sweep_setup *setup = follow->setup;
  struct xfer_pool_options transfers = compose_transfers(setup->opts);
  enum status status = loop_open(&follow->loop, error);
  for (int i = 0; !status && i < 3; i++)
    status = loop_signal_open(follow->loop, signals[i], stopped, follow, &follow->signals[i], error);
  if (!status)
    status = lanes_open(setup->opts->threads, follow->loop, &transfers, lane_failed, follow, &follow->lanes,
                        error);
  if (!status)
    status = remote_open(follow->loop, setup->ranks, follow->recorder, setup->work, &handlers, follow,
                         &follow->remote, error);
  if (status) return status;
  struct measurement_setup measurement = {.lanes = follow->lanes,
                                          .remote = follow->remote,
                                          .settings = setup->send,
                                          .work = setup->work,
                                          .recorder = follow->recorder,
                                          .log = setup->log};
  status = closed_loop_open(&measurement, part_over, follow, &follow->closed, error);
  if (!status && setup->schedules)
    status = open_loop_open(&measurement, part_over, follow, &follow->open, error);
  return status;
}

enum status follow_join(const struct opts *opts, struct log *log, struct ranks **out, struct error *error) {
  static char tool[32];
  if (opts->shard.count > 1) return STATUS_OK;
  enum status status = ranks_open(out, error);
  if (status || ranks_number(*out) == 0) return status;
  snprintf(tool, sizeof tool, "replay: rank %lld", (long long)ranks_number(*out));
  log->tool = tool;
  log->level = LOG_QUIET;
  return STATUS_OK;
}

enum status follow_check(const struct opts *opts, struct error *error) {
  bool reads_input = opts->cells_path && strcmp(opts->cells_path, "-") == 0;
  reads_input |= opts->series_path && strcmp(opts->series_path, "-") == 0;
  for (size_t i = 0; i < opts->traces.count; i++)
    reads_input |= strcmp(opts->traces.items[i], "-") == 0;
  if (opts->next && opts->timing != OPTS_TIMING_BATCH)
    return status_fail(error, STATUS_USAGE, "--next with --request-rate goes with one process alone");
  if (reads_input)
    return status_fail(error, STATUS_USAGE, "standard input reaches rank 0 alone: name a file");
  return STATUS_OK;
}

void follow_share(const struct ranks *ranks, struct send_settings *send) {
  if (!ranks) return;
  send->shard = ranks_number(ranks);
  send->shards = ranks_count(ranks);
}

enum status follow_run(const struct sweep_setup *setup, struct error *error) {
  struct follow follow = {.setup = setup};
  struct run_header header = {0};
  struct recorder_settings settings = compose_recorder(setup->opts, &header, setup->work);
  settings.batches_alone = false; // rank 0 has them all
  struct error closing_error;
  settings.collects = true;
  enum status status = recorder_open(&settings, &follow.recorder, error);
  if (!status) status = open_parts(&follow, error);
  if (!status) status = loop_run(follow.loop, error);
  if (!status && follow.status) status = status_fail(error, follow.status, "%s", follow.error.text);
  lanes_stop(follow.lanes);
  measurement_close(follow.closed);
  measurement_close(follow.open);
  remote_close(follow.remote);
  for (int i = 0; i < 3; i++)
    loop_signal_close(follow.signals[i]);
  lanes_close(follow.lanes);
  loop_close(follow.loop);
  enum status closing = recorder_close(follow.recorder, &closing_error);
  if (closing && !status) *error = closing_error;
  return status ? status : closing;
}
