// SPDX-License-Identifier: GPL-3.0-or-later
//
// How soon the upstream is left when a client goes away: in each phase of an exchange, and by each way to go.
// Prints the times; the limit is 50 ms.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "lib/base/clock.h"

#define TRIES 20
#define MEDIAN_MOST_MS 50.0
#define MOST_MS 250.0 // of a single one, on a machine with other work
#define ROUNDS 3      // a machine that halts for longer just then has two more; all of them must be recorded

#define BODY "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\"}]}"
#define CHAT(length)                                                                                         \
  "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "      \
  "" length "\r\n\r\n" BODY
#define STREAM_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define ROLE "41\r\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\r\n"
#define EVENT(text) "2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n\r\n"

struct phase {
  const char *name;
  const char *request;
  const char *answer; // what the upstream has sent of it; NULL: nothing
  const char *until;  // what the client has got of that
};

static const struct phase upload = {.name = "in mid-upload", .request = CHAT("2000")};
static const struct phase phases[] = {
    {.name = "before the header", .request = CHAT("56")},
    {.name = "before the first token", .request = CHAT("56"), .answer = STREAM_HEAD, .until = "\r\n\r\n"},
    {.name = "after an event without text",
     .request = CHAT("56"),
     .answer = STREAM_HEAD ROLE,
     .until = "\"\"}"},
    {.name = "in mid-stream",
     .request = CHAT("56"),
     .answer = STREAM_HEAD ROLE EVENT("x") EVENT("y"),
     .until = "\"y\""},
};
#define PHASES (sizeof phases / sizeof phases[0])

enum way { BY_CLOSE, BY_HALF_CLOSE, BY_RESET, WAYS };
static const char *const way_names[WAYS] = {"close", "half-close", "reset"};

static void leave(int client, enum way way) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  if (way == BY_RESET)
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  if (way == BY_HALF_CLOSE) {
    assert_int_equal(shutdown(client, SHUT_WR), 0);
  } else {
    close(client);
  }
}

// From the client's leaving to the end that the upstream sees, in ms.
static double time_one(struct harness *harness, const struct phase *phase, enum way way) {
  bool was_reset;
  int client = harness_connect(harness);
  harness_send(client, phase->request);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, BODY);
  if (phase->answer) {
    harness_send(upstream, phase->answer);
    harness_read_until(harness, client, phase->until);
  }
  int64_t left_ns = clock_now_ns();
  leave(client, way);
  const char *rest = harness_read_to_end(harness, upstream, &was_reset);
  int64_t seen_ns = clock_now_ns();
  assert_string_equal(rest, "");
  if (way == BY_HALF_CLOSE) close(client);
  close(upstream);
  return (double)(seen_ns - left_ns) / (double)CLOCK_NS_PER_MS;
}

static int by_size(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static bool is_soon(struct harness *harness, const struct phase *phase, enum way way) {
  double times_ms[TRIES];
  for (int i = 0; i < TRIES; i++)
    times_ms[i] = time_one(harness, phase, way);
  qsort(times_ms, TRIES, sizeof times_ms[0], by_size);
  double median_ms = (times_ms[TRIES / 2 - 1] + times_ms[TRIES / 2]) / 2;
  printf("  %-28s %-10s median %6.2f ms, longest %6.2f ms\n", phase->name, way_names[way], median_ms,
         times_ms[TRIES - 1]);
  return median_ms <= MEDIAN_MOST_MS && times_ms[TRIES - 1] <= MOST_MS;
}

// Says how many exchanges that took.
static size_t check_phase(struct harness *harness, const struct phase *phase) {
  size_t exchanges = 0;
  for (enum way way = 0; way < WAYS; way++) {
    bool soon = false;
    for (int round = 0; round < ROUNDS && !soon; round++) {
      soon = is_soon(harness, phase, way);
      exchanges += TRIES;
    }
    assert_true(soon);
  }
  return exchanges;
}

// The upstream is held back, since the client does not read.
static bool is_soon_where_nothing_is_read(struct harness *harness, enum way way) {
  static const char zeros[65536];
  bool was_reset;
  int client = harness_connect(harness);
  harness_send(client, CHAT("56"));
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, BODY);
  harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  struct pollfd ready = {.fd = upstream, .events = POLLOUT};
  while (poll(&ready, 1, 200) == 1)
    assert_true(send(upstream, zeros, sizeof zeros, MSG_NOSIGNAL | MSG_DONTWAIT) > 0);
  int64_t left_ns = clock_now_ns();
  leave(client, way);
  harness_read_to_end(harness, upstream, &was_reset);
  double took_ms = (double)(clock_now_ns() - left_ns) / (double)CLOCK_NS_PER_MS;
  printf("  %-28s %-10s %6.2f ms\n", "held back in mid-stream", way_names[way], took_ms);
  if (way == BY_HALF_CLOSE) close(client);
  close(upstream);
  return took_ms <= MOST_MS;
}

