// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/work.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/record/trace.h"
#include "replay/random.h"
#include "replay/synth.h"

enum { NONCE_PLACES_MOST = 1024 };

// What is known while the traces are read.
struct loading {
  const struct work_options *options;
  struct log *log;
  struct work *work;
  struct random_source *random;
  struct buf scratch;
  struct conversations conversations;
  double latency_s, output_tokens; // sums
  int64_t latencies, outputs;
  double segment_unix_s; // of the segment that is being read
  bool several_models;
};

static enum status no_memory(struct error *error) {
  return status_fail(error, STATUS_MEMORY, "requests: %s", status_name(STATUS_MEMORY));
}

static void request_free(struct work_request *request) {
  if (!request) return;
  free(request->method);
  free(request->path);
  free(request->headers);
  free(request->body);
  free(request->nonce_places);
  free(request);
}

void work_free(struct work *work) {
  for (size_t i = 0; i < work->count; i++)
    request_free(work->requests[i]);
  free(work->requests);
  free(work->turns);
  free(work->model);
  *work = (struct work){0};
}

const struct work_request *work_at(const struct work *work, int64_t place) {
  return work->requests[(size_t)place % work->count];
}

static char *copy_slice(struct json_slice slice) {
  return slice.data ? strndup(slice.data, slice.len) : strdup("");
}

// With --api openai or ollama a path that says nothing is told by the body.
static enum api api_by_body(struct json_slice body, enum api with_messages, enum api with_prompt) {
  if (json_scan_kind(json_scan_get(body, "messages")) == JSON_ARRAY) return with_messages;
  if (json_scan_kind(json_scan_get(body, "prompt")) != JSON_NONE) return with_prompt;
  return API_HTTP;
}

static enum api api_of(const struct trace_request *record, enum opts_api wanted, const char *method,
                       const char *path) {
  enum api api;
  struct json_slice body = record->body_kind == TRACE_BODY_JSON ? record->body : (struct json_slice){NULL, 0};
  if (wanted == OPTS_API_HTTP) return API_HTTP;
  if (!api_from_name(record->api, &api)) api = api_from_request(method, path, body.data, body.len);
  if (wanted == OPTS_API_AUTO) return api;
  if (api == API_HTTP) {
    return wanted == OPTS_API_OPENAI ? api_by_body(body, API_OPENAI_CHAT, API_OPENAI_COMPLETIONS)
                                     : api_by_body(body, API_OLLAMA_CHAT, API_OLLAMA_GENERATE);
  }
  return api_is_ollama(api) == (wanted == OPTS_API_OLLAMA) ? api : API_HTTP;
}

// Text-generating APIs take nothing else; what a client sent by mistake is left out, as a body that is no
// JSON is.
static bool is_json_object(const struct trace_request *record) {
  return record->body_kind == TRACE_BODY_JSON && json_scan_kind(record->body) == JSON_OBJECT;
}

