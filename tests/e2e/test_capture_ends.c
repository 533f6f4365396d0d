// SPDX-License-Identifier: GPL-3.0-or-later
//
// How exchanges end when somebody breaks them off, and how the proxy stops.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "lib/base/clock.h"

#define GET "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
#define CHAT                                                                                                 \
  "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "      \
  "56\r\n\r\n"                                                                                               \
  "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\"}]}"
#define STREAM_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define EVENT "2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n\r\n"

static bool has(const char *text, const char *part) {
  return strstr(text, part) != NULL;
}

static void end_proxy(struct harness *harness) {
  assert_int_equal(harness_end_proxy(harness), 0);
  assert_true(has(harness_trace(harness), "{\"type\":\"end\""));
}

// The upstream's connection must end soon: nobody waits for the answer any more.
static void check_upstream_is_left(struct harness *harness, int upstream) {
  bool was_reset;
  int64_t start_ns = clock_now_ns();
  harness_read_to_end(harness, upstream, &was_reset);
  assert_true(clock_now_ns() - start_ns < CLOCK_NS_PER_S);
  close(upstream);
}

static void test_a_client_that_leaves_before_the_answer_ends_the_upstream_request(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  close(client);
  check_upstream_is_left(harness, upstream);
  end_proxy(harness);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"error\":\"cancelled\",\"aborted_by\":\"client\"") &&
              has(trace, "\"status\":null"));
}

static void test_a_client_that_only_ends_its_sending_counts_as_gone(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  shutdown(client, SHUT_WR);
  check_upstream_is_left(harness, upstream);
  close(client);
}

static void test_a_client_that_leaves_in_mid_stream_ends_the_upstream_request(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  harness_send(upstream, STREAM_HEAD EVENT EVENT);
  harness_read_until(harness, client, "\"x\"");
  close(client);
  check_upstream_is_left(harness, upstream);
  end_proxy(harness);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"status\":200") && has(trace, "\"events\":2"));
  assert_true(has(trace, "\"error\":\"cancelled\",\"aborted_by\":\"client\""));
}

static void test_a_client_that_leaves_in_mid_upload_ends_the_upstream_request(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "some");
  close(client);
  check_upstream_is_left(harness, upstream);
  end_proxy(harness);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"body_truncated\":true,\"body_bytes\":4,"));
  assert_true(has(trace, "\"error\":\"cancelled\",\"aborted_by\":\"client\""));
}

static void test_a_malformed_chunk_from_the_client_ends_the_upstream_request(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n");
  int upstream = harness_accept(harness);
  assert_false(has(harness_read_until(harness, upstream, "some"), "\r\n0\r\n"));
  harness_send(client, "zz\r\n");
  assert_true(has(harness_read_until(harness, client, "\r\n\r\n"), "HTTP/1.1 400 "));
  check_upstream_is_left(harness, upstream);
  close(client);
}

// What the client gets when the upstream, having answered so, goes away; before that the client has `part` of
// it.
static const char *cut_after(struct harness *harness, const char *request, const char *answer,
                             const char *part, bool *was_reset) {
  int client = harness_connect(harness);
  harness_send(client, request);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, answer);
  harness_read_until(harness, client, part);
  close(upstream);
  const char *seen = harness_read_on_to_end(harness, client, was_reset);
  close(client);
  return seen;
}

static void test_an_answer_that_breaks_off_breaks_off_for_the_client(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  const char *seen = cut_after(harness, CHAT, STREAM_HEAD EVENT, "\"x\"}}]}\n\n", &was_reset);
  assert_true(has(seen, "\"x\"") && !has(seen, "\r\n0\r\n"));
  seen = cut_after(harness, GET, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "half", &was_reset);
  assert_true(has(seen, "Content-Length: 9\r\n") && has(seen, "\r\n\r\nhalf"));
  // Nothing but the way the connection ends can tell a client of HTTP/1.0.
  seen = cut_after(harness, "GET / HTTP/1.0\r\n\r\n", STREAM_HEAD EVENT, "\"x\"}}]}\n\n", &was_reset);
  assert_true(was_reset && has(seen, "\"x\""));
  end_proxy(harness);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"error\":\"truncated\",\"aborted_by\":\"upstream\"") ||
              has(trace, "\"error\":\"reset\",\"aborted_by\":\"upstream\""));
}

