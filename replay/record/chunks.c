// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record/chunks.h"

#include <stdbool.h>
#include <stdlib.h>

enum { FIRST_ROOM = 256 };

static bool grow(struct chunks *chunks, size_t *bytes) {
  size_t room = chunks->room > 0 ? 2 * chunks->room : FIRST_ROOM;
  if (room > CHUNKS_MAX) room = CHUNKS_MAX;
  size_t more = (room - chunks->room) * sizeof *chunks->at_ns;
  if (more > CHUNKS_BYTES_MAX - *bytes) return false;
  int64_t *at_ns = realloc(chunks->at_ns, room * sizeof *at_ns);
  if (!at_ns) return false;
  chunks->at_ns = at_ns;
  chunks->room = room;
  *bytes += more;
  return true;
}

void chunks_add(struct chunks *chunks, int64_t at_ns, size_t *bytes) {
  if (chunks->count == CHUNKS_MAX) return;
  if (chunks->count == chunks->room && !grow(chunks, bytes)) return;
  chunks->at_ns[chunks->count++] = at_ns;
}

void chunks_clear(struct chunks *chunks, size_t *bytes) {
  chunks->count = 0;
  if (chunks->room * sizeof *chunks->at_ns > CHUNKS_KEPT_BYTES) chunks_free(chunks, bytes);
}

void chunks_free(struct chunks *chunks, size_t *bytes) {
  *bytes -= chunks->room * sizeof *chunks->at_ns;
  free(chunks->at_ns);
  *chunks = (struct chunks){0};
}
