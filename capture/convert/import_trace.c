// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces of our own, so that texts can be taken out of them (--anonymize, --redact). A request waits for its
// response, since that has its number of tokens; order and numbers stay as they are.
#include <stdlib.h>

#include "capture/content/record_policy.h"
#include "capture/convert/import_parts.h"
#include "lib/http/base64.h"
#include "lib/record/redact.h"

#define WAITING_MAX 8192                         // requests
#define WAITING_BYTES ((size_t)64 * 1024 * 1024) // of their lines

struct waiting {
  struct waiting *next;
  int64_t seq;
  char *request, *response; // lines; NULL: no response yet
  size_t request_len, response_len;
};

struct filter {
  struct waiting *first, *last;
  int64_t count;
  size_t bytes;
  bool has_header, rejected;
  struct buf request_scratch, response_scratch;
  struct buf path, body, answer; // what --redact left of them
};

static bool redacts(const struct import *import) {
  const struct names *names = import_options_of(import)->redact;
  return names && names->count > 0;
}

static enum status redact_body(const struct import *import, bool is_form, enum trace_body *kind,
                               struct json_slice *body, struct buf *out) {
  struct json_slice bytes = *body;
  struct buf decoded = {0};
  if (*kind == TRACE_BODY_NONE) return STATUS_OK;
  if (*kind == TRACE_BODY_BASE64) {
    // What is no base64 cannot be searched, and goes.
    bytes = base64_decode(*body, &decoded) ? (struct json_slice){decoded.data, decoded.len}
                                           : (struct json_slice){NULL, 0};
  }
  buf_clear(out);
  *kind = record_policy_body(import_options_of(import)->redact, bytes, is_form, out, NULL);
  *body = (struct json_slice){out->data, out->len};
  enum status status = decoded.status ? decoded.status : out->status;
  buf_free(&decoded);
  return status;
}

static enum status redact_request(const struct import *import, struct filter *filter,
                                  struct trace_request *request) {
  const struct names *names = import_options_of(import)->redact;
  struct json_slice type = json_scan_raw_string(json_scan_get(request->headers, "content-type"));
  struct buf target = {0};
  if (!redacts(import)) return STATUS_OK;
  if (request->model.data && redact_is_secret_key(names, "model", strlen("model")))
    request->model = (struct json_slice){REDACT_MARK, strlen(REDACT_MARK)};
  if (request->path.data) {
    buf_append(&target, request->path.data, request->path.len);
    buf_clear(&filter->path);
    redact_target(names, buf_text(&target), &filter->path);
    request->path = (struct json_slice){filter->path.data, filter->path.len};
  }
  enum status status = target.status ? target.status : filter->path.status;
  buf_free(&target);
  return status ? status
                : redact_body(import, record_policy_is_form(type.data, type.len), &request->body_kind,
                              &request->body, &filter->body);
}

static enum status redact_response(const struct import *import, struct filter *filter,
                                   struct trace_response *response) {
  if (!redacts(import)) return STATUS_OK;
  return redact_body(import, false, &response->body_kind, &response->body, &filter->answer);
}

static enum status emit_first(struct import *import, struct filter *filter, struct error *error) {
  struct waiting *waiting = filter->first;
  struct trace_record request, response;
  filter->first = waiting->next;
  if (!filter->first) filter->last = NULL;
  filter->count--;
  filter->bytes -= waiting->request_len + waiting->response_len;
  enum status status =
      trace_parse(waiting->request, waiting->request_len, &request, &filter->request_scratch, error);
  if (status == STATUS_OK && waiting->response)
    status =
        trace_parse(waiting->response, waiting->response_len, &response, &filter->response_scratch, error);
  if (status == STATUS_OK) status = redact_request(import, filter, &request.request);
  if (status == STATUS_OK && waiting->response) status = redact_response(import, filter, &response.response);
  if (status == STATUS_OK)
    status = import_add(import, &request.request, waiting->response ? &response.response : NULL, error);
  free(waiting->request);
  free(waiting->response);
  free(waiting);
  return status;
}

