// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/send_order.h"

#include <stdlib.h>

#include "replay/plan/random.h"

struct send_order {
  struct send_order_options options;
  int64_t start_ns;
  int64_t offset;
  size_t next;                  // of the schedule
  size_t firsts, firsts_before; // first turns of this repetition, and those before `next`
  size_t instant;               // of the schedule: that of the next first turn
  bool from_heap;               // what was given last
  struct send_order_next *heap; // turns whose turn before is done, the earliest first
  size_t heap_count, heap_room;
};

enum status send_order_open(const struct send_order_options *options, struct send_order **out,
                            struct error *error) {
  struct send_order *order = calloc(1, sizeof *order);
  if (!order) return status_fail(error, STATUS_MEMORY, "schedule: %s", status_name(STATUS_MEMORY));
  order->options = *options;
  *out = order;
  return STATUS_OK;
}

void send_order_close(struct send_order *order) {
  if (!order) return;
  free(order->heap);
  free(order);
}

static const struct conversations_turn *turn_of(const struct send_order *order, int64_t index) {
  return &order->options.draw[(size_t)(order->offset + index) % order->options.draw_count];
}

// The index of the turn at a place of the same pass over the draw.
static int64_t neighbour(const struct send_order *order, int64_t index, int64_t place) {
  return index + place - (order->offset + index) % (int64_t)order->options.draw_count;
}

// Later turns of this repetition go when the one before them is done.
static bool is_later_turn(const struct send_order *order, int64_t index) {
  if (!order->options.draw) return false;
  int64_t before = turn_of(order, index)->before;
  return before >= 0 && neighbour(order, index, before) >= 0;
}

// Moves on to the first instant that is a first turn's: each of those left with the same chance, as many as
// there are first turns left (Knuth's algorithm S). The instant's nanoseconds are the seed of its draw, so
// that each schedule and each repetition has draws of its own, and all lanes have the same.
static void find_instant(struct send_order *order) {
  size_t count = order->options.schedule->count;
  if (order->options.first == SEND_ORDER_FIRST_OWN || order->firsts_before == order->firsts) return;
  if (order->options.first == SEND_ORDER_FIRST_EVENLY) {
    order->instant = order->firsts_before * count / order->firsts;
    return;
  }
  for (;; order->instant++) {
    uint64_t drawn = random_spread((uint64_t)order->options.schedule->offsets_ns[order->instant]) >> 11;
    double chance = (double)(order->firsts - order->firsts_before) / (double)(count - order->instant);
    if ((double)drawn < chance * 0x1p53) return;
  }
}

void send_order_start(struct send_order *order, int64_t start_ns, int64_t offset) {
  order->start_ns = start_ns;
  order->offset = offset;
  order->next = order->heap_count = 0;
  order->firsts = order->firsts_before = order->instant = 0;
  for (size_t i = 0; order->options.first != SEND_ORDER_FIRST_OWN && i < order->options.schedule->count; i++)
    order->firsts += !is_later_turn(order, (int64_t)i);
  find_instant(order);
}

// -1: the schedule says when it goes.
static int64_t think_ns(const struct send_order *order, int64_t index) {
  const struct send_order_options *options = &order->options;
  if (options->think == SEND_ORDER_THINK_SCHEDULE) return -1;
  if (options->think == SEND_ORDER_THINK_FIXED) return options->think_ns;
  int64_t think_ns = turn_of(order, index)->think_ns;
  if (think_ns < 0) return -1;
  if (options->max_idle_ns > 0 && think_ns > options->max_idle_ns) think_ns = options->max_idle_ns;
  return schedule_faster(think_ns, options->speed);
}

static bool is_ours(const struct send_order *order, int64_t index) {
  if (order->options.shares == 1) return true;
  int64_t conversation = order->options.draw ? turn_of(order, index)->conversation : -1;
  return (conversation < 0 ? index : conversation) % order->options.shares == order->options.share;
}

static bool earlier(const struct send_order_next *a, const struct send_order_next *b) {
  return a->ready_ns != b->ready_ns ? a->ready_ns < b->ready_ns : a->index < b->index;
}

static enum status push(struct send_order *order, const struct send_order_next *turn) {
  if (order->heap_count == order->heap_room) {
    size_t room = order->heap_room ? 2 * order->heap_room : 64;
    struct send_order_next *grown = realloc(order->heap, room * sizeof *grown);
    if (!grown) return STATUS_MEMORY;
    order->heap = grown;
    order->heap_room = room;
  }
  size_t at = order->heap_count++;
  for (; at > 0 && earlier(turn, &order->heap[(at - 1) / 2]); at = (at - 1) / 2)
    order->heap[at] = order->heap[(at - 1) / 2];
  order->heap[at] = *turn;
  return STATUS_OK;
}

static void pop(struct send_order *order) {
  struct send_order_next *heap = order->heap, last = heap[--order->heap_count];
  size_t at = 0, child;
  while ((child = 2 * at + 1) < order->heap_count) {
    if (child + 1 < order->heap_count && earlier(&heap[child + 1], &heap[child])) child++;
    if (!earlier(&heap[child], &last)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
}

static void pass_first(struct send_order *order) {
  order->firsts_before++;
  order->instant++;
  find_instant(order);
}

// The next that the schedule alone decides about.
static bool peek_schedule(struct send_order *order, struct send_order_next *out) {
  const struct schedule *schedule = order->options.schedule;
  for (; order->next < schedule->count; order->next++) {
    int64_t index = (int64_t)order->next;
    if (is_later_turn(order, index)) continue;
    if (is_ours(order, index)) {
      bool own = order->options.first == SEND_ORDER_FIRST_OWN;
      int64_t at_ns = order->start_ns + schedule->offsets_ns[own ? order->next : order->instant];
      *out = (struct send_order_next){index, at_ns, at_ns};
      return true;
    }
    pass_first(order);
  }
  return false;
}

bool send_order_peek(struct send_order *order, struct send_order_next *out) {
  bool scheduled = peek_schedule(order, out);
  order->from_heap = order->heap_count > 0 && (!scheduled || earlier(&order->heap[0], out));
  if (order->from_heap) *out = order->heap[0];
  return scheduled || order->from_heap;
}

void send_order_take(struct send_order *order) {
  if (order->from_heap) {
    pop(order);
  } else {
    pass_first(order);
    order->next++;
  }
}

enum status send_order_done(struct send_order *order, int64_t index, int64_t done_ns, int64_t freed_ns) {
  const struct schedule *schedule = order->options.schedule;
  if (!order->options.draw || turn_of(order, index)->after < 0) return STATUS_OK;
  int64_t after = neighbour(order, index, turn_of(order, index)->after), scheduled = (int64_t)schedule->count;
  int64_t think = think_ns(order, after);
  if (after >= (think < 0 || order->options.most == 0 ? scheduled : order->options.most)) return STATUS_OK;
  int64_t intended_ns = think < 0 ? order->start_ns + schedule->offsets_ns[after] : done_ns + think;
  int64_t until_ns = order->options.until_ns;
  if (until_ns > 0 && intended_ns >= order->start_ns + until_ns) return STATUS_OK;
  int64_t ready_ns = intended_ns > freed_ns ? intended_ns : freed_ns;
  return push(order, &(struct send_order_next){after, intended_ns, ready_ns});
}
