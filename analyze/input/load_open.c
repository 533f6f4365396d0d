// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_open.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/input/load_reader.h"
#include "analyze/stat/serial.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/sketch/course.h"

#define REQUESTS_MAX 100000000
#define FILLS 3 // so many responses' lengths after its start a server has filled up

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

// One repetition by its blocks, and where its steady part begins.
struct parts {
  struct course course;
  double good[COURSE_ALL];
  struct times times[LOAD_OPEN_TIMES][COURSE_ALL];
  size_t start; // first block of the steady part
};

static void parts_free(struct parts *parts) {
  for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
    for (size_t b = 0; b < COURSE_ALL; b++)
      times_free(&parts->times[t][b]);
  }
  free(parts);
}

static enum status add_arrivals(struct parts *parts, const struct load_arrivals *arrivals) {
  enum status status = STATUS_OK;
  for (size_t i = 0; i < arrivals->count && status == STATUS_OK; i++) {
    const struct load_arrival *arrival = &arrivals->of[i];
    size_t block = course_block(&parts->course, arrival->ready_ns);
    course_add(&parts->course, arrival->ready_ns, arrival->done_ns, arrival->success, arrival->cancelled);
    parts->good[block] += arrival->good;
    for (size_t t = 0; t < LOAD_OPEN_TIMES && status == STATUS_OK; t++)
      if (arrival->values[t] >= 0) status = times_add(&parts->times[t][block], arrival->values[t]);
  }
  course_finish(&parts->course);
  return status;
}

// Until answers of those that came first end, requests in flight rise on any server.
static void find_queue(const struct course *course, struct queue *queue) {
  double stay_s = 0, ended = 0, arrived = 0, scratch[COURSE_ALL];
  for (size_t b = 0; b < COURSE_BLOCKS / 10; b++)
    stay_s += course->stay_s[b], ended += course->ended[b];
  double stay = stay_s / course->block_s / fmax(ended, 1);
  size_t from = (size_t)fmin(ceil(FILLS * stay), COURSE_BLOCKS);
  if (from > COURSE_BLOCKS * 2 / 3) return;
  for (size_t b = from; b < COURSE_BLOCKS; b++)
    arrived += course->came[b];
  queue_add(queue, arrived, (double)(COURSE_BLOCKS - from) * course->block_s, course->in_flight + from,
            COURSE_ALL - from, scratch);
}

// Of `hits` among `trials` in each block of the steady part: the variance of their sum where the share is
// given.
static struct load_spread spread_of(const struct parts *parts, const double *trials, const double *hits) {
  double hit = 0, all = 0, deviations[COURSE_BLOCKS] = {0};
  struct load_spread spread;
  for (size_t b = parts->start; b < COURSE_BLOCKS; b++)
    hit += hits[b], all += trials[b];
  for (size_t b = parts->start; b < COURSE_BLOCKS && all > 0; b++)
    deviations[b] = hits[b] - hit / all * trials[b];
  spread.variance = serial_variance(deviations + parts->start, COURSE_BLOCKS - parts->start, &spread.df);
  return spread;
}

// By how much the sum of a time varies over blocks, beside the sum of independent ones.
static double worth_of(const struct parts *parts, const struct times *times) {
  double sums[COURSE_BLOCKS] = {0}, sum = 0, squares = 0, count = 0, df;
  for (size_t b = parts->start; b < COURSE_BLOCKS; b++) {
    times_sum(&times[b], &sums[b], &squares);
    count += (double)times_count(&times[b]), sum += sums[b];
  }
  for (size_t b = parts->start; b < COURSE_BLOCKS && count > 0; b++)
    sums[b] -= sum / count * (double)times_count(&times[b]);
  double variance = serial_variance(sums + parts->start, COURSE_BLOCKS - parts->start, &df);
  double independent = count > 0 ? fmax(squares - sum * sum / count, 0) : 0;
  if (!(df > 0)) return 0;
  return variance > independent ? count * independent / variance : count;
}

static void find_spreads(const struct parts *parts, const struct load_quantiles *at, struct load_open *open) {
  for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
    const struct times *times = parts->times[t];
    open->worth[t] = worth_of(parts, times);
    for (size_t p = 0; p < LOAD_PERCENTILES; p++) {
      double trials[COURSE_BLOCKS] = {0}, hits[COURSE_BLOCKS] = {0};
      for (size_t b = parts->start; b < COURSE_BLOCKS; b++) {
        trials[b] = (double)times_count(&times[b]);
        hits[b] = (double)times_above(&times[b], at->of[t][p]);
      }
      open->spread[t][p] = spread_of(parts, trials, hits);
    }
  }
}

static struct load_piece *piece_of(const struct parts *parts, size_t block, struct load_open *open) {
  return &open->pieces[(block - parts->start) * LOAD_PIECES / (COURSE_BLOCKS - parts->start)];
}

