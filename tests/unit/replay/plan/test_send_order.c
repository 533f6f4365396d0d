// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/plan/conversations.h"
#include "replay/plan/send_order.h"
#include "replay/plan/superpose.h"

#define MS INT64_C(1000000)

// A schedule of a request every 10 ms: conversation 0 at 0, 20, 40; conversation 1 at 10, 30; one without
// at 50.
static int64_t offsets[] = {0, 10 * MS, 20 * MS, 30 * MS, 40 * MS, 50 * MS, 60 * MS, 70 * MS};
static const struct conversations_turn draw[] = {{0, -1, 2, -1},       {1, -1, 3, -1}, {0, 0, 4, 7 * MS},
                                                 {1, 1, -1, 400 * MS}, {0, 2, -1, -1}, {-1, -1, -1, -1}};

static struct send_order *open_turns(struct schedule *schedule, struct send_order_options options) {
  options.schedule = schedule;
  options.draw = draw;
  options.draw_count = 6;
  if (options.shares == 0) options.shares = 1;
  struct send_order *turns = NULL;
  assert_int_equal(send_order_open(&options, &turns, NULL), STATUS_OK);
  send_order_start(turns, 1000 * MS, 0);
  return turns;
}

static void expect(struct send_order *turns, int64_t index, int64_t intended_ms, int64_t ready_ms) {
  struct send_order_next next;
  assert_true(send_order_peek(turns, &next));
  assert_int_equal(next.index, index);
  assert_int_equal(next.intended_ns, (1000 + intended_ms) * MS);
  assert_int_equal(next.ready_ns, (1000 + ready_ms) * MS);
  send_order_take(turns);
}

static void over(struct send_order *turns, int64_t index, int64_t done_ms) {
  assert_int_equal(send_order_done(turns, index, (1000 + done_ms) * MS, (1000 + done_ms) * MS), STATUS_OK);
}

static void expect_none(struct send_order *turns) {
  struct send_order_next next;
  assert_false(send_order_peek(turns, &next));
}

static void test_a_turn_waits_for_the_one_before_it_and_stays_intended_for_its_time(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 50 * MS};
  struct send_order *turns = open_turns(&schedule, (struct send_order_options){0});
  expect(turns, 0, 0, 0);
  expect(turns, 1, 10, 10);
  over(turns, 1, 12);       // in time: its next turn keeps to the schedule
  expect(turns, 3, 30, 30); // conversation 0 is still at its first turn
  over(turns, 3, 33);
  expect(turns, 5, 50, 50);
  expect_none(turns);
  over(turns, 0, 85);
  expect(turns, 2, 20, 85); // late by 65 ms, ready since the answer
  over(turns, 5, 86);
  expect_none(turns);
  over(turns, 2, 90);
  expect(turns, 4, 40, 90);
  over(turns, 4, 99);
  expect_none(turns);
  send_order_close(turns);
}

static void test_a_released_turn_goes_between_what_is_scheduled(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 50 * MS};
  struct send_order *turns = open_turns(&schedule, (struct send_order_options){0});
  expect(turns, 0, 0, 0);
  expect(turns, 1, 10, 10);
  over(turns, 0, 45);
  expect(turns, 2, 20, 45);
  expect(turns, 5, 50, 50);
  send_order_close(turns);
}

static void test_think_time_counts_from_the_answer(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 50 * MS};
  struct send_order *turns = open_turns(
      &schedule, (struct send_order_options){.think = SEND_ORDER_THINK_FIXED, .think_ns = 100 * MS});
  expect(turns, 0, 0, 0);
  expect(turns, 1, 10, 10);
  over(turns, 1, 11);
  over(turns, 0, 12);
  expect(turns, 5, 50, 50);
  expect(turns, 3, 111, 111);
  expect(turns, 2, 112, 112);
  send_order_close(turns);
}

// Conversation 0 thought for 7 ms, conversation 1 for 400 ms, and what is before 0's last turn is not known.
// A connection's last chunk may come after the response's own end.
static void test_think_time_counts_from_the_end_and_not_from_the_free_place(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 50 * MS};
  struct send_order *turns = open_turns(
      &schedule, (struct send_order_options){.think = SEND_ORDER_THINK_FIXED, .think_ns = 10 * MS});
  expect(turns, 0, 0, 0);
  expect(turns, 1, 10, 10);
  assert_int_equal(send_order_done(turns, 0, 1012 * MS, 1015 * MS), STATUS_OK);
  assert_int_equal(send_order_done(turns, 1, 1016 * MS, 1036 * MS), STATUS_OK);
  expect(turns, 2, 22, 22);
  expect(turns, 3, 26, 36);
  send_order_close(turns);
}

