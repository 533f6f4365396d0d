// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which conversation a request belongs to. A client may say so (X-Session-Id). Else a request belongs to the
// conversation that it goes on with: servers keep nothing between requests, so clients send along what was
// said.
//   chat: the messages (and what stands before them: `system`) begin with those of an earlier request,
//   followed by the answer that it really got: the
//     same text and the same calls of tools.
//   completions, generate: the prompt begins with an earlier prompt and the answer to it, or (Ollama) the
//     `context` is the one that an earlier answer gave.
//   responses: as a chat; or `previous_response_id` names an earlier answer, or what an earlier request
//   named; or `conversation` does.
// Every other request for text starts a conversation of its own; requests for anything else have none. Who
// only begins alike is not mixed up, as long as the answers differ.
//
// Of texts only 64-bit digests are kept, for the CONVERSATION_MAX answers that were used last. White space
// does not count in them (clients trim), nor does what a model thought (clients drop it).
#ifndef CAPTURE_CONVERSATION_H
#define CAPTURE_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/json/json_scan.h"
#include "lib/llm/api.h"
#include "lib/llm/response.h"

#define CONVERSATION_MAX 32768

struct session_table;

// Numbers start above `last`. STATUS_MEMORY.
enum status conversation_open(int64_t last, struct session_table **out) MUST_USE;
void conversation_close(struct session_table *table); // takes NULL

// The digest of a text that comes in pieces: a polynomial over its bytes without white space, modulo 2^64.
// Two can be joined. CONVERSATION_TEXT is that of the empty text.
struct conversation_text {
  uint64_t sum, power;
  size_t len; // bytes that count
};
#define CONVERSATION_TEXT ((struct conversation_text){.power = 1})

// What a server answers, gathered while it comes. CONVERSATION_ANSWER: nothing yet.
struct conversation_answer {
  struct conversation_text text, calls, context;
};
#define CONVERSATION_ANSWER                                                                                  \
  ((struct conversation_answer){CONVERSATION_TEXT, CONVERSATION_TEXT, CONVERSATION_TEXT})

// Takes a part of the answer; what response.h hands to its on_part (`context` is a struct
// conversation_answer).
void conversation_hear(void *context, enum response_part part, struct json_slice value);

// Where a conversation stands when a request has been made.
struct conversation_place {
  int64_t session; // 0: none
  enum api api;
  bool has_context;
  uint64_t messages;               // chat: digest of them all
  struct conversation_text prompt; // else
};

// Finds the place of a request with these members in its JSON body. `out->session` is its conversation's
// number.
void conversation_find(struct session_table *table, enum api api, const struct api_request_facts *request,
                       struct conversation_place *out);

// Remembers the answer there. NULL: not known, and any answer continues the conversation (of a
// chat).
void conversation_answered(struct session_table *table, const struct conversation_place *place,
                           const struct conversation_answer *answer);

// 64 bits that depend on every byte of a text (FNV-1a, then mixed), the same in every run.
uint64_t conversation_digest(const char *text, size_t len);

#endif
