// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/net/xfer.h"
#include "tests/unit/lib/net/scripted_server.h"

// One client and what it saw.
struct client {
  struct loop *loop;
  struct xfer_pool *pool;
  struct loop_timer *timer;
  struct xfer *xfer;
  uint16_t port;
  struct buf body, fields;
  int bodies;        // calls of on_body that took data
  bool pause_first;  // the first on_body pauses, and is resumed 20 ms later
  bool cancel_first; // the first on_body cancels
  int failed;        // of those finished
  int restarts;      // so many times `done` starts the same request once more
  const char *path;
  const char *upload; // left to send
  struct xfer_result result;
  int finished;
};

static void start(struct client *client, const struct xfer_request *request);

static void on_header(void *context, const char *name, size_t name_len, const char *value, size_t value_len) {
  struct client *client = context;
  buf_printf(&client->fields, "%.*s=%.*s\n", (int)name_len, name, (int)value_len, value);
}

static enum xfer_flow on_body(void *context, const char *data, size_t len, int64_t now_ns) {
  struct client *client = context;
  assert_true(now_ns > 0);
  if (client->pause_first) {
    client->pause_first = false;
    loop_timer_set(client->timer, clock_now_ns() + 20 * CLOCK_NS_PER_MS);
    return XFER_PAUSE;
  }
  if (client->cancel_first) {
    xfer_cancel(client->xfer);
    return XFER_GO;
  }
  client->bodies++;
  buf_append(&client->body, data, len);
  return XFER_GO;
}

static size_t on_upload(void *context, char *into, size_t room, enum xfer_flow *flow) {
  struct client *client = context;
  size_t len = strlen(client->upload);
  if (client->pause_first) {
    client->pause_first = false;
    *flow = XFER_PAUSE;
    loop_timer_set(client->timer, clock_now_ns() + 20 * CLOCK_NS_PER_MS);
    return 0;
  }
  if (len > 4) len = 4;
  if (len > room) len = room;
  memcpy(into, client->upload, len);
  client->upload += len;
  return len;
}

static void on_done(void *context, const struct xfer_result *result) {
  struct client *client = context;
  client->result = *result;
  client->finished++;
  client->failed += result->outcome != XFER_OK;
  if (client->restarts > 0) {
    client->restarts--;
    start(client, &(struct xfer_request){.method = "GET"});
    return;
  }
  loop_stop(client->loop);
}

static const struct xfer_callbacks callbacks = {
    .header = on_header, .body = on_body, .upload = on_upload, .done = on_done};

static void resume(void *context) {
  struct client *client = context;
  xfer_resume(client->xfer);
}

static void start(struct client *client, const struct xfer_request *wanted) {
  struct xfer_request request = *wanted;
  struct buf url = {0};
  struct error error;
  buf_printf(&url, "http://127.0.0.1:%d%s", client->port, client->path ? client->path : "/");
  request.url = buf_text(&url);
  if (request.timeout_ns == 0) request.timeout_ns = 5 * CLOCK_NS_PER_S;
  assert_int_equal(xfer_start(client->pool, &request, &callbacks, client, &client->xfer, &error), STATUS_OK);
  buf_free(&url); // its strings are copied
}

static void client_open(struct client *client, uint16_t port) {
  struct error error;
  client->port = port;
  assert_int_equal(loop_open(&client->loop, &error), STATUS_OK);
  assert_int_equal(xfer_pool_open(client->loop, &(struct xfer_pool_options){0}, &client->pool, &error),
                   STATUS_OK);
  assert_int_equal(loop_timer_open(client->loop, resume, client, &client->timer, &error), STATUS_OK);
}

static void client_close(struct client *client) {
  xfer_pool_close(client->pool);
  loop_timer_close(client->timer);
  loop_close(client->loop);
  buf_free(&client->body);
  buf_free(&client->fields);
}

