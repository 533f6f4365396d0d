// SPDX-License-Identifier: GPL-3.0-or-later
//
// What passes through: headers, framing, and that nothing waits for what comes after it.
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
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"

#define GET "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"

static bool has(const char *text, const char *part) {
  return strcasestr(text, part) != NULL;
}

static bool starts(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

// One whole exchange: the client's bytes, the upstream's answer, what the client gets to see of it.
static const char *exchange(struct harness *harness, const char *request, const char *answer,
                            const char *until) {
  int client = harness_connect(harness);
  harness_send(client, request);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, answer);
  close(upstream);
  const char *seen = harness_read_until(harness, client, until);
  close(client);
  return seen;
}

static void test_a_request_arrives_whole_but_for_the_connections_own_fields(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, "PUT /a/../b//c%2F?q=%20&r=[{|}]&e= HTTP/1.1\r\nHost: evil.example\r\n"
                       "Connection: X-Private, keep-alive\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\n"
                       "TE: trailers\r\nUpgrade: h2c\r\nProxy-Authorization: Basic eA==\r\n"
                       "Expect: 100-continue\r\nX-Empty:\r\nX-Twice: a\r\nX-Twice: b\r\n"
                       "Authorization: Bearer t\r\nContent-Length: 5\r\n\r\nhello");
  int upstream = harness_accept(harness);
  const char *seen = harness_read_until(harness, upstream, "hello");
  char host[64];
  snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", harness->upstream_port);
  assert_true(starts(seen, "PUT /a/../b//c%2F?q=%20&r=[{|}]&e= HTTP/1.1\r\n"));
  assert_true(has(seen, host) && !has(seen, "evil.example"));
  assert_true(has(seen, "\r\nX-Empty:") && has(seen, "\r\nX-Twice: a\r\nX-Twice: b\r\n"));
  assert_true(has(seen, "\r\nAuthorization: Bearer t\r\n") && has(seen, "\r\nContent-Length: 5\r\n"));
  assert_true(!has(seen, "Private") && !has(seen, "Keep-Alive") && !has(seen, "\r\nTE:"));
  assert_true(!has(seen, "Upgrade") && !has(seen, "Proxy-") && !has(seen, "Expect"));
  assert_true(!has(seen, "User-Agent") && !has(seen, "Accept") && !has(seen, "Content-Type"));
  close(upstream);
  close(client);
}

static void test_an_answer_arrives_whole_but_for_the_connections_own_fields(void **state) {
  struct harness *harness = *state;
  const char *seen = exchange(harness, GET,
                              "HTTP/1.1 201 Created\r\nConnection: close, X-Private\r\nX-Private: 1\r\n"
                              "Keep-Alive: timeout=5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\n"
                              "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: s\r\nX-Tab: a\tb\r\n"
                              "Content-Length: 5\r\n\r\nhello",
                              "hello");
  assert_true(starts(seen, "HTTP/1.1 201 Created\r\n"));
  assert_true(has(seen, "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n") && has(seen, "\r\nX-Empty: "));
  assert_true(has(seen, "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n") && has(seen, "Server: s\r\n"));
  assert_true(has(seen, "X-Tab: a\tb\r\n") && has(seen, "\r\nContent-Length: 5\r\n"));
  assert_true(!has(seen, "Private") && !has(seen, "Keep-Alive") && !has(seen, "Connection"));
  assert_true(!has(seen, "chunked"));
}

static void test_a_chunk_reaches_the_client_before_the_next_is_there(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, GET);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  assert_true(has(harness_read_until(harness, client, "\r\n\r\n"), "Transfer-Encoding: chunked"));
  harness_send(upstream, "5\r\nfirst\r\n");
  assert_string_equal(harness_read_until(harness, client, "first\r\n"), "5\r\nfirst\r\n");
  assert_true(harness_is_silent(client, 50));
  harness_send(upstream, "6\r\nsecond\r\n");
  harness_read_until(harness, client, "second\r\n");
  harness_send(upstream, "0\r\nX-Trailer: dropped\r\n\r\n");
  assert_string_equal(harness_read_until(harness, client, "\r\n\r\n"), "0\r\n\r\n");
  close(upstream);
  close(client);
}

// Many short pieces at once are held back as long ones are; none is lost or put elsewhere.
static void test_an_answer_in_thousands_of_pieces_arrives_whole(void **state) {
  struct harness *harness = *state;
  enum { PIECES = 40000 };
  struct buf answer = {0};
  int client = harness_connect(harness);
  harness_send(client, "GET / HTTP/1.0\r\nHost: h\r\n\r\n");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  buf_append_text(&answer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < PIECES; i++)
    buf_printf(&answer, "1\r\n%d\r\n", i % 10);
  buf_append_text(&answer, "0\r\n\r\n");
  harness_send(upstream, buf_text(&answer));
  bool was_reset;
  const char *body = strstr(harness_read_to_end(harness, client, &was_reset), "\r\n\r\n");
  assert_true(body && strlen(body) == 4 + PIECES);
  for (int i = 0; i < PIECES; i++)
    assert_int_equal(body[4 + i], '0' + i % 10);
  buf_free(&answer);
  close(upstream);
  close(client);
}

