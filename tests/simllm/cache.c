// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/cache.h"

bool cache_hit(struct cache *cache, uint64_t digest) {
  if (digest == 0) digest = 1; // 0 marks an empty entry
  uint64_t *entry = &cache->digests[digest % CACHE_ENTRIES];
  bool hit = *entry == digest;
  *entry = digest;
  return hit;
}
