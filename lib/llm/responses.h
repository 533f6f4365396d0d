// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads one message of OpenAI's Responses API, in the form of OpenAI, llama.cpp, Ollama and vLLM, into a
// response: an event's data, or a whole body
// (https://platform.openai.com/docs/api-reference/responses-streaming).
#ifndef LIB_LLM_RESPONSES_H
#define LIB_LLM_RESPONSES_H

#include "lib/llm/response.h"

// Sets response->has_text, has_answer, ended, closed, finish and token counts. Text is what an event named
// *.delta carries, but for audio: text, reasoning, a summary, a refusal, arguments; and of a body's output
// the same. response.completed and response.incomplete have the counts; they end and close a stream. finish
// is the status, or why the response is incomplete. response.failed, a body of that status and an error
// object set `failure` and error_text. STATUS_FORMAT: no JSON object; nothing was set that matters then.
enum status responses_read(struct response *response, const char *text, size_t len) MUST_USE;

#endif
