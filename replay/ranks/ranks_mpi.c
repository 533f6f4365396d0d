// SPDX-License-Identifier: GPL-3.0-or-later
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cli.h"
#include "lib/base/clock.h"
#include "replay/ranks/ranks.h"

enum { TAG = 1 };

struct message {
  struct message *next;
  MPI_Request request;
  char data[];
};

struct ranks {
  MPI_Comm comm;
  int number, count;
  struct message *unsent;
  bool receiving; // into the caller's message, from this rank:
  int from;
  MPI_Request request;
  int64_t shared; // may outlive a wait that ends too early
};

// A process that no launcher started would wait for MPI's own daemon.
static bool is_launched(void) {
  return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK") || getenv("PMI_RANK");
}

enum status ranks_open(struct ranks **out, struct error *error) {
  int given;
  *out = NULL;
  if (!is_launched()) return STATUS_OK;
  struct ranks *ranks = calloc(1, sizeof *ranks);
  if (!ranks) return status_memory(error);
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) || given < MPI_THREAD_FUNNELED ||
      MPI_Comm_dup(MPI_COMM_WORLD, &ranks->comm) || MPI_Comm_set_errhandler(ranks->comm, MPI_ERRORS_RETURN) ||
      MPI_Comm_rank(ranks->comm, &ranks->number) || MPI_Comm_size(ranks->comm, &ranks->count)) {
    free(ranks);
    return status_fail(error, STATUS_IO, "MPI does not begin");
  }
  if (ranks->count > 1) {
    *out = ranks;
  } else {
    ranks_close(ranks, true, 0);
  }
  return STATUS_OK;
}

void ranks_close(struct ranks *ranks, bool in_order, int code) {
  if (!ranks) return;
  if (!in_order) { // after a signal the launcher ends the others
    if (ranks->number == 0 && code != CLI_EXIT_INTERRUPTED) MPI_Abort(ranks->comm, code);
    return;
  }
  while (!ranks_all_sent(ranks))
    sched_yield();
  MPI_Comm_free(&ranks->comm);
  MPI_Finalize();
  free(ranks);
}

int64_t ranks_number(const struct ranks *ranks) {
  return ranks ? ranks->number : 0;
}

int64_t ranks_count(const struct ranks *ranks) {
  return ranks ? ranks->count : 1;
}

enum status ranks_send(struct ranks *ranks, int64_t to, const void *message, size_t len) {
  struct message *copy = malloc(sizeof *copy + len);
  if (!copy) return STATUS_MEMORY;
  memcpy(copy->data, message, len);
  if (MPI_Isend(copy->data, (int)len, MPI_BYTE, (int)to, TAG, ranks->comm, &copy->request)) {
    free(copy);
    return STATUS_NETWORK;
  }
  copy->next = ranks->unsent;
  ranks->unsent = copy;
  return STATUS_OK;
}

bool ranks_all_sent(struct ranks *ranks) {
  for (struct message **at = &ranks->unsent; *at;) {
    struct message *message = *at;
    int done = 0;
    if (MPI_Test(&message->request, &done, MPI_STATUS_IGNORE)) done = 1; // lost: nobody will take it
    if (done) {
      *at = message->next;
      free(message);
    } else {
      at = &message->next;
    }
  }
  return !ranks->unsent;
}

// The message begins to come.
static enum status begin_receiving(struct ranks *ranks, struct buf *message) {
  MPI_Message coming;
  MPI_Status about;
  int found = 0, len = 0;
  if (MPI_Improbe(MPI_ANY_SOURCE, TAG, ranks->comm, &found, &coming, &about)) return STATUS_NETWORK;
  if (!found) return STATUS_END;
  if (MPI_Get_count(&about, MPI_BYTE, &len)) return STATUS_NETWORK;
  buf_clear(message);
  enum status status = buf_reserve(message, (size_t)len);
  if (status) return status;
  message->len = (size_t)len;
  ranks->from = about.MPI_SOURCE;
  if (MPI_Imrecv(message->data, len, MPI_BYTE, &coming, &ranks->request)) return STATUS_NETWORK;
  ranks->receiving = true;
  return STATUS_OK;
}

enum status ranks_receive(struct ranks *ranks, int64_t *from, struct buf *message) {
  int done = 0;
  (void)ranks_all_sent(ranks);
  if (!ranks->receiving) {
    enum status status = begin_receiving(ranks, message);
    if (status) return status;
  }
  if (MPI_Test(&ranks->request, &done, MPI_STATUS_IGNORE)) return STATUS_NETWORK;
  if (!done) return STATUS_END;
  ranks->receiving = false;
  *from = ranks->from;
  return STATUS_OK;
}

static enum status wait_for(MPI_Request *request, int64_t timeout_ns) {
  int64_t end_ns = clock_now_ns() + timeout_ns;
  for (int done = 0; !done;) {
    if (MPI_Test(request, &done, MPI_STATUS_IGNORE)) return STATUS_NETWORK;
    if (!done && clock_now_ns() > end_ns) return STATUS_NETWORK;
    if (!done) sched_yield();
  }
  return STATUS_OK;
}

enum status ranks_meet(struct ranks *ranks, int64_t timeout_ns) {
  MPI_Request request;
  return MPI_Ibarrier(ranks->comm, &request) ? STATUS_NETWORK : wait_for(&request, timeout_ns);
}

enum status ranks_share(struct ranks *ranks, int64_t *value, int64_t timeout_ns) {
  MPI_Request request;
  ranks->shared = *value;
  if (MPI_Ibcast(&ranks->shared, 1, MPI_INT64_T, 0, ranks->comm, &request)) return STATUS_NETWORK;
  enum status status = wait_for(&request, timeout_ns);
  if (status == STATUS_OK) *value = ranks->shared;
  return status;
}
