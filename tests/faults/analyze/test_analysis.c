// SPDX-License-Identifier: GPL-3.0-or-later
//
// A small sweep goes the whole way from a table to pages, one allocation of which fails, GSL's own among
// them: the status is STATUS_MEMORY, or the answer is the same to the last digit. Nothing leaks.
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

#include "analyze/input/load.h"
#include "analyze/judge/analysis.h"
#include "analyze/report/html.h"
#include "analyze/report/markdown.h"
#include "analyze/report/text.h"
#include "analyze/results/summary.h"
#include "analyze/sections/chapters.h"
#include "analyze/stat/stat.h"
#include "tests/faults/fault.h"

static const char table[] = "workers,batch,total_s,tokens,requests,failed\n"
                            "1,4,4,400,4,0\n1,4,4,404,4,0\n2,8,5,900,8,0\n2,8,5,909,8,0\n"
                            "4,16,8,1700,16,0\n4,16,8,1690,16,0\n8,32,15,3300,32,0\n8,32,15,3310,32,0\n"
                            "8,64,29,6600,64,0\n8,64,30,6600,64,0\n8,96,44,9900,96,0\n8,128,59,13200,128,0\n";
static char path[] = "/tmp/tidemark-faults-XXXXXX";

static enum status print(const struct results *results, struct buf *out, struct error *error) {
  struct document document = {0};
  struct markdown_options markdown = {0};
  struct text_options text = {0};
  enum status status = chapters_build(results, LANG_EN, &document, NULL, error);
  if (status == STATUS_OK) status = markdown_render(&document, &markdown, out);
  if (status == STATUS_OK) status = chapters_brief(results, LANG_RU, &document, error);
  if (status == STATUS_OK) status = text_render(&document, &text, out);
  document_free(&document);
  if (status == STATUS_OK) status = summary_json(results, out);
  if (status == STATUS_OK) status = summary_csv(results, out);
  return status == STATUS_OK ? out->status : status;
}

// GSL cannot go on, and analyze ends there: what was allocated until then stays.
static jmp_buf end;
static bool ended_in_gsl;

static void end_without_memory(void) {
  ended_in_gsl = true;
  longjmp(end, 1);
}

static enum status analyze(struct buf *out) {
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  struct error error = {""};
  struct analysis_options options = {.confidence = 0.95,
                                     .scale = STAT_SCALE_LN,
                                     .seed = 1,
                                     .draws = 100,
                                     .models = {MODELS_USL, MODELS_PLATEAU},
                                     .model_count = 2};
  enum status status = load_file(&data, path, &error);
  if (status == STATUS_OK) status = load_finish(&data, &error);
  if (status == STATUS_OK) status = analysis_run(&data, &options, &results, &error);
  if (status == STATUS_OK) status = print(&results, out, &error);
  results_free(&results);
  load_free(&data);
  return status;
}

// The n-th fails for n = 1, 1 + step, ... With `spare` those of that library do not.
static void loop(const char *spare, long step) {
  if (!fault_is_possible) skip();
  struct buf clean = {0}, found = {0};
  static long n, wrong, ended; // longjmp leaves these alone
  n = 1 - step, wrong = ended = 0;
  fault_spare(spare);
  bool hit;
  assert_int_equal(analyze(&clean), STATUS_OK);
  assert_int_equal(buf_reserve(&found, clean.len + 1), STATUS_OK);
  long live = fault_live();
  do {
    buf_clear(&found);
    fault_arm(FAULT_MEMORY, n += step);
    ended_in_gsl = false;
    enum status status = setjmp(end) ? STATUS_MEMORY : analyze(&found);
    hit = fault_disarm();
    const char *why = NULL;
    if (status != STATUS_OK && status != STATUS_MEMORY) why = status_name(status);
    if (status == STATUS_OK && strcmp(buf_text(&found), buf_text(&clean)) != 0) why = "another answer";
    if (fault_live() != live && !ended_in_gsl) why = "a leak";
    live = fault_live();
    ended += status == STATUS_MEMORY;
    wrong += why != NULL;
    if (why) printf("allocation %ld: %s\n%s", n, why, fault_callers());
  } while (hit);
  printf("of %ld allocations every %ld. failed, %ld ended it; then none hit\n", n - 1, step, ended);
  buf_free(&clean);
  buf_free(&found);
  assert_int_equal(wrong, 0);
}

static void test_every_allocation_of_ours_fails_once(void **state) {
  (void)state;
  loop("libgsl.so", 1);
}

static void test_allocations_of_gsl_fail_too(void **state) {
  (void)state;
  loop(NULL, 499); // thousands of alike
}

static int setup(void **state) {
  (void)state;
  int fd = mkstemp(path);
  if (fd < 0 || write(fd, table, sizeof table - 1) != (ssize_t)sizeof table - 1) return -1;
  stat_init();
  stat_on_no_memory(end_without_memory);
  return close(fd);
}

static int teardown(void **state) {
  (void)state;
  return unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_of_ours_fails_once),
                                     cmocka_unit_test(test_allocations_of_gsl_fail_too)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
