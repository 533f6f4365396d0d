// SPDX-License-Identifier: GPL-3.0-or-later
//
// Seeded random numbers: the only place of replay that uses GSL's generators.
//
// The generator is GSL's mt19937 (Matsumoto and Nishimura 1998), a whole number below n is
// gsl_rng_uniform_int, a shuffle is gsl_ran_shuffle (Knuth's algorithm P, from the last element down). The
// same seed gives the same numbers on every machine.
#ifndef REPLAY_RANDOM_H
#define REPLAY_RANDOM_H

#include <stddef.h>
#include <stdint.h>

// Seeds that mt19937 tells apart.
#define RANDOM_SEED_MIN INT64_C(1)
#define RANDOM_SEED_MAX INT64_C(4294967295)

struct random_source;

// NULL: no memory. Closing takes NULL.
struct random_source *random_open(int64_t seed);
void random_close(struct random_source *source);

// Uniform in [0, n); n from 1 to 2^32 - 1.
int64_t random_below(struct random_source *source, int64_t n);

// Puts `count` items of `size` bytes into random order, every order equally likely.
void random_shuffle(struct random_source *source, void *items, size_t count, size_t size);

// Exponential with this mean (gsl_ran_exponential); gamma with this shape and scale (gsl_ran_gamma).
double random_exponential(struct random_source *source, double mean);
double random_gamma(struct random_source *source, double shape, double scale);

// splitmix64 (Steele, Lea, Flood 2014) of a number: neighbours come out far apart. The same on every machine.
uint64_t random_spread(uint64_t number);

#endif
