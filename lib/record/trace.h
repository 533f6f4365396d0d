// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trace records (traces/FORMAT.md): what capture writes and replay reads.
//
// A file is one or more segments; each starts with a header that carries the wall-clock time of its start,
// and every instant in it is seconds since then on the monotonic clock.
//
// Text members are slices: in a record that was read they point into the line and live until the next read;
// escapes are resolved. {NULL, 0} is "not there". Counts and times that are not known are -1.
#ifndef LIB_RECORD_TRACE_H
#define LIB_RECORD_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"
#include "lib/lines/gzline.h"

#define TRACE_VERSION 1

enum trace_kind { TRACE_HEADER, TRACE_REQUEST, TRACE_RESPONSE, TRACE_END, TRACE_OTHER };

struct trace_header {
  int64_t version;
  double start_unix_s;
  struct json_slice tool;     // "capture 0.1.0"
  struct json_slice upstream; // without userinfo
};

enum trace_body { TRACE_BODY_NONE, TRACE_BODY_JSON, TRACE_BODY_TEXT, TRACE_BODY_BASE64 };

struct trace_request {
  int64_t seq;
  int64_t t_ns; // since the segment's start
  struct json_slice session, method, path, api, model;
  struct json_slice headers; // a JSON object of strings, as written
  enum trace_body body_kind;
  struct json_slice body; // JSON: the value as text; TEXT: the text; BASE64: the encoded text
  bool body_truncated;    // over --max-body: only its size is known
  int64_t body_bytes;     // -1: missing
  bool stream;
  int64_t input_tokens, output_tokens; // of a request known by its size; -1 otherwise
  struct json_slice token_source;      // of input_tokens: a server's ("usage", "timings") or "estimate"
  struct json_slice prefix_blocks;     // a JSON array of ids
  int64_t block_tokens;                // -1
  int64_t media_parts, media_bytes;    // images, audio and files among its text; 0: none
};

struct trace_response {
  int64_t seq;
  int64_t t_ns;   // when it was over, since the segment's start
  int64_t status; // HTTP; -1: none came
  int64_t ttfb_ns, ttft_ns, latency_ns;
  int64_t input_tokens, output_tokens, cached_tokens;
  struct json_slice token_source, finish;
  int64_t events, bytes;
  struct json_slice error;      // a failure class; none: success
  struct json_slice aborted_by; // "client", "upstream"
  struct json_slice error_text; // the server's message, shortened
  int64_t attempts;             // 1 (also when missing); 2: sent again once on a fresh connection
  enum trace_body body_kind;
  struct json_slice body; // as in a request
  bool body_truncated;
  int64_t ttfa_ns;             // to the first text of the answer, where thoughts came before it; 0: none did
  struct json_slice answer_id; // by which a later request continues it (previous_response_id)
};

struct trace_end {
  int64_t requests, responses, dropped;
};

struct trace_record {
  enum trace_kind kind;
  union {
    struct trace_header header;
    struct trace_request request;
    struct trace_response response;
    struct trace_end end;
  };
};

// Records of which nothing is known: every count and time -1, attempts 1.
struct trace_request trace_blank_request(void);
struct trace_response trace_blank_response(void);

// Each appends one line (no newline) to `out`; failure sticks in out->status.
void trace_format_header(struct buf *out, const struct trace_header *header);
void trace_format_request(struct buf *out, const struct trace_request *request);
void trace_format_response(struct buf *out, const struct trace_response *response);
void trace_format_end(struct buf *out, const struct trace_end *end);

// Reads one line. `scratch` holds texts whose escapes had to be resolved; it is cleared first and must live
// as long as the record. STATUS_FORMAT, the error names the member: no JSON object, a member of the wrong
// type, a version that is newer than TRACE_VERSION, or a missing version or start_unix_s (header), seq
// (request, response) or t_s (request). STATUS_MEMORY, STATUS_LIMIT (of scratch). A "type" that is not known
// is TRACE_OTHER and no error.
enum status trace_parse(const char *line, size_t len, struct trace_record *out, struct buf *scratch,
                        struct error *error) MUST_USE;

// Reads a whole file, record by record, over segments, and keeps the books.
struct trace_reader;
struct trace_reader_counts {
  int64_t segments, requests, responses, ends;
  int64_t bad_lines;      // complete lines that are no record
  int64_t first_bad_line; // its number, 0: none
  int64_t dropped;        // sum of the end records
  struct gzline_damage damage;
};
enum status trace_reader_open(const char *path, struct trace_reader **out, struct error *error) MUST_USE;

// STATUS_END at the end, at once when there is no line at all. A first record that is no trace header is
// STATUS_FORMAT ("PATH: line 1: not a trace:
// ..."); later bad lines are counted and skipped; records of another type are skipped. `start_unix_s` is that
// of the segment the record belongs to (NULL allowed).
enum status trace_read(struct trace_reader *reader, struct trace_record *out, double *start_unix_s,
                       struct error *error) MUST_USE;
struct trace_reader_counts trace_reader_counts(const struct trace_reader *reader);
void trace_reader_close(struct trace_reader *reader); // takes NULL

#endif
