// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/work_draw.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/record/trace.h"
#include "replay/plan/random.h"
#include "replay/workload/stateful.h"

void work_request_free(struct work_request *request) {
  if (!request) return;
  free(request->method);
  free(request->path);
  free(request->headers);
  free(request->body);
  free(request->synthetic);
  free(request->nonce_places);
  free(request->recorded_id);
  free(request);
}

static char *copy_slice(struct json_slice slice) {
  return slice.data ? strndup(slice.data, slice.len) : strdup("");
}

// With --api FAMILY a path that says nothing is told by the body: the family's first API whose prompt it has.
static enum api api_by_body(struct json_slice body, enum api_family family) {
  for (int i = 0; i < API_COUNT; i++) {
    const struct api_dialect *dialect = api_dialect((enum api)i);
    if (dialect->family != family || !dialect->prompt) continue;
    enum json_kind kind = json_scan_kind(json_scan_get(body, dialect->prompt));
    if (dialect->is_chat ? kind == JSON_ARRAY : kind != JSON_NONE) return (enum api)i;
  }
  return API_HTTP;
}

static enum api api_of(const struct trace_request *record, enum work_api wanted, const char *method,
                       const char *path) {
  enum api api;
  struct json_slice body = record->body_kind == TRACE_BODY_JSON ? record->body : (struct json_slice){NULL, 0};
  if (wanted == WORK_API_HTTP) return API_HTTP;
  if (!api_from_name(record->api, &api)) api = api_from_request(method, path, body.data, body.len);
  if (wanted == WORK_API_AUTO) return api;
  enum api_family family = work_api_family(wanted);
  if (api == API_HTTP) return api_by_body(body, family);
  return api_dialect(api)->family == family ? api : API_HTTP;
}

// The APIs that ask a model take nothing else; what a client sent by mistake is left out, as a body that is
// no JSON is.
static bool is_json_object(const struct trace_request *record) {
  return record->body_kind == TRACE_BODY_JSON && json_scan_kind(record->body) == JSON_OBJECT;
}

// The recorded bytes of the body into scratch. false: they were not recorded.
static bool recorded_body(struct work_draw *draw, const struct trace_request *record) {
  struct buf *scratch = &draw->scratch;
  buf_clear(scratch);
  if (record->body_truncated) return false;
  if (record->body_kind == TRACE_BODY_NONE) return record->input_tokens < 0 && record->body_bytes <= 0;
  if (record->body_kind != TRACE_BODY_BASE64)
    return buf_append(scratch, record->body.data, record->body.len) == STATUS_OK;
  size_t room = record->body.len / 4 * 3;
  if (record->body.len % 4 != 0 || record->body.len > INT32_MAX || buf_reserve(scratch, room + 1))
    return false;
  int len = EVP_DecodeBlock((unsigned char *)scratch->data, (const unsigned char *)record->body.data,
                            (int)record->body.len);
  if (len < 0) return false;
  scratch->len = (size_t)len; // without what only pads the last group
  for (size_t i = record->body.len; i > 0 && record->body.data[i - 1] == '=' && scratch->len > 0; i--)
    scratch->len--;
  return true;
}

// Where request number `number` (from 0) goes; what stands there moves to `*moved_to`. -1: it is not kept.
static int64_t place_of(struct work_draw *draw, int64_t number, int64_t *moved_to) {
  *moved_to = -1;
  if (draw->options->pick == WORK_PICK_TRACE) return number < draw->kept_max ? number : -1;
  int64_t place = random_below(draw->random, number + 1);
  if (place != number && number < draw->kept_max) *moved_to = number;
  return place < draw->kept_max ? place : -1;
}

// Of a time since the segment's start; since 1970, or since that start where the trace knows no wall clock.
static int64_t instant_ns(const struct work_draw *draw, int64_t t_ns) {
  int64_t start_ns = draw->segment_unix_s > 0 ? clock_from_seconds(draw->segment_unix_s) : 0;
  return start_ns < INT64_MAX - t_ns ? start_ns + t_ns : INT64_MAX; // a file may say anything
}

static bool needs_state(const struct trace_request *record, enum api api) {
  return record->body_kind == TRACE_BODY_JSON && api_needs_server_state(api, record->body);
}

