// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a request to one of the APIs asks for.
#ifndef TESTS_SIMLLM_ASK_H
#define TESTS_SIMLLM_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

enum ask_api {
  ASK_OPENAI_CHAT,        // POST /v1/chat/completions
  ASK_OPENAI_COMPLETIONS, // POST /v1/completions
  ASK_OLLAMA_CHAT,        // POST /api/chat
  ASK_OLLAMA_GENERATE,    // POST /api/generate
  ASK_ANTHROPIC,          // POST /v1/messages
  ASK_RESPONSES,          // POST /v1/responses
  ASK_LLAMACPP,           // POST /completion
  ASK_EMBEDDINGS,         // POST /v1/embeddings
  ASK_EMBED,              // POST /api/embed
  ASK_RERANK,             // POST /v1/rerank
  ASK_API_COUNT
};

struct ask {
  enum ask_api api;
  char model[256];       // "" when the request names none
  bool stream;           // Ollama streams unless told not to
  bool include_usage;    // stream_options.include_usage
  int64_t limit;         // output tokens wanted; 0: the request sets no limit
  int64_t prompt_tokens; // counted as said below
  int64_t inputs;        // texts to embed, documents to rank
  bool wants_base64;     // encoding_format of embeddings
  char previous[64];     // previous_response_id; "": none
  uint64_t digest;       // of the body: equal requests get equal text
};

// The API of a path; false for any other path.
bool ask_api_of_path(const char *path, enum ask_api *out);

// False for embeddings and rerank.
bool ask_generates_text(enum ask_api api);

// "openai.chat", ...
const char *ask_api_name(enum ask_api api);

// Reads a body. STATUS_FORMAT, with a message for the client, when it is no JSON object, holds no prompt, or
// has a member of a wrong kind.
//
// There is no tokenizer: a prompt is ceil(characters / 4) tokens, plus 4 per chat message, at least 1.
// Characters are Unicode code points of the texts (message content and its "text" parts, prompt, system,
// input, documents); a number in a prompt array counts as one token.
enum status ask_parse(enum ask_api api, const char *body, size_t len, struct ask *out,
                      struct error *error) MUST_USE;

#endif
