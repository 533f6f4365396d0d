// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/trace.h"

#include "lib/json/json_write.h"
#include "lib/record/field.h"

// Writing, in the order of the tables below.

static void member_text_if(struct json_writer *w, const char *key, struct json_slice text) {
  if (text.data) json_member_text(w, key, text);
}

static void member_count_if(struct json_writer *w, const char *key, int64_t count) {
  if (count >= 0) json_member_int(w, key, count);
}

static struct json_writer begin(struct buf *out, const char *type) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_string(&w, "type", type);
  return w;
}

void trace_format_header(struct buf *out, const struct trace_header *header) {
  struct json_writer w = begin(out, "trace");
  json_member_int(&w, "version", header->version);
  json_member_number(&w, "start_unix_s", header->start_unix_s);
  member_text_if(&w, "tool", header->tool);
  member_text_if(&w, "upstream", header->upstream);
  json_write_object_end(&w);
}

static void format_body(struct json_writer *w, enum trace_body kind, struct json_slice body, bool truncated) {
  bool json = kind == TRACE_BODY_JSON;
  if (json && !json_slice_is(body, "null")) {
    json_member_compact(w, "body", body);
  } else if (json || kind == TRACE_BODY_TEXT) { // "body":null would say that there is none
    json_member_text(w, "body_text", body);
  } else if (kind == TRACE_BODY_BASE64) {
    json_member_text(w, "body_base64", body);
  }
  if (truncated) json_member_bool(w, "body_truncated", true);
}

void trace_format_request(struct buf *out, const struct trace_request *request) {
  struct json_writer w = begin(out, "request");
  json_member_count(&w, "seq", request->seq);
  json_member_duration(&w, "t_s", request->t_ns);
  member_text_if(&w, "session", request->session);
  member_text_if(&w, "method", request->method);
  member_text_if(&w, "path", request->path);
  if (request->headers.data) json_member_compact(&w, "headers", request->headers);
  format_body(&w, request->body_kind, request->body, request->body_truncated);
  member_count_if(&w, "body_bytes", request->body_bytes);
  member_text_if(&w, "api", request->api);
  member_text_if(&w, "model", request->model);
  json_member_bool(&w, "stream", request->stream);
  member_count_if(&w, "input_tokens", request->input_tokens);
  member_count_if(&w, "output_tokens", request->output_tokens);
  member_text_if(&w, "token_source", request->token_source);
  if (request->prefix_blocks.data) json_member_compact(&w, "prefix_blocks", request->prefix_blocks);
  member_count_if(&w, "block_tokens", request->block_tokens);
  if (request->media_parts > 0) {
    json_member_int(&w, "media_parts", request->media_parts);
    json_member_int(&w, "media_bytes", request->media_bytes);
  }
  json_write_object_end(&w);
}

void trace_format_response(struct buf *out, const struct trace_response *response) {
  struct json_writer w = begin(out, "response");
  json_member_count(&w, "seq", response->seq);
  json_member_duration(&w, "t_s", response->t_ns);
  json_member_count(&w, "status", response->status);
  json_member_duration(&w, "ttfb_s", response->ttfb_ns);
  json_member_duration(&w, "ttft_s", response->ttft_ns);
  if (response->ttfa_ns > 0) json_member_duration(&w, "ttfa_s", response->ttfa_ns);
  json_member_duration(&w, "latency_s", response->latency_ns);
  json_member_count(&w, "input_tokens", response->input_tokens);
  json_member_count(&w, "output_tokens", response->output_tokens);
  member_count_if(&w, "cached_tokens", response->cached_tokens);
  json_member_text(&w, "token_source", response->token_source);
  json_member_count(&w, "events", response->events);
  json_member_count(&w, "bytes", response->bytes);
  json_member_text(&w, "finish", response->finish);
  json_member_text(&w, "error", response->error);
  json_member_text(&w, "aborted_by", response->aborted_by);
  member_text_if(&w, "error_text", response->error_text);
  member_text_if(&w, "answer_id", response->answer_id);
  if (response->attempts > 1) json_member_count(&w, "attempts", response->attempts);
  format_body(&w, response->body_kind, response->body, response->body_truncated);
  json_write_object_end(&w);
}

