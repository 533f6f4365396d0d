// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/http/hop_by_hop.h"

static void test_hop_by_hop_fields_are_those_of_the_rfc(void **state) {
  (void)state;
  // RFC 9110 7.6.1, and the proxy's own of 11.7
  static const char *const hop[] = {
      "Connection", "keep-alive",         "Proxy-Connection",   "TE", "Upgrade", "TRANSFER-ENCODING",
      "Trailer",    "Proxy-Authenticate", "proxy-authorization"};
  static const char *const end[] = {"Content-Length", "Cache-Control", "TE2", "T", "", "Authorization"};
  for (size_t i = 0; i < sizeof hop / sizeof hop[0]; i++)
    assert_true(hop_by_hop_is(hop[i], strlen(hop[i])));
  for (size_t i = 0; i < sizeof end / sizeof end[0]; i++)
    assert_false(hop_by_hop_is(end[i], strlen(end[i])));
  assert_true(hop_by_hop_is("TE: trailers", 2)); // the length counts, no NUL is needed
}

static bool nominates(const char *connection, const char *name) {
  return hop_by_hop_nominates(connection, strlen(connection), name, strlen(name));
}

static void test_connection_nominates_fields_by_whole_tokens(void **state) {
  (void)state;
  assert_true(nominates("X-Foo", "x-foo"));
  assert_true(nominates("close, X-Foo", "X-Foo"));
  assert_true(nominates(" ,, \tX-Foo\t ,close", "X-Foo"));
  assert_false(nominates("X-Foobar", "X-Foo"));
  assert_false(nominates("X-Fo", "X-Foo"));
  assert_false(nominates("X-Foo X-Bar", "X-Foo"));
  assert_false(nominates("", "X-Foo"));
  assert_false(nominates(",", ""));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hop_by_hop_fields_are_those_of_the_rfc),
      cmocka_unit_test(test_connection_nominates_fields_by_whole_tokens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
