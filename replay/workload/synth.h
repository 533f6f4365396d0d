// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes the text of a request that is known only by its size (imported or anonymised): a prompt of as many
// tokens, in which equal blocks are equal text, so that the sharing of prefixes survives.
//
// The text is common English words of three letters with their space, cut to a number of characters: the
// recorded tokens, less those that the server adds to each request, times the characters per token
// (calibrate.h). Block `id` is the same text wherever it stands, drawn by splitmix64 from the id; what goes
// beyond the blocks is drawn from seq, so that no two requests share it. Of a prompt that ends inside a block
// the text is the block's beginning.
//
// A whole number below 2^32 as id is one of its trace alone, as formats that number their blocks have them;
// other ids (hashes, texts) mean the same block in every trace of a run.
#ifndef REPLAY_SYNTH_H
#define REPLAY_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/llm/api.h"
#include "lib/record/trace.h"

#define SYNTH_TOKENS_MAX INT64_C(16000000) // of one prompt

// The length of a word with its space: byte-pair tokenizers keep each of them whole.
#define SYNTH_CHARACTERS_PER_TOKEN 4.0

struct synth_scale {
  double characters_per_token; // of the text
  double fixed_tokens;         // that a server counts besides it
  bool calibrated;             // false: the default
};
#define SYNTH_DEFAULT_SCALE ((struct synth_scale){SYNTH_CHARACTERS_PER_TOKEN, 0, false})

// True when the record has sizes in place of a body, and not more than SYNTH_TOKENS_MAX.
bool synth_fits(const struct trace_request *record);

// Appends a body for an API that asks a model: the recorded model (none: no such member) and streaming, the
// recorded output tokens as limit, and SYNTH_PLACEHOLDER, which needs no escape, as its prompt. Failure
// sticks in out->status.
#define SYNTH_PLACEHOLDER "(text of recorded length)"
void synth_print_body(const struct trace_request *record, enum api api, struct buf *out);

// What a prompt is made of.
struct synth_prompt {
  int64_t tokens;       // recorded
  int64_t block_tokens; // of each block but perhaps the last; 0: no blocks
  uint64_t own;         // seed of what is this request's alone
  size_t block_count;
  uint64_t blocks[]; // seed of each
};

// The prompt of a record that fits, of the trace with this number (from 0). The caller frees it; NULL: no
// memory.
struct synth_prompt *synth_prompt_of(const struct trace_request *record, int64_t trace);

// How long the text of so many tokens is, in characters, all of one byte; at least 1.
int64_t synth_characters(int64_t tokens, const struct synth_scale *scale);

// Appends a text of so many tokens (the prompt's own, or others); nothing in it needs an escape. Failure
// sticks in out->status.
void synth_print_prompt(const struct synth_prompt *prompt, int64_t tokens, const struct synth_scale *scale,
                        struct buf *out);

#endif
