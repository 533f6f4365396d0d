// SPDX-License-Identifier: GPL-3.0-or-later
//
// The header fields of a request that is sent: the recorded ones, then the user's own.
#ifndef REPLAY_HEADERS_H
#define REPLAY_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/json/json_scan.h"
#include "lib/llm/api.h"

// What -H and the like add to every request.
struct headers_own {
  const char *const *lines; // "Name: value" replaces the recorded field of that name; "Name:" only removes it
  size_t count;
  const char *key; // API key, in the field that the API has for it, unless a line has that field; NULL: none
};

// The fields of a recorded header object (of strings; anything else is left out), ready for xfer_request:
// without hop-by-hop fields (RFC 9110 7.6.1, also those that Connection names), Host, Content-Length, Expect
// and values with control characters. `api`: one that asks a model gets a Content-Type where the recording
// has none, and the version field that the API wants. *out is one block that ends with NULL; the caller frees
// it with free(). STATUS_MEMORY.
enum status headers_make(struct json_slice recorded, enum api api, const struct headers_own *own, char ***out,
                         struct error *error) MUST_USE;

#endif
