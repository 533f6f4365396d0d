// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a client sends to take the proxy down. It is refused, nothing of it stays, others are served, and the
// proxy ends when it is told to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
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

static void serve_one(struct harness *harness, int client) {
  harness_send(client, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, ANSWER);
  close(upstream);
  harness_read_until(harness, client, "ok");
}

static void wait_for_quiet(struct harness *harness) {
  for (int tries = 0; tries < 300; tries++) {
    if (says(harness, " 0 connections, 0 requests in flight")) return;
    usleep(10000);
  }
  fail_msg("something is still under way");
}

// Nothing of the attack is under way, and another client is served.
static void check_others_are_served(struct harness *harness) {
  wait_for_quiet(harness);
  int client = harness_connect(harness);
  serve_one(harness, client);
  close(client);
  wait_for_quiet(harness);
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
  harness_repeat(&query, "a=b&", 1800);
  buf_append_text(&query, " HTTP/1.1\r\nHost: h\r\n\r\n");
  buf_append_text(&cookies, "GET / HTTP/1.1\r\nHost: h\r\nCookie: ");
  harness_repeat(&cookies, "a=b; ", 1800);
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

#define CHUNKED "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

// libmicrohttpd has no room to read on then, and would turn without end. An upload beside it is let be.
static void test_a_chunk_size_line_without_end_is_refused(void **state) {
  static const struct {
    const char *before, *part; // the latter repeated
    size_t count;
    bool is_forwarded;                    // what comes before it
  } lines[] = {{"5;", "a", 60000, false}, // of an extension
               {"", "0", 60000, false},   // of the number
               {"5;", "a", 31000, false}, // it all but fills the memory, and no more comes
               {"4\r\nsome\r\n5;", "a", 60000, true}};
  struct harness *harness = *state;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    struct buf line = {0};
    int other = harness_connect(harness);
    harness_send(other, CHUNKED "4\r\nsome\r\n");
    int upstream = harness_accept(harness);
    harness_read_until(harness, upstream, "some\r\n");
    buf_append_text(&line, CHUNKED);
    buf_append_text(&line, lines[i].before);
    harness_repeat(&line, lines[i].part, lines[i].count);
    double start_s = harness_cpu_s(harness);
    check_refused(harness, buf_text(&line), "HTTP/1.1 400 ");
    int left = harness_connect(harness); // and one that has left
    send(left, buf_text(&line), line.len, MSG_NOSIGNAL);
    usleep(500000);
    close(left);
    for (int begun = 0; lines[i].is_forwarded && begun < 2; begun++)
      close(harness_accept(harness));
    assert_true(harness_is_sanitized || harness_cpu_s(harness) - start_s < 0.1);
    buf_free(&line);
    harness_send(other, "4\r\nmore\r\n0\r\n\r\n");
    harness_read_until(harness, upstream, "more\r\n0\r\n\r\n");
    harness_send(upstream, ANSWER);
    harness_read_until(harness, other, "ok");
    close(other);
    close(upstream);
    check_others_are_served(harness);
  }
  end_soon(harness);
}

