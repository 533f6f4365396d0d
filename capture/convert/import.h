// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes a trace of what others recorded: one file per foreign format, all behind one table.
//
// A new format is one file import_NAME.c with one function, its declaration in import_parts.h, and one row in
// import.c.
#ifndef CAPTURE_IMPORT_H
#define CAPTURE_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/content/anonymize.h"
#include "lib/base/names.h"
#include "lib/base/status.h"
#include "lib/lines/gzline.h"
#include "lib/llm/api.h"
#include "lib/llm/unknown_apis.h"
#include "lib/record/trace.h"

#define IMPORT_DOCUMENT_BYTES                                                                                \
  ((size_t)1 << 30) // a format that is one JSON text is held in memory, up to here

struct import; // one import under way; import_parts.h

struct import_format {
  const char *name;  // as --import names it
  const char *reads; // what files these are, a few words for a person
  enum status (*run)(struct import *import, struct error *error);
  bool takes_request; // the options name API, model and limit of its requests
  bool reads_no_file; // the path is what it is made from
};

#define IMPORT_NAMES "mooncake, azure, burstgpt, har, vegeta, openai-batch, sharegpt, trace, prompts or made"
extern const struct import_format import_formats[]; // ends with a row whose name is NULL

// The format of that name; NULL: none.
const struct import_format *import_find(const char *name);

// Of a segment's header.
struct import_segment {
  double start_unix_s;        // 0: unknown
  struct json_slice upstream; // {NULL, 0}: unknown
};

// Why something well-formed is not among the records.
enum import_reason {
  IMPORT_ASKS_NOTHING,  // no language model is asked for text
  IMPORT_BAD_UNRELATED, // the same, of an entry that cannot be read whole
  IMPORT_NO_QUESTION,   // a conversation without a message of a user
  // What an export's format cannot express:
  IMPORT_SIZE_ONLY,   // a body of which only the size is known
  IMPORT_CUT_BODY,    // a body that was not recorded: body_truncated
  IMPORT_NO_OBJECT,   // no body that is a JSON object
  IMPORT_NO_POST,     // no method and path that the format takes
  IMPORT_OTHER_API,   // an API that the format is not for
  IMPORT_NO_COUNTS,   // input or output tokens are not known
  IMPORT_LONG_PROMPT, // more input tokens than a prompt has
  IMPORT_REASON_COUNT
};

// Takes a request instead of the trace's file: what an exporter does. `response` may be NULL. The slices live
// during the call. STATUS_END: it cannot be expressed there, and is left out; `why` is written then.
typedef enum status import_on_request(void *context, const struct import_segment *segment,
                                      const struct trace_request *request,
                                      const struct trace_response *response, enum import_reason *why,
                                      struct error *error);

struct import_options {
  const char *path;                 // plain or gzip; "-": standard input; of `made` the numbers themselves
  enum api api;                     // of formats that take a request: its API; API_HTTP: openai.chat
  const char *model;                // and its model; NULL: none
  int64_t max_tokens;               // and its limit; 0: none
  bool skip_bad;                    // skip and count bad lines instead of failing at the first
  const struct names *redact;       // more names of secrets; NULL: none; borrowed
  const struct names *keep_headers; // more headers to keep; NULL: none; borrowed
  struct anonymize *anonymize;      // NULL: texts are kept; borrowed
  import_on_request *on_request;    // NULL: records go to the writer, which may be NULL otherwise
  void *on_request_context;
};

struct import_counts {
  int64_t requests, responses; // records written
  int64_t left_out[IMPORT_REASON_COUNT];
  int64_t bad;                 // skipped lines (entries, conversations) and broken places of the file
  struct unknown_apis unknown; // requests among the records
  struct error first_bad;      // "line 7: ..."; "": none
};

// All that was left out; and the text for a reason.
int64_t import_left_out(const struct import_counts *counts);
const char *import_reason_text(enum import_reason reason);

// Reads options->path as `format` and writes the records of a whole segment (header, requests, responses,
// end) to `writer`, which stays open. STATUS_FORMAT "PATH: line N: what is wrong" at the first bad line
// unless skip_bad; also when the file holds no request at all. STATUS_NOT_FOUND, STATUS_LIMIT (a document
// over IMPORT_DOCUMENT_BYTES), STATUS_IO, STATUS_MEMORY; error is set. `counts` is written in any case.
enum status import_run(const struct import_format *format, const struct import_options *options,
                       struct gzline_writer *writer, struct import_counts *counts,
                       struct error *error) MUST_USE;

#endif
