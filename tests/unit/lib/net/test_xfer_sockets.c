// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/net/xfer.h"
#include "tests/unit/lib/net/scripted_server.h"

#define IDLE_NS (200 * CLOCK_NS_PER_MS)
#define LITTLE_NS (20 * CLOCK_NS_PER_MS) // a loop that is woken again and again takes all of IDLE_NS

struct client {
  struct loop *loop;
  struct xfer_pool *pool;
  char url[64];
  struct xfer_result result;
};

static void on_done(void *context, const struct xfer_result *result) {
  struct client *client = context;
  client->result = *result;
  loop_stop(client->loop);
}

static const struct xfer_callbacks callbacks = {.done = on_done};

static void ask(struct client *client) {
  struct error error;
  struct xfer *xfer;
  struct xfer_request get = {.method = "GET", .url = client->url, .timeout_ns = 5 * CLOCK_NS_PER_S};
  assert_int_equal(xfer_start(client->pool, &get, &callbacks, client, &xfer, &error), STATUS_OK);
  assert_int_equal(loop_run(client->loop, &error), STATUS_OK);
}

static int64_t thread_cpu_ns(void) {
  struct timespec cpu;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
  return cpu.tv_sec * CLOCK_NS_PER_S + cpu.tv_nsec;
}

static void stop(void *context) {
  struct client *client = context;
  loop_stop(client->loop);
}

// The CPU time that the loop takes while nothing is asked.
static int64_t idle(struct client *client) {
  struct error error;
  struct loop_timer *timer;
  assert_int_equal(loop_timer_open(client->loop, stop, client, &timer, &error), STATUS_OK);
  loop_timer_set(timer, clock_now_ns() + IDLE_NS);
  int64_t before_ns = thread_cpu_ns();
  assert_int_equal(loop_run(client->loop, &error), STATUS_OK);
  loop_timer_close(timer);
  return thread_cpu_ns() - before_ns;
}

// Two requests with a pause between them, to a server that does `after` when it has answered the first.
static struct client ask_twice(enum scripted_after after) {
  struct error error;
  uint16_t port;
  struct scripted_step steps[] = {{NULL, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", after},
                                  {NULL, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb", SCRIPTED_CLOSE}};
  struct scripted_server *server = scripted_server_start(steps, 2, &port);
  struct client client;
  snprintf(client.url, sizeof client.url, "http://127.0.0.1:%d/", port);
  assert_int_equal(loop_open(&client.loop, &error), STATUS_OK);
  assert_int_equal(xfer_pool_open(client.loop, &(struct xfer_pool_options){0}, &client.pool, &error),
                   STATUS_OK);
  ask(&client);
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_in_range(idle(&client), 0, LITTLE_NS);
  ask(&client);
  xfer_pool_close(client.pool);
  loop_close(client.loop);
  char **seen = scripted_server_stop(server);
  assert_non_null(seen[1]);
  free(seen[0]);
  free(seen[1]);
  free(seen);
  return client;
}

static void test_a_kept_connection_is_heard_again_when_it_is_used_again(void **state) {
  (void)state;
  struct client client = ask_twice(SCRIPTED_KEEP);
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_int_equal(client.result.connect_ns, 0);
}

static void test_one_that_the_server_closes_meanwhile_wakes_nobody_and_is_replaced(void **state) {
  (void)state;
  static const enum scripted_after ends[] = {SCRIPTED_CLOSE, SCRIPTED_RESET};
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    struct client client = ask_twice(ends[i]);
    assert_int_equal(client.result.outcome, XFER_OK);
    assert_true(client.result.connect_ns > 0);
    assert_int_equal(client.result.attempts, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_kept_connection_is_heard_again_when_it_is_used_again),
      cmocka_unit_test(test_one_that_the_server_closes_meanwhile_wakes_nobody_and_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
