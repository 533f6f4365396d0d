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

#include "replay/send/batch.h"
#include "replay/workload/work.h"

// A trace file with these lines after its header; the caller unlinks and frees the path.
static char *write_trace(const char *lines) {
  char *path = strdup("/tmp/tidemark-work-XXXXXX");
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *file = fdopen(fd, "w");
  fprintf(file,
          "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":1}\n%s{\"type\":\"end\",\"requests\":0,"
          "\"responses\":0,\"dropped\":0}\n",
          lines);
  fclose(file);
  return path;
}

static enum status load(const char *lines, const struct work_options *wanted, struct work *out,
                        struct error *error) {
  char *path = write_trace(lines);
  struct cli_texts traces = {&path, 1};
  struct work_options options = *wanted;
  options.traces = &traces;
  enum status status = work_load(&options, NULL, out, error);
  unlink(path);
  free(path);
  return status;
}

// `count` chat requests that differ in nothing but seq.
static char *many(int count) {
  size_t room = (size_t)count * 200 + 1, used = 0;
  char *lines = malloc(room);
  assert_non_null(lines);
  for (int i = 0; i < count; i++) {
    used +=
        (size_t)snprintf(lines + used, room - used,
                         "{\"type\":\"request\",\"seq\":%d,\"t_s\":0,\"session\":null,\"method\":\"POST\","
                         "\"path\":\"/v1/completions\",\"headers\":{},\"body\":{\"prompt\":\"%d\"}}\n",
                         i, i);
  }
  return lines;
}

static void test_the_draw_is_a_permutation(void **state) {
  (void)state;
  enum { COUNT = 300 };
  char *lines = many(COUNT);
  static const struct work_options options = {.seed = 5, .draws = 1000};
  struct work work;
  bool seen[COUNT] = {false};
  int in_place = 0;
  assert_int_equal(load(lines, &options, &work, NULL), STATUS_OK);
  assert_int_equal(work.available, COUNT);
  assert_int_equal(work.count, COUNT);
  for (int64_t i = 0; i < COUNT; i++) {
    int64_t seq = work_at(&work, i)->seq;
    assert_false(seen[seq]);
    seen[seq] = true;
    in_place += seq == i;
  }
  assert_true(in_place < 20);                                     // 1 is expected
  assert_ptr_equal(work_at(&work, COUNT + 7), work_at(&work, 7)); // recycled
  work_free(&work);
  free(lines);
}

static void test_keeping_fewer_requests_keeps_the_first_of_the_same_draw(void **state) {
  (void)state;
  char *lines = many(200);
  static const int64_t kept[] = {1, 2, 3, 10, 63, 64, 65, 199, 200};
  struct work all;
  assert_int_equal(load(lines, &(struct work_options){.seed = 9, .draws = 200}, &all, NULL), STATUS_OK);
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    struct work some;
    assert_int_equal(load(lines, &(struct work_options){.seed = 9, .draws = kept[i]}, &some, NULL),
                     STATUS_OK);
    assert_int_equal(some.count, kept[i]);
    assert_int_equal(some.available, 200);
    for (int64_t j = 0; j < kept[i]; j++)
      assert_int_equal(work_at(&some, j)->seq, work_at(&all, j)->seq);
    work_free(&some);
  }
  work_free(&all);
  free(lines);
}

