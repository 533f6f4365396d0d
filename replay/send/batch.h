// SPDX-License-Identifier: GPL-3.0-or-later
//
// The requests of one batch, made ready before its start, so that nothing but sending is left in its time.
#ifndef REPLAY_BATCH_H
#define REPLAY_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/http/endpoint.h"
#include "replay/send/request_call.h"
#include "replay/workload/work.h"

struct batch {
  struct request *requests; // they borrow from `text` and from the work
  int64_t count;
  struct buf text; // URLs and bodies
};

// Of a batch that several ranks send, those requests whose place among `of` workers is one of `count` from
// `first`; `of` 0: all.
struct batch_part {
  int64_t first, count, of;
};

// The index of the n-th request of a part, from 0.
int64_t batch_part_index(const struct batch_part *part, int64_t n);

struct batch_source {
  const struct work *work;
  const struct endpoint *endpoint;
  uint16_t port;          // for {port}; 0: none
  int64_t offset;         // where in the draw it begins
  int64_t count;          // at least 1
  struct batch_part part; // what is made ready of it
  bool warmup;
  // A nonce goes before each prompt, another one whenever the draw begins again within the batch: no prompt
  // of it is sent twice. That of pass p is made of `nonce` + p; there are batch_passes() of them.
  bool cache_bust;
  uint64_t nonce;
  const char *answer_id; // that a single request continues, as in JSON; NULL: the recorded
                         // one, in a warm-up none
};

// How often the draw begins within a batch of `count`.
int64_t batch_passes(const struct work *work, int64_t count);

// Replaces what `batch` held (all zero: nothing). STATUS_MEMORY; then it is empty.
enum status batch_prepare(struct batch *batch, const struct batch_source *source,
                          struct error *error) MUST_USE;
void batch_free(struct batch *batch); // takes an all-zero batch

#endif
