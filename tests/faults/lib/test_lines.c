// SPDX-License-Identifier: GPL-3.0-or-later
//
// A file of lines with a torn end is continued, while one call fails: what stood there whole stays, each line
// of ours is whole in it or counted as dropped, in order, and nothing leaks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/lines/gzline.h"
#include "tests/faults/fault.h"
#include "tests/unit/lib/record/files.h"

enum { OLD = 2, LINES = 6 };

struct outcome {
  bool opened;
  int64_t asked, refused; // lines that gzline_write was asked to take, and those that it said it did not
  enum status closed;
  struct gzline_counts counts;
};

static void make_torn(const char *path, bool compressed) {
  struct buf file = {0};
  if (compressed) {
    files_gzip("{\"old\":0}\n{\"old\":1}\n", 20, 6, &file);
    size_t whole = file.len;
    files_gzip("{\"torn\":0}\n", 11, 6, &file);
    file.len = whole + 15;
  } else {
    buf_append_text(&file, "{\"old\":0}\n{\"old\":1}\n{\"torn\":");
  }
  files_write(path, file.data, file.len);
  buf_free(&file);
}

static struct outcome go_on(const char *path, enum gzline_full full) {
  struct gzline_options options = {.existing = GZLINE_APPEND, .full = full, .flush_interval_ns = 1000000};
  struct gzline_writer *writer = NULL;
  struct error error = {""};
  struct outcome outcome = {.opened = false};
  if (gzline_writer_open(path, &options, &writer, &error)) {
    if (!error.text[0]) fail_msg("no words; %s", fault_callers());
    return outcome;
  }
  outcome.opened = true;
  for (int i = 0; i < LINES; i++) {
    char line[32];
    snprintf(line, sizeof line, "{\"new\":%d}", i);
    outcome.refused += gzline_write(writer, line, strlen(line)) != STATUS_OK;
    outcome.asked++;
    if (i % 2) (void)!gzline_writer_flush(writer, &error);
  }
  outcome.closed = gzline_writer_close(writer, &outcome.counts, &error);
  return outcome;
}

// What is wrong with the file and what was said of it; NULL: nothing.
static const char *judge(const char *path, const struct outcome *outcome) {
  struct gzline_reader *reader = NULL;
  struct error error;
  const char *line, *why = NULL;
  size_t len;
  int64_t old = 0, new = 0, last = -1;
  bool torn = false;
  if (gzline_reader_open(path, &reader, &error)) return "it cannot be opened";
  while (!why && gzline_read(reader, &line, &len, &error) == STATUS_OK) {
    int number;
    if (len == 9 && memcmp(line, "{\"old\":", 7) == 0 && line[7] - '0' == old) {
      old++;
    } else if (len == 9 && memcmp(line, "{\"new\":", 7) == 0 && (number = line[7] - '0') > last &&
               old == OLD) {
      last = number;
      new ++;
    } else {
      why = "a line that was never written, or not there";
    }
  }
  torn = gzline_reader_damage(reader).torn_end;
  gzline_reader_close(reader);
  if (why) return why;
  if (old != OLD) return "what stood there whole is gone";
  if (!outcome->opened) return new == 0 ? NULL : "lines of a writer that never opened";
  if (torn) return "its end is torn";
  if (new + outcome->counts.dropped != outcome->asked)
    return "lines that are neither there nor counted as dropped";
  if (outcome->counts.dropped > outcome->refused && outcome->counts.write_status == STATUS_OK &&
      outcome->closed == STATUS_OK)
    return "lines were lost and no status says so";
  return NULL;
}

static void loop(const char *name, bool compressed, enum gzline_full full) {
  if (!fault_is_possible) skip();
  char *path = files_path(name);
  long wrong = 0;
  for (int call = 0; call < FAULT_CALLS; call++) {
    long n = 0, leaks = 0;
    bool hit = true;
    make_torn(path, compressed); // once without a fault: what is allocated once and for all
    struct outcome outcome = go_on(path, full);
    assert_null(judge(path, &outcome));
    while (hit) {
      make_torn(path, compressed);
      long live = fault_live();
      fault_arm((enum fault_call)call, ++n);
      outcome = go_on(path, full);
      hit = fault_disarm();
      leaks = fault_live() - live;
      const char *why = judge(path, &outcome);
      if (!why && leaks) why = "a leak";
      if (why) printf("%s, %s %ld: %s\n%s", name, fault_names[call], n, why, fault_callers());
      wrong += why != NULL;
    }
    printf("%s: %ld calls (%s) failed one by one, then none hit\n", name, n - 1, fault_names[call]);
  }
  free(path);
  assert_int_equal(wrong, 0);
}

static void test_a_plain_file_that_drops_lines_rather_than_wait(void **state) {
  (void)state;
  loop("drop.jsonl", false, GZLINE_DROP);
}

static void test_a_gzip_file_that_drops_lines_rather_than_wait(void **state) {
  (void)state;
  loop("drop.jsonl.gz", true, GZLINE_DROP);
}

static void test_a_plain_file_that_waits(void **state) {
  (void)state;
  loop("wait.jsonl", false, GZLINE_WAIT);
}

static void test_a_gzip_file_that_waits(void **state) {
  (void)state;
  loop("wait.jsonl.gz", true, GZLINE_WAIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_plain_file_that_drops_lines_rather_than_wait),
      cmocka_unit_test(test_a_gzip_file_that_drops_lines_rather_than_wait),
      cmocka_unit_test(test_a_plain_file_that_waits),
      cmocka_unit_test(test_a_gzip_file_that_waits),
  };
  return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
