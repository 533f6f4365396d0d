// SPDX-License-Identifier: GPL-3.0-or-later
//
// The simulated engine: slots, a waiting line and a step clock, as in a server with continuous batching. Pure
// logic: it reads no clock and does no I/O, the caller says what time it is.
//
// One decode step with n active slots takes c0 + c1*n + c2*n*n seconds and gives each of them one token, all
// at the step's end. In steady state n slots therefore make n / (c0 + c1*n + c2*n*n) tokens per second.
//   * A job takes a free slot at its arrival; when there is none it waits, first come first served, and takes
//     the slot at the very instant at which a job ends.
//   * It is ready prompt_tokens*prefill after that (and after the model is loaded, which the first job
//     triggers). Prefill delays only its own job: it models a server that prefills beside decoding.
//   * An idle engine begins a step at the instant a job is ready. A job that is ready during a step joins at
//     the next step's begin.
//   * Each step begins at the instant the last one ended, however late engine_advance was called: the clock
//     does not drift. A late caller gets the tokens of several steps at once, with their true times.
// B jobs of T tokens on W slots in full waves thus take about (B/W)*T*step(W), and at most step(1) and one
// step(W) more: over a network the first job begins alone, and its slot stays one step ahead of the others.
#ifndef TESTS_SIMLLM_ENGINE_H
#define TESTS_SIMLLM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct engine_config {
  int64_t slots;           // >= 1
  double c0_s, c1_s, c2_s; // of a step, seconds; their sum is above 0
  double prefill_s;        // per prompt token
  double load_s;           // once, when the first job arrives
  double noise;            // coefficient of variation of a step's time, log-normal with mean 1; 0: none
  double session_noise;    // the same of one factor that holds for the engine's whole life
  int64_t cliff_slots;     // above so many active slots a step takes cliff_factor times longer; 0: no cliff
  double cliff_factor;
  double time_scale; // multiplies every delay; above 0
  uint64_t seed;     // of the noise
};

enum engine_state { ENGINE_NEW, ENGINE_WAITING, ENGINE_IN_SLOT, ENGINE_DONE };

// One job. The caller owns it, sets the first three members (the rest zero) and leaves it in place from
// engine_submit until it is ENGINE_DONE; it never changes the others. Times are CLOCK_MONOTONIC nanoseconds.
struct engine_job {
  void *owner;
  int64_t prompt_tokens; // >= 0
  int64_t tokens;        // to make, >= 1
  int64_t made;          // so far
  int64_t arrival_ns;
  int64_t slot_ns;  // when it took its slot
  int64_t ready_ns; // when its prefill ended
  int64_t load_ns;  // what it waited for the model
  int64_t last_ns;  // of the last token made
  enum engine_state state;
  bool in_step;
  int64_t slot;
  struct engine_job *next, *prev; // in the waiting line
};

// A token was made at `step_ns`; job->made counts it. After the last one the job is ENGINE_DONE and no longer
// the engine's.
typedef void engine_token(void *context, struct engine_job *job, int64_t step_ns);

struct engine_counts {
  int64_t steps;      // decode steps that ended
  int64_t slot_steps; // sum of active slots over them
  int64_t busy_ns;    // sum of their times
  int64_t started;    // jobs that took a slot
  int64_t in_slots, waiting;
};

struct engine;

// STATUS_MEMORY. engine_close takes NULL.
enum status engine_open(const struct engine_config *config, engine_token *token, void *context,
                        struct engine **out) MUST_USE;
void engine_close(struct engine *engine);

// A job arrives at now_ns. Never calls back.
void engine_submit(struct engine *engine, struct engine_job *job, int64_t now_ns);

// Takes a job out at now_ns (its client left); a waiting one gets the slot at once. Does nothing to a job
// that is new or done.
void engine_cancel(struct engine *engine, struct engine_job *job, int64_t now_ns);

// When engine_advance has something to do next; INT64_MAX: nothing.
int64_t engine_next_ns(const struct engine *engine);

// Does all steps that ended by now_ns and calls back for each of their tokens, in the order of the slots. The
// callback must not call engine functions.
void engine_advance(struct engine *engine, int64_t now_ns);

struct engine_counts engine_count(const struct engine *engine);

// The time of a step with n active slots, without noise, in nanoseconds (at least 1).
int64_t engine_step_ns(const struct engine_config *config, int64_t n);

#endif
