// SPDX-License-Identifier: GPL-3.0-or-later
//
// The conformance table of requests: what a client writes on a raw socket, what of it the upstream gets to
// see, and what the client gets. RFC 9112 sections 2 to 7 (numbers in brackets), RFC 9110 section 7.6.
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

#include "conformance.h"

#define REQUEST(text) .request = (text), .request_len = sizeof(text) - 1
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
#define IS_OK .gets = "HTTP/1.1 200 OK\r\n", .ends = "\r\n\r\nok"
#define REFUSED .gets = "HTTP/1.1 400 ", .to_end = true
#define HEAD_END "\r\n\r\n"
#define CLOSED .gets = "", .to_end = true
#define CHUNKED "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct conformance_row refused[] = {
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
    {.name = "Content-Length that is no number",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: four\r\n\r\nabcd"),
     REFUSED},
    {.name = "Content-Length below zero",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -4\r\n\r\nabcd"),
     REFUSED},
    {.name = "Content-Length that overflows",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\nabcd"),
     .gets = "HTTP/1.1 413 ",
     .to_end = true},
    {.name = "a request behind one that is refused",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
             "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"),
     REFUSED},
    {.name = "a first chunk size that is none (7.1)", REQUEST(CHUNKED "zz\r\nabcd\r\n0\r\n\r\n"), REFUSED},
    {.name = "a first chunk size with a sign", REQUEST(CHUNKED "-4\r\nabcd\r\n0\r\n\r\n"), REFUSED},
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
    {.name = "a transfer coding that only looks like chunked",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
     REFUSED},
    {.name = "chunked after a control character",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n"),
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
    {.name = "authority form", REQUEST("GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n"), REFUSED},
    {.name = "a fragment", REQUEST("GET /x#y HTTP/1.1\r\nHost: h\r\n\r\n"), REFUSED},
    {.name = "a blank before the first field (2.2)",
     REQUEST("GET / HTTP/1.1\r\n X: y\r\nHost: h\r\n\r\n"),
     REFUSED},
    {.name = "a folded line (5.2)",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-A: one\r\n two\r\nX-End: 1\r\n\r\n"),
     REFUSED},
    {.name = "a folded line, the last, with a tab",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-A: one\r\n\ttwo\r\n\r\n"),
     REFUSED},
    {.name = "a folded line that holds nothing",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-A: one\r\n \r\n\r\n"),
     REFUSED},
    {.name = "a folded line that would be Transfer-Encoding",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX-A: one\r\n Transfer-Encoding: chunked\r\n\r\n"),
     REFUSED},
    {.name = "a folded line whose field would become Content-Length",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nContent-Lengt: 30\r\n h\r\n\r\n"),
     REFUSED},
    {.name = "a folded line whose field would become Authorization",
     REQUEST("POST / HTTP/1.1\r\nHost: h\r\nAuthorizatio: Bearer x\r\n n\r\n\r\n"),
     REFUSED},
    {.name = "a NUL in a name", REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX\0Y: a\r\n\r\n"), REFUSED},
    {.name = "a NUL in a value", REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\nY: c\r\n\r\n"), REFUSED},
    {.name = "a NUL in the last value", REQUEST("GET / HTTP/1.1\r\nHost: h\r\nX: a\0\r\n\r\n"), REFUSED},
    {.name = "a line without a colon", REQUEST("GET / HTTP/1.1\r\nHost: h\r\nwords\r\n\r\n"), REFUSED},
    {.name = "asterisk form", REQUEST("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), REFUSED},
    {.name = "an expectation that is not known",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n"),
     REFUSED},
    {.name = "HTTP/2.0 in words",
     REQUEST("GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
     .gets = "HTTP/1.1 505 ",
     .to_end = true},
};

static const struct conformance_row framing[] = {
    {.name = "chunks of a request, with a trailer (7.1)",
     REQUEST(CHUNKED "4\r\nabcd\r\n2\r\nef\r\n0\r\nX-Trailer: secret-trailer\r\n\r\n"),
     .forwarded = "\r\n0\r\n\r\n",
     .sees = {"Transfer-Encoding: chunked\r\n", "ef"},
     .misses = {"secret-trailer", "Content-Length"},
     .answer = OK,
     IS_OK},
    {.name = "an empty line before a request (2.2)",
     REQUEST("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
     .forwarded = HEAD_END,
     .sees = {"GET / HTTP/1.1\r\n"},
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
     .leaves = true,
     .gets = "",
     .to_end = true},
    {.name = "Connection: close is met here",
     REQUEST("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
     .forwarded = HEAD_END,
     .misses = {"Connection"},
     .answer = OK,
     IS_OK,
     .to_end = true},
    {.name = "chunk data that is longer than its size",
     REQUEST(CHUNKED "4\r\nsome\r\n"),
     .forwarded = "some",
     .misses = {"\r\n0\r\n", "cd"},
     .gets = "HTTP/1.1 400 ",
     .then = "2\r\nabcd\r\n0\r\n\r\n",
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
     .leaves = true,
     .gets = "",
     .to_end = true},
};

#define LF_ENDS "GET / HTTP/1.1\nHost: h\nX-A: 1\n\n"
#define LF_IN_VALUE "GET /x HTTP/1.1\r\nHost: h\r\nX-A: b\nX-B: c\r\n\r\n"
#define LF_IN_CHUNKS CHUNKED "4;x\nabcd\n0\n\n"
#define LF_BEHIND_CHUNK CHUNKED "4\nabcd\n0\n\n"
#define EMPTY_LINES "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"
#define EXTENSION CHUNKED "4;x=1\r\nabcd\r\n2\r\nef\r\n0;y\r\nX-Trailer: secret-trailer\r\n\r\n"
#define NUL_IN_TARGET "GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n"
#define NUL_IN_METHOD "GE\0T / HTTP/1.1\r\nHost: h\r\n\r\n"

// libmicrohttpd does not show these. Whatever it makes of them, no server behind gets to read them raw.
static const struct conformance_row hidden[] = {
    {.name = "a NUL in the target", REQUEST(NUL_IN_TARGET), REFUSED},
    {.name = "a NUL in the method", REQUEST(NUL_IN_METHOD), REFUSED},
    {.name = "an extension of a chunk (7.1.1)",
     REQUEST(EXTENSION),
     .forwarded = "\r\n0\r\n\r\n",
     .sees = {"Transfer-Encoding: chunked\r\n", "ef"},
     .misses = {"x=1", "secret-trailer", "Content-Length"},
     .answer = OK,
     IS_OK},
    {.name = "bare LF as the end of a line (2.2)",
     REQUEST(LF_ENDS),
     .forwarded = HEAD_END,
     .sees = {"GET / HTTP/1.1\r\n", "X-A: 1\r\n"},
     .answer = OK,
     IS_OK},
    {.name = "bare LF in a value",
     REQUEST(LF_IN_VALUE),
     .forwarded = HEAD_END,
     .sees = {"X-A: b\r\nX-B: c\r\n"},
     .answer = OK,
     IS_OK},
    {.name = "bare LF as the end of chunks' lines",
     REQUEST(LF_IN_CHUNKS),
     .forwarded = "\r\n0\r\n\r\n",
     .sees = {"\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"},
     .answer = OK,
     IS_OK},
    {.name = "empty lines before a request (2.2)",
     REQUEST(EMPTY_LINES),
     .forwarded = HEAD_END,
     .sees = {"GET / HTTP/1.1\r\n"},
     .answer = OK,
     IS_OK},
};

// Since 1.0 it rejects them: a line may end with LF alone only where a recipient allows it, more than one
// empty line need not be ignored (2.2), and the response to a broken request line is a SHOULD (3).
static const struct conformance_row hidden_since_1_0[] = {
    {.name = "a NUL in the target", REQUEST(NUL_IN_TARGET), CLOSED},
    {.name = "a NUL in the method", REQUEST(NUL_IN_METHOD), CLOSED},
    {.name = "bare LF as the end of a line", REQUEST(LF_ENDS), REFUSED},
    {.name = "bare LF in a value", REQUEST(LF_IN_VALUE), REFUSED},
    {.name = "bare LF as the end of chunks' lines", REQUEST(LF_IN_CHUNKS), REFUSED},
    {.name = "bare LF behind a chunk's size", REQUEST(LF_BEHIND_CHUNK), REFUSED},
    {.name = "empty lines before a request", REQUEST(EMPTY_LINES), CLOSED},
};

#define PLAY(rows) conformance_play(*state, rows, sizeof(rows) / sizeof(rows)[0])

static void test_what_could_be_read_in_two_ways_is_refused(void **state) {
  PLAY(refused);
}

static void test_requests_are_framed_anew(void **state) {
  PLAY(framing);
}

static void test_what_the_library_hides_never_arrives_raw(void **state) {
  if (!harness_has_strict_library()) {
    PLAY(hidden);
  } else {
    PLAY(hidden_since_1_0);
  }
}

// 1.0.1 begins a chunk's data with the LF of a line that has an extension, so that no such chunk ends where
// it should. It should ignore the extension (7.1.1); the upstream must not get a body of other bytes.
static void test_an_extension_that_the_library_misreads_forwards_no_whole_request(void **state) {
  struct harness *harness = *state;
  bool was_reset;
  if (!harness_has_strict_library()) skip();
  int client = harness_connect(harness);
  harness_send(client, EXTENSION);
  const char *gets = harness_read_to_end(harness, client, &was_reset);
  assert_int_equal(strncmp(gets, "HTTP/1.1 400 ", 13), 0);
  if (!harness_accepts_nothing(harness, 50)) {
    int upstream = harness_accept(harness);
    const char *seen = harness_read_to_end(harness, upstream, &was_reset);
    assert_null(strstr(seen, "\r\n0\r\n\r\n"));
    close(upstream);
  }
  close(client);
}

// Over --max-header, and over what the library itself holds.
static void test_a_header_that_is_too_large_is_431(void **state) {
  struct harness *harness = *state;
  static const size_t sizes[] = {20000, 60000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    char request[70000], large[60001] = "";
    int client = harness_connect(harness);
    memset(large, 'x', sizes[i]);
    snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: h\r\nX-Large: %s\r\n\r\n", large);
    harness_send(client, request);
    assert_non_null(strstr(harness_read_until(harness, client, HEAD_END), "HTTP/1.1 431 "));
    close(client);
  }
  assert_true(harness_accepts_nothing(harness, 50));
}

// RFC 9112, 9.3.2: the second is not even sent on before the first is answered.
static void test_pipelined_requests_are_answered_in_their_order(void **state) {
  struct harness *harness = *state;
  static const struct conformance_row one = {.name = "the first of two",
                                             .forwarded = HEAD_END,
                                             .sees = {"GET /one "},
                                             .misses = {"/two"},
                                             .answer = OK};
  static const struct conformance_row two = {
      .name = "the second of two", .forwarded = HEAD_END, .sees = {"GET /two "}, .answer = OK};
  int client = harness_connect(harness);
  harness_send(client, "GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n");
  conformance_play_upstream(harness, &one, client);
  harness_read_until(harness, client, "\r\n\r\nok");
  conformance_play_upstream(harness, &two, client);
  harness_read_until(harness, client, "\r\n\r\nok");
  close(client);
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
      cmocka_unit_test(test_what_the_library_hides_never_arrives_raw),
      cmocka_unit_test(test_an_extension_that_the_library_misreads_forwards_no_whole_request),
      cmocka_unit_test(test_a_header_that_is_too_large_is_431),
      cmocka_unit_test(test_pipelined_requests_are_answered_in_their_order),
      cmocka_unit_test(test_the_trace_tells_of_what_was_forwarded),
  };
  return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
