// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/record_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/thread.h"

#define LOOK_EVERY_NS 10000000
#define MOST_LOOKS_IN_VAIN 5 // in a row; then it sleeps until it is woken

struct record_queue {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct record_task *first, **last; // under the lock
  bool asleep;
  bool closing;
  bool ended; // the thread has nothing more to do
  pthread_cond_t has_ended;
  atomic_bool is_too_late; // to begin another task
};

static void sleep_until_woken(struct record_queue *record_queue) {
  pthread_mutex_lock(&record_queue->lock);
  record_queue->asleep = record_queue->first == NULL;
  while (record_queue->asleep && !record_queue->closing)
    pthread_cond_wait(&record_queue->work, &record_queue->lock);
  record_queue->asleep = false;
  pthread_mutex_unlock(&record_queue->lock);
}

// The jobs there are, in order; `*closing`: no more will come.
static struct record_task *remove_jobs(struct record_queue *record_queue, bool *closing) {
  pthread_mutex_lock(&record_queue->lock);
  struct record_task *jobs = record_queue->first;
  record_queue->first = NULL;
  record_queue->last = &record_queue->first;
  *closing = record_queue->closing;
  pthread_mutex_unlock(&record_queue->lock);
  return jobs;
}

static void *run(void *context) {
  struct record_queue *record_queue = context;
  bool closing = false;
  int looks_in_vain = MOST_LOOKS_IN_VAIN;
  while (!closing) {
    if (looks_in_vain == MOST_LOOKS_IN_VAIN) {
      sleep_until_woken(record_queue);
      looks_in_vain = 0;
    }
    nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_NS}, NULL);
    struct record_task *job = remove_jobs(record_queue, &closing);
    looks_in_vain = job ? 0 : looks_in_vain + 1;
    while (job && !atomic_load(&record_queue->is_too_late)) {
      struct record_task *next = job->next; // the job may be gone after its run
      job->run(job->context);
      job = next;
    }
  }
  pthread_mutex_lock(&record_queue->lock);
  record_queue->ended = true;
  pthread_cond_signal(&record_queue->has_ended);
  pthread_mutex_unlock(&record_queue->lock);
  return NULL;
}

static void free_queue(struct record_queue *record_queue) {
  pthread_mutex_destroy(&record_queue->lock);
  pthread_cond_destroy(&record_queue->work);
  pthread_cond_destroy(&record_queue->has_ended);
  free(record_queue);
}

enum status record_queue_open(struct record_queue **out, struct error *error) {
  struct record_queue *record_queue = calloc(1, sizeof *record_queue);
  if (!record_queue) return status_memory(error);
  record_queue->last = &record_queue->first;
  pthread_mutex_init(&record_queue->lock, NULL);
  pthread_cond_init(&record_queue->work, NULL);
  pthread_condattr_t monotonic; // so that instants of clock_now_ns can be waited for
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&record_queue->has_ended, &monotonic);
  pthread_condattr_destroy(&monotonic);
  int result = thread_start(&record_queue->thread, run, record_queue);
  if (result != 0) {
    free_queue(record_queue);
    return status_fail(error, STATUS_MEMORY, "no thread to record with: %s", strerror(result));
  }
  *out = record_queue;
  return STATUS_OK;
}

void record_queue_post(struct record_queue *record_queue, struct record_task *job) {
  job->next = NULL;
  pthread_mutex_lock(&record_queue->lock);
  *record_queue->last = job;
  record_queue->last = &job->next;
  bool wakes = record_queue->asleep;
  record_queue->asleep = false;
  pthread_mutex_unlock(&record_queue->lock);
  if (wakes) pthread_cond_signal(&record_queue->work); // without the lock, for which it would have to wait
}

bool record_queue_close(struct record_queue *record_queue, int64_t deadline_ns) {
  if (!record_queue) return true;
  struct timespec deadline = {.tv_sec = deadline_ns / CLOCK_NS_PER_S,
                              .tv_nsec = deadline_ns % CLOCK_NS_PER_S};
  int waited = 0;
  pthread_mutex_lock(&record_queue->lock);
  record_queue->closing = true;
  pthread_cond_signal(&record_queue->work);
  while (!record_queue->ended && waited == 0)
    waited = pthread_cond_timedwait(&record_queue->has_ended, &record_queue->lock, &deadline);
  bool has_ended = record_queue->ended;
  atomic_store(&record_queue->is_too_late, true);
  pthread_mutex_unlock(&record_queue->lock);
  if (has_ended) {
    pthread_join(record_queue->thread, NULL);
    free_queue(record_queue);
  } else {
    pthread_detach(record_queue->thread);
  }
  return has_ended;
}
