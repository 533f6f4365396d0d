// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/clock.h"

// Timers stand on one timerfd that is set anew only when the earliest instant changes: libevent's own precise
// timer would be set before each wait, a system call for every event of a stream.
struct loop {
  struct event_base *base;
  int clock_fd; // readable: a timer is due; -1: not open
  struct loop_watch *clock_watch;
  struct loop_timer *waiting;   // timers that are set, in no order: a loop has a dozen at most
  int64_t earliest_ns;          // no timer of `waiting` is due before it; INT64_MAX: none is set
  int64_t clock_ns;             // what the timerfd is set to; INT64_MAX: it is not
  int64_t now_ns;               // the clock's last reading
  int64_t pass;                 // counts calls of run_due
  bool is_inside;               // a callback runs, and run_due comes after it
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
  struct loop *loop;
  void (*due)(void *context);
  void *context;
  struct loop_timer *next, **link; // link NULL: not set
  int64_t at_ns;                   // INT64_MIN: now
  int64_t set_in;                  // this pass, which leaves it to the next one
  bool waits;                      // until the loop has polled: its instant was past when it was set
};

struct loop_watch {
  struct loop *loop;
  struct event *event;
  void (*ready)(void *context, unsigned events);
  void *context;
};

struct loop_signal {
  struct loop *loop;
  struct event *event;
  void (*came)(void *context);
  void *context;
};

static void run_due(struct loop *loop, bool has_polled);

// The timerfd may fire for a timer that was cancelled or moved since.
static void clock_ready(void *context, unsigned events) {
  struct loop *loop = context;
  (void)events;
  loop->clock_ns = 0; // it has fired: run_due sets it anew
  run_due(loop, true);
}

enum status loop_open(struct loop **out, struct error *error) {
  struct loop *loop = calloc(1, sizeof *loop);
  struct event_config *config = event_config_new();
  enum status status = STATUS_MEMORY;
  if (!loop || !config) goto cleanup;
  loop->earliest_ns = loop->clock_ns = INT64_MAX;
  // The change list folds what a request does to its descriptor into few epoll_ctl calls (a quarter less CPU
  // a request); it wants descriptors unwatched before they are closed, as libcurl does it.
  status = STATUS_IO;
  loop->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (loop->clock_fd < 0 || event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST)) goto cleanup;
  loop->base = event_base_new_with_config(config);
  if (!loop->base) goto cleanup;
  status = loop_watch_open(loop, loop->clock_fd, LOOP_READ, clock_ready, loop, &loop->clock_watch, NULL);
  if (status) goto cleanup;
  signal(SIGPIPE, SIG_IGN);
  *out = loop;
  loop = NULL;

cleanup:
  if (config) event_config_free(config);
  loop_close(loop);
  if (status) status = status_fail(error, status, "event loop: %s", status_name(status));
  return status;
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
  loop_watch_close(loop->clock_watch);
  if (loop->clock_fd > 0) close(loop->clock_fd);
  if (loop->base) event_base_free(loop->base);
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

static void unset(struct loop_timer *timer) {
  if (!timer->link) return;
  *timer->link = timer->next;
  if (timer->next) timer->next->link = timer->link;
  timer->link = NULL;
}

