// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/server/counters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/json/json_write.h"
#include "replay/server/prometheus.h"

struct counter {
  size_t at, len; // of the series in `text`
  double value;
  bool again; // the page had the series before
};

struct counters {
  struct prometheus page;
  size_t page_bytes;
  struct buf text; // the series, one behind another
  struct counter *items;
  size_t count, room;
  size_t *sorted; // indexes of items, by series, then as they came
  enum status status;
};

static void take(void *context, const struct prometheus_sample *sample) {
  struct counters *counters = context;
  if (!prometheus_accumulates(sample) || counters->status) return;
  counters->status =
      array_grow(&counters->items, &counters->room, counters->count, sizeof *counters->items, SIZE_MAX);
  if (counters->status) return;
  struct counter *item = &counters->items[counters->count];
  *item = (struct counter){.at = counters->text.len, .len = sample->series_len, .value = sample->value};
  counters->status = buf_append(&counters->text, sample->series, sample->series_len);
  if (counters->status == STATUS_OK) counters->count++;
}

enum status counters_open(struct counters **out) {
  struct counters *counters = calloc(1, sizeof *counters);
  if (!counters) return STATUS_MEMORY;
  counters_begin(counters);
  *out = counters;
  return STATUS_OK;
}

void counters_close(struct counters *counters) {
  if (!counters) return;
  prometheus_close(&counters->page);
  buf_free(&counters->text);
  free(counters->items);
  free(counters->sorted);
  free(counters);
}

void counters_begin(struct counters *counters) {
  prometheus_close(&counters->page);
  prometheus_open(&counters->page, take, counters);
  buf_clear(&counters->text);
  counters->page_bytes = counters->count = 0;
  counters->status = STATUS_OK;
}

static enum status outcome(const struct counters *counters, enum status reading, struct error *error) {
  if (reading) return reading; // its words are there
  if (counters->status) return status_fail(error, counters->status, "%s", status_name(counters->status));
  return STATUS_OK;
}

enum status counters_feed(struct counters *counters, const char *data, size_t len, struct error *error) {
  if (len > COUNTERS_PAGE_BYTES - counters->page_bytes)
    return status_fail(error, STATUS_LIMIT, "the page is longer than %zu MiB", COUNTERS_PAGE_BYTES >> 20);
  counters->page_bytes += len;
  return outcome(counters, prometheus_feed(&counters->page, data, len, error), error);
}

static int compare_text(const struct counters *a, const struct counter *x, const struct counters *b,
                        const struct counter *y) {
  size_t len = x->len < y->len ? x->len : y->len;
  int order = memcmp(a->text.data + x->at, b->text.data + y->at, len);
  if (order != 0) return order;
  return x->len < y->len ? -1 : x->len > y->len;
}

static int compare_indexes(const void *a, const void *b, void *context) {
  const struct counters *counters = context;
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  int order = compare_text(counters, &counters->items[x], counters, &counters->items[y]);
  return order != 0 ? order : x < y ? -1 : x > y;
}

// Series that differ in hidden values alone are one: their sum.
static bool is_hidden(const struct counters *counters, const struct counter *item) {
  return memmem(counters->text.data + item->at, item->len, "=" PROMETHEUS_HIDDEN,
                sizeof "=" PROMETHEUS_HIDDEN - 1) != NULL;
}

static enum status sort(struct counters *counters) {
  size_t *sorted = realloc(counters->sorted, (counters->count + 1) * sizeof *sorted);
  if (!sorted) return STATUS_MEMORY;
  counters->sorted = sorted;
  for (size_t i = 0; i < counters->count; i++)
    sorted[i] = i;
  qsort_r(sorted, counters->count, sizeof *sorted, compare_indexes, counters);
  struct counter *first = counters->count > 0 ? &counters->items[sorted[0]] : NULL;
  for (size_t i = 1; i < counters->count; i++) {
    struct counter *item = &counters->items[sorted[i]];
    item->again = compare_text(counters, first, counters, item) == 0;
    if (!item->again) first = item;
    if (item->again && is_hidden(counters, item)) first->value += item->value;
  }
  return STATUS_OK;
}

enum status counters_finish(struct counters *counters, struct error *error) {
  enum status status = prometheus_finish(&counters->page, error);
  if (status == STATUS_OK && counters->status == STATUS_OK) counters->status = sort(counters);
  return outcome(counters, status, error);
}

// The first of its series on the page; NULL: the page has none.
static const struct counter *find(const struct counters *in, const struct counters *of,
                                  const struct counter *item) {
  size_t low = 0, high = in->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_text(in, &in->items[in->sorted[middle]], of, item) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == in->count || compare_text(in, &in->items[in->sorted[low]], of, item) != 0) return NULL;
  return &in->items[in->sorted[low]];
}

void counters_print_difference(const struct counters *before, const struct counters *after, struct buf *out,
                               size_t *left_out) {
  size_t printed = 0;
  struct json_writer w = JSON_WRITER(out);
  *left_out = 0;
  json_write_object(&w);
  for (size_t i = 0; i < after->count; i++) {
    const struct counter *item = &after->items[i];
    if (item->again) continue;
    if (printed == COUNTERS_MAX) {
      ++*left_out;
      continue;
    }
    const struct counter *earlier = find(before, after, item);
    double grown = item->value - (earlier ? earlier->value : 0);
    json_write_text(&w, after->text.data + item->at, item->len); // a key that may need escapes
    buf_append_char(out, ':');
    w.comma = false;
    json_write_number(&w, grown >= 0 ? grown : NAN);
    printed++;
  }
  json_write_object_end(&w);
}