// 200 requests of which every tenth was answered with an error, after all of them.
static void test_what_failed_when_recorded_leaves_a_full_draw_of_the_others(void **state) {
  (void)state;
  enum { COUNT = 200, KEPT = 40 };
  char *requests = many(COUNT), *lines = calloc(1, strlen(requests) + (size_t)COUNT * 60 + 1);
  size_t used = (size_t)sprintf(lines, "%s", requests);
  for (int i = 0; i < COUNT; i++)
    used += (size_t)sprintf(lines + used, "{\"type\":\"response\",\"seq\":%d,\"t_s\":1,\"status\":%d}\n", i,
                            i % 10 == 0 ? 400 : 200);
  struct work all, some;
  assert_int_equal(load(lines, &(struct work_options){.seed = 9, .draws = COUNT}, &all, NULL), STATUS_OK);
  assert_int_equal(load(lines, &(struct work_options){.seed = 9, .draws = KEPT}, &some, NULL), STATUS_OK);
  assert_int_equal(all.count, 180);
  assert_int_equal(some.count, KEPT);
  assert_int_equal(some.available, 180);
  assert_int_equal(some.failed, 20);
  for (int64_t i = 0; i < 180; i++)
    assert_int_not_equal(work_at(&all, i)->seq % 10, 0);
  for (int64_t i = 0; i < KEPT; i++)
    assert_int_equal(work_at(&some, i)->seq, work_at(&all, i)->seq);
  work_free(&some);
  work_free(&all);
  free(lines);
  free(requests);
}

static void test_one_model_several_and_none_are_told_apart(void **state) {
#define NAMED(seq, model)                                                                                    \
  "{\"type\":\"request\",\"seq\":" #seq ",\"t_s\":0,\"method\":\"POST\",\"path\":\"/v1/completions\"," model \
  "\"input_tokens\":5,\"output_tokens\":5}\n"
  static const struct {
    const char *lines, *model;
    bool several;
  } rows[] = {
      {NAMED(0, "") NAMED(1, ""), NULL, false},
      {NAMED(0, "\"model\":\"m\",") NAMED(1, "\"model\":\"m\","), "m", false},
      {NAMED(0, "\"model\":\"m\",") NAMED(1, "\"model\":\"n\",") NAMED(2, "\"model\":\"m\","), NULL, true},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct work work;
    assert_int_equal(load(rows[i].lines, &(struct work_options){.seed = 1, .draws = 3}, &work, NULL),
                     STATUS_OK);
    assert_int_equal(work.several_models, rows[i].several);
    if (rows[i].model) {
      assert_string_equal(work.model, rows[i].model);
    } else {
      assert_null(work.model);
    }
    work_free(&work);
  }
}

// The place of request 0 among 10, over 2000 seeds: chi-squared with 9 degrees of freedom, 99.9 %
// point 27.88.
static void test_every_place_is_as_likely(void **state) {
  (void)state;
  char *lines = many(10);
  int64_t places[10] = {0};
  for (int64_t seed = 1; seed <= 2000; seed++) {
    struct work work;
    assert_int_equal(load(lines, &(struct work_options){.seed = seed, .draws = 10}, &work, NULL), STATUS_OK);
    for (int64_t i = 0; i < 10; i++)
      places[i] += work_at(&work, i)->seq == 0;
    work_free(&work);
  }
  double chi_squared = 0;
  for (int i = 0; i < 10; i++)
    chi_squared += ((double)places[i] - 200) * ((double)places[i] - 200) / 200;
  assert_true(chi_squared < 27.88);
  free(lines);
}

static void test_pick_trace_keeps_the_order(void **state) {
  (void)state;
  char *lines = many(20);
  struct work work;
  static const struct work_options options = {.pick = WORK_PICK_TRACE, .seed = 1, .draws = 8};
  assert_int_equal(load(lines, &options, &work, NULL), STATUS_OK);
  assert_int_equal(work.count, 8);
  for (int64_t i = 0; i < 8; i++)
    assert_int_equal(work_at(&work, i)->seq, i);
  work_free(&work);
  free(lines);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_draw_is_a_permutation),
      cmocka_unit_test(test_keeping_fewer_requests_keeps_the_first_of_the_same_draw),
      cmocka_unit_test(test_what_failed_when_recorded_leaves_a_full_draw_of_the_others),
      cmocka_unit_test(test_one_model_several_and_none_are_told_apart),
      cmocka_unit_test(test_every_place_is_as_likely),
      cmocka_unit_test(test_pick_trace_keeps_the_order),
  };
  return cmocka_run_group_tests_name("work draw", tests, NULL, NULL);
}