static void test_a_piece_of_an_upload_reaches_the_upstream_before_the_next_is_there(void **state) {
  struct harness *harness = *state;
  static const char *const headers[] = {"Content-Length: 9", "Transfer-Encoding: chunked"};
  static const char *const pieces[][2] = {{"abcd", "efghi"}, {"4\r\nabcd\r\n", "5\r\nefghi\r\n0\r\n\r\n"}};
  for (int i = 0; i < 2; i++) {
    char head[128];
    int client = harness_connect(harness);
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n%s", headers[i], pieces[i][0]);
    harness_send(client, head);
    int upstream = harness_accept(harness);
    assert_true(has(harness_read_until(harness, upstream, "abcd"), headers[i]));
    assert_true(harness_is_silent(upstream, 50));
    harness_send(client, pieces[i][1]);
    harness_read_until(harness, upstream, "efghi");
    harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    harness_read_until(harness, client, "ok");
    close(upstream);
    close(client);
  }
}

static void test_connections_are_used_again_on_both_sides(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  int upstream = -1;
  for (int i = 0; i < 3; i++) {
    harness_send(client, GET);
    if (upstream < 0) upstream = harness_accept(harness);
    harness_read_until(harness, upstream, "\r\n\r\n");
    harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    harness_read_until(harness, client, "ok");
  }
  assert_true(harness_accepts_nothing(harness, 0));
  close(upstream); // as llama.cpp does it after each stream: the next request needs a fresh connection
  usleep(20000);
  harness_send(client, GET);
  upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  harness_read_until(harness, client, "ok");
  close(upstream);
  close(client);
}

static void test_a_body_of_unknown_length_becomes_chunked_or_ends_with_the_connection(void **state) {
  struct harness *harness = *state;
  static const char answer[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end";
  const char *seen = exchange(harness, GET, answer, "\r\n0\r\n\r\n");
  assert_true(has(seen, "Transfer-Encoding: chunked") &&
              has(seen, "\r\n\r\nd\r\nuntil the end\r\n0\r\n\r\n"));
  int client = harness_connect(harness);
  harness_send(client, "GET /x HTTP/1.0\r\n\r\n");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, answer);
  close(upstream);
  bool was_reset;
  seen = harness_read_to_end(harness, client, &was_reset);
  assert_true(!was_reset && !has(seen, "chunked") && has(seen, "\r\n\r\nuntil the end"));
  assert_string_equal(strstr(seen, "\r\n\r\n") + 4, "until the end");
  close(client);
}

