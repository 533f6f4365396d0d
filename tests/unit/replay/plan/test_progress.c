// SPDX-License-Identifier: GPL-3.0-or-later
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/json/json_scan.h"
#include "replay/plan/progress.h"

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
  assert_int_equal(strlen(wiped),
                   1 + sizeof full - 2 + strlen("^C") + 1); // with the terminal's echo behind it
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

// What of the bar fits: a terminal of n takes n - 3.
static void test_progress_bar_is_never_as_wide_as_the_terminal(void **state) {
  (void)state;
  static const struct {
    const char *columns, *line;
  } cases[] = {
      {"200",
       "[##########..........] 5/10  W=8 B=16 rep 1  8 in flight  12.5 req/s  300 tok/s  2 failed  ETA 5 s"},
      {"102",
       "[##########..........] 5/10  W=8 B=16 rep 1  8 in flight  12.5 req/s  300 tok/s  2 failed  ETA 5 s"},
      {"100", "[#####.....] 5/10  W=8 B=16 rep 1  8 in flight  12.5 req/s  300 tok/s  2 failed  ETA 5 s"},
      {"96", "[#####.....] 5/10  W=8 B=16 rep 1  8 in flight  12.5 req/s  300 tok/s  2 failed  ETA 5 s"},
      {"80", "[#####.....] 5/10  W=8 B=16 rep 1  12.5 req/s  300 tok/s  2 failed  ETA 5 s"},
      {"60", "[#####.....] 5/10  W=8 B=16 rep 1  2 failed  ETA 5 s"},
      {"42", "5/10  W=8 B=16 rep 1  2 failed  ETA 5 s"},
      {"40", "5/10  2 failed  ETA 5 s"},
      {"30", "5/10  2 failed  ETA 5 s"},
      {"14", "5/10  2 fai"},
      {"1", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    FILE *stream = tmpfile();
    struct buf out = {0};
    struct progress progress;
    struct progress_state now = half;
    assert_non_null(stream);
    now.label = "W=8 B=16 rep 1";
    setenv("COLUMNS", cases[i].columns, 1);
    progress_open(&progress, stream, PROGRESS_BAR, 0);
    unsetenv("COLUMNS");
    progress_draw(&progress, &now, 5000 * MS);
    assert_string_equal(written(stream, &out) + 1, cases[i].line);
    fclose(stream);
    buf_free(&out);
  }
}

static void test_progress_heeds_what_the_caller_knows_is_left(void **state) {
  (void)state;
  FILE *stream = tmpfile();
  struct buf out = {0};
  struct progress progress;
  struct progress_state now = half;
  assert_non_null(stream);
  now.left_ns = 90 * CLOCK_NS_PER_S + 123 * MS;
  progress_open(&progress, stream, PROGRESS_BAR, 0);
  progress_draw(&progress, &now, 5000 * MS);
  assert_non_null(strstr(written(stream, &out), "ETA 90 s"));
  fclose(stream);
  buf_free(&out);
}

static void test_progress_json_ends_with_a_final_line(void **state) {
  (void)state;
  FILE *stream = tmpfile();
  struct buf out = {0};
  struct progress progress;
  assert_non_null(stream);
  progress_open(&progress, stream, PROGRESS_JSON, 0);
  progress_draw(&progress, &half, 5000 * MS);
  struct progress_state end = half;
  end.done = 10;
  end.left_ns = 1;
  progress_finish(&progress, &end, 5001 * MS); // at once
  const char *last = strchr(written(stream, &out), '\n') + 1;
  struct json_slice line;
  bool final = false;
  int64_t done = 0, eta = -1;
  assert_int_equal(json_scan_text(last, strlen(last), &line, NULL), STATUS_OK);
  assert_true(json_scan_bool(json_scan_get(line, "final"), &final) && final);
  assert_true(json_scan_int64(json_scan_get(line, "done"), &done) && done == 10);
  assert_true(json_scan_int64(json_scan_get(line, "eta_s"), &eta) && eta == 0);
  size_t before = out.len;
  progress.mode = PROGRESS_BAR;
  progress_finish(&progress, &end, 6000 * MS);
  assert_int_equal(strlen(written(stream, &out)), before);
  fclose(stream);
  buf_free(&out);
}

static void test_progress_bar_asks_the_terminal_for_its_width(void **state) {
  (void)state;
  int terminal, end;
  const struct winsize size = {.ws_row = 24, .ws_col = 43};
  char text[200] = "";
  struct progress progress;
  if (openpty(&terminal, &end, NULL, NULL, &size) != 0) {
    puts("skipped: no pseudo-terminal here (is /dev/pts there?)"); // a bare chroot has none
    skip();
  }
  FILE *stream = fdopen(end, "w");
  assert_non_null(stream);
  setenv("COLUMNS", "200", 1); // of another terminal
  progress_open(&progress, stream, PROGRESS_AUTO, 0);
  unsetenv("COLUMNS");
  assert_int_equal(progress.mode, PROGRESS_BAR);
  progress_draw(&progress, &half, 5000 * MS);
  assert_true(read(terminal, text, sizeof text - 1) > 0);
  assert_string_equal(text, "\r5/10  W=8 B=16  2 failed  ETA 5 s");
  fclose(stream);
  close(terminal);
}

static void test_progress_bar_cuts_a_long_label(void **state) {
  (void)state;
  FILE *stream = tmpfile();
  struct buf out = {0};
  struct progress progress;
  struct progress_state now = half;
  assert_non_null(stream);
  now.label = "rep 1: 1234 of 5678 sent";
  setenv("COLUMNS", "96", 1);
  progress_open(&progress, stream, PROGRESS_BAR, 0);
  unsetenv("COLUMNS");
  progress_draw(&progress, &now, 5000 * MS);
  assert_string_equal(
      written(stream, &out) + 1,
      "[#####.....] 5/10  rep 1: 1234 of 5678  8 in flight  12.5 req/s  300 tok/s  2 failed  ETA 5 s");
  fclose(stream);
  buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_progress_is_silent_where_no_terminal_is),
      cmocka_unit_test(test_progress_bar_is_redrawn_and_wiped),
      cmocka_unit_test(test_progress_bar_of_an_unknown_total_has_no_eta),
      cmocka_unit_test(test_progress_json_is_one_valid_line_a_second),
      cmocka_unit_test(test_progress_mode_names),
      cmocka_unit_test(test_progress_bar_is_never_as_wide_as_the_terminal),
      cmocka_unit_test(test_progress_bar_cuts_a_long_label),
      cmocka_unit_test(test_progress_bar_asks_the_terminal_for_its_width),
      cmocka_unit_test(test_progress_heeds_what_the_caller_knows_is_left),
      cmocka_unit_test(test_progress_json_ends_with_a_final_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
