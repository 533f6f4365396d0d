// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long a synthetic prompt has to be: characters to a token, learned from what the server itself counted
// in the warm-up, then kept for the whole run, so that all cells send equal text.
//
// The model is tokens = fixed + characters / characters_per_token; `fixed` is what a server adds to each
// request (its chat template, a nonce). Both are fitted by weighted least squares, an observation of n tokens
// having a standard deviation of 1 + n/100, with a normal prior on each (ridge regression): fixed 8 +- 16
// tokens, tokens per character that of the default +- 40 %. So one request, or several of one size, give the
// ratio, and requests of different sizes give both.
#ifndef REPLAY_CALIBRATE_H
#define REPLAY_CALIBRATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "replay/workload/synth.h"

// Fewer than one token to so many characters: such a server cuts prompts short, or counts only what it did
// not have in its cache.
#define CALIBRATE_MAX 12.0

struct calibrate {
  struct synth_scale scale;                             // the one in force
  bool frozen;                                          // and it stays
  int64_t mean_tokens;                                  // recorded, of the requests whose prompts are made
  int64_t requests;                                     // observed and used
  int64_t refused;                                      // observed and left out: above CALIBRATE_MAX
  double weight, characters, squares, tokens, products; // weighted sums
  int64_t recorded, counted; // measured requests: tokens of the trace and the server's
  pthread_mutex_t lock;      // of the sums
};

// With the default scale.
void calibrate_start(struct calibrate *calibrate);
void calibrate_end(struct calibrate *calibrate);

// One warm-up request: the characters of its synthetic prompt, and all input tokens that the server counted
// (over 0). May be called from several threads, as the next.
void calibrate_add(struct calibrate *calibrate, int64_t characters, int64_t tokens);

// One measured request: the tokens that the trace has for it, and those that the server counted.
void calibrate_compare(struct calibrate *calibrate, int64_t recorded, int64_t counted);

// The scale that fits best. false, and nothing is written: there is none, or it is below 1 or above
// CALIBRATE_MAX characters to a token.
bool calibrate_fit(const struct calibrate *calibrate, struct synth_scale *out);

#endif
