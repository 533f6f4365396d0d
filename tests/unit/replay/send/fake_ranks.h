// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ranks of one process, in place of replay/ranks: each has a mailbox. May be used by several threads.
#ifndef TESTS_UNIT_REPLAY_FAKE_RANKS_H
#define TESTS_UNIT_REPLAY_FAKE_RANKS_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "replay/ranks/ranks.h"

enum { FAKE_RANKS = 3, FAKE_LETTERS = 64 };

struct ranks {
  int64_t number;
  bool is_lost; // nothing can be sent to it
  struct buf letters[FAKE_LETTERS];
  int64_t from[FAKE_LETTERS];
  size_t first, end;
};
static struct ranks fake_ranks[FAKE_RANKS] = {{.number = 0}, {.number = 1}, {.number = 2}};
static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t fake_shared;

int64_t ranks_number(const struct ranks *ranks) {
  return ranks ? ranks->number : 0;
}

int64_t ranks_count(const struct ranks *ranks) {
  return ranks ? FAKE_RANKS : 1;
}

enum status ranks_send(struct ranks *ranks, int64_t to, const void *message, size_t len) {
  struct ranks *box = &fake_ranks[to];
  if (box->is_lost) return STATUS_NETWORK;
  pthread_mutex_lock(&fake_lock);
  if (box->end == FAKE_LETTERS) abort();
  box->from[box->end] = ranks->number;
  buf_append(&box->letters[box->end++], message, len);
  pthread_mutex_unlock(&fake_lock);
  return STATUS_OK;
}

enum status ranks_receive(struct ranks *ranks, int64_t *from, struct buf *message) {
  pthread_mutex_lock(&fake_lock);
  bool has_letter = ranks->first < ranks->end;
  if (has_letter) {
    buf_free(message);
    *from = ranks->from[ranks->first];
    *message = ranks->letters[ranks->first];
    ranks->letters[ranks->first++] = (struct buf){0};
  }
  if (ranks->first == ranks->end) ranks->first = ranks->end = 0;
  pthread_mutex_unlock(&fake_lock);
  return has_letter ? STATUS_OK : STATUS_END;
}

bool ranks_all_sent(struct ranks *ranks) {
  (void)ranks;
  return true;
}

enum status ranks_meet(struct ranks *ranks, int64_t timeout_ns) {
  (void)ranks, (void)timeout_ns;
  return STATUS_OK;
}

enum status ranks_share(struct ranks *ranks, int64_t *value, int64_t timeout_ns) {
  (void)timeout_ns;
  if (ranks->number == 0) fake_shared = *value;
  *value = fake_shared;
  return STATUS_OK;
}

enum status ranks_open(struct ranks **out, struct error *error) {
  (void)error;
  *out = NULL;
  return STATUS_OK;
}

void ranks_close(struct ranks *ranks, bool in_order, int code) {
  (void)ranks, (void)in_order, (void)code;
}

#endif
