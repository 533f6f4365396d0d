// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a recorded HTTP response (status line, headers, body as it was framed) for the tests, and the table
// that says what must be found in each.
#ifndef TESTS_UNIT_LLM_WIRE_H
#define TESTS_UNIT_LLM_WIRE_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/llm/response.h"

struct wire {
  struct buf bytes; // the file; the slices point into it
  int status;
  struct json_slice content_type, content_encoding;
  struct buf body; // without its framing
  bool
      complete; // as Content-Length or the last chunk promise; without either, the end of the file is the end
};

// false: no such file, or no HTTP response in it.
bool wire_read(struct wire *wire, const char *path);
void wire_free(struct wire *wire);

// One row of expected.csv.
struct wire_row {
  char server[32], name[64], api[32];
  int status;
  bool stream;
  int64_t output_tokens, input_tokens, text_events; // -1: an empty field
  char token_source[16], finish[32], error[16];
};

// The rows of the table (the caller frees), or NULL and a line on stdout when it cannot be read.
struct wire_row *wire_rows(const char *path, size_t *count);

// Feeds the body in pieces that end at `cut` and at the end of the body; `step` > 0: in pieces of that
// many bytes instead. The time of a piece is the number of bytes fed with it and before it. The caller
// closes the response.
void wire_play(const struct wire *wire, enum api api, size_t cut, size_t step, struct response *response);

// Everything that a response found, as one line; split-dependent times are left out.
void wire_describe(const struct response *response, struct buf *out);

#endif
