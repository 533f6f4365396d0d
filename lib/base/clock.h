// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time: monotonic nanoseconds for everything that is measured, the wall clock only for the start of a
// segment.
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NS_PER_S INT64_C(1000000000)
#define CLOCK_NS_PER_MS INT64_C(1000000)

// CLOCK_MONOTONIC in nanoseconds; the origin means nothing.
int64_t clock_now_ns(void);

// CPU time that this process has used, all threads, in nanoseconds.
int64_t clock_cpu_ns(void);

// The same of the calling thread alone.
int64_t clock_thread_cpu_ns(void);

// Seconds since 1970-01-01 UTC by the wall clock. Never subtract two of these to measure something.
double clock_wall_s(void);

// Nanoseconds to seconds and back (rounded to the nearest; saturates at +-INT64_MAX, NaN is 0).
double clock_seconds(int64_t ns);
int64_t clock_from_seconds(double seconds);

#endif
