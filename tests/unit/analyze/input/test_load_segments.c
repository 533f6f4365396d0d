// SPDX-License-Identifier: GPL-3.0-or-later
//
// Several segments and several runs: which belong together, and which part of a file is of no use.
// clang-format off
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
// clang-format on

#include "lib/lines/gzline.h"
#include "tests/unit/analyze/scenario.h"

#define BATCH(session, rep, tokens)                                                                          \
  "{\"type\":\"batch\",\"session\":" #session ",\"workers\":2,\"batch\":2,\"rep\":" #rep                     \
  ",\"start_s\":1,\"total_s\":2,\"requests\":2,\"output_tokens\":" #tokens ",\"errors\":{}}\n"
#define TRACE(digits) ",\"trace_digest\":\"sha256:" digits "\""
#define SENT(digits) ",\"sent_digest\":\"sha256:" digits "\""
#define NEWER "{\"type\":\"run\",\"version\":2,\"start_unix_s\":9}\n"

static const struct load_notice *notice_of(const struct load_data *data, enum warning_code code) {
  for (size_t i = 0; i < data->notice_count; i++) {
    if (data->notices[i].code == code) return &data->notices[i];
  }
  return NULL;
}

static struct load_data read_runs(const char *first, const char *second) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  if (scenario_load(&data, first, &error) || (second && scenario_load(&data, second, &error)) ||
      load_finish(&data, &error))
    fail_msg("%s", error.text);
  return data;
}

