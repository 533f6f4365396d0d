// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_open.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/input/load_reader.h"
#include "analyze/stat/serial.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"

#define REQUESTS_MAX 100000000
#define FILLS 3 // so many responses' lengths after its start a server has filled up

// A schedule is cut into blocks, and each of them into spans.
enum { BLOCKS = 100, SPANS = 5, ALL_SPANS = BLOCKS * SPANS };

void load_arrivals_clear(struct load_arrivals *arrivals) {
  arrivals->count = 0;
}

void load_arrivals_free(struct load_arrivals *arrivals) {
  free(arrivals->of);
  *arrivals = (struct load_arrivals){0};
}

enum status load_arrivals_add(struct load_arrivals *arrivals, const struct run_request *record,
                              const int64_t *values, bool good) {
  if (record->workers >= 1 || record->batch >= 1 || record->warmup) return STATUS_OK;
  enum status status =
      array_grow(&arrivals->of, &arrivals->room, arrivals->count, sizeof *arrivals->of, REQUESTS_MAX);
  if (status != STATUS_OK) return status;
  bool ended = record->sent_ns >= 0 && record->latency_ns >= 0;
  struct load_arrival *arrival = &arrivals->of[arrivals->count++];
  *arrival = (struct load_arrival){.ready_ns = record->ready_ns >= 0 ? record->ready_ns : record->intended_ns,
                                   .done_ns = ended ? record->sent_ns + record->latency_ns : -1,
                                   .success = record->error == FAILURE_NONE,
                                   .cancelled = record->error == FAILURE_CANCELLED,
                                   .good = good};
  for (size_t t = 0; t < LOAD_OPEN_TIMES; t++)
    arrival->values[t] = values ? values[t] : -1;
  return STATUS_OK;
}

// One repetition, in units of its blocks from its start on.
struct course {
  const struct load_arrivals *arrivals;
  double start_s, block_s;
  size_t start;                 // first block of the steady part
  double in_flight[BLOCKS + 1]; // where blocks begin, and at the end
};

static double place_of(const struct course *course, int64_t at_ns) {
  return (clock_seconds(at_ns) - course->start_s) / course->block_s;
}

// The block of a request that came in the steady part; BLOCKS: not in it.
static size_t block_of(const struct course *course, const struct load_arrival *arrival) {
  double place = place_of(course, arrival->ready_ns);
  return place >= (double)course->start && place < BLOCKS ? (size_t)place : BLOCKS;
}

// One more (or less) in flight from `at` spans after the start on: `mean` of each span, `edge` where it
// begins; both are sums still to be made.
static void add_event(double *mean, double *edge, double at, double sign) {
  if (!(at < ALL_SPANS)) return;
  size_t span = (size_t)fmax(at, 0);
  mean[span] += sign * ((double)(span + 1) - fmax(at, 0));
  edge[span + 1] += sign;
}

static void find_start(struct course *course) {
  double mean[ALL_SPANS] = {0}, edge[ALL_SPANS + 1] = {0}, blocks[BLOCKS] = {0}, now = 0;
  for (size_t i = 0; i < course->arrivals->count; i++) {
    const struct load_arrival *arrival = &course->arrivals->of[i];
    add_event(mean, edge, SPANS * place_of(course, arrival->ready_ns), 1);
    if (arrival->done_ns >= 0) add_event(mean, edge, SPANS * place_of(course, arrival->done_ns), -1);
  }
  for (size_t i = 0; i <= ALL_SPANS; i++) {
    now += edge[i];
    if (i % SPANS == 0) course->in_flight[i / SPANS] = now;
    if (i < ALL_SPANS) blocks[i / SPANS] += (now + mean[i]) / SPANS;
  }
  course->start = serial_start(blocks, BLOCKS);
}

// Until answers of those that came first end, requests in flight rise on any server.
static void find_queue(const struct course *course, struct queue *queue) {
  double sum = 0, count = 0, arrived = 0, scratch[BLOCKS + 1];
  for (size_t i = 0; i < course->arrivals->count; i++) {
    const struct load_arrival *arrival = &course->arrivals->of[i];
    if (arrival->done_ns < 0 || place_of(course, arrival->ready_ns) >= BLOCKS / 10.0) continue;
    sum += place_of(course, arrival->done_ns) - place_of(course, arrival->ready_ns);
    count++;
  }
  size_t from = (size_t)fmin(ceil(FILLS * sum / fmax(count, 1)), BLOCKS);
  if (from > BLOCKS * 2 / 3) return;
  for (size_t i = 0; i < course->arrivals->count; i++) {
    double place = place_of(course, course->arrivals->of[i].ready_ns);
    arrived += place >= (double)from && place < BLOCKS;
  }
  queue_add(queue, arrived, (double)(BLOCKS - from) * course->block_s, course->in_flight + from,
            BLOCKS - from + 1, scratch);
}

// Of `hits` among `trials` in each block: the variance of their sum where the share is given.
static struct load_spread spread_of(const struct course *course, const double *trials, double *hits) {
  double hit = 0, all = 0;
  struct load_spread spread;
  for (size_t b = course->start; b < BLOCKS; b++)
    hit += hits[b], all += trials[b];
  for (size_t b = course->start; b < BLOCKS && all > 0; b++)
    hits[b] -= hit / all * trials[b];
  spread.variance = serial_variance(hits + course->start, BLOCKS - course->start, &spread.df);
  return spread;
}

