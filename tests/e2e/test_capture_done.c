// SPDX-License-Identifier: GPL-3.0-or-later
//
// An answer is what the client got: one that stops reading at the stream's own end, as the official libraries
// do, had all of it, whatever the connections do then.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "lib/base/clock.h"

#define BODY "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\"}]}"
#define HEAD(type) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nTransfer-Encoding: chunked\r\n\r\n"
#define EVENT "2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n\r\n"
#define USAGE "49\r\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":13,\"completion_tokens\":5}}\n\n\r\n"
#define DONE "e\r\ndata: [DONE]\n\n\r\n"
#define DONE_LINE "d\r\ndata: [DONE]\n\r\n"
#define ERROR "24\r\ndata: {\"error\":{\"message\":\"died\"}}\n\n\r\n"
#define OLLAMA                                                                                               \
  "72\r\n{\"message\":{\"content\":\"x\"},\"done\":false}\n"                                                 \
  "{\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":13,\"eval_count\":5}\n\r\n"

#define THOUGHT "31\r\ndata: {\"choices\":[{\"delta\":{\"reasoning\":\"x\"}}]}\n\n\r\n"
#define LOAD "3c\r\n{\"message\":{\"content\":\"\"},\"done_reason\":\"load\",\"done\":true}\n\r\n"

static bool has(const char *text, const char *part) {
  return strstr(text, part) != NULL;
}

struct stream {
  const char *path, *type, *answer;
  const char *until; // what the client reads last
};

// Serves all but the last chunk; the client has it then. Gives the upstream's socket.
static int serve(struct harness *harness, const struct stream *stream, int client) {
  char text[1024];
  snprintf(text, sizeof text,
           "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 56\r\n\r\n" BODY,
           stream->path);
  harness_send(client, text);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, BODY);
  snprintf(text, sizeof text, HEAD("%s") "%s", stream->type, stream->answer);
  harness_send(upstream, text);
  harness_read_until(harness, client, stream->until);
  return upstream;
}

static size_t count(const char *text, const char *part) {
  size_t found = 0;
  for (; (text = strstr(text, part)) != NULL; text += strlen(part))
    found++;
  return found;
}

static const struct stream streams[] = {
    {"/v1/chat/completions", "text/event-stream", EVENT EVENT USAGE DONE, "[DONE]\n\n"},
    {"/v1/chat/completions", "text/event-stream", EVENT EVENT USAGE DONE_LINE, "[DONE]\n"},
    {"/api/chat", "application/x-ndjson", OLLAMA, "\"eval_count\":5}\n"},
};
#define STREAMS (sizeof streams / sizeof streams[0])

enum way { CLIENT_CLOSES, CLIENT_RESETS, UPSTREAM_CLOSES, UPSTREAM_RESETS, WAYS };

static void end_by(struct harness *harness, enum way way, int client, int upstream) {
  static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  bool was_reset, by_client = way == CLIENT_CLOSES || way == CLIENT_RESETS;
  int first = by_client ? client : upstream, second = by_client ? upstream : client;
  if (way == CLIENT_RESETS || way == UPSTREAM_RESETS)
    assert_int_equal(setsockopt(first, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  close(first);
  harness_read_to_end(harness, second, &was_reset);
  close(second);
}

static void test_an_answer_is_whole_at_the_streams_own_end_whoever_leaves_then(void **state) {
  struct harness *harness = *state;
  for (size_t i = 0; i < STREAMS * WAYS; i++) {
    int client = harness_connect(harness);
    int upstream = serve(harness, &streams[i / WAYS], client);
    end_by(harness, (enum way)(i % WAYS), client, upstream);
  }
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_int_equal(count(trace, "\"input_tokens\":13,\"output_tokens\":5,\"token_source\":\"usage\""),
                   STREAMS * WAYS);
  assert_int_equal(count(trace, "\"error\":null,\"aborted_by\":null"), STREAMS * WAYS);
}

static void test_a_client_that_leaves_at_an_error_got_the_error(void **state) {
  struct harness *harness = *state;
  static const struct stream stream = {"/v1/chat/completions", "text/event-stream", EVENT ERROR,
                                       "died\"}}\n\n"};
  int client = harness_connect(harness);
  int upstream = serve(harness, &stream, client);
  end_by(harness, CLIENT_CLOSES, client, upstream);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"error\":\"server_error\",\"aborted_by\":null,\"error_text\":\"died\""));
}

// The upstream holds the connection after the end: that is no time of the answer's.
static void test_the_latency_ends_at_the_streams_own_end(void **state) {
  struct harness *harness = *state;
  double latency_s = -1;
  int client = harness_connect(harness);
  int upstream = serve(harness, &streams[0], client);
  assert_true(harness_is_silent(client, 700));
  harness_send(upstream, "0\r\n\r\n");
  harness_read_until(harness, client, "0\r\n\r\n");
  close(client);
  close(upstream);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *at = strstr(harness_trace(harness), "\"latency_s\":");
  assert_non_null(at);
  assert_int_equal(sscanf(at, "\"latency_s\":%lf", &latency_s), 1);
  assert_true(latency_s >= 0 && latency_s < 0.6);
}

static void test_the_first_answer_stands_beside_the_first_thought(void **state) {
  struct harness *harness = *state;
  static const struct stream thinks = {"/v1/chat/completions", "text/event-stream", THOUGHT EVENT DONE,
                                       "[DONE]\n\n"};
  const struct stream *const both[] = {&thinks, &streams[0]};
  for (int i = 0; i < 2; i++) {
    int client = harness_connect(harness);
    int upstream = serve(harness, both[i], client);
    end_by(harness, CLIENT_CLOSES, client, upstream);
  }
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_int_equal(count(trace, "\"ttft_s\":0."), 2);
  assert_int_equal(count(trace, "\"ttfa_s\":0."), 1);
}

// Ollama says `load` where it was asked for text too: nothing came of it.
static void test_a_model_that_is_loaded_instead_of_answering_is_empty(void **state) {
  struct harness *harness = *state;
  static const struct stream stream = {"/api/chat", "application/x-ndjson", LOAD, "true}\n"};
  int client = harness_connect(harness);
  int upstream = serve(harness, &stream, client);
  end_by(harness, CLIENT_CLOSES, client, upstream);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_true(has(trace, "\"output_tokens\":null") && has(trace, "\"error\":\"empty\""));
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_proxy(test_an_answer_is_whole_at_the_streams_own_end_whoever_leaves_then),
      with_proxy(test_a_client_that_leaves_at_an_error_got_the_error),
      with_proxy(test_the_first_answer_stands_beside_the_first_thought),
      with_proxy(test_a_model_that_is_loaded_instead_of_answering_is_empty),
      with_proxy(test_the_latency_ends_at_the_streams_own_end),
  };
  return cmocka_run_group_tests_name("a stream's own end", tests, NULL, NULL);
}
