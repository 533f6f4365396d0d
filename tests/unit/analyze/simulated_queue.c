// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/analyze/simulated_queue.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "analyze/input/load_open.h"
#include "analyze/input/load_reader.h"
#include "lib/base/clock.h"

#define FIRST_TOKEN_S 0.05

double simulated_queue_capacity(const struct simulated_queue *queue) {
  return (double)queue->slots / queue->service_s;
}

static double service(const struct simulated_queue *queue, gsl_rng *rng) {
  if (queue->cv == 1) return gsl_ran_exponential(rng, queue->service_s);
  double sigma = sqrt(log1p(queue->cv * queue->cv));
  return queue->service_s * exp(gsl_ran_gaussian(rng, sigma) - sigma * sigma / 2);
}

struct server {
  double free_s[SIMULATED_SLOTS_MAX], now_s, begin_s, end_s;
  size_t taken; // of the batch that is next or runs
};

struct answer {
  double ttft_s, done_s;
};

// A batch begins when the one before ends, or when a request comes to an idle server.
static double begin_batched(const struct simulated_queue *queue, gsl_rng *rng, struct server *server) {
  bool joins = server->begin_s >= server->now_s && server->taken < queue->slots;
  if (!joins) {
    server->begin_s = fmax(server->end_s, server->now_s);
    server->end_s = server->begin_s + service(queue, rng);
    server->taken = 0;
  }
  server->taken++;
  return server->begin_s;
}

// One arrival after the other.
static struct answer next_answer(const struct simulated_queue *queue, double rate, gsl_rng *rng,
                                 struct server *server) {
  size_t first = 0;
  double start, end;
  server->now_s += gsl_ran_exponential(rng, 1 / rate);
  if (queue->batching) {
    start = begin_batched(queue, rng, server);
    end = server->end_s;
  } else {
    for (size_t i = 1; i < queue->slots; i++)
      if (server->free_s[i] < server->free_s[first]) first = i;
    start = fmax(server->now_s, server->free_s[first]);
    end = server->free_s[first] = start + service(queue, rng);
  }
  double ttft = start - server->now_s + FIRST_TOKEN_S * exp(gsl_ran_gaussian(rng, 0.1));
  return (struct answer){ttft, fmax(end, server->now_s + ttft)};
}

bool simulated_queue_measure(const struct simulated_queue *queue, double rate, double duration_s,
                             double limit_s, gsl_rng *rng, struct load_data *data) {
  struct load_arrivals arrivals = {0};
  struct load_times times = {0};
  struct server server = {0};
  struct run_batch batch = {.workers = -1,
                            .batch = -1,
                            .total_ns = clock_from_seconds(duration_s),
                            .input_tokens = -1,
                            .output_tokens = -1,
                            .rate = rate,
                            .valid = true,
                            .in_flight_mean = rate * queue->service_s};
  bool good = true;
  data->has_limits = true;
  for (;;) {
    struct answer answer = next_answer(queue, rate, rng, &server);
    if (server.now_s > duration_s || !good) break;
    struct run_request request = {.workers = -1,
                                  .batch = -1,
                                  .ready_ns = clock_from_seconds(server.now_s),
                                  .sent_ns = clock_from_seconds(server.now_s),
                                  .latency_ns = clock_from_seconds(answer.done_s - server.now_s)};
    int64_t values[LOAD_TIME_COUNT] = {clock_from_seconds(answer.ttft_s), request.latency_ns, -1};
    batch.requests++;
    good = load_arrivals_add(&arrivals, &request, values, answer.ttft_s <= limit_s) == STATUS_OK;
    for (size_t t = 0; t < 2 && good; t++)
      good = times_add(&times.of[t], values[t]) == STATUS_OK;
  }
  struct load_open_source source = {.arrivals = &arrivals, .times = &times};
  good = good && load_open_add(data, &source, &batch, NAN) == STATUS_OK;
  load_arrivals_free(&arrivals);
  load_times_free(&times);
  return good;
}

bool simulated_queue_truth(const struct simulated_queue *queue, double rate, size_t count, gsl_rng *rng,
                           const double *p, size_t ps, double *quantiles, double limit_s, double *share) {
  struct server server = {0};
  double *ttft = malloc(count * sizeof *ttft), within = 0;
  if (!ttft) return false;
  for (size_t i = 0; i < count / 10; i++)
    next_answer(queue, rate, rng, &server);
  for (size_t i = 0; i < count; i++) {
    ttft[i] = next_answer(queue, rate, rng, &server).ttft_s;
    within += ttft[i] <= limit_s;
  }
  *share = within / (double)count;
  if (ps > 0) qsort(ttft, count, sizeof *ttft, stat_compare_doubles);
  for (size_t i = 0; i < ps; i++)
    quantiles[i] = ttft[(size_t)(p[i] * (double)count)];
  free(ttft);
  return true;
}
