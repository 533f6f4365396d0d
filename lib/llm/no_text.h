// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the body of an API that answers with something else than text: embeddings, scores, an order.
#ifndef LIB_LLM_NO_TEXT_H
#define LIB_LLM_NO_TEXT_H

#include "lib/llm/response.h"

// Sets the input tokens: usage.prompt_tokens (OpenAI, llama.cpp, vLLM), prompt_eval_count (Ollama), or
// meta.billed_units.input_tokens (Cohere). An error object sets `failure` and error_text. STATUS_FORMAT: no
// JSON object or array.
enum status no_text_read(struct response *response, const char *text, size_t len) MUST_USE;

#endif
