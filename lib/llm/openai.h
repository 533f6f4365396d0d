// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads one message of the OpenAI dialect (chat completions and completions, as OpenAI, llama.cpp, vLLM,
// SGLang and Ollama's /v1) into a response: an event's data, or a whole body.
#ifndef LIB_LLM_OPENAI_H
#define LIB_LLM_OPENAI_H

#include "lib/llm/response.h"

// Sets response->has_text, has_answer, ended, closed, finish and token counts. Text is content,
// reasoning_content, reasoning, reasoning_details, thinking or a refusal of any choice, or a tool call's name
// or arguments. A finish_reason ends the stream, [DONE] also closes it. An error object, also inside a
// choice, and the finish_reasons "error" and "abort" set `failure` and error_text. Of a body with several
// choices of which `usage` counts one the tokens stay unknown, and error_text has the reason. A body may also
// be an array of completions, whose counts add up. STATUS_FORMAT: no JSON object; nothing was set that
// matters then.
enum status openai_read(struct response *response, const char *text, size_t len) MUST_USE;

#endif
