// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay/plan/rate_series.h"

static enum status read_text(const char *text, struct rate_series *out, struct error *error) {
  char path[] = "/tmp/rate_series.XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  enum status status = rate_series_read(path, out, error);
  unlink(path);
  return status;
}

static void test_columns_are_found_by_name_and_rates_are_integrated(void **state) {
  (void)state;
  struct rate_series series;
  struct error error = {""};
  assert_int_equal(
      read_text("\xef\xbb\xbfnote,rate,t_s\r\na,0,0\r\n\r\nb,10,4\r\nc,2,4\r\nd,2,9", &series, &error),
      STATUS_OK);
  static const struct rate_series_point expected[] = {{0, 0, 0}, {4, 10, 20}, {4, 2, 20}, {9, 2, 30}};
  assert_int_equal(series.count, 4);
  for (size_t i = 0; i < 4; i++) {
    assert_true(series.points[i].t_s == expected[i].t_s && series.points[i].rate == expected[i].rate);
    assert_true(series.points[i].before == expected[i].before);
  }
  assert_true(rate_series_end_s(&series) == 9);
  size_t from = 0;
  assert_true(rate_series_instant_s(&series, 0, &from) == 0);
  assert_true(fabs(rate_series_instant_s(&series, 5, &from) - 2) < 1e-12); // 10/4 x t^2/2
  assert_true(rate_series_instant_s(&series, 20, &from) == 4);
  assert_true(fabs(rate_series_instant_s(&series, 25, &from) - 6.5) < 1e-12);
  assert_true(isinf(rate_series_instant_s(&series, 30, &from)));
  rate_series_free(&series);
}

static void test_time_without_requests_is_skipped(void **state) {
  (void)state;
  struct rate_series series;
  assert_int_equal(read_text("t_s,rate\n0,0\n5,0\n5,1\n7,1\n7,0\n8,0\n9,2\n", &series, NULL), STATUS_OK);
  size_t from = 0;
  assert_true(rate_series_instant_s(&series, 0, &from) == 5);
  assert_true(rate_series_instant_s(&series, 2, &from) == 8);
  assert_true(fabs(rate_series_instant_s(&series, 2.25, &from) - 8.5) < 1e-12);
  rate_series_free(&series);
}

static void test_what_is_wrong_is_said_with_its_line(void **state) {
  (void)state;
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"", "a series needs two points at least"},
      {"t_s,rate\n0,1\n", "a series needs two points at least"},
      {"time,rate\n0,1\n", "line 1: no header that names the columns t_s and rate"},
      {"t_s,rate\n0,1\n1,-2\n", "line 3: rate: '-2'"},
      {"t_s,rate\n0,1\n1,2000000\n", "line 3: rate: '2000000'"},
      {"t_s,rate\n0,1\n\nten,2\n", "line 4: t_s: 'ten'"},
      {"t_s,rate\n0,1\n1\n", "line 3: rate: ''"},
      {"t_s,rate\n1,1\n2,1\n", "line 2: the first t_s is 1; a series begins at 0"},
      {"t_s,rate\n0,1\n5,1\n4,1\n", "line 4: t_s 4 is before 5"},
      {"t_s,rate\n0,0\n5,0\n", "no request is due"},
      {"t_s,rate\n0,1\n0,2\n", "no request is due"},
      {"t_s,rate\n0,1\n1,\"2\n", "quote"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct rate_series series = {0};
    struct error error = {""};
    assert_int_equal(read_text(cases[i].text, &series, &error), STATUS_USAGE);
    if (!strstr(error.text, cases[i].words)) fail_msg("expected '%s' in '%s'", cases[i].words, error.text);
    assert_null(series.points);
  }
  struct rate_series series;
  struct error error = {""};
  assert_int_equal(rate_series_read("/no/such/series", &series, &error), STATUS_NOT_FOUND);
  assert_non_null(strstr(error.text, "/no/such/series"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_columns_are_found_by_name_and_rates_are_integrated),
      cmocka_unit_test(test_time_without_requests_is_skipped),
      cmocka_unit_test(test_what_is_wrong_is_said_with_its_line),
  };
  return cmocka_run_group_tests_name("rate_series", tests, NULL, NULL);
}
