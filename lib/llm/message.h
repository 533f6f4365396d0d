// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server's error message, found in the shapes that servers use, short and safe to be
// printed.
#ifndef LLM_MESSAGE_H
#define LLM_MESSAGE_H

#include <stddef.h>

#include "lib/json/json_scan.h"

// Writes `text` into `out` (`size` bytes with the NUL, at least 1) as one line of UTF-8: runs of white space
// and control characters become one space, foreign bytes U+FFFD, space around the text goes; what does not
// fit is cut between characters.
void message_copy(char *out, size_t size, const char *text, size_t len);

// The same from the value of an "error" member: a string, or an object's "message" (or "error" or "detail");
// anything else as the JSON that it is.
void message_of_error(char *out, size_t size, struct json_slice error);

// The same from a whole body: a JSON object's "error", "message" or "detail"; any other text as it is.
void message_of_body(char *out, size_t size, const char *body, size_t len);

#endif
