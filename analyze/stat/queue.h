// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether a server keeps up with requests that come at times of their own, or a queue grows before it.
//
// Where more comes than is served, each request waits longer than the one before it: at an offered rate r and
// a served rate x < r response times rise by r/x - 1 seconds a second. So the last third of a schedule is
// compared with its middle third; the first, in which the server fills up, is left out.
#ifndef ANALYZE_STAT_QUEUE_H
#define ANALYZE_STAT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

// Response times rise faster than by this share of the time: more than about 3 % of what comes is not served.
#define QUEUE_MIN_SLOPE 0.03

// Fewer requests than this in either third: not known.
#define QUEUE_MIN_REQUESTS 10

// Requests of a middle or a last third, of all repetitions. All zero is none.
struct queue_third {
  double count, sum_s, squares;
};
struct queue {
  struct queue_third middle, last;
  double apart_s; // between the middles of the two thirds
};

// Adds a request that came `at_s` seconds after the start of a schedule of `length_s`, and whose response
// took `response_s` from then. Those of the first third and beyond the schedule are left out.
void queue_add(struct queue *queue, double at_s, double length_s, double response_s);

void queue_merge(struct queue *queue, const struct queue *other);

// By how many seconds response times rise in a second; NaN: not known. *grows: it is above QUEUE_MIN_SLOPE,
// and by more than three standard errors above zero (three, for requests that follow each other wait alike).
double queue_slope(const struct queue *queue, bool *grows);

#endif