static void test_answers_that_have_no_body_get_none(void **state) {
  struct harness *harness = *state;
  static const struct {
    const char *request, *answer, *has, *has_not;
  } rows[] = {
      {"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n",
       "Content-Length: 77", "chunked"},
      {"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n", "X-A: 1", "Content-Length"},
      {GET, "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", "204 No Content", "Content-Length"},
      {GET, "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n", "ETag: \"e\"", "Content-Length"},
      {GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "Content-Length: 9", "chunked"},
      {GET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "Content-Length: 0", "chunked"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int client = harness_connect(harness);
    harness_send(client, rows[i].request);
    int upstream = harness_accept(harness);
    harness_read_until(harness, upstream, "\r\n\r\n");
    harness_send(upstream, rows[i].answer);
    close(upstream);
    const char *seen = harness_read_until(harness, client, "\r\n\r\n");
    if (!has(seen, rows[i].has) || has(seen, rows[i].has_not)) fail_msg("row %zu: %s", i, seen);
    assert_string_equal(strstr(seen, "\r\n\r\n"), "\r\n\r\n");
    shutdown(client, SHUT_WR);
    bool was_reset;
    assert_string_equal(harness_read_to_end(harness, client, &was_reset), "");
    close(client);
  }
}

static void test_interim_answers_are_not_passed_on(void **state) {
  struct harness *harness = *state;
  const char *seen = exchange(harness, GET,
                              "HTTP/1.1 102 Processing\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\n"
                              "Content-Length: 2\r\n\r\nok",
                              "ok");
  assert_true(starts(seen, "HTTP/1.1 200 OK\r\n") && !has(seen, "Interim"));
}

static void test_a_client_that_expects_100_continue_gets_it(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  assert_string_equal(harness_read_until(harness, client, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  harness_send(client, "abc");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "abc");
  close(upstream);
  close(client);
}

// Sends as much of a pattern as is taken now, up to `most` bytes in all; says how many that makes.
static size_t send_some(int fd, size_t from, size_t most) {
  char block[65536];
  size_t len = most - from < sizeof block ? most - from : sizeof block;
  for (size_t i = 0; i < len; i++)
    block[i] = (char)('a' + (from + i) % 23);
  ssize_t sent = send(fd, block, len, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? from + (size_t)sent : from;
}

// Sends it until the other side takes no more for a while.
static size_t send_until_stuck(int fd, size_t most) {
  size_t sent = 0;
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  while (sent < most && poll(&ready, 1, 300) == 1)
    sent = send_some(fd, sent, most);
  return sent;
}

static void check_pattern(const char *data, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (data[i] != (char)('a' + i % 23)) fail_msg("byte %zu is wrong", i);
  }
}

// Reads `len` bytes while the other end goes on sending.
static void read_rest(struct harness *harness, int from, int to, size_t sent, size_t len) {
  struct buf *seen = &harness->seen;
  while (seen->len < len) {
    char some[65536];
    struct pollfd ready[] = {{.fd = from, .events = POLLIN},
                             {.fd = to, .events = (short)(sent < len ? POLLOUT : 0)}};
    assert_true(poll(ready, 2, HARNESS_WAIT_MS) > 0);
    if (ready[1].revents & POLLOUT) sent = send_some(to, sent, len);
    if (!(ready[0].revents & POLLIN)) continue;
    ssize_t got = recv(from, some, sizeof some, 0);
    assert_true(got > 0);
    assert_int_equal(buf_append(seen, some, (size_t)got), STATUS_OK);
  }
  assert_int_equal(seen->len, len);
  check_pattern(seen->data, len);
}

#define LARGE 100000000u  // bytes; far more than both sockets' buffers on loopback hold
#define MORE_KIB_MAX 4096 // that a body of this size may cost, whichever way and however slow

static int start_with_small_records(void **state) {
  static const char *const options[] = {"--max-body=64KiB", "--queue=1MiB", NULL};
  return harness_start_with(state, options);
}

static void check_memory(const struct harness *harness, long before_kib, const char *what) {
  if (before_kib == 0) {
    printf("  memory is not measured under a sanitizer\n");
    return;
  }
  long more_kib = harness_peak_kib(harness) - before_kib;
  printf("  100 MB %s: %ld KiB more than the %ld before\n", what, more_kib, before_kib);
  assert_true(more_kib <= MORE_KIB_MAX);
}

// The kernel lets a socket's buffer grow with what comes otherwise.
static void hold_little(int fd) {
  int bytes = 65536;
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
}

static void test_a_slow_client_holds_the_upstream_back(void **state) {
  struct harness *harness = *state;
  char head[128];
  int client = harness_connect(harness);
  harness_send(client, GET);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", LARGE);
  harness_send(upstream, head);
  long before_kib = harness_peak_kib(harness);
  hold_little(client);
  size_t sent = send_until_stuck(upstream, LARGE);
  assert_true(sent < LARGE / 2); // held back, although nobody said so: the proxy's socket takes up to 32 MiB
  const char *seen = harness_read_until(harness, client, "\r\n\r\n");
  size_t header = (size_t)(strstr(seen, "\r\n\r\n") + 4 - seen);
  buf_consume(&harness->seen, header);
  read_rest(harness, client, upstream, sent, LARGE);
  check_memory(harness, before_kib, "down, with a reader that was slow at first");
  close(upstream);
  close(client);
}

static void test_a_slow_upstream_holds_the_client_back(void **state) {
  struct harness *harness = *state;
  char head[128];
  int client = harness_connect(harness);
  snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %u\r\n\r\n", LARGE);
  harness_send(client, head);
  long before_kib = harness_peak_kib(harness);
  hold_little(harness->upstream); // and what it accepts
  size_t sent = send_until_stuck(client, LARGE);
  assert_true(sent < LARGE / 2);
  int upstream = harness_accept(harness);
  const char *seen = harness_read_until(harness, upstream, "\r\n\r\n");
  size_t header = (size_t)(strstr(seen, "\r\n\r\n") + 4 - seen);
  buf_consume(&harness->seen, header);
  read_rest(harness, upstream, client, sent, LARGE);
  check_memory(harness, before_kib, "up, with an upstream that was slow at first");
  harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  harness_read_until(harness, client, "ok");
  close(upstream);
  close(client);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"body_truncated\":true") && has(trace, "\"body_bytes\":100000000"));
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)
#define with_small_records(test) cmocka_unit_test_setup_teardown(test, start_with_small_records, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_proxy(test_a_request_arrives_whole_but_for_the_connections_own_fields),
      with_proxy(test_an_answer_arrives_whole_but_for_the_connections_own_fields),
      with_proxy(test_a_chunk_reaches_the_client_before_the_next_is_there),
      with_proxy(test_an_answer_in_thousands_of_pieces_arrives_whole),
      with_proxy(test_a_piece_of_an_upload_reaches_the_upstream_before_the_next_is_there),
      with_proxy(test_connections_are_used_again_on_both_sides),
      with_proxy(test_a_body_of_unknown_length_becomes_chunked_or_ends_with_the_connection),
      with_proxy(test_answers_that_have_no_body_get_none),
      with_proxy(test_interim_answers_are_not_passed_on),
      with_proxy(test_a_client_that_expects_100_continue_gets_it),
      with_small_records(test_a_slow_client_holds_the_upstream_back),
      with_small_records(test_a_slow_upstream_holds_the_client_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
