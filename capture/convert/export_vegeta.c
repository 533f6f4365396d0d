// SPDX-License-Identifier: GPL-3.0-or-later
//
// vegeta's targets in its JSON format: method, url, header (names to arrays of values), body (base64). Times
// are lost: vegeta has a rate.
#include "capture/convert/export_parts.h"
#include "lib/http/base64.h"
#include "lib/json/json_write.h"

static struct json_slice base_of(const struct export_state *state) {
  const char *url = state->options->url;
  return url ? (struct json_slice){url, strlen(url)} : state->upstream;
}

static void write_headers(struct json_writer *w, struct json_slice headers, struct buf *name_text) {
  struct json_scan scan = json_scan_start(headers);
  struct json_slice name, value;
  json_write_key(w, "header");
  json_write_object(w);
  while (json_scan_member(&scan, &name, &value)) {
    buf_clear(name_text);
    buf_append(name_text, name.data, name.len);
    json_write_key(w, buf_text(name_text));
    json_write_array(w);
    json_write_raw(w, value);
    json_write_array_end(w);
  }
  json_write_object_end(w);
}

static void write_body(struct json_writer *w, const struct trace_request *request, struct buf *scratch) {
  buf_clear(scratch);
  if (request->body_kind == TRACE_BODY_BASE64) {
    json_member_text(w, "body", request->body);
  } else if (request->body_kind != TRACE_BODY_NONE) {
    base64_encode(request->body, scratch);
    if (scratch->status) w->out->status = scratch->status;
    json_member_text(w, "body", (struct json_slice){scratch->data, scratch->len});
  }
}

enum status export_vegeta(struct export_state *state, const struct trace_request *request,
                          const struct trace_response *response, struct buf *line, struct error *error) {
  (void)response;
  struct json_slice base = base_of(state);
  enum import_reason why;
  if (export_lacks_body(request, &why)) return export_leave_out(state, why);
  if (!request->method.data || !request->path.data) return export_leave_out(state, IMPORT_NO_POST);
  if (base.len == 0)
    return status_fail(error, STATUS_USAGE, "the trace names no upstream: give --upstream URL");
  buf_append(&state->scratch, base.data, base.len);
  while (state->scratch.len > 0 && state->scratch.data[state->scratch.len - 1] == '/')
    state->scratch.len--;
  buf_append(&state->scratch, request->path.data, request->path.len);
  if (state->scratch.status) return status_memory(error);
  struct json_writer w = JSON_WRITER(line);
  json_write_object(&w);
  json_member_text(&w, "method", request->method);
  json_member_text(&w, "url", (struct json_slice){state->scratch.data, state->scratch.len});
  write_body(&w, request, &state->scratch);
  if (request->headers.data) write_headers(&w, request->headers, &state->scratch);
  json_write_object_end(&w);
  return STATUS_OK;
}