static void test_a_client_that_reads_nothing_and_goes_away_does_too(void **state) {
  for (enum way way = 0; way < WAYS; way++) {
    bool soon = false;
    for (int round = 0; round < ROUNDS && !soon; round++)
      soon = is_soon_where_nothing_is_read(*state, way);
    assert_true(soon);
  }
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
    count++;
  return count;
}

static void test_a_client_that_goes_away_ends_the_upstream_request_within_50_ms(void **state) {
  struct harness *harness = *state;
  size_t each[PHASES], all = 0;
  for (size_t i = 0; i < PHASES; i++)
    all += each[i] = check_phase(harness, &phases[i]);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_int_equal(count_of(trace, "\"error\":\"cancelled\",\"aborted_by\":\"client\""), all);
  assert_int_equal(count_of(trace, "\"type\":\"response\""), all);
  assert_int_equal(count_of(trace, "\"status\":null"), each[0]);                     // before the header
  assert_int_equal(count_of(trace, "\"ttft_s\":null"), each[0] + each[1] + each[2]); // before a token
  assert_int_equal(count_of(trace, "\"events\":2"), each[3]);
}

// A request that has not come whole is recorded too, without the body that it has not.
static void test_so_does_one_that_goes_away_in_mid_upload(void **state) {
  struct harness *harness = *state;
  size_t all = check_phase(harness, &upload);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_int_equal(count_of(trace, "\"body_truncated\":true,\"body_bytes\":56,"), all);
  assert_int_equal(count_of(trace, "\"body\":"), 0);
  assert_int_equal(count_of(trace, "\"status\":null"), all);
  assert_int_equal(count_of(trace, "\"error\":\"cancelled\",\"aborted_by\":\"client\""), all);
}

// The end of a connection may be there before anybody has looked at the bytes that came with it.
static void test_an_end_that_comes_with_the_last_bytes_is_noticed(void **state) {
  struct harness *harness = *state;
  static const char *const requests[] = {
      "POST /v1/ch", "POST / HTTP/1.1\r\nHost: h\r\n\r\n", CHAT("2000"), "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nso"};
  for (size_t i = 0; i < sizeof requests / sizeof requests[0] * TRIES; i++) {
    bool was_reset;
    int client = harness_connect(harness);
    harness_send(client, requests[i / TRIES]);
    shutdown(client, SHUT_WR);
    assert_string_equal(harness_read_to_end(harness, client, &was_reset), "");
    close(client);
  }
  assert_int_equal(harness_end_proxy(harness), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_client_that_goes_away_ends_the_upstream_request_within_50_ms,
                                      harness_start, harness_stop),
      cmocka_unit_test_setup_teardown(test_so_does_one_that_goes_away_in_mid_upload, harness_start,
                                      harness_stop),
      cmocka_unit_test_setup_teardown(test_a_client_that_reads_nothing_and_goes_away_does_too, harness_start,
                                      harness_stop),
      cmocka_unit_test_setup_teardown(test_an_end_that_comes_with_the_last_bytes_is_noticed, harness_start,
                                      harness_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
