// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/lanes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/thread.h"

// A lane, and how it is run.
struct runner {
  struct lane lane;
  pthread_t thread;
  bool running;
  struct loop_task stop, failed;
  struct error error; // why its loop failed
};

struct lanes {
  int64_t count;
  struct loop *main;
  lanes_failed *failed;
  void *context;
  struct runner *runners; // `count`, all zero where they were not made
};

static void stop_loop(void *context) {
  loop_stop(context);
}

// On the main thread.
static void tell_failure(void *context) {
  struct runner *runner = context;
  struct lanes *lanes = runner->lane.lanes;
  lanes->failed(lanes->context, runner->error.text);
}

static void *run(void *context) {
  struct runner *runner = context;
  (void)loop_take_stall_ns(runner->lane.loop); // starts the heartbeat
  if (loop_run(runner->lane.loop, &runner->error)) loop_post(runner->lane.lanes->main, &runner->failed);
  return NULL;
}

static enum status open_lane(struct lanes *lanes, int64_t number, const struct xfer_pool_options *transfers,
                             struct error *error) {
  struct runner *runner = &lanes->runners[number];
  struct lane *lane = &runner->lane;
  enum status status = STATUS_OK;
  lane->lanes = lanes;
  lane->number = number;
  if (number == 0) {
    lane->loop = lanes->main;
  } else {
    status = loop_open(&lane->loop, error);
    if (status == STATUS_OK) status = loop_open_task_queue(lane->loop, error);
    if (status == STATUS_OK) runner->stop = (struct loop_task){.call = stop_loop, .context = lane->loop};
    runner->failed = (struct loop_task){.call = tell_failure, .context = runner};
  }
  return status ? status : xfer_pool_open(lane->loop, transfers, &lane->transfers, error);
}

static enum status start_thread(struct runner *runner, struct error *error) {
  int result = thread_start(&runner->thread, run, runner);
  runner->running = result == 0;
  return result == 0 ? STATUS_OK : status_fail(error, STATUS_IO, "thread: %s", strerror(result));
}

enum status lanes_open(int64_t count, struct loop *main, const struct xfer_pool_options *transfers,
                       lanes_failed *failed, void *context, struct lanes **out, struct error *error) {
  struct lanes *lanes = calloc(1, sizeof *lanes);
  if (!lanes) return status_memory(error);
  enum status status = STATUS_OK;
  lanes->count = count;
  lanes->main = main;
  lanes->failed = failed;
  lanes->context = context;
  lanes->runners = calloc((size_t)count, sizeof *lanes->runners);
  if (!lanes->runners) status = status_memory(error);
  if (status == STATUS_OK && count > 1) status = loop_open_task_queue(main, error);
  for (int64_t i = 0; status == STATUS_OK && i < count; i++)
    status = open_lane(lanes, i, transfers, error);
  for (int64_t i = 1; status == STATUS_OK && i < count; i++)
    status = start_thread(&lanes->runners[i], error);
  if (status) {
    lanes_stop(lanes);
    lanes_close(lanes);
    return status;
  }
  *out = lanes;
  return STATUS_OK;
}

void lanes_stop(struct lanes *lanes) {
  if (!lanes || !lanes->runners) return;
  for (int64_t i = 0; i < lanes->count; i++) {
    struct runner *runner = &lanes->runners[i];
    if (runner->running) loop_post(runner->lane.loop, &runner->stop);
  }
  for (int64_t i = 0; i < lanes->count; i++) {
    struct runner *runner = &lanes->runners[i];
    if (runner->running) pthread_join(runner->thread, NULL);
    runner->running = false;
    xfer_pool_close(runner->lane.transfers);
    runner->lane.transfers = NULL;
  }
}

void lanes_close(struct lanes *lanes) {
  if (!lanes) return;
  for (int64_t i = 1; lanes->runners && i < lanes->count; i++)
    loop_close(lanes->runners[i].lane.loop);
  free(lanes->runners);
  free(lanes);
}

int64_t lanes_count(const struct lanes *lanes) {
  return lanes->count;
}

struct lane *lanes_at(struct lanes *lanes, int64_t number) {
  return &lanes->runners[number].lane;
}

void lanes_post(struct lane *lane, struct loop_task *task) {
  if (lane->number == 0) {
    task->call(task->context);
  } else {
    loop_post(lane->loop, task);
  }
}

void lanes_report(struct lane *lane, struct loop_task *task) {
  if (lane->number == 0) {
    task->call(task->context);
  } else {
    loop_post(lane->lanes->main, task);
  }
}

int64_t lanes_part(int64_t total, int64_t number, int64_t count) {
  return total / count + (number < total % count);
}

int64_t lanes_cpu_ns(const struct lane *lane) {
  return lane->lanes->count > 1 ? clock_thread_cpu_ns() : clock_cpu_ns();
}
