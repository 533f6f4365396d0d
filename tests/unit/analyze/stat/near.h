// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the tests of the statistics room share: cmocka with its headers, and numbers that are near each other.
#ifndef TESTS_UNIT_STAT_NEAR_H
#define TESTS_UNIT_STAT_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analyze/stat/ci.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define SAMPLE(array) ((struct ci_sample){(array), COUNT_OF(array)})

// Within `tolerance` of the expected number; NaN is near nothing.
#define assert_near(actual, expected, tolerance)                                                             \
  do {                                                                                                       \
    double near_actual = (actual), near_expected = (expected);                                               \
    if (!(fabs(near_actual - near_expected) <= (tolerance))) {                                               \
      fail_msg("%s is %.10g, not %.10g", #actual, near_actual, near_expected);                               \
    }                                                                                                        \
  } while (0)

#define assert_interval(ci, estimate_, lo_, hi_, tolerance)                                                  \
  do {                                                                                                       \
    assert_near((ci).estimate, (estimate_), (tolerance));                                                    \
    assert_near((ci).lo, (lo_), (tolerance));                                                                \
    assert_near((ci).hi, (hi_), (tolerance));                                                                \
  } while (0)

// A call that must refuse: the status, and words that say why.
#define assert_refused(status, call)                                                                         \
  do {                                                                                                       \
    error.text[0] = '\0';                                                                                    \
    assert_int_equal((call), (status));                                                                      \
    assert_true(error.text[0] != '\0');                                                                      \
  } while (0)

#endif
