// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lets the n-th call of one kind fail, the others succeed. A loop over n ends when none was hit:
//
//   for (long n = 1; hit; n++) {
//     fault_arm(FAULT_MEMORY, n);
//     ...
//     hit = fault_disarm();
//   }
//
// fault.c takes the place of these calls of libc in the program that it is linked into, and as a shared
// object (LD_PRELOAD) in a whole program, where the environment arms it: FAULT_CALL ("memory", "read", ...),
// FAULT_AT (n), and FAULT_HIT, a file that gets the callers when that call comes. Programs that this one
// starts run without it.
#ifndef TESTS_FAULTS_FAULT_H
#define TESTS_FAULTS_FAULT_H

#include <stdbool.h>

enum fault_call {
  FAULT_MEMORY,
  FAULT_READ,
  FAULT_WRITE,
  FAULT_FSYNC,
  FAULT_RENAME,
  FAULT_TRUNCATE,
  FAULT_CALLS
};
extern const char *const fault_names[FAULT_CALLS];

// A sanitizer has its own allocator: then nothing fails, and tests skip.
extern const bool fault_is_possible;

// The n-th such call from now on fails, in whichever thread (memory: NULL; else -1 with EIO, of a write
// ENOSPC).
void fault_arm(enum fault_call call, long n);

// Calls from this library ("libgsl.so") never fail and do not count; NULL: all do. Those of popt and
// libcrypto never fail: these crash on the NULL that they get.
void fault_spare(const char *library);

// Ends it. True: the call came.
bool fault_disarm(void);

// Who called the one that failed, innermost first, a line each; "" where none did. For the words of a failing
// test.
const char *fault_callers(void);

// Blocks of memory that are not freed.
long fault_live(void);

#endif
