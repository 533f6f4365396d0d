// SPDX-License-Identifier: GPL-3.0-or-later
//
// The conformance table: what a client writes on a raw socket, what of it the upstream gets to see, what the
// upstream answers and what the client gets to see of that. RFC 9112 sections 6 and 7, RFC 9110 sections 7.6
// and 15.2, and DESIGN 6b and 7. All rows go through one proxy, so a row that spoils it fails those after it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"

#define GONE_MS 50 // within this a request that nobody waits for is ended upstream

struct row {
  const char *name;
  const char *request;
  size_t request_len;     // it may hold a NUL
  const char *forwarded;  // ends what the upstream sees; NULL: it sees nothing at all
  const char *sees[3];    // the upstream, among it
  const char *misses[3];  // and not among it
  const char *then;       // what the client sends when that has come
  const char *answer;     // NULL: the upstream closes without one
  const char *gets;       // the client, at the start of what it gets
  const char *ends;       // what it reads to; NULL: the end of the header
  const char *gets_in[2]; // and in it
  const char *lacks[2];   // and not in it
  bool to_end;            // the client reads to the end of the connection, which must come
  bool cut;               // which must not look like a whole answer
  bool leaves;            // by its half-close, or by what it sends `then`: the upstream must be left
};

#define REQUEST(text) .request = (text), .request_len = sizeof(text) - 1
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
#define IS_OK .gets = "HTTP/1.1 200 OK\r\n", .ends = "\r\n\r\nok"
#define REFUSED .gets = "HTTP/1.1 400 ", .to_end = true
#define HEAD_END "\r\n\r\n"
#define CHUNKED "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct row refused[] = {
    {.name = "Content-Length with Transfer-Encoding (6.3, 3)",
     REQUEST(
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     REFUSED},
    {.name = "the same in the other order",
     REQUEST(
         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
     REFUSED},
    {.name = "two Content-Lengths that differ (6.3, 5)",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"),
     REFUSED},
    {.name = "two Content-Lengths that agree",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"),
     REFUSED},
    {.name = "Content-Length with a sign",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\nabcd"),
     REFUSED},
    {.name = "Content-Length that is a list",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4, 4\r\n\r\nabcd"),
     REFUSED},
    {.name = "Content-Length in hexadecimal",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x4\r\n\r\nabcd"),
     REFUSED},
    {.name = "Transfer-Encoding on HTTP/1.0 (6.1)",
     REQUEST("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     REFUSED},
    {.name = "a foreign transfer coding before chunked",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
     REFUSED},
    {.name = "a foreign transfer coding alone",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n"),
     REFUSED},
    {.name = "chunked twice",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
             "chunked\r\n\r\n0\r\n\r\n"),
     REFUSED},
    {.name = "a space before the colon (5.1)",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
     REFUSED},
    {.name = "a bare CR in a value (2.2)",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-A: b\rc\r\n\r\n"),
     REFUSED},
    {.name = "two Hosts (3.2)", REQUEST("GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"), REFUSED},
    {.name = "no Host", REQUEST("GET / HTTP/1.1\r\n\r\n"), REFUSED},
    {.name = "CONNECT", REQUEST("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"), REFUSED},
    {.name = "absolute form", REQUEST("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"), REFUSED},
    {.name = "asterisk form", REQUEST("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), REFUSED},
    {.name = "an expectation that is not known",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n"),
     REFUSED},
    {.name = "HTTP/2.0 in words",
     REQUEST("GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
     .gets = "HTTP/1.1 505 ",
     .to_end = true},
};

static const struct row framing[] = {
    {.name = "chunks of a request, with an extension and a trailer (7.1)",
     REQUEST(CHUNKED "4;x=1\r\nabcd\r\n2\r\nef\r\n0\r\nX-Trailer: secret-trailer\r\n\r\n"),
     .forwarded = "\r\n0\r\n\r\n",
     .sees = {"Transfer-Encoding: chunked\r\n", "ef"},
     .misses = {"x=1", "secret-trailer", "Content-Length"},
     .answer = OK,
     IS_OK},
    {.name = "Expect: 100-continue is met here",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"),
     .forwarded = "\r\n\r\nab",
     .misses = {"Expect"},
     .answer = OK,
     .gets = "HTTP/1.1 ",
     .ends = "\r\n\r\nok"},
    {.name = "a field that Connection names stays here (RFC 9110, 7.6.1)",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"X-End: 2\r\n"},
     .misses = {"X-Hop", "Connection"},
     .answer = OK,
     IS_OK},
    {.name = "an upgrade is not asked for",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
     .forwarded = HEAD_END,
     .misses = {"websocket", "Upgrade"},
     .answer = OK,
     IS_OK},
    {.name = "escaped and odd bytes of a path arrive as they are",
     REQUEST("GET /a%2Fb/%00/../c//d?x=%7B|{} HTTP/1.1\r\nHost: h\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"GET /a%2Fb/%00/../c//d?x=%7B|{} HTTP/1.1\r\n"},
     .answer = OK,
     IS_OK},
    {.name = "an empty value",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-End: 1\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"X-Empty:", "X-End: 1\r\n"},
     .answer = OK,
     IS_OK},
    {.name = "a foreign Host chooses nothing",
     REQUEST("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"Host: 127.0.0.1:"},
     .misses = {"evil"},
     .answer = OK,
     IS_OK},
    {.name = "an unknown method",
     REQUEST("BREW / HTTP/1.1\r\nHost: h\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"BREW / HTTP/1.1\r\n"},
     .answer = OK,
     IS_OK},
    {.name = "HTTP/1.0 without Host",
     REQUEST("GET / HTTP/1.0\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"GET / HTTP/1.1\r\n"},
     .answer = OK,
     IS_OK,
     .to_end = true},
    {.name = "half-close counts as gone",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
     .forwarded = HEAD_END,
     .leaves = true},
    {.name = "a bad chunk size ends what was begun (7.1)",
     REQUEST(CHUNKED "4\r\nsome\r\n"),
     .forwarded = "some",
     .misses = {"\r\n0\r\n"},
     .gets = "HTTP/1.1 400 ",
     .then = "zz\r\n",
     .leaves = true},
    {.name = "a chunk size that overflows",
     REQUEST(CHUNKED "4\r\nsome\r\n"),
     .forwarded = "some",
     .misses = {"\r\n0\r\n"},
     .gets = "HTTP/1.1 4",
     .then = "fffffffffffffffff\r\n",
     .leaves = true},
    {.name = "a request cut in its body is not made whole",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nsome"),
     .forwarded = "some",
     .leaves = true},
};

#define GET                                                                                                  \
  .request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n",                                                            \
  .request_len = sizeof "GET / HTTP/1.1\r\nHost: h\r\n\r\n" - 1, .forwarded = HEAD_END
#define HEAD                                                                                                 \
  .request = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",                                                           \
  .request_len = sizeof "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" - 1, .forwarded = HEAD_END

static const struct row answers[] = {
    {.name = "HEAD keeps the length and has no body (6.3, 1)",
     HEAD,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n",
     .gets = "HTTP/1.1 200 ",
     .gets_in = {"Content-Length: 77\r\n"},
     .lacks = {"chunked"}},
    {.name = "HEAD of unknown length",
     HEAD,
     .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     .gets = "HTTP/1.1 200 ",
     .lacks = {"\r\n0\r\n", "Content-Length"}},
    {.name = "204 has neither body nor length",
     GET,
     .answer = "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
     .gets = "HTTP/1.1 204 ",
     .gets_in = {"X-A: 1"},
     .lacks = {"Content-Length", "chunked"}},
    {.name = "304 has no body",
     GET,
     .answer = "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\nContent-Length: 9\r\n\r\n",
     .gets = "HTTP/1.1 304 ",
     .gets_in = {"ETag: \"e\""},
     .lacks = {"chunked"}},
    {.name = "103 is dropped (RFC 9110, 15.2)",
     GET,
     .answer = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK,
     IS_OK,
     .lacks = {"Link", "103"}},
    {.name = "chunks of an answer, with a trailer",
     GET,
     .answer =
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;e=1\r\nok\r\n0\r\nX-Trailer: t\r\n\r\n",
     .gets = "HTTP/1.1 200 ",
     .ends = "\r\nok\r\n0\r\n\r\n",
     .gets_in = {"chunked"},
     .lacks = {"e=1", "X-Trailer"}},
    {.name = "an empty value of an answer",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok",
     .gets = "HTTP/1.1 200 ",
     .ends = "\r\n\r\nok",
     .gets_in = {"X-Empty:"}},
    {.name = "a field that the answer's Connection names",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: "
               "timeout=5\r\nContent-Length: 2\r\n\r\nok",
     IS_OK,
     .lacks = {"X-Hop", "Keep-Alive"}},
    {.name = "the upstream dies before its header",
     GET,
     .answer = NULL,
     .gets = "HTTP/1.1 502 ",
     .gets_in = {"bad_gateway"}},
    {.name = "the upstream's answer is no HTTP", GET, .answer = "hello\r\n\r\n", .gets = "HTTP/1.1 502 "},
    {.name = "the upstream dies within a body of known length",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome",
     .gets = "HTTP/1.1 200 ",
     .to_end = true,
     .cut = true},
    {.name = "the upstream dies within chunks: no last chunk is made up",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
     .gets = "HTTP/1.1 200 ",
     .lacks = {"\r\n0\r\n"},
     .to_end = true,
     .cut = true},
    {.name = "a chunk of an answer that is none",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\nzz\r\n",
     .gets = "HTTP/1.1 ",
     .lacks = {"\r\n0\r\n"},
     .to_end = true,
     .cut = true},
};

// libmicrohttpd does not tell of these. Whatever it makes of them, no server behind gets to read them raw.
static const struct row hidden[] = {
    {.name = "obs-fold (5.2)",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-A: one\r\n two\r\nX-End: 1\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"X-End: 1\r\n"},
     .misses = {"\r\n two", "\r\n\ttwo"},
     .answer = OK,
     IS_OK},
    {.name = "obs-fold that would be Transfer-Encoding",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-A: one\r\n Transfer-Encoding: chunked\r\n\r\n"),
     REFUSED},
    {.name = "bare LF as the end of a line (2.2)",
     REQUEST("GET / HTTP/1.1\nHost: h\nX-A: 1\n\n"),
     .forwarded = HEAD_END,
     .sees = {"GET / HTTP/1.1\r\n", "X-A: 1\r\n"},
     .answer = OK,
     IS_OK},
};

static bool has(const char *text, const char *part) {
  return strcasestr(text, part) != NULL;
}

static void check_parts(const struct row *row, const char *who, const char *seen, const char *const *parts,
                        size_t count, bool wanted) {
  for (size_t i = 0; i < count; i++) {
    if (parts[i] && has(seen, parts[i]) != wanted)
      fail_msg("%s: %s %s '%s': %s", row->name, who, wanted ? "misses" : "sees", parts[i], seen);
  }
}

// Lines end with CR LF and nothing else, and no NUL is among them.
static void check_clean(const struct row *row, const struct buf *seen) {
  const char *body = memmem(seen->data, seen->len, HEAD_END, 4);
  if (!body) fail_msg("%s: no end of the header", row->name);
  for (const char *at = seen->data; at < body; at++) {
    bool alone = (*at == '\n' && (at == seen->data || at[-1] != '\r')) || (*at == '\r' && at[1] != '\n');
    if (*at == '\0' || alone) fail_msg("%s: the upstream sees it raw", row->name);
  }
}

static void play_upstream(struct harness *harness, const struct row *row, int client) {
  if (harness_accepts_nothing(harness, HARNESS_WAIT_MS))
    fail_msg("%s: the client gets %s", row->name, harness_read_until(harness, client, HEAD_END));
  int upstream = harness_accept(harness);
  const char *seen = harness_read_until(harness, upstream, row->forwarded);
  check_parts(row, "the upstream", seen, row->sees, 3, true);
  check_parts(row, "the upstream", seen, row->misses, 3, false);
  check_clean(row, &harness->seen);
  if (row->then) harness_send(client, row->then);
  if (row->leaves) {
    if (!row->then) shutdown(client, SHUT_WR);
    bool was_reset;
    if (harness_is_silent(upstream, GONE_MS)) fail_msg("%s: the upstream is not left", row->name);
    harness_read_to_end(harness, upstream, &was_reset);
  } else if (row->answer) {
    harness_send(upstream, row->answer);
    if (row->cut) usleep(30000); // so that the client has what came before the end
  }
  close(upstream);
}

static void play_client(struct harness *harness, const struct row *row, int client) {
  bool was_reset = false;
  const char *seen = row->to_end ? harness_read_to_end(harness, client, &was_reset)
                                 : harness_read_until(harness, client, row->ends ? row->ends : HEAD_END);
  if (strncmp(seen, row->gets, strlen(row->gets)) != 0) fail_msg("%s: the client gets %s", row->name, seen);
  check_parts(row, "the client", seen, row->gets_in, 2, true);
  check_parts(row, "the client", seen, row->lacks, 2, false);
}

static void play(void **state, const struct row *rows, size_t count) {
  struct harness *harness = *state;
  for (const struct row *row = rows; row < rows + count; row++) {
    int client = harness_connect(harness);
    assert_int_equal(send(client, row->request, row->request_len, MSG_NOSIGNAL), row->request_len);
    if (row->forwarded) play_upstream(harness, row, client);
    if (row->gets) play_client(harness, row, client);
    close(client);
    if (!row->forwarded && !harness_accepts_nothing(harness, 10))
      fail_msg("%s: the upstream is asked", row->name);
  }
}

#define PLAY(rows) play(state, rows, sizeof(rows) / sizeof(rows)[0])

static void test_what_could_be_read_in_two_ways_is_refused(void **state) {
  PLAY(refused);
}

static void test_requests_are_framed_anew(void **state) {
  PLAY(framing);
}

static void test_answers_are_framed_anew(void **state) {
  PLAY(answers);
}

static void test_what_the_library_hides_never_arrives_raw(void **state) {
  PLAY(hidden);
}

// RFC 9112, 9.3.2: the second is not even sent on before the first is answered.
static void test_pipelined_requests_are_answered_in_their_order(void **state) {
  struct harness *harness = *state;
  static const struct row one = {.name = "the first of two",
                                 .forwarded = HEAD_END,
                                 .sees = {"GET /one "},
                                 .misses = {"/two"},
                                 .answer = OK};
  static const struct row two = {
      .name = "the second of two", .forwarded = HEAD_END, .sees = {"GET /two "}, .answer = OK};
  int client = harness_connect(harness);
  harness_send(client, "GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n");
  play_upstream(harness, &one, client);
  harness_read_until(harness, client, "\r\n\r\nok");
  play_upstream(harness, &two, client);
  harness_read_until(harness, client, "\r\n\r\nok");
  close(client);
}

// Refused or cleaned, but never passed on: nobody can say which, so both are allowed.
static void test_a_nul_never_arrives(void **state) {
  struct harness *harness = *state;
  static const struct row rows[] = {
      {.name = "NUL in a value", REQUEST("GET /x HTTP/1.1\r\nHost: h\r\nX-A: b\0c\r\n\r\n")},
      {.name = "NUL in a name", REQUEST("GET /x HTTP/1.1\r\nHost: h\r\nX\0A: b\r\n\r\n")},
      {.name = "NUL in a target", REQUEST("GET /x\0y HTTP/1.1\r\nHost: h\r\n\r\n")},
      {.name = "bare LF in a value", REQUEST("GET /x HTTP/1.1\r\nHost: h\r\nX-A: b\nX-B: c\r\n\r\n")},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int client = harness_connect(harness);
    assert_int_equal(send(client, rows[i].request, rows[i].request_len, MSG_NOSIGNAL), rows[i].request_len);
    if (!harness_accepts_nothing(harness, 100)) {
      int upstream = harness_accept(harness);
      harness_read_until(harness, upstream, HEAD_END);
      check_clean(&rows[i], &harness->seen);
      harness_send(upstream, OK);
      close(upstream);
      assert_true(has(harness_read_until(harness, client, HEAD_END), "HTTP/1.1 200 "));
    } else {
      assert_true(has(harness_read_until(harness, client, HEAD_END), "HTTP/1.1 400 "));
    }
    close(client);
  }
}

// The proxy that all rows went through is still well, and has recorded what it forwarded and nothing else.
static void test_the_trace_tells_of_what_was_forwarded(void **state) {
  struct harness *harness = *state;
  assert_int_equal(harness_end_proxy(harness), 0);
  const char *trace = harness_trace(harness);
  assert_null(strstr(trace, "secret-trailer"));
  assert_null(strstr(trace, "CONNECT"));
  assert_non_null(strstr(trace, "/a%2Fb/%00/../c//d"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_could_be_read_in_two_ways_is_refused),
      cmocka_unit_test(test_requests_are_framed_anew),
      cmocka_unit_test(test_answers_are_framed_anew),
      cmocka_unit_test(test_what_the_library_hides_never_arrives_raw),
      cmocka_unit_test(test_pipelined_requests_are_answered_in_their_order),
      cmocka_unit_test(test_a_nul_never_arrives),
      cmocka_unit_test(test_the_trace_tells_of_what_was_forwarded),
  };
  return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