static void test_an_upstream_that_dies_before_its_headers_is_502(void **state) {
  struct harness *harness = *state;
  static const char *const answers[] = {"", "HTTP/1.1 200 OK\r\nX-Half: ", "SSH-2.0-OpenSSH_9.2\r\n\r\n"};
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    int client = harness_connect(harness);
    harness_send(client, GET);
    int upstream = harness_accept(harness);
    harness_read_until(harness, upstream, "\r\n\r\n");
    harness_send(upstream, answers[i]);
    close(upstream);
    const char *seen = harness_read_until(harness, client, "}}");
    assert_true(has(seen, "HTTP/1.1 502 Bad Gateway\r\n") && has(seen, "Content-Type: application/json"));
    assert_true(has(seen, "\r\n\r\n{\"error\":{\"message\":\"") && has(seen, "\"code\":502}}"));
    // The client's connection is as good as before.
    harness_send(client, GET);
    upstream = harness_accept(harness);
    harness_read_until(harness, upstream, "\r\n\r\n");
    harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    harness_read_until(harness, client, "ok");
    close(upstream);
    close(client);
    usleep(20000); // the proxy notices that its kept connection is gone
  }
}

static void test_a_request_on_a_dead_kept_connection_is_sent_again_once(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, GET);
  int first = harness_accept(harness);
  harness_read_until(harness, first, "\r\n\r\n");
  harness_send(first, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  harness_read_until(harness, client, "ok");
  harness_send(client, CHAT);
  harness_read_until(harness, first, "}]}");
  close(first); // without a byte of an answer: the server may have given up the idle connection just before
  int second = harness_accept(harness);
  harness_read_until(harness, second, "}]}");
  harness_send(second, STREAM_HEAD EVENT "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
  harness_read_until(harness, client, "[DONE]");
  harness_send(client, CHAT);
  harness_read_until(harness, second, "}]}");
  close(second);
  int third = harness_accept(harness);
  harness_read_until(harness, third, "}]}");
  close(third); // a fresh connection that dies is no accident
  assert_true(has(harness_read_until(harness, client, "}}"), "HTTP/1.1 502 "));
  end_proxy(harness);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"error\":null,\"aborted_by\":null,\"attempts\":2}"));
  assert_true(has(trace, "\"error\":\"reset\",\"aborted_by\":\"upstream\",\"attempts\":2}"));
  close(client);
}

