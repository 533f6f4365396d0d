// SPDX-License-Identifier: GPL-3.0-or-later
//
// Starts threads that leave signals to the program's first one.
#ifndef LIB_BASE_THREAD_H
#define LIB_BASE_THREAD_H

#include <pthread.h>

// As pthread_create with standard attributes; every signal is blocked in the new thread, so that a write to a
// closed pipe fails with EPIPE there. 0, or the error number; then there is no thread.
int thread_start(pthread_t *thread, void *(*run)(void *context), void *context);

#endif
