// SPDX-License-Identifier: GPL-3.0-or-later
//
// A recording that changes its file, while one call fails: each line is in one of the files, whole and in
// order, or counted as dropped; a file that has its final name is complete.
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/record/tracefile.h"
#include "tests/faults/fault.h"

static char folder[] = "/tmp/tidemark-tracefile-XXXXXX";

struct outcome {
  bool begun;
  int64_t asked, refused;
  enum status closed;
  struct gzline_counts counts;
};

static void write_line(struct tracefile *file, struct outcome *outcome) {
  char line[32];
  snprintf(line, sizeof line, "{\"n\":%d}", (int)outcome->asked++);
  outcome->refused += tracefile_write(file, line, strlen(line)) != STATUS_OK;
}

// Two files, two lines in each, and what stands at the end of the first and the start of the second.
static struct outcome record(void) {
  char name[128];
  snprintf(name, sizeof name, "%s/trace.jsonl.gz", folder);
  struct tracefile_options options = {
      .name = name, .rotation = {.bytes = 1}, .queue_bytes = 1 << 20, .flush_interval_ns = 1000000};
  struct outcome outcome = {.begun = false};
  struct tracefile *file = NULL;
  struct error error = {""};
  if (tracefile_open(&options, &file, &error)) return outcome;
  if (tracefile_begin(file, &error) == STATUS_OK) {
    outcome.begun = true;
    for (int i = 0; i < 2; i++)
      write_line(file, &outcome);
    (void)!tracefile_flush(file, &error);
    bool changed = false;
    static const char last[] = "{\"end\":1}", first[] = "{\"start\":1}";
    (void)tracefile_next(file, (struct json_slice){last, sizeof last - 1},
                         (struct json_slice){first, sizeof first - 1}, &changed, &error);
    for (int i = 0; i < 2; i++)
      write_line(file, &outcome);
  }
  outcome.closed = tracefile_close(file, &outcome.counts, &error);
  return outcome;
}

// Counts our lines in a file. False: a line is none of ours, or its end is torn.
static bool count_lines(const char *path, int64_t *found) {
  struct gzline_reader *reader = NULL;
  struct error error;
  const char *line;
  size_t len;
  bool good = true;
  if (gzline_reader_open(path, &reader, &error)) return false;
  while (gzline_read(reader, &line, &len, &error) == STATUS_OK) {
    bool ours = len == 7 && memcmp(line, "{\"n\":", 5) == 0;
    good = good && (ours || (len > 7 && (line[2] == 'e' || line[2] == 's')));
    *found += ours;
  }
  good = good && !gzline_reader_damage(reader).torn_end;
  gzline_reader_close(reader);
  return good;
}

// Reads and removes all files. What is wrong with them; NULL: nothing.
static const char *judge(const struct outcome *outcome) {
  DIR *dir = opendir(folder);
  struct dirent *entry;
  const char *why = NULL;
  int64_t found = 0;
  assert_non_null(dir);
  while ((entry = readdir(dir))) {
    char path[400];
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (!count_lines(path, &found)) why = "a file that is not whole";
    unlink(path);
  }
  closedir(dir);
  if (why || !outcome->begun) return why;
  if (found + outcome->counts.dropped < outcome->asked)
    return "lines are neither there nor counted as dropped";
  if (found < outcome->asked - outcome->refused && outcome->counts.write_status == STATUS_OK &&
      outcome->closed == STATUS_OK)
    return "lines were lost and no status says so";
  return NULL;
}

static void test_every_call_fails_once(void **state) {
  (void)state;
  if (!fault_is_possible) skip();
  long wrong = 0;
  for (int call = 0; call < FAULT_CALLS; call++) {
    struct outcome outcome = record();
    assert_null(judge(&outcome));
    long n = 0;
    bool hit = true;
    while (hit) {
      long live = fault_live();
      fault_arm((enum fault_call)call, ++n);
      outcome = record();
      hit = fault_disarm();
      const char *why = fault_live() != live ? "a leak" : NULL, *file = judge(&outcome);
      if (file) why = file;
      if (why) printf("%s %ld: %s\n%s", fault_names[call], n, why, fault_callers());
      wrong += why != NULL;
    }
    printf("%ld calls (%s) failed one by one, then none hit\n", n - 1, fault_names[call]);
  }
  assert_int_equal(wrong, 0);
}

static int setup(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_call_fails_once)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
