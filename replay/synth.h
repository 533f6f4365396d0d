// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes a body for a request that is known only by its size (imported or anonymised): a prompt of as many
// tokens, in which equal blocks are equal text, so that the sharing of prefixes survives.
//
// A token is one common English word of three letters with its space, which byte-pair tokenizers keep whole;
// a server counts a few more for its chat template. Block `id` is always the same block_tokens words, drawn
// by splitmix64 from the id; what goes beyond the blocks is drawn from seq, so that no two requests share it.
#ifndef REPLAY_SYNTH_H
#define REPLAY_SYNTH_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/llm/api.h"
#include "lib/record/trace.h"

#define SYNTH_TOKENS_MOST INT64_C(16000000) // of one prompt

// True when the record has sizes in place of a body, and not more than SYNTH_TOKENS_MOST.
bool synth_fits(const struct trace_request *record);

// Appends a body for a text-generating API: the recorded model (none: no such member) and streaming, the
// prompt, and the recorded output tokens as limit. Failure sticks in out->status.
void synth_print_body(const struct trace_request *record, enum api api, struct buf *out);

#endif