static void test_recorded_think_time_is_cut_and_sped_up_like_the_schedule(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 50 * MS};
  struct send_order_options options = {
      .think = SEND_ORDER_THINK_RECORDED, .speed = 0.5, .max_idle_ns = 100 * MS};
  struct send_order *turns = open_turns(&schedule, options);
  expect(turns, 0, 0, 0);
  over(turns, 0, 1);
  expect(turns, 1, 10, 10);
  over(turns, 1, 11);
  expect(turns, 2, 15, 15); // 7 ms at half the speed
  over(turns, 2, 18);
  expect(turns, 4, 40, 40); // by the schedule
  expect(turns, 5, 50, 50);
  expect(turns, 3, 211, 211); // 400 ms cut to 100, at half the speed
  send_order_close(turns);
}

static void test_what_would_come_after_the_duration_is_left_out(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 60 * MS};
  struct send_order *turns = open_turns(
      &schedule,
      (struct send_order_options){.think = SEND_ORDER_THINK_FIXED, .think_ns = 30 * MS, .until_ns = 60 * MS});
  expect(turns, 0, 0, 0);
  expect(turns, 1, 10, 10);
  over(turns, 0, 29);
  over(turns, 1, 31); // 61 ms: too late
  expect(turns, 5, 50, 50);
  expect(turns, 2, 59, 59);
  over(turns, 2, 60); // and so is the turn after it
  expect_none(turns);
  send_order_close(turns);
}

// The duration cuts the schedule behind its second request.
static void test_a_think_time_brings_turns_into_the_duration_that_the_schedule_has_after_it(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 2, 20 * MS};
  struct send_order_options options = {
      .think = SEND_ORDER_THINK_RECORDED, .speed = 1, .until_ns = 20 * MS, .most = 6};
  struct send_order *turns = open_turns(&schedule, options);
  expect(turns, 0, 0, 0);
  expect(turns, 1, 10, 10);
  over(turns, 0, 3);
  expect(turns, 2, 10, 10); // 7 ms after the answer; by the schedule at 20
  over(turns, 2, 12);       // when the next one comes only the schedule says: after the duration
  over(turns, 1, 13);       // and the next one of conversation 1 thinks too long
  expect_none(turns);
  send_order_close(turns);
}

// Three of six requests begin something: of the six instants every second one is theirs.
static void test_conversations_arrive_evenly_over_a_constant_schedule(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 50 * MS};
  struct send_order *turns = open_turns(
      &schedule, (struct send_order_options){
                     .first = SEND_ORDER_FIRST_EVENLY, .think = SEND_ORDER_THINK_FIXED, .think_ns = 8 * MS});
  expect(turns, 0, 0, 0);
  over(turns, 0, 3);
  expect(turns, 2, 11, 11);
  expect(turns, 1, 20, 20);
  expect(turns, 5, 40, 40);
  send_order_close(turns);
}

// Any three of the six, each instant as often as any other, and both lanes agree about them.
static void test_conversations_arrive_at_random_instants_of_a_schedule(void **state) {
  (void)state;
  enum { TRIES = 4000 };
  int chosen[6] = {0};
  for (int try = 0; try < TRIES; try++) {
    int64_t at_ns[6];
    for (int i = 0; i < 6; i++)
      at_ns[i] = (int64_t)i * 10 * MS + INT64_C(7) * try;
    struct schedule schedule = {at_ns, 6, 60 * MS};
    int64_t before = -1, seen = 0;
    for (int64_t share = 0; share < 2; share++) {
      struct send_order *turns =
          open_turns(&schedule, (struct send_order_options){.first = SEND_ORDER_FIRST_RANDOM,
                                                            .think = SEND_ORDER_THINK_FIXED,
                                                            .share = share,
                                                            .shares = 2});
      struct send_order_next next;
      for (; send_order_peek(turns, &next); send_order_take(turns), seen++) {
        assert_true(next.index == 0 || next.index == 1 || next.index == 5);
        chosen[(next.intended_ns - 1000 * MS) / (10 * MS)]++;
        if (share == 0) assert_true(next.intended_ns > before);
        if (share == 0) before = next.intended_ns;
      }
      send_order_close(turns);
    }
    assert_int_equal(seen, 3);
  }
  for (int i = 0; i < 6; i++)
    assert_in_range(chosen[i], TRIES / 2 - 150, TRIES / 2 + 150);
}

