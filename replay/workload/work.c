// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "replay/plan/random.h"
#include "replay/workload/stateful.h"
#include "replay/workload/work_digest.h"
#include "replay/workload/work_draw.h"

const char *const work_pick_names[] = {"shuffled", "trace", NULL};
const char *const work_api_names[] = {"auto",   "openai",   "ollama", "anthropic",
                                      "rerank", "llamacpp", "http",   NULL};

enum api_family work_api_family(enum work_api api) {
  static const enum api_family families[] = {[WORK_API_OPENAI] = API_FAMILY_OPENAI,
                                             [WORK_API_OLLAMA] = API_FAMILY_OLLAMA,
                                             [WORK_API_ANTHROPIC] = API_FAMILY_ANTHROPIC,
                                             [WORK_API_RERANK] = API_FAMILY_RERANK,
                                             [WORK_API_LLAMACPP] = API_FAMILY_LLAMACPP};
  return (size_t)api < sizeof families / sizeof *families ? families[api] : API_FAMILY_NONE;
}

enum { NONCE_PLACES_MAX = 1024 };

void work_free(struct work *work) {
  struct work_request **requests = work->recorded ? work->recorded : work->requests;
  size_t count = work->recorded ? work->recorded_count : work->count;
  for (size_t i = 0; i < count; i++)
    work_request_free(requests[i]);
  free(work->recorded);
  free(work->copies);
  if (work->calibrate) calibrate_end(work->calibrate);
  free(work->calibrate);
  free(work->requests);
  free(work->turns);
  free(work->traces);
  free(work->model);
  *work = (struct work){0};
}

const struct work_request *work_at(const struct work *work, int64_t place) {
  return work->requests[(size_t)place % work->count];
}

uint64_t work_pass(const struct work *work, int64_t place) {
  uint64_t pass = (uint64_t)place / work->count;
  return work->copies ? pass + (uint64_t)work->copies[(size_t)place % work->count] : pass;
}

enum status work_superpose(struct work *work, struct superposed *superposed, struct error *error) {
  struct work_request **requests = calloc(superposed->count, sizeof(struct work_request *));
  work->copies = calloc(superposed->count, sizeof *work->copies);
  if (!requests || !work->copies) {
    free(requests);
    return status_memory(error);
  }
  for (size_t i = 0; i < superposed->count; i++) {
    requests[i] = work->requests[superposed->places[i].source];
    work->copies[i] = superposed->places[i].copy;
  }
  work->recorded = work->requests;
  work->recorded_count = work->count;
  work->requests = requests;
  work->count = superposed->count;
  free(work->turns);
  work->turns = superposed->turns;
  superposed->turns = NULL;
  return STATUS_OK;
}

// Notes where the synthetic prompt goes. Where --extra-body put another prompt in its place, none is made.
static void cut_placeholder(struct work_request *request, size_t *nonce_places) {
  enum { LEN = sizeof SYNTH_PLACEHOLDER - 1 };
  char *at = memmem(request->body, request->body_len, SYNTH_PLACEHOLDER, LEN);
  if (!at) {
    free(request->synthetic);
    request->synthetic = NULL;
    return;
  }
  request->synthetic_place = (size_t)(at - request->body);
  memmove(at, at + LEN, request->body_len - request->synthetic_place - LEN);
  request->body_len -= LEN;
  for (size_t i = 0; i < request->nonce_count; i++) {
    if (nonce_places[i] > request->synthetic_place) nonce_places[i] -= LEN;
  }
}

static void set_cancel(const struct work_draw *draw, struct work_request *request) {
  int64_t after_ns = recorded_failures_find(&draw->cancels, request->trace, request->seq);
  if (after_ns < 0) return;
  request->cancel_ns = after_ns > CLOCK_NS_PER_MS ? after_ns : CLOCK_NS_PER_MS;
  draw->work->cancels++;
}

// The recorded body becomes the one that is sent.
static enum status make_ready(struct work_draw *draw, struct work_request *request, struct error *error) {
  if (!request->body || !api_asks_model(request->api)) return STATUS_OK;
  struct buf body = {0};
  enum status status =
      rewrite_body(&draw->options->rules, request->api, request->body, request->body_len, &body, error);
  if (status) {
    buf_free(&body);
    return status_prefix(error, status, "request %lld of the trace", (long long)request->seq);
  }
  free(request->body);
  request->body = body.data;
  request->body_len = body.len;
  stateful_place(request);
  size_t places[NONCE_PLACES_MAX];
  request->nonce_count =
      rewrite_nonce_places(request->api, request->body, request->body_len, places, NONCE_PLACES_MAX);
  if (request->synthetic) cut_placeholder(request, places);
  draw->work->without_text += request->nonce_count == 0;
  if (request->nonce_count == 0) return STATUS_OK;
  request->nonce_places = calloc(request->nonce_count, sizeof *places);
  if (!request->nonce_places) return status_memory(error);
  memcpy(request->nonce_places, places, request->nonce_count * sizeof *places);
  return STATUS_OK;
}

