// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record/audit.h"

#include <stdio.h>

#include "lib/base/clock.h"

void audit_start(struct audit *audit, int64_t now_ns) {
  audit->start_ns = now_ns;
  histogram_clear(&audit->lag);
  histogram_clear(&audit->latency);
  histogram_clear(&audit->ttft);
}

void audit_request(struct audit *audit, int64_t lag_ns, int64_t latency_ns) {
  histogram_add(&audit->lag, lag_ns);
  if (latency_ns >= 0) histogram_add(&audit->latency, latency_ns);
}

void audit_first_token(struct audit *audit, int64_t ttft_ns) {
  if (ttft_ns >= 0) histogram_add(&audit->ttft, ttft_ns);
}

void audit_merge(struct audit *audit, const struct audit *other) {
  histogram_merge(&audit->lag, &other->lag);
  histogram_merge(&audit->latency, &other->latency);
  histogram_merge(&audit->ttft, &other->ttft);
}

static double milliseconds(int64_t ns) {
  return (double)ns / (double)CLOCK_NS_PER_MS;
}

// The lateness that is still no fault, for something that `share` of `of_ns` would not move.
static int64_t allowance_ns(double share, int64_t of_ns) {
  int64_t share_ns = (int64_t)(share * (double)of_ns);
  return share_ns > AUDIT_LATE_NS ? share_ns : AUDIT_LATE_NS;
}

// Why the client was the bottleneck; leaves `reason` empty when it was not.
static void judge(const struct audit *audit, int64_t wall_ns, struct audit_verdict *out) {
  int64_t lag_allowed_ns = allowance_ns(AUDIT_LATE_SHARE, histogram_quantile(&audit->latency, 0.5));
  int64_t stall_allowed_ns = allowance_ns(AUDIT_STALL_SHARE, wall_ns);
  if (out->lag_p99_ns > lag_allowed_ns) {
    snprintf(out->reason, sizeof out->reason, "requests were sent late: lag p99 %.3g ms, allowed %.3g ms",
             milliseconds(out->lag_p99_ns), milliseconds(lag_allowed_ns));
  } else if (out->stall_max_ns > stall_allowed_ns) {
    snprintf(out->reason, sizeof out->reason, "the event loop stalled for %.3g ms, allowed %.3g ms",
             milliseconds(out->stall_max_ns), milliseconds(stall_allowed_ns));
  } else if (out->cpu > AUDIT_CPU_MAX) {
    snprintf(out->reason, sizeof out->reason, "the client used %.2f of a core, allowed %.2f", out->cpu,
             AUDIT_CPU_MAX);
  }
}

void audit_finish(const struct audit *audit, int64_t now_ns, int64_t cpu_ns, int64_t stall_max_ns,
                  struct audit_verdict *out) {
  int64_t wall_ns = now_ns - audit->start_ns;
  *out = (struct audit_verdict){
      .cpu = wall_ns > 0 ? (double)cpu_ns / (double)wall_ns : 0,
      .lag_p50_ns = histogram_quantile(&audit->lag, 0.5),
      .lag_p99_ns = histogram_quantile(&audit->lag, 0.99),
      .lag_max_ns = audit->lag.count > 0 ? audit->lag.max_ns : -1,
      .stall_max_ns = stall_max_ns,
      .ttft_p50_ns = histogram_quantile(&audit->ttft, 0.5),
      .ttft_p95_ns = histogram_quantile(&audit->ttft, 0.95),
      .latency_p50_ns = histogram_quantile(&audit->latency, 0.5),
  };
  // Without a success there is no throughput that the client could have spoiled.
  if (audit->latency.count > 0) judge(audit, wall_ns, out);
  out->valid = out->reason[0] == '\0';
}