// A server may say 408 when its patience with an idle connection ends. Whoever asks next must not get that.
static void test_an_answer_that_nobody_asked_for_is_nobodys(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, GET);
  int first = harness_accept(harness);
  harness_read_until(harness, first, "\r\n\r\n");
  harness_send(first, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  harness_read_until(harness, client, "ok");
  harness_send(first, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate");
  bool was_reset;
  harness_read_to_end(harness, first, &was_reset); // it is given up
  harness_send(client, GET);
  int second = harness_accept(harness);
  harness_read_until(harness, second, "\r\n\r\n");
  harness_send(second, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine");
  assert_true(has(harness_read_until(harness, client, "mine"), "HTTP/1.1 200 "));
  close(client);
  close(first);
  close(second);
}

// Nobody listens to the upstream while the client reads nothing: what waits there is no answer of its own.
static void test_a_body_that_waits_is_not_taken_for_one(void **state) {
  struct harness *harness = *state;
  static char sends[65536], gets[65536];
  const size_t all = 320 * sizeof sends;
  size_t sent = 0;
  memset(sends, 'H', sizeof sends);
  int client = harness_connect(harness);
  harness_send(client, GET);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 20971520\r\n\r\n");
  harness_read_until(harness, client, "\r\n\r\n");
  struct pollfd ready[] = {{.fd = upstream, .events = POLLOUT}, {.fd = client, .events = POLLIN}};
  while (poll(ready, 1, 200) == 1)
    sent += (size_t)send(upstream, sends, sizeof sends, MSG_NOSIGNAL | MSG_DONTWAIT);
  assert_true(sent < all); // it is held back
  for (size_t got = 0; got < all;) {
    if (sent == all) ready[0].fd = -1;
    assert_true(poll(ready, 2, HARNESS_WAIT_MS) > 0);
    size_t left = all - sent < sizeof sends ? all - sent : sizeof sends;
    ssize_t step = ready[0].revents ? send(upstream, sends, left, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    ssize_t some = ready[1].revents ? recv(client, gets, sizeof gets, MSG_DONTWAIT) : 0;
    assert_true(step >= 0 && some >= 0 && (some > 0 || !ready[1].revents));
    sent += (size_t)step;
    got += (size_t)some;
  }
  close(client);
  close(upstream);
}

// The upstream's end of a request that it has begun to read before its body was whole, and has read to its
// end.
static int upload_in_pieces(struct harness *harness, int client) {
  harness_send(client, "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "some");
  harness_send(client, "0\r\n\r\n");
  harness_read_until(harness, upstream, "0\r\n\r\n");
  return upstream;
}

// Its bytes are not kept, and cannot be sent again: llama.cpp closes every connection after its answer, and
// what goes out on one just then is lost.
static void test_an_upload_that_is_streamed_does_not_go_over_a_kept_connection(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, GET);
  int kept = harness_accept(harness);
  harness_read_until(harness, kept, "\r\n\r\n");
  harness_send(kept, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  harness_read_until(harness, client, "ok");
  int upstream = upload_in_pieces(harness, client);
  harness_send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell");
  harness_read_until(harness, client, "well");
  check_upstream_is_left(harness, upstream);
  harness_send(client, GET);
  harness_read_until(harness, kept, "\r\n\r\n");
  harness_send(kept, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  harness_read_until(harness, client, "ok");
  close(client);
  close(kept);
}

static void test_an_upstream_that_closes_after_an_upload_is_502(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  int upstream = upload_in_pieces(harness, client);
  close(upstream);
  assert_true(has(harness_read_until(harness, client, "}}"), "HTTP/1.1 502 "));
  end_proxy(harness);
  assert_true(has(harness_trace(harness), "\"error\":\"reset\",\"aborted_by\":\"upstream\""));
  close(client);
}

static void test_an_upstream_that_nobody_listens_for_is_502(void **state) {
  struct harness *harness = *state;
  close(harness->upstream);
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  assert_true(has(harness_read_until(harness, client, "}}"), "HTTP/1.1 502 "));
  close(client);
  harness->upstream = dup(0);
  end_proxy(harness);
  assert_true(has(harness_trace(harness), "\"error\":\"connect\",\"aborted_by\":null"));
}

static int start_impatient(void **state) {
  static const char *const options[] = {"--idle-timeout=1s", "--shutdown-grace=200ms", NULL};
  return harness_start_with(state, options);
}

static void test_an_upstream_that_is_silent_for_too_long_is_504(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  assert_true(has(harness_read_until(harness, client, "}}"), "HTTP/1.1 504 "));
  check_upstream_is_left(harness, upstream);
  end_proxy(harness);
  assert_true(has(harness_trace(harness), "\"error\":\"timeout\""));
  close(client);
}

static void test_a_stream_that_falls_silent_for_too_long_is_cut(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  harness_send(upstream, STREAM_HEAD EVENT);
  assert_false(has(harness_read_to_end(harness, client, &was_reset), "\r\n0\r\n"));
  check_upstream_is_left(harness, upstream);
  close(client);
}

static void test_a_request_under_way_is_finished_before_the_proxy_stops(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int idle = harness_connect(harness);
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  kill(harness->proxy, SIGTERM);
  assert_string_equal(harness_read_to_end(harness, idle, &was_reset), ""); // it carries no request: closed
  harness_send(upstream, STREAM_HEAD EVENT);
  harness_send(upstream, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
  const char *seen = harness_read_to_end(harness, client, &was_reset);
  assert_true(has(seen, "Connection: close") && has(seen, "[DONE]\n\n\r\n0\r\n\r\n"));
  assert_int_equal(harness_end_proxy(harness), 0);
  assert_true(has(harness_trace(harness), "\"requests\":1,\"responses\":1,\"dropped\":0"));
  close(upstream);
  close(client);
  close(idle);
}

static void test_a_request_that_outlasts_the_grace_is_cut_and_recorded(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  harness_send(upstream, STREAM_HEAD EVENT);
  harness_read_until(harness, client, "\"x\"");
  end_proxy(harness);
  assert_false(has(harness_read_to_end(harness, client, &was_reset), "\r\n0\r\n"));
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"error\":\"cancelled\",\"aborted_by\":null"));
  assert_true(has(trace, "\"requests\":1,\"responses\":1,\"dropped\":0"));
  close(upstream);
  close(client);
}

static void test_a_second_signal_ends_the_grace(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  int idle = harness_connect(harness);
  int client = harness_connect(harness);
  harness_send(client, CHAT);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "}]}");
  kill(harness->proxy, SIGINT);
  harness_read_to_end(harness, idle, &was_reset); // it has seen the first
  assert_true(harness_is_silent(client, 50));
  int64_t start_ns = clock_now_ns();
  end_proxy(harness);
  assert_true(clock_now_ns() - start_ns < 2 * CLOCK_NS_PER_S);
  assert_string_equal(harness_read_to_end(harness, client, &was_reset), "");
  assert_true(has(harness_trace(harness), "\"error\":\"cancelled\",\"aborted_by\":null"));
  close(idle);
  close(upstream);
  close(client);
}

static void test_a_key_that_the_upstream_repeats_is_not_recorded(void **state) {
  struct harness *harness = *state;
  static const char words[] =
      "{\"error\":{\"message\":\"Incorrect API key provided: sk-4f1d-planted or query-4f1d-planted\"}}";
  char answer[512];
  int client = harness_connect(harness);
  harness_send(client,
               "POST /v1/chat/completions?key=query-4f1d-planted HTTP/1.1\r\nHost: h\r\n"
               "Authorization: Bearer sk-4f1d-planted\r\nX-Api-Key: sk-4f1d-planted\r\n"
               "Cookie: s=sk-4f1d-planted\r\nContent-Length: 30\r\n\r\n{\"api_key\":\"sk-4f1d-planted\" }");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\" }");
  snprintf(answer, sizeof answer, "HTTP/1.1 401 Unauthorized\r\nContent-Length: %zu\r\n\r\n%s", strlen(words),
           words);
  harness_send(upstream, answer);
  assert_true(
      has(harness_read_until(harness, client, "}}"), "sk-4f1d-planted")); // the client gets every byte
  end_proxy(harness);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "Incorrect API key provided: **************") && !has(trace, "4f1d"));
  close(upstream);
  close(client);
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)
static int start_with_all_bodies(void **state) {
  static const char *const options[] = {"--bodies=both", NULL};
  return harness_start_with(state, options);
}

