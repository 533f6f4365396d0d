// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/scribe.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_EVERY_NS 10000000
#define MOST_LOOKS_IN_VAIN 5 // in a row; then it sleeps until it is woken

struct scribe {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct scribe_job *first, **last; // under the lock
  bool asleep;
  bool closing;
};

static void sleep_until_woken(struct scribe *scribe) {
  pthread_mutex_lock(&scribe->lock);
  scribe->asleep = scribe->first == NULL;
  while (scribe->asleep && !scribe->closing)
    pthread_cond_wait(&scribe->work, &scribe->lock);
  scribe->asleep = false;
  pthread_mutex_unlock(&scribe->lock);
}

// The jobs there are, in order; `*closing`: no more will come.
static struct scribe_job *take_jobs(struct scribe *scribe, bool *closing) {
  pthread_mutex_lock(&scribe->lock);
  struct scribe_job *jobs = scribe->first;
  scribe->first = NULL;
  scribe->last = &scribe->first;
  *closing = scribe->closing;
  pthread_mutex_unlock(&scribe->lock);
  return jobs;
}

static void *run(void *context) {
  struct scribe *scribe = context;
  bool closing = false;
  int looks_in_vain = MOST_LOOKS_IN_VAIN;
  while (!closing) {
    if (looks_in_vain == MOST_LOOKS_IN_VAIN) {
      sleep_until_woken(scribe);
      looks_in_vain = 0;
    }
    nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_NS}, NULL);
    struct scribe_job *job = take_jobs(scribe, &closing);
    looks_in_vain = job ? 0 : looks_in_vain + 1;
    while (job) {
      struct scribe_job *next = job->next; // the job may be gone after its run
      job->run(job->context);
      job = next;
    }
  }
  return NULL;
}

enum status scribe_open(struct scribe **out, struct error *error) {
  struct scribe *scribe = calloc(1, sizeof *scribe);
  if (!scribe) return status_fail(error, STATUS_MEMORY, "%s", status_name(STATUS_MEMORY));
  scribe->last = &scribe->first;
  pthread_mutex_init(&scribe->lock, NULL);
  pthread_cond_init(&scribe->work, NULL);
  sigset_t all, old; // signals are for the loop's thread
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int result = pthread_create(&scribe->thread, NULL, run, scribe);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (result != 0) {
    pthread_mutex_destroy(&scribe->lock);
    pthread_cond_destroy(&scribe->work);
    free(scribe);
    return status_fail(error, STATUS_MEMORY, "no thread to record with: %s", strerror(result));
  }
  *out = scribe;
  return STATUS_OK;
}

void scribe_post(struct scribe *scribe, struct scribe_job *job) {
  job->next = NULL;
  pthread_mutex_lock(&scribe->lock);
  *scribe->last = job;
  scribe->last = &job->next;
  bool wakes = scribe->asleep;
  scribe->asleep = false;
  pthread_mutex_unlock(&scribe->lock);
  if (wakes) pthread_cond_signal(&scribe->work); // without the lock, for which it would have to wait
}

void scribe_close(struct scribe *scribe) {
  if (!scribe) return;
  pthread_mutex_lock(&scribe->lock);
  scribe->closing = true;
  pthread_cond_signal(&scribe->work);
  pthread_mutex_unlock(&scribe->lock);
  pthread_join(scribe->thread, NULL);
  pthread_mutex_destroy(&scribe->lock);
  pthread_cond_destroy(&scribe->work);
  free(scribe);
}
