// SPDX-License-Identifier: GPL-3.0-or-later
//
// Queues whose truth is known from long simulations, and open-loop repetitions of them as analyze reads them.
#ifndef TESTS_UNIT_ANALYZE_SIMULATED_QUEUE_H
#define TESTS_UNIT_ANALYZE_SIMULATED_QUEUE_H

#include <gsl/gsl_rng.h>

#include "analyze/input/load.h"

// A server of slots that takes requests in their order; services are lognormal with mean and coefficient of
// variation, at cv 1 exponential. `batching`: all slots begin and end together, with those that wait then. A
// first token comes when a slot is free, and 50 ms later.
struct simulated_queue {
  size_t slots;
  double service_s, cv;
  bool batching;
};
enum { SIMULATED_SLOTS_MAX = 32 };

// Requests per second at which it is busy all the time.
double simulated_queue_capacity(const struct simulated_queue *queue);

// Adds one repetition of `duration_s` under Poisson arrivals from an empty server. `limit_s` on the time to
// first token counts the good ones. False: no memory.
bool simulated_queue_measure(const struct simulated_queue *queue, double rate, double duration_s,
                             double limit_s, gsl_rng *rng, struct load_data *data);

// The p quantiles of the time to first token at a rate below capacity, from `count` requests after a long
// start; and the share within `limit_s`. False: no memory.
bool simulated_queue_truth(const struct simulated_queue *queue, double rate, size_t count, gsl_rng *rng,
                           const double *p, size_t ps, double *quantiles, double limit_s, double *share);

#endif
