// SPDX-License-Identifier: GPL-3.0-or-later
//
// The words of the APIs that are neither OpenAI's completions nor Ollama's text: Anthropic's Messages,
// OpenAI's Responses, llama.cpp's own completion, and those that answer without text. dialect.c asks here
// first.
#ifndef TESTS_SIMLLM_SPEECH_H
#define TESTS_SIMLLM_SPEECH_H

#include "tests/simllm/dialect.h"

// One API's words; each appends, and NULL appends nothing.
struct speech {
  void (*start)(const struct dialect *dialect, struct buf *out); // before the first token
  void (*token)(const struct dialect *dialect, const char *word, struct buf *out);
  void (*finish)(const struct dialect *dialect, const char *text, struct buf *out); // `text`: all of it
  void (*whole)(const struct dialect *dialect, const char *text, struct buf *out);
  void (*error)(const char *message, struct buf *out); // an event; NULL: as OpenAI's
};

// NULL: dialect.c has the words.
const struct speech *speech_of(enum ask_api api);

#endif
