// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/proxy/refusal.h"

static void test_the_body_names_message_type_and_code(void **state) {
  (void)state;
  static const struct {
    int status;
    const char *type;
  } rows[] = {{400, "bad_request"},      {408, "request_timeout"},  {429, "too_many_connections"},
              {431, "header_too_large"}, {504, "upstream_timeout"}, {502, "bad_gateway"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct buf out = {0}, want = {0};
    refusal_print(rows[i].status, "a \"b\"", &out);
    buf_printf(&want, "{\"error\":{\"message\":\"a \\\"b\\\"\",\"type\":\"%s\",\"code\":%d}}", rows[i].type,
               rows[i].status);
    assert_string_equal(buf_text(&out), buf_text(&want));
    buf_free(&out);
    buf_free(&want);
  }
}

static void test_the_whole_answer_is_sent_and_the_connection_ends(void **state) {
  (void)state;
  int fds[2];
  char text[1024] = "";
  size_t len = 0;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  assert_int_equal(write(fds[0], "GET / HTT", 9), 9); // is read away
  refusal_send(fds[1], 431, "too much");
  for (ssize_t got = 1; got > 0 && len < sizeof text - 1; len += (size_t)(got > 0 ? got : 0))
    got = read(fds[0], text + len, sizeof text - 1 - len);
  static const char head[] = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
                             "Content-Type: application/json\r\nContent-Length: 69\r\n\r\n";
  assert_memory_equal(text, head, sizeof head - 1);
  assert_string_equal(text + sizeof head - 1,
                      "{\"error\":{\"message\":\"too much\",\"type\":\"header_too_large\",\"code\":431}}");
  close(fds[0]);
  close(fds[1]);
}

static void test_a_client_that_has_left_is_no_failure(void **state) {
  (void)state;
  int fds[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  close(fds[0]);
  refusal_send(fds[1], 400, "nobody reads this"); // no SIGPIPE
  close(fds[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_body_names_message_type_and_code),
      cmocka_unit_test(test_the_whole_answer_is_sent_and_the_connection_ends),
      cmocka_unit_test(test_a_client_that_has_left_is_no_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