// Plays the script and runs one request (client->restarts: more) to its end. The caller frees what the server
// saw.
static char **exchange(struct client *client, const struct scripted_step *steps, int count,
                       const struct xfer_request *request) {
  struct error error;
  uint16_t port;
  struct scripted_server *server = scripted_server_start(steps, count, &port);
  client_open(client, port);
  start(client, request);
  assert_int_equal(client->finished, 0); // nothing is called from within xfer_start
  assert_int_equal(loop_run(client->loop, &error), STATUS_OK);
  xfer_pool_close(client->pool); // so that a server that waits for our end goes on
  client->pool = NULL;
  return scripted_server_stop(server);
}

static void free_requests(char **requests, int count) {
  for (int i = 0; i < count; i++)
    free(requests[i]);
  free(requests);
}

static const struct xfer_request get = {.method = "GET"};

static void test_a_request_goes_out_as_it_was_given_and_nothing_is_added(void **state) {
  (void)state;
  struct scripted_step step = {.until = "{\"a\":1}",
                               .response = "HTTP/1.1 200 OK\r\nX-Empty: \r\nContent-Length: 2\r\n\r\nok"};
  static const char *const headers[] = {"X-One: 1", "X-None;", NULL};
  struct client client = {.path = "/v1/%7e/../a?q=%20b&x=;"};
  char **seen = exchange(
      &client, &step, 1,
      &(struct xfer_request){.method = "POST", .body = "{\"a\":1}", .body_len = 7, .headers = headers});
  char expected[256];
  snprintf(expected, sizeof expected,
           "POST /v1/%%7e/../a?q=%%20b&x=; HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-One: 1\r\nX-None:\r\n"
           "Content-Length: 7\r\n\r\n{\"a\":1}",
           client.port);
  assert_string_equal(seen[0], expected);
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_int_equal(client.result.status, 200);
  assert_int_equal(client.result.attempts, 1);
  assert_true(client.result.connect_ns > 0);
  assert_true(client.result.started_ns <= client.result.first_byte_ns);
  assert_true(client.result.first_byte_ns <= client.result.done_ns);
  assert_string_equal(buf_text(&client.body), "ok");
  assert_string_equal(buf_text(&client.fields), "X-Empty=\nContent-Length=2\n");
  free_requests(seen, 1);
  client_close(&client);
}

struct outcome_case {
  const char *name;
  struct scripted_step step;
  enum xfer_outcome outcome;
  int status;
  const char *body;
};

