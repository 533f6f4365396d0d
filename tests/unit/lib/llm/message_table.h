// SPDX-License-Identifier: GPL-3.0-or-later
//
// One message of a dialect in, what its reader set in the response out: rows of a table. JSON is written with
// ' for ".
#ifndef TESTS_UNIT_LLM_MESSAGE_TABLE_H
#define TESTS_UNIT_LLM_MESSAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/llm/api.h"

struct message_row {
  const char *message;
  // What was found, words with spaces between: text, answer, ended, closed, loads, in=N, out=N, cached=N,
  // timed_in=N, timed_out=N, load=N, prompt=N, eval=N, total=N (ns), finish=WORD, failure=NAME: TEXT at the
  // end. NULL: STATUS_FORMAT.
  const char *found;
  // What a client may send back: content:VALUE, calls:VALUE, call:VALUE, context:VALUE with | between; NULL:
  // not compared.
  const char *parts;
};

// Reads each row's message into a response of its own, and fails the test at the first that differs.
// `streamed`: the message is an event or a line of a stream; otherwise a whole body.
void message_table_check(enum api api, api_reader *read, bool streamed, const struct message_row *rows,
                         size_t count);

// Reads all messages into one response of a stream, and compares what is known after the last.
void message_table_check_all(enum api api, api_reader *read, const char *const *messages, size_t count,
                             const char *found);

#endif
