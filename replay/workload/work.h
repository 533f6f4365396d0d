// SPDX-License-Identifier: GPL-3.0-or-later
//
// The work: the requests that are drawn from traces, made ready to be sent.
//
// The draw is one seeded permutation of the requests that qualify. Only its first `draws` requests are kept,
// which one pass over a trace of any size finds (the inside-out shuffle: request i goes to place j, uniform
// in 0..i, and what stood at j moves to place i; the first places of the result do not depend on how many are
// kept).
#ifndef REPLAY_WORK_H
#define REPLAY_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cli.h"
#include "lib/base/log.h"
#include "lib/llm/unknown_apis.h"
#include "replay/plan/conversations.h"
#include "replay/plan/superpose.h"
#include "replay/workload/calibrate.h"
#include "replay/workload/headers.h"
#include "replay/workload/rewrite.h"
#include "replay/workload/synth.h"

#define WORK_DIGEST_BYTES 80
#define WORK_REQUESTS_MAX 1000000 // of the draw; of those known by their size each takes about 600 bytes

// The order of the draw, and the APIs whose requests qualify.
enum work_pick { WORK_PICK_SHUFFLED, WORK_PICK_TRACE };
enum work_api {
  WORK_API_AUTO,
  WORK_API_OPENAI,
  WORK_API_OLLAMA,
  WORK_API_ANTHROPIC,
  WORK_API_RERANK,
  WORK_API_LLAMACPP,
  WORK_API_HTTP
};
// Their names by value, as options and records have them; NULL at the end.
extern const char *const work_pick_names[], *const work_api_names[];

// The family that is wanted; API_FAMILY_NONE: all of them, or none.
enum api_family work_api_family(enum work_api api);

// What a stateful request continues, where it is no place of the draw.
enum { WORK_ANEW = -1, WORK_NOTHING = -2 };

struct work_request {
  int64_t seq;                 // the trace's
  int64_t at_ns;               // when it was recorded, since 1970
  int64_t conversation, trace; // its number, -1: none; and that of the file
  int64_t cancel_ns;           // since it is sent: it is given up then; 0: never
  bool undated;                // the trace has no wall clock: since the start of the earliest that does
  enum api api;
  char *method;
  char *path;
  char **headers; // NULL-terminated, one block
  char *body;     // as it is sent but for the nonce and a synthetic prompt; NULL: none
  size_t body_len;
  struct synth_prompt
      *synthetic;         // the prompt of a request that is known only by its size; NULL: it is in body
  size_t synthetic_place; // offset into body where its text goes, behind a nonce
  size_t *nonce_places;   // offsets into body, ascending
  size_t nonce_count;
  bool is_stateful;  // it was recorded as continuing what the server kept (stateful.h)
  int64_t continues; // place of the turn whose answer it continues, or WORK_ANEW; a body that continues one
                     // ends with its '}', where the answer's identifier goes
  char *recorded_id; // of that answer, as JSON text without its quotes; NULL: none
  int64_t recorded_number; // equal identifiers of one trace have equal numbers; -1: none
};

// What was drawn of one of several traces.
struct work_trace {
  int64_t drawn;                  // requests
  char digest[WORK_DIGEST_BYTES]; // as that of all
};

struct work {
  struct work_request **requests; // in the order of the draw
  size_t count;
  int64_t *copies;                // of each place, which copy of the trace it is of; NULL: there is one
  struct work_request **recorded; // where there are several: each request once
  size_t recorded_count;
  // "sha256:..." over method, path and recorded body (or size) of each, NUL after each
  char digest[WORK_DIGEST_BYTES];
  struct work_trace *traces;           // in the order of their naming; NULL: there is one only
  char sent_digest[WORK_DIGEST_BYTES]; // the same over the bodies as they are sent, without the nonce
  struct conversations_turn *turns; // `count`, by place; NULL: not asked for, or there are no conversations
  struct calibrate *calibrate;      // of synthetic prompts; NULL: none is made

