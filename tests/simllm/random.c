// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/random.h"

#include <math.h>

struct random random_seeded(uint64_t seed) {
  return (struct random){.state = seed};
}

uint64_t random_bits(struct random *random) {
  random->state += UINT64_C(0x9E3779B97F4A7C15);
  uint64_t z = random->state;
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

double random_unit(struct random *random) {
  return (double)(random_bits(random) >> 11) * 0x1p-53;
}

double random_normal(struct random *random) {
  double radius = sqrt(-2 * log(1 - random_unit(random)));
  return radius * cos(2 * M_PI * random_unit(random));
}
