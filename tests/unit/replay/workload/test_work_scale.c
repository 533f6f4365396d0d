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

#define SIZED(seq, t, tokens, blocks)                                                                        \
  "{\"type\":\"request\",\"seq\":" #seq ",\"t_s\":" #t ",\"method\":\"POST\",\"path\":\"/v1/completions\","  \
  "\"headers\":{},\"input_tokens\":" #tokens ",\"output_tokens\":3,\"prefix_blocks\":" blocks                \
  ",\"block_tokens\":50}\n"

// The text between the quotes of "prompt".
static char *sent_prompt(const struct request *request) {
  char *start = memmem(request->body, request->body_len, "\"prompt\":\"", 10);
  assert_non_null(start);
  start += 10;
  char *end = memchr(start, '"', request->body_len - (size_t)(start - request->body));
  assert_non_null(end);
  return strndup(start, (size_t)(end - start));
}

// A server that takes 4 characters as a token and adds 9 tells so in the warm-up; then the sizes are right.
static void test_made_prompts_follow_what_the_server_counts(void **state) {
  (void)state;
  static const int64_t tokens[] = {400, 120, 3000};
  struct work work;
  struct endpoint endpoint;
  struct batch batch = {0};
  static const struct work_options options = {.pick = WORK_PICK_TRACE, .seed = 1, .draws = 10};
  assert_int_equal(load(SIZED(0, 0, 400, "[1,2]") SIZED(1, 1, 120, "[1,2]") SIZED(2, 2, 3000, "[5]"),
                        &options, &work, NULL),
                   STATUS_OK);
  assert_int_equal(endpoint_parse("http://h", &endpoint, NULL), STATUS_OK);
  struct batch_source source = {.work = &work, .endpoint = &endpoint, .count = 3, .cache_bust = true};
  for (int round = 0; round < 3; round++) {
    source.warmup = round == 0;
    assert_int_equal(batch_prepare(&batch, &source, NULL), STATUS_OK);
    for (int64_t i = 0; i < 3; i++) {
      char *prompt = sent_prompt(&batch.requests[i]);
      assert_memory_equal(prompt + 16, ": ", 2); // behind the nonce
      int64_t counted = ((int64_t)strlen(prompt) + 3) / 4 + 9;
      if (round > 0) assert_true(llabs(counted - tokens[i]) * 100 <= tokens[i]);
      work_observe(&work, &(struct work_place){0, i, round == 0}, counted);
      free(prompt);
    }
    if (round == 0) assert_true(isnan(work_size_error(&work)));
    work_calibrate(&work, false, NULL);
  }
  assert_true(work.calibrate->scale.calibrated);
  assert_true(fabs(work_size_error(&work)) < 0.01);
  batch_free(&batch);
  endpoint_free(&endpoint);
  work_free(&work);
}

static void test_the_first_measured_batch_keeps_the_scale(void **state) {
  (void)state;
  struct work work;
  static const struct work_options options = {.pick = WORK_PICK_TRACE, .seed = 1, .draws = 10};
  const struct work_place warmup = {0, 0, true};
  assert_int_equal(load(SIZED(0, 0, 400, "[]"), &options, &work, NULL), STATUS_OK);
  work_observe(&work, &warmup, 500);
  work_calibrate(&work, true, NULL);
  double first = work.calibrate->scale.characters_per_token;
  assert_true(first < SYNTH_CHARACTERS_PER_TOKEN);
  work_observe(&work, &warmup, -1); // a server that does not say
  work_calibrate(&work, false, NULL);
  assert_true(work.calibrate->scale.characters_per_token == first);
  work_observe(&work, &warmup, 4000); // the warm-up of the next session
  work_calibrate(&work, true, NULL);
  assert_true(work.calibrate->scale.characters_per_token == first);
  work_free(&work);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_made_prompts_follow_what_the_server_counts),
      cmocka_unit_test(test_the_first_measured_batch_keeps_the_scale),
  };
  return cmocka_run_group_tests_name("work scale", tests, NULL, NULL);
}
