// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/sketch/sketch.h"

#include <stdlib.h>

#include "lib/json/json_write.h"

void sketch_start(struct sketch *sketch, int64_t start_ns, int64_t schedule_ns) {
  for (size_t t = 0; t < REQUEST_TIMES; t++) {
    for (size_t b = 0; b < COURSE_ALL; b++)
      if (sketch->times[t][b]) histogram_clear(sketch->times[t][b]);
  }
  sketch->open = schedule_ns > 0;
  if (sketch->open) course_start(&sketch->course, start_ns, schedule_ns);
  for (size_t part = 0; part < WINDOW_PARTS; part++)
    sketch->windows[part] = (struct steady){0};
  sketch->answers = sketch->one_piece = 0;
  window_clear(&sketch->window);
}

void sketch_free(struct sketch *sketch) {
  for (size_t t = 0; t < REQUEST_TIMES; t++) {
    for (size_t b = 0; b < COURSE_ALL; b++)
      free(sketch->times[t][b]);
  }
  window_free(&sketch->window);
  *sketch = (struct sketch){0};
}

static struct histogram *histogram_of(struct sketch *sketch, size_t time, size_t block) {
  struct histogram **at = &sketch->times[time][block];
  if (!*at) *at = histogram_new(SKETCH_BITS);
  return *at;
}

enum status sketch_add(struct sketch *sketch, const struct run_request *record) {
  size_t block = 0;
  bool success = record->error == FAILURE_NONE;
  if (sketch->open) {
    int64_t ready_ns = record->ready_ns >= 0 ? record->ready_ns : record->intended_ns;
    bool ended = record->sent_ns >= 0 && record->latency_ns >= 0;
    block = course_block(&sketch->course, ready_ns);
    course_add(&sketch->course, ready_ns, ended ? record->sent_ns + record->latency_ns : -1, success,
               record->error == FAILURE_CANCELLED);
  }
  enum status status = sketch->open ? STATUS_OK : window_add(&sketch->window, record);
  if (status != STATUS_OK || !success) return status;
  if (record->output_tokens >= 2 && record->events >= 1) {
    sketch->answers++;
    sketch->one_piece += record->events == 1;
  }
  int64_t values[REQUEST_TIMES];
  request_times(record, values);
  for (size_t t = 0; t < REQUEST_TIMES; t++) {
    if (values[t] < 0) continue;
    struct histogram *histogram = histogram_of(sketch, t, block);
    if (!histogram) return STATUS_MEMORY;
    histogram_add(histogram, values[t]);
  }
  return STATUS_OK;
}

enum status sketch_merge(struct sketch *sketch, const struct sketch *other) {
  for (size_t t = 0; t < REQUEST_TIMES; t++) {
    for (size_t b = 0; b < COURSE_ALL; b++) {
      const struct histogram *from = other->times[t][b];
      if (!from || from->count == 0) continue;
      struct histogram *into = histogram_of(sketch, t, b);
      if (!into) return STATUS_MEMORY;
      histogram_merge(into, from);
    }
  }
  if (sketch->open && other->open) course_merge(&sketch->course, &other->course);
  for (size_t part = 0; part < WINDOW_PARTS; part++)
    steady_add(&sketch->windows[part], &other->windows[part]);
  sketch->answers += other->answers;
  sketch->one_piece += other->one_piece;
  return STATUS_OK;
}

// Buckets as pairs: how many lie between it and the one before, and its count.
static void write_histogram(struct json_writer *w, const struct histogram *histogram) {
  if (!histogram || histogram->count == 0) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  json_member_seconds(w, "min", histogram->min);
  json_member_seconds(w, "max", histogram->max);
  json_member_number(w, "sum", (double)histogram->sum * 1e-9);
  json_write_key(w, "buckets");
  json_write_array(w);
  size_t next = 0;
  for (size_t i = histogram->first; i <= histogram->last; i++) {
    if (histogram->counts[i] == 0) continue;
    json_write_int(w, (int64_t)(i - next));
    json_write_int(w, (int64_t)histogram->counts[i]);
    next = i + 1;
  }
  json_write_array_end(w);
  json_write_object_end(w);
}

static void write_numbers(struct json_writer *w, const char *name, const double *values, size_t count) {
  json_write_key(w, name);
  json_write_array(w);
  for (size_t i = 0; i < count; i++)
    json_write_number(w, values[i]);
  json_write_array_end(w);
}

static void write_course(struct json_writer *w, const struct course *course) {
  json_write_key(w, "course");
  json_write_object(w);
  json_member_number(w, "start_s", course->start_s);
  json_member_number(w, "block_s", course->block_s);
  write_numbers(w, "came", course->came, COURSE_ALL);
  write_numbers(w, "answered", course->answered, COURSE_ALL);
  write_numbers(w, "ended", course->ended, COURSE_ALL);
  write_numbers(w, "stay_s", course->stay_s, COURSE_ALL);
  write_numbers(w, "served", course->served, COURSE_ALL);
  write_numbers(w, "in_flight", course->in_flight, COURSE_ALL);
  write_numbers(w, "mean", course->mean, COURSE_BLOCKS);
  json_write_object_end(w);
}

static void write_windows(struct json_writer *w, const struct steady *windows) {
  json_write_key(w, "windows");
  json_write_array(w);
  for (size_t part = 0; part < WINDOW_PARTS; part++) {
    const struct steady *window = &windows[part];
    const double values[] = {window->windows, window->window_s, window->batch_s,   window->amount,
                             window->busy_s,  window->ended,    window->latency_s, window->squares};
    json_write_array(w);
    for (size_t i = 0; window->windows > 0 && i < sizeof values / sizeof values[0]; i++)
      json_write_number(w, values[i]);
    json_write_array_end(w);
  }
  json_write_array_end(w);
}

enum status sketch_write(struct sketch *sketch, const struct run_batch *record, struct buf *out) {
  for (enum window_part part = 0; !sketch->open && part < WINDOW_PARTS; part++) {
    enum status status = window_close(&sketch->window, record->requests, record->workers, record->total_ns,
                                      part, &sketch->windows[part]);
    if (status != STATUS_OK) return status;
  }
  if (sketch->open) course_finish(&sketch->course);
  sketch_print(sketch, out);
  return STATUS_OK;
}

void sketch_print(const struct sketch *sketch, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_int(&w, "bits", SKETCH_BITS);
  json_member_int(&w, "answers", sketch->answers);
  json_member_int(&w, "one_piece", sketch->one_piece);
  for (size_t t = 0; t < REQUEST_TIMES; t++) {
    json_write_key(&w, request_time_names[t]);
    json_write_array(&w);
    for (size_t b = 0; b < (sketch->open ? COURSE_ALL : 1); b++)
      write_histogram(&w, sketch->times[t][b]);
    json_write_array_end(&w);
  }
  if (sketch->open)
    write_course(&w, &sketch->course);
  else
    write_windows(&w, sketch->windows);
  json_write_object_end(&w);
}
