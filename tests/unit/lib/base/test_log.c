// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/log.h"

// All that the stream holds.
static const char *written(FILE *stream, char *out, size_t size) {
  fflush(stream);
  rewind(stream);
  out[fread(out, 1, size - 1, stream)] = '\0';
  fseek(stream, 0, SEEK_END);
  return out;
}

static void test_log_levels(void **state) {
  (void)state;
  static const struct {
    enum log_level level;
    const char *expected;
  } rows[] = {{LOG_QUIET, "tool: bad 1\n"},
              {LOG_NORMAL, "tool: bad 1\ntool: note 2\n"},
              {LOG_VERBOSE, "tool: bad 1\ntool: note 2\ntool: detail 3\n"}};
  for (size_t i = 0; i < 3; i++) {
    char text[256];
    FILE *stream = tmpfile();
    assert_non_null(stream);
    struct log log = {.stream = stream, .tool = "tool", .level = rows[i].level};
    log_error(&log, "bad %d", 1);
    log_notice(&log, "note %d", 2);
    log_detail(&log, "detail %d", 3);
    assert_string_equal(written(stream, text, sizeof text), rows[i].expected);
    fclose(stream);
  }
  struct log silent = {.stream = NULL, .tool = "tool", .level = LOG_VERBOSE};
  log_error(&silent, "no stream, no line");
}

static void test_log_a_peers_words_cannot_drive_the_terminal(void **state) {
  (void)state;
  char text[256];
  FILE *stream = tmpfile();
  assert_non_null(stream);
  struct log log = {.stream = stream, .tool = "tool", .level = LOG_NORMAL};
  log_error(&log, "%s",
            "a\x1b[31mb\r\nc\td\x7f \xC2\x9B"
            "1m é");
  written(stream, text, sizeof text);
  assert_string_equal(text, "tool: a?[31mb??c?d? ??1m é\n");
  fclose(stream);
}

static void wipe(void *context) {
  struct log *log = context;
  fputs("<wiped>", log->stream);
}

static void test_log_wipes_the_progress_line_first(void **state) {
  (void)state;
  char text[256];
  FILE *stream = tmpfile();
  assert_non_null(stream);
  struct log log = {.stream = stream, .tool = "tool", .level = LOG_NORMAL, .wipe_line = wipe};
  log.line_context = &log;
  log_detail(&log, "not shown, so nothing is wiped");
  log_notice(&log, "shown");
  assert_string_equal(written(stream, text, sizeof text), "<wiped>tool: shown\n");
  fclose(stream);
}

static void test_log_due_once_per_interval(void **state) {
  (void)state;
  int64_t last = 0;
  assert_true(log_due(&last, 1000, 500));
  assert_false(log_due(&last, 1499, 500));
  assert_true(log_due(&last, 1500, 500));
  assert_false(log_due(&last, 1501, 500));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_log_levels),
      cmocka_unit_test(test_log_a_peers_words_cannot_drive_the_terminal),
      cmocka_unit_test(test_log_wipes_the_progress_line_first),
      cmocka_unit_test(test_log_due_once_per_interval),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
