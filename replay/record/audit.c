// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record/audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"

enum { HISTOGRAM_BITS = 7 };

enum status audit_open(struct audit *audit, struct error *error) {
  audit->lag = histogram_new(HISTOGRAM_BITS);
  audit->latency = histogram_new(HISTOGRAM_BITS);
  audit->ttft = histogram_new(HISTOGRAM_BITS);
  return audit->lag && audit->latency && audit->ttft ? STATUS_OK : status_memory(error);
}

void audit_close(struct audit *audit) {
  free(audit->lag);
  free(audit->latency);
  free(audit->ttft);
}

void audit_start(struct audit *audit, int64_t now_ns) {
  audit->start_ns = now_ns;
  histogram_clear(audit->lag);
  histogram_clear(audit->latency);
  histogram_clear(audit->ttft);
}

void audit_request(struct audit *audit, int64_t lag_ns, int64_t latency_ns) {
  histogram_add(audit->lag, lag_ns);
  if (latency_ns >= 0) histogram_add(audit->latency, latency_ns);
}

void audit_first_token(struct audit *audit, int64_t ttft_ns) {
  if (ttft_ns >= 0) histogram_add(audit->ttft, ttft_ns);
}

void audit_merge(struct audit *audit, const struct audit *other) {
  histogram_merge(audit->lag, other->lag);
  histogram_merge(audit->latency, other->latency);
  histogram_merge(audit->ttft, other->ttft);
}

// The lateness that is still no fault, for something that `share` of `of_ns` would not move.
static int64_t allowance_ns(double share, int64_t of_ns) {
  int64_t share_ns = (int64_t)(share * (double)of_ns);
  return share_ns > AUDIT_LATE_NS ? share_ns : AUDIT_LATE_NS;
}

static struct run_reason make_reason(enum run_reason_kind kind, double seen, double allowed) {
  return (struct run_reason){.kind = kind, .seen = seen, .allowed = allowed};
}

// Why the client was the bottleneck.
static struct run_reason judge(const struct audit *audit, int64_t wall_ns, const struct audit_verdict *of) {
  int64_t lag_allowed_ns = allowance_ns(AUDIT_LATE_SHARE, histogram_quantile(audit->latency, 0.5));
  int64_t stall_allowed_ns = allowance_ns(AUDIT_STALL_SHARE, wall_ns);
  if (of->lag_p99_ns > lag_allowed_ns)
    return make_reason(RUN_REASON_LAG, clock_seconds(of->lag_p99_ns), clock_seconds(lag_allowed_ns));
  if (of->stall_max_ns > stall_allowed_ns)
    return make_reason(RUN_REASON_STALL, clock_seconds(of->stall_max_ns), clock_seconds(stall_allowed_ns));
  if (of->cpu > AUDIT_CPU_MAX) return make_reason(RUN_REASON_CPU, of->cpu, AUDIT_CPU_MAX);
  return make_reason(RUN_REASON_NONE, 0, 0);
}

void audit_finish(const struct audit *audit, int64_t now_ns, int64_t cpu_ns, int64_t stall_max_ns,
                  struct audit_verdict *out) {
  int64_t wall_ns = now_ns - audit->start_ns;
  *out = (struct audit_verdict){
      .cpu = wall_ns > 0 ? (double)cpu_ns / (double)wall_ns : 0,
      .lag_p50_ns = histogram_quantile(audit->lag, 0.5),
      .lag_p99_ns = histogram_quantile(audit->lag, 0.99),
      .lag_max_ns = audit->lag->count > 0 ? audit->lag->max : -1,
      .stall_max_ns = stall_max_ns,
      .ttft_p50_ns = histogram_quantile(audit->ttft, 0.5),
      .ttft_p95_ns = histogram_quantile(audit->ttft, 0.95),
      .latency_p50_ns = histogram_quantile(audit->latency, 0.5),
  };
  // Without a success there is no throughput that the client could have spoiled.
  if (audit->latency->count > 0) out->reason = judge(audit, wall_ns, out);
  out->valid = out->reason.kind == RUN_REASON_NONE;
}

void audit_print_reason(const struct audit_verdict *verdict, char out[AUDIT_REASON_BYTES]) {
  const struct run_reason *reason = &verdict->reason;
  if (reason->kind == RUN_REASON_CPU) {
    snprintf(out, AUDIT_REASON_BYTES, "client CPU %.2f cores, allowed %.2f", reason->seen, reason->allowed);
  } else {
    snprintf(out, AUDIT_REASON_BYTES, "%s %.3g ms, allowed %.3g ms",
             reason->kind == RUN_REASON_LAG ? "lag p99" : "event loop stall", 1e3 * reason->seen,
             1e3 * reason->allowed);
  }
}
