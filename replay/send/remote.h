// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of a measurement that other ranks send (replay/ranks). Rank 0 decides what is measured; each
// measurement begins on all ranks at a meeting, each rank measures its own time from there, and rank 0 gets
// the records and the result of each.
//
// No clocks are compared: in the records of a rank its start is that of rank 0. All calls come from the main
// thread. A rank that is not heard for REMOTE_SILENCE_NS, or does not come to a meeting in that time, is
// lost.
#ifndef REPLAY_REMOTE_H
#define REPLAY_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/loop.h"
#include "replay/ranks/ranks.h"
#include "replay/record/audit.h"
#include "replay/record/recorder.h"
#include "replay/workload/work.h"

#define REMOTE_SILENCE_NS INT64_C(15000000000)

enum { REMOTE_HOST_BYTES = 64 };

// What rank 0 decides of a measurement.
struct remote_start {
  struct recorder_batch batch;
  int64_t offset;
  int64_t count; // of a batch: requests that are prepared on all ranks
  uint64_t nonce;
  uint16_t port;
  bool is_open; // a repetition of an open loop
};

// What a rank's part came to. `verdict` without texts.
struct remote_result {
  bool complete; // all was sent and answered
  int64_t total_ns;
  struct audit_verdict verdict;
  double in_flight_ns;   // of an open loop: the integral over its window
  int64_t output_tokens; // of an open loop, in its window; -1: unknown
  char host[REMOTE_HOST_BYTES];
};

struct remote_handlers {
  // On rank 0: one request that another rank has sent; the part of another rank is over.
  void (*record)(void *measurement, const struct run_request *record);
  void (*over)(void *measurement);
  // A rank is lost; called once.
  void (*lost)(void *context, const char *message);
  // On the others: begin this; give up what is under way; nothing more comes.
  void (*start)(void *context, const struct remote_start *start);
  void (*cancel)(void *context);
  void (*end)(void *context);
};

struct remote;

// Borrows everything. STATUS_IO, STATUS_MEMORY.
enum status remote_open(struct loop *loop, struct ranks *ranks, struct recorder *recorder,
                        const struct work *work, const struct remote_handlers *handlers, void *context,
                        struct remote **out, struct error *error) MUST_USE;
void remote_close(struct remote *remote); // takes NULL; on rank 0 the others wait for what comes next

int64_t remote_number(const struct remote *remote); // 0 of NULL
int64_t remote_count(const struct remote *remote);  // 1 of NULL

// Before a part is prepared: rank 0 starts the others; on them `nonce` and `count` become those of rank 0.
// `measurement` is the handlers' until the next.
void remote_begin(struct remote *remote, void *measurement, struct remote_start *start);

// When it is prepared: the start on this rank, `delay_ns` after the meeting (that of rank 0 counts).
// STATUS_NETWORK: a rank is lost; `lost` has been called.
enum status remote_meet(struct remote *remote, int64_t delay_ns, int64_t *start_ns) MUST_USE;

// Rank 0: the audit of what other ranks have sent.
struct audit *remote_audit(struct remote *remote);

// Parts of other ranks that are not over; 0 on those.
int64_t remote_pending(const struct remote *remote);

// Rank 0: the others give up what is under way, and their results are not waited for.
void remote_cancel(struct remote *remote);

// Rank 0, after all are over: adds what the others saw. `verdict` comes as that of rank 0 and becomes the
// worst of all, with their list; `audit` gets the requests of all. False: one is not complete.
bool remote_conclude(struct remote *remote, struct audit *audit, struct audit_verdict *verdict,
                     int64_t *total_ns);

// Sums over the other ranks, of an open loop; 0 and false on those.
void remote_open_loop(const struct remote *remote, double *in_flight_ns, double *tokens, bool *tokens_known);

// Another rank: its part is over.
void remote_report(struct remote *remote, const struct remote_result *result);

// Rank 0, after the last remote_close: the others end.
void remote_end(struct ranks *ranks);

// All ranks, when they have read their traces: STATUS_OK where all are ready and draw the same requests
// (`digest`). Rank 0 gets the first other error as its own; the other ranks get no text. STATUS_NETWORK.
enum status remote_agree(struct ranks *ranks, enum status status, const char *digest,
                         struct error *error) MUST_USE;

#endif
