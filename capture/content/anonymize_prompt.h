// SPDX-License-Identifier: GPL-3.0-or-later
//
// The canonical text of a prompt: what a server would put before the model, in the order in which it would,
// so that two prompts begin with the same bytes when they begin with the same messages.
#ifndef CAPTURE_ANONYMIZE_PROMPT_H
#define CAPTURE_ANONYMIZE_PROMPT_H

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"

// Appends the canonical text of a request body of the OpenAI and Ollama APIs: tools, then the messages with
// their roles, or system text and prompt. Numbers in a prompt are tokens, four bytes each. A part that is
// no text (a picture, for example) has an identity of its own but 32 bytes only: its tokens are not known
// here. Nothing for a body without a prompt. Failure sticks in out->status.
void anonymize_prompt(struct json_slice body, struct buf *out);

#endif
