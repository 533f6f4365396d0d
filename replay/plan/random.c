// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/random.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

// `struct random_source` is never defined: a pointer to one is a gsl_rng pointer under another name.
static gsl_rng *rng_of(struct random_source *source) {
  return (gsl_rng *)source;
}

struct random_source *random_open(int64_t seed) {
  gsl_set_error_handler_off(); // the default one aborts where there is no memory
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (rng) gsl_rng_set(rng, (unsigned long)seed);
  return (struct random_source *)rng;
}

void random_close(struct random_source *source) {
  if (source) gsl_rng_free(rng_of(source));
}

int64_t random_below(struct random_source *source, int64_t n) {
  return n <= 1 ? 0 : (int64_t)gsl_rng_uniform_int(rng_of(source), (unsigned long)n);
}

void random_shuffle(struct random_source *source, void *items, size_t count, size_t size) {
  if (count > 1) gsl_ran_shuffle(rng_of(source), items, count, size);
}

double random_exponential(struct random_source *source, double mean) {
  return gsl_ran_exponential(rng_of(source), mean);
}

double random_gamma(struct random_source *source, double shape, double scale) {
  return gsl_ran_gamma(rng_of(source), shape, scale);
}

uint64_t random_spread(uint64_t number) {
  number += UINT64_C(0x9E3779B97F4A7C15);
  number = (number ^ (number >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  number = (number ^ (number >> 27)) * UINT64_C(0x94D049BB133111EB);
  return number ^ (number >> 31);
}
