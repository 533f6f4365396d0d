// SPDX-License-Identifier: GPL-3.0-or-later
//
// Repeatable random numbers for the simulated server: SplitMix64 (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, OOPSLA 2014). Not for secrets.
#ifndef TESTS_SIMLLM_RANDOM_H
#define TESTS_SIMLLM_RANDOM_H

#include <stdint.h>

struct random {
  uint64_t state;
};

struct random random_seeded(uint64_t seed);

// The next 64 random bits.
uint64_t random_bits(struct random *random);

// Uniform in [0, 1), 53 bits.
double random_unit(struct random *random);

// Standard normal (Box and Muller 1958; one of the pair).
double random_normal(struct random *random);

#endif
