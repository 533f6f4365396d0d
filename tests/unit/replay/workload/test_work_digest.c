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

// sha256sum of "POST\0/v1/completions\0{"prompt":"0"}\0POST\0/v1/completions\0{"prompt":"1"}\0".
static void test_the_digest_is_sha256_of_what_was_drawn(void **state) {
  (void)state;
  struct work work;
  char *lines = many(5);
  static const struct work_options options = {.pick = WORK_PICK_TRACE, .seed = 1, .draws = 2};
  assert_int_equal(load(lines, &options, &work, NULL), STATUS_OK);
  assert_string_equal(work.digest, "sha256:a77ba3d9ef53d45c64084046eb60fc44a17bac04aa94a0e3970fc2229a497ff3");
  work_free(&work);
  free(lines);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_digest_is_sha256_of_what_was_drawn),
  };
  return cmocka_run_group_tests_name("work digest", tests, NULL, NULL);
}
