// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/net/xfer_probe.h"
#include "scripted_server.h"

// What is asked of a server that plays these two answers: to a TLS greeting, then to a request without TLS.
static enum xfer_scheme probe(const char *scheme, const char *to_tls, const char *to_http) {
  const struct scripted_step steps[] = {{.until = "", .response = to_tls, .after = SCRIPTED_CLOSE},
                                        {.response = to_http, .after = SCRIPTED_CLOSE}};
  char url[64];
  uint16_t port = 0;
  struct scripted_server *server = scripted_server_start(steps, 2, &port);
  snprintf(url, sizeof url, "%s://127.0.0.1:%u/base", scheme, (unsigned)port);
  enum xfer_scheme found = xfer_probe(url);
  char **requests = scripted_server_stop(server);
  for (int i = 0; i < 2; i++)
    free(requests[i]);
  free(requests);
  return found;
}

static void test_a_server_that_answers_without_tls_speaks_http(void **state) {
  (void)state;
  static const char ok[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  assert_int_equal(probe("https", "HTTP/1.1 400 Bad Request\r\n\r\n", ok), XFER_SCHEME_HTTP);
  assert_int_equal(probe("http", NULL, ok), XFER_SCHEME_HTTP);
}

static void test_a_server_that_answers_neither_way_is_not_known(void **state) {
  (void)state;
  assert_int_equal(probe("http", NULL, NULL), XFER_SCHEME_UNKNOWN);
  assert_int_equal(probe("http", "SSH-2.0-x\r\n", "SSH-2.0-x\r\n"), XFER_SCHEME_UNKNOWN);
  assert_int_equal(xfer_probe("http://127.0.0.1:1"), XFER_SCHEME_UNKNOWN);
  assert_int_equal(xfer_probe("no URL"), XFER_SCHEME_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_server_that_answers_without_tls_speaks_http),
      cmocka_unit_test(test_a_server_that_answers_neither_way_is_not_known),
  };
  return cmocka_run_group_tests_name("xfer_probe", tests, NULL, NULL);
}
