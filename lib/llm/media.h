// SPDX-License-Identifier: GPL-3.0-or-later
//
// The images, audio and files among the text of a request: parts of messages or inputs, and Ollama's
// `images`.
#ifndef LIB_LLM_MEDIA_H
#define LIB_LLM_MEDIA_H

#include <stdint.h>

#include "lib/json/json_scan.h"

struct media {
  int64_t parts; // 0: the request is text alone
  int64_t bytes; // of those that the body holds, without their base64; one that is a link has none
};

// Counts those of a body that json_scan_text has checked; {NULL, 0}: none. Read are `messages`, `input` and
// `images`; a part is an object whose `type` names a medium, a document of plain text is none.
struct media media_count(struct json_slice body);

#endif
