// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/batch.h"

#include <stdlib.h>
#include <string.h>

#include "replay/plan/random.h"
#include "replay/workload/rewrite.h"

int64_t batch_part_index(const struct batch_part *part, int64_t n) {
  if (part->of == 0) return n;
  if (part->count == 0) return INT64_MAX;
  return n / part->count * part->of + part->first + n % part->count;
}

// Appends the body from *done to `end`, and the synthetic prompt where it belongs: behind a nonce at its
// place.
static void print_up_to(const struct batch_source *source, int64_t index, size_t *done, size_t end,
                        struct buf *out) {
  const struct work_request *request = work_at(source->work, source->offset + index);
  if (request->synthetic && *done <= request->synthetic_place && request->synthetic_place < end) {
    buf_append(out, request->body + *done, request->synthetic_place - *done);
    struct work_place place = {source->offset, index, source->warmup};
    synth_print_prompt(request->synthetic, work_synthetic_tokens(source->work, &place),
                       &source->work->calibrate->scale, out);
    *done = request->synthetic_place;
  }
  buf_append(out, request->body + *done, end - *done);
  *done = end;
}

int64_t batch_passes(const struct work *work, int64_t count) {
  int64_t requests = (int64_t)work->count;
  return (count + requests - 1) / requests;
}

// Appends the body with the nonce of its pass at each of its places.
static void print_body(const struct batch_source *source, int64_t index, struct buf *out) {
  const struct work_request *request = work_at(source->work, source->offset + index);
  size_t done = 0;
  char nonce[REWRITE_NONCE_BYTES];
  rewrite_print_nonce(random_spread(source->nonce + (uint64_t)(index / (int64_t)source->work->count)), nonce);
  for (size_t i = 0; source->cache_bust && i < request->nonce_count; i++) {
    print_up_to(source, index, &done, request->nonce_places[i], out);
    buf_append(out, nonce, REWRITE_NONCE_BYTES);
  }
  size_t end = request->body_len - (request->continues >= 0); // before the last brace
  print_up_to(source, index, &done, end, out);
  if (request->continues < 0) return;
  const char *id = source->answer_id ? source->answer_id : source->warmup ? NULL : request->recorded_id;
  if (id) buf_printf(out, "%s\"previous_response_id\":\"%s\"", out->data[out->len - 1] == '{' ? "" : ",", id);
  buf_append_char(out, '}');
}

static bool changes(const struct batch_source *source, const struct work_request *request) {
  return request->synthetic || request->continues >= 0 || (source->cache_bust && request->nonce_count > 0);
}

// All URLs and bodies one after another; the pointers to them come later, when the text moves no more.
static void print_texts(struct batch *batch, const struct batch_source *source) {
  int64_t i;
  for (int64_t n = 0; (i = batch_part_index(&source->part, n)) < source->count; n++) {
    const struct work_request *request = work_at(source->work, source->offset + i);
    endpoint_print(source->endpoint, source->port, request->path, &batch->text);
    buf_append_char(&batch->text, '\0');
    size_t start = batch->text.len;
    if (changes(source, request)) print_body(source, i, &batch->text);
    batch->requests[i] = (struct request){
        .trace = request->trace,
        .seq = request->seq,
        .api = request->api,
        .method = request->method,
        .headers = (const char *const *)request->headers,
        .body = request->body,
        .body_len = changes(source, request) ? batch->text.len - start : request->body_len,
        .cancel_ns = source->warmup ? 0 : request->cancel_ns,
    };
  }
}

static void set_pointers(struct batch *batch, const struct batch_source *source) {
  const char *at = batch->text.data;
  int64_t i;
  for (int64_t n = 0; (i = batch_part_index(&source->part, n)) < source->count; n++) {
    batch->requests[i].url = at;
    at += strlen(at) + 1;
    if (!changes(source, work_at(source->work, source->offset + i))) continue;
    batch->requests[i].body = at;
    at += batch->requests[i].body_len;
  }
}

enum status batch_prepare(struct batch *batch, const struct batch_source *source, struct error *error) {
  buf_clear(&batch->text);
  struct request *requests = realloc(batch->requests, (size_t)source->count * sizeof *requests);
  if (requests) {
    batch->requests = requests;
    print_texts(batch, source);
  }
  if (!requests || batch->text.status) {
    batch_free(batch);
    return status_fail(error, STATUS_MEMORY, "a batch of %lld: %s", (long long)source->count,
                       status_name(STATUS_MEMORY));
  }
  set_pointers(batch, source);
  batch->count = source->count;
  return STATUS_OK;
}

void batch_free(struct batch *batch) {
  free(batch->requests);
  buf_free(&batch->text);
  *batch = (struct batch){0};
}
