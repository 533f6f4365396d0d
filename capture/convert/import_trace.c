// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces of our own, so that they can be filtered (--anonymize). A request waits for its response, since that
// has its number of tokens; order and numbers stay as they are.
#include <stdlib.h>

#include "capture/convert/import_parts.h"

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
};

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
  if (!waiting) return import_add_response(import, response, error); // its request could not wait so long
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
  return filter.rejected ? STATUS_FORMAT : status;
}
