// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/fold.h"

#include <math.h>
#include <stdlib.h>

struct point {
  double n, value, weight; // value on the scale
};

static int compare_points(const void *left, const void *right) {
  const struct point *a = left, *b = right;
  if (a->n != b->n) return a->n < b->n ? -1 : 1;
  return (a->value > b->value) - (a->value < b->value);
}

// The points of any weight, by n; returns how many.
static size_t sort_points(const struct fit_data *data, enum stat_scale scale, struct point *points) {
  size_t count = 0;
  for (size_t i = 0; i < data->count; i++) {
    double weight = data->weights ? data->weights[i] : 1;
    if (!(weight > 0)) continue;
    points[count++] = (struct point){data->x[i], stat_to_scale(scale, data->y[i]), weight};
  }
  stat_sort(points, count, sizeof *points, compare_points);
  return count;
}

static double relative_width(const struct point *points, size_t count) {
  size_t distinct = 0;
  for (size_t i = 0; i < count; i++)
    distinct += i == 0 || points[i].n > points[i - 1].n;
  return distinct > FOLD_EXACT ? FOLD_WIDTH : 0;
}

// Weighted means of each row; `values` stays on the scale. Returns how many rows there are.
static size_t gather(const struct point *points, size_t count, double width, struct fold *fold, double *n,
                     double *values, double *weights) {
  size_t rows = 0, *members = fold->members;
  for (size_t i = 0; i < count;) {
    double last = points[i].n * (1 + width), ln_n = 0;
    n[rows] = fold->lowest[rows] = points[i].n;
    values[rows] = weights[rows] = 0;
    members[rows] = 0;
    for (; i < count && points[i].n <= last; i++) {
      weights[rows] += points[i].weight;
      double share = points[i].weight / weights[rows];
      values[rows] += share * (points[i].value - values[rows]);
      ln_n += share * ((points[i].n == n[rows] ? 0 : log(points[i].n / n[rows])) - ln_n);
      members[rows]++;
    }
    n[rows] *= exp(ln_n); // exp(0) is 1: equal n stay what they are
    rows++;
  }
  return rows;
}

// Squares around a line through each row with the slope between its neighbours.
static void sum_squares(const struct point *points, struct fold *fold, const double *values) {
  const double *n = fold->data.x;
  size_t rows = fold->data.count, at = 0;
  for (size_t row = 0; row < rows; row++) {
    size_t before = row > 0 ? row - 1 : 0, after = row + 1 < rows ? row + 1 : row;
    double slope = after > before ? (values[after] - values[before]) / log(n[after] / n[before]) : 0;
    fold->squares[row] = 0;
    for (size_t i = 0; i < fold->members[row]; i++, at++) {
      double residual = points[at].value - values[row];
      if (points[at].n != n[row]) residual -= slope * log(points[at].n / n[row]);
      fold->squares[row] += points[at].weight * residual * residual;
    }
  }
}

static enum status check(const struct fit_data *points, enum stat_scale scale, struct error *error) {
  size_t used = 0;
  if (!stat_all_positive(points->x, points->count)) {
    return status_fail(error, STATUS_NUMERIC, "n is not above zero, or not finite");
  }
  bool valid = scale == STAT_SCALE_LN ? stat_all_positive(points->y, points->count)
                                      : stat_all_finite(points->y, points->count);
  if (!valid) return status_fail(error, STATUS_NUMERIC, "a throughput is not above zero, or not finite");
  for (size_t i = 0; i < points->count; i++) {
    double weight = points->weights ? points->weights[i] : 1;
    if (!(weight >= 0) || !isfinite(weight))
      return status_fail(error, STATUS_USAGE, "a weight is negative or not finite");
    used += weight > 0;
  }
  return used > 0 ? STATUS_OK : status_fail(error, STATUS_USAGE, "no points");
}

enum status fold_points(const struct fit_data *points, enum stat_scale scale, struct fold *fold,
                        struct error *error) {
  struct fold made = {0};
  struct point *sorted = NULL;
  enum status status = check(points, scale, error);
  if (status) return status;
  size_t room = points->count;
  sorted = calloc(room, sizeof *sorted);
  made.block = calloc(room, 5 * sizeof *made.block);
  made.members = calloc(room, sizeof *made.members);
  if (!sorted || !made.block || !made.members) {
    status = stat_no_memory(error, "no memory for %zu points", room);
    goto cleanup;
  }
  double *n = made.block, *values = n + room, *weights = values + room;
  made.squares = weights + room;
  made.lowest = made.squares + room;
  size_t count = sort_points(points, scale, sorted);
  size_t rows = gather(sorted, count, relative_width(sorted, count), &made, n, values, weights);
  made.highest = sorted[count - 1].n;
  made.data = (struct fit_data){.x = n, .predictors = 1, .y = values, .weights = weights, .count = rows};
  sum_squares(sorted, &made, values);
  for (size_t row = 0; row < rows; row++)
    values[row] = stat_from_scale(scale, values[row]);
  made.data = fold_from(&made, 0);
  made.data.context = points->context;
  *fold = made;
  made = (struct fold){0};

cleanup:
  free(sorted);
  fold_free(&made);
  return status;
}

struct fit_data fold_from(const struct fold *fold, size_t first) {
  struct fit_data data = fold->data;
  data.x += first;
  data.y += first;
  data.weights += first;
  data.count -= first;
  data.extra_rss = 0;
  data.extra_count = 0;
  for (size_t row = first; row < fold->data.count; row++) {
    data.extra_rss += fold->squares[row];
    data.extra_count += fold->members[row] - 1;
  }
  return data;
}

void fold_free(struct fold *fold) {
  if (!fold) return;
  free(fold->block);
  free(fold->members);
  *fold = (struct fold){0};
}
