// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether the client itself was the bottleneck of a batch: it watches its own lateness, the event loop's
// stalls and its own CPU, and reports them rather than passing them off as the server's.
#ifndef REPLAY_AUDIT_H
#define REPLAY_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/histogram.h"
#include "lib/base/status.h"
#include "lib/record/run.h"

// Lateness below this is no fault: a general-purpose kernel's timer slack and scheduling reach some
// milliseconds.
#define AUDIT_LATE_NS INT64_C(5000000)
// Nor is a lag below this share of the median latency: it moves a request's time by no more than that.
#define AUDIT_LATE_SHARE 0.01
// Nor a stall below this share of the batch's time: throughput suffers from it once, by no more than that.
#define AUDIT_STALL_SHARE 0.02
// A single-threaded client that is busy for more than this share of the time is saturated: queues form in it.
#define AUDIT_CPU_MAX 0.9

// One batch under watch.
struct audit {
  int64_t start_ns;
  struct histogram *lag;
  struct histogram *latency; // of the requests that succeeded
  struct histogram *ttft;    // of those that had a first token
};

struct audit_verdict {
  double cpu; // share of one core
  int64_t lag_p50_ns, lag_p99_ns, lag_max_ns;
  int64_t stall_max_ns;
  int64_t ttft_p50_ns, ttft_p95_ns, latency_p50_ns; // -1: no request had one
  bool valid; // also where nothing succeeded: such a batch is the server's failure, not the client's
  struct run_reason reason;
  struct json_slice ranks; // a batch record's `ranks`; none: there is one only
};

// Makes an all-zero one ready for audit_start. STATUS_MEMORY; audit_close is due then too.
enum status audit_open(struct audit *audit, struct error *error) MUST_USE;
void audit_close(struct audit *audit); // an all-zero one is allowed

// `now_ns`: the batch's start, an instant of clock_now_ns.
void audit_start(struct audit *audit, int64_t now_ns);

// lag: sent - max(intended, ready). latency -1: the request did not succeed, or was never answered.
void audit_request(struct audit *audit, int64_t lag_ns, int64_t latency_ns);

// Time to first token of a request that succeeded; -1: it has none.
void audit_first_token(struct audit *audit, int64_t ttft_ns);

// Adds what another one saw of the same batch.
void audit_merge(struct audit *audit, const struct audit *other);

// CPU time since the start: of the process, or of the busiest of several threads that each have a loop.
// `stall_max_ns`: the longest of a loop since the start (loop_take_stall_ns).
void audit_finish(const struct audit *audit, int64_t now_ns, int64_t cpu_ns, int64_t stall_max_ns,
                  struct audit_verdict *out);

// For a person: "lag p99 6.1 ms, allowed 5 ms". Of a verdict that is not valid.
enum { AUDIT_REASON_BYTES = 80 };
void audit_print_reason(const struct audit_verdict *verdict, char out[AUDIT_REASON_BYTES]);

#endif