// Lets the timerfd fire at the earliest instant, unless it is set to that.
static void set_clock(struct loop *loop) {
  if (loop->earliest_ns == loop->clock_ns) return;
  loop->clock_ns = loop->earliest_ns;
  struct itimerspec at = {0}; // stays so: never
  if (loop->clock_ns < INT64_MAX) {
    int64_t at_ns = loop->clock_ns > 0 ? loop->clock_ns : 1; // past: at once
    at.it_value.tv_sec = at_ns / CLOCK_NS_PER_S;
    at.it_value.tv_nsec = at_ns % CLOCK_NS_PER_S;
  }
  timerfd_settime(loop->clock_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

// The timer whose instant is the earliest of those due; NULL: none. The heartbeat waits for the poll: it
// measures how long sockets wait.
static struct loop_timer *next_due(const struct loop *loop, bool has_polled) {
  struct loop_timer *found = NULL;
  for (struct loop_timer *timer = loop->waiting; timer; timer = timer->next) {
    bool is_due = timer->at_ns == INT64_MIN || (timer->at_ns <= loop->now_ns && timer->set_in != loop->pass &&
                                                (has_polled || !(timer->waits || timer == loop->heartbeat)));
    if (is_due && (!found || timer->at_ns < found->at_ns)) found = timer;
  }
  return found;
}

// Calls what is due. Each callback of the loop ends with this: a send never waits behind a batch of events.
static void run_due(struct loop *loop, bool has_polled) {
  loop->now_ns = clock_now_ns();
  if (loop->now_ns >= loop->earliest_ns) {
    struct loop_timer *timer;
    loop->is_inside = true;
    loop->pass++;
    while (!event_base_got_break(loop->base) && (timer = next_due(loop, has_polled))) {
      unset(timer);
      timer->due(timer->context);
    }
    loop->earliest_ns = INT64_MAX;
    for (timer = loop->waiting; timer; timer = timer->next)
      if (timer->at_ns < loop->earliest_ns) loop->earliest_ns = timer->at_ns;
  }
  loop->is_inside = false;
  set_clock(loop);
}

enum status loop_timer_open(struct loop *loop, void (*due)(void *context), void *context,
                            struct loop_timer **out, struct error *error) {
  struct loop_timer *timer = calloc(1, sizeof *timer);
  if (!timer) return status_fail(error, STATUS_MEMORY, "timer: %s", status_name(STATUS_MEMORY));
  timer->loop = loop;
  timer->due = due;
  timer->context = context;
  *out = timer;
  return STATUS_OK;
}

static void set_timer(struct loop_timer *timer, int64_t at_ns) {
  struct loop *loop = timer->loop;
  unset(timer);
  timer->at_ns = at_ns;
  timer->set_in = loop->pass;
  timer->waits = at_ns > INT64_MIN && at_ns <= loop->now_ns;
  timer->next = loop->waiting;
  timer->link = &loop->waiting;
  if (timer->next) timer->next->link = &timer->next;
  loop->waiting = timer;
  if (at_ns < loop->earliest_ns) loop->earliest_ns = at_ns;
  if (!loop->is_inside) set_clock(loop);
}

void loop_timer_set(struct loop_timer *timer, int64_t at_ns) {
  set_timer(timer, at_ns > 0 ? at_ns : 0);
}

void loop_timer_set_now(struct loop_timer *timer) {
  set_timer(timer, INT64_MIN);
}

void loop_timer_cancel(struct loop_timer *timer) {
  unset(timer);
}

void loop_timer_close(struct loop_timer *timer) {
  if (!timer) return;
  unset(timer);
  free(timer);
}

static void watch_ready(evutil_socket_t fd, short what, void *context) {
  (void)fd;
  struct loop_watch *watch = context;
  unsigned events = 0;
  if (what & EV_READ) events |= LOOP_READ;
  if (what & EV_WRITE) events |= LOOP_WRITE;
  struct loop *loop = watch->loop; // the callback may close the watch
  loop->is_inside = true;
  watch->ready(watch->context, events);
  if (loop->is_inside) run_due(loop, false); // the clock's watch has done it
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
  watch->loop = loop;
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
  struct loop *loop = watch->loop;
  loop->is_inside = true;
  watch->came(watch->context);
  run_due(loop, false);
}

enum status loop_signal_open(struct loop *loop, int signal_number, void (*came)(void *context), void *context,
                             struct loop_signal **out, struct error *error) {
  struct loop_signal *watch = calloc(1, sizeof *watch);
  if (!watch) return status_fail(error, STATUS_MEMORY, "signal: %s", status_name(STATUS_MEMORY));
  watch->loop = loop;
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
