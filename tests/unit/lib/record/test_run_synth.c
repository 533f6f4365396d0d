// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a batch record says of prompts that were made.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record/run.h"

static struct run_batch read_batch(struct buf *line) {
  struct run_record record;
  struct buf scratch = {0};
  assert_int_equal(run_parse(buf_text(line), line->len, &record, &scratch, NULL), STATUS_OK);
  assert_int_equal(record.kind, RUN_BATCH);
  buf_free(&scratch);
  return record.batch;
}

// A run that goes on takes the scale from here: it must come back to the last bit.
static void test_the_scale_comes_back_to_the_last_bit(void **state) {
  (void)state;
  struct buf line = {0};
  const struct run_batch batch = {
      .requests = 1, .characters_per_token = 4.0 + 1e-15, .fixed_tokens = -1.0 / 3.0, .calibrated = true};
  run_format_batch(&line, &batch);
  struct run_batch got = read_batch(&line);
  assert_true(got.characters_per_token == 4.0 + 1e-15 && got.fixed_tokens == -1.0 / 3.0 && got.calibrated);
  buf_free(&line);
}

static void test_a_batch_without_made_prompts_has_no_scale(void **state) {
  (void)state;
  struct buf line = {0};
  const struct run_batch batch = {.requests = 1, .characters_per_token = NAN, .fixed_tokens = NAN};
  run_format_batch(&line, &batch);
  assert_null(strstr(buf_text(&line), "synth"));
  struct run_batch got = read_batch(&line);
  assert_true(isnan(got.characters_per_token) && isnan(got.fixed_tokens) && !got.calibrated);
  buf_free(&line);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_scale_comes_back_to_the_last_bit),
      cmocka_unit_test(test_a_batch_without_made_prompts_has_no_scale),
  };
  return cmocka_run_group_tests_name("run_synth", tests, NULL, NULL);
}
