// SPDX-License-Identifier: GPL-3.0-or-later
//
// The recorder's side of one exchange, shared by its files: recorder_entry.c begins and ends it,
// recorder_request.c and recorder_response.c make the two records. Private to capture/recorder*.c.
//
// Two threads work here. The loop's gathers bytes and times; what takes time (decoding, searching secrets and
// conversations, formatting) is the record_queue's. An entry goes from one to the other in steps, and each of
// its members is used by one thread at a time.
#ifndef CAPTURE_RECORDER_ENTRY_H
#define CAPTURE_RECORDER_ENTRY_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/content/conversation.h"
#include "capture/record/record_queue.h"
#include "capture/record/recorder.h"
#include "lib/base/buf.h"
#include "lib/http/inflate.h"
#include "lib/llm/api.h"
#include "lib/record/trace.h"

#define RECORDER_KEPT_LINE ((size_t)1024 * 1024)

struct recorder {
  struct recorder_options options;
  struct record_queue *record_queue;

  pthread_mutex_t file_lock; // the file, and the segment
  struct tracefile *file;
  int64_t start_ns;        // of the segment
  struct trace_end before; // `requests`, `responses` and `dropped` at the segment's start
  bool is_closed;          // nothing is written any more

  pthread_mutex_t entries_lock;
  struct recorder_entry *first; // all that live

  // The record_queue's.
  struct session_table *sessions;
  struct buf line; // the record being formatted
  int64_t next_seq;
  int64_t unnamed; // requests without a session so far

  // The loop's.
  size_t queued_bytes; // as the writer said last
  int64_t credit_ns;   // CPU time that may still be spent on compressed answers; below 0: none
  int64_t credit_at_ns;

  // Everyone's.
  _Atomic int64_t requests, responses;
  _Atomic int64_t waiting; // records that the record_queue has not made yet
  _Atomic int64_t dropped; // records lost before the writer, which counts its own
  _Atomic size_t
      held_bytes; // bodies of entries whose record is not written yet, and entries the record_queue has
};

// What became of a body.
enum recorder_body_state {
  RECORDER_BODY_KEPT,
  RECORDER_BODY_TOO_LONG,
  RECORDER_BODY_UNREADABLE,
  RECORDER_BODY_INCOMPLETE, // of a request that its client did not send to the end
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
  struct recorder_entry *previous, *next; // under entries_lock
  int64_t arrived_ns;                     // never changes

  // The loop's, until the request is handed over (request_job): then the record_queue's.
  struct record_task request_job;
  char *method, *target;
  struct buf headers; // the JSON object of the record
  struct buf session; // the client's own id, or what the record_queue finds
  struct buf secrets; // that it carried (carried.h): they may stand elsewhere too
  struct recorder_body body;
  int64_t body_bytes;
  enum api api;
  int64_t seq; // -1: no request record
  struct conversation_place place;
  struct trace_request anonymous; // waits for the response when anonymising
  struct buf anonymous_texts;     // what its slices point to

  // The loop's, until the exchange has ended (end_job): then the record_queue's.
  struct record_task end_job;
  enum api asked;  // by the path alone
  bool handed;     // the request is the record_queue's
  bool responding; // `response` is open
  struct response response;
  bool unpacks_beside;         // `response` is the record_queue's already; what comes goes there in pieces
  bool lacks_piece;            // there was no room for one
  struct recorder_body answer; // gathered with --bodies both
  struct conversation_answer heard; // so far

  // The loop's, until a stream says that it is complete, which is before its connection says so.
  struct record_task answer_job;
  bool answered;
  struct conversation_answer whole;

  struct recorder_ending ending;

  atomic_bool skipped; // by the record_queue: no record is written of it
};

// Adds to a body as far as --max-body and --queue allow.
void recorder_body_add(struct recorder *recorder, struct recorder_body *body, const char *data, size_t len);

// Replaces a compressed body by what it holds, so that secrets in it are found. What cannot be read is not
// recorded.
void recorder_body_decode(struct recorder *recorder, struct recorder_body *body);

// Appends the body as a record has it, without secrets; `taken` (NULL allowed) gets those that it had. One
// that cannot be searched becomes RECORDER_BODY_UNREADABLE.
enum trace_body recorder_body_clean(const struct recorder *recorder, struct recorder_body *body,
                                    struct buf *out, struct buf *taken);

// Lets go of what was gathered; `why` it is not recorded, unless there was another reason before.
void recorder_body_give_up(struct recorder *recorder, struct recorder_body *body,
                           enum recorder_body_state why);

void recorder_body_free(struct recorder *recorder, struct recorder_body *body);

// Formats a record whose time is `start_ns` less. It may be asked twice, when a new segment begins meanwhile.
typedef void recorder_format(struct buf *line, const void *record, int64_t start_ns);

// Hands a record to the writer and counts what became of it. On the record_queue's thread.
void recorder_write(struct recorder *recorder, recorder_format *format, const void *record, bool is_request);

// The same for a request's record, its time an instant of clock_now_ns.
void recorder_write_request(struct recorder *recorder, const struct trace_request *request);

// There is room in --queue for `len` bytes more. On the loop's thread.
bool recorder_has_room(struct recorder *recorder, size_t len);

// The exchange is over and its request never came whole: known by its size so far. Not when anonymising,
// where nothing but sizes is recorded, and the size of a part has no use.
void recorder_request_incomplete(struct recorder_entry *entry);

// The jobs of an entry.
void recorder_make_request(void *entry);
void recorder_take_answer(void *entry);
void recorder_make_response(void *entry);

// Gives everything back; nothing is written.
void recorder_entry_free(struct recorder_entry *entry);

// A text as a slice, for a record.
struct json_slice recorder_text(const char *text);

#endif
