// SPDX-License-Identifier: GPL-3.0-or-later
//
// Most messages of a chat stream differ from the one before in one string, the text of a token. Such a
// message needs no second reading: a reader finds in it what it found in the one before, and the new text.
#ifndef LIB_LLM_SHAPE_H
#define LIB_LLM_SHAPE_H

#include "lib/json/json_scan.h"

#define SHAPE_BYTES 480
#define SHAPE_MISSES 4

// A message without one of its strings. All zero: none is kept.
struct shape {
  size_t before, after; // bytes on both sides of the string with its quotes; before 0: no shape
  int misses;           // messages in a row that were not of the shape before them
  char bytes[SHAPE_BYTES];
};

// Keeps the shape of a message, whose JSON is valid; `string` is a string value in it. A message of more than
// SHAPE_BYTES has none, and a stream of SHAPE_MISSES different shapes in a row is not tried again.
void shape_keep(struct shape *shape, const char *message, size_t len, struct json_slice string);

// The next message is of another kind: it starts anew.
static inline void shape_drop(struct shape *shape) {
  shape->before = 0;
}

// True when the message has the kept shape and its string, valid JSON, has a text; `string` is set to it.
bool shape_matches(struct shape *shape, const char *message, size_t len, struct json_slice *string);

#endif
