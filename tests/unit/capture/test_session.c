// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "capture/session.h"

#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define SYSTEM(text) "{\"role\":\"system\",\"content\":\"" text "\"}"
#define ANSWER(text) "{\"role\":\"assistant\",\"content\":\"" text "\"}"

static struct session_table *table;

static int open_table(void **state) {
  (void)state;
  return session_open(0, &table) == STATUS_OK ? 0 : -1;
}

static int close_table(void **state) {
  (void)state;
  session_close(table);
  return 0;
}

static int64_t of(const char *messages) {
  return session_of(table, (struct json_slice){messages, strlen(messages)});
}

static void test_a_conversation_keeps_its_number_as_it_grows(void **state) {
  (void)state;
  assert_int_equal(of("[" SYSTEM("s") "," USER("a") "]"), 1);
  assert_int_equal(of("[" SYSTEM("s") "," USER("a") "," ANSWER("b") "," USER("c") "]"), 1);
  assert_int_equal(
      of("[" SYSTEM("s") "," USER("a") "," ANSWER("b") "," USER("c") "," ANSWER("d") "," USER("e") "]"), 1);
}

static void test_another_beginning_is_another_conversation(void **state) {
  (void)state;
  assert_int_equal(of("[" SYSTEM("s") "," USER("a") "]"), 1);
  assert_int_equal(of("[" SYSTEM("s") "," USER("b") "]"), 2);
  // The common system prompt alone joins nobody, and neither does an answer that follows other words.
  assert_int_equal(of("[" SYSTEM("s") "," USER("x") "," ANSWER("y") "," USER("z") "]"), 3);
  assert_int_equal(of("[" SYSTEM("s") "," USER("b") "," ANSWER("y") "," USER("z") "]"), 2);
}

static void test_conversations_that_begin_alike_are_counted_apart(void **state) {
  (void)state;
  assert_int_equal(of("[" USER("hello") "]"), 1);
  assert_int_equal(of("[" USER("hello") "]"), 2);
  assert_int_equal(of("[" USER("hello") "," ANSWER("p") "," USER("q") "]"), 1);
  assert_int_equal(of("[" USER("hello") "," ANSWER("r") "," USER("s") "]"), 2);
  assert_int_equal(of("[" USER("hello") "," ANSWER("r") "," USER("s") "]"), 2); // asked once more
  assert_int_equal(of("[" USER("hello") "," ANSWER("t") "," USER("u") "]"), 3); // both have gone on
}

static void test_borders_between_messages_count(void **state) {
  (void)state;
  assert_int_equal(of("[1,23]"), 1);
  assert_int_equal(of("[12,3," ANSWER("a") "]"), 2);
}

static void test_no_messages_are_no_conversation(void **state) {
  (void)state;
  assert_int_equal(of("[]"), 0);
  assert_int_equal(of("{}"), 0);
  assert_int_equal(session_of(table, (struct json_slice){0}), 0);
}

static void test_the_longest_silent_conversation_gives_way_when_the_table_is_full(void **state) {
  (void)state;
  char text[200];
  for (int i = 0; i < SESSION_MOST; i++) {
    snprintf(text, sizeof text, "[" USER("%d") "]", i);
    assert_int_equal(of(text), i + 1);
  }
  assert_int_equal(of("[" USER("0") "," ANSWER("a") "," USER("b") "]"), 1); // now the one that spoke last
  assert_int_equal(of("[" USER("more") "]"), SESSION_MOST + 1);             // takes the place of the second
  assert_int_equal(of("[" USER("1") "," ANSWER("a") "," USER("b") "]"), SESSION_MOST + 2);
  assert_int_equal(of("[" USER("0") "," ANSWER("a") "," USER("b") "," ANSWER("c") "]"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_conversation_keeps_its_number_as_it_grows, open_table,
                                      close_table),
      cmocka_unit_test_setup_teardown(test_another_beginning_is_another_conversation, open_table,
                                      close_table),
      cmocka_unit_test_setup_teardown(test_conversations_that_begin_alike_are_counted_apart, open_table,
                                      close_table),
      cmocka_unit_test_setup_teardown(test_borders_between_messages_count, open_table, close_table),
      cmocka_unit_test_setup_teardown(test_no_messages_are_no_conversation, open_table, close_table),
      cmocka_unit_test_setup_teardown(test_the_longest_silent_conversation_gives_way_when_the_table_is_full,
                                      open_table, close_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