static void test_each_way_to_end_has_its_outcome(void **state) {
  (void)state;
  static const struct outcome_case cases[] = {
      {"complete",
       {NULL, "HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nx", SCRIPTED_CLOSE},
       XFER_OK,
       500,
       "x"},
      {"chunked",
       {NULL, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\nX-T: 1\r\n\r\n",
        SCRIPTED_CLOSE},
       XFER_OK,
       200,
       "abc"},
      {"until close", {NULL, "HTTP/1.0 200 OK\r\n\r\nabc", SCRIPTED_CLOSE}, XFER_OK, 200, "abc"},
      {"early hints",
       {NULL, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\n\r\n", SCRIPTED_CLOSE},
       XFER_OK,
       204,
       ""},
      {"short body",
       {NULL, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", SCRIPTED_CLOSE},
       XFER_TRUNCATED,
       200,
       "abc"},
      {"no last chunk",
       {NULL, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", SCRIPTED_CLOSE},
       XFER_TRUNCATED,
       200,
       "abc"},
      {"bad chunk",
       {NULL, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", SCRIPTED_WAIT},
       XFER_PROTOCOL,
       200,
       ""},
      {"no HTTP", {NULL, "SSH-2.0-nothing\r\n", SCRIPTED_CLOSE}, XFER_PROTOCOL, 0, ""},
      {"closed without a word", {NULL, NULL, SCRIPTED_CLOSE}, XFER_RESET, 0, ""},
      {"reset without a word", {NULL, NULL, SCRIPTED_RESET}, XFER_RESET, 0, ""},
      {"reset in the body",
       {NULL, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", SCRIPTED_RESET},
       XFER_RESET,
       200,
       NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct outcome_case *one = &cases[i];
    struct client client = {0};
    char **seen = exchange(&client, &one->step, 1, &get);
    print_message("%s: %s\n", one->name, xfer_outcome_name(client.result.outcome));
    assert_int_equal(client.result.outcome, one->outcome);
    assert_int_equal(client.result.status, one->status);
    if (one->body) assert_string_equal(buf_text(&client.body), one->body);
    assert_int_equal(client.result.attempts, 1);
    free_requests(seen, 1);
    client_close(&client);
  }
}

// libcurl takes no line over 100 KB and no head over 300 KB (early versions: 5 MB), but any trailer.
static void test_a_head_or_trailer_too_large_is_no_protocol(void **state) {
  (void)state;
  static const int line_lens[] = {150000, 9000, 9000};
  for (size_t i = 0; i < 3; i++) {
    struct buf head = {0};
    buf_append_text(&head, "HTTP/1.1 200 OK\r\n");
    if (i == 2) buf_append_text(&head, "Transfer-Encoding: chunked\r\n\r\n0\r\n");
    while (head.len < 6000000)
      buf_printf(&head, "X: %0*d\r\n", line_lens[i], 0);
    buf_append_text(&head, "\r\n");
    struct scripted_step step = {.response = buf_text(&head), .after = SCRIPTED_CLOSE};
    struct client client = {0};
    free_requests(exchange(&client, &step, 1, &get), 1);
    assert_int_equal(client.result.outcome, XFER_PROTOCOL);
    client_close(&client);
    buf_free(&head);
  }
}

static void test_a_refused_connection_is_connect_and_a_silent_server_is_timeout(void **state) {
  (void)state;
  struct scripted_step silent = {.after = SCRIPTED_WAIT};
  struct client client = {0};
  char **seen = exchange(&client, &silent, 1,
                         &(struct xfer_request){.method = "GET", .timeout_ns = 500 * CLOCK_NS_PER_MS});
  assert_int_equal(client.result.outcome, XFER_TIMEOUT);
  free_requests(seen, 1);
  client_close(&client);

  uint16_t port;
  free_requests(scripted_server_stop(scripted_server_start(&silent, 0, &port)),
                0); // a port where nobody listens
  struct client refused = {0};
  struct error error;
  client_open(&refused, port);
  start(&refused, &get);
  assert_int_equal(loop_run(refused.loop, &error), STATUS_OK);
  assert_int_equal(refused.result.outcome, XFER_CONNECT);
  assert_int_equal(refused.result.attempts, 0);
  client_close(&refused);
}

#define OK_KEPT "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void test_a_kept_connection_is_used_again(void **state) {
  (void)state;
  struct scripted_step steps[] = {{.response = OK_KEPT}, {.response = OK_KEPT, .after = SCRIPTED_CLOSE}};
  struct client client = {.restarts = 1};
  char **seen = exchange(&client, steps, 2, &get);
  assert_int_equal(client.finished, 2);
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_int_equal(client.result.connect_ns, 0);
  free_requests(seen, 2);
  client_close(&client);
}

static void test_a_dead_kept_connection_costs_one_recorded_resend(void **state) {
  (void)state;
  // The second request arrives on the kept connection, which then dies without a byte; the third is the same
  // one again.
  struct scripted_step steps[] = {{.response = OK_KEPT}, {.after = SCRIPTED_CLOSE}, {.response = OK_KEPT}};
  struct client client = {.restarts = 1};
  char **seen = exchange(&client, steps, 3, &get);
  assert_int_equal(client.finished, 2);
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_int_equal(client.result.attempts, 2);
  assert_non_null(seen[2]);
  assert_string_equal(seen[1], seen[2]);
  free_requests(seen, 3);
  client_close(&client);
}

// Two connections are kept; the next request's dies without a byte. `answer` is to the same request again.
static void resend_beside_a_kept_connection(struct client *client, const char *answer) {
  struct scripted_step steps[] = {
      {.response = OK_KEPT}, {.response = OK_KEPT}, {.after = SCRIPTED_CLOSE}, {.response = answer}};
  struct error error;
  uint16_t port;
  if (!answer) steps[3].after = SCRIPTED_CLOSE;
  struct scripted_server *server = scripted_server_start(steps, 4, &port);
  client_open(client, port);
  start(client, &get);
  start(client, &get);
  while (client->finished < 2)
    assert_int_equal(loop_run(client->loop, &error), STATUS_OK);
  start(client, &get);
  assert_int_equal(loop_run(client->loop, &error), STATUS_OK);
  char **seen = scripted_server_stop(server);
  assert_non_null(seen[3]);
  free_requests(seen, 4);
}

static void test_a_resend_goes_over_a_fresh_connection_not_another_kept_one(void **state) {
  (void)state;
  struct client client = {0};
  resend_beside_a_kept_connection(&client, OK_KEPT);
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_int_equal(client.result.attempts, 2);
  assert_true(client.result.connect_ns > 0);
  client_close(&client);
}

static void test_a_resend_that_dies_too_is_the_last_and_only_what_was_sent_counts(void **state) {
  (void)state;
  struct client client = {0};
  resend_beside_a_kept_connection(&client, NULL);
  assert_int_equal(client.result.outcome, XFER_RESET);
  assert_int_equal(client.result.attempts, 2);
  client_close(&client);
}

// llama.cpp closes after each streamed answer, although it says that it keeps the connection.
static void test_a_server_that_never_keeps_connections_can_be_asked_any_number_of_times(void **state) {
  (void)state;
  enum { RESENDS = 20 };
  struct scripted_step steps[1 + 2 * RESENDS] = {{.response = OK_KEPT}};
  for (int i = 0; i < RESENDS; i++) {
    steps[1 + 2 * i].after = SCRIPTED_CLOSE;
    steps[2 + 2 * i].response = OK_KEPT;
  }
  struct client client = {.restarts = RESENDS};
  char **seen = exchange(&client, steps, 1 + 2 * RESENDS, &get);
  assert_int_equal(client.failed, 0);
  assert_int_equal(client.finished, 1 + RESENDS);
  assert_int_equal(client.result.attempts, 2);
  free_requests(seen, 1 + 2 * RESENDS);
  client_close(&client);
}

static void test_head_204_and_304_have_no_body(void **state) {
  (void)state;
  struct scripted_step step = {.response = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
                               .after = SCRIPTED_WAIT};
  struct client client = {0};
  char **seen = exchange(&client, &step, 1, &(struct xfer_request){.method = "HEAD"});
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_int_equal(client.result.body_bytes, 0);
  assert_int_equal(strncmp(seen[0], "HEAD / ", 7), 0);
  free_requests(seen, 1);
  client_close(&client);
}

static void test_a_paused_body_is_offered_again(void **state) {
  (void)state;
  struct scripted_step step = {.response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                           "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"};
  struct client client = {.pause_first = true};
  char **seen = exchange(&client, &step, 1, &get);
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_string_equal(buf_text(&client.body), "abcdef");
  assert_true(client.result.done_ns - client.result.started_ns >= 20 * CLOCK_NS_PER_MS);
  free_requests(seen, 1);
  client_close(&client);
}

static void test_cancel_ends_the_connection_at_once(void **state) {
  (void)state;
  struct scripted_step step = {.response = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc",
                               .after = SCRIPTED_WAIT};
  struct client client = {.cancel_first = true};
  int64_t start_ns = clock_now_ns();
  char **seen = exchange(&client, &step, 1, &get); // the server waits for our close
  assert_int_equal(client.result.outcome, XFER_CANCELLED);
  assert_int_equal(client.finished, 1);
  assert_true(clock_now_ns() - start_ns < CLOCK_NS_PER_S);
  free_requests(seen, 1);
  client_close(&client);
}

static void test_an_upload_of_unknown_length_is_chunked_and_may_wait(void **state) {
  (void)state;
  struct scripted_step step = {.until = "\r\n0\r\n\r\n", .response = OK_KEPT, .after = SCRIPTED_CLOSE};
  struct client client = {.upload = "abcdefghi", .pause_first = true};
  char **seen =
      exchange(&client, &step, 1, &(struct xfer_request){.method = "POST", .upload = true, .upload_len = -1});
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_non_null(strstr(seen[0], "Transfer-Encoding: chunked\r\n"));
  assert_non_null(strstr(seen[0], "4\r\nabcd\r\n"));
  assert_null(strstr(seen[0], "Expect"));
  free_requests(seen, 1);
  client_close(&client);
}

static void test_an_upload_of_known_length_is_sent_as_it_is(void **state) {
  (void)state;
  struct scripted_step step = {.until = "abcdefghi", .response = OK_KEPT, .after = SCRIPTED_CLOSE};
  struct client client = {.upload = "abcdefghi"};
  char **seen =
      exchange(&client, &step, 1, &(struct xfer_request){.method = "PUT", .upload = true, .upload_len = 9});
  assert_int_equal(client.result.outcome, XFER_OK);
  assert_non_null(strstr(seen[0], "Content-Length: 9\r\n"));
  free_requests(seen, 1);
  client_close(&client);
}

static void test_an_unusable_url_is_refused(void **state) {
  (void)state;
  static const char *const urls[] = {"",
                                     "127.0.0.1:80",
                                     "http://",
                                     "http:///x",
                                     "http://h/x y",
                                     "http://h/x HTTP/1.1\r\nX-Evil: 1\r\n\r\n",
                                     "http://h\n/",
                                     "http://h/\x7F"};
  struct client client = {0};
  client_open(&client, 1);
  for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
    struct error error = {""};
    struct xfer_request request = {.method = "GET", .url = urls[i]};
    struct xfer *xfer = NULL;
    assert_int_equal(xfer_start(client.pool, &request, &callbacks, &client, &xfer, &error), STATUS_USAGE);
    assert_non_null(strstr(error.text, "URL"));
  }
  client_close(&client);
}

static void test_closing_the_pool_cancels_what_is_under_way(void **state) {
  (void)state;
  struct scripted_step step = {.after = SCRIPTED_WAIT};
  uint16_t port;
  struct scripted_server *server = scripted_server_start(&step, 1, &port);
  struct client client = {0};
  client_open(&client, port);
  start(&client, &get);
  start(&client, &get);
  xfer_pool_close(client.pool);
  client.pool = NULL;
  assert_int_equal(client.finished, 2);
  assert_int_equal(client.result.outcome, XFER_CANCELLED);
  free_requests(scripted_server_stop(server), 1);
  client_close(&client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_request_goes_out_as_it_was_given_and_nothing_is_added),
      cmocka_unit_test(test_each_way_to_end_has_its_outcome),
      cmocka_unit_test(test_a_head_or_trailer_too_large_is_no_protocol),
      cmocka_unit_test(test_a_refused_connection_is_connect_and_a_silent_server_is_timeout),
      cmocka_unit_test(test_a_kept_connection_is_used_again),
      cmocka_unit_test(test_a_dead_kept_connection_costs_one_recorded_resend),
      cmocka_unit_test(test_a_resend_goes_over_a_fresh_connection_not_another_kept_one),
      cmocka_unit_test(test_a_resend_that_dies_too_is_the_last_and_only_what_was_sent_counts),
      cmocka_unit_test(test_a_server_that_never_keeps_connections_can_be_asked_any_number_of_times),
      cmocka_unit_test(test_head_204_and_304_have_no_body),
      cmocka_unit_test(test_a_paused_body_is_offered_again),
      cmocka_unit_test(test_cancel_ends_the_connection_at_once),
      cmocka_unit_test(test_an_upload_of_unknown_length_is_chunked_and_may_wait),
      cmocka_unit_test(test_an_upload_of_known_length_is_sent_as_it_is),
      cmocka_unit_test(test_an_unusable_url_is_refused),
      cmocka_unit_test(test_closing_the_pool_cancels_what_is_under_way),
  };
  return cmocka_run_group_tests_name("xfer", tests, NULL, NULL);
}
