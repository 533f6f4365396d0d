// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/json_scan.h"
#include "lib/base/progress.h"

#define MS CLOCK_NS_PER_MS

// All that the stream holds.
static const char *written(FILE *stream, struct buf *out) {
  char chunk[1024];
  size_t got;
  buf_clear(out);
  fflush(stream);
  rewind(stream);
  while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
    buf_append(out, chunk, got);
  fseek(stream, 0, SEEK_END);
  return buf_text(out);
}

static const struct progress_state half = {.done = 5,
                                           .total = 10,
                                           .in_flight = 8,
                                           .requests = 123,
                                           .failed = 2,
                                           .output_tokens = 4567,
                                           .requests_per_s = 12.5,
                                           .tokens_per_s = 300,
                                           .label = "W=8 B=16"};

static void test_progress_is_silent_where_no_terminal_is(void **state) {
  (void)state;
  FILE *stream = tmpfile();
  struct buf out = {0};
  struct progress progress;
  assert_non_null(stream);
  progress_open(&progress, stream, PROGRESS_AUTO, 1);
  assert_int_equal(progress.mode, PROGRESS_NONE);
  progress_draw(&progress, &half, 100 * CLOCK_NS_PER_S);
  progress_wipe(&progress);
  assert_string_equal(written(stream, &out), "");
  fclose(stream);
  buf_free(&out);
}

static void test_progress_bar_is_redrawn_and_wiped(void **state) {
  (void)state;
  FILE *stream = tmpfile();
  struct buf out = {0};
  struct progress progress;
  assert_non_null(stream);
  progress_open(&progress, stream, PROGRESS_BAR, 1000 * MS);
  progress_draw(&progress, &half, 6000 * MS);
  static const char line[] =
      "\r[##########..........] 5/10  W=8 B=16  8 in flight  12.5 req/s  300 tok/s  2 failed  ETA 5 s";
  assert_string_equal(written(stream, &out), line);
  progress_draw(&progress, &half, 6099 * MS); // too soon
  assert_int_equal(strlen(written(stream, &out)), sizeof line - 1);
  struct progress_state done = half;
  done.done = 10;
  done.label = NULL;
  progress_draw(&progress, &done, 6100 * MS);
  const char *second = written(stream, &out) + sizeof line - 1;
  static const char full[] =
      "\r[####################] 10/10  8 in flight  12.5 req/s  300 tok/s  2 failed  ETA 0 s";
  assert_memory_equal(second, full, sizeof full - 1);
  assert_int_equal(strlen(second), sizeof line - 1); // what stood there longer is covered
  size_t before = out.len;
  progress_wipe(&progress);
  const char *wiped = written(stream, &out) + before;
  assert_int_equal(wiped[0], '\r');
  assert_int_equal(strspn(wiped + 1, " "), strlen(wiped) - 2);
  assert_int_equal(wiped[strlen(wiped) - 1], '\r');
  before = out.len;
  progress_wipe(&progress); // nothing stands there
  assert_int_equal(strlen(written(stream, &out)), before);
  progress_draw(&progress, &done, 6110 * MS); // and comes back at once
  assert_true(strlen(written(stream, &out)) > before);
  fclose(stream);
  buf_free(&out);
}

static void test_progress_bar_of_an_unknown_total_has_no_eta(void **state) {
  (void)state;
  FILE *stream = tmpfile();
  struct buf out = {0};
  struct progress progress;
  struct progress_state unknown = {.done = 3};
  assert_non_null(stream);
  progress_open(&progress, stream, PROGRESS_BAR, 0);
  progress_draw(&progress, &unknown, 1000 * MS);
  assert_non_null(strstr(written(stream, &out), "[....................] 3/0"));
  assert_null(strstr(out.data, "ETA"));
  fclose(stream);
  buf_free(&out);
}

static void test_progress_json_is_one_valid_line_a_second(void **state) {
  (void)state;
  FILE *stream = tmpfile();
  struct buf out = {0};
  struct progress progress;
  assert_non_null(stream);
  progress_open(&progress, stream, PROGRESS_JSON, 1000 * MS);
  struct progress_state odd = half;
  odd.label = "a \"quoted\"\nlabel";
  progress_draw(&progress, &odd, 3500 * MS);
  progress_draw(&progress, &odd, 4499 * MS); // too soon
  progress_draw(&progress, &half, 4500 * MS);
  const char *text = written(stream, &out);
  const char *first_end = strchr(text, '\n');
  assert_non_null(first_end);
  struct json_slice value;
  double number;
  assert_int_equal(json_scan_text(text, (size_t)(first_end - text), &value, NULL), STATUS_OK);
  assert_true(json_slice_is(json_scan_get(value, "type"), "\"progress\""));
  assert_true(json_scan_number(json_scan_get(value, "elapsed_s"), &number) && number == 2.5);
  assert_true(json_scan_number(json_scan_get(value, "eta_s"), &number) && number == 2.5);
  assert_true(json_scan_number(json_scan_get(value, "requests"), &number) && number == 123);
  assert_true(json_scan_number(json_scan_get(value, "output_tokens"), &number) && number == 4567);
  assert_true(json_scan_number(json_scan_get(value, "requests_per_s"), &number) && number == 12.5);
  assert_true(json_slice_is(json_scan_get(value, "label"), "\"a \\\"quoted\\\"\\nlabel\""));
  const char *second_end = strchr(first_end + 1, '\n');
  assert_non_null(second_end);
  assert_int_equal(second_end[1], '\0'); // two lines, not three
  fclose(stream);
  buf_free(&out);
}

static void test_progress_mode_names(void **state) {
  (void)state;
  static const char *const names[] = {"auto", "none", "bar", "json"};
  struct error error = {.text = ""};
  enum progress_mode mode = PROGRESS_NONE;
  for (int i = 0; i < 4; i++) {
    assert_int_equal(progress_mode_parse(names[i], &mode, &error), STATUS_OK);
    assert_int_equal(mode, i);
  }
  assert_int_equal(progress_mode_parse("dots", &mode, &error), STATUS_USAGE);
  assert_string_equal(error.text, "'dots' is not one of auto, none, bar, json");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_progress_is_silent_where_no_terminal_is),
      cmocka_unit_test(test_progress_bar_is_redrawn_and_wiped),
      cmocka_unit_test(test_progress_bar_of_an_unknown_total_has_no_eta),
      cmocka_unit_test(test_progress_json_is_one_valid_line_a_second),
      cmocka_unit_test(test_progress_mode_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
