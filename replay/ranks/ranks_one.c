// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>

#include "replay/ranks/ranks.h"

enum status ranks_open(struct ranks **out, struct error *error) {
  const char *count = getenv("OMPI_COMM_WORLD_SIZE");
  if (count && atoi(count) > 1)
    return status_fail(error, STATUS_USAGE,
                       "mpirun started %s processes, and this replay has no MPI: build it with `make MPI=1`, "
                       "or give each its part with --shard auto",
                       count);
  *out = NULL;
  return STATUS_OK;
}

void ranks_close(struct ranks *ranks, bool in_order, int code) {
  (void)ranks, (void)in_order, (void)code;
}

int64_t ranks_number(const struct ranks *ranks) {
  (void)ranks;
  return 0;
}

int64_t ranks_count(const struct ranks *ranks) {
  (void)ranks;
  return 1;
}

enum status ranks_send(struct ranks *ranks, int64_t to, const void *message, size_t len) {
  (void)ranks, (void)to, (void)message, (void)len;
  return STATUS_OK;
}

bool ranks_all_sent(struct ranks *ranks) {
  (void)ranks;
  return true;
}

enum status ranks_receive(struct ranks *ranks, int64_t *from, struct buf *message) {
  (void)ranks, (void)from, (void)message;
  return STATUS_END;
}

enum status ranks_meet(struct ranks *ranks, int64_t timeout_ns) {
  (void)ranks, (void)timeout_ns;
  return STATUS_OK;
}

enum status ranks_share(struct ranks *ranks, int64_t *value, int64_t timeout_ns) {
  (void)ranks, (void)value, (void)timeout_ns;
  return STATUS_OK;
}