  char *model;         // that every qualifying request names; NULL: several, or not said
  bool several_models; // `model` is NULL since they name more than one
  bool several_apis;   // of the requests that were drawn
  int64_t available;   // requests of the traces that qualify
  int64_t media,
      media_bytes;   // of them, those with images, audio or files among their text, and how large these are
  int64_t synthetic; // of them, known only by their size: their text was made
  int64_t other;     // requests that do not: of no API that asks a model
  struct unknown_apis unknown; // of them, those that may ask a model
  int64_t bodiless;            // and those whose body was not recorded, or is no JSON
  int64_t stateful;            // and those that continue what the recording server kept, and no turn here
  int64_t cancels;             // of those kept: they are given up
  int64_t failed;              // and those with a recorded error status; of all, where not all were kept
  int64_t without_text;        // of those kept that ask a model: there is no place for a nonce
  double mean_latency_s;       // of the recorded successful responses; NaN: none
  double mean_output_tokens;   // of those that say, and of requests known by their size; NaN: none
  int64_t lost;                // records that the traces are known to lack; 1 for a torn end
};

struct work_options {
  const struct cli_texts *traces;
  enum work_api api;
  enum work_pick pick;
  int64_t seed;
  int64_t draws; // how many are kept at most
  bool in_time;  // sort what is kept by its time (several traces may overlap)
  bool stateful; // keep requests that continue an answer of their conversation; only with in_turn
  bool cancel;   // requests are given up as their recorded clients did
  bool in_turn;  // the places of a conversation's requests follow the order of its turns; `turns` is made
  struct rewrite_rules rules;
  struct headers_own headers;
};

// Reads the traces in one pass; what is odd about them goes to `log` as notices. Requests that failed when
// recorded are left out; where that is more than half of a limited draw, fewer requests are kept.
// STATUS_LIMIT: more than WORK_REQUESTS_MAX are asked for and there. STATUS_NOT_FOUND, STATUS_IO,
// STATUS_FORMAT (not a trace; no request in it qualifies), STATUS_MEMORY.
enum status work_load(const struct work_options *options, struct log *log, struct work *out,
                      struct error *error) MUST_USE;
void work_free(struct work *work); // takes an all-zero work

// A request of a batch: the draw's `offset` + `index`.
struct work_place {
  int64_t offset, index;
  bool warmup;
};

// The response to a request: the input tokens that the server counted (-1: it did not say). Calibrates the
// length of synthetic prompts in the warm-up, and tells afterwards how well that did. May be called from
// several threads.
void work_observe(const struct work *work, const struct work_place *place, int64_t input_tokens);

// Of how many tokens the prompt of a synthetic request is to be: those recorded, but in the first warm-up
// every second request is of at least the mean size, so that a few small ones do not calibrate large ones.
int64_t work_synthetic_tokens(const struct work *work, const struct work_place *place);

// Before each batch: fits the length of synthetic prompts to what was observed so far. The first batch that
// is no warm-up keeps it for the rest of the run, and what came of it is told.
void work_calibrate(const struct work *work, bool warmup, struct log *log);

// Keeps the scale of an earlier part of the same run.
void work_keep_scale(const struct work *work, const struct synth_scale *scale);

// The share by which the server's count of the measured synthetic requests is above what was recorded; NaN:
// not known.
double work_size_error(const struct work *work);

// The draw becomes that of several copies of the trace; `superposed` loses its turns. STATUS_MEMORY.
enum status work_superpose(struct work *work, struct superposed *superposed, struct error *error) MUST_USE;

// Which pass over the trace, or which copy of it, a place of the draw belongs to: equal prefixes are to stay
// equal only within one.
uint64_t work_pass(const struct work *work, int64_t place);

// The request at a place of the draw, which starts again when it is exhausted.
const struct work_request *work_at(const struct work *work, int64_t place);

#endif
