// SPDX-License-Identifier: GPL-3.0-or-later
//
// The words of the APIs (some are in speech.h): server-sent events (OpenAI), JSON lines (Ollama), whole
// answers and errors. Members and their order follow llama.cpp, vLLM and Ollama as recorded.
#ifndef TESTS_SIMLLM_DIALECT_H
#define TESTS_SIMLLM_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "tests/simllm/ask.h"

// What the events of one answer have in common. dialect_free gives back what the calls below kept in it.
struct dialect {
  const struct ask *ask;
  const char *model;
  int64_t id;
  double created_s;      // wall clock
  uint64_t text_seed;    // what the text is drawn from
  int64_t cached_tokens; // of the prompt; -1: not told
  bool with_usage;       // token counts are told
  bool at_limit;         // ended by the request's limit ("length"), not by itself ("stop")
  int64_t output_tokens; // of the whole answer
  int64_t load_ns, prompt_ns, eval_ns, total_ns; // Ollama's timings
  struct buf frame; // an OpenAI event around its text, which is all that differs from token to token
  size_t frame_at;  // where the text belongs
};

// The Content-Type of the answer.
const char *dialect_content_type(const struct ask *ask);

// One event each, appended to `out`; a failed append shows in out->status. `now_s` is the wall clock, which
// Ollama's events carry. What an API does not have appends nothing.
void dialect_role(const struct dialect *dialect,
                  struct buf *out); // what a stream begins with, without text
void dialect_token(struct dialect *dialect, int64_t index, double now_s, struct buf *out);
void dialect_finish(const struct dialect *dialect, double now_s, struct buf *out);
void dialect_usage(const struct dialect *dialect, struct buf *out);  // OpenAI's event with "choices":[]
void dialect_done(const struct dialect *dialect, struct buf *out);   // OpenAI's [DONE]
void dialect_broken(const struct dialect *dialect, struct buf *out); // JSON that ends too early
void dialect_error_event(const struct dialect *dialect, struct buf *out);

void dialect_free(struct dialect *dialect);

// The answer that is not streamed.
void dialect_whole(const struct dialect *dialect, double now_s, struct buf *out);

// The body of an answer with an error status.
void dialect_error(enum ask_api api, int http_status, const char *message, struct buf *out);

// The text of token `index`: a word, most with a space before it, some in several bytes per character. Never
// empty; needs no escape in JSON.
const char *dialect_word(uint64_t text_seed, int64_t index);

#endif