// By how much the sum of a time varies over blocks, beside the sum of independent ones.
static double worth_of(const struct course *course, size_t time) {
  double trials[BLOCKS] = {0}, sums[BLOCKS] = {0}, sum = 0, squares = 0, count = 0, df;
  for (size_t i = 0; i < course->arrivals->count; i++) {
    const struct load_arrival *arrival = &course->arrivals->of[i];
    size_t block = block_of(course, arrival);
    if (block == BLOCKS || arrival->values[time] < 0) continue;
    double value = clock_seconds(arrival->values[time]);
    trials[block]++, sums[block] += value;
    count++, sum += value, squares += value * value;
  }
  for (size_t b = course->start; b < BLOCKS && count > 0; b++)
    sums[b] -= sum / count * trials[b];
  double variance = serial_variance(sums + course->start, BLOCKS - course->start, &df);
  double independent = count > 0 ? fmax(squares - sum * sum / count, 0) : 0;
  if (!(df > 0)) return 0;
  return variance > independent ? count * independent / variance : count;
}

static void find_spreads(const struct course *course, const struct load_quantiles *at,
                         struct load_open *open) {
  for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
    open->worth[t] = worth_of(course, t);
    for (size_t p = 0; p < LOAD_PERCENTILES; p++) {
      double trials[BLOCKS] = {0}, hits[BLOCKS] = {0};
      for (size_t i = 0; i < course->arrivals->count; i++) {
        const struct load_arrival *arrival = &course->arrivals->of[i];
        size_t block = block_of(course, arrival);
        if (block == BLOCKS || arrival->values[t] < 0) continue;
        trials[block]++;
        hits[block] += clock_seconds(arrival->values[t]) > at->of[t][p];
      }
      open->spread[t][p] = spread_of(course, trials, hits);
    }
  }
}

// What came, what of it was good and what ended in the steady part.
static enum status sum_up(const struct course *course, bool has_limits, struct load_open *open) {
  double trials[BLOCKS] = {0}, hits[BLOCKS] = {0};
  enum status status = STATUS_OK;
  open->served = open->answered = 0;
  for (size_t i = 0; i < course->arrivals->count && status == STATUS_OK; i++) {
    const struct load_arrival *arrival = &course->arrivals->of[i];
    double done = arrival->done_ns < 0 ? INFINITY : place_of(course, arrival->done_ns);
    size_t block = block_of(course, arrival);
    open->served += arrival->success && done >= (double)course->start && done <= BLOCKS;
    if (block == BLOCKS) continue;
    trials[block] += !arrival->cancelled;
    hits[block] += arrival->good;
    open->answered += !arrival->cancelled;
    if (has_limits) open->good = (open->good < 0 ? 0 : open->good) + arrival->good;
    for (size_t t = 0; t < LOAD_OPEN_TIMES && status == STATUS_OK; t++)
      if (arrival->values[t] >= 0) status = times_add(&open->times.of[t], arrival->values[t]);
  }
  open->good_spread = spread_of(course, trials, hits);
  return status;
}

static enum status add_steady(const struct load_arrivals *arrivals, const struct run_batch *record,
                              bool has_limits, struct load_open *open) {
  struct course course = {.arrivals = arrivals,
                          .start_s = clock_seconds(record->start_ns),
                          .block_s = clock_seconds(record->total_ns) / BLOCKS};
  struct load_quantiles at;
  find_start(&course);
  find_queue(&course, &open->queue);
  open->start_s = (double)course.start * course.block_s;
  enum status status = sum_up(&course, has_limits, open);
  if (status == STATUS_OK) status = load_times_quantiles(&open->times, &at);
  if (status == STATUS_OK) find_spreads(&course, &at, open);
  return status;
}

enum status load_open_add(struct load_data *data, const struct load_arrivals *arrivals,
                          const struct run_batch *record, double speed, struct load_times *times) {
  enum status status =
      array_grow(&data->open, &data->open_room, data->open_count, sizeof *data->open, LOAD_MAX_CELLS);
  if (status != STATUS_OK) return status;
  struct load_open *open = &data->open[data->open_count++];
  bool at_rate = isfinite(record->rate) && record->rate > 0;
  *open = (struct load_open){
      .rate = at_rate ? record->rate : NAN,
      .speed = at_rate ? NAN : speed,
      .in_flight = record->in_flight_mean,
      .total_s = clock_seconds(record->total_ns),
      .requests = record->requests,
      .failed = record->failed,
      .cancelled = record->cancelled,
      .tokens = record->output_tokens,
      .input_tokens = record->input_tokens,
      .served = -1,
      .answered = -1,
      .good = -1,
      .invalid = !record->valid && !load_is_failing(record->requests, record->failed, record->cancelled)};
  status = load_times_quantiles(times, &open->whole);
  if (status != STATUS_OK) return status;
  // Of requests without records nothing is known.
  if (arrivals->count > 0 && (int64_t)arrivals->count == record->requests)
    return add_steady(arrivals, record, data->has_limits, open);
  open->times = *times;
  *times = (struct load_times){0};
  return STATUS_OK;
}