// 8 requests of a draw of 6, from its second place on: the second pass begins with a new conversation 0.
static void test_a_draw_that_begins_again_waits_for_nothing_of_the_first_pass(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 8, 70 * MS};
  struct send_order_options options = {.schedule = &schedule, .draw = draw, .draw_count = 6, .shares = 1};
  struct send_order *turns = NULL;
  assert_int_equal(send_order_open(&options, &turns, NULL), STATUS_OK);
  send_order_start(turns, 1000 * MS, 1);
  expect(turns, 0, 0, 0);   // conversation 1
  expect(turns, 1, 10, 10); // the second turn of conversation 0, whose first is not in this repetition
  expect(turns, 4, 40, 40);
  expect(turns, 5, 50, 50); // conversation 0 again
  expect(turns, 6, 60, 60); // and 1
  over(turns, 5, 55);
  expect(turns, 7, 70, 70);
  send_order_close(turns);
}

static void test_shares_divide_the_requests_and_keep_conversations_whole(void **state) {
  (void)state;
  struct schedule schedule = {offsets, 6, 50 * MS};
  struct send_order *even = open_turns(&schedule, (struct send_order_options){.share = 0, .shares = 2});
  struct send_order *odd = open_turns(&schedule, (struct send_order_options){.share = 1, .shares = 2});
  expect(even, 0, 0, 0);
  expect_none(even);
  over(even, 0, 1);
  expect(even, 2, 20, 20);
  expect(odd, 1, 10, 10);
  over(odd, 1, 11);
  expect(odd, 3, 30, 30);
  expect(odd, 5, 50, 50);
  expect_none(odd);
  send_order_close(even);
  send_order_close(odd);
}

// 50 conversations of 200 turns each, answered after whatever time: none overtakes, all are sent, the later
// of both instants always rises in the order of sending.
static void test_no_turn_overtakes_in_any_order_of_answers(void **state) {
  (void)state;
  enum { CONVERSATIONS = 50, TURNS = 200, COUNT = CONVERSATIONS * TURNS };
  static struct conversations_turn many[COUNT];
  static int64_t at_ns[COUNT], done_ns[COUNT];
  for (int64_t i = 0; i < COUNT; i++) {
    at_ns[i] = i * MS;
    many[i] = (struct conversations_turn){i % CONVERSATIONS, i < CONVERSATIONS ? -1 : i - CONVERSATIONS,
                                          i + CONVERSATIONS < COUNT ? i + CONVERSATIONS : -1, -1};
  }
  struct schedule schedule = {at_ns, COUNT, COUNT * MS};
  struct send_order_options options = {.schedule = &schedule, .draw = many, .draw_count = COUNT, .shares = 1};
  struct send_order *turns = NULL;
  assert_int_equal(send_order_open(&options, &turns, NULL), STATUS_OK);
  send_order_start(turns, 0, 0);
  int64_t under_way[CONVERSATIONS], in_flight = 0, sent = 0, now_ns = 0;
  uint64_t random = 1;
  while (true) {
    struct send_order_next next;
    bool some = send_order_peek(turns, &next);
    if (!some && in_flight == 0) break;
    random = random * 6364136223846793005u + 1442695040888963407u;
    if (some && (in_flight == 0 || random >> 63)) {
      if (many[next.index].before >= 0) assert_true(done_ns[many[next.index].before] > 0);
      assert_true(next.ready_ns >= next.intended_ns && next.intended_ns == at_ns[next.index]);
      if (next.ready_ns > now_ns) now_ns = next.ready_ns;
      send_order_take(turns);
      under_way[in_flight++] = next.index;
      sent++;
    } else {
      int64_t which = (int64_t)((random >> 33) % (uint64_t)in_flight), index = under_way[which];
      under_way[which] = under_way[--in_flight];
      now_ns += (int64_t)(random >> 40) % (40 * MS) + 1;
      done_ns[index] = now_ns;
      assert_int_equal(send_order_done(turns, index, now_ns, now_ns), STATUS_OK);
    }
  }
  assert_int_equal(sent, COUNT);
  send_order_close(turns);
}

// Conversations of one to four turns, and requests of none, over 600 places.
enum { PLACES = 600 };
static void make_turns(struct conversations_turn *turns) {
  int64_t conversation = 0;
  for (int64_t i = 0; i < PLACES;) {
    int64_t length = 1 + i % 4;
    for (int64_t k = 0; k < length && i < PLACES; k++, i++) {
      bool alone = length == 1;
      turns[i] = (struct conversations_turn){alone ? -1 : conversation, k > 0 ? i - 1 : -1,
                                             k + 1 < length && i + 1 < PLACES ? i + 1 : -1, 5 * MS};
    }
    conversation++;
  }
}

