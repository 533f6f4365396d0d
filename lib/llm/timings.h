// SPDX-License-Identifier: GPL-3.0-or-later
//
// llama.cpp's own `timings`, which it adds to the messages of each of its dialects.
#ifndef LIB_LLM_TIMINGS_H
#define LIB_LLM_TIMINGS_H

#include "lib/json/json_cursor.h"
#include "lib/llm/response.h"

// Reads the object that the cursor is at: response->timings_output and timings_input, the durations
// of evaluation and, where no count of cached tokens is known yet, that.
void timings_read(struct response *response, struct json_cursor *cursor);

#endif
