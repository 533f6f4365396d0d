// SPDX-License-Identifier: GPL-3.0-or-later
//
// The simulated server's prompt cache: it knows the requests of late. Real servers keep prompts by their
// prefix; here only an equal request hits, which is what a replay without a nonce sends.
#ifndef TESTS_SIMLLM_CACHE_H
#define TESTS_SIMLLM_CACHE_H

#include <stdbool.h>
#include <stdint.h>

enum { CACHE_ENTRIES = 4096 };

// All zero is an empty cache. A newer request may push an older one out.
struct cache {
  uint64_t digests[CACHE_ENTRIES];
};

// True when a request of this digest was seen before; notes it.
bool cache_hit(struct cache *cache, uint64_t digest);

#endif
