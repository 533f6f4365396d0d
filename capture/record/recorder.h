// SPDX-License-Identifier: GPL-3.0-or-later
//
// Turns exchanges into trace records beside the data path: the caller's thread copies bytes and never waits;
// a thread of the recorder's own (record_queue.h) decodes, takes secrets out, finds conversations and
// formats, so that a body of many megabytes holds up nobody. When it cannot keep up it loses records
// (counted), never traffic. Nothing is handed to the writer before its secrets are taken out.
//
// An entry is the recorder's side of one exchange. Every function that takes an entry takes NULL too (an
// exchange that is not recorded).
#ifndef CAPTURE_RECORDER_H
#define CAPTURE_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/content/anonymize.h"
#include "capture/record/tracefile.h"
#include "lib/base/names.h"
#include "lib/base/status.h"
#include "lib/http/head.h"
#include "lib/llm/response.h"
#include "lib/llm/unknown_apis.h"

struct recorder;
struct recorder_entry;

struct recorder_options {
  const char *path; // "-": standard output
  struct tracefile_rotation rotation;
  bool handover;                                                 // see tracefile_options
  const char *upstream;                                          // for the header record; without userinfo
  bool keep_bodies;                                              // of requests
  bool keep_answers;                                             // bodies of responses
  const struct names *keep_headers, *redact, *include, *exclude; // borrowed
  struct anonymize *anonymize;                                   // NULL: texts are recorded; borrowed
  double sample;
  size_t max_body_bytes; // a longer one is known by its size
  size_t queue_bytes;    // cap of bodies being gathered and lines not yet on disk, in sum
  int64_t flush_interval_ns;
  struct unknown_apis *unknown; // counts requests of APIs that are not known, until recorder_close; borrowed
};

struct recorder_counts {
  int64_t requests, responses; // records that the writer took (it may have dropped some later)
  int64_t dropped;       // records, and bodies of responses, lost for want of room, of time or to the disk
  int64_t waiting;       // records that are still to be made of what came
  int64_t waiting_bytes; // what came for them
  struct gzline_counts writer;
};

// Opens the file and writes the segment's header. A file that holds a trace is continued: `seq` and session
// numbers go on from the largest in it. STATUS_FORMAT when it holds anything else, STATUS_IO; error is set.
enum status recorder_open(const struct recorder_options *options, struct recorder **out,
                          struct error *error) MUST_USE;

// Makes what records are still waiting, as far as it gets until `deadline_ns` (of clock_now_ns), counts the
// rest as dropped, writes the end record, closes the file and frees always. `counts` (NULL allowed) are the
// final ones. All entries must have ended. Takes NULL. STATUS_IO when the last bytes could not be
// written. *is_abandoned (NULL allowed): a record was still being made; what recorder_options points to is in
// use until the process ends.
enum status recorder_close(struct recorder *recorder, int64_t deadline_ns, struct recorder_counts *counts,
                           bool *is_abandoned, struct error *error);

struct recorder_counts recorder_counts(struct recorder *recorder);

// The file that is written now.
const char *recorder_path(const struct recorder *recorder);

// Begins a new file, a segment of its own, when --rotate asks for it (`on_demand` false) or because the
// operator does; see tracefile_next for what becomes of *changed (NULL allowed). Not from within another
// function of the recorder. Numbers go on. On failure recording goes on where it was.
enum status recorder_rotate(struct recorder *recorder, bool on_demand, bool *changed, struct error *error);

// What went wrong with a file that is no longer written, since the last call.
bool recorder_take_trouble(struct recorder *recorder, struct error *error);

// A request has arrived. NULL: it is not recorded, by --include or --exclude or (counted) for want of memory.
// The head is read now and not kept.
struct recorder_entry *recorder_begin(struct recorder *recorder, const struct head *head, int64_t arrived_ns);
void recorder_body(struct recorder_entry *entry, const char *data, size_t len);
// The request's body is complete: its record will be written. When anonymising it is written with the
// response's, since only that says how many tokens the server counted; and only requests that ask for text
// are recorded at all.
void recorder_request_complete(struct recorder_entry *entry);

// The response's head, and its body bytes as they come (copied from, never kept as they are).
void recorder_head(struct recorder_entry *entry, int status, struct json_slice content_type,
                   struct json_slice content_encoding);
// True when the answer is over by its own account (response_is_over); never for one that another
// thread unpacks.
bool recorder_data(struct recorder_entry *entry, const char *data, size_t len, int64_t now_ns);

// How the exchange with the upstream ended. Instants of clock_now_ns; -1: did not happen.
struct recorder_ending {
  int status; // HTTP; 0: none came
  int64_t sent_ns, first_byte_ns, done_ns;
  enum failure transport;
  const char *aborted_by; // "client", "upstream" or NULL
  int attempts;           // times it was sent; 2: a kept connection was dead
};

// Has the response's record written and gives the entry up. A request that was not complete is recorded now,
// without its body (with its size so far), except when anonymising.
void recorder_end(struct recorder_entry *entry, const struct recorder_ending *ending);

#endif
