// SPDX-License-Identifier: GPL-3.0-or-later
//
// The event loop: one thread, callbacks, timers to the nanosecond, signals as events. A thin layer over
// libevent (epoll) with one timerfd; the only user of libevent.
#ifndef LIB_NET_LOOP_H
#define LIB_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct loop;

// STATUS_MEMORY, STATUS_IO (error is set). Ignores SIGPIPE for the process.
enum status loop_open(struct loop **out, struct error *error) MUST_USE;
// Close what was opened on it first. Takes NULL.
void loop_close(struct loop *loop);

// Runs callbacks until loop_stop is called (from a callback). STATUS_IO when libevent fails.
enum status loop_run(struct loop *loop, struct error *error) MUST_USE;
void loop_stop(struct loop *loop);

// A one-shot timer at an instant of clock_now_ns; set again it moves. Never rounded. It is due after the
// callback during which its instant came, before other descriptors that are ready; an instant that was past
// when it was set is due after the loop's next poll. A loop is meant for a dozen timers: each call costs
// their number.
struct loop_timer;
enum status loop_timer_open(struct loop *loop, void (*due)(void *context), void *context,
                            struct loop_timer **out, struct error *error) MUST_USE;
void loop_timer_set(struct loop_timer *timer, int64_t at_ns);
// Due as soon as the callback that runs now has returned, before the loop looks for new events: two system
// calls less than an instant that is past. Who calls this from its own `due` without end starves everybody
// else.
void loop_timer_set_now(struct loop_timer *timer);
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_close(struct loop_timer *timer); // takes NULL; allowed in its own callback

enum { LOOP_READ = 1, LOOP_WRITE = 2 };
// Calls `ready` with LOOP_READ and/or LOOP_WRITE while the descriptor is so (level-triggered).
struct loop_watch;
enum status loop_watch_open(struct loop *loop, int fd, unsigned events,
                            void (*ready)(void *context, unsigned events), void *context,
                            struct loop_watch **out, struct error *error) MUST_USE;
enum status loop_watch_change(struct loop_watch *watch, unsigned events) MUST_USE;
void loop_watch_close(struct loop_watch *watch); // takes NULL; allowed in its own callback

struct loop_signal;
enum status loop_signal_open(struct loop *loop, int signal_number, void (*came)(void *context), void *context,
                             struct loop_signal **out, struct error *error) MUST_USE;
void loop_signal_close(struct loop_signal *signal); // takes NULL

// A call that another thread asks the loop to make on its own thread: the one thing that other threads may do
// with a loop. The task is the caller's, and must live until its call has begun; posted again before that
// it is still made once. The loop takes tasks after loop_open_task_queue. STATUS_IO, STATUS_MEMORY (error is
// set).
struct loop_task {
  void (*call)(void *context);
  void *context;
  struct loop_task *next; // the loop's
  bool posted;            // the loop's
};
enum status loop_open_task_queue(struct loop *loop, struct error *error) MUST_USE;
void loop_post(struct loop *loop, struct loop_task *task);

// The longest time since the last call that the loop kept a due event waiting, in ns, seen by a heartbeat
// every LOOP_HEARTBEAT_NS: callbacks that ran long, or a CPU that was taken away. Starts the heartbeat at the
// first call.
#define LOOP_HEARTBEAT_NS INT64_C(2000000)
int64_t loop_take_stall_ns(struct loop *loop);

#endif
