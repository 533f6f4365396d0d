// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes a trace as a file of others' tools: one file per format, all behind one table.
#ifndef CAPTURE_EXPORT_H
#define CAPTURE_EXPORT_H

#include "capture/convert/import.h"
#include "lib/base/status.h"
#include "lib/lines/gzline.h"
#include "lib/record/trace.h"

struct export_state;

struct export_format {
  const char *name;   // as --export names it
  const char *writes; // what files these are, a few words for a person
  // Appends the line of one request. STATUS_END (of export_leave_out): the format cannot express it.
  // `response` may be NULL.
  enum status (*format)(struct export_state *state, const struct trace_request *request,
                        const struct trace_response *response, struct buf *line, struct error *error);
};

#define EXPORT_NAMES "mooncake, vegeta or openai-batch"
extern const struct export_format export_formats[]; // ends with a row whose name is NULL

// The format of that name; NULL: none.
const struct export_format *export_find(const char *name);

struct export_options {
  struct import_options source; // path, skip_bad and anonymize count; the file is a trace
  const char *url;              // where vegeta's requests go: "http://host:port"; NULL: the trace's upstream
};

// Reads the trace and writes the requests that the format can express to `writer`, which stays open; the
// others are counts->left_out. Errors as import_run's; STATUS_USAGE: vegeta without any URL. `counts` is
// written in any case.
enum status export_run(const struct export_format *format, const struct export_options *options,
                       struct gzline_writer *writer, struct import_counts *counts,
                       struct error *error) MUST_USE;

#endif
