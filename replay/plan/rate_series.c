// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/rate_series.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/lines/csv.h"
#include "lib/lines/gzline.h"
#include "replay/plan/plan.h"
#include "replay/plan/schedule.h"

struct reading {
  struct csv csv;
  size_t t_s, rate; // columns
  size_t room;
  struct rate_series series;
};

static enum status find_columns(struct reading *reading, struct error *error) {
  reading->t_s = csv_find(&reading->csv, "t_s");
  reading->rate = csv_find(&reading->csv, "rate");
  if (reading->t_s != SIZE_MAX && reading->rate != SIZE_MAX) return STATUS_OK;
  return status_fail(error, STATUS_USAGE, "no header that names the columns t_s and rate");
}

static enum status number_in(const struct reading *reading, size_t column, double most, double *out,
                             struct error *error) {
  const char *text = column < reading->csv.count ? csv_field(&reading->csv, column) : "";
  enum status status = units_real(text, 0, most, out, error);
  return status ? status_prefix(error, status, "%s", column == reading->t_s ? "t_s" : "rate") : STATUS_OK;
}

static enum status add_point(struct reading *reading, struct error *error) {
  struct rate_series *series = &reading->series;
  struct rate_series_point point = {0};
  enum status status =
      array_grow(&series->points, &reading->room, series->count, sizeof point, RATE_SERIES_POINTS_MAX);
  if (status == STATUS_LIMIT)
    return status_fail(error, STATUS_USAGE, "more than %zu points", RATE_SERIES_POINTS_MAX);
  if (status) return status_memory(error);
  status = number_in(reading, reading->t_s, clock_seconds(SCHEDULE_LONGEST_NS), &point.t_s, error);
  if (status == STATUS_OK) status = number_in(reading, reading->rate, PLAN_RATE_MAX, &point.rate, error);
  if (status) return status;
  if (series->count == 0 && point.t_s > 0)
    return status_fail(error, STATUS_USAGE, "the first t_s is %g; a series begins at 0", point.t_s);
  if (series->count > 0) {
    const struct rate_series_point *last = &series->points[series->count - 1];
    if (point.t_s < last->t_s)
      return status_fail(error, STATUS_USAGE, "t_s %g is before %g, that of the point before it", point.t_s,
                         last->t_s);
    point.before = last->before + (point.t_s - last->t_s) * (last->rate + point.rate) / 2;
  }
  series->points[series->count++] = point;
  return STATUS_OK;
}

static enum status read_lines(struct reading *reading, struct gzline_reader *lines, struct error *error) {
  const char *line;
  size_t len;
  bool complete, has_header = false;
  enum status status;
  while ((status = gzline_read(lines, &line, &len, error)) == STATUS_OK) {
    status = csv_line(&reading->csv, line, len, &complete, error);
    if (status == STATUS_OK && complete)
      status = has_header ? add_point(reading, error) : find_columns(reading, error);
    if (status) break;
    has_header |= complete;
  }
  if (status != STATUS_END) {
    if (status == STATUS_FORMAT || status == STATUS_LIMIT) status = STATUS_USAGE;
    return status_prefix(error, status, "line %lld", (long long)gzline_reader_line_number(lines));
  }
  if (csv_end(&reading->csv, error)) return STATUS_USAGE;
  const struct rate_series *series = &reading->series;
  if (series->count < 2) return status_fail(error, STATUS_USAGE, "a series needs two points at least");
  if (series->points[series->count - 1].before > 0) return STATUS_OK;
  return status_fail(error, STATUS_USAGE, "no request is due: every rate is 0, or no time passes");
}

enum status rate_series_read(const char *path, struct rate_series *out, struct error *error) {
  struct reading reading = {0};
  struct gzline_reader *lines;
  enum status status = gzline_reader_open(path, &lines, error);
  if (status) return status;
  status = read_lines(&reading, lines, error);
  gzline_reader_close(lines);
  csv_free(&reading.csv);
  if (status) {
    rate_series_free(&reading.series);
    return status_prefix(error, status, "%s", path);
  }
  *out = reading.series;
  return STATUS_OK;
}

void rate_series_free(struct rate_series *series) {
  free(series->points);
  *series = (struct rate_series){0};
}

double rate_series_end_s(const struct rate_series *series) {
  return series->points[series->count - 1].t_s;
}

double rate_series_instant_s(const struct rate_series *series, double number, size_t *from) {
  while (*from + 1 < series->count && series->points[*from + 1].before <= number)
    (*from)++;
  if (*from + 1 == series->count) return INFINITY;
  // The rate is first + slope x t: solved for the t at which `due` are over, in the form without
  // cancellation.
  const struct rate_series_point *first = &series->points[*from], *next = first + 1;
  double due = number - first->before, slope = (next->rate - first->rate) / (next->t_s - first->t_s);
  double root = sqrt(fmax(first->rate * first->rate + 2 * slope * due, 0));
  return due > 0 ? first->t_s + 2 * due / (first->rate + root) : first->t_s;
}