void trace_format_end(struct buf *out, const struct trace_end *end) {
  struct json_writer w = begin(out, "end");
  json_member_count(&w, "requests", end->requests);
  json_member_count(&w, "responses", end->responses);
  json_member_count(&w, "dropped", end->dropped);
  json_write_object_end(&w);
}

// Reading.

static enum status parse_body_into(struct field_context *context, const struct field *field,
                                   struct json_slice value, enum trace_body *kind) {
  if (json_scan_kind(value) == JSON_NULL) return STATUS_OK;
  struct field as = *field;
  bool json = json_slice_is((struct json_slice){field->name, field->name_len}, "body");
  as.kind = json ? FIELD_JSON : FIELD_TEXT;
  *kind = json                                     ? TRACE_BODY_JSON
          : field->name[sizeof "body_" - 1] == 't' ? TRACE_BODY_TEXT
                                                   : TRACE_BODY_BASE64;
  return field_parse(context, &as, value);
}

static enum status parse_request_body(struct field_context *context, const struct field *field,
                                      struct json_slice value) {
  struct trace_request *request = context->into;
  return parse_body_into(context, field, value, &request->body_kind);
}

static enum status parse_response_body(struct field_context *context, const struct field *field,
                                       struct json_slice value) {
  struct trace_response *response = context->into;
  return parse_body_into(context, field, value, &response->body_kind);
}

#define BODY(record, json_name, reader)                                                                      \
  {                                                                                                          \
    .name = (json_name), .name_len = sizeof(json_name) - 1, .kind = FIELD_CUSTOM,                            \
    .offset = offsetof(struct record, body), .read = (reader)                                                \
  }

static const struct field header_fields[] = {
    FIELD_REQUIRED(trace_header, version, "version", FIELD_COUNT),
    FIELD_REQUIRED(trace_header, start_unix_s, "start_unix_s", FIELD_NUMBER),
    FIELD(trace_header, tool, "tool", FIELD_TEXT),
    FIELD(trace_header, upstream, "upstream", FIELD_TEXT),
    {.name = NULL},
};

