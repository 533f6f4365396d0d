// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/recorded_failures.h"

#include <stdlib.h>

struct refused_request {
  int64_t trace, seq;
};

enum { FIRST_ROOM = 64 };

void recorded_failures_free(struct recorded_failures *refused) {
  free(refused->requests);
  *refused = (struct recorded_failures){0};
}

enum status recorded_failures_add(struct recorded_failures *refused, int64_t trace, int64_t seq) {
  if (refused->count == refused->room) {
    size_t room = refused->room ? 2 * refused->room : FIRST_ROOM;
    struct refused_request *grown = realloc(refused->requests, room * sizeof *grown);
    if (!grown) return STATUS_MEMORY;
    refused->requests = grown;
    refused->room = room;
  }
  refused->requests[refused->count++] = (struct refused_request){trace, seq};
  return STATUS_OK;
}

static int compare(const void *a, const void *b) {
  const struct refused_request *x = a, *y = b;
  if (x->trace != y->trace) return x->trace < y->trace ? -1 : 1;
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void recorded_failures_sort(struct recorded_failures *refused) {
  if (refused->count > 1) qsort(refused->requests, refused->count, sizeof *refused->requests, compare);
}

bool recorded_failures_has(const struct recorded_failures *refused, int64_t trace, int64_t seq) {
  const struct refused_request wanted = {trace, seq};
  return refused->count > 0 &&
         bsearch(&wanted, refused->requests, refused->count, sizeof wanted, compare) != NULL;
}
