// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads one message of llama.cpp's own dialect (/completion, /completions, /infill) into a response: an
// event's data, or a whole body.
#ifndef LIB_LLM_LLAMACPP_H
#define LIB_LLM_LLAMACPP_H

#include "lib/llm/response.h"

// Sets response->has_text, has_answer, ended, finish and token counts. Text is `content`. "stop":true ends
// the answer to one prompt and has its tokens_predicted and tokens_evaluated; of several prompts they add up,
// and only the end of the HTTP body marks the last. finish is stop_type ("eos", "word", "limit"). An error
// object sets `failure` and error_text. Servers with OpenAI's completions under one of these paths are read
// as openai_read does. STATUS_FORMAT: no JSON object; nothing was set that matters then.
enum status llamacpp_read(struct response *response, const char *text, size_t len) MUST_USE;

#endif
