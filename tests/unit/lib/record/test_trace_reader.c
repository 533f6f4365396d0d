// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record/trace.h"
#include "tests/unit/lib/record/files.h"

static struct error error;

static const char two_segments[] = "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":1000.5,\"tool\":"
                                   "\"capture 0.1.0\",\"upstream\":\"http://h\"}\n"
                                   "{\"type\":\"request\",\"seq\":0,\"t_s\":0.25}\n"
                                   "\n"
                                   "{\"type\":\"request\",\"seq\":-5,\"t_s\":0.25}\n"
                                   "{\"type\":\"note\",\"text\":\"later\"}\n"
                                   "{\"type\":\"response\",\"seq\":0,\"t_s\":0.5}\n"
                                   "{\"type\":\"end\",\"requests\":2,\"responses\":1,\"dropped\":3}\n"
                                   "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":2000}\n"
                                   "not a record\n"
                                   "{\"type\":\"request\",\"seq\":1,\"t_s\":0}\n"
                                   "{\"type\":\"end\",\"requests\":1,\"responses\":0,\"dropped\":4}\n"
                                   "{\"type\":\"requ";

static void test_a_file_of_two_segments_is_read_and_counted(void **state) {
  (void)state;
  char *path = files_path("two.jsonl");
  files_write(path, two_segments, sizeof two_segments - 1);
  struct trace_reader *reader = NULL;
  assert_int_equal(trace_reader_open(path, &reader, &error), STATUS_OK);
  static const struct {
    enum trace_kind kind;
    double start_unix_s;
  } want[] = {{TRACE_HEADER, 1000.5}, {TRACE_REQUEST, 1000.5}, {TRACE_RESPONSE, 1000.5}, {TRACE_END, 1000.5},
              {TRACE_HEADER, 2000},   {TRACE_REQUEST, 2000},   {TRACE_END, 2000}};
  struct trace_record record;
  double start_unix_s;
  for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
    assert_int_equal(trace_read(reader, &record, &start_unix_s, &error), STATUS_OK);
    assert_int_equal(record.kind, want[i].kind);
    assert_true(start_unix_s == want[i].start_unix_s);
  }
  assert_int_equal(trace_read(reader, &record, NULL, &error), STATUS_END);
  struct trace_reader_counts counts = trace_reader_counts(reader);
  assert_int_equal(counts.segments, 2);
  assert_int_equal(counts.requests, 2);
  assert_int_equal(counts.responses, 1);
  assert_int_equal(counts.ends, 2);
  assert_int_equal(counts.dropped, 7);
  assert_int_equal(counts.bad_lines, 2);
  assert_int_equal(counts.first_bad_line, 4);
  assert_int_equal(counts.damage.places, 1);
  assert_true(counts.damage.torn_end);
  trace_reader_close(reader);
  free(path);
}

static void test_what_is_no_trace_is_refused_with_words(void **state) {
  (void)state;
  static const char *const files[] = {
      "{\"type\":\"run\",\"version\":1,\"start_unix_s\":0}\n",
      "{\"type\":\"request\",\"seq\":0,\"t_s\":0}\n",
      "\n\nworkers,batch\n",
      "{\"type\":\"trace\",\"version\":2,\"start_unix_s\":0}\n",
      "{\"type\":\"trace\",\"version\":1}\n",
  };
  char *path = files_path("other.jsonl");
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    files_write(path, files[i], strlen(files[i]));
    struct trace_reader *reader = NULL;
    struct trace_record record;
    assert_int_equal(trace_reader_open(path, &reader, &error), STATUS_OK);
    assert_int_equal(trace_read(reader, &record, NULL, &error), STATUS_FORMAT);
    char words[200];
    snprintf(words, sizeof words, "%s: line %d: not a trace: ", path, i == 2 ? 3 : 1);
    if (strncmp(error.text, words, strlen(words)) != 0) fail_msg("%s", error.text);
    trace_reader_close(reader);
  }
  files_write(path, "", 0);
  struct trace_reader *reader = NULL;
  struct trace_record record;
  assert_int_equal(trace_reader_open(path, &reader, &error), STATUS_OK);
  assert_int_equal(trace_read(reader, &record, NULL, &error), STATUS_END);
  assert_int_equal(trace_reader_counts(reader).segments, 0);
  trace_reader_close(reader);
  trace_reader_close(NULL);
  free(path);
}

static void test_records_of_a_later_version_and_blank_lines_are_passed_over(void **state) {
  (void)state;
  static const char lines[] = "\n{\"type\":\"trace\",\"version\":1,\"start_unix_s\":5}\n \t\n"
                              "{\"type\":\"later\",\"a\":1}\n{\"type\":\"request\",\"seq\":3,\"t_s\":0}\n";
  char *path = files_path("later.jsonl");
  struct trace_reader *reader = NULL;
  struct trace_record record;
  files_write(path, lines, sizeof lines - 1);
  assert_int_equal(trace_reader_open(path, &reader, &error), STATUS_OK);
  assert_int_equal(trace_read(reader, &record, NULL, &error), STATUS_OK);
  assert_int_equal(record.kind, TRACE_HEADER);
  assert_int_equal(trace_read(reader, &record, NULL, &error), STATUS_OK);
  assert_int_equal(record.kind, TRACE_REQUEST);
  assert_int_equal(record.request.seq, 3);
  assert_int_equal(trace_read(reader, &record, NULL, &error), STATUS_END);
  assert_int_equal(trace_read(reader, &record, NULL, &error), STATUS_END); // and stays there
  assert_int_equal(trace_reader_counts(reader).bad_lines, 0);
  assert_int_equal(trace_reader_counts(reader).ends, 0);
  trace_reader_close(reader);
  free(path);
}

static void test_a_missing_file_is_named(void **state) {
  (void)state;
  struct trace_reader *reader = NULL;
  assert_int_equal(trace_reader_open("/no/such/trace", &reader, &error), STATUS_NOT_FOUND);
  assert_non_null(strstr(error.text, "/no/such/trace"));
  assert_null(reader);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_file_of_two_segments_is_read_and_counted),
      cmocka_unit_test(test_what_is_no_trace_is_refused_with_words),
      cmocka_unit_test(test_records_of_a_later_version_and_blank_lines_are_passed_over),
      cmocka_unit_test(test_a_missing_file_is_named),
  };
  return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
