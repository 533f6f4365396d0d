// SPDX-License-Identifier: GPL-3.0-or-later
//
// --anonymize while exchanges break off: what is left of them has no word of a text, and the counts are
// right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

// Every text of a request or an answer has this in it, and no name of the trace's own has.
#define WORD "zebra"
#define BODY                                                                                                 \
  "{\"model\":\"" WORD "-7b\",\"stream\":true,\"user\":\"" WORD "\",\"messages\":[{\"role\":\"user\","       \
  "\"content\":\"Where does the " WORD " sleep?\"}]}"
#define HEAD(length)                                                                                         \
  "POST /v1/chat/completions?q=" WORD " HTTP/1.1\r\nHost: " WORD ".example\r\nUser-Agent: " WORD "/1\r\n"    \
  "Content-Type: application/json\r\nX-Session-Id: " WORD "-1\r\nX-Request-Id: " WORD "\r\n"                 \
  "Authorization: Bearer " WORD "\r\nContent-Length: " length "\r\n\r\n"
#define WHOLE HEAD("118") BODY
#define HALF HEAD("5000") BODY
#define STREAM                                                                                               \
  "HTTP/1.1 200 OK\r\nServer: " WORD "\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked"     \
  "\r\n\r\n"
#define EVENT "33\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"" WORD "\"}}]}\n\n\r\n"
#define FINISH "41\r\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"" WORD " is odd\"}]}\n\n\r\n"
#define REFUSED "37\r\ndata: {\"error\":{\"message\":\"no " WORD " now\",\"code\":500}}\n\n\r\n"

enum leaver { CLIENT, UPSTREAM };

struct row {
  const char *name;
  const char *request;
  const char *arrives; // what the upstream sees of it at least; NULL: it is not even connected to
  const char *answer;  // what the upstream has sent; NULL: nothing
  const char *until;   // what the client has got of that
  enum leaver leaver;
  const char *seen; // of the response's record; NULL: nothing may be recorded
};

static const struct row rows[] = {
    {"the client leaves after the head alone", HEAD("5000"), NULL, NULL, NULL, CLIENT, NULL},
    {"the client leaves in mid-upload", HALF, BODY, NULL, NULL, CLIENT, NULL},
    {"the upstream dies in mid-upload", HALF, BODY, NULL, NULL, UPSTREAM, NULL},
    {"the client leaves when its upload is refused", HALF, BODY,
     "HTTP/1.1 413 Too " WORD "\r\nConnection: close\r\nContent-Length: 5\r\n\r\n" WORD, WORD, CLIENT, NULL},
    {"the client leaves before the header", WHOLE, BODY, NULL, NULL, CLIENT,
     "\"status\":null,*\"events\":0,*\"error\":\"cancelled\",\"aborted_by\":\"client\""},
    {"the client leaves in mid-stream", WHOLE, BODY, STREAM EVENT EVENT, WORD, CLIENT,
     "\"status\":200,*\"output_tokens\":null,*\"events\":2,*\"error\":\"cancelled\",\"aborted_by\":"
     "\"client\""},
    {"the upstream dies before its header", WHOLE, BODY, NULL, NULL, UPSTREAM,
     "\"status\":null,*\"events\":0,*\"error\":\"reset\",\"aborted_by\":\"upstream\""},
    {"the upstream dies in mid-stream", WHOLE, BODY, STREAM EVENT, WORD, UPSTREAM,
     "\"status\":200,*\"output_tokens\":null,*\"events\":1,*\"error\":\"truncated\",\"aborted_by\":"
     "\"upstream\""},
    {"the upstream dies after a finish of its own making", WHOLE, BODY, STREAM EVENT FINISH, "odd", UPSTREAM,
     "\"events\":1,*\"finish\":null,\"error\":\"truncated\",\"aborted_by\":\"upstream\""},
    {"the upstream dies after an error of its own making", WHOLE, BODY, STREAM REFUSED, "now", UPSTREAM,
     "\"error\":\"server_error\",\"aborted_by\":\"upstream\""},
};
#define ROWS (sizeof rows / sizeof rows[0])

static char key_path[] = "/tmp/test-key-XXXXXX";

static int start(void **state) {
  static const char *const options[] = {"--anonymize", key_path, "--bodies", "both", NULL};
  return harness_start_with(state, options);
}

static int make_key(void **state) {
  (void)state;
  int file = mkstemp(key_path);
  bool made = file >= 0 && write(file, "0123456789abcdef0123456789abcdef", 32) == 32;
  close(file);
  return made ? 0 : -1;
}

static int remove_key(void **state) {
  (void)state;
  return unlink(key_path);
}