// Emits what need not wait any longer: what is answered, and, `all` or when too much waits, the rest too.
static enum status emit(struct import *import, struct filter *filter, bool all, struct error *error) {
  enum status status = STATUS_OK;
  while (status == STATUS_OK && filter->first) {
    bool full = filter->count > WAITING_MAX || filter->bytes > WAITING_BYTES;
    if (!filter->first->response && !all && !full) break;
    status = emit_first(import, filter, error);
  }
  return status;
}

static char *copy_line(struct json_slice line) {
  char *copy = malloc(line.len + 1);
  if (copy) memcpy(copy, line.data, line.len);
  return copy;
}

static enum status on_request(struct import *import, struct filter *filter, struct json_slice line,
                              int64_t seq, struct error *error) {
  struct waiting *waiting = calloc(1, sizeof *waiting);
  char *copy = copy_line(line);
  if (!waiting || !copy) {
    free(waiting);
    free(copy);
    return status_memory(error);
  }
  *waiting = (struct waiting){.seq = seq, .request = copy, .request_len = line.len};
  if (filter->last) {
    filter->last->next = waiting;
  } else {
    filter->first = waiting;
  }
  filter->last = waiting;
  filter->count++;
  filter->bytes += line.len;
  return emit(import, filter, false, error);
}

static enum status on_response(struct import *import, struct filter *filter, struct json_slice line,
                               const struct trace_response *response, struct error *error) {
  struct waiting *waiting = filter->first;
  while (waiting && (waiting->seq != response->seq || waiting->response))
    waiting = waiting->next;
  if (!waiting) { // its request could not wait so long
    struct trace_response record = *response;
    enum status status = redact_response(import, filter, &record);
    return status ? status : import_add_response(import, &record, error);
  }
  waiting->response = copy_line(line);
  if (!waiting->response) return status_memory(error);
  waiting->response_len = line.len;
  filter->bytes += line.len;
  return emit(import, filter, false, error);
}

// Of a file that does not begin as a trace no line would be one: no matter for --skip-bad.
static enum status reject(struct filter *filter, enum status status, struct error *error) {
  if (status == STATUS_OK) status_write(error, "its first record is no {\"type\":\"trace\"} header");
  filter->rejected = true;
  return status_prefix(error, STATUS_USAGE, "not a trace");
}

static enum status on_line(struct import *import, void *state, struct json_slice line, struct buf *scratch,
                           struct error *error) {
  struct filter *filter = state;
  struct trace_record record;
  enum status status = trace_parse(line.data, line.len, &record, scratch, error);
  if (!filter->has_header && (status || record.kind != TRACE_HEADER)) return reject(filter, status, error);
  if (status) return status;
  switch (record.kind) {
  case TRACE_HEADER:
    filter->has_header = true;
    status = emit(import, filter, true, error);
    if (status) return status;
    return import_start(import, record.header.start_unix_s, record.header.upstream, error);
  case TRACE_REQUEST: return on_request(import, filter, line, record.request.seq, error);
  case TRACE_RESPONSE: return on_response(import, filter, line, &record.response, error);
  case TRACE_END:
  case TRACE_OTHER: break;
  }
  return STATUS_OK;
}

enum status import_trace(struct import *import, struct error *error) {
  struct filter filter = {0};
  enum status status = import_lines(import, on_line, &filter, error);
  if (status == STATUS_OK) status = emit(import, &filter, true, error);
  while (filter.first) {
    struct waiting *next = filter.first->next;
    free(filter.first->request);
    free(filter.first->response);
    free(filter.first);
    filter.first = next;
  }
  buf_free(&filter.request_scratch);
  buf_free(&filter.response_scratch);
  buf_free(&filter.path);
  buf_free(&filter.body);
  buf_free(&filter.answer);
  return filter.rejected ? STATUS_FORMAT : status;
}
