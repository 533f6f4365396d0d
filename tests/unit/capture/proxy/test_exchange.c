// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "capture/proxy/exchange.h"

static struct proxy_context proxy;
static int changes;

static void on_changed(struct exchange *exchange) {
  (void)exchange;
  changes++;
}

static void on_end(struct exchange *exchange) {
  (void)exchange;
}

static struct exchange *open_exchange(void) {
  static const struct exchange_writer writer = {.changed = on_changed, .end = on_end};
  struct exchange *exchange = exchange_new(&proxy, "/v1/models?limit=1");
  assert_non_null(exchange);
  exchange->writer = &writer;
  changes = 0;
  return exchange;
}

static int setup(void **state) {
  (void)state;
  memset(&proxy, 0, sizeof proxy);
  return 0;
}

static void test_a_failure_before_the_head_is_an_answer_of_our_own(void **state) {
  (void)state;
  struct exchange *exchange = open_exchange();
  exchange_fail(exchange, 502, "no server");
  assert_int_equal(exchange->state, EXCHANGE_WHOLE);
  assert_true(exchange->is_ours && exchange->head_ready);
  assert_int_equal(exchange->status, 502);
  assert_int_equal(exchange->length, exchange->download.len);
  assert_string_equal(buf_text(&exchange->download),
                      "{\"error\":{\"message\":\"no server\",\"type\":\"bad_gateway\",\"code\":502}}");
  assert_string_equal(head_find(&exchange->answer, HEAD_CONTENT_TYPE)->value, "application/json");
  assert_true(changes == 1 && proxy.counts.failed == 1);
  exchange_release(exchange);
}

static void test_a_failure_after_the_head_cuts_the_answer(void **state) {
  (void)state;
  struct exchange *exchange = open_exchange();
  exchange->head_ready = true;
  exchange->status = 200;
  exchange_fail(exchange, 502, "no server");
  assert_true(exchange->state == EXCHANGE_CUT && exchange->status == 200 && !exchange->is_ours);
  assert_int_equal(changes, 1);
  exchange_release(exchange);
}

static void test_a_time_out_counts_once(void **state) {
  (void)state;
  struct exchange *exchange = open_exchange();
  exchange_time_out(exchange);
  exchange_time_out(exchange);
  assert_true(exchange->timed_out && exchange->status == 504);
  assert_true(changes == 1 && proxy.counts.failed == 1);
  exchange_release(exchange);
}

static void test_without_a_writer_a_change_concerns_nobody(void **state) {
  (void)state;
  struct exchange *exchange = open_exchange();
  exchange->writer = NULL;
  exchange_changed(exchange);
  exchange_wake(exchange); // it is not suspended
  assert_int_equal(changes, 0);
  exchange_release(exchange);
}

static void test_who_leaves_with_all_of_an_answer_has_given_up_nothing(void **state) {
  (void)state;
  struct exchange *exchange = open_exchange();
  exchange->over = true;
  exchange_note_leaving(exchange);
  assert_true(exchange->answered && !exchange->aborted_by);
  exchange_release(exchange);
  exchange = open_exchange();
  exchange_note_leaving(exchange);
  assert_string_equal(exchange->aborted_by, "client");
  exchange_release(exchange);
}

static void test_an_exchange_is_released_when_both_sides_have_ended(void **state) {
  (void)state;
  struct exchange *first = open_exchange(), *second = open_exchange(), *third = open_exchange();
  assert_int_equal(proxy.counts.in_flight, 3);
  exchange_release(second);
  exchange_release(third);
  assert_true(proxy.first == first && !first->next && !first->previous);
  struct exchange_client client = {0};
  first->client = &client;
  exchange_release(first); // one side is still there
  assert_ptr_equal(proxy.first, first);
  first->client = NULL;
  exchange_release(first);
  assert_true(!proxy.first && proxy.counts.in_flight == 0);
}

static void test_rejections_are_counted_by_their_kind(void **state) {
  (void)state;
  struct log quiet = {.level = LOG_QUIET};
  struct proxy_context context = {.log = &quiet};
  static const int statuses[] = {400, 408, 429, 429, 431};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    exchange_note_rejection(&context, statuses[i], "why");
  const int64_t expected[REJECTION_COUNT] = {[REJECTION_MALFORMED] = 1,
                                             [REJECTION_HEADER_SLOW] = 1,
                                             [REJECTION_CLIENT_LIMIT] = 2,
                                             [REJECTION_HEADER_LARGE] = 1};
  assert_memory_equal(context.counts.rejected, expected, sizeof expected);
  assert_int_equal(exchange_rejections(&context.counts), 5);
}

static void test_some_answers_have_no_body(void **state) {
  (void)state;
  struct exchange exchange = {.status = 200, .head = {.method = "POST"}};
  assert_false(exchange_is_bodyless(&exchange));
  exchange.status = 204;
  assert_true(exchange_is_bodyless(&exchange));
  exchange.status = 304;
  assert_true(exchange_is_bodyless(&exchange));
  exchange.status = 200, exchange.head.method = "HEAD";
  assert_true(exchange_is_bodyless(&exchange));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_a_failure_before_the_head_is_an_answer_of_our_own, setup),
      cmocka_unit_test_setup(test_a_failure_after_the_head_cuts_the_answer, setup),
      cmocka_unit_test_setup(test_a_time_out_counts_once, setup),
      cmocka_unit_test_setup(test_without_a_writer_a_change_concerns_nobody, setup),
      cmocka_unit_test_setup(test_who_leaves_with_all_of_an_answer_has_given_up_nothing, setup),
      cmocka_unit_test_setup(test_an_exchange_is_released_when_both_sides_have_ended, setup),
      cmocka_unit_test(test_rejections_are_counted_by_their_kind),
      cmocka_unit_test_setup(test_some_answers_have_no_body, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
