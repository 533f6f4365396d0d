// SPDX-License-Identifier: GPL-3.0-or-later
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "capture/content/record_policy.h"
#include "capture/convert/import_parts.h"
#include "lib/json/json_write.h"
#include "lib/llm/api.h"
#include "lib/llm/media.h"
#include "lib/record/redact.h"

#define HEADER_NAME_MAX 128 // bytes of a header's name

void import_http_header(const struct import *import, struct json_slice name, struct json_slice value,
                        struct buf *headers) {
  static const struct names none = {0};
  const struct names *more = import_options_of(import)->keep_headers;
  char lower[HEADER_NAME_MAX + 1];
  if (name.len == 0 || name.len > HEADER_NAME_MAX ||
      !record_policy_header(more ? more : &none, name.data, name.len))
    return;
  for (size_t i = 0; i < name.len; i++)
    lower[i] = (char)tolower((unsigned char)name.data[i]);
  lower[name.len] = '\0';
  struct json_writer w = JSON_WRITER(headers);
  w.comma = headers->len > 0;
  json_write_key(&w, lower);
  struct json_slice kept = record_policy_value(value);
  json_write_text(&w, kept.data ? kept.data : "", kept.len);
}

// The request line's target in a URL: path and query, "/" when it has no path. {NULL, 0}: no http or https
// URL and no path.
static struct json_slice target_of(struct json_slice url) {
  const char *end = url.data + url.len, *at = url.data;
  if (url.len == 0) return (struct json_slice){NULL, 0};
  const char *fragment = memchr(at, '#', url.len);
  if (fragment) end = fragment;
  if (*at != '/') {
    size_t scheme = url.len > 7 && strncasecmp(at, "http://", 7) == 0    ? 7
                    : url.len > 8 && strncasecmp(at, "https://", 8) == 0 ? 8
                                                                         : 0;
    if (scheme == 0) return (struct json_slice){NULL, 0};
    at += scheme;
    while (at < end && *at != '/' && *at != '?')
      at++;
  }
  if (at == end || *at == '?') return at == end ? (struct json_slice){"/", 1} : (struct json_slice){NULL, 0};
  return (struct json_slice){at, (size_t)(end - at)};
}

static struct json_slice slice_of(const struct buf *buf) {
  return buf->len ? (struct json_slice){buf->data, buf->len} : (struct json_slice){NULL, 0};
}

struct http_texts {
  struct buf method, target, clean_target, headers, body, model, session;
};

static bool is_sendable(struct json_slice text, bool letters_only) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (letters_only ? !isalpha(c) : c <= ' ' || c == 0x7f) return false;
  }
  return text.len > 0;
}

static enum status parse_target(const struct import_http *http, struct http_texts *texts,
                                struct error *error) {
  struct json_slice target = target_of(http->url);
  if (!is_sendable(http->method, true))
    return status_fail(error, STATUS_FORMAT, "its method is no HTTP method");
  if (!is_sendable(target, false))
    return status_fail(error, STATUS_FORMAT, "its URL is neither http, nor https, nor a path");
  buf_append(&texts->method, http->method.data, http->method.len);
  buf_append(&texts->target, target.data, target.len);
  return STATUS_OK;
}

static enum api api_of(struct http_texts *texts, struct json_slice json) {
  return api_from_request(buf_text(&texts->method), buf_text(&texts->target), json.data, json.len);
}

enum api import_http_api(const struct import_http *http) {
  struct http_texts texts = {0};
  enum api api = parse_target(http, &texts, NULL) == STATUS_OK ? api_of(&texts, http->body) : API_HTTP;
  buf_free(&texts.method);
  buf_free(&texts.target);
  return api;
}

// From the body: API, model, streaming, and the conversation it goes on with.
static void add_facts(const struct import_http *http, struct http_texts *texts,
                      struct trace_request *request) {
  struct json_slice json =
      request->body_kind == TRACE_BODY_JSON ? request->body : (struct json_slice){NULL, 0};
  enum api api = api_of(texts, json);
  struct api_request_facts facts;
  api_request_facts(api, json.data, json.len, &facts);
  json_scan_string(json_scan_get(json, "model"), &texts->model);
  if (http->sessions && !http->session.data) {
    struct conversation_place place;
    conversation_find(http->sessions, api, &facts, &place);
    if (place.session > 0) buf_printf(&texts->session, "c%lld", (long long)place.session);
    // Best the answer that was given; but browsers leave some out, and misread the characters of streams.
    if (http->answer) conversation_answered(http->sessions, &place, http->answer);
    conversation_answered(http->sessions, &place, NULL);
  }
  request->api = (struct json_slice){api_name(api), strlen(api_name(api))};
  request->stream = facts.stream;
  struct media media = media_count(json);
  request->media_parts = media.parts;
  request->media_bytes = media.bytes;
  request->model = slice_of(&texts->model);
  request->session = http->session.data ? http->session : slice_of(&texts->session);
}

static bool is_form(struct json_slice headers) {
  struct json_slice type = json_scan_raw_string(json_scan_get(headers, "content-type"));
  return record_policy_is_form(type.data, type.len);
}

static bool is_out_of_memory(const struct http_texts *texts) {
  return texts->method.status || texts->target.status || texts->clean_target.status ||
         texts->headers.status || texts->body.status || texts->model.status || texts->session.status;
}

static enum status write_http(struct import *import, const struct import_http *http, struct http_texts *texts,
                              const struct trace_response *response, struct error *error) {
  static const struct names none = {0};
  const struct names *redact = import_options_of(import)->redact ? import_options_of(import)->redact : &none;
  struct trace_request request = trace_blank_request();
  enum status status = parse_target(http, texts, error);
  if (status) return status;
  redact_target(redact, buf_text(&texts->target), &texts->clean_target);
  if (http->headers.len > 0)
    buf_printf(&texts->headers, "{%.*s}", (int)http->headers.len, http->headers.data);
  request.body_kind =
      record_policy_body(redact, http->body, is_form(slice_of(&texts->headers)), &texts->body, NULL);
  request.body = slice_of(&texts->body);
  request.body_bytes = http->body.len > 0 ? (int64_t)http->body.len : -1;
  add_facts(http, texts, &request);
  if (is_out_of_memory(texts)) return status_memory(error);
  request.t_ns = http->t_ns;
  request.method = slice_of(&texts->method);
  request.path = slice_of(&texts->clean_target);
  request.headers = slice_of(&texts->headers);
  return import_add(import, &request, response, error);
}

enum status import_add_http(struct import *import, const struct import_http *http,
                            const struct trace_response *response, struct error *error) {
  struct http_texts texts = {0};
  enum status status = write_http(import, http, &texts, response, error);
  buf_free(&texts.method);
  buf_free(&texts.target);
  buf_free(&texts.clean_target);
  buf_free(&texts.headers);
  buf_free(&texts.body);
  buf_free(&texts.model);
  buf_free(&texts.session);
  return status;
}
