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

#define MS INT64_C(1000000)

static struct json_slice text(const char *name) {
  return (struct json_slice){name, strlen(name)};
}

static int64_t number(struct conversations *conversations, const char *name) {
  int64_t number = -2;
  assert_int_equal(conversations_number(conversations, text(name), &number), STATUS_OK);
  return number;
}

static void test_names_mean_conversations_of_their_own_file(void **state) {
  (void)state;
  struct conversations conversations = {0};
  int64_t none;
  assert_int_equal(number(&conversations, "a"), 0);
  assert_int_equal(number(&conversations, "b"), 1);
  assert_int_equal(number(&conversations, "a"), 0);
  assert_int_equal(conversations_number(&conversations, (struct json_slice){NULL, 0}, &none), STATUS_OK);
  assert_int_equal(none, -1);
  conversations_next_trace(&conversations);
  assert_int_equal(number(&conversations, "a"), 2);
  for (int i = 0; i < 1000; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%d", i);
    assert_int_equal(number(&conversations, name), 3 + i);
  }
  assert_int_equal(number(&conversations, "a"), 2);
  assert_int_equal(number(&conversations, "n500"), 503);
  conversations_free(&conversations);
}

// The draw is c2 b1 x c1 a1 b2 (x: of no conversation); c's second turn was drawn before its first.
static void test_places_follow_the_turns(void **state) {
  (void)state;
  static const struct conversations_request requests[] = {{2, 0, 5, 60 * MS}, {1, 0, 1, 20 * MS},
                                                          {-1, 0, 9, 0},      {2, 0, 2, 30 * MS},
                                                          {0, 0, 0, 10 * MS}, {1, 0, 4, 50 * MS}};
  static const size_t expected_order[] = {3, 1, 2, 0, 4, 5};
  // c1 is answered 10 ms before c2, b1 10 ms after b2 began.
  static const struct conversations_turn expected[] = {{2, -1, 3, -1},      {1, -1, 5, -1},  {-1, -1, -1, -1},
                                                       {2, 0, -1, 10 * MS}, {0, -1, -1, -1}, {1, 1, -1, 0}};
  struct conversations conversations = {0};
  size_t order[6];
  struct conversations_turn turns[6];
  assert_int_equal(conversations_add_answer(&conversations, 2, 50 * MS, -1), STATUS_OK);
  assert_int_equal(conversations_add_answer(&conversations, 1, 60 * MS, -1), STATUS_OK);
  assert_int_equal(conversations_order(&conversations, requests, 6, order, turns), STATUS_OK);
  for (int i = 0; i < 6; i++) {
    assert_int_equal(order[i], expected_order[i]);
    assert_memory_equal(&turns[i], &expected[i], sizeof turns[i]);
  }
  conversations_free(&conversations);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names_mean_conversations_of_their_own_file),
      cmocka_unit_test(test_places_follow_the_turns),
  };
  return cmocka_run_group_tests_name("conversations", tests, NULL, NULL);
}
