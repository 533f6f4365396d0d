// SPDX-License-Identifier: GPL-3.0-or-later
//
// The recorder's side of one exchange, shared by its files: recorder_entry.c begins and ends it,
// recorder_request.c and recorder_response.c make the two records. Private to capture/recorder*.c.
#ifndef CAPTURE_RECORDER_ENTRY_H
#define CAPTURE_RECORDER_ENTRY_H

#include "capture/recorder.h"
#include "capture/session.h"
#include "lib/base/buf.h"
#include "lib/llm/api.h"
#include "lib/llm/inflate.h"
#include "lib/record/trace.h"

#define RECORDER_KEPT_LINE ((size_t)1024 * 1024)

struct recorder {
  struct recorder_options options;
  struct tracefile *file;
  struct session_table *sessions;
  struct buf line;  // the record being formatted
  int64_t start_ns; // of the segment
  int64_t next_seq;
  int64_t requests, responses;
  struct trace_end before;      // the same and `dropped` at the segment's start
  struct recorder_entry *first; // all that live
  int64_t dropped;              // records lost before the writer, which counts its own
  int64_t unnamed;              // requests without a session so far
  size_t held_bytes;            // bodies of entries whose record is not written yet
};

// What became of a body.
enum recorder_body_state {
  RECORDER_BODY_KEPT,
  RECORDER_BODY_TOO_LONG,
  RECORDER_BODY_UNREADABLE,
  RECORDER_BODY_DROPPED
};

// A body that is being gathered, of a request or a response.
struct recorder_body {
  struct buf bytes;
  enum recorder_body_state state;
  enum inflate_coding coding;
  bool is_form;
};

struct recorder_entry {
  struct recorder *recorder;
  struct recorder_entry *previous, *next;
  int64_t arrived_ns;
  int64_t seq;  // -1: no request record (yet)
  bool skipped; // by --sample
  char *method, *target;
  struct buf headers; // the JSON object of the record
  struct buf session; // the client's own id
  struct buf secrets; // secret values of the query and headers, each with its NUL: a server may repeat them
  struct recorder_body body;
  int64_t body_bytes;
  enum api api;
  struct trace_request anonymous; // waits for the response when anonymising
  struct buf anonymous_texts;     // what its slices point to
  bool responding;                // `response` is open
  struct response response;
  struct recorder_body answer; // gathered with --bodies both
};

// Adds to a body as far as --max-body and --queue allow.
void recorder_body_add(struct recorder *recorder, struct recorder_body *body, const char *data, size_t len);

// Replaces a compressed body by what it holds, so that secrets in it are found. What cannot be read is not
// recorded.
void recorder_body_decode(struct recorder *recorder, struct recorder_body *body);

// Appends the body as a record has it, without secrets.
enum trace_body recorder_body_clean(const struct recorder *recorder, const struct recorder_body *body,
                                    struct buf *out);

void recorder_body_free(struct recorder *recorder, struct recorder_body *body);

// Hands recorder->line to the writer and counts what became of it.
void recorder_write(struct recorder *recorder, bool is_request);

// Gives everything back; nothing is written.
void recorder_entry_free(struct recorder_entry *entry);

// A text as a slice, for a record.
struct json_slice recorder_text(const char *text);

#endif
