// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads sketches, which may come from anywhere: every number is held against its range.
#include <math.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/record/field.h"
#include "lib/sketch/sketch.h"

#define SUM_MAX_S 1.8e10 // below what fits

static enum status fail(struct error *error, const char *name, const char *should) {
  return status_fail(error, STATUS_FORMAT, "\"sketch\": \"%s\" is not %s", name, should);
}

struct span {
  int64_t min_ns, max_ns;
  double sum_s;
  struct json_slice buckets;
};

static const struct field span_fields[] = {
    FIELD_REQUIRED(span, min_ns, "min", FIELD_DURATION),
    FIELD_REQUIRED(span, max_ns, "max", FIELD_DURATION),
    FIELD_REQUIRED(span, sum_s, "sum", FIELD_NUMBER),
    FIELD_REQUIRED(span, buckets, "buckets", FIELD_ARRAY),
    FIELD_END,
};

static bool read_count(struct json_slice value, int64_t *out) {
  return json_scan_int64(value, out) && *out >= 0 && *out <= FIELD_COUNT_MAX;
}

static bool read_buckets(struct json_slice buckets, struct histogram *histogram) {
  struct json_scan scan = json_scan_start(buckets);
  size_t next = 0, end = histogram_last_bucket(histogram->bits) + 1;
  struct json_slice value;
  int64_t gap, count;
  while (json_scan_element(&scan, &value)) {
    if (!read_count(value, &gap) || !json_scan_element(&scan, &value) || !read_count(value, &count))
      return false;
    if (count == 0 || (uint64_t)gap >= end - next) return false;
    if (histogram->count > FIELD_COUNT_MAX - count) return false;
    size_t bucket = next + (size_t)gap;
    if (histogram->count == 0) histogram->first = bucket;
    histogram->last = bucket;
    histogram->counts[bucket] = (uint64_t)count;
    histogram->count += count;
    next = bucket + 1;
  }
  return histogram->count > 0;
}

// `bits` may be another version's: the histogram that they are merged into has its own.
static enum status read_histogram(struct json_slice object, unsigned bits, struct histogram **out,
                                  struct error *error) {
  struct span span = {0};
  struct buf scratch = {0};
  enum status status = field_read_object(object, span_fields, &span, &scratch, error);
  buf_free(&scratch);
  if (status != STATUS_OK) return status;
  if (span.min_ns > span.max_ns || !(span.sum_s >= 0)) return fail(error, "min", "below max, or sum below 0");
  struct histogram *read = histogram_new(bits);
  if (!read) return status_memory(error);
  if (!read_buckets(span.buckets, read)) {
    free(read);
    return fail(error, "buckets", "pairs of a gap and a count");
  }
  read->min = span.min_ns, read->max = span.max_ns,
  read->sum = (uint64_t)(fmin(span.sum_s, SUM_MAX_S) * 1e9 + 0.5);
  free(*out);
  *out = read;
  return STATUS_OK;
}

static enum status read_times(struct sketch *sketch, size_t time, struct json_slice array, unsigned bits,
                              struct error *error) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice value;
  enum status status = STATUS_OK;
  for (size_t b = 0; status == STATUS_OK && json_scan_element(&scan, &value); b++) {
    if (b == (sketch->open ? (size_t)COURSE_ALL : 1)) return fail(error, request_time_names[time], "as long");
    if (json_scan_kind(value) != JSON_NULL)
      status = read_histogram(value, bits, &sketch->times[time][b], error);
  }
  return status;
}

// At least 0 each.
static bool read_numbers(struct json_slice array, double *out, size_t count) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice value;
  for (size_t i = 0; i < count; i++) {
    if (!json_scan_element(&scan, &value) || !json_scan_number(value, &out[i]) || !(out[i] >= 0))
      return false;
  }
  return !json_scan_element(&scan, &value);
}

struct course_head {
  double start_s, block_s;
  struct json_slice came, answered, ended, stay_s, served, in_flight, mean;
};

