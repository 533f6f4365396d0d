// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where a number of output tokens comes from, and its name in records.
#ifndef LIB_LLM_TOKEN_SOURCE_H
#define LIB_LLM_TOKEN_SOURCE_H

#include <stdbool.h>

#include "lib/json/json_scan.h"

// The first that is there counts: the API's own count (OpenAI's usage, Ollama's eval_count),
// llama.cpp's timings, the number of events with text.
enum token_source { TOKENS_NONE, TOKENS_USAGE, TOKENS_TIMINGS, TOKENS_EVENTS };

// "usage", "timings", "events"; NULL for TOKENS_NONE, so that it is written as null.
const char *token_source_name(enum token_source source);

// false, and `out` untouched, when there is no source of that name.
bool token_source_from_name(struct json_slice name, enum token_source *out);

#endif
