// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes the body of a request that was never made: one prompt, in the form that an API has for it.
#ifndef LIB_LLM_REQUEST_BODY_H
#define LIB_LLM_REQUEST_BODY_H

#include "lib/base/buf.h"
#include "lib/llm/api.h"

// Where there is no limit, and the API must have one.
#define REQUEST_BODY_LIMIT 4096

struct request_body {
  struct json_slice model;  // {NULL, 0}: no such member
  struct json_slice prompt; // plain text, not JSON
  bool stream;              // for APIs that answer with text
  int64_t max_tokens;       // -1: no limit
};

// Appends it for an API that asks a model; rerank has the prompt as its one document. Failure sticks in
// out->status.
void request_body_print(enum api api, const struct request_body *what, struct buf *out);

#endif
