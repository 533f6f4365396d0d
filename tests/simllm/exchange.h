// SPDX-License-Identifier: GPL-3.0-or-later
//
// One request in its life: from the tokens that the engine makes to the bytes of the answer, faults included.
// No sockets and no clock.
#ifndef TESTS_SIMLLM_EXCHANGE_H
#define TESTS_SIMLLM_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "tests/simllm/ask.h"
#include "tests/simllm/dialect.h"
#include "tests/simllm/engine.h"
#include "tests/simllm/faults.h"
#include "tests/simllm/opts.h"

enum exchange_phase {
  EXCHANGE_ROLE, // a chat stream's first event, without text, comes at once
  EXCHANGE_TOKENS,
  EXCHANGE_FINISH,
  EXCHANGE_USAGE,
  EXCHANGE_DONE,
  EXCHANGE_ENDED
};

// What exchange_next has for the connection.
enum exchange_step {
  EXCHANGE_STEP_EVENT, // one event was appended
  EXCHANGE_STEP_WAIT,  // nothing until the engine makes a token
  EXCHANGE_STEP_NEVER, // nothing ever (FAULT_HANG)
  EXCHANGE_STEP_END,   // the answer is complete
  EXCHANGE_STEP_CUT,   // close without an end (FAULT_TRUNCATE, or no memory)
  EXCHANGE_STEP_RESET, // reset the connection (FAULT_RESET)
};

struct exchange {
  struct ask ask;
  enum fault fault;
  bool fault_shown; // the fault has reached the client
  struct engine_job job;
  struct dialect dialect; // points at `ask`: an exchange stays where exchange_init found it
  enum exchange_phase phase;
  enum exchange_step ending; // what EXCHANGE_ENDED says
  int64_t sent;              // tokens
  int64_t first_token_ns, last_token_ns;
};

// `exchange->ask` is filled in; sets everything else. cached_tokens: of the prompt, -1: there is no prompt
// cache. `created_s`: wall clock.
void exchange_init(struct exchange *exchange, const struct opts *opts, enum fault fault, int64_t id,
                   int64_t cached_tokens, double created_s);

void exchange_free(struct exchange *exchange); // takes one that is all zero

// True when the engine has work with it. False: the fault answers at once, job is not to be submitted.
bool exchange_needs_engine(const struct exchange *exchange);

// True when the answer (its headers, when they are late) can begin: a stream's first token is made, or it
// needs none; all tokens of an answer that is not streamed are made.
bool exchange_can_begin(const struct exchange *exchange);

// The next event of a stream; once it says that nothing comes any more it goes on saying so. now_ns and
// now_s: both clocks, for the record and for Ollama's events.
enum exchange_step exchange_next(struct exchange *exchange, int64_t now_ns, double now_s, struct buf *out);

// The body of an answer that is not streamed, and how much of it to send before the connection is cut
// (FAULT_TRUNCATE: half, FAULT_HANG: nothing; otherwise all).
void exchange_whole(struct exchange *exchange, double now_s, struct buf *out, size_t *send_bytes);

// An answer that is not streamed went out whole.
void exchange_whole_sent(struct exchange *exchange, int64_t now_ns);

#endif