static const struct field request_fields[] = {
    FIELD_REQUIRED(trace_request, seq, "seq", FIELD_COUNT),
    FIELD_REQUIRED(trace_request, t_ns, "t_s", FIELD_DURATION),
    FIELD(trace_request, session, "session", FIELD_TEXT),
    FIELD(trace_request, method, "method", FIELD_TEXT),
    FIELD(trace_request, path, "path", FIELD_TEXT),
    FIELD(trace_request, headers, "headers", FIELD_OBJECT),
    BODY(trace_request, "body", parse_request_body),
    BODY(trace_request, "body_text", parse_request_body),
    BODY(trace_request, "body_base64", parse_request_body),
    FIELD(trace_request, body_truncated, "body_truncated", FIELD_BOOL),
    FIELD(trace_request, body_bytes, "body_bytes", FIELD_COUNT),
    FIELD(trace_request, api, "api", FIELD_TEXT),
    FIELD(trace_request, model, "model", FIELD_TEXT),
    FIELD(trace_request, stream, "stream", FIELD_BOOL),
    FIELD(trace_request, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD(trace_request, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD(trace_request, token_source, "token_source", FIELD_TEXT),
    FIELD(trace_request, prefix_blocks, "prefix_blocks", FIELD_ARRAY),
    FIELD(trace_request, block_tokens, "block_tokens", FIELD_COUNT),
    FIELD(trace_request, media_parts, "media_parts", FIELD_COUNT),
    FIELD(trace_request, media_bytes, "media_bytes", FIELD_COUNT),
    {.name = NULL},
};

static const struct field response_fields[] = {
    FIELD_REQUIRED(trace_response, seq, "seq", FIELD_COUNT),
    FIELD(trace_response, t_ns, "t_s", FIELD_DURATION),
    FIELD(trace_response, status, "status", FIELD_COUNT),
    FIELD(trace_response, ttfb_ns, "ttfb_s", FIELD_DURATION),
    FIELD(trace_response, ttft_ns, "ttft_s", FIELD_DURATION),
    FIELD(trace_response, ttfa_ns, "ttfa_s", FIELD_DURATION),
    FIELD(trace_response, latency_ns, "latency_s", FIELD_DURATION),
    FIELD(trace_response, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD(trace_response, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD(trace_response, cached_tokens, "cached_tokens", FIELD_COUNT),
    FIELD(trace_response, token_source, "token_source", FIELD_TEXT),
    FIELD(trace_response, events, "events", FIELD_COUNT),
    FIELD(trace_response, bytes, "bytes", FIELD_COUNT),
    FIELD(trace_response, finish, "finish", FIELD_TEXT),
    FIELD(trace_response, error, "error", FIELD_TEXT),
    FIELD(trace_response, aborted_by, "aborted_by", FIELD_TEXT),
    FIELD(trace_response, error_text, "error_text", FIELD_TEXT),
    FIELD(trace_response, answer_id, "answer_id", FIELD_TEXT),
    FIELD(trace_response, attempts, "attempts", FIELD_COUNT),
    BODY(trace_response, "body", parse_response_body),
    BODY(trace_response, "body_text", parse_response_body),
    BODY(trace_response, "body_base64", parse_response_body),
    FIELD(trace_response, body_truncated, "body_truncated", FIELD_BOOL),
    {.name = NULL},
};

static const struct field end_fields[] = {
    FIELD(trace_end, requests, "requests", FIELD_COUNT),
    FIELD(trace_end, responses, "responses", FIELD_COUNT),
    FIELD(trace_end, dropped, "dropped", FIELD_COUNT),
    {.name = NULL},
};

static const struct field no_fields[] = {{.name = NULL}};

static enum status read_header(struct field_context *context, struct trace_header *header) {
  *header = (struct trace_header){.version = -1};
  context->into = header;
  enum status status = field_read(context, header_fields);
  if (status == STATUS_OK && header->version > TRACE_VERSION) {
    return status_fail(context->error, STATUS_FORMAT,
                       "trace version %lld is newer than this program supports (%d)",
                       (long long)header->version, TRACE_VERSION);
  }
  return status;
}

static enum status read_request(struct field_context *context, struct trace_request *request) {
  *request =
      (struct trace_request){.body_bytes = -1, .input_tokens = -1, .output_tokens = -1, .block_tokens = -1};
  context->into = request;
  return field_read(context, request_fields);
}

static enum status read_response(struct field_context *context, struct trace_response *response) {
  *response = (struct trace_response){.t_ns = -1,
                                      .status = -1,
                                      .ttfb_ns = -1,
                                      .ttft_ns = -1,
                                      .latency_ns = -1,
                                      .input_tokens = -1,
                                      .output_tokens = -1,
                                      .cached_tokens = -1,
                                      .events = -1,
                                      .bytes = -1,
                                      .attempts = 1};
  context->into = response;
  return field_read(context, response_fields);
}

static enum status read_end(struct field_context *context, struct trace_end *end) {
  *end = (struct trace_end){-1, -1, -1};
  context->into = end;
  return field_read(context, end_fields);
}

enum status trace_parse(const char *line, size_t len, struct trace_record *out, struct buf *scratch,
                        struct error *error) {
  struct field_context context = {.scratch = scratch, .error = error};
  struct trace_record record = {.kind = TRACE_OTHER};
  struct json_slice type;
  buf_clear(scratch);
  enum status status = field_start(&context, line, len, &type);
  if (status) return status;
  if (json_slice_is(type, "request")) {
    record.kind = TRACE_REQUEST;
    status = read_request(&context, &record.request);
  } else if (json_slice_is(type, "response")) {
    record.kind = TRACE_RESPONSE;
    status = read_response(&context, &record.response);
  } else if (json_slice_is(type, "trace")) {
    record.kind = TRACE_HEADER;
    status = read_header(&context, &record.header);
  } else if (json_slice_is(type, "end")) {
    record.kind = TRACE_END;
    status = read_end(&context, &record.end);
  } else {
    status = field_read(&context, no_fields);
  }
  status = field_finish(&context, status);
  if (status == STATUS_OK) *out = record;
  return status;
}
