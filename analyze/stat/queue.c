// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/queue.h"

#include <math.h>

#define STANDARD_ERRORS 3

static void third_add(struct queue_third *third, double value) {
  third->count++;
  third->sum_s += value;
  third->squares += value * value;
}

void queue_add(struct queue *queue, double at_s, double length_s, double response_s) {
  if (!(length_s > 0) || !(at_s >= length_s / 3) || !(at_s <= length_s) || !(response_s >= 0)) return;
  third_add(at_s < 2 * length_s / 3 ? &queue->middle : &queue->last, response_s);
  queue->apart_s = length_s / 3;
}

static void third_merge(struct queue_third *third, const struct queue_third *other) {
  third->count += other->count;
  third->sum_s += other->sum_s;
  third->squares += other->squares;
}

void queue_merge(struct queue *queue, const struct queue *other) {
  double weight = queue->middle.count + queue->last.count, more = other->middle.count + other->last.count;
  if (more <= 0) return;
  queue->apart_s = (weight * queue->apart_s + more * other->apart_s) / (weight + more);
  third_merge(&queue->middle, &other->middle);
  third_merge(&queue->last, &other->last);
}

static double mean_of(const struct queue_third *third) {
  return third->sum_s / third->count;
}

// Squared standard error of the mean.
static double error_of(const struct queue_third *third) {
  double mean = mean_of(third);
  double variance = (third->squares - third->count * mean * mean) / (third->count - 1);
  return fmax(variance, 0) / third->count;
}

double queue_slope(const struct queue *queue, bool *grows) {
  *grows = false;
  if (queue->middle.count < QUEUE_MIN_REQUESTS || queue->last.count < QUEUE_MIN_REQUESTS) return NAN;
  double rise = mean_of(&queue->last) - mean_of(&queue->middle);
  double slope = rise / queue->apart_s;
  *grows = slope > QUEUE_MIN_SLOPE &&
           rise > STANDARD_ERRORS * sqrt(error_of(&queue->middle) + error_of(&queue->last));
  return slope;
}
