// SPDX-License-Identifier: GPL-3.0-or-later
//
// Contrast against the figures that WCAG and its tools publish.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/report/colour.h"

static const struct colour black = {0, 0, 0};

static void test_contrast_is_that_of_wcag(void **state) {
  (void)state;
  assert_float_equal(colour_contrast(black, colour_white), 21, 1e-9);
  assert_float_equal(colour_contrast(colour_white, black), 21, 1e-9);
  assert_float_equal(colour_contrast(colour_white, colour_white), 1, 1e-9);
  // #767676 is the lightest grey that reaches 4.5 on white (technique G18); #777777 falls short with 4.48.
  assert_float_equal(colour_contrast((struct colour){0x76, 0x76, 0x76}, colour_white), 4.54, 0.005);
  assert_float_equal(colour_contrast((struct colour){0x77, 0x77, 0x77}, colour_white), 4.48, 0.005);
  assert_float_equal(colour_contrast((struct colour){0xFF, 0, 0}, colour_white), 4.00, 0.005);
  assert_float_equal(colour_contrast((struct colour){0, 0, 0xFF}, colour_white), 8.59, 0.005);
}

static void test_every_colour_becomes_readable_on_both_pages(void **state) {
  (void)state;
  for (unsigned red = 0; red < 256; red += 17) {
    for (unsigned green = 0; green < 256; green += 17) {
      for (unsigned blue = 0; blue < 256; blue += 17) {
        struct colour colour = {(unsigned char)red, (unsigned char)green, (unsigned char)blue};
        assert_true(colour_contrast(colour_readable(colour, colour_white, 4.5), colour_white) >= 4.5);
        assert_true(colour_contrast(colour_readable(colour, colour_night, 4.5), colour_night) >= 4.5);
      }
    }
  }
}

static void test_a_readable_colour_stays_as_it_is(void **state) {
  (void)state;
  assert_string_equal(colour_hex(colour_readable((struct colour){0, 114, 178}, colour_white, 4.5)).text,
                      "#0072B2");
  assert_string_equal(colour_hex(colour_readable((struct colour){255, 200, 0}, colour_night, 4.5)).text,
                      "#FFC800");
}

static void test_at_night_greys_trade_places(void **state) {
  (void)state;
  assert_string_equal(colour_hex(colour_at_night((struct colour){64, 64, 64})).text, "#BFBFBF");
  struct colour faint = colour_at_night((struct colour){216, 216, 216}); // a grid line stays one
  assert_true(colour_contrast(faint, colour_night) < 2);
  assert_true(colour_contrast(faint, colour_night) > 1.2);
  assert_true(colour_contrast(colour_at_night((struct colour){0, 0, 139}), colour_night) >= 4.5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_contrast_is_that_of_wcag),
      cmocka_unit_test(test_every_colour_becomes_readable_on_both_pages),
      cmocka_unit_test(test_a_readable_colour_stays_as_it_is),
      cmocka_unit_test(test_at_night_greys_trade_places),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
