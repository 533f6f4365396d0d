// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

static void test_a_form_body_is_cleaned_as_a_form(void **state) {
  (void)state;
  // coreutils' base64 of q=tide&api_key=sk-1
  struct converted converted =
      converting("vegeta", "{\"method\":\"POST\",\"url\":\"/f\",\"header\":{\"Content-Type\":[\"application/"
                           "x-www-form-urlencoded\"]},\"body\":\"cT10aWRlJmFwaV9rZXk9c2stMQ==\"}\n");
  assert_int_equal(converted_request(&converted, 0).body_kind, TRACE_BODY_TEXT);
  assert_slice(converted_request(&converted, 0).body, "q=tide&api_key=***");
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_form_body_is_cleaned_as_a_form),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
