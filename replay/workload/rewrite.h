// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes the body that is sent out of the body that was recorded: model, limits, streaming, extra members, and
// the place where a batch's nonce goes.
#ifndef REPLAY_REWRITE_H
#define REPLAY_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"
#include "lib/llm/api.h"

enum rewrite_stream { REWRITE_STREAM_RECORDED, REWRITE_STREAM_ON, REWRITE_STREAM_OFF };

struct rewrite_rules {
  const char *model;  // NULL: as recorded
  int64_t max_tokens; // 0: as recorded
  enum rewrite_stream stream;
  bool ignore_eos;              // of dialects that have it
  struct json_slice extra_body; // an object, merged last (RFC 7396); {NULL, 0}: nothing
};

// Appends the body to send. The limit goes under the name that the request has for it, else the API's own
// (api.h). A streaming OpenAI request always asks for usage
// (stream_options.include_usage), one that does not stream loses stream_options. What is not changed stays
// byte for byte. A body that needs no change, and any body of API_HTTP, is appended byte for byte.
// STATUS_FORMAT: no JSON object.
enum status rewrite_body(const struct rewrite_rules *rules, enum api api, const char *body, size_t len,
                         struct buf *out, struct error *error) MUST_USE;

// Bytes of a nonce. It is plain ASCII that needs no escape in JSON.
enum { REWRITE_NONCE_BYTES = 18 };
void rewrite_print_nonce(uint64_t number, char into[REWRITE_NONCE_BYTES]);

// The offsets in a body at which a nonce makes its prompt another one, ascending: the start of the text
// that goes before the messages (`system`), of the first message's text, or of every prompt. At most `most`
// are found; 0 when the prompt is no text (token ids, say).
size_t rewrite_nonce_places(enum api api, const char *body, size_t len, size_t *places, size_t most);

#endif
