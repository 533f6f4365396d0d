// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/lines/gzline_parts.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/thread.h"

enum { SLOTS = 2 }; // one being read, one waiting; a third is the caller's

struct slot {
  struct gzline_chunk chunk;
  enum status status;
  struct error error;
};

struct gzline_ahead {
  struct gzline_source *source; // the thread's
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t filled, freed;
  struct slot slots[SLOTS];
  size_t first, ready; // the slots that wait for the caller; one whose status is not OK stays
  bool closing;
};

static void *run(void *context) {
  struct gzline_ahead *ahead = context;
  enum status status = STATUS_OK;
  pthread_mutex_lock(&ahead->lock);
  while (status == STATUS_OK) {
    while (ahead->ready == SLOTS && !ahead->closing)
      pthread_cond_wait(&ahead->freed, &ahead->lock);
    if (ahead->closing) break;
    struct slot *slot = &ahead->slots[(ahead->first + ahead->ready) % SLOTS];
    pthread_mutex_unlock(&ahead->lock);
    status = slot->status = gzline_source_next(ahead->source, &slot->chunk, &slot->error);
    pthread_mutex_lock(&ahead->lock);
    ahead->ready++;
    pthread_cond_signal(&ahead->filled);
  }
  pthread_mutex_unlock(&ahead->lock);
  return NULL;
}

static void free_ahead(struct gzline_ahead *ahead) {
  for (size_t i = 0; i < SLOTS; i++)
    buf_free(&ahead->slots[i].chunk.text);
  pthread_mutex_destroy(&ahead->lock);
  pthread_cond_destroy(&ahead->filled);
  pthread_cond_destroy(&ahead->freed);
  free(ahead);
}

enum status gzline_ahead_open(struct gzline_source *source, struct gzline_ahead **out) {
  struct gzline_ahead *ahead = calloc(1, sizeof *ahead);
  if (!ahead) return STATUS_MEMORY;
  ahead->source = source;
  pthread_mutex_init(&ahead->lock, NULL);
  pthread_cond_init(&ahead->filled, NULL);
  pthread_cond_init(&ahead->freed, NULL);
  if (thread_start(&ahead->thread, run, ahead) != 0) {
    free_ahead(ahead);
    return STATUS_MEMORY;
  }
  *out = ahead;
  return STATUS_OK;
}

enum status gzline_ahead_next(struct gzline_ahead *ahead, struct gzline_chunk *chunk, struct error *error) {
  pthread_mutex_lock(&ahead->lock);
  while (ahead->ready == 0)
    pthread_cond_wait(&ahead->filled, &ahead->lock);
  struct slot *slot = &ahead->slots[ahead->first];
  enum status status = slot->status;
  struct gzline_chunk used = *chunk;
  *chunk = slot->chunk;
  slot->chunk = used;
  if (status == STATUS_OK) {
    ahead->first = (ahead->first + 1) % SLOTS;
    ahead->ready--;
    pthread_cond_signal(&ahead->freed);
  } else {
    slot->chunk.damage = chunk->damage;
    buf_clear(&slot->chunk.text);
    if (status != STATUS_END && error) *error = slot->error;
  }
  pthread_mutex_unlock(&ahead->lock);
  return status;
}

void gzline_ahead_close(struct gzline_ahead *ahead) {
  if (!ahead) return;
  pthread_mutex_lock(&ahead->lock);
  ahead->closing = true;
  pthread_cond_signal(&ahead->freed);
  pthread_mutex_unlock(&ahead->lock);
  pthread_join(ahead->thread, NULL);
  free_ahead(ahead);
}
