// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers that come while the upload still goes on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "lib/base/clock.h"

#define LARGE 100000000u // bytes
#define ROUNDS 3
#define TOO_LARGE                                                                                            \
  "HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nX-Why: size\r\nContent-Length: 3\r\n\r\nbig"

static void send_head(int client, const char *framing) {
  char head[256];
  snprintf(head, sizeof head, "POST /x HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n", framing);
  harness_send(client, head);
}

// Sends zeros until `most` bytes are sent, or the other end takes no more or is gone; says how many.
static size_t send_zeros(int fd, size_t most) {
  static const char zeros[65536];
  size_t sent = 0;
  while (sent < most) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, HARNESS_WAIT_MS) != 1) break;
    size_t len = most - sent < sizeof zeros ? most - sent : sizeof zeros;
    ssize_t got = send(fd, zeros, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN) break;
    if (got > 0) sent += (size_t)got;
  }
  return sent;
}

static void check_too_large(const char *seen) {
  assert_true(strncmp(seen, "HTTP/1.1 413 ", 13) == 0);
  assert_non_null(strstr(seen, "\r\nX-Why: size\r\n"));
  assert_non_null(strstr(seen, "\r\nConnection: close\r\n"));
  assert_non_null(strstr(seen, "\r\nContent-Length: 3\r\n"));
  assert_string_equal(strstr(seen, "\r\n\r\n"), "\r\n\r\nbig");
}

static void test_an_answer_reaches_the_client_before_its_upload_ends(void **state) {
  struct harness *harness = *state;
  static const char *const rows[][3] = {
      {"Content-Length: 8", "some", "more"},
      {"Transfer-Encoding: chunked", "4\r\nsome\r\n", "4\r\nmore\r\n0\r\n\r\n"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bool was_reset;
    int client = harness_connect(harness);
    send_head(client, rows[i][0]);
    harness_send(client, rows[i][1]);
    int upstream = harness_accept(harness);
    harness_read_until(harness, upstream, "some");
    harness_send(upstream, TOO_LARGE);
    shutdown(upstream, SHUT_WR);
    check_too_large(harness_read_until(harness, client, "big"));
    harness_read_to_end(harness, upstream, &was_reset); // the proxy is through with it
    close(upstream);
    harness_send(client, rows[i][2]); // to whom it may concern
    assert_string_equal(harness_read_to_end(harness, client, &was_reset), "");
    assert_false(was_reset);
    close(client);
  }
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    trace = strstr(trace, "\"body_truncated\":true,\"body_bytes\":4,");
    assert_non_null(trace);
    trace = strstr(trace, "\"status\":413,");
    assert_non_null(trace);
    const char *end = strstr(trace, "\"error\":\"http_4xx\",\"aborted_by\":null");
    assert_true(end && end < strchr(trace, '\n'));
  }
}

// Servers that are polite read on for a while after such an answer.
static void test_so_does_one_of_a_server_that_reads_on(void **state) {
  struct harness *harness = *state;
  static const char *const closes[] = {"", "Connection: close\r\n"};
  for (size_t i = 0; i < 4; i++) {
    char answer[256];
    bool was_reset;
    int client = harness_connect(harness);
    send_head(client, "Content-Length: 100000000");
    if (i < 2) {
      harness_send(client, "some");
    } else {
      send_zeros(client, 1000000);
    }
    int upstream = harness_accept(harness);
    harness_read_until(harness, upstream, i < 2 ? "some" : "\r\n\r\n");
    snprintf(answer, sizeof answer,
             "HTTP/1.1 413 Payload Too Large\r\n%sX-Why: size\r\nContent-Length: 3\r\n\r\nbig",
             closes[i % 2]);
    char *body = strstr(answer, "big");
    *body = '\0'; // the head alone
    harness_send(upstream, answer);
    harness_read_until(harness, client, "\r\nContent-Length: 3\r\n\r\n");
    harness_send(upstream, "big");
    assert_string_equal(harness_read_until(harness, client, "big"), "big");
    close(client);
    harness_read_to_end(harness, upstream, &was_reset);
    close(upstream);
  }
}

// Servers that are less polite than RFC 9112 9.6 asks close at once, with unread bytes, which resets the
// connection. The answer that came before that must not be lost. (A proxy that the machine halts just when it
// is about to send more meets the reset before the answer, and says 502: such a case is played again, twice.)
static bool in_some_round(struct harness *harness, bool (*play)(struct harness *, bool), bool chunked) {
  for (int round = 0; round < ROUNDS; round++) {
    if (play(harness, chunked)) return true;
    printf("  the reset overtook the answer\n");
  }
  return false;
}

// What the client gets to `end`; NULL: a 502.
static const char *read_413(struct harness *harness, int client, const char *end) {
  const char *seen = harness_read_until(harness, client, "\r\n\r\n");
  if (strncmp(seen, "HTTP/1.1 502 ", 13) == 0) return NULL;
  return harness_read_on_until(harness, client, end);
}