// The recorded bytes of the body into scratch. false: they were not recorded.
static bool recorded_body(struct loading *loading, const struct trace_request *record) {
  struct buf *scratch = &loading->scratch;
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
static int64_t place_of(struct loading *loading, int64_t number, int64_t *moved_to) {
  *moved_to = -1;
  if (loading->options->pick == OPTS_PICK_TRACE) return number < loading->options->draws ? number : -1;
  int64_t place = random_below(loading->random, number + 1);
  if (place != number && number < loading->options->draws) *moved_to = number;
  return place < loading->options->draws ? place : -1;
}

static struct work_request *make_request(struct loading *loading, const struct trace_request *record,
                                         enum api api, struct error *error) {
  struct work_request *request = calloc(1, sizeof *request);
  if (!request) {
    (void)no_memory(error);
    return NULL;
  }
  request->seq = record->seq;
  request->at_ns = clock_from_seconds(loading->segment_unix_s) + record->t_ns;
  request->api = api;
  request->trace = loading->conversations.trace;
  request->method = copy_slice(record->method);
  request->path = copy_slice(record->path);
  if (loading->scratch.len > 0) {
    request->body = malloc(loading->scratch.len);
    request->body_len = loading->scratch.len;
    if (request->body) memcpy(request->body, loading->scratch.data, request->body_len);
  }
  enum status status = STATUS_MEMORY;
  if (request->method && request->path && (request->body || request->body_len == 0))
    status = conversations_number(&loading->conversations, record->session, &request->conversation);
  if (status == STATUS_OK) {
    status = headers_make(record->headers, api_generates_text(api), &loading->options->headers,
                          &request->headers, error);
  }
  if (status) {
    (void)no_memory(error);
    request_free(request);
    return NULL;
  }
  return request;
}

static enum status note_model(struct loading *loading, struct json_slice model, struct error *error) {
  struct work *work = loading->work;
  if (loading->several_models || model.len == 0) return STATUS_OK;
  if (!work->model) {
    work->model = strndup(model.data, model.len);
    return work->model ? STATUS_OK : no_memory(error);
  }
  if (strlen(work->model) == model.len && memcmp(work->model, model.data, model.len) == 0) return STATUS_OK;
  loading->several_models = true;
  free(work->model);
  work->model = NULL;
  return STATUS_OK;
}

static enum status keep(struct loading *loading, const struct trace_request *record, enum api api,
                        struct error *error) {
  struct work *work = loading->work;
  int64_t moved_to;
  int64_t place = place_of(loading, work->available, &moved_to);
  work->available++;
  if (place < 0) return STATUS_OK;
  if (api_generates_text(api) &&
      synth_fits(record)) { // costs too much to be done for those that are not kept
    buf_clear(&loading->scratch);
    synth_print_body(record, api, &loading->scratch);
    if (loading->scratch.status) return no_memory(error);
  }
  if ((size_t)work->available > work->count && work->count < (size_t)loading->options->draws) {
    size_t room = work->count + 1;
    struct work_request **grown = work->requests;
    if ((work->count & (work->count - 1)) == 0)
      grown = realloc(grown, 2 * room * sizeof(struct work_request *));
    if (!grown) return no_memory(error);
    work->requests = grown;
    grown[work->count++] = NULL;
  }
  struct work_request *request = make_request(loading, record, api, error);
  if (!request) return STATUS_MEMORY;
  if (moved_to >= 0) {
    work->requests[moved_to] = work->requests[place];
  } else {
    request_free(work->requests[place]);
  }
  work->requests[place] = request;
  return STATUS_OK;
}

// A request that qualifies; its body is in scratch, where it was recorded.
static enum status take(struct loading *loading, const struct trace_request *record, enum api api,
                        struct error *error) {
  if (loading->scratch.status) return no_memory(error);
  enum status status = note_model(loading, record->model, error);
  return status ? status : keep(loading, record, api, error);
}

static enum status take_request(struct loading *loading, const struct trace_request *record,
                                struct error *error) {
  char *method = copy_slice(record->method), *path = copy_slice(record->path);
  enum status status = STATUS_OK;
  if (!method || !path) {
    status = no_memory(error);
  } else {
    enum api api = api_of(record, loading->options->api, method, path);
    bool text = api_generates_text(api);
    if (path[0] != '/' || (!text && loading->options->api != OPTS_API_HTTP)) {
      loading->work->other++;
    } else if (text && synth_fits(record)) {
      loading->work->made++;
      if (record->output_tokens > 0) {
        loading->output_tokens += (double)record->output_tokens;
        loading->outputs++;
      }
      status = take(loading, record, api, error);
    } else if (!recorded_body(loading, record) || (text && !is_json_object(record))) {
      loading->work->bodiless++;
    } else {
      status = take(loading, record, api, error);
    }
  }
  free(method);
  free(path);
  return status;
}

static enum status take_response(struct loading *loading, const struct trace_response *record,
                                 struct error *error) {
  if (loading->options->in_turn && record->t_ns >= 0) {
    int64_t over_ns = clock_from_seconds(loading->segment_unix_s) + record->t_ns;
    if (conversations_add_answer(&loading->conversations, record->seq, over_ns)) return no_memory(error);
  }
  if (record->error.data || record->aborted_by.data || record->status < 200 || record->status > 299)
    return STATUS_OK;
  if (record->output_tokens <= 0) return STATUS_OK; // not of a request that generates text
  loading->output_tokens += (double)record->output_tokens;
  loading->outputs++;
  if (record->latency_ns < 0) return STATUS_OK;
  loading->latency_s += clock_seconds(record->latency_ns);
  loading->latencies++;
  return STATUS_OK;
}

// Says what was wrong with one trace.
static void report_damage(struct loading *loading, const char *path,
                          const struct trace_reader_counts *counts) {
  struct log *log = loading->log;
  struct work *work = loading->work;
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

static enum status load_trace(struct loading *loading, const char *path, struct error *error) {
  struct trace_reader *reader = NULL;
  struct trace_record record;
  enum status status = trace_reader_open(path, &reader, error);
  while (status == STATUS_OK) {
    status = trace_read(reader, &record, &loading->segment_unix_s, error);
    if (status) break;
    if (record.kind == TRACE_REQUEST) status = take_request(loading, &record.request, error);
    if (record.kind == TRACE_RESPONSE) status = take_response(loading, &record.response, error);
  }
  if (status == STATUS_END) {
    struct trace_reader_counts counts = trace_reader_counts(reader);
    report_damage(loading, path, &counts);
    status = STATUS_OK;
  }
  trace_reader_close(reader);
  return status;
}

static enum status digest(const struct work *work, char into[80], struct error *error) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
  for (size_t i = 0; good && i < work->count; i++) {
    const struct work_request *request = work->requests[i];
    good = EVP_DigestUpdate(context, request->method, strlen(request->method) + 1) &&
           EVP_DigestUpdate(context, request->path, strlen(request->path) + 1) &&
           (request->body_len == 0 || EVP_DigestUpdate(context, request->body, request->body_len)) &&
           EVP_DigestUpdate(context, "", 1);
  }
  good = good && EVP_DigestFinal_ex(context, sum, &len);
  EVP_MD_CTX_free(context);
  if (!good) return status_fail(error, STATUS_MEMORY, "no SHA-256 of the trace");
  int used = snprintf(into, 80, "sha256:");
  for (unsigned i = 0; i < len && i < 32; i++)
    used += snprintf(into + used, 80 - (size_t)used, "%02x", sum[i]);
  return STATUS_OK;
}

// The recorded body becomes the one that is sent.
static enum status make_ready(struct loading *loading, struct work_request *request, struct error *error) {
  if (!request->body || !api_generates_text(request->api)) return STATUS_OK;
  struct buf body = {0};
  enum status status =
      rewrite_body(&loading->options->rules, request->api, request->body, request->body_len, &body, error);
  if (status) {
    buf_free(&body);
    return status_prefix(error, status, "request %lld of the trace", (long long)request->seq);
  }
  free(request->body);
  request->body = body.data;
  request->body_len = body.len;
  size_t places[NONCE_PLACES_MOST];
  request->nonce_count =
      rewrite_nonce_places(request->api, request->body, request->body_len, places, NONCE_PLACES_MOST);
  if (request->nonce_count == 0) return STATUS_OK;
  request->nonce_places = calloc(request->nonce_count, sizeof *places);
  if (!request->nonce_places) return no_memory(error);
  memcpy(request->nonce_places, places, request->nonce_count * sizeof *places);
  return STATUS_OK;
}

static enum status nothing_to_send(const struct work *work, struct error *error) {
  if (work->bodiless > 0) {
    return status_fail(error, STATUS_FORMAT, "%lld requests in the trace, but none with a recorded JSON body",
                       (long long)(work->bodiless + work->other));
  }
  if (work->other > 0) {
    return status_fail(
        error, STATUS_FORMAT,
        "no request of the wanted text-generating APIs among %lld in the trace (--api http takes any)",
        (long long)work->other);
  }
  return status_fail(error, STATUS_FORMAT, "no request in the trace");
}

// By time, then as they stand in the trace.
static int compare_times(const void *a, const void *b) {
  const struct work_request *x = *(struct work_request *const *)a, *y = *(struct work_request *const *)b;
  if (x->at_ns != y->at_ns) return x->at_ns < y->at_ns ? -1 : 1;
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

// Lets each conversation's requests follow the order of its turns, and keeps who comes after whom.
static enum status put_in_turn(struct loading *loading, struct error *error) {
  struct work *work = loading->work;
  if (loading->conversations.name_count == 0) return STATUS_OK;
  struct conversations_request *asked = calloc(work->count, sizeof *asked);
  struct work_request **requests = calloc(work->count, sizeof(struct work_request *));
  size_t *order = calloc(work->count, sizeof *order);
  work->turns = calloc(work->count, sizeof *work->turns);
  enum status status = asked && requests && order && work->turns ? STATUS_OK : STATUS_MEMORY;
  for (size_t i = 0; status == STATUS_OK && i < work->count; i++) {
    const struct work_request *request = requests[i] = work->requests[i];
    asked[i] =
        (struct conversations_request){request->conversation, request->trace, request->seq, request->at_ns};
  }
  if (status == STATUS_OK)
    status = conversations_order(&loading->conversations, asked, work->count, order, work->turns);
  for (size_t i = 0; status == STATUS_OK && i < work->count; i++)
    work->requests[i] = requests[order[i]];
  free(asked);
  free(requests);
  free(order);
  return status ? no_memory(error) : STATUS_OK;
}

enum status work_load(const struct work_options *options, struct log *log, struct work *out,
                      struct error *error) {
  struct work work = {0};
  struct loading loading = {.options = options, .log = log, .work = &work};
  enum status status = STATUS_OK;
  loading.random = random_open(options->seed);
  if (!loading.random) status = no_memory(error);
  for (size_t i = 0; status == STATUS_OK && i < options->traces->count; i++) {
    status = load_trace(&loading, options->traces->items[i], error);
    conversations_next_trace(&loading.conversations);
  }
  if (status == STATUS_OK && work.count == 0) status = nothing_to_send(&work, error);
  if (status == STATUS_OK && options->in_time)
    qsort(work.requests, work.count, sizeof(struct work_request *), compare_times);
  if (status == STATUS_OK && options->in_turn) status = put_in_turn(&loading, error);
  if (status == STATUS_OK) status = digest(&work, work.digest, error);
  for (size_t i = 0; status == STATUS_OK && i < work.count; i++)
    status = make_ready(&loading, work.requests[i], error);
  work.mean_latency_s = loading.latencies > 0 ? loading.latency_s / (double)loading.latencies : NAN;
  work.mean_output_tokens = loading.outputs > 0 ? loading.output_tokens / (double)loading.outputs : NAN;
  random_close(loading.random);
  conversations_free(&loading.conversations);
  buf_free(&loading.scratch);
  if (status) {
    work_free(&work);
    return status;
  }
  *out = work;
  return STATUS_OK;
}
