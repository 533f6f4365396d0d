// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/trace.h"

#include "lib/record/field.h"

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

static void write_body(struct json_writer *w, enum trace_body kind, struct json_slice body) {
  bool json = kind == TRACE_BODY_JSON;
  if (json && !json_slice_is(body, "null")) {
    json_member_compact(w, "body", body);
  } else if (json || kind == TRACE_BODY_TEXT) { // "body":null would mean that there is none
    json_member_text(w, "body_text", body);
  } else if (kind == TRACE_BODY_BASE64) {
    json_member_text(w, "body_base64", body);
  }
}

static void write_request_body(struct json_writer *w, const struct field *field, const void *from) {
  const struct trace_request *request = from;
  (void)field;
  write_body(w, request->body_kind, request->body);
}

static void write_response_body(struct json_writer *w, const struct field *field, const void *from) {
  const struct trace_response *response = from;
  (void)field;
  write_body(w, response->body_kind, response->body);
}

static const struct field header_fields[] = {
    FIELD_REQUIRED(trace_header, version, "version", FIELD_COUNT),
    FIELD_REQUIRED(trace_header, start_unix_s, "start_unix_s", FIELD_NUMBER),
    FIELD_OPTIONAL(trace_header, tool, "tool", FIELD_TEXT),
    FIELD_OPTIONAL(trace_header, upstream, "upstream", FIELD_TEXT),
    FIELD_END,
};

