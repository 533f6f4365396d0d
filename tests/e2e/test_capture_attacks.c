// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a client sends to take the proxy down. It is refused, nothing of it stays, others are served, and the
// proxy ends when it is told to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "lib/base/clock.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static bool has(const char *text, const char *part) {
  return strstr(text, part) != NULL;
}

static void repeat(struct buf *out, const char *part, size_t times) {
  for (size_t i = 0; i < times; i++)
    buf_append_text(out, part);
  assert_int_equal(out->status, STATUS_OK);
}

// True when the proxy, asked what it does, says that.
static bool says(struct harness *harness, const char *what) {
  char line[1024] = "";
  size_t len = 0;
  kill(harness->proxy, SIGUSR1);
  while (len < sizeof line - 1 && !strchr(line, '\n')) {
    assert_false(harness_is_silent(harness->words, HARNESS_WAIT_MS));
    ssize_t got = read(harness->words, line + len, sizeof line - 1 - len);
    if (got <= 0) fail_msg("the proxy says no more after: %s", line);
    len += (size_t)got;
    line[len] = '\0';
  }
  return has(line, what);
}

// A request of another client passes, and nothing else is under way after it.
static void check_others_are_served(struct harness *harness) {
  int client = harness_connect(harness);
  harness_send(client, "GET /other HTTP/1.1\r\nHost: h\r\n\r\n");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, ANSWER);
  harness_read_until(harness, client, "ok");
  close(client);
  close(upstream);
  bool is_quiet = false;
  for (int tries = 0; tries < 100 && !is_quiet; tries++) {
    usleep(10000);
    is_quiet = says(harness, " 0 connections, 0 requests in flight");
  }
  assert_true(is_quiet);
}

static void end_soon(struct harness *harness) {
  int64_t start_ns = clock_now_ns();
  assert_int_equal(harness_end_proxy(harness), 0);
  assert_true(clock_now_ns() - start_ns < 2 * CLOCK_NS_PER_S);
}

// The request is answered with this status and the connection closed.
static void check_refused(struct harness *harness, const char *request, const char *status) {
  bool was_reset;
  int client = harness_connect(harness);
  send(client, request, strlen(request), MSG_NOSIGNAL); // it may be refused before all of it is sent
  const char *answer = harness_read_to_end(harness, client, &was_reset);
  if (strncmp(answer, status, strlen(status)) != 0) fail_msg("not %s: %s", status, answer);
  close(client);
}

static void test_a_request_with_more_parts_than_there_is_room_for_is_answered(void **state) {
  struct harness *harness = *state;
  struct buf query = {0}, cookies = {0};
  buf_append_text(&query, "GET /?");
  repeat(&query, "a=b&", 1800);
  buf_append_text(&query, " HTTP/1.1\r\nHost: h\r\n\r\n");
  buf_append_text(&cookies, "GET / HTTP/1.1\r\nHost: h\r\nCookie: ");
  repeat(&cookies, "a=b;", 1800);
  buf_append_text(&cookies, "\r\n\r\n");
  for (int i = 0; i < 50; i++) {
    check_refused(harness, buf_text(&query), "HTTP/1.1 431 ");
    check_refused(harness, buf_text(&cookies), "HTTP/1.1 431 ");
    int client = harness_connect(harness); // and one that does not wait for the answer
    harness_send(client, buf_text(&query));
    close(client);
  }
  buf_free(&query);
  buf_free(&cookies);
  check_others_are_served(harness);
  end_soon(harness);
}

// A head that comes piece by piece is no dropped one.
static void test_a_head_in_pieces_is_served(void **state) {
  static const char *const pieces[] = {"GET /x", "?a=1&b=2 HTTP/1.1\r\n", "Host:", " h\r\n", "\r\n"};
  struct harness *harness = *state;
  int client = harness_connect(harness);
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    harness_send(client, pieces[i]);
    usleep(20000);
  }
  int upstream = harness_accept(harness);
  assert_true(has(harness_read_until(harness, upstream, "\r\n\r\n"), "GET /x?a=1&b=2 HTTP/1.1"));
  harness_send(upstream, ANSWER);
  harness_read_until(harness, client, "ok");
  close(client);
  close(upstream);
  end_soon(harness);
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_proxy(test_a_request_with_more_parts_than_there_is_room_for_is_answered),
      with_proxy(test_a_head_in_pieces_is_served),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