static const struct field course_fields[] = {
    FIELD_REQUIRED(course_head, start_s, "start_s", FIELD_NUMBER),
    FIELD_REQUIRED(course_head, block_s, "block_s", FIELD_NUMBER),
    FIELD_REQUIRED(course_head, came, "came", FIELD_ARRAY),
    FIELD_REQUIRED(course_head, answered, "answered", FIELD_ARRAY),
    FIELD_REQUIRED(course_head, ended, "ended", FIELD_ARRAY),
    FIELD_REQUIRED(course_head, stay_s, "stay_s", FIELD_ARRAY),
    FIELD_REQUIRED(course_head, served, "served", FIELD_ARRAY),
    FIELD_REQUIRED(course_head, in_flight, "in_flight", FIELD_ARRAY),
    FIELD_REQUIRED(course_head, mean, "mean", FIELD_ARRAY),
    FIELD_END,
};

static enum status read_course(struct course *course, struct json_slice object, struct buf *scratch,
                               struct error *error) {
  struct course_head head = {0};
  enum status status = field_read_object(object, course_fields, &head, scratch, error);
  if (status != STATUS_OK) return status;
  *course = (struct course){.start_s = head.start_s, .block_s = head.block_s};
  if (!(head.block_s > 0)) return fail(error, "block_s", "above 0");
  bool good = read_numbers(head.came, course->came, COURSE_ALL) &&
              read_numbers(head.answered, course->answered, COURSE_ALL) &&
              read_numbers(head.ended, course->ended, COURSE_ALL) &&
              read_numbers(head.stay_s, course->stay_s, COURSE_ALL) &&
              read_numbers(head.served, course->served, COURSE_ALL) &&
              read_numbers(head.in_flight, course->in_flight, COURSE_ALL) &&
              read_numbers(head.mean, course->mean, COURSE_BLOCKS);
  return good ? STATUS_OK : fail(error, "course", "arrays of a number for each block");
}

static enum status read_windows(struct steady *windows, struct json_slice array, struct error *error) {
  struct json_scan scan = json_scan_start(array);
  struct json_slice value;
  for (size_t part = 0; part < WINDOW_PARTS && json_scan_element(&scan, &value); part++) {
    double n[8];
    if (json_scan_at(value, 0).len == 0) continue; // none
    if (!read_numbers(value, n, 8)) return fail(error, "windows", "arrays of eight numbers");
    windows[part] = (struct steady){n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]};
  }
  return STATUS_OK;
}

struct head {
  int64_t bits, answers, one_piece;
  struct json_slice times[REQUEST_TIMES], course, windows;
};

static const struct field head_fields[] = {
    FIELD_REQUIRED(head, bits, "bits", FIELD_COUNT),
    FIELD_AS(head, answers, "answers", FIELD_COUNT, .missing = FIELD_ZERO),
    FIELD_AS(head, one_piece, "one_piece", FIELD_COUNT, .missing = FIELD_ZERO),
    FIELD(head, times[REQUEST_TTFT], "ttft_s", FIELD_ARRAY),
    FIELD(head, times[REQUEST_LATENCY], "latency_s", FIELD_ARRAY),
    FIELD(head, times[REQUEST_TPOT], "tpot_s", FIELD_ARRAY),
    FIELD(head, times[REQUEST_RESPONSE], "response_s", FIELD_ARRAY),
    FIELD(head, times[REQUEST_ITL_P50], "itl_p50_s", FIELD_ARRAY),
    FIELD(head, times[REQUEST_ITL_P99], "itl_p99_s", FIELD_ARRAY),
    FIELD(head, windows, "windows", FIELD_ARRAY),
    FIELD(head, course, "course", FIELD_OBJECT),
    FIELD_END,
};

static enum status read_head(struct sketch *sketch, const struct head *head, struct buf *scratch,
                             struct error *error) {
  if (head->bits < 1 || head->bits > 16) return fail(error, "bits", "from 1 to 16");
  sketch_start(sketch, 0, head->course.len > 0);
  sketch->answers = head->answers, sketch->one_piece = head->one_piece;
  enum status status = STATUS_OK;
  if (sketch->open) status = read_course(&sketch->course, head->course, scratch, error);
  if (status == STATUS_OK) status = read_windows(sketch->windows, head->windows, error);
  for (size_t t = 0; t < REQUEST_TIMES && status == STATUS_OK; t++)
    status = read_times(sketch, t, head->times[t], (unsigned)head->bits, error);
  return status;
}

enum status sketch_read(struct sketch *sketch, struct json_slice object, struct error *error) {
  struct head head = {0};
  struct buf scratch = {0};
  enum status status = field_read_object(object, head_fields, &head, &scratch, error);
  if (status == STATUS_OK) status = read_head(sketch, &head, &scratch, error);
  buf_free(&scratch);
  return status;
}