// The parts of `pattern`, between its asterisks, stand in the line in this order.
static bool has_parts(const char *line, const char *pattern) {
  const char *end = strchrnul(line, '\n');
  while (*pattern) {
    size_t len = strcspn(pattern, "*");
    const char *at = memmem(line, (size_t)(end - line), pattern, len);
    if (!at) return false;
    line = at + len;
    pattern += len + (pattern[len] == '*');
  }
  return true;
}

static void play(struct harness *harness, const struct row *row) {
  bool was_reset;
  int client = harness_connect(harness), upstream = -1;
  harness_send(client, row->request);
  if (row->arrives) {
    upstream = harness_accept(harness);
    harness_read_until(harness, upstream, row->arrives);
  } else {
    assert_true(harness_accepts_nothing(harness, 50));
  }
  if (row->answer) {
    harness_send(upstream, row->answer);
    harness_read_until(harness, client, row->until);
  }
  if (row->leaver == CLIENT) {
    close(client);
    if (upstream >= 0) harness_read_to_end(harness, upstream, &was_reset);
  }
  if (upstream >= 0) close(upstream);
  if (row->leaver == CLIENT) return;
  if (row->answer) {
    harness_read_to_end(harness, client, &was_reset);
  } else {
    // That an upstream is dead which still gets a request shows when more of it is sent.
    for (int tries = 0; strcmp(row->request, HALF) == 0 && tries < 100 && harness_is_silent(client, 20);
         tries++)
      harness_send(client, WORD);
    harness_read_until(harness, client, "bad_gateway");
  }
  close(client);
}

// Each row's response has the next number; the request before it has the same, and nothing stands alone.
static void check_records(const char *trace) {
  int seq = 0;
  for (size_t i = 0; i < ROWS; i++) {
    char start[64];
    if (!rows[i].seen) continue;
    snprintf(start, sizeof start, "{\"type\":\"response\",\"seq\":%d,", seq);
    const char *response = strstr(trace, start);
    if (!response || !has_parts(response, rows[i].seen))
      fail_msg("%s: not %s but %.*s", rows[i].name, rows[i].seen, response ? (int)strcspn(response, "\n") : 7,
               response ? response : "nothing");
    snprintf(start, sizeof start, "{\"type\":\"request\",\"seq\":%d,", seq);
    const char *request = strstr(trace, start);
    assert_true(request && request < response);
    assert_true(has_parts(request, "\"path\":\"/v1/chat/completions\"*\"prefix_blocks\":["));
    seq++;
  }
  char end[80];
  snprintf(end, sizeof end, "{\"type\":\"end\",\"requests\":%d,\"responses\":%d,\"dropped\":0}\n", seq, seq);
  const char *last = strstr(trace, "{\"type\":\"end\"");
  assert_non_null(last);
  assert_string_equal(last, end);
  size_t lines = 0;
  for (const char *at = trace; (at = strchr(at, '\n')); at++)
    lines++;
  assert_int_equal(lines, 2 + 2 * seq); // header and end
}

static void test_what_breaks_off_leaves_counts_and_no_word(void **state) {
  struct harness *harness = *state;
  assert_int_equal(strlen(BODY), 118);
  for (size_t i = 0; i < ROWS; i++)
    play(harness, &rows[i]);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_null(strcasestr(trace, WORD));
  check_records(trace);
}

// Requests that are under way when the grace is over.
static void test_a_stop_leaves_the_same_of_what_it_cuts(void **state) {
  struct harness *harness = *state;
  int client = harness_connect(harness), uploading = harness_connect(harness);
  harness_send(client, WHOLE);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, BODY);
  harness_send(upstream, STREAM EVENT);
  harness_read_until(harness, client, WORD);
  harness_send(uploading, HALF);
  int half = harness_accept(harness);
  harness_read_until(harness, half, BODY);
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_null(strcasestr(trace, WORD));
  const char *response = strstr(trace, "{\"type\":\"response\",\"seq\":0,");
  assert_true(response && has_parts(response, "\"status\":200,*\"events\":1,*\"error\":\"cancelled\""));
  assert_non_null(strstr(trace, "{\"type\":\"end\",\"requests\":1,\"responses\":1,\"dropped\":0}\n"));
  close(client);
  close(uploading);
  close(upstream);
  close(half);
}

static int start_without_grace(void **state) {
  static const char *const options[] = {"--anonymize", key_path, "--shutdown-grace", "0", NULL};
  return harness_start_with(state, options);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_what_breaks_off_leaves_counts_and_no_word, start, harness_stop),
      cmocka_unit_test_setup_teardown(test_a_stop_leaves_the_same_of_what_it_cuts, start_without_grace,
                                      harness_stop),
  };
  return cmocka_run_group_tests(tests, make_key, remove_key);
}
