// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether a server keeps up with requests that come at times of their own, or a queue grows before it.
//
// Where more comes than is served, requests in flight wander with a drift of arrivals minus ends. Where all
// is served they come back, and their rise is far below that of a walk with the same steps. So a queue grows
// when the rise is more than such a walk without drift makes in 5 % of cases: at a load of exactly 1 this
// errs in 5 %, below it hardly ever. A regression on time with errors from its residuals is no test here: a
// walk's residuals follow each other as a trend's do (Granger & Newbold, J. Econometrics 2, 1974).
#ifndef ANALYZE_STAT_QUEUE_H
#define ANALYZE_STAT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

// Less than this share of what comes is left over: no growth, however regular the steps are.
#define QUEUE_MIN_SHARE 0.02

// Fewer requests than this: not known.
#define QUEUE_MIN_REQUESTS 20

// The steady part of one repetition, or the sums over several; all zero is none.
struct queue {
  double arrived, rise, seconds; // rise: of requests in flight over it
  double variance, weight;       // of the rise of a walk with its steps; weight: variance^2 / df
};

// Adds a part of `seconds` in which `arrived` requests came: `in_flight` at `count` instants that cut it into
// equal steps, its ends among them. `scratch` has room for `count` numbers.
void queue_add(struct queue *queue, double arrived, double seconds, const double *in_flight, size_t count,
               double *scratch);

void queue_merge(struct queue *queue, const struct queue *other);

// By how many requests per second those in flight rise; NaN: not known. *grows: by more than chance.
double queue_slope(const struct queue *queue, bool *grows);

#endif
