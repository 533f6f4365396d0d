// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"

struct loop {
  struct event_base *base;
  struct loop_timer *heartbeat; // NULL until the first loop_take_stall_ns
  int64_t heartbeat_at_ns;
  int64_t stall_ns;
  struct task_queue *task_queue; // NULL until loop_open_task_queue
};

struct task_queue {
  int wake_fd; // readable: there are tasks
  struct loop_watch *watch;
  pthread_mutex_t lock; // of the tasks
  struct loop_task *first, *last;
};

struct loop_timer {
  struct event *event;
  void (*due)(void *context);
  void *context;
};

struct loop_watch {
  struct event *event;
  void (*ready)(void *context, unsigned events);
  void *context;
};

struct loop_signal {
  struct event *event;
  void (*came)(void *context);
  void *context;
};

static enum status open_loop(int timers, struct loop **out, struct error *error) {
  enum status status = STATUS_MEMORY;
  struct loop *loop = calloc(1, sizeof *loop);
  struct event_config *config = event_config_new();
  if (!loop || !config) goto cleanup;
  // Timers are relative to libevent's idea of now: a cached one would let them fire early by the length of a
  // callback. The change list folds what a request does to its descriptor into few epoll_ctl calls (a quarter
  // less CPU a request); it wants descriptors unwatched before they are closed, as libcurl does it.
  int flags = timers | EVENT_BASE_FLAG_NO_CACHE_TIME | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST;
  if (event_config_set_flag(config, flags)) goto cleanup;
  loop->base = event_base_new_with_config(config);
  if (!loop->base) {
    status = STATUS_IO;
    goto cleanup;
  }
  signal(SIGPIPE, SIG_IGN);
  *out = loop;
  loop = NULL;
  status = STATUS_OK;

cleanup:
  if (config) event_config_free(config);
  free(loop);
  if (status) status = status_fail(error, status, "event loop: %s", status_name(status));
  return status;
}

enum status loop_open(struct loop **out, struct error *error) {
  return open_loop(EVENT_BASE_FLAG_PRECISE_TIMER, out, error);
}

enum status loop_open_coarse(struct loop **out, struct error *error) {
  return open_loop(0, out, error);
}

static void close_task_queue(struct task_queue *task_queue) {
  if (!task_queue) return;
  loop_watch_close(task_queue->watch);
  close(task_queue->wake_fd);
  pthread_mutex_destroy(&task_queue->lock);
  free(task_queue);
}

void loop_close(struct loop *loop) {
  if (!loop) return;
  loop_timer_close(loop->heartbeat);
  close_task_queue(loop->task_queue);
  event_base_free(loop->base);
  free(loop);
}

enum status loop_run(struct loop *loop, struct error *error) {
  if (event_base_dispatch(loop->base) < 0)
    return status_fail(error, STATUS_IO, "event loop: %s", strerror(errno));
  return STATUS_OK;
}

void loop_stop(struct loop *loop) {
  event_base_loopbreak(loop->base);
}

static void timer_due(evutil_socket_t fd, short what, void *context) {
  (void)fd;
  (void)what;
  struct loop_timer *timer = context;
  timer->due(timer->context);
}

enum status loop_timer_open(struct loop *loop, void (*due)(void *context), void *context,
                            struct loop_timer **out, struct error *error) {
  struct loop_timer *timer = calloc(1, sizeof *timer);
  if (timer) {
    timer->due = due;
    timer->context = context;
    timer->event = evtimer_new(loop->base, timer_due, timer);
  }
  if (!timer || !timer->event) {
    free(timer);
    return status_fail(error, STATUS_MEMORY, "timer: %s", status_name(STATUS_MEMORY));
  }
  *out = timer;
  return STATUS_OK;
}

void loop_timer_set(struct loop_timer *timer, int64_t at_ns) {
  int64_t wait_ns = at_ns - clock_now_ns();
  // Rounded up to libevent's microsecond, so that a timer never fires before its instant.
  int64_t wait_us = wait_ns > 0 ? (wait_ns + 999) / 1000 : 0;
  struct timeval wait = {.tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000};
  evtimer_add(timer->event, &wait);
}

void loop_timer_set_now(struct loop_timer *timer) {
  event_active(timer->event, EV_TIMEOUT, 1);
}

void loop_timer_cancel(struct loop_timer *timer) {
  evtimer_del(timer->event);
}

void loop_timer_close(struct loop_timer *timer) {
  if (!timer) return;
  event_free(timer->event);
  free(timer);
}

static void watch_ready(evutil_socket_t fd, short what, void *context) {
  (void)fd;
  struct loop_watch *watch = context;
  unsigned events = 0;
  if (what & EV_READ) events |= LOOP_READ;
  if (what & EV_WRITE) events |= LOOP_WRITE;
  watch->ready(watch->context, events);
}

static short event_flags(unsigned events) {
  int flags = EV_PERSIST;
  if (events & LOOP_READ) flags |= EV_READ;
  if (events & LOOP_WRITE) flags |= EV_WRITE;
  return (short)flags;
}