static struct work_request *make_request(struct work_draw *draw, const struct trace_request *record,
                                         enum api api, bool sized, struct error *error) {
  struct work_request *request = calloc(1, sizeof *request);
  if (!request) {
    (void)status_memory(error);
    return NULL;
  }
  request->seq = record->seq;
  request->continues = WORK_ANEW;
  request->at_ns = instant_ns(draw, record->t_ns);
  request->undated = draw->segment_unix_s <= 0;
  request->api = api;
  request->trace = draw->conversations.trace;
  request->method = copy_slice(record->method);
  request->path = copy_slice(record->path);
  if (draw->scratch.len > 0) {
    request->body = malloc(draw->scratch.len);
    request->body_len = draw->scratch.len;
    if (request->body) memcpy(request->body, draw->scratch.data, request->body_len);
  }
  if (sized) request->synthetic = synth_prompt_of(record, draw->conversations.trace);
  enum status status = STATUS_MEMORY;
  bool whole = (request->body || request->body_len == 0) && (request->synthetic || !sized);
  if (request->method && request->path && whole)
    status = conversations_number(&draw->conversations, record->session, &request->conversation);
  if (status == STATUS_OK) {
    status = headers_make(record->headers, api, &draw->options->headers, &request->headers, error);
  }
  if (status == STATUS_OK && needs_state(record, api)) status = stateful_read(&draw->answers, request);
  if (status) {
    (void)status_memory(error);
    work_request_free(request);
    return NULL;
  }
  return request;
}

static enum status note_model(struct work_draw *draw, struct json_slice model, struct error *error) {
  struct work *work = draw->work;
  if (work->several_models || model.len == 0) return STATUS_OK;
  if (!work->model) {
    work->model = strndup(model.data, model.len);
    return work->model ? STATUS_OK : status_memory(error);
  }
  if (strlen(work->model) == model.len && memcmp(work->model, model.data, model.len) == 0) return STATUS_OK;
  work->several_models = true;
  free(work->model);
  work->model = NULL;
  return STATUS_OK;
}

static enum status keep(struct work_draw *draw, const struct trace_request *record, enum api api,
                        struct error *error) {
  struct work *work = draw->work;
  int64_t moved_to;
  int64_t place = place_of(draw, work->available, &moved_to);
  work->available++;
  work->media += record->media_parts > 0;
  work->media_bytes += record->media_bytes;
  if (place < 0) return STATUS_OK;
  bool sized = api_asks_model(api) && synth_fits(record);
  if (work->available > WORK_REQUESTS_MAX && draw->options->draws > WORK_REQUESTS_MAX)
    return status_fail(
        error, STATUS_LIMIT,
        "the traces have more than %d requests, the most that one replay keeps in memory; take a "
        "part of them (head, capture --import trace)",
        WORK_REQUESTS_MAX);
  if (sized) {
    buf_clear(&draw->scratch);
    synth_print_body(record, api, &draw->scratch);
    if (draw->scratch.status) return status_memory(error);
  }
  if ((size_t)work->available > work->count && work->count < (size_t)draw->kept_max) {
    size_t room = work->count + 1;
    struct work_request **grown = work->requests;
    if ((work->count & (work->count - 1)) == 0)
      grown = realloc(grown, 2 * room * sizeof(struct work_request *));
    if (!grown) return status_memory(error);
    work->requests = grown;
    grown[work->count++] = NULL;
  }
  struct work_request *request = make_request(draw, record, api, sized, error);
  if (!request) return STATUS_MEMORY;
  if (moved_to >= 0) {
    work->requests[moved_to] = work->requests[place];
  } else {
    work_request_free(work->requests[place]);
  }
  work->requests[place] = request;
  return STATUS_OK;
}

// A request that qualifies; its body is in scratch, where it was recorded.
static enum status take(struct work_draw *draw, const struct trace_request *record, enum api api,
                        struct error *error) {
  if (draw->scratch.status) return status_memory(error);
  enum status status = note_model(draw, record->model, error);
  return status ? status : keep(draw, record, api, error);
}

