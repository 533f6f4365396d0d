// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/record_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_EVERY_NS 10000000
#define MOST_LOOKS_IN_VAIN 5 // in a row; then it sleeps until it is woken

struct record_queue {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct record_task *first, **last; // under the lock
  bool asleep;
  bool closing;
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
static struct record_task *take_jobs(struct record_queue *record_queue, bool *closing) {
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
    struct record_task *job = take_jobs(record_queue, &closing);
    looks_in_vain = job ? 0 : looks_in_vain + 1;
    while (job) {
      struct record_task *next = job->next; // the job may be gone after its run
      job->run(job->context);
      job = next;
    }
  }
  return NULL;
}

enum status record_queue_open(struct record_queue **out, struct error *error) {
  struct record_queue *record_queue = calloc(1, sizeof *record_queue);
  if (!record_queue) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  record_queue->last = &record_queue->first;
  pthread_mutex_init(&record_queue->lock, NULL);
  pthread_cond_init(&record_queue->work, NULL);
  sigset_t all, old; // signals are for the loop's thread
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int result = pthread_create(&record_queue->thread, NULL, run, record_queue);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (result != 0) {
    pthread_mutex_destroy(&record_queue->lock);
    pthread_cond_destroy(&record_queue->work);
    free(record_queue);
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

void record_queue_close(struct record_queue *record_queue) {
  if (!record_queue) return;
  pthread_mutex_lock(&record_queue->lock);
  record_queue->closing = true;
  pthread_cond_signal(&record_queue->work);
  pthread_mutex_unlock(&record_queue->lock);
  pthread_join(record_queue->thread, NULL);
  pthread_mutex_destroy(&record_queue->lock);
  pthread_cond_destroy(&record_queue->work);
  free(record_queue);
}
