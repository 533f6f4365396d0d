// SPDX-License-Identifier: GPL-3.0-or-later
//
// Both ways at once: the answer of a server that speaks before it has read the request, as it comes.
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
#include "lib/json/json_scan.h"

#define UPLOAD ((size_t)100 * 1000 * 1000)
#define ANSWER ((size_t)5 * 1000 * 1000)
#define POST "POST /x HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define MEMORY_MOST_KIB 65536L

static char answer_byte(size_t at) {
  return (char)('a' + at % 23);
}

// The client's body and the server's answer while both are under way.
struct both {
  int client, upstream;
  size_t uploaded, arrived; // of the request's body, with its framing
  size_t answered;          // of the answer's
  bool is_over;             // the client's connection
  struct buf got;           // by the client
};

static void send_some(int fd, size_t *sent, size_t most, bool is_answer) {
  static char some[65536];
  size_t len = most - *sent < sizeof some ? most - *sent : sizeof some;
  for (size_t i = 0; i < len; i++)
    some[i] = is_answer ? answer_byte(*sent + i) : '0';
  ssize_t took = send(fd, some, len, MSG_NOSIGNAL | MSG_DONTWAIT);
  assert_true(took > 0 || errno == EAGAIN);
  if (took > 0) *sent += (size_t)took;
}

// 0: the end of the connection. To be called when there is something.
static size_t receive_some(int fd, struct buf *into, size_t most) {
  static char some[65536];
  ssize_t got = recv(fd, some, most < sizeof some ? most : sizeof some, MSG_DONTWAIT);
  assert_true(got >= 0);
  if (into) assert_int_equal(buf_append(into, some, (size_t)got), STATUS_OK);
  return (size_t)got;
}

// The server writes all of its answer before it reads on; the client sends what is taken, and reads little at
// a time. Until both bodies are over.
static void exchange_both(struct both *both, size_t got_most) {
  int64_t end_ns = clock_now_ns() + 60 * CLOCK_NS_PER_S;
  while (both->uploaded < UPLOAD || both->arrived < UPLOAD || (both->got.len < got_most && !both->is_over)) {
    assert_true(clock_now_ns() < end_ns);
    bool answers = both->answered < ANSWER;
    size_t arrived = both->arrived;
    struct pollfd ready[] = {{.fd = both->is_over ? -1 : both->client,
                              .events = (short)(POLLIN | (both->uploaded < UPLOAD ? POLLOUT : 0))},
                             {.fd = both->upstream, .events = answers ? POLLOUT : POLLIN}};
    assert_true(poll(ready, 2, HARNESS_WAIT_MS) > 0);
    if (ready[0].revents & POLLOUT) send_some(both->client, &both->uploaded, UPLOAD, false);
    if (ready[0].revents & POLLIN) both->is_over = receive_some(both->client, &both->got, 8192) == 0;
    if (ready[1].revents & POLLOUT && answers) send_some(both->upstream, &both->answered, ANSWER, true);
    if (ready[1].revents & POLLIN) both->arrived += receive_some(both->upstream, NULL, SIZE_MAX);
    assert_false(ready[1].revents & POLLIN && both->arrived == arrived);
  }
}

// Takes the chunks' framing out; true: the last one is there, and nothing after it.
static bool dechunk(struct json_slice from, struct buf *into) {
  const char *at = from.data, *end = from.data + from.len;
  for (;;) {
    char *stop;
    size_t len = strtoul(at, &stop, 16);
    if (stop == at || end - stop < 2 + (ssize_t)len + 2 || memcmp(stop, "\r\n", 2) != 0) return false;
    at = stop + 2 + len + 2;
    if (memcmp(at - 2, "\r\n", 2) != 0) return false;
    if (len == 0) return at == end;
    assert_int_equal(buf_append(into, stop + 2, len), STATUS_OK);
  }
}

static void check_answer(const char *body, size_t len) {
  assert_int_equal(len, ANSWER);
  for (size_t i = 0; i < len; i++) {
    if (body[i] != answer_byte(i)) fail_msg("byte %zu is another", i);
  }
}

// 100 MB go up while 5 MB come down, to a client that reads slowly, from a server that reads nothing before
// it has said all.
static void test_an_answer_of_5_mb_and_an_upload_of_100_mb_pass_each_other(void **state) {
  struct harness *harness = *state;
  static const char *const framings[] = {"Content-Length: 5000000\r\n\r\n", CHUNKED "4c4b40\r\n"};
  for (int chunked = 0; chunked < 2; chunked++) {
    bool was_reset;
    struct both both = {.client = harness_connect(harness)};
    harness_send(both.client, POST "Content-Length: 100000000\r\n\r\n");
    send_some(both.client, &both.uploaded, 100, false);
    both.upstream = harness_accept(harness);
    const char *seen = strstr(harness_read_until(harness, both.upstream, "\r\n\r\n0"), "\r\n\r\n");
    both.arrived = strlen(seen) - 4;
    harness_send(both.upstream, "HTTP/1.1 200 OK\r\n");
    harness_send(both.upstream, framings[chunked]);
    exchange_both(&both, ANSWER);
    harness_send(both.upstream, chunked ? "\r\n0\r\n\r\n" : "");
    const char *rest = harness_read_to_end(harness, both.client, &was_reset);
    assert_int_equal(buf_append_text(&both.got, rest), STATUS_OK);
    assert_false(was_reset);
    const char *got = buf_text(&both.got), *body = strstr(got, "\r\n\r\n") + 4;
    assert_true(strncmp(got, "HTTP/1.1 200 OK\r\nConnection: close\r\n", 36) == 0);
    size_t len = both.got.len - (size_t)(body - got);
    if (chunked) {
      struct buf plain = {0};
      assert_true(dechunk((struct json_slice){body, len}, &plain));
      check_answer(plain.data, plain.len);
      buf_free(&plain);
    } else {
      check_answer(body, len);
    }
    buf_free(&both.got);
    close(both.client);
    close(both.upstream);
  }
  long peak_kib = harness_peak_kib(harness);
  printf("  the most memory: %ld KiB\n", peak_kib);
  assert_true(peak_kib <= MEMORY_MOST_KIB);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  for (int i = 0; i < 2; i++) {
    trace = strstr(trace, "\"body_bytes\":100000000,");
    assert_non_null(trace);
    trace = strstr(trace, "\"bytes\":5000000,\"finish\":null,\"error\":null,\"aborted_by\":null");
    assert_non_null(trace);
  }
}

