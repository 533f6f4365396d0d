// SPDX-License-Identifier: GPL-3.0-or-later
//
// Several files at once are read as one after the other.
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

#include "tests/unit/analyze/scenario.h"

enum { FILES = 5 };

static char folder[] = "/tmp/test_load_files.XXXXXX";
static char names[FILES][80];
static const char *paths[FILES];

#define REQUEST(workers, rep, index, latency)                                                                \
  "{\"type\":\"request\",\"session\":0,\"workers\":" #workers ",\"batch\":4,\"rep\":" #rep                   \
  ",\"index\":" #index                                                                                       \
  ",\"intended_s\":1,\"ready_s\":1,\"sent_s\":1,\"ttft_s\":0.1,\"last_text_s\":" latency                     \
  ",\"latency_s\":" latency ",\"output_tokens\":5,\"events\":5,\"api\":\"ollama.chat\","                     \
  "\"error\":null}\n"
#define BATCH(workers, rep, total)                                                                           \
  REQUEST(workers, rep, 0, "0." #total)                                                                      \
  REQUEST(workers, rep, 1, "0.5")                                                                            \
  "{\"type\":\"batch\",\"session\":0,\"workers\":" #workers ",\"batch\":4,\"rep\":" #rep                     \
  ",\"start_s\":1,\"total_s\":" #total ",\"requests\":2,\"output_tokens\":10,\"client\":{\"cpu\":0." #total  \
  ",\"valid\":true},\"errors\":{}}\n"

static const char *const texts[FILES] = {
    SCENARIO_HEADER("1", "") BATCH(2, 0, 3) BATCH(4, 0, 4) SCENARIO_END,
    SCENARIO_HEADER("2", "") BATCH(4, 0, 5) BATCH(4, 1, 6) BATCH(8, 0, 7) SCENARIO_END,
    "workers,batch,total_s,tokens\n2,4,3,100\n16,4,3,100\n",
    SCENARIO_HEADER("3", "") BATCH(8, 0, 8), // cut short
    SCENARIO_HEADER("4", SCENARIO_MANAGED) "{\"type\":\"session\",\"session\":0,\"workers\":2,\"block\":0,"
                                           "\"state\":\"failed\",\"error\":\"gone\"}\n" SCENARIO_END,
};

static int make_files(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  for (size_t i = 0; i < FILES; i++) {
    snprintf(names[i], sizeof names[i], "%s/%zu", folder, i);
    paths[i] = names[i];
    FILE *file = fopen(paths[i], "w");
    if (!file || fputs(texts[i], file) < 0 || fclose(file) != 0) return -1;
  }
  return 0;
}

static int remove_files(void **state) {
  (void)state;
  for (size_t i = 0; i < FILES; i++)
    unlink(paths[i]);
  return rmdir(folder);
}

static struct load_data read_all(bool at_once) {
  struct load_data data = LOAD_DATA;
  struct error error = {""};
  enum status status = STATUS_OK;
  if (at_once) status = load_files(&data, paths, FILES, &error);
  for (size_t i = 0; i < FILES && !at_once && status == STATUS_OK; i++)
    status = load_file(&data, paths[i], &error);
  if (status != STATUS_OK || load_finish(&data, &error)) fail_msg("%s", error.text);
  return data;
}

static void assert_same_cell(struct load_cell *a, struct load_cell *b) {
  assert_int_equal(a->workers, b->workers);
  assert_int_equal(a->batch, b->batch);
  assert_int_equal(a->count, b->count);
  assert_int_equal(a->failed_starts, b->failed_starts);
  assert_int_equal(a->failed_start, b->failed_start);
  assert_int_equal(a->session_count, b->session_count);
  assert_int_equal(a->batch_count, b->batch_count);
  for (size_t k = 0; k < a->count; k++) {
    assert_int_equal(a->replicates[k].session, b->replicates[k].session);
    assert_int_equal(a->replicates[k].run, b->replicates[k].run);
    assert_int_equal(a->replicates[k].block, b->replicates[k].block);
    assert_true(a->replicates[k].total_s == b->replicates[k].total_s);
  }
  for (size_t t = 0; t < LOAD_TIME_COUNT; t++) {
    assert_int_equal(times_count(&a->pooled.of[t]), times_count(&b->pooled.of[t]));
    for (uint64_t rank = 1; rank <= times_count(&a->pooled.of[t]); rank++)
      assert_true(times_at_rank(&a->pooled.of[t], rank) == times_at_rank(&b->pooled.of[t], rank));
  }
}

static void test_files_at_once_are_those_in_turn(void **state) {
  (void)state;
  struct load_data turn = read_all(false), once = read_all(true);
  assert_int_equal(turn.cell_count, once.cell_count);
  for (size_t i = 0; i < turn.cell_count; i++)
    assert_same_cell(&turn.cells[i], &once.cells[i]);
  assert_int_equal(turn.session_count, once.session_count);
  for (size_t i = 0; i < turn.session_count; i++)
    assert_int_equal(turn.sessions[i].file, once.sessions[i].file);
  assert_int_equal(turn.fact_count, once.fact_count);
  for (size_t i = 0; i < turn.fact_count; i++)
    assert_string_equal(turn.facts[i].source, once.facts[i].source);
  assert_int_equal(turn.notice_count, once.notice_count);
  for (size_t i = 0; i < turn.notice_count; i++)
    assert_int_equal(turn.notices[i].code, once.notices[i].code);
  assert_int_equal(once.api_count, 1);
  assert_int_equal(turn.apis[0].requests, once.apis[0].requests);
  assert_int_equal(turn.files, once.files);
  assert_true(turn.client_cpu_max == once.client_cpu_max && turn.lost == once.lost && once.imported);
  assert_int_equal(turn.answers, once.answers);
  load_free(&turn);
  load_free(&once);
}

static void assert_refused(const char *const *which, size_t count, const char *words) {
  struct load_data data = LOAD_DATA;
  struct error error = {""};
  assert_true(load_files(&data, which, count, &error) != STATUS_OK);
  if (!strstr(error.text, words)) fail_msg("%s", error.text);
  load_free(&data);
}

static void test_the_first_that_fails_is_named(void **state) {
  (void)state;
  char copy[96];
  snprintf(copy, sizeof copy, "%s/copy", folder);
  FILE *file = fopen(copy, "w");
  assert_true(file && fputs(texts[0], file) > 0 && fclose(file) == 0);
  const char *const missing[] = {paths[0], "/nowhere/b", "/nowhere/c"}, *const twice[] = {paths[0], paths[0]},
                    *const copied[] = {paths[0], paths[1], copy};
  assert_refused(missing, 3, "/nowhere/b");
  assert_refused(twice, 2, "read already");
  assert_refused(copied, 3, "copy: this run was read already");
  unlink(copy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_files_at_once_are_those_in_turn),
      cmocka_unit_test(test_the_first_that_fails_is_named),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}