static enum status take_request(struct work_draw *draw, const struct trace_request *record,
                                struct error *error) {
  char *method = copy_slice(record->method), *path = copy_slice(record->path);
  enum status status = STATUS_OK;
  if (!method || !path) {
    status = status_memory(error);
  } else {
    enum api api = api_of(record, draw->options->api, method, path);
    bool asks = api_asks_model(api);
    if (path[0] != '/' || (!asks && draw->options->api != WORK_API_HTTP)) {
      draw->work->other++;
      if (api == API_HTTP) unknown_apis_note(&draw->work->unknown, record->method, record->path);
    } else if (asks && synth_fits(record)) {
      draw->work->synthetic++;
      if (record->output_tokens > 0) {
        draw->output_tokens += (double)record->output_tokens;
        draw->outputs++;
      }
      status = take(draw, record, api, error);
    } else if (!draw->options->stateful && needs_state(record, api)) {
      draw->work->stateful++;
    } else if (!recorded_body(draw, record) || (asks && !is_json_object(record))) {
      draw->work->bodiless++;
    } else {
      status = take(draw, record, api, error);
    }
  }
  free(method);
  free(path);
  return status;
}

static enum status take_response(struct work_draw *draw, const struct trace_response *record,
                                 struct error *error) {
  if (draw->options->in_turn && record->t_ns >= 0) {
    int64_t id = -1;
    if (draw->options->stateful && conversations_number(&draw->answers, record->answer_id, &id))
      return status_memory(error);
    if (conversations_add_answer(&draw->conversations, record->seq, instant_ns(draw, record->t_ns), id))
      return status_memory(error);
  }
  if (record->status >= RECORDED_FAILURES_STATUS_MIN &&
      recorded_failures_add(&draw->failures, draw->conversations.trace, record->seq, 0))
    return status_memory(error);
  if (draw->options->cancel && json_slice_is(record->aborted_by, "client") && record->latency_ns >= 0 &&
      recorded_failures_add(&draw->cancels, draw->conversations.trace, record->seq, record->latency_ns))
    return status_memory(error);
  if (record->error.data || record->aborted_by.data || record->status < 200 || record->status > 299)
    return STATUS_OK;
  if (record->output_tokens <= 0) return STATUS_OK; // not of a request that generates text
  draw->output_tokens += (double)record->output_tokens;
  draw->outputs++;
  if (record->latency_ns < 0) return STATUS_OK;
  draw->latency_s += clock_seconds(record->latency_ns);
  draw->latencies++;
  return STATUS_OK;
}

// Says what was wrong with one trace.
static void report_damage(struct work_draw *draw, const char *path,
                          const struct trace_reader_counts *counts) {
  struct log *log = draw->log;
  struct work *work = draw->work;
  if (counts->bad_lines > 0) {
    log_notice(log, "%s: %lld lines are no trace records, the first is line %lld", path,
               (long long)counts->bad_lines, (long long)counts->first_bad_line);
  }
  if (counts->damage.places > 0) {
    log_notice(log, "%s: damaged in %lld places, %lld bytes are lost%s", path,
               (long long)counts->damage.places, (long long)counts->damage.skipped_bytes,
               counts->damage.torn_end ? ", its end is torn" : "");
  }
  if (counts->dropped > 0)
    log_notice(log, "%s: capture dropped %lld records", path, (long long)counts->dropped);
  if (counts->ends < counts->segments) log_notice(log, "%s: a segment has no end record", path);
  int64_t places = counts->damage.places > 0 ? counts->damage.places : counts->damage.torn_end;
  work->lost += counts->bad_lines + places + counts->dropped;
}

static void note_clock(struct work_draw *draw, enum trace_kind kind) {
  int64_t start_ns = clock_from_seconds(draw->segment_unix_s);
  if (kind != TRACE_REQUEST) return;
  if (start_ns <= 0) {
    draw->undated++;
  } else if (start_ns < draw->earliest_ns) {
    draw->earliest_ns = start_ns;
  }
}

enum status work_draw_trace(struct work_draw *draw, const char *path, struct error *error) {
  struct trace_reader *reader = NULL;
  struct trace_record record;
  enum status status = trace_reader_open(path, &reader, error);
  while (status == STATUS_OK) {
    status = trace_read(reader, &record, &draw->segment_unix_s, error);
    if (status) break;
    note_clock(draw, record.kind);
    if (record.kind == TRACE_REQUEST) status = take_request(draw, &record.request, error);
    if (record.kind == TRACE_RESPONSE) status = take_response(draw, &record.response, error);
  }
  if (status == STATUS_END) {
    struct trace_reader_counts counts = trace_reader_counts(reader);
    report_damage(draw, path, &counts);
    status = STATUS_OK;
  }
  trace_reader_close(reader);
  return status;
}
