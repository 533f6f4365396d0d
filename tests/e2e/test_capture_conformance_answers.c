// SPDX-License-Identifier: GPL-3.0-or-later
//
// The conformance table of answers: what the upstream writes on a raw socket, and what the client gets to see
// of that. RFC 9112 sections 6 to 9, RFC 9110 sections 7.6 and 15.2.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conformance.h"

#define HEAD_END "\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
#define UNCLEAR .gets = "HTTP/1.1 502 ", .gets_in = {"bad_gateway"}, .lacks = {"\r\n\r\nok"}
#define IS_OK .gets = "HTTP/1.1 200 OK\r\n", .ends = "\r\n\r\nok"
#define GET                                                                                                  \
  .request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n",                                                            \
  .request_len = sizeof "GET / HTTP/1.1\r\nHost: h\r\n\r\n" - 1, .forwarded = HEAD_END
#define HEAD                                                                                                 \
  .request = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",                                                           \
  .request_len = sizeof "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" - 1, .forwarded = HEAD_END

static const struct conformance_row answers[] = {
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
    {.name = "it dies within its header",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nX-Half: ",
     .gets = "HTTP/1.1 502 ",
     .lacks = {"X-Half"}},
    {.name = "it switches protocols though nobody asked",
     GET,
     .answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
     .gets = "HTTP/1.1 502 ",
     .lacks = {"Upgrade", "101"}},
    {.name = "chunked outdoes a length (6.3, 3)",
     GET,
     .answer =
         "HTTP/1.1 200 OK\r\nContent-Length: 77\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
     .gets = "HTTP/1.1 200 ",
     .ends = "\r\n0\r\n\r\n",
     .gets_in = {"chunked"},
     .lacks = {"Content-Length"}},
    {.name = "a length that is said twice and is the same",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
     IS_OK,
     .gets_in = {"Content-Length: 2\r\n"}},
    {.name = "two lengths that differ (6.3, 5)",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\nokxyz",
     UNCLEAR},
    {.name = "the same in the other order",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nokxyz",
     UNCLEAR},
    {.name = "a length that is a list",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2, 5\r\n\r\nok",
     UNCLEAR},
    {.name = "a length that overflows",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
     UNCLEAR},
    {.name = "a length below zero",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
     .gets = "HTTP/1.1 502 "},
    {.name = "a length that goes on in the next line",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 0\r\n\r\nok",
     UNCLEAR},
    {.name = "a transfer coding that nobody asked for (6.1)",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
     UNCLEAR},
    {.name = "obs-fold becomes a blank (5.2)",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nX-A: one\r\n \t two\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
     IS_OK,
     .gets_in = {"X-A: one two\r\n"}},
    {.name = "bytes behind the answer are nobody's (6.3)",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX-Second: 1\r\n\r\n",
     IS_OK,
     .lacks = {"X-Second"}},
    {.name = "an answer of HTTP/1.0 ends with its connection (6.3, 8)",
     GET,
     .answer = "HTTP/1.0 200 OK\r\n\r\nok",
     .gets = "HTTP/1.1 200 ",
     .ends = "\r\nok\r\n0\r\n\r\n"},
    {.name = "the upstream's answer is no HTTP", GET, .answer = "hello\r\n\r\n", .gets = "HTTP/1.1 502 "},
    {.name = "the upstream dies within a body of known length",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome",
     .gets = "HTTP/1.1 200 ",
     .ends = "\r\n\r\nsome",
     .before_end = "\r\n\r\nsome",
     .to_end = true},
    {.name = "the upstream dies within chunks: no last chunk is made up",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
     .gets = "HTTP/1.1 200 ",
     .lacks = {"\r\n0\r\n"},
     .before_end = "4\r\nsome\r\n",
     .to_end = true},
    {.name = "a chunk of an answer that is none",
     GET,
     .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\nzz\r\n",
     .gets = "HTTP/1.1 ",
     .lacks = {"\r\n0\r\n"},
     .to_end = true},
};

static void test_answers_are_framed_anew(void **state) {
  conformance_play(*state, answers, sizeof answers / sizeof answers[0]);
}

static void test_a_header_that_is_too_large_is_502(void **state) {
  struct harness *harness = *state;
  char answer[40000], large[20001] = "";
  int client = harness_connect(harness);
  harness_send(client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, HEAD_END);
  memset(large, 'x', sizeof large - 1);
  snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nX-Large: %s\r\nContent-Length: 2\r\n\r\nok", large);
  harness_send(upstream, answer);
  assert_non_null(strstr(harness_read_until(harness, client, "}}"), "HTTP/1.1 502 "));
  close(upstream);
  close(client);
}

// Each is within --max-header, but together they leave the library no room: that is an answer too, not a
// closed connection. Long fields of that length fit.
static void test_two_large_headers_of_many_fields_are_502(void **state) {
  struct harness *harness = *state;
  static const struct {
    int fields, len;
    const char *answer;
  } cases[] = {{230, 40, "HTTP/1.1 502 "}, {7, 2000, "HTTP/1.1 200 "}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf fields = {0}, request = {0}, answer = {0};
    for (int n = 0; n < cases[i].fields; n++)
      buf_printf(&fields, "X-%05d: %0*d\r\n", n, cases[i].len, 0);
    buf_printf(&request, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", buf_text(&fields));
    buf_printf(&answer, "HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\n\r\nok", buf_text(&fields));
    int client = harness_connect(harness);
    harness_send(client, buf_text(&request));
    int upstream = harness_accept(harness);
    harness_read_until(harness, upstream, HEAD_END);
    harness_send(upstream, buf_text(&answer));
    assert_non_null(strstr(harness_read_until(harness, client, HEAD_END), cases[i].answer));
    close(upstream);
    close(client);
    buf_free(&fields);
    buf_free(&request);
    buf_free(&answer);
  }
}

// A connection's memory comes from the heap: mapped anew for each, it would cost several faults of pages.
static void test_a_connection_needs_no_fresh_pages(void **state) {
  struct harness *harness = *state;
  enum { WARM = 60, CONNECTIONS = 300 };
  long before = 0;
  for (int i = 0; i < WARM + CONNECTIONS; i++) {
    bool was_reset;
    int client = harness_connect(harness);
    if (i == WARM) before = harness_page_faults(harness);
    harness_send(client, "GET x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(harness_read_to_end(harness, client, &was_reset), "HTTP/1.1 400 "));
    close(client);
  }
  long faults = harness_page_faults(harness) - before;
  print_message("%ld page faults of %d connections\n", faults, CONNECTIONS);
  if (!harness_is_sanitized) assert_true(faults < CONNECTIONS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_answers_are_framed_anew),
      cmocka_unit_test(test_a_header_that_is_too_large_is_502),
      cmocka_unit_test(test_two_large_headers_of_many_fields_are_502),
      cmocka_unit_test(test_a_connection_needs_no_fresh_pages),
  };
  return cmocka_run_group_tests(tests, harness_start, harness_stop);
}