// What came, what of it was good and what ended in the steady part, and its times.
static enum status sum_up(const struct parts *parts, bool has_limits, struct load_open *open,
                          struct load_times *steady) {
  const struct course *course = &parts->course;
  double answered = 0, served = 0, good = 0;
  for (size_t b = parts->start; b < COURSE_BLOCKS; b++)
    answered += course->answered[b], served += course->served[b], good += parts->good[b];
  open->served = (int64_t)served, open->answered = (int64_t)answered;
  if (has_limits) open->good = (int64_t)good;
  open->good_spread = spread_of(parts, course->answered, parts->good);
  for (size_t b = parts->start; b < COURSE_BLOCKS; b++) {
    struct load_piece *piece = piece_of(parts, b, open);
    piece->answered += (int64_t)course->answered[b], piece->good += (int64_t)parts->good[b];
    for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
      enum status status = times_merge(&piece->times.of[t], &parts->times[t][b]);
      if (status == STATUS_OK) status = times_merge(&steady->of[t], &parts->times[t][b]);
      if (status != STATUS_OK) return status;
    }
  }
  return STATUS_OK;
}

// A server that starts empty is less busy at first. Of a busier start nothing is left out: a cut behind each
// early burst, and before none, would make every time too short.
static bool is_busier_before(const double *blocks, size_t start) {
  double before = 0, after = 0;
  for (size_t i = 0; i < COURSE_BLOCKS; i++)
    *(i < start ? &before : &after) += blocks[i];
  return before * (double)(COURSE_BLOCKS - start) > after * (double)start;
}

static enum status add_steady(struct parts *parts, bool has_limits, struct load_open *open) {
  struct load_quantiles at;
  struct load_times steady = {0};
  parts->start = serial_start(parts->course.mean, COURSE_BLOCKS);
  if (is_busier_before(parts->course.mean, parts->start)) parts->start = 0;
  find_queue(&parts->course, &open->queue);
  open->start_s = (double)parts->start * parts->course.block_s;
  enum status status = sum_up(parts, has_limits, open, &steady);
  if (status == STATUS_OK) status = load_times_quantiles(&steady, &at);
  load_times_free(&steady);
  if (status == STATUS_OK) find_spreads(parts, &at, open);
  return status;
}

int64_t load_open_sketch_good(const struct sketch *sketch, size_t block, const struct load_limits *limits) {
  const int64_t limit[] = {[REQUEST_TTFT] = limits->ttft_ns,
                           [REQUEST_LATENCY] = limits->latency_ns,
                           [REQUEST_TPOT] = limits->tpot_ns};
  const struct histogram *all = sketch->times[REQUEST_LATENCY][block];
  size_t given = 0, time = 0;
  for (size_t t = 0; t < sizeof limit / sizeof limit[0]; t++) {
    given += limit[t] >= 0;
    if (limit[t] >= 0) time = t;
  }
  if (given > 1) return -1;
  const struct histogram *histogram = sketch->times[time][block];
  int64_t within_limit = given && histogram ? histogram_count_to(histogram, limit[time]) : 0;
  if (given && time != REQUEST_TPOT) return within_limit;
  return (all ? all->count : 0) - (given && histogram ? histogram->count - within_limit : 0);
}

// Which of several limits a request kept is not known: no good_spread then, and no `good`.
static enum status add_sketch(struct parts *parts, const struct sketch *sketch,
                              const struct load_limits *limits) {
  parts->course = sketch->course;
  for (size_t b = 0; b < COURSE_ALL; b++) {
    parts->good[b] = (double)load_open_sketch_good(sketch, b, limits);
    for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
      const struct histogram *histogram = sketch->times[t][b];
      if (!histogram || histogram->count == 0) continue;
      enum status status = times_add_histogram(&parts->times[t][b], histogram);
      if (status != STATUS_OK) return status;
    }
  }
  return STATUS_OK;
}

static enum status add_parts(const struct load_data *data, const struct load_open_source *source,
                             const struct run_batch *record, struct load_open *open) {
  struct parts *parts = calloc(1, sizeof *parts);
  if (!parts) return STATUS_MEMORY;
  course_start(&parts->course, record->start_ns, record->total_ns);
  enum status status = source->sketch ? add_sketch(parts, source->sketch, &data->limits)
                                      : add_arrivals(parts, source->arrivals);
  bool has_limits = data->has_limits && parts->good[0] >= 0;
  if (status == STATUS_OK) status = add_steady(parts, has_limits, open);
  parts_free(parts);
  return status;
}

// A sketch whose schedule did not last as long as the repetition has blocks of another length.
static bool has_parts(const struct load_open_source *source, const struct run_batch *record) {
  if (!source->sketch)
    return source->arrivals->count > 0 && (int64_t)source->arrivals->count == record->requests;
  double schedule_s = source->sketch->course.block_s * COURSE_BLOCKS;
  return source->sketch->open && fabs(schedule_s / clock_seconds(record->total_ns) - 1) < 0.01;
}

enum status load_open_add(struct load_data *data, const struct load_open_source *source,
                          const struct run_batch *record, double speed) {
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
  status = load_times_quantiles(source->times, &open->whole);
  if (status != STATUS_OK || has_parts(source, record))
    return status != STATUS_OK ? status : add_parts(data, source, record, open);
  open->pieces[0].times = *source->times;
  *source->times = (struct load_times){0};
  return STATUS_OK;
}
