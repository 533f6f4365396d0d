// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/conversations.h"

#include <stdlib.h>
#include <string.h>

#include "replay/plan/random.h"

struct conversations_name {
  char *text; // NULL: a free place
  size_t len;
  int64_t trace;
  int64_t number;
};

struct conversations_answer {
  int64_t trace, seq, over_ns, id;
};

enum { FIRST_ROOM = 64 }; // a power of two

void conversations_free(struct conversations *conversations) {
  for (size_t i = 0; i < conversations->name_room; i++)
    free(conversations->names[i].text);
  free(conversations->names);
  free(conversations->answers);
  *conversations = (struct conversations){0};
}

void conversations_next_trace(struct conversations *conversations) {
  conversations->trace++;
}

// Its place in the table, or the free one where it belongs.
static struct conversations_name *find(struct conversations_name *names, size_t room, int64_t trace,
                                       struct json_slice name) {
  uint64_t hash = random_spread((uint64_t)trace);
  for (size_t i = 0; i < name.len; i++)
    hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001b3); // FNV-1a's step
  for (size_t i = (size_t)random_spread(hash);; i++) {
    struct conversations_name *place = &names[i & (room - 1)];
    if (!place->text) return place;
    if (place->trace == trace && place->len == name.len && memcmp(place->text, name.data, name.len) == 0)
      return place;
  }
}

static enum status grow(struct conversations *conversations) {
  size_t room = conversations->name_room ? 2 * conversations->name_room : FIRST_ROOM;
  struct conversations_name *names = calloc(room, sizeof *names);
  if (!names) return STATUS_MEMORY;
  for (size_t i = 0; i < conversations->name_room; i++) {
    struct conversations_name *old = &conversations->names[i];
    if (old->text) *find(names, room, old->trace, (struct json_slice){old->text, old->len}) = *old;
  }
  free(conversations->names);
  conversations->names = names;
  conversations->name_room = room;
  return STATUS_OK;
}

enum status conversations_number(struct conversations *conversations, struct json_slice name, int64_t *out) {
  if (name.len == 0) {
    *out = -1;
    return STATUS_OK;
  }
  if (2 * conversations->name_count >= conversations->name_room && grow(conversations)) return STATUS_MEMORY;
  struct conversations_name *place =
      find(conversations->names, conversations->name_room, conversations->trace, name);
  if (!place->text) {
    char *text = malloc(name.len);
    if (!text) return STATUS_MEMORY;
    memcpy(text, name.data, name.len);
    *place = (struct conversations_name){text, name.len, conversations->trace,
                                         (int64_t)conversations->name_count++};
  }
  *out = place->number;
  return STATUS_OK;
}

enum status conversations_add_answer(struct conversations *conversations, int64_t seq, int64_t over_ns,
                                     int64_t id) {
  if (conversations->answer_count == conversations->answer_room) {
    size_t room = conversations->answer_room ? 2 * conversations->answer_room : FIRST_ROOM;
    struct conversations_answer *grown = realloc(conversations->answers, room * sizeof *grown);
    if (!grown) return STATUS_MEMORY;
    conversations->answers = grown;
    conversations->answer_room = room;
  }
  conversations->answers[conversations->answer_count++] =
      (struct conversations_answer){conversations->trace, seq, over_ns, id};
  return STATUS_OK;
}

static int compare_answers(const void *a, const void *b) {
  const struct conversations_answer *x = a, *y = b;
  if (x->trace != y->trace) return x->trace < y->trace ? -1 : 1;
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

// NULL: not recorded.
static const struct conversations_answer *answer_to(const struct conversations *conversations, int64_t trace,
                                                    int64_t seq) {
  struct conversations_answer wanted = {.trace = trace, .seq = seq};
  if (conversations->answer_count == 0) return NULL;
  return bsearch(&wanted, conversations->answers, conversations->answer_count, sizeof wanted,
                 compare_answers);
}

int64_t conversations_answer_id(const struct conversations *conversations, int64_t trace, int64_t seq) {
  const struct conversations_answer *found = answer_to(conversations, trace, seq);
  return found ? found->id : -1;
}

// -1: not recorded.
static int64_t think_ns(const struct conversations *conversations, const struct conversations_request *before,
                        const struct conversations_request *request) {
  const struct conversations_answer *found = answer_to(conversations, before->trace, before->seq);
  if (!found) return -1;
  return request->at_ns > found->over_ns ? request->at_ns - found->over_ns : 0;
}

// A request that is a turn, for sorting by conversation and then by time.
struct entry {
  int64_t conversation, at_ns, seq;
  size_t place;
};

static int compare_entries(const void *a, const void *b) {
  const struct entry *x = a, *y = b;
  if (x->conversation != y->conversation) return x->conversation < y->conversation ? -1 : 1;
  if (x->at_ns != y->at_ns) return x->at_ns < y->at_ns ? -1 : 1;
  if (x->seq != y->seq) return x->seq < y->seq ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

static int compare_places(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return x < y ? -1 : x > y;
}

// One conversation: its turns in order, and room for as many places.
static void order_one(const struct conversations *conversations, const struct conversations_request *requests,
                      const struct entry *entries, size_t *places, size_t count, size_t *order,
                      struct conversations_turn *turns) {
  for (size_t i = 0; i < count; i++)
    places[i] = entries[i].place;
  qsort(places, count, sizeof *places, compare_places);
  for (size_t i = 0; i < count; i++) {
    struct conversations_turn *turn = &turns[places[i]];
    order[places[i]] = entries[i].place;
    turn->conversation = entries[i].conversation;
    if (i + 1 < count) turn->after = (int64_t)places[i + 1];
    if (i == 0) continue;
    turn->before = (int64_t)places[i - 1];
    turn->think_ns = think_ns(conversations, &requests[entries[i - 1].place], &requests[entries[i].place]);
  }
}

enum status conversations_order(struct conversations *conversations,
                                const struct conversations_request *requests, size_t count, size_t *order,
                                struct conversations_turn *turns) {
  struct entry *entries = calloc(count, sizeof *entries);
  size_t *places = calloc(count, sizeof *places);
  size_t used = 0;
  enum status status = entries && places ? STATUS_OK : STATUS_MEMORY;
  if (status) goto cleanup;
  for (size_t i = 0; i < count; i++) {
    order[i] = i;
    turns[i] = (struct conversations_turn){-1, -1, -1, -1};
    if (requests[i].conversation < 0) continue;
    entries[used++] = (struct entry){requests[i].conversation, requests[i].at_ns, requests[i].seq, i};
  }
  qsort(entries, used, sizeof *entries, compare_entries);
  if (conversations->answer_count > 0) {
    qsort(conversations->answers, conversations->answer_count, sizeof *conversations->answers,
          compare_answers);
  }
  for (size_t first = 0, end; first < used; first = end) {
    for (end = first + 1; end < used && entries[end].conversation == entries[first].conversation; end++)
      ;
    order_one(conversations, requests, &entries[first], places, end - first, order, turns);
  }

cleanup:
  free(entries);
  free(places);
  return status;
}

struct conversations_later conversations_later(const struct conversations_turn *turns, size_t count) {
  struct conversations_later later = {0};
  for (size_t i = 0; turns && i < count; i++) {
    later.count += turns[i].before >= 0;
    later.unknown += turns[i].before >= 0 && turns[i].think_ns < 0;
  }
  return later;
}
