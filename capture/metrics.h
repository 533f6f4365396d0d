// SPDX-License-Identifier: GPL-3.0-or-later
//
// Serves the counters of the proxy and the recorder as a page in the Prometheus text format, on an address of
// its own: GET /metrics. GET /healthz is answered as long as the loop turns, GET /readyz with 503 while
// capture takes no new connection.
#ifndef CAPTURE_METRICS_H
#define CAPTURE_METRICS_H

#include "capture/proxy/proxy.h"
#include "capture/record/recorder.h"
#include "lib/http/address.h"
#include "lib/net/loop.h"

struct metrics;

// STATUS_IO ("cannot listen on ..."), STATUS_MEMORY; error is set. `handover` as in listener_open. `proxy` is
// borrowed until metrics_close.
enum status metrics_open(struct loop *loop, const struct address *listen, bool handover, struct proxy *proxy,
                         struct metrics **out, struct error *error) MUST_USE;

// The recorder to report on; to be set before the loop runs.
void metrics_record(struct metrics *metrics, struct recorder *recorder);

// "http://HOST:PORT"
const char *metrics_address(const struct metrics *metrics);

void metrics_close(struct metrics *metrics); // takes NULL

#endif
