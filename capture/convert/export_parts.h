// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the exporters share. Private to capture/export*.c.
#ifndef CAPTURE_EXPORT_PARTS_H
#define CAPTURE_EXPORT_PARTS_H

#include "capture/content/anonymize.h"
#include "capture/convert/export.h"

// What an export has besides the request at hand.
struct export_state {
  const struct export_options *options;
  struct json_slice upstream;  // of the segment's header; {NULL, 0}: none
  int64_t offset_ns;           // from the first segment's start to this one's
  struct anonymize *anonymize; // with a key of its own: for prompts that are still text
  struct buf scratch;
  enum import_reason why; // of the request that was left out last
};

// What an exporter returns for a request that its format cannot express: STATUS_END.
enum status export_leave_out(struct export_state *state, enum import_reason why) MUST_USE;

// The request had a body that the trace does not have; `why` is written in that case.
bool export_lacks_body(const struct trace_request *request, enum import_reason *why);

enum status export_mooncake(struct export_state *state, const struct trace_request *request,
                            const struct trace_response *response, struct buf *line, struct error *error);
enum status export_openai_batch(struct export_state *state, const struct trace_request *request,
                                const struct trace_response *response, struct buf *line, struct error *error);
enum status export_vegeta(struct export_state *state, const struct trace_request *request,
                          const struct trace_response *response, struct buf *line, struct error *error);

#endif