static enum status nothing_to_send(const struct work *work, struct error *error) {
  if (work->bodiless > 0) {
    return status_fail(error, STATUS_FORMAT, "%lld requests in the trace, but none with a recorded JSON body",
                       (long long)(work->bodiless + work->other));
  }
  if (work->stateful > 0) {
    return status_fail(error, STATUS_FORMAT,
                       "every request of the trace continues an answer that only the recording server has "
                       "(previous_response_id, conversation)");
  }
  if (work->failed > 0) {
    return status_fail(
        error, STATUS_FORMAT,
        "the server answered every request of the trace (%lld) with an error status when it was recorded",
        (long long)work->failed);
  }
  if (work->other > 0) {
    return status_fail(error, STATUS_FORMAT,
                       "no request of the chosen APIs among %lld in the trace (--api http sends any)",
                       (long long)work->other);
  }
  return status_fail(error, STATUS_FORMAT, "no request in the trace");
}

// Traces are merged by the wall clock. One that knows none begins with the earliest that does.
static void merge_clocks(struct work_draw *draw) {
  struct work *work = draw->work;
  if (draw->undated == 0 || draw->earliest_ns == INT64_MAX) return;
  log_notice(draw->log, "%lld requests have no wall clock: their trace begins with the earliest other",
             (long long)draw->undated);
  for (size_t i = 0; i < work->count; i++) {
    int64_t *at_ns = &work->requests[i]->at_ns;
    if (work->requests[i]->undated)
      *at_ns = *at_ns < INT64_MAX - draw->earliest_ns ? *at_ns + draw->earliest_ns : INT64_MAX;
  }
}