// A key of digits may stand in the answer as a number: what is no JSON any more without it is text.
static void test_a_key_inside_an_answer_is_not_recorded(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness);
  harness_send(client, "GET /x?key=4711471147 HTTP/1.1\r\nHost: h\r\n\r\n");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  harness_send(upstream,
               "HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n{\"id\":4711471147,\"token\":\"hushush\"}");
  harness_read_until(harness, client, "hushush\"}");
  end_proxy(harness);
  const char *trace = harness_trace(harness);
  assert_true(!has(trace, "4711471147") && !has(trace, "hushush"));
  assert_true(has(trace, "\"body_text\":\"{\\\"id\\\":**********,"));
  close(upstream);
  close(client);
}

#define with_impatient_proxy(test) cmocka_unit_test_setup_teardown(test, start_impatient, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_proxy(test_a_client_that_leaves_before_the_answer_ends_the_upstream_request),
      with_proxy(test_a_client_that_only_ends_its_sending_counts_as_gone),
      with_proxy(test_a_client_that_leaves_in_mid_stream_ends_the_upstream_request),
      with_proxy(test_a_client_that_leaves_in_mid_upload_ends_the_upstream_request),
      with_proxy(test_a_malformed_chunk_from_the_client_ends_the_upstream_request),
      with_proxy(test_an_answer_that_breaks_off_breaks_off_for_the_client),
      with_proxy(test_an_upstream_that_dies_before_its_headers_is_502),
      with_proxy(test_a_request_on_a_dead_kept_connection_is_sent_again_once),
      with_proxy(test_an_answer_that_nobody_asked_for_is_nobodys),
      with_proxy(test_a_body_that_waits_is_not_taken_for_one),
      with_proxy(test_an_upload_that_is_streamed_does_not_go_over_a_kept_connection),
      with_proxy(test_an_upstream_that_closes_after_an_upload_is_502),
      with_proxy(test_an_upstream_that_nobody_listens_for_is_502),
      with_impatient_proxy(test_an_upstream_that_is_silent_for_too_long_is_504),
      with_impatient_proxy(test_a_stream_that_falls_silent_for_too_long_is_cut),
      with_proxy(test_a_request_under_way_is_finished_before_the_proxy_stops),
      with_impatient_proxy(test_a_request_that_outlasts_the_grace_is_cut_and_recorded),
      with_proxy(test_a_second_signal_ends_the_grace),
      with_proxy(test_a_key_that_the_upstream_repeats_is_not_recorded),
      cmocka_unit_test_setup_teardown(test_a_key_that_the_upstream_repeats_is_not_recorded,
                                      start_with_all_bodies, harness_stop),
      cmocka_unit_test_setup_teardown(test_a_key_inside_an_answer_is_not_recorded, start_with_all_bodies,
                                      harness_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
