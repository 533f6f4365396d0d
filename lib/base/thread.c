// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, void *(*run)(void *context), void *context) {
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int result = pthread_create(thread, NULL, run, context);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return result;
}