static void test_what_pooled_runs_differ_in_is_named(void **state) {
  (void)state;
  static const struct {
    const char *one, *other, *words; // NULL: nothing to be said
  } cases[] = {
      {"", "", NULL},
      {",\"model\":\"a\"", ",\"model\":\"b\"", "model (a, b)"},
      {",\"model\":\"a\"", "", "model (a, as recorded)"},
      {",\"url\":\"http://x:1\"", ",\"url\":\"http://x:2\"", "url (http://x:1, http://x:2)"},
      {",\"api\":\"auto\"", ",\"api\":\"ollama\"", "api (auto, ollama)"},
      {",\"trace_digest\":\"sha256:0123456789abcdef\"", ",\"trace_digest\":\"sha256:0123456789abffff\"",
       "trace (sha256:0123456789ab..., sha256:0123456789ab...)"},
      // by what was really sent where both say it
      {TRACE("aa") SENT("1"), TRACE("bb") SENT("1"), NULL},
      {TRACE("aa") SENT("1"), TRACE("aa") SENT("2"), "requests as sent (sha256:1, sha256:2)"},
      {TRACE("aa") SENT("1"), TRACE("aa"), NULL},
      {TRACE("aa") SENT("1"), TRACE("bb"), "trace (sha256:aa, sha256:bb)"},
      {",\"server\":\"serve\"", "", "server (managed, not managed)"},
      {",\"arguments\":[\"replay\",\"--max-tokens\",\"1k\"]",
       ",\"arguments\":[\"replay\",\"--max-tokens=1000\"]", NULL},
      {",\"arguments\":[\"replay\",\"--max-tokens\",\"64\"]", ",\"arguments\":[\"replay\",\"-r\",\"64\"]",
       "max-tokens (64, as recorded)"},
      {",\"model\":\"a\",\"api\":\"auto\"", ",\"model\":\"b\",\"api\":\"http\"",
       "model (a, b), api (auto, http)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char first[1000], second[1000];
    snprintf(first, sizeof first, SCENARIO_HEADER("1", "%s") "%s", cases[i].one,
             BATCH(0, 0, 100) SCENARIO_END);
    snprintf(second, sizeof second, SCENARIO_HEADER("2", "%s") "%s", cases[i].other,
             BATCH(0, 0, 100) SCENARIO_END);
    struct load_data data = read_runs(first, second);
    const struct load_notice *notice = notice_of(&data, WARNING_UNLIKE_INPUTS);
    assert_int_equal(data.cells[0].count, 2); // pooled, since that was asked for
    assert_false(data.lost);
    if (cases[i].words) {
      assert_non_null(notice);
      assert_string_equal(notice->words, cases[i].words);
    } else {
      assert_null(notice);
    }
    load_free(&data);
  }
}

static void test_a_baseline_is_compared_by_what_was_sent(void **state) {
  (void)state;
  static const struct {
    const char *baseline, *run, *words; // NULL: nothing to be said
  } cases[] = {
      {TRACE("aa") SENT("1"), TRACE("bb") SENT("1"), NULL},
      {TRACE("aa") SENT("1"), TRACE("aa") SENT("2"), "requests as sent (sha256:1, sha256:2)"},
      {TRACE("aa"), TRACE("bb") SENT("2"), "trace (sha256:aa, sha256:bb)"}, // an older replay did not say it
      {",\"url\":\"http://x:1\"" SENT("1"), ",\"url\":\"http://x:2\"" SENT("1"), NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char texts[2][1000];
    snprintf(texts[0], sizeof texts[0], SCENARIO_HEADER("1", "%s") "%s", cases[i].baseline,
             BATCH(0, 0, 100) SCENARIO_END);
    snprintf(texts[1], sizeof texts[1], SCENARIO_HEADER("2", "%s") "%s", cases[i].run,
             BATCH(0, 0, 100) SCENARIO_END);
    struct load_data baseline = read_runs(texts[0], NULL), run = read_runs(texts[1], NULL);
    load_note_unlike_baseline(&baseline, run.facts, run.fact_count);
    const struct load_notice *notice = notice_of(&baseline, WARNING_UNLIKE_BASELINE);
    if (cases[i].words) {
      assert_non_null(notice);
      assert_string_equal(notice->words, cases[i].words);
    } else {
      assert_null(notice);
    }
    load_free(&baseline);
    load_free(&run);
  }
}

static void test_segments_of_one_file_are_compared_too(void **state) {
  (void)state;
  struct scenario s;
  scenario_run(&s, SCENARIO_HEADER("1", ",\"model\":\"a\"") BATCH(0, 0, 100)
                       SCENARIO_END SCENARIO_HEADER("2", ",\"model\":\"b\"") BATCH(1, 0, 300) SCENARIO_END);
  const struct warning *warning = scenario_warning(&s, WARNING_UNLIKE_INPUTS);
  assert_non_null(warning);
  assert_string_equal(warning->words, "model (a, b)");
  scenario_free(&s);
}

static void test_a_table_beside_a_run_says_nothing_of_its_server(void **state) {
  (void)state;
  struct load_data data = read_runs(SCENARIO_HEADER("1", ",\"model\":\"a\"") BATCH(0, 0, 100) SCENARIO_END,
                                    "workers,batch,total_s,tokens\n2,2,2,100\n");
  assert_null(notice_of(&data, WARNING_UNLIKE_INPUTS));
  load_free(&data);
}

// What a later version means by a batch is not known, so it must not count for the segment before it.
static void test_a_segment_of_a_later_version_is_left_out_and_counted(void **state) {
  (void)state;
  struct load_data data =
      read_runs(SCENARIO_HEADER("1", "") BATCH(0, 0, 100)
                    SCENARIO_END NEWER BATCH(0, 1, 999) "no json\n" SCENARIO_END SCENARIO_HEADER("3", "")
                        BATCH(1, 0, 100) SCENARIO_END,
                NULL);
  assert_int_equal(data.cells[0].count, 2);
  assert_int_equal(data.cells[0].replicates[1].tokens, 100);
  assert_int_equal(data.session_count, 2);
  assert_true(data.lost);
  assert_int_equal(notice_of(&data, WARNING_NEWER_VERSION)->count, 4); // its header, batch, bad line and end
  assert_null(notice_of(&data, WARNING_DAMAGED_INPUT));
  assert_null(notice_of(&data, WARNING_NO_END));
  load_free(&data);
}

static void test_an_unreadable_header_does_not_lend_its_batches_to_the_segment_before(void **state) {
  (void)state;
  struct load_data data = read_runs(
      SCENARIO_HEADER("1", "") BATCH(0, 0, 100) "{\"type\":\"run\",\"version\":1}\n" BATCH(0, 1, 999), NULL);
  assert_int_equal(data.cells[0].count, 1);
  assert_true(data.lost);
  assert_int_equal(notice_of(&data, WARNING_DAMAGED_INPUT)->count, 2);
  assert_non_null(notice_of(&data, WARNING_NO_END)); // of the first segment
  load_free(&data);
}

static void test_reading_goes_on_after_an_overlong_line(void **state) {
  (void)state;
  char path[] = "/tmp/tidemark-overlong-XXXXXX";
  static const char before[] = SCENARIO_HEADER("1", "") BATCH(0, 0, 100),
                    after[] = "\n" BATCH(0, 1, 100) SCENARIO_END;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, before, strlen(before)), strlen(before));
  assert_int_equal(lseek(fd, (off_t)GZLINE_LINE_BYTES + 7, SEEK_CUR), strlen(before) + GZLINE_LINE_BYTES + 7);
  assert_int_equal(write(fd, after, strlen(after)), strlen(after)); // behind a hole, one line
  close(fd);
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  enum status status = load_file(&data, path, &error);
  unlink(path);
  if (status) fail_msg("%s", error.text);
  assert_int_equal(data.cells[0].count, 2);
  assert_true(data.lost);
  assert_int_equal(notice_of(&data, WARNING_DAMAGED_INPUT)->count, 1);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_pooled_runs_differ_in_is_named),
      cmocka_unit_test(test_a_baseline_is_compared_by_what_was_sent),
      cmocka_unit_test(test_segments_of_one_file_are_compared_too),
      cmocka_unit_test(test_a_table_beside_a_run_says_nothing_of_its_server),
      cmocka_unit_test(test_a_segment_of_a_later_version_is_left_out_and_counted),
      cmocka_unit_test(test_an_unreadable_header_does_not_lend_its_batches_to_the_segment_before),
      cmocka_unit_test(test_reading_goes_on_after_an_overlong_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