static const struct field request_fields[] = {
    FIELD_REQUIRED(trace_request, seq, "seq", FIELD_COUNT),
    FIELD_REQUIRED(trace_request, t_ns, "t_s", FIELD_DURATION),
    FIELD_OPTIONAL(trace_request, session, "session", FIELD_TEXT),
    FIELD_OPTIONAL(trace_request, method, "method", FIELD_TEXT),
    FIELD_OPTIONAL(trace_request, path, "path", FIELD_TEXT),
    FIELD_OPTIONAL(trace_request, headers, "headers", FIELD_OBJECT),
    FIELD_AS(trace_request, body, "body", FIELD_CUSTOM, .read = parse_request_body,
             .write = write_request_body),
    FIELD_AS(trace_request, body, "body_text", FIELD_CUSTOM, .read = parse_request_body),
    FIELD_AS(trace_request, body, "body_base64", FIELD_CUSTOM, .read = parse_request_body),
    FIELD_OPTIONAL(trace_request, body_truncated, "body_truncated", FIELD_BOOL),
    FIELD_OPTIONAL(trace_request, body_bytes, "body_bytes", FIELD_COUNT),
    FIELD_OPTIONAL(trace_request, api, "api", FIELD_TEXT),
    FIELD_OPTIONAL(trace_request, model, "model", FIELD_TEXT),
    FIELD(trace_request, stream, "stream", FIELD_BOOL),
    FIELD_OPTIONAL(trace_request, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD_OPTIONAL(trace_request, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD_OPTIONAL(trace_request, token_source, "token_source", FIELD_TEXT),
    FIELD_OPTIONAL(trace_request, prefix_blocks, "prefix_blocks", FIELD_ARRAY),
    FIELD_OPTIONAL(trace_request, block_tokens, "block_tokens", FIELD_COUNT),
    FIELD_OVER(trace_request, media_parts, "media_parts", FIELD_COUNT, FIELD_ZERO),
    FIELD_AS(trace_request, media_bytes, "media_bytes", FIELD_COUNT, .presence = FIELD_WITH_LAST,
             .missing = FIELD_ZERO),
    FIELD_END,
};

static const struct field response_fields[] = {
    FIELD_REQUIRED(trace_response, seq, "seq", FIELD_COUNT),
    FIELD(trace_response, t_ns, "t_s", FIELD_DURATION),
    FIELD(trace_response, status, "status", FIELD_COUNT),
    FIELD(trace_response, ttfb_ns, "ttfb_s", FIELD_DURATION),
    FIELD(trace_response, ttft_ns, "ttft_s", FIELD_DURATION),
    FIELD_OVER(trace_response, ttfa_ns, "ttfa_s", FIELD_DURATION, FIELD_ZERO),
    FIELD(trace_response, latency_ns, "latency_s", FIELD_DURATION),
    FIELD(trace_response, input_tokens, "input_tokens", FIELD_COUNT),
    FIELD(trace_response, output_tokens, "output_tokens", FIELD_COUNT),
    FIELD_OPTIONAL(trace_response, cached_tokens, "cached_tokens", FIELD_COUNT),
    FIELD(trace_response, token_source, "token_source", FIELD_TEXT),
    FIELD(trace_response, events, "events", FIELD_COUNT),
    FIELD(trace_response, bytes, "bytes", FIELD_COUNT),
    FIELD(trace_response, finish, "finish", FIELD_TEXT),
    FIELD(trace_response, error, "error", FIELD_TEXT),
    FIELD(trace_response, aborted_by, "aborted_by", FIELD_TEXT),
    FIELD_OPTIONAL(trace_response, error_text, "error_text", FIELD_TEXT),
    FIELD_OPTIONAL(trace_response, answer_id, "answer_id", FIELD_TEXT),
    FIELD_OVER(trace_response, attempts, "attempts", FIELD_COUNT, FIELD_ONE),
    FIELD_AS(trace_response, body, "body", FIELD_CUSTOM, .read = parse_response_body,
             .write = write_response_body),
    FIELD_AS(trace_response, body, "body_text", FIELD_CUSTOM, .read = parse_response_body),
    FIELD_AS(trace_response, body, "body_base64", FIELD_CUSTOM, .read = parse_response_body),
    FIELD_OPTIONAL(trace_response, body_truncated, "body_truncated", FIELD_BOOL),
    FIELD_END,
};

static const struct field end_fields[] = {
    FIELD(trace_end, requests, "requests", FIELD_COUNT),
    FIELD(trace_end, responses, "responses", FIELD_COUNT),
    FIELD(trace_end, dropped, "dropped", FIELD_COUNT),
    FIELD_END,
};

static const struct field_record records[] = {
    [TRACE_HEADER] = {"trace", header_fields},
    [TRACE_REQUEST] = {"request", request_fields},
    [TRACE_RESPONSE] = {"response", response_fields},
    [TRACE_END] = {"end", end_fields},
};

struct trace_request trace_blank_request(void) {
  struct trace_request request = {0};
  field_blank(request_fields, &request);
  return request;
}

struct trace_response trace_blank_response(void) {
  struct trace_response response = {0};
  field_blank(response_fields, &response);
  return response;
}

void trace_format_header(struct buf *out, const struct trace_header *header) {
  field_write_line(out, &records[TRACE_HEADER], header);
}

void trace_format_request(struct buf *out, const struct trace_request *request) {
  field_write_line(out, &records[TRACE_REQUEST], request);
}

void trace_format_response(struct buf *out, const struct trace_response *response) {
  field_write_line(out, &records[TRACE_RESPONSE], response);
}

void trace_format_end(struct buf *out, const struct trace_end *end) {
  field_write_line(out, &records[TRACE_END], end);
}

enum status trace_parse(const char *line, size_t len, struct trace_record *out, struct buf *scratch,
                        struct error *error) {
  struct trace_record record = {.kind = TRACE_OTHER};
  size_t kind;
  enum status status = field_read_line(records, TRACE_OTHER, (struct json_slice){line, len}, &kind,
                                       &record.header, scratch, error);
  if (status) return status;
  record.kind = (enum trace_kind)kind;
  if (record.kind == TRACE_HEADER && record.header.version > TRACE_VERSION)
    return status_fail(error, STATUS_FORMAT, "trace version %lld is newer than this program supports (%d)",
                       (long long)record.header.version, TRACE_VERSION);
  *out = record;
  return STATUS_OK;
}
