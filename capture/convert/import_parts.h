// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the importers share: reading the source in its shape (lines, a table, one document), and writing
// records. Private to capture/import*.c.
//
// A function that takes one line (row, entry) returns STATUS_FORMAT and sets the error when that line is bad;
// whether this ends the import is decided here. Any other failure ends it.
#ifndef CAPTURE_IMPORT_PARTS_H
#define CAPTURE_IMPORT_PARTS_H

#include "capture/content/conversation.h"
#include "capture/convert/import.h"
#include "lib/json/json_scan.h"
#include "lib/llm/api.h"
#include "lib/record/field.h"
#include "lib/record/trace.h"

enum status import_azure(struct import *import, struct error *error);
enum status import_burstgpt(struct import *import, struct error *error);
enum status import_har(struct import *import, struct error *error);
enum status import_made(struct import *import, struct error *error);
enum status import_mooncake(struct import *import, struct error *error);
enum status import_openai_batch(struct import *import, struct error *error);
enum status import_prompts(struct import *import, struct error *error);
enum status import_sharegpt(struct import *import, struct error *error);
enum status import_trace(struct import *import, struct error *error);
enum status import_vegeta(struct import *import, struct error *error);

const struct import_options *import_options_of(const struct import *import);

// A generating request known by its size alone: POST /v1/chat/completions, streaming.
struct trace_request import_sized_request(void);

// Starts a segment. `start_unix_s` is the wall clock at t_s = 0 (0: unknown); `upstream` may
// be {NULL, 0}. A format that does not call it has (0, none) at its first request.
enum status import_start(struct import *import, double start_unix_s, struct json_slice upstream,
                         struct error *error) MUST_USE;

// Writes a request and, unless NULL, the response to it (whose seq is set here), anonymised if asked for.
// STATUS_FORMAT for a time before the start.
enum status import_add(struct import *import, const struct trace_request *request,
                       const struct trace_response *response, struct error *error) MUST_USE;

// Writes a response alone, to a request that was written before; its seq names it.
enum status import_add_response(struct import *import, const struct trace_response *response,
                                struct error *error) MUST_USE;

// Something that yields no record, and why.
void import_leave_out(struct import *import, enum import_reason reason);

// One thing is bad, `error` names it and the reason. STATUS_OK: skipped and counted; STATUS_FORMAT: the end.
enum status import_bad(struct import *import, struct error *error) MUST_USE;

// Calls `on_line` with each line that is not blank. It may use `scratch` freely; it is empty each time.
typedef enum status import_on_line(struct import *import, void *state, struct json_slice line,
                                   struct buf *scratch, struct error *error);
enum status import_lines(struct import *import, import_on_line *on_line, void *state,
                         struct error *error) MUST_USE;
// The same with blank lines.
enum status import_all_lines(struct import *import, import_on_line *on_line, void *state,
                             struct error *error) MUST_USE;

// CSV (lib/lines/csv.h) whose first record names the columns, in any order. `cells` are
// those of `columns`, in that order; {NULL, 0} for an optional column that the table has not.
struct import_column {
  const char *name;
  bool optional;
};
#define IMPORT_COLUMNS_MAX 16
typedef enum status import_on_row(struct import *import, void *state, const struct json_slice *cells,
                                  struct error *error);
// `columns` ends with a row whose name is NULL, at most IMPORT_COLUMNS_MAX.
enum status import_table(struct import *import, const struct import_column *columns, import_on_row *on_row,
                         void *state, struct error *error) MUST_USE;

// Appends the whole source to `text` and validates it as one JSON value. STATUS_FORMAT with the place,
// STATUS_LIMIT over IMPORT_DOCUMENT_BYTES.
enum status import_document(struct import *import, struct buf *text, struct json_slice *root,
                            struct error *error) MUST_USE;

// Calls `on_element` with each element of an array in the document `text`. A bad one is named by its number
// from 1 and its line: "line 12: entry 3: ...". `what` is the word ("entry", "conversation").
enum status import_elements(struct import *import, const struct buf *text, struct json_slice array,
                            const char *what, import_on_line *on_element, void *state,
                            struct error *error) MUST_USE;

// Digits alone, 0 to 2^53: a cell's count of tokens. false, and `out` untouched, otherwise.
bool import_count(struct json_slice cell, int64_t *out);

// Decimal seconds, at least 0, in nanoseconds. false, and `out` untouched, otherwise.
bool import_seconds(struct json_slice cell, int64_t *out_ns);

// "2023-11-16 18:17:03.9799600", "2024-05-10T00:00:00Z", "...+02:00": nanoseconds since 1970 UTC; without a
// zone it is taken as UTC. Years 1970 to 2199, up to 9 decimals (more are cut). false otherwise.
bool import_time(struct json_slice text, int64_t *out_unix_ns);

// A request that was recorded as HTTP. Slices; {NULL, 0} where there is none.
struct import_http {
  int64_t t_ns;
  struct json_slice method;
  struct json_slice url;     // absolute, or path and query; only the latter are kept
  struct json_slice headers; // what import_http_header gathered: the members of a JSON object without braces
  struct json_slice body;    // its bytes
  struct json_slice session;
  struct session_table *sessions;           // not NULL: where a request that names no session finds its own
  const struct conversation_answer *answer; // the answer to it; NULL: not known
};

// Appends a header to those of a request, unless it is none that is recorded. The name in lower
// case.
void import_http_header(const struct import *import, struct json_slice name, struct json_slice value,
                        struct buf *headers);

// The API that method, path and body address; API_HTTP also for what could not be sent.
enum api import_http_api(const struct import_http *http);

// Writes it as import_add does: secrets taken out, API, model and streaming read from path and body.
// STATUS_FORMAT for a method or URL that could not be sent.
enum status import_add_http(struct import *import, const struct import_http *http,
                            const struct trace_response *response, struct error *error) MUST_USE;

#endif