// By time, then as they stand in the traces.
static int compare_times(const void *a, const void *b) {
  const struct work_request *x = *(struct work_request *const *)a, *y = *(struct work_request *const *)b;
  if (x->at_ns != y->at_ns) return x->at_ns < y->at_ns ? -1 : 1;
  if (x->trace != y->trace) return x->trace < y->trace ? -1 : 1;
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static enum status start_calibration(struct work *work, struct error *error) {
  work->calibrate = calloc(1, sizeof *work->calibrate);
  if (!work->calibrate) return status_memory(error);
  calibrate_start(work->calibrate);
  double tokens = 0;
  int64_t requests = 0;
  for (size_t i = 0; i < work->count; i++) {
    if (!work->requests[i]->synthetic) continue;
    tokens += (double)work->requests[i]->synthetic->tokens;
    requests++;
  }
  if (requests > 0) work->calibrate->mean_tokens = (int64_t)(tokens / (double)requests);
  return STATUS_OK;
}

// Lets each conversation's requests follow the order of its turns, and keeps who comes after whom.
static enum status put_in_turn(struct work_draw *draw, struct error *error) {
  struct work *work = draw->work;
  if (draw->conversations.name_count == 0 || work->count == 0) return STATUS_OK;
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
    status = conversations_order(&draw->conversations, asked, work->count, order, work->turns);
  for (size_t i = 0; status == STATUS_OK && i < work->count; i++)
    work->requests[i] = requests[order[i]];
  free(asked);
  free(requests);
  free(order);
  return status ? status_memory(error) : STATUS_OK;
}

static enum status read_traces(struct work_draw *draw, struct error *error) {
  const struct cli_texts *traces = draw->options->traces;
  enum status status = STATUS_OK;
  draw->earliest_ns = INT64_MAX;
  draw->kept_max = draw->options->draws < INT64_MAX / 2 ? 2 * draw->options->draws : INT64_MAX;
  draw->random = random_open(draw->options->seed);
  if (!draw->random) return status_memory(error);
  for (size_t i = 0; status == STATUS_OK && i < traces->count; i++) {
    status = work_draw_trace(draw, traces->items[i], error);
    conversations_next_trace(&draw->conversations);
    conversations_next_trace(&draw->answers);
  }
  return status;
}

static void end_draw(struct work_draw *draw) {
  random_close(draw->random);
  conversations_free(&draw->conversations);
  conversations_free(&draw->answers);
  recorded_failures_free(&draw->failures);
  recorded_failures_free(&draw->cancels);
  buf_free(&draw->scratch);
}

// Takes out the requests that failed when recorded, and what is more than the draw. A response comes behind
// its request, so more were kept than are wanted; where most failed, fewer are left.
static void drop_failures(struct work_draw *draw) {
  struct work *work = draw->work;
  bool knows_all = (size_t)work->available == work->count;
  size_t kept = 0, failed = 0;
  for (size_t i = 0; i < work->count; i++) {
    struct work_request *request = work->requests[i];
    bool fails = recorded_failures_find(&draw->failures, request->trace, request->seq) >= 0;
    if (fails || kept == (size_t)draw->options->draws) {
      failed += fails;
      work->synthetic -= fails && request->synthetic;
      work_request_free(request);
    } else {
      work->requests[kept++] = request;
    }
  }
  work->count = kept;
  if (failed == 0) return;
  work->failed = knows_all ? (int64_t)failed : (int64_t)draw->failures.count;
  work->available -= work->failed;
  if (work->available < (int64_t)kept || kept < (size_t)draw->options->draws) work->available = (int64_t)kept;
}

// Closes the gaps that freed requests leave among those kept. True where there were some: how many others
// there are besides is not known.
static bool close_gaps(struct work *work) {
  size_t kept = 0, synthetic = 0;
  for (size_t i = 0; i < work->count; i++) {
    struct work_request *request = work->requests[i];
    if (!request) continue;
    work->requests[kept++] = request;
    synthetic += request->synthetic != NULL;
  }
  if (kept == work->count) return false;
  work->available = (int64_t)kept;
  work->synthetic = (int64_t)synthetic;
  work->count = kept;
  return true;
}

// In turn, and without requests that continue an answer which no request here asks for.
static enum status put_in_turn_with_state(struct work_draw *draw, struct error *error) {
  struct work *work = draw->work;
  enum status status = put_in_turn(draw, error);
  if (status || !draw->options->stateful) return status;
  work->stateful += (int64_t)stateful_link(work, &draw->conversations);
  if (!close_gaps(work)) return STATUS_OK;
  free(work->turns);
  work->turns = NULL;
  if (work->count == 0) return nothing_to_send(work, error);
  status = put_in_turn(draw, error);
  if (status == STATUS_OK) (void)stateful_link(work, &draw->conversations); // the places are others now
  return status;
}

// What is to be sent, as it was recorded, in the order of the draw.
static enum status draw_requests(struct work_draw *draw, struct error *error) {
  struct work *work = draw->work;
  enum status status = read_traces(draw, error);
  if (status == STATUS_OK) {
    recorded_failures_sort(&draw->failures);
    recorded_failures_sort(&draw->cancels);
    drop_failures(draw);
  }
  if (status == STATUS_OK && work->count == 0) status = nothing_to_send(work, error);
  if (status == STATUS_OK && draw->options->in_time) {
    merge_clocks(draw);
    qsort(work->requests, work->count, sizeof(struct work_request *), compare_times);
  }
  if (status == STATUS_OK && draw->options->in_turn) status = put_in_turn_with_state(draw, error);
  return status;
}

// Of all of them together, and where there are several of each.
static enum status digest_traces(struct work *work, size_t count, struct error *error) {
  enum status status = work_digest(work, -1, work->digest, error);
  if (status || count < 2) return status;
  work->traces = calloc(count, sizeof *work->traces);
  if (!work->traces) return status_memory(error);
  for (size_t i = 0; i < work->count; i++)
    work->traces[work->requests[i]->trace].drawn++;
  for (size_t i = 0; status == STATUS_OK && i < count; i++)
    status = work_digest(work, (int64_t)i, work->traces[i].digest, error);
  return status;
}

enum status work_load(const struct work_options *options, struct log *log, struct work *out,
                      struct error *error) {
  struct work work = {0};
  struct work_draw draw = {.options = options, .log = log, .work = &work};
  enum status status = draw_requests(&draw, error);
  if (status == STATUS_OK) status = digest_traces(&work, options->traces->count, error);
  for (size_t i = 1; i < work.count; i++)
    work.several_apis |= work.requests[i]->api != work.requests[0]->api;
  for (size_t i = 0; status == STATUS_OK && i < work.count; i++) {
    set_cancel(&draw, work.requests[i]);
    status = make_ready(&draw, work.requests[i], error);
  }
  if (status == STATUS_OK) status = work_digest(&work, -1, work.sent_digest, error);
  if (status == STATUS_OK && work.synthetic > 0) status = start_calibration(&work, error);
  work.mean_latency_s = draw.latencies > 0 ? draw.latency_s / (double)draw.latencies : NAN;
  work.mean_output_tokens = draw.outputs > 0 ? draw.output_tokens / (double)draw.outputs : NAN;
  end_draw(&draw);
  if (status) {
    work_free(&work);
    return status;
  }
  *out = work;
  return STATUS_OK;
}
