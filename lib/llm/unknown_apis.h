// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which requests may ask a model in an API that is not known here: those that POST to a path of none.
#ifndef LIB_LLM_UNKNOWN_APIS_H
#define LIB_LLM_UNKNOWN_APIS_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"

#define UNKNOWN_APIS_MAX 16 // distinct paths; more count as others
#define UNKNOWN_APIS_PATH 64

struct unknown_apis {
  struct {
    char path[UNKNOWN_APIS_PATH]; // without query, cut
    int64_t requests;
  } paths[UNKNOWN_APIS_MAX];
  int64_t others; // requests to further paths
};

// Counts a request if it is one of these. Ollama's /api/show, /api/pull and the like manage models: they are
// none, and neither are the counts of tokens (/tokenize, /count_tokens).
void unknown_apis_note(struct unknown_apis *unknown, struct json_slice method, struct json_slice path);

// Appends "212 requests to /v1/foo, 1 request to /v1/bar", most first, at most three paths; nothing when
// there are none. Failure sticks in out->status.
void unknown_apis_print(const struct unknown_apis *unknown, struct buf *out);

#endif
