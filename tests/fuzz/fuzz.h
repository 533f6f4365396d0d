// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the fuzz targets share: bytes cut into pieces as the input itself says, each piece in memory of its
// own size, so that a read past its end is seen.
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A claim that must hold for every input.
#define FUZZ_CHECK(claim)                                                                                    \
  do {                                                                                                       \
    if (!(claim)) abort();                                                                                   \
  } while (0)

// Pieces of 1 to 64 bytes, mostly small, from a generator that `seed` starts (xorshift32, Marsaglia 2003).
struct fuzz_pieces {
  const uint8_t *at, *end;
  uint32_t random;
  char *piece; // the last one given out
};

static inline struct fuzz_pieces fuzz_pieces_of(const uint8_t *data, size_t size, uint32_t seed) {
  return (struct fuzz_pieces){data, data + size, seed * 2654435761U + 1, NULL};
}

// The next piece, which lives until the next call; NULL after the last.
static inline const char *fuzz_pieces_next(struct fuzz_pieces *pieces, size_t *len) {
  free(pieces->piece);
  pieces->piece = NULL;
  size_t left = (size_t)(pieces->end - pieces->at);
  if (left == 0) return NULL;
  pieces->random ^= pieces->random << 13;
  pieces->random ^= pieces->random >> 17;
  pieces->random ^= pieces->random << 5;
  size_t most = pieces->random & 0x80 ? 64 : 4;
  *len = 1 + (pieces->random >> 8) % most;
  if (*len > left) *len = left;
  pieces->piece = malloc(*len);
  FUZZ_CHECK(pieces->piece);
  memcpy(pieces->piece, pieces->at, *len);
  pieces->at += *len;
  return pieces->piece;
}

#endif
