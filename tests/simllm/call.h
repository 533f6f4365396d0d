// SPDX-License-Identifier: GPL-3.0-or-later
//
// HTTP requests as libmicrohttpd brings them: routing, and the way of an exchange's events to the socket. All
// of it runs in the server's one thread.
//
// A connection that has nothing to send is suspended, and libmicrohttpd then does not see its client leave.
// So the socket of every generating request is also watched for a hang-up (also a half close counts as gone)
// in the server's own epoll set, with the call as its data.
#ifndef TESTS_SIMLLM_CALL_H
#define TESTS_SIMLLM_CALL_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/log.h"
#include "tests/simllm/cache.h"
#include "tests/simllm/engine.h"
#include "tests/simllm/opts.h"
#include "tests/simllm/random.h"
#include "tests/simllm/stats.h"

enum { CALLS_KEPT = 4096 };

struct call;

// What all calls share. The server fills in the first six.
struct calls {
  const struct opts *opts;
  struct log *log; // with -v a line for every request that ended
  struct engine *engine;
  struct stats *stats;
  int epoll;
  int64_t up_ns;       // until then it is starting
  struct random fates; // of faults
  struct cache cache;
  int64_t last_id;
  int64_t
      kept[CALLS_KEPT]; // by identifier: tokens of a response and what it continues, for previous_response_id
  struct call *first;   // those that generate
  bool stopping;        // every call ends as soon as it can
};

// The callbacks of the daemon (MHD_start_daemon, MHD_OPTION_NOTIFY_COMPLETED); `context` is struct calls.
enum MHD_Result call_handle(void *context, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload, size_t *upload_bytes,
                            void **call);
void call_completed(void *context, struct MHD_Connection *connection, void **call,
                    enum MHD_RequestTerminationCode why);

// The engine's callback; `context` is struct calls.
engine_token call_token;

// The watch of a call's socket fired: its client left.
void call_client_left(struct call *call);

// Ends all calls; the daemon must run until calls->first is NULL.
void calls_stop(struct calls *calls);

#endif
