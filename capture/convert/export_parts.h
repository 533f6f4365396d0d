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
};

enum status export_mooncake(struct export_state *state, const struct trace_request *request,
                            const struct trace_response *response, struct buf *line, struct error *error);
enum status export_openai_batch(struct export_state *state, const struct trace_request *request,
                                const struct trace_response *response, struct buf *line, struct error *error);
enum status export_vegeta(struct export_state *state, const struct trace_request *request,
                          const struct trace_response *response, struct buf *line, struct error *error);

#endif
