// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/queue.h"

#include <math.h>

#include "analyze/stat/serial.h"
#include "analyze/stat/stat.h"

#define ONE_SIDED_5_PERCENT 0.90 // as a two-sided confidence
#define STEPS_MIN 10

void queue_add(struct queue *queue, double arrived, double seconds, const double *in_flight, size_t count,
               double *scratch) {
  if (count <= STEPS_MIN || !(seconds > 0)) return;
  size_t steps = count - 1;
  double rise = in_flight[steps] - in_flight[0], df;
  for (size_t i = 0; i < steps; i++)
    scratch[i] = in_flight[i + 1] - in_flight[i] - rise / (double)steps;
  double variance = serial_variance(scratch, steps, &df);
  queue_merge(queue, &(struct queue){.arrived = arrived,
                                     .rise = rise,
                                     .seconds = seconds,
                                     .variance = variance,
                                     .weight = variance * variance / fmax(df, 1)});
}

void queue_merge(struct queue *queue, const struct queue *other) {
  queue->arrived += other->arrived;
  queue->rise += other->rise;
  queue->seconds += other->seconds;
  queue->variance += other->variance;
  queue->weight += other->weight;
}

double queue_slope(const struct queue *queue, bool *grows) {
  *grows = false;
  if (queue->arrived < QUEUE_MIN_REQUESTS || !(queue->seconds > 0)) return NAN;
  double df = queue->weight > 0 ? queue->variance * queue->variance / queue->weight : INFINITY;
  *grows = queue->rise > QUEUE_MIN_SHARE * queue->arrived &&
           queue->rise > stat_t_multiplier(ONE_SIDED_5_PERCENT, df) * sqrt(queue->variance);
  return queue->rise / queue->seconds;
}
