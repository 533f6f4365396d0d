// SPDX-License-Identifier: GPL-3.0-or-later
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/http/endpoint.h"

static void test_urls_are_parsed_into_host_port_and_base_path(void **state) {
  (void)state;
  static const struct {
    const char *url, *host, *request, *shown;
    uint16_t port;
    bool secure;
  } cases[] = {
      {"http://127.0.0.1:11434", "127.0.0.1", "http://127.0.0.1:11434/x?y=1", "http://127.0.0.1:11434", 11434,
       false},
      {"https://api.host/base/", "api.host", "https://api.host/base/x?y=1", "https://api.host/base", 443,
       true},
      {"HTTPS://h:8443/a/../b", "h", "HTTPS://h:8443/a/../b/x?y=1", "HTTPS://h:8443/a/../b", 8443, true},
      {"HTTP://h", "h", "HTTP://h/x?y=1", "HTTP://h", 80, false},
      {"http://u:p@[::1]:81//", "::1", "http://u:p@[::1]:81/x?y=1", "http://[::1]:81", 81, false},
      {"http://127.0.0.1:{port}/v", "127.0.0.1", "http://127.0.0.1:9/v/x?y=1", "http://127.0.0.1:{port}/v", 0,
       false},
      {"https://me:secret@[::1]:{port}/", "::1", "https://me:secret@[::1]:9/x?y=1", "https://[::1]:{port}", 0,
       true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct endpoint endpoint;
    struct buf request = {0};
    assert_int_equal(endpoint_parse(cases[i].url, &endpoint, NULL), STATUS_OK);
    assert_string_equal(endpoint.host, cases[i].host);
    assert_int_equal(endpoint.port, cases[i].port);
    assert_true(endpoint.port_open == (cases[i].port == 0));
    endpoint_print(&endpoint, 9, "/x?y=1", &request);
    assert_string_equal(buf_text(&request), cases[i].request);
    assert_string_equal(endpoint.shown, cases[i].shown);
    assert_int_equal(endpoint.secure, cases[i].secure);
    buf_free(&request);
    endpoint_free(&endpoint);
  }
}

static void test_bad_urls_are_refused_without_repeating_them(void **state) {
  (void)state;
  static const char *const urls[] = {"",
                                     "h:80",
                                     "ftp://h",
                                     "http://",
                                     "http:///x",
                                     "http://u:secret@",
                                     "http://u:secret@:80",
                                     "http://h:0",
                                     "http://h:65536",
                                     "http://h:x",
                                     "http://h:80x",
                                     "http://[::1",
                                     "http://[::1]x",
                                     "http://[]",
                                     "http://u:secret@h?q",
                                     "http://h#f",
                                     "http://h /",
                                     "http://:80/",
                                     "http://a@b@h/",
                                     "http://h/a\"b",
                                     "http://h/{port}",
                                     "http://h/:{port}",
                                     "http://h:{port}x",
                                     "http://h:{port}0/",
                                     "http://h{port}",
                                     "http://u:secret@h/a\\nb",
                                     "http://h\n",
                                     "http://h:1.5k"};
  for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
    struct endpoint endpoint;
    struct error error = {""};
    if (endpoint_parse(urls[i], &endpoint, &error) != STATUS_USAGE) fail_msg("%s was taken", urls[i]);
    assert_null(strstr(error.text, "secret"));
    assert_non_null(strstr(error.text, "allowed is http://HOST[:PORT][/BASE] or https://..."));
  }
}

static void test_an_all_zero_endpoint_can_be_freed(void **state) {
  (void)state;
  struct endpoint endpoint = {0};
  endpoint_free(&endpoint);
  assert_null(endpoint.text);
}

static void test_a_probe_answers_whether_something_listens(void **state) {
  (void)state;
  struct endpoint endpoint;
  struct error error;
  uint16_t port = 0;
  assert_int_equal(endpoint_parse("http://127.0.0.1:{port}", &endpoint, NULL), STATUS_OK);
  assert_int_equal(endpoint_free_port(&port, NULL), STATUS_OK);
  assert_true(port > 0);
  assert_int_equal(endpoint_probe(&endpoint, port, CLOCK_NS_PER_S, &error), STATUS_NETWORK);
  assert_non_null(strstr(error.text, "127.0.0.1 port "));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(fd, 1), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  assert_int_equal(endpoint_probe(&endpoint, ntohs(address.sin_port), CLOCK_NS_PER_S, &error), STATUS_OK);
  close(fd);
  endpoint_free(&endpoint);
}

static void test_a_name_that_does_not_resolve_is_named(void **state) {
  (void)state;
  struct endpoint endpoint;
  struct error error;
  assert_int_equal(endpoint_parse("http://no..such..host", &endpoint, NULL), STATUS_OK);
  assert_int_equal(endpoint_probe(&endpoint, 0, CLOCK_NS_PER_S, &error), STATUS_NETWORK);
  assert_memory_equal(error.text, "no..such..host: ", 16);
  endpoint_free(&endpoint);
}

static void test_a_base_path_that_stands_twice_is_found(void **state) {
  (void)state;
  static const struct {
    const char *url, *path, *base;
  } cases[] = {{"http://h/v1", "/v1/chat", "/v1"},    {"http://h/a/v1", "/v1/chat", "/v1"},
               {"http://h/a/v1", "/a/v1/x", "/a/v1"}, {"http://h/v1", "/v1x/chat", NULL},
               {"http://h/v1", "/v1", NULL},          {"http://h/v1", "/chat", NULL},
               {"http://h", "/h/chat", NULL},         {"http://h/av1", "/v1/chat", NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *base = endpoint_repeated_base(cases[i].url, cases[i].path);
    if (!base != !cases[i].base || (base && strcmp(base, cases[i].base) != 0))
      fail_msg("%s %s: %s", cases[i].url, cases[i].path, base ? base : "none");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_base_path_that_stands_twice_is_found),
      cmocka_unit_test(test_urls_are_parsed_into_host_port_and_base_path),
      cmocka_unit_test(test_bad_urls_are_refused_without_repeating_them),
      cmocka_unit_test(test_an_all_zero_endpoint_can_be_freed),
      cmocka_unit_test(test_a_probe_answers_whether_something_listens),
      cmocka_unit_test(test_a_name_that_does_not_resolve_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