static const char *ask(struct harness *harness, int from, int to, const char *chunk, const char *until) {
  harness_send(from, chunk);
  return harness_read_until(harness, to, until);
}

static int open_both(struct harness *harness, int client, const char *request) {
  harness_send(client, request);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "ping0");
  return upstream;
}

static void test_two_can_talk_by_turns(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int client = harness_connect(harness);
  int upstream = open_both(harness, client, POST CHUNKED "5\r\nping0\r\n");
  ask(harness, upstream, client, "HTTP/1.1 200 OK\r\n" CHUNKED "5\r\npong0\r\n", "pong0");
  ask(harness, client, upstream, "5\r\nping1\r\n", "ping1");
  ask(harness, upstream, client, "5\r\npong1\r\n", "pong1");
  ask(harness, client, upstream, "0\r\n\r\n", "0\r\n\r\n");
  harness_send(upstream, "5\r\npong2\r\n0\r\n\r\n");
  assert_string_equal(harness_read_to_end(harness, client, &was_reset), "5\r\npong2\r\n0\r\n\r\n");
  close(client);
  close(upstream);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_non_null(strstr(trace, "\"body_text\":\"ping0ping1\""));
  assert_non_null(strstr(trace, "\"bytes\":15,\"finish\":null,\"error\":null,\"aborted_by\":null"));
}

static void test_a_server_that_answers_whole_and_goes_has_answered(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int client = harness_connect(harness);
  int upstream = open_both(harness, client, POST CHUNKED "5\r\nping0\r\n");
  ask(harness, upstream, client, "HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\npong", "pong");
  close(upstream);
  for (int i = 0; i < 100 && harness_is_silent(client, 10); i++)
    harness_send(client, "5\r\nping1\r\n");
  assert_true(harness_is_silent(client, 10)); // the rest is read, so that the answer is not lost
  harness_send(client, "0\r\n\r\n");
  assert_string_equal(harness_read_to_end(harness, client, &was_reset), "");
  assert_false(was_reset);
  close(client);
}

static void test_one_that_breaks_off_does_so_for_the_client(void **state) {
  struct harness *harness = *state;
  static const char *const answers[] = {"Content-Length: 9\r\n\r\npong", CHUNKED "4\r\npong\r\n"};
  for (int i = 0; i < 2; i++) {
    bool was_reset;
    int client = harness_connect(harness);
    int upstream = open_both(harness, client, POST CHUNKED "5\r\nping0\r\n");
    harness_send(upstream, "HTTP/1.1 200 OK\r\n");
    ask(harness, upstream, client, answers[i], "pong");
    close(upstream);
    for (int tries = 0; tries < 100 && harness_is_silent(client, 10); tries++)
      harness_send(client, "5\r\nping1\r\n");
    assert_null(strstr(harness_read_to_end(harness, client, &was_reset), "0\r\n\r\n"));
    close(client);
  }
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  for (int i = 0; i < 2; i++) {
    trace = strstr(trace, "\"aborted_by\":\"upstream\"");
    assert_non_null(trace++);
  }
}

static void test_a_client_that_goes_takes_both_ways_with_it(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int client = harness_connect(harness);
  int upstream = open_both(harness, client, POST CHUNKED "5\r\nping0\r\n");
  ask(harness, upstream, client, "HTTP/1.1 200 OK\r\n" CHUNKED "5\r\npong0\r\n", "pong0");
  close(client);
  harness_read_to_end(harness, upstream, &was_reset);
  close(upstream);
  assert_int_equal(harness_end_proxy(harness), 0);
  assert_non_null(strstr(harness_trace(harness), "\"error\":\"cancelled\",\"aborted_by\":\"client\""));
}

// It would not know where an answer ends whose length is told at no time.
static void test_a_client_of_http_1_0_waits_for_an_answer_of_unknown_length(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  int upstream = open_both(harness, client, "POST /x HTTP/1.0\r\nHost: h\r\nContent-Length: 10\r\n\r\nping0");
  harness_send(upstream, "HTTP/1.1 200 OK\r\n" CHUNKED "5\r\npong0\r\n");
  assert_true(harness_is_silent(client, 50));
  ask(harness, client, upstream, "ping1", "ping1");
  harness_send(upstream, "5\r\npong1\r\n0\r\n\r\n");
  assert_non_null(strstr(harness_read_until(harness, client, "pong1"), "\r\n\r\npong0pong1"));
  close(client);
  close(upstream);
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_proxy(test_an_answer_of_5_mb_and_an_upload_of_100_mb_pass_each_other),
      with_proxy(test_two_can_talk_by_turns),
      with_proxy(test_a_server_that_answers_whole_and_goes_has_answered),
      with_proxy(test_one_that_breaks_off_does_so_for_the_client),
      with_proxy(test_a_client_that_goes_takes_both_ways_with_it),
      with_proxy(test_a_client_of_http_1_0_waits_for_an_answer_of_unknown_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
