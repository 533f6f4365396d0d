// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "capture/content/request_check.h"

#define FIELDS_MAX 4

struct row {
  const char *method, *target, *version;
  const char *fields[FIELDS_MAX][2]; // without Host; {NULL} ends
  const char *rejected;              // a part of the message; NULL: forwarded
};

static const char *ask(const struct row *row, const char *host, struct request_check_framing *framing) {
  struct head head = {.method = row->method, .target = row->target, .version = row->version};
  if (host) assert_int_equal(head_add(&head, "Host", 4, host, strlen(host)), STATUS_OK);
  for (size_t i = 0; i < FIELDS_MAX && row->fields[i][0]; i++) {
    const char *name = row->fields[i][0], *value = row->fields[i][1];
    assert_int_equal(head_add(&head, name, strlen(name), value, strlen(value)), STATUS_OK);
  }
  const char *message = request_check_reject(&head, framing);
  head_free(&head);
  return message;
}

static void check_row(const struct row *row) {
  struct request_check_framing framing;
  const char *message = ask(row, "example.org", &framing);
  const char *seen = message ? message : "forwarded", *expected = row->rejected ? row->rejected : "forwarded";
  if (!strstr(seen, expected)) fail_msg("%s %s: '%s', not '%s'", row->method, row->target, seen, expected);
}

#define POST "POST", "/v1/chat/completions", "HTTP/1.1"

static void test_ordinary_requests_are_forwarded(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"GET", "/", "HTTP/1.1", {{0}}, NULL},
      {"PATCH", "/a/../b?x=%00&y=[1]", "HTTP/1.1", {{0}}, NULL},
      {"M-SEARCH", "//double/slash", "HTTP/1.1", {{0}}, NULL},
      {POST, {{"Content-Length", "12"}}, NULL},
      {POST, {{"Transfer-Encoding", "chunked"}}, NULL},
      {POST, {{"transfer-encoding", "Chunked"}}, NULL},
      {POST, {{"Content-Length", "0"}, {"Expect", "100-Continue"}}, NULL},
      {POST, {{"X-Empty", ""}, {"X-Tab", "a\tb"}, {"X-Latin", "caf\xE9"}}, NULL},
      {"GET", "/", "HTTP/1.0", {{"Content-Length", "3"}}, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    check_row(&rows[i]);
}

static void test_requests_that_two_parties_could_read_differently_are_rejected(void **state) {
  (void)state;
  static const struct row rows[] = {
      {POST, {{"Content-Length", "4"}, {"Transfer-Encoding", "chunked"}}, "together"},
      {POST, {{"Transfer-Encoding", "chunked"}, {"content-length", "4"}}, "together"},
      {POST, {{"Content-Length", "4"}, {"Content-Length", "4"}}, "twice"},
      {POST, {{"Content-Length", "4"}, {"CONTENT-LENGTH", "5"}}, "twice"},
      {POST, {{"Content-Length", "4, 4"}}, "not a number"},
      {POST, {{"Content-Length", "+4"}}, "not a number"},
      {POST, {{"Content-Length", "-1"}}, "not a number"},
      {POST, {{"Content-Length", ""}}, "not a number"},
      {POST, {{"Content-Length", "0x10"}}, "not a number"},
      {POST, {{"Content-Length", "99999999999999999999"}}, "not a number"},
      {POST, {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, "twice"},
      {POST, {{"Transfer-Encoding", "gzip, chunked"}}, "other than chunked"},
      {POST, {{"Transfer-Encoding", "identity"}}, "other than chunked"},
      {POST, {{"Transfer-Encoding", "xchunked"}}, "other than chunked"},
      {POST, {{"Transfer-Encoding", ""}}, "other than chunked"},
      {"POST", "/", "HTTP/1.0", {{"Transfer-Encoding", "chunked"}}, "HTTP/1.0"},
      {POST, {{"Transfer-Encoding ", "chunked"}}, "not a token"},
      {POST, {{"X Y", "1"}}, "not a token"},
      {POST, {{"", "1"}}, "not a token"},
      {POST, {{"X-A", "1\r\nX-B: 2"}}, "control"},
      {POST, {{"X-A", "a\rb"}}, "control"},
      {POST, {{"X-A", "a\x01"}}, "control"},
      {POST, {{"Host", "other.org"}}, "Host twice"},
      {POST, {{"Expect", "the-unexpected"}}, "Expect"},
      {"BAD METHOD", "/", "HTTP/1.1", {{0}}, "method"},
      {"GET", "/a#frag", "HTTP/1.1", {{0}}, "target"},
      {"GET", "/a b", "HTTP/1.1", {{0}}, "target"},
      {"GET", "/a\x7F", "HTTP/1.1", {{0}}, "target"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    check_row(&rows[i]);
}

static void test_a_request_cannot_choose_where_bytes_go(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"CONNECT", "evil.org:443", "HTTP/1.1", {{0}}, "CONNECT"},
      {"CONNECT", "/", "HTTP/1.1", {{0}}, "CONNECT"},
      {"GET", "http://evil.org/", "HTTP/1.1", {{0}}, "target"},
      {"GET", "evil.org/", "HTTP/1.1", {{0}}, "target"},
      {"GET", "@evil.org/", "HTTP/1.1", {{0}}, "target"},
      {"OPTIONS", "*", "HTTP/1.1", {{0}}, "target"},
      {"GET", "", "HTTP/1.1", {{0}}, "target"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    check_row(&rows[i]);
}

static void test_http_1_1_needs_a_host_and_http_1_0_does_not(void **state) {
  (void)state;
  struct request_check_framing framing;
  static const struct row modern = {"GET", "/", "HTTP/1.1", {{0}}, NULL};
  static const struct row old = {"GET", "/", "HTTP/1.0", {{0}}, NULL};
  assert_string_equal(ask(&modern, NULL, &framing), "no Host");
  assert_null(ask(&old, NULL, &framing));
}

static void test_framing_is_what_the_header_says(void **state) {
  (void)state;
  struct request_check_framing framing;
  static const struct row none = {"GET", "/", "HTTP/1.1", {{0}}, NULL};
  static const struct row sized = {POST, {{"Content-Length", "123456789012"}}, NULL};
  static const struct row chunked = {POST, {{"Transfer-Encoding", "chunked"}}, NULL};
  assert_null(ask(&none, "h", &framing));
  assert_true(!framing.chunked && !framing.has_length && framing.length == 0);
  assert_null(ask(&sized, "h", &framing));
  assert_true(!framing.chunked && framing.has_length && framing.length == INT64_C(123456789012));
  assert_null(ask(&chunked, "h", &framing));
  assert_true(framing.chunked && !framing.has_length && framing.length == -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ordinary_requests_are_forwarded),
      cmocka_unit_test(test_requests_that_two_parties_could_read_differently_are_rejected),
      cmocka_unit_test(test_a_request_cannot_choose_where_bytes_go),
      cmocka_unit_test(test_http_1_1_needs_a_host_and_http_1_0_does_not),
      cmocka_unit_test(test_framing_is_what_the_header_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
