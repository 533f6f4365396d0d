// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_pending.h"

#include <stdlib.h>

#include "analyze/input/load_reader.h"

void load_pending_open(struct load_pending *pending) {
  *pending = (struct load_pending){.key = {.session = -2}};
}

void load_pending_close(struct load_pending *pending) {
  load_times_free(&pending->times);
  window_free(&pending->window);
  load_arrivals_free(&pending->arrivals);
  if (pending->sketch) sketch_free(pending->sketch);
  free(pending->sketch);
}

static bool same_key(const struct batch_key *a, const struct batch_key *b) {
  return a->session == b->session && a->batch == b->batch && a->workers == b->workers && a->rep == b->rep &&
         a->warmup == b->warmup && (a->rate == b->rate || a->rate <= 0 || b->rate <= 0);
}

// A batch that is measured again has the key of the one before, which is over by then.
static bool is_measured_again(const struct load_pending *pending, const struct run_request *record) {
  return pending->state != PENDING_OPEN &&
         (record->sent_ns > pending->end_ns || record->intended_ns > pending->end_ns);
}

static void start(struct load_pending *pending, const struct batch_key *key) {
  pending->key = *key;
  pending->state = PENDING_OPEN;
  pending->requests = pending->good = 0;
  pending->has_sketch = false;
  load_times_clear(&pending->times);
  window_clear(&pending->window);
  load_arrivals_clear(&pending->arrivals);
}

static bool within(int64_t value, int64_t limit) {
  return limit < 0 || (value >= 0 && value <= limit);
}

static enum status add_times(struct load_times *times, const int64_t *values) {
  for (size_t i = 0; i < LOAD_TIME_COUNT; i++) {
    enum status status = values[i] < 0 ? STATUS_OK : times_add(&times->of[i], values[i]);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

enum status load_pending_request(struct load_pending *pending, struct load_data *data,
                                 const struct run_request *record) {
  struct batch_key key = {record->session, record->workers, record->batch,
                          record->rep,     record->warmup,  record->rate};
  if (!same_key(&key, &pending->key) || is_measured_again(pending, record)) start(pending, &key);
  if (record->warmup || pending->state == PENDING_LEFT_OUT) return STATUS_OK;
  pending->requests++;
  enum status status = load_api_add(data, record);
  if (status == STATUS_OK) status = window_add(&pending->window, record);
  if (status != STATUS_OK) return status;
  if (record->error != FAILURE_NONE) return load_arrivals_add(&pending->arrivals, record, NULL, false);
  if (record->output_tokens >= 2 && record->events >= 1) {
    data->answers++;
    data->one_piece += record->events == 1;
  }
  int64_t values[LOAD_TIME_COUNT];
  request_times(record, values);
  const struct load_limits *limits = &data->limits;
  bool good = within(record->ttft_ns, limits->ttft_ns) && within(record->latency_ns, limits->latency_ns) &&
              (values[LOAD_TPOT] < 0 || within(values[LOAD_TPOT], limits->tpot_ns));
  pending->good += good;
  status = load_arrivals_add(&pending->arrivals, record, values, good);
  if (status != STATUS_OK) return status;
  bool counted = pending->state == PENDING_COUNTED;
  return add_times(counted ? &data->cells[pending->cell].current : &pending->times, values);
}

static enum status take_sketch(struct load_pending *pending, struct load_data *data,
                               const struct run_batch *record, struct error *error) {
  if (!pending->sketch) pending->sketch = calloc(1, sizeof *pending->sketch);
  if (!pending->sketch) return status_memory(error);
  enum status status = sketch_read(pending->sketch, record->sketch, error);
  if (status != STATUS_OK) return status;
  pending->has_sketch = true;
  data->answers += pending->sketch->answers;
  data->one_piece += pending->sketch->one_piece;
  for (size_t b = 0; b < COURSE_ALL; b++) {
    int64_t good = load_open_sketch_good(pending->sketch, b, &data->limits);
    pending->good = good < 0 ? -1 : pending->good + good;
    for (size_t t = 0; t < REQUEST_TIMES; t++) {
      const struct histogram *histogram = pending->sketch->times[t][b];
      if (histogram && histogram->count > 0) status = times_add_histogram(&pending->times.of[t], histogram);
      if (status != STATUS_OK) return status_plain(error, status);
    }
  }
  return STATUS_OK;
}

enum status load_pending_batch(struct load_pending *pending, struct load_data *data,
                               const struct run_batch *record, struct error *error) {
  struct batch_key key = {record->session, record->workers, record->batch,
                          record->rep,     record->warmup,  record->rate > 0 ? record->rate : 0};
  if (!same_key(&key, &pending->key) || pending->state != PENDING_OPEN) start(pending, &key);
  pending->end_ns = record->start_ns + record->total_ns;
  pending->state = PENDING_LEFT_OUT;
  if (record->sketch.len == 0 || record->warmup) return STATUS_OK;
  return take_sketch(pending, data, record, error);
}

enum status load_pending_window(const struct load_pending *pending, const struct run_batch *record,
                                enum results_measure measure, struct steady *out) {
  static const struct {
    size_t count;
    enum window_part of[2];
  } parts[MEASURE_COUNT] = {[MEASURE_OUTPUT_TOKENS] = {1, {WINDOW_OUTPUT}},
                            [MEASURE_INPUT_TOKENS] = {1, {WINDOW_INPUT}},
                            [MEASURE_TOTAL_TOKENS] = {2, {WINDOW_OUTPUT, WINDOW_INPUT}},
                            [MEASURE_REQUESTS] = {1, {WINDOW_REQUESTS}}};
  double amount = 0, squares = 0;
  for (size_t i = 0; i < parts[measure].count; i++) {
    enum window_part part = parts[measure].of[i];
    enum status status = STATUS_OK;
    if (pending->has_sketch)
      *out = pending->sketch->windows[part];
    else
      status = window_close(&pending->window, record->requests, record->workers, record->total_ns, part, out);
    if (status != STATUS_OK) return status;
    amount += out->amount;
    squares += out->squares;
  }
  out->amount = amount;
  out->squares = squares;
  return STATUS_OK;
}
