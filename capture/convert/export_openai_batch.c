// SPDX-License-Identifier: GPL-3.0-or-later
//
// Input files of OpenAI's batch API: custom_id, method, url (a path) and body. A batch has no streams, so
// "stream" and "stream_options" are dropped from the bodies.
#include <stdio.h>

#include "capture/convert/export_parts.h"
#include "lib/json/json_write.h"
#include "lib/llm/api.h"

static void write_body(struct json_writer *w, struct json_slice body) {
  struct json_scan scan = json_scan_start(body);
  struct json_slice key, value;
  json_write_key(w, "body");
  json_write_object(w);
  while (json_scan_member(&scan, &key, &value)) {
    if (json_slice_is(key, "stream") || json_slice_is(key, "stream_options")) continue;
    // The key as it stands: its escapes are no business of ours.
    if (w->comma) buf_append_char(w->out, ',');
    buf_append_char(w->out, '"');
    buf_append(w->out, key.data, key.len);
    buf_append_text(w->out, "\":");
    buf_append(w->out, value.data, value.len);
    w->comma = true;
  }
  json_write_object_end(w);
}

enum status export_openai_batch(struct export_state *state, const struct trace_request *request,
                                const struct trace_response *response, struct buf *line,
                                struct error *error) {
  (void)response, (void)error;
  enum import_reason why;
  if (export_lacks_body(request, &why)) return export_leave_out(state, why);
  if (!json_slice_is(request->method, "POST") || !request->path.data)
    return export_leave_out(state, IMPORT_NO_POST);
  if (request->body_kind != TRACE_BODY_JSON || json_scan_kind(request->body) != JSON_OBJECT)
    return export_leave_out(state, IMPORT_NO_OBJECT);
  enum api api;
  if (api_from_name(request->api, &api) && api_dialect(api)->family > API_FAMILY_OPENAI)
    return export_leave_out(state, IMPORT_OTHER_API);
  struct json_writer w = JSON_WRITER(line);
  json_write_object(&w);
  char custom_id[32];
  snprintf(custom_id, sizeof custom_id, "request-%lld", (long long)request->seq);
  json_member_string(&w, "custom_id", custom_id);
  json_member_string(&w, "method", "POST");
  json_member_text(&w, "url", request->path);
  write_body(&w, request->body);
  json_write_object_end(&w);
  return STATUS_OK;
}
