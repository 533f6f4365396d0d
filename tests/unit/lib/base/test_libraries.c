// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/libraries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

// The unit tests of lib are linked with all that lib needs, and with nothing else.
static void test_libraries_are_those_that_are_loaded(void **state) {
  (void)state;
  struct library library;
  size_t position = 0;
  unsigned zlib = 0, curl = 0;
  while (libraries_next(&position, &library)) {
    assert_true(library.name[0] != '\0' && library.version[0] >= '0' && library.version[0] <= '9');
    if (strcmp(library.name, "zlib") == 0) zlib += strcmp(library.version, zlibVersion()) == 0;
    curl += strcmp(library.name, "libcurl") == 0;
    assert_string_not_equal(library.name, "libmicrohttpd");
  }
  assert_int_equal(zlib, 1);
  assert_true(curl <= 1);
  assert_false(libraries_next(&position, &library));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_libraries_are_those_that_are_loaded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
