// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an open loop sends next: the schedule, but no turn of a conversation before the turn before it is
// done. Instants go in and out; nothing here reads a clock.
//
// A turn whose scheduled instant passes while the turn before it is under way goes as soon as that is done
// (or has failed), and stays intended for its scheduled instant. With a think time it is intended for that
// long after the turn before it, whatever its scheduled instant. First turns then need not keep the instants
// of their places: a partly open loop lets as many of the schedule's instants be theirs, over all its length.
//
// A draw that begins again begins new conversations. A first turn, and a request of no conversation, costs
// O(1); a later turn O(log n), where n conversations are under way.
#ifndef REPLAY_SEND_ORDER_H
#define REPLAY_SEND_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "replay/plan/conversations.h"
#include "replay/plan/schedule.h"

enum send_order_think {
  SEND_ORDER_THINK_SCHEDULE, // none: the schedule says when
  SEND_ORDER_THINK_RECORDED, // as the trace's client did; the schedule where that is unknown
  SEND_ORDER_THINK_FIXED,
};

// Which of the schedule's instants are those of first turns, and of requests of no conversation.
enum send_order_first {
  SEND_ORDER_FIRST_OWN,    // those of their places in the draw
  SEND_ORDER_FIRST_EVENLY, // every so many-th
  SEND_ORDER_FIRST_RANDOM, // any, all sets equally likely: what is left of a Poisson process is one
};

struct send_order_options {
  const struct schedule *schedule;
  const struct conversations_turn *draw; // `draw_count` places; NULL: no conversations
  size_t draw_count;
  enum send_order_first first;
  enum send_order_think think;
  int64_t think_ns;      // fixed
  double speed;          // recorded think time: this many times as fast
  int64_t max_idle_ns;   // recorded think time: cut to this first; 0: never
  int64_t until_ns;      // since the start: later turns intended from then on are left out; 0: none is
  int64_t most;          // places of the draw whose turns may go after a think time; 0: those of the schedule
  int64_t share, shares; // only the conversations and requests of this share of several; 0, 1: all
};

struct send_order;

// Borrows the schedule and the draw. STATUS_MEMORY.
enum status send_order_open(const struct send_order_options *options, struct send_order **out,
                            struct error *error) MUST_USE;
void send_order_close(struct send_order *turns); // takes NULL

// Begins a repetition: the schedule's start, and the place in the draw of its first request.
void send_order_start(struct send_order *turns, int64_t start_ns, int64_t offset);

struct send_order_next {
  int64_t index; // in the schedule
  int64_t intended_ns;
  int64_t ready_ns; // when it may go: that instant, or the end of the turn before it where that comes later
};

// The next to go. False: none may until a turn that is under way is done; none at all when none is.
bool send_order_peek(struct send_order *turns, struct send_order_next *out);
// Takes the one that send_order_peek gave last; it is under way.
void send_order_take(struct send_order *turns);

// A request that was taken is over, well or not: the turn after it may go from `freed_ns` on, the instant
// when its place was free again. Its think time counts from `done_ns`, the end of the response.
// STATUS_MEMORY.
enum status send_order_done(struct send_order *turns, int64_t index, int64_t done_ns,
                            int64_t freed_ns) MUST_USE;

#endif
