// SPDX-License-Identifier: GPL-3.0-or-later
//
// The readers behind api.h: one for each dialect, and what they share.
#ifndef LIB_LLM_DIALECTS_H
#define LIB_LLM_DIALECTS_H

#include "lib/json/json_cursor.h"
#include "lib/llm/message.h"
#include "lib/llm/response.h"

// Each reads one message into a response: an event's data, a line, or a whole body. It sets has_text,
// has_answer, ended, closed, finish, token counts and durations. An error object sets `failure` and
// error_text. STATUS_FORMAT: no JSON object; nothing was set that matters then.

// Anthropic's Messages API, in the form of Anthropic, llama.cpp, Ollama and vLLM
// (https://docs.anthropic.com/en/docs/build-with-claude/streaming). Text is a delta's text, thinking or
// partial_json, and of a body's content the same; a signature is none. Input tokens are input_tokens with
// what was read from and written to the cache; output tokens those of the last message_delta. message_stop
// ends and closes a stream.
enum status anthropic_read(struct response *response, const char *text, size_t len) MUST_USE;

// llama.cpp's own dialect (/completion, /completions, /infill). Text is `content`. "stop":true ends the
// answer to one prompt and has its tokens_predicted and tokens_evaluated; of several prompts they add up, and
// only the end of the HTTP body marks the last. finish is stop_type ("eos", "word", "limit"). Servers with
// OpenAI's completions under one of these paths are read as openai_read does.
enum status llamacpp_read(struct response *response, const char *text, size_t len) MUST_USE;

// An API that answers with something else than text: embeddings, scores, an order; also an array. Input
// tokens are usage.prompt_tokens (OpenAI, llama.cpp, vLLM), prompt_eval_count (Ollama), or
// meta.billed_units.input_tokens (Cohere).
enum status no_text_read(struct response *response, const char *text, size_t len) MUST_USE;

// Ollama's own dialect (/api/chat, /api/generate). Text is response, thinking, or message's content, thinking
// or tool calls. "done":true ends and closes the stream; a done_reason without `done` ends it.
enum status ollama_read(struct response *response, const char *text, size_t len) MUST_USE;

// OpenAI's chat completions and completions, as OpenAI, llama.cpp, vLLM, SGLang and Ollama's /v1 have them.
// Text is content, reasoning_content, reasoning, reasoning_details, thinking or a refusal of any choice, or a
// tool call's name or arguments. A finish_reason ends the stream, [DONE] also closes it. An error object
// inside a choice and the finish_reasons "error" and "abort" are errors too. Of a body with several choices
// of which `usage` counts one the tokens stay unknown, and error_text has the reason. A body may also be an
// array of completions, whose counts add up.
enum status openai_read(struct response *response, const char *text, size_t len) MUST_USE;

// OpenAI's Responses API, in the form of OpenAI, llama.cpp, Ollama and vLLM
// (https://platform.openai.com/docs/api-reference/responses-streaming). Text is what an event named *.delta
// carries, but for audio: text, reasoning, a summary, a refusal, arguments; and of a body's output the same.
// response.completed and response.incomplete have the counts; they end and close a stream. finish is the
// status, or why the response is incomplete. response.failed and a body of that status are errors.
enum status responses_read(struct response *response, const char *text, size_t len) MUST_USE;

// More tokens than any model reads or writes for one request. What is above is no count: it would drown every
// sum that it goes into, and records hold no more than 2^53.
#define DIALECTS_COUNT_MAX INT64_C(1000000000)

// A whole number from 0 to DIALECTS_COUNT_MAX, or of nanoseconds from 0; anything else leaves what is known.
void dialects_count(struct json_slice value, int64_t *count);
void dialects_nanoseconds(struct json_slice value, int64_t *ns);

// Notes a value that is a text and not empty; `is_answer`: no thought.
void dialects_text(struct response *response, struct json_slice value, bool is_answer);

// Copies a text as it is into response->finish.
void dialects_finish(struct response *response, struct json_slice reason);

// llama.cpp's own `timings`, which it adds to the messages of each of its dialects: the object that the
// cursor is at. Sets timings_output and timings_input, the durations of evaluation and, where no count of
// cached tokens is known yet, that.
void dialects_timings(struct response *response, struct json_cursor *cursor);

#endif
