// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <string.h>

#include "capture/convert/import_parts.h"
#include "tests/unit/capture/convert/converting.h"

static void test_times_of_every_spelling(void **state) {
  static const struct {
    const char *text;
    int64_t seconds, ns; // date -u -d TEXT +%s; -1: refused
  } cases[] = {
      {"1970-01-01 00:00:00", 0, 0},
      {"2000-02-29T12:34:56Z", 951827696, 0},
      {"2023-11-16 18:17:03.9799600", 1700158623, 979960000},
      {"2024-05-10 00:00:00.009930+00:00", 1715299200, 9930000},
      {"2024-05-10T02:00:00+02:00", 1715299200, 0},
      {"2024-05-09T19:30:00-0430", 1715299200, 0},
      {"2024-05-09T19:00:00-05", 1715299200, 0},
      {"2199-12-31T23:59:59.123456789123Z", INT64_C(7258118399), 123456789},
      {"2100-02-29T00:00:00Z", -1, 0},
      {"2024-13-01T00:00:00Z", -1, 0},
      {"2024-05-10T24:00:00Z", -1, 0},
      {"2024-05-10T00:00:00+2", -1, 0},
      {"2024-05-10T00:00:00Zx", -1, 0},
      {"2024-05-10", -1, 0},
      {"1969-12-31T23:59:59Z", -1, 0},
      {"", -1, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t unix_ns = -7;
    bool read = import_time((struct json_slice){cases[i].text, strlen(cases[i].text)}, &unix_ns);
    int64_t expected = cases[i].seconds < 0 ? -7 : cases[i].seconds * 1000000000 + cases[i].ns;
    if (read != (cases[i].seconds >= 0) || unix_ns != expected) fail_msg("%s", cases[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_times_of_every_spelling),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
