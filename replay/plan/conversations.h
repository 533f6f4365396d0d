// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which requests of the traces are turns of one conversation, in which order, and how long the recorded
// client thought between them.
//
// Requests of one trace file with the same `session` are one conversation; the same name in another file
// means another one. Its turns are in the order in which they were recorded.
#ifndef REPLAY_CONVERSATIONS_H
#define REPLAY_CONVERSATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/json/json_scan.h"

// What is known of them while traces are read; all zero is valid and empty.
struct conversations {
  struct conversations_name *names; // an open hash table; a free place has no text
  size_t name_room, name_count;
  struct conversations_answer *answers;
  size_t answer_room, answer_count;
  int64_t trace; // number of the file that is being read
};
void conversations_free(struct conversations *conversations);

// Another file begins.
void conversations_next_trace(struct conversations *conversations);

// The number of the conversation with this name in the file that is being read, from 0; -1 for no name.
// STATUS_MEMORY.
enum status conversations_number(struct conversations *conversations, struct json_slice name,
                                 int64_t *out) MUST_USE;

// The response to request `seq` of the file that is being read was over at this instant (since 1970). `id`:
// the caller's number of its identifier; -1: none. STATUS_MEMORY.
enum status conversations_add_answer(struct conversations *conversations, int64_t seq, int64_t over_ns,
                                     int64_t id) MUST_USE;
// The `id` of the response to a request, after conversations_order; -1: none.
int64_t conversations_answer_id(const struct conversations *conversations, int64_t trace, int64_t seq);

// One request in the order of the draw, as it was recorded.
struct conversations_request {
  int64_t conversation; // -1: of none
  int64_t trace, seq;
  int64_t at_ns; // since 1970
};

// Its place among the turns of its conversation.
struct conversations_turn {
  int64_t conversation;  // -1: of none
  int64_t before, after; // places in the draw of the turns next to it; -1: there is none
  int64_t think_ns;      // from the end of the recorded response before it to it, 0 when it did not wait for
                         // that; -1: not recorded
};

// How many of these turns come later in their conversations, and how many of them after an unknown time.
struct conversations_later {
  int64_t count, unknown;
};
struct conversations_later conversations_later(const struct conversations_turn *turns,
                                               size_t count); // NULL: 0

// Lets the places of the draw that fall to a conversation follow its turns' order: `order[i]` is the request
// that goes to place i, and `turns[i]` what it is there. Both have `count` members. STATUS_MEMORY.
enum status conversations_order(struct conversations *conversations,
                                const struct conversations_request *requests, size_t count, size_t *order,
                                struct conversations_turn *turns) MUST_USE;

#endif
