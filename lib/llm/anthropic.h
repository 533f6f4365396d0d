// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads one message of Anthropic's Messages API, in the form of Anthropic, llama.cpp, Ollama and vLLM, into a
// response: an event's data, or a whole body
// (https://docs.anthropic.com/en/docs/build-with-claude/streaming).
#ifndef LIB_LLM_ANTHROPIC_H
#define LIB_LLM_ANTHROPIC_H

#include "lib/llm/response.h"

// Sets response->has_text, has_answer, ended, closed, finish and token counts. Text is a delta's text,
// thinking or partial_json, and of a body's content the same; a signature is none. Input tokens are
// input_tokens with what was read from and written to the cache; output tokens those of the last
// message_delta. message_stop ends and closes a stream. An error object sets `failure` and error_text.
// STATUS_FORMAT: no JSON object; nothing was set that matters then.
enum status anthropic_read(struct response *response, const char *text, size_t len) MUST_USE;

#endif
