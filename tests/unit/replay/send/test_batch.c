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

// Three requests, a batch of five from the last of them on: 2 0 1 | 2 0, where the draw begins again behind
// "|".
static void test_a_batch_has_one_nonce_for_each_pass_of_the_draw(void **state) {
  (void)state;
  enum { PLACE = sizeof "{\"prompt\":\"" - 1 };
  struct work work;
  struct endpoint endpoint;
  struct batch batch = {0};
  static const struct work_options options = {.pick = WORK_PICK_TRACE, .seed = 1, .draws = 10};
  char *lines = many(3);
  char nonces[5][REWRITE_NONCE_BYTES + 1] = {""};
  assert_int_equal(load(lines, &options, &work, NULL), STATUS_OK);
  assert_int_equal(endpoint_parse("http://h/base", &endpoint, NULL), STATUS_OK);
  struct batch_source source = {
      .work = &work, .endpoint = &endpoint, .offset = 2, .count = 5, .cache_bust = true, .nonce = 7};
  assert_int_equal(batch_prepare(&batch, &source, NULL), STATUS_OK);
  assert_int_equal(batch.count, 5);
  for (int64_t i = 0; i < 5; i++) {
    char expected[64];
    assert_true(batch.requests[i].body_len > PLACE + REWRITE_NONCE_BYTES);
    memcpy(nonces[i], batch.requests[i].body + PLACE, REWRITE_NONCE_BYTES);
    snprintf(expected, sizeof expected, "{\"prompt\":\"%s%lld\"}", nonces[i], (long long)(2 + i) % 3);
    assert_int_equal(batch.requests[i].seq, (2 + i) % 3);
    assert_string_equal(batch.requests[i].url, "http://h/base/v1/completions");
    assert_int_equal(batch.requests[i].body_len, strlen(expected));
    assert_memory_equal(batch.requests[i].body, expected, strlen(expected));
    assert_int_equal(strspn(nonces[i], "0123456789abcdef"), 16);
    assert_string_equal(nonces[i], nonces[i < 3 ? 0 : 3]);
  }
  assert_string_not_equal(nonces[0], nonces[3]);
  source.nonce += (uint64_t)batch_passes(&work, source.count); // the next batch has others again
  assert_int_equal(batch_prepare(&batch, &source, NULL), STATUS_OK);
  for (int64_t i = 0; i < 5; i++) {
    assert_memory_not_equal(batch.requests[i].body + PLACE, nonces[0], REWRITE_NONCE_BYTES);
    assert_memory_not_equal(batch.requests[i].body + PLACE, nonces[3], REWRITE_NONCE_BYTES);
  }
  source.cache_bust = false;
  assert_int_equal(batch_prepare(&batch, &source, NULL), STATUS_OK);
  assert_int_equal(batch.requests[1].body_len, strlen("{\"prompt\":\"0\"}"));
  assert_memory_equal(batch.requests[1].body, "{\"prompt\":\"0\"}", batch.requests[1].body_len);
  batch_free(&batch);
  endpoint_free(&endpoint);
  work_free(&work);
  free(lines);
}

static void test_passes_of_a_batch_are_counted(void **state) {
  (void)state;
  static const int64_t cases[][2] = {{1, 1}, {2, 1}, {3, 1}, {4, 2}, {6, 2}, {7, 3}};
  const struct work work = {.count = 3};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_int_equal(batch_passes(&work, cases[i][0]), cases[i][1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_batch_has_one_nonce_for_each_pass_of_the_draw),
      cmocka_unit_test(test_passes_of_a_batch_are_counted),
  };
  return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
