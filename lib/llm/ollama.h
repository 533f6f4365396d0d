// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads one message of Ollama's own dialect (/api/chat, /api/generate) into a response: a line, or a
// whole body.
#ifndef LIB_LLM_OLLAMA_H
#define LIB_LLM_OLLAMA_H

#include "lib/llm/response.h"

// Sets response->has_text, has_answer, ended, closed, finish, token counts and durations. Text is response,
// thinking, or message's content, thinking or tool calls. "done":true ends and closes the stream; a
// done_reason without `done` ends it. An error object sets `failure` and error_text. STATUS_FORMAT: no JSON
// object; nothing was set that matters then.
enum status ollama_read(struct response *response, const char *text, size_t len) MUST_USE;

#endif