// Sends through the proxy while the other side reads and forgets.
static void pour(int from, int to, const struct buf *bytes, size_t sent) {
  char some[65536];
  while (sent < bytes->len) {
    ssize_t took = send(from, bytes->data + sent, bytes->len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (took > 0) sent += (size_t)took;
    ssize_t came = recv(to, some, sizeof some, MSG_DONTWAIT);
    if (took < 0 && came < 0) usleep(1000);
  }
}

// 4 GiB in 4 MB.
static void test_a_body_that_holds_a_thousand_times_its_size_is_not_unpacked(void **state) {
  struct harness *harness = *state;
  struct buf member = {0}, request = {0};
  char some[65536];
  harness_take_output("head -c 64M /dev/zero | gzip -c", &member);
  buf_printf(&request, "POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
             64 * member.len);
  int client = harness_connect(harness);
  harness_send(client, buf_text(&request));
  assert_int_equal(send(client, member.data, 100, MSG_NOSIGNAL), 100);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  for (int i = 0; i < 64; i++)
    pour(client, upstream, &member, i == 0 ? 100 : 0);
  while (recv(upstream, some, sizeof some, MSG_DONTWAIT) > 0)
    continue;
  harness_send(upstream, ANSWER);
  harness_read_until(harness, client, "ok");
  close(client);
  close(upstream);
  buf_free(&member);
  buf_free(&request);
  end_soon(harness);
  assert_true(has(harness_trace(harness), "\"body_truncated\":true,\"body_bytes\":"));
}

static int start_with_short_grace(void **state) {
  static const char *const options[] = {"--shutdown-grace", "2s", NULL};
  return harness_start_with(state, options);
}

// A stream that unpacks to 256 MB of empty lines takes long to read. Others are served meanwhile. Its
// connection closes: the next request would be sent on it where its last byte has already come.
static void test_an_answer_is_unpacked_beside_the_traffic(void **state) {
  struct harness *harness = *state;
  struct buf body = {0}, head = {0};
  harness_take_output("(head -c 256M /dev/zero | tr '\\0' '\\n'; printf 'data: [DONE]\\n\\n') | gzip -c",
                      &body);
  buf_printf(
      &head,
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
      "Content-Length: %zu\r\n\r\n",
      body.len);
  int client = harness_connect(harness);
  harness_send(client, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n{}");
  harness_send(upstream, buf_text(&head));
  pour(upstream, client, &body, 0);
  int other = harness_connect(harness);
  int64_t start_ns = clock_now_ns();
  serve_one(harness, other);
  assert_true(harness_is_sanitized || clock_now_ns() - start_ns < CLOCK_NS_PER_S / 2);
  close(other);
  close(client);
  close(upstream);
  buf_free(&body);
  buf_free(&head);
  int code = harness_end_proxy(harness); // 4 where it is too slow to be read within the grace
  assert_true(code == 0 || code == 4);
  if (code == 4) return;
  assert_true(has(harness_trace(harness), "{\"type\":\"end\",\"requests\":2,\"responses\":2,\"dropped\":0}"));
}

// Sends a byte every 20 ms until the proxy answers or closes: what it says. Slow bytes buy no time.
static const char *trickle(struct harness *harness, int client) {
  bool was_reset;
  int64_t start_ns = clock_now_ns();
  while (harness_is_silent(client, 20)) {
    send(client, "a", 1, MSG_NOSIGNAL);
    assert_true(clock_now_ns() - start_ns < 4 * CLOCK_NS_PER_S);
  }
  return harness_read_to_end(harness, client, &was_reset);
}

static int start_hasty(void **state) {
  static const char *const options[] = {"--header-timeout", "400ms", NULL};
  return harness_start_with(state, options);
}

static void test_a_head_has_its_time(void **state) {
  static const char *const begun[] = {"G", "GET / HTTP/1.1\r\nX: ", "GET / HTTP/1.1\r\nHost: h\r\n"};
  struct harness *harness = *state;
  bool was_reset;
  for (size_t i = 0; i < sizeof begun / sizeof begun[0]; i++) {
    int client = harness_connect(harness);
    harness_send(client, begun[i]);
    assert_true(has(trickle(harness, client), "HTTP/1.1 408 "));
    close(client);
  }
  int silent = harness_connect(harness);
  assert_string_equal(harness_read_to_end(harness, silent, &was_reset), "");
  close(silent);
  int kept = harness_connect(harness); // one that was served may wait, and has as much time for the next
  serve_one(harness, kept);
  assert_true(harness_is_silent(kept, 1200));
  serve_one(harness, kept);
  assert_true(harness_is_silent(kept, 600));
  assert_true(has(trickle(harness, kept), "HTTP/1.1 408 "));
  close(kept);
  check_others_are_served(harness);
  end_soon(harness);
}

static int start_fair(void **state) {
  static const char *const options[] = {"--max-connections-per-client", "3", NULL};
  return harness_start_with(state, options);
}

// Begins to connect from 127.0.0.`last`.
static int connect_from(const struct harness *harness, in_addr_t last) {
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + last - 1)};
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons((uint16_t)harness->port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
  assert_true(connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS);
  return fd;
}

// From then on it blocks.
static bool is_connected(int fd, int wait_ms) {
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  return poll(&ready, 1, wait_ms) == 1 && fcntl(fd, F_SETFL, 0) == 0;
}

// Some kernels let only root set a filter; a client that floods is accepted and closed, then.
static bool may_set_filters(void) {
  struct sock_filter all = {.code = BPF_RET | BPF_K, .k = UINT32_MAX};
  struct sock_fprog program = {.len = 1, .filter = &all};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  bool may = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
  close(fd);
  assert_true(may || geteuid() != 0);
  return may;
}

static void test_a_client_that_floods_is_not_even_accepted(void **state) {
  struct harness *harness = *state;
  int flood[200];
  kill(harness->proxy, SIGSTOP); // else they would be spread over some seconds on a busy machine
  for (int i = 0; i < 200; i++)
    flood[i] = connect_from(harness, 1);
  kill(harness->proxy, SIGCONT);
  int other = connect_from(harness, 2);
  assert_true(is_connected(other, HARNESS_WAIT_MS));
  serve_one(harness, other); // all before it have been accepted
  int more = connect_from(harness, 1);
  assert_false(may_set_filters() && is_connected(more, 200));
  close(more);
  close(other);
  for (int i = 0; i < 200; i++)
    close(flood[i]);
  end_soon(harness);
}

static void test_a_client_has_its_share_of_connections(void **state) {
  struct harness *harness = *state;
  int held[3];
  for (int i = 0; i < 3; i++) {
    held[i] = harness_connect(harness);
    harness_send(held[i], "GET / HTTP/1.1\r\n");
  }
  check_refused(harness, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 429 ");
  int more[20], silent = 0; // of many at once most are closed without a word
  kill(harness->proxy, SIGSTOP);
  for (int i = 0; i < 20; i++)
    more[i] = harness_connect(harness);
  kill(harness->proxy, SIGCONT);
  for (int i = 0; i < 20; i++) {
    char some[16];
    silent += recv(more[i], some, sizeof some, 0) <= 0;
    close(more[i]);
  }
  assert_in_range(silent, 1, 13);       // 8 between two checks, one of which was the refused above
  int other = connect_from(harness, 2); // another client
  assert_true(is_connected(other, HARNESS_WAIT_MS));
  serve_one(harness, other);
  close(other);
  close(held[0]);
  usleep(100000);
  int again = harness_connect(harness);
  serve_one(harness, again);
  close(again);
  close(held[1]);
  close(held[2]);
  check_others_are_served(harness);
  end_soon(harness);
}

static int start_with_body_timeout(void **state) {
  static const char *const options[] = {"--body-timeout=400ms", "--shutdown-grace=200ms", NULL};
  return harness_start_with(state, options);
}

// Slow bytes are no pause; a server that does not answer is none either.
static void test_a_body_that_pauses_for_too_long_is_408(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int client = harness_connect(harness), other = harness_connect(harness);
  harness_send(client, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{");
  int upstream = harness_accept(harness);
  harness_send(other, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  int second = harness_accept(harness);
  for (int i = 0; i < 8; i++) {
    assert_true(harness_is_silent(client, 100));
    harness_send(client, " ");
  }
  assert_true(has(harness_read_to_end(harness, client, &was_reset), "HTTP/1.1 408 "));
  harness_read_to_end(harness, upstream, &was_reset); // nobody waits for it
  harness_send(second, ANSWER);
  harness_read_until(harness, other, "ok");
  close(upstream);
  close(second);
  close(client);
  close(other);
  end_soon(harness);
  assert_true(has(harness_trace(harness), "\"error\":\"cancelled\",\"aborted_by\":\"client\""));
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_body_that_pauses_for_too_long_is_408, start_with_body_timeout,
                                      harness_stop),
      with_proxy(test_a_request_with_more_parts_than_there_is_room_for_is_answered),
      with_proxy(test_a_head_in_pieces_is_served),
      with_proxy(test_a_chunk_size_line_without_end_is_refused),
      with_proxy(test_a_body_that_holds_a_thousand_times_its_size_is_not_unpacked),
      cmocka_unit_test_setup_teardown(test_an_answer_is_unpacked_beside_the_traffic, start_with_short_grace,
                                      harness_stop),
      cmocka_unit_test_setup_teardown(test_a_head_has_its_time, start_hasty, harness_stop),
      cmocka_unit_test_setup_teardown(test_a_client_has_its_share_of_connections, start_fair, harness_stop),
      cmocka_unit_test_setup_teardown(test_a_client_that_floods_is_not_even_accepted, start_fair,
                                      harness_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