// What one share of it sends, each request done at once: the intended instant of each index, 0: not sent.
static size_t send_share(const struct schedule *schedule, const struct conversations_turn *turns,
                         int64_t share, int64_t shares, int64_t *intended_ns) {
  struct send_order_options options = {
      .schedule = schedule, .draw = turns, .draw_count = PLACES, .share = share, .shares = shares};
  struct send_order *order = NULL;
  struct send_order_next next;
  size_t sent = 0;
  assert_int_equal(send_order_open(&options, &order, NULL), STATUS_OK);
  send_order_start(order, 1000 * MS, 37);
  for (; send_order_peek(order, &next); sent++) {
    assert_int_equal(intended_ns[next.index], 0); // by no share before, and once
    intended_ns[next.index] = next.intended_ns;
    send_order_take(order);
    assert_int_equal(send_order_done(order, next.index, next.ready_ns, next.ready_ns), STATUS_OK);
  }
  send_order_close(order);
  return sent;
}

static void assert_shares_are_the_whole(const struct schedule *schedule) {
  static struct conversations_turn turns[PLACES];
  make_turns(turns);
  for (int with_turns = 0; with_turns < 2; with_turns++) {
    const struct conversations_turn *draw_of = with_turns ? turns : NULL;
    int64_t *whole = calloc(schedule->count, sizeof *whole), *parts = calloc(schedule->count, sizeof *parts);
    assert_true(whole && parts);
    assert_int_equal(send_share(schedule, draw_of, 0, 1, whole), schedule->count);
    for (int64_t shards = 2; shards <= 4; shards++) {
      memset(parts, 0, schedule->count * sizeof *parts);
      for (int64_t i = 0; i < shards; i++) {
        size_t sent = send_share(schedule, draw_of, i, shards, parts);
        double share = (double)sent * (double)shards / (double)schedule->count;
        assert_true(share > 0.7 && share < 1.3);
      }
      assert_memory_equal(parts, whole, schedule->count * sizeof *parts);
    }
    free(whole);
    free(parts);
  }
}

static void test_shards_together_are_the_one_schedule(void **state) {
  (void)state;
  struct rate_series_point points[] = {{0, 20, 0}, {5, 200, 550}, {10, 50, 1175}};
  struct rate_series series = {points, 3};
  struct schedule_rate rates[] = {
      {.per_s = 80, .arrival = SCHEDULE_ARRIVAL_POISSON},
      {.per_s = 80, .arrival = SCHEDULE_ARRIVAL_GAMMA, .burstiness = 0.3},
      {.per_s = 80, .arrival = SCHEDULE_ARRIVAL_CONSTANT},
      {.per_s = 1, .series = &series, .arrival = SCHEDULE_ARRIVAL_POISSON},
  };
  struct schedule schedule;
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    rates[i].duration_ns = 10000 * MS;
    rates[i].seed = 7;
    assert_int_equal(schedule_at_rate(&rates[i], &schedule, NULL), STATUS_OK);
    assert_shares_are_the_whole(&schedule);
    schedule_free(&schedule);
  }
  int64_t at_ns[PLACES];
  for (int64_t i = 0; i < PLACES; i++)
    at_ns[i] = i * i * MS / 10;
  assert_int_equal(schedule_as_recorded(at_ns, PLACES, 2, 0, 0, &schedule, NULL), STATUS_OK);
  assert_shares_are_the_whole(&schedule);
  struct superposed copies;
  struct superpose_options three = {.copies = 3, .seed = 5};
  assert_int_equal(superpose(&three, &schedule, NULL, &copies, NULL), STATUS_OK);
  assert_shares_are_the_whole(&copies.schedule);
  superposed_free(&copies);
  schedule_free(&schedule);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_turn_waits_for_the_one_before_it_and_stays_intended_for_its_time),
      cmocka_unit_test(test_a_released_turn_goes_between_what_is_scheduled),
      cmocka_unit_test(test_think_time_counts_from_the_answer),
      cmocka_unit_test(test_think_time_counts_from_the_end_and_not_from_the_free_place),
      cmocka_unit_test(test_recorded_think_time_is_cut_and_sped_up_like_the_schedule),
      cmocka_unit_test(test_what_would_come_after_the_duration_is_left_out),
      cmocka_unit_test(test_conversations_arrive_evenly_over_a_constant_schedule),
      cmocka_unit_test(test_conversations_arrive_at_random_instants_of_a_schedule),
      cmocka_unit_test(test_a_think_time_brings_turns_into_the_duration_that_the_schedule_has_after_it),
      cmocka_unit_test(test_a_draw_that_begins_again_waits_for_nothing_of_the_first_pass),
      cmocka_unit_test(test_shares_divide_the_requests_and_keep_conversations_whole),
      cmocka_unit_test(test_shards_together_are_the_one_schedule),
      cmocka_unit_test(test_no_turn_overtakes_in_any_order_of_answers),
  };
  return cmocka_run_group_tests_name("conversations and turns", tests, NULL, NULL);
}
