// SPDX-License-Identifier: GPL-3.0-or-later
//
// The instants of one response's text events (--chunks), as many as there is room for.
#ifndef REPLAY_CHUNKS_H
#define REPLAY_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#define CHUNKS_MAX ((size_t)1000000)         // of one response
#define CHUNKS_BYTES_MAX ((size_t)512 << 20) // of all responses that share a budget
#define CHUNKS_KEPT_BYTES ((size_t)64 << 10) // more than that is given back after the response

// All zero: none, no memory.
struct chunks {
  int64_t *at_ns; // instants of clock_now_ns
  size_t count, room;
};

// Adds one. It is left out when the response has CHUNKS_MAX, when *bytes (what all chunks of this budget
// hold together) would exceed CHUNKS_BYTES_MAX, or when there is no memory: then the instants are the first
// ones.
void chunks_add(struct chunks *chunks, int64_t at_ns, size_t *bytes);

// Forgets them; keeps the memory when it is little.
void chunks_clear(struct chunks *chunks, size_t *bytes);
void chunks_free(struct chunks *chunks, size_t *bytes);

#endif