static bool play_upload(struct harness *harness, bool chunked) {
  bool was_reset;
  int client = harness_connect(harness);
  send_head(client, chunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000000");
  if (chunked) harness_send(client, "5F5E100\r\n"); // the same in one chunk
  size_t sent = send_zeros(client, 1000000);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  int64_t start_ns = clock_now_ns();
  harness_send(upstream, TOO_LARGE);
  close(upstream);
  sent += send_zeros(client, LARGE - sent);
  const char *seen = read_413(harness, client, "big");
  if (seen) {
    check_too_large(seen);
    double took_ms = (double)(clock_now_ns() - start_ns) / (double)CLOCK_NS_PER_MS;
    printf("  %.1f MB more were taken in %.0f ms\n", (double)(sent - 1000000) / 1e6, took_ms);
    assert_int_equal(sent, LARGE);
    if (chunked) harness_send(client, "\r\n0\r\n\r\n");
    assert_string_equal(harness_read_to_end(harness, client, &was_reset), "");
  }
  close(client);
  return seen != NULL;
}

// Some clients send all before they read.
static void test_a_client_that_uploads_100_mb_gets_the_413(void **state) {
  for (int try = 0; try < 6; try++)
    assert_true(in_some_round(*state, play_upload, try % 2 == 1));
}

static bool play_stop(struct harness *harness, bool chunked) {
  (void)chunked;
  int client = harness_connect(harness);
  send_head(client, "Content-Length: 100000000");
  send_zeros(client, 300000);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, TOO_LARGE);
  close(upstream);
  const char *seen = read_413(harness, client, "big");
  if (seen) check_too_large(seen);
  close(client);
  return seen != NULL;
}

static void test_a_client_that_stops_when_it_sees_the_answer_leaves_nothing_behind(void **state) {
  struct harness *harness = *state;
  for (int try = 0; try < 20; try++)
    assert_true(in_some_round(harness, play_stop, false));
  int64_t start_ns = clock_now_ns();
  assert_int_equal(harness_end_proxy(harness), 0); // and not only after the grace of 10 s
  assert_true(clock_now_ns() - start_ns < 2 * CLOCK_NS_PER_S);
}

// Also an answer that is too long to be written in one piece is not lost by a client that sends all before it
// reads.
static bool play_long_answer(struct harness *harness, bool chunked) {
  (void)chunked;
  static char answer[40000], words[20001];
  memset(words, 'w', sizeof words - 1);
  snprintf(answer, sizeof answer, "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 20003\r\n\r\n%sbig",
           words);
  int client = harness_connect(harness);
  send_head(client, "Content-Length: 100000000");
  size_t sent = send_zeros(client, 1000000);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, answer);
  close(upstream);
  size_t rest = send_zeros(client, LARGE - sent);
  const char *seen = read_413(harness, client, "big");
  if (seen) {
    assert_int_equal(rest, LARGE - sent);
    assert_true(strncmp(seen, "HTTP/1.1 413 ", 13) == 0);
    assert_string_equal(seen + strlen(seen) - 20003, answer + strlen(answer) - 20003);
  }
  close(client);
  return seen != NULL;
}

static void test_a_long_early_answer_is_there_after_the_upload(void **state) {
  assert_true(in_some_round(*state, play_long_answer, false));
}

// Nor is one that is longer than what is held for a client: it must not wait for the upload that waits for
// it.
static void test_a_very_long_early_answer_is_there_too(void **state) {
  struct harness *harness = *state;
  static char answer[400100], words[400001];
  memset(words, 'w', sizeof words - 1);
  int head =
      snprintf(answer, sizeof answer, "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 400003\r\n\r\n");
  int client = harness_connect(harness);
  send_head(client, "Content-Length: 100000000");
  size_t sent = send_zeros(client, 1000000);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  snprintf(answer + head, sizeof answer - (size_t)head, "%sbig", words);
  harness_send(upstream, answer);
  assert_int_equal(send_zeros(client, LARGE - sent), LARGE - sent);
  const char *seen = harness_read_until(harness, client, "big");
  assert_true(strncmp(seen, "HTTP/1.1 413 ", 13) == 0);
  assert_string_equal(seen + strlen(seen) - 400003, answer + head);
  close(upstream);
  close(client);
}

// What is known of its death is the failure to send more.
static void test_an_upstream_that_dies_in_mid_upload_is_502_before_the_upload_ends(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  send_head(client, "Content-Length: 100000000");
  size_t sent = send_zeros(client, 1000000);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  close(upstream);
  send_zeros(client, LARGE / 2 - sent);
  assert_true(strncmp(harness_read_until(harness, client, "}}"), "HTTP/1.1 502 ", 13) == 0);
  close(client);
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_proxy(test_an_answer_reaches_the_client_before_its_upload_ends),
      with_proxy(test_so_does_one_of_a_server_that_reads_on),
      with_proxy(test_a_client_that_uploads_100_mb_gets_the_413),
      with_proxy(test_a_client_that_stops_when_it_sees_the_answer_leaves_nothing_behind),
      with_proxy(test_a_long_early_answer_is_there_after_the_upload),
      with_proxy(test_a_very_long_early_answer_is_there_too),
      with_proxy(test_an_upstream_that_dies_in_mid_upload_is_502_before_the_upload_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
