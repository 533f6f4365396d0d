// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/clock.h"
#include "replay/send/request_call.h"
#include "tests/unit/replay/sender.h"

struct seen {
  struct loop *loop;
  int freed, done, wanted;
  enum failure failure;
};

static void on_freed(void *context, const struct request_result *result) {
  struct seen *seen = context;
  assert_int_equal(seen->freed, seen->done); // before its result
  assert_true(result->freed_ns >= result->sent_ns);
  seen->freed++;
}

static void on_done(void *context, const struct request_result *result) {
  struct seen *seen = context;
  assert_int_equal(result->intended_ns, 1);
  assert_int_equal(result->ready_ns, 2);
  assert_int_equal(result->ttft_ns, -1);
  assert_null(result->chunks);
  assert_true(result->message[0] != '\0');
  seen->failure = result->response->failure;
  if (++seen->done == seen->wanted) loop_stop(seen->loop);
}

static const struct request_call_handlers handlers = {.freed = on_freed, .done = on_done};

static void send_two(bool cancelled, const char *url, int freed, enum failure failure) {
  struct sender sender;
  struct request_call_pool *pool;
  struct error error;
  sender_open(&sender, 1);
  struct seen seen = {.loop = sender.loop, .wanted = 2};
  struct lane *lane = lanes_at(sender.lanes, 0);
  assert_int_equal(
      request_call_pool_open(lane->loop, lane->transfers, CLOCK_NS_PER_S, &handlers, &seen, &pool, &error),
      STATUS_OK);
  static const char *const no_headers[] = {NULL};
  struct request request = {.api = API_HTTP, .method = "GET", .url = url, .headers = no_headers};
  for (int i = 0; i < 2; i++)
    assert_int_equal(request_call_send(pool, &request, i, 1, 2, &error), STATUS_OK);
  assert_int_equal(request_call_in_flight(pool), 2 - seen.done);
  if (cancelled) request_call_cancel_all(pool);
  if (seen.done < 2) assert_int_equal(loop_run(sender.loop, &error), STATUS_OK);
  assert_int_equal(request_call_in_flight(pool), 0);
  assert_int_equal(seen.done, 2);
  assert_int_equal(seen.freed, freed);
  assert_int_equal(seen.failure, failure);
  lanes_stop(sender.lanes);
  request_call_pool_close(pool);
  sender_close(&sender);
}

static void test_a_refused_connection_is_a_result(void **state) {
  (void)state;
  send_two(false, "http://127.0.0.1:1/", 2, FAILURE_CONNECT);
}

static void test_what_is_cancelled_ends_as_cancelled(void **state) {
  (void)state;
  send_two(true, "http://127.0.0.1:1/", 2, FAILURE_CANCELLED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_refused_connection_is_a_result),
      cmocka_unit_test(test_what_is_cancelled_ends_as_cancelled),
  };
  return cmocka_run_group_tests_name("request call", tests, NULL, NULL);
}
