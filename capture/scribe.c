// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/scribe.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GATHER_NS 2000000 // jobs that come within it after the first are taken up with it

struct scribe {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct scribe_job *first, **last; // under the lock
  bool closing;
};

static void *run(void *context) {
  struct scribe *scribe = context;
  bool closing = false;
  while (!closing) {
    pthread_mutex_lock(&scribe->lock);
    while (!scribe->first && !scribe->closing)
      pthread_cond_wait(&scribe->work, &scribe->lock);
    closing = scribe->closing;
    pthread_mutex_unlock(&scribe->lock);
    if (!closing) nanosleep(&(struct timespec){.tv_nsec = GATHER_NS}, NULL);
    pthread_mutex_lock(&scribe->lock);
    struct scribe_job *job = scribe->first;
    scribe->first = NULL;
    scribe->last = &scribe->first;
    pthread_mutex_unlock(&scribe->lock);
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
  bool was_empty = scribe->first == NULL;
  *scribe->last = job;
  scribe->last = &job->next;
  if (was_empty) pthread_cond_signal(&scribe->work);
  pthread_mutex_unlock(&scribe->lock);
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
