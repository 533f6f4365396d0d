// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/recorded_failures.h"

#include <stdlib.h>

struct recorded_failure {
  int64_t trace, seq, number;
};

enum { FIRST_ROOM = 64 };

void recorded_failures_free(struct recorded_failures *failures) {
  free(failures->requests);
  *failures = (struct recorded_failures){0};
}

enum status recorded_failures_add(struct recorded_failures *failures, int64_t trace, int64_t seq,
                                  int64_t number) {
  if (failures->count == failures->room) {
    size_t room = failures->room ? 2 * failures->room : FIRST_ROOM;
    struct recorded_failure *grown = realloc(failures->requests, room * sizeof *grown);
    if (!grown) return STATUS_MEMORY;
    failures->requests = grown;
    failures->room = room;
  }
  failures->requests[failures->count++] = (struct recorded_failure){trace, seq, number};
  return STATUS_OK;
}

static int compare(const void *a, const void *b) {
  const struct recorded_failure *x = a, *y = b;
  if (x->trace != y->trace) return x->trace < y->trace ? -1 : 1;
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void recorded_failures_sort(struct recorded_failures *failures) {
  if (failures->count > 1) qsort(failures->requests, failures->count, sizeof *failures->requests, compare);
}

int64_t recorded_failures_find(const struct recorded_failures *failures, int64_t trace, int64_t seq) {
  const struct recorded_failure wanted = {.trace = trace, .seq = seq}, *found = NULL;
  if (failures->count > 0)
    found = bsearch(&wanted, failures->requests, failures->count, sizeof wanted, compare);
  return found ? found->number : -1;
}