enum status loop_watch_open(struct loop *loop, int fd, unsigned events,
                            void (*ready)(void *context, unsigned events), void *context,
                            struct loop_watch **out, struct error *error) {
  struct loop_watch *watch = calloc(1, sizeof *watch);
  if (!watch) return status_fail(error, STATUS_MEMORY, "watch: %s", status_name(STATUS_MEMORY));
  watch->ready = ready;
  watch->context = context;
  watch->event = event_new(loop->base, fd, event_flags(events), watch_ready, watch);
  if (!watch->event || event_add(watch->event, NULL)) {
    loop_watch_close(watch);
    return status_fail(error, STATUS_IO, "cannot watch descriptor %d", fd);
  }
  *out = watch;
  return STATUS_OK;
}

enum status loop_watch_change(struct loop_watch *watch, unsigned events) {
  struct event_base *base = event_get_base(watch->event);
  evutil_socket_t fd = event_get_fd(watch->event);
  if (event_del(watch->event)) return STATUS_IO;
  if (event_assign(watch->event, base, fd, event_flags(events), watch_ready, watch)) return STATUS_IO;
  return event_add(watch->event, NULL) ? STATUS_IO : STATUS_OK;
}

void loop_watch_close(struct loop_watch *watch) {
  if (!watch) return;
  if (watch->event) event_free(watch->event);
  free(watch);
}

static void signal_came(evutil_socket_t fd, short what, void *context) {
  (void)fd;
  (void)what;
  struct loop_signal *watch = context;
  watch->came(watch->context);
}

enum status loop_signal_open(struct loop *loop, int signal_number, void (*came)(void *context), void *context,
                             struct loop_signal **out, struct error *error) {
  struct loop_signal *watch = calloc(1, sizeof *watch);
  if (!watch) return status_fail(error, STATUS_MEMORY, "signal: %s", status_name(STATUS_MEMORY));
  watch->came = came;
  watch->context = context;
  watch->event = evsignal_new(loop->base, signal_number, signal_came, watch);
  if (!watch->event || event_add(watch->event, NULL)) {
    loop_signal_close(watch);
    return status_fail(error, STATUS_IO, "cannot watch signal %d", signal_number);
  }
  *out = watch;
  return STATUS_OK;
}

void loop_signal_close(struct loop_signal *watch) {
  if (!watch) return;
  if (watch->event) event_free(watch->event);
  free(watch);
}

static void run_tasks(void *context, unsigned events) {
  struct task_queue *task_queue = context;
  (void)events;
  uint64_t count;
  (void)!read(task_queue->wake_fd, &count,
              sizeof count); // it never blocks: whatever was posted is taken below
  for (;;) {
    pthread_mutex_lock(&task_queue->lock);
    struct loop_task *task = task_queue->first;
    if (task) {
      task_queue->first = task->next;
      task->posted = false;
    }
    pthread_mutex_unlock(&task_queue->lock);
    if (!task) return;
    task->call(task->context);
  }
}

enum status loop_open_task_queue(struct loop *loop, struct error *error) {
  struct task_queue *task_queue = calloc(1, sizeof *task_queue);
  if (!task_queue) return status_fail(error, STATUS_MEMORY, "task_queue: %s", status_name(STATUS_MEMORY));
  task_queue->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&task_queue->lock, NULL);
  enum status status = task_queue->wake_fd < 0
                           ? status_fail(error, STATUS_IO, "task_queue: %s", strerror(errno))
                           : loop_watch_open(loop, task_queue->wake_fd, LOOP_READ, run_tasks, task_queue,
                                             &task_queue->watch, error);
  if (status) {
    close_task_queue(task_queue);
    return status;
  }
  loop->task_queue = task_queue;
  return STATUS_OK;
}

void loop_post(struct loop *loop, struct loop_task *task) {
  struct task_queue *task_queue = loop->task_queue;
  pthread_mutex_lock(&task_queue->lock);
  bool wake = !task_queue->first;
  if (!task->posted) {
    task->posted = true;
    task->next = NULL;
    if (wake) {
      task_queue->first = task;
    } else {
      task_queue->last->next = task;
    }
    task_queue->last = task;
  }
  pthread_mutex_unlock(&task_queue->lock);
  uint64_t one = 1;
  if (wake) (void)!write(task_queue->wake_fd, &one, sizeof one); // fails only when it is readable already
}

// Beats at fixed instants; how late it is called is how long a due event waited.
static void heartbeat(void *context) {
  struct loop *loop = context;
  int64_t now_ns = clock_now_ns();
  int64_t late_ns = now_ns - loop->heartbeat_at_ns;
  if (late_ns > loop->stall_ns) loop->stall_ns = late_ns;
  loop->heartbeat_at_ns = now_ns + LOOP_HEARTBEAT_NS;
  loop_timer_set(loop->heartbeat, loop->heartbeat_at_ns);
}

int64_t loop_take_stall_ns(struct loop *loop) {
  if (!loop->heartbeat) {
    if (loop_timer_open(loop, heartbeat, loop, &loop->heartbeat, NULL)) return 0;
    loop->heartbeat_at_ns = clock_now_ns() + LOOP_HEARTBEAT_NS;
    loop_timer_set(loop->heartbeat, loop->heartbeat_at_ns);
  }
  // A stall that goes on now has not been seen by the heartbeat yet.
  int64_t late_ns = clock_now_ns() - loop->heartbeat_at_ns;
  int64_t stall_ns = late_ns > loop->stall_ns ? late_ns : loop->stall_ns;
  loop->stall_ns = 0;
  return stall_ns;
}
