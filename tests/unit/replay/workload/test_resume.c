// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay/workload/resume.h"

#define HEADER "{\"type\":\"run\",\"version\":1,\"start_unix_s\":1}\n"
#define BATCH(rep, requests, failed, errors, more)                                                           \
  "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":4,\"rep\":" #rep                                \
  ",\"total_s\":1,\"requests\":" #requests ",\"failed\":" #failed ",\"errors\":{" errors "}" more "}\n"

// `path`: the last six characters of it are made up.
static void write_file(char *path, const char *text) {
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *file = fdopen(fd, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

#define REQUEST(error)                                                                                       \
  "{\"type\":\"request\",\"session\":0,\"workers\":2,\"batch\":4,\"rep\":0,\"index\":0,\"seq\":0,"           \
  "\"intended_s\":0,\"ready_s\":0,\"sent_s\":0,\"latency_s\":1,\"error\":" error "}\n"

static struct resume read_text(const char *text) {
  char path[] = "/tmp/test_resume.XXXXXX";
  struct resume resume;
  write_file(path, text);
  enum status status = resume_read(path, false, &resume, NULL);
  unlink(path);
  assert_int_equal(status, STATUS_OK);
  return resume;
}

static void test_measured_batches_are_done_in_order(void **state) {
  (void)state;
  struct resume resume =
      read_text(HEADER BATCH(1, 4, 0, "", "") BATCH(0, 4, 0, "", "") BATCH(2, 4, 0, "", ",\"warmup\":true"));
  assert_true(resume.found);
  assert_int_equal(resume.done_count, 2);
  assert_int_equal(resume.done[0].rep, 0);
  assert_int_equal(resume.done[1].rep, 1);
  assert_int_equal(resume.sessions, 1);
  resume_free(&resume);
}

static void test_a_batch_that_could_not_connect_is_not_done(void **state) {
  (void)state;
  struct resume resume = read_text(HEADER BATCH(0, 4, 4, "\"connect\":4", "") BATCH(
      1, 4, 3, "\"connect\":3", "") BATCH(2, 4, 4, "\"connect\":3,\"reset\":1", ""));
  assert_int_equal(resume.done_count, 2); // some reached a server: the failures are its own
  assert_int_equal(resume.done[0].rep, 1);
  assert_int_equal(resume.done[1].rep, 2);
  resume_free(&resume);
}

static void test_a_batch_that_is_not_valid_is_not_done_until_it_is_measured_again(void **state) {
  (void)state;
  struct resume resume =
      read_text(HEADER BATCH(0, 4, 0, "", ",\"client\":{\"valid\":false,\"reason\":\"lag\"}"));
  assert_int_equal(resume.done_count, 0);
  resume_free(&resume);
  resume = read_text(HEADER BATCH(0, 4, 0, "", ",\"client\":{\"valid\":false}")
                         BATCH(0, 4, 0, "", ",\"client\":{\"valid\":true}"));
  assert_int_equal(resume.done_count, 1);
  resume_free(&resume);
}

// The arrival was its number, and is its name.
static void test_a_plan_of_an_earlier_version_is_the_same_run(void **state) {
  (void)state;
  static const char now[] = "{\"repeat\":1,\"rate\":50,\"arrival\":\"gamma\",\"burstiness\":2}";
  struct run_header header = {.seed = -1, .warmup = -1, .http_version = 1, .plan = {now, sizeof now - 1}};
  struct error error;
  struct resume resume =
      read_text("{\"type\":\"run\",\"version\":1,\"start_unix_s\":1,\"plan\":{\"repeat\":1,\"rate\":50,"
                "\"arrival\":2,\"burstiness\":2}}\n");
  assert_int_equal(resume_check(&resume, &header, &error), STATUS_OK);
  resume_free(&resume);
  resume = read_text("{\"type\":\"run\",\"version\":1,\"start_unix_s\":1,\"plan\":{\"repeat\":1,\"rate\":50,"
                     "\"arrival\":1,\"burstiness\":2}}\n");
  assert_int_equal(resume_check(&resume, &header, &error), STATUS_EXISTS);
  assert_non_null(strstr(error.text, "poisson"));
  resume_free(&resume);
}

static void test_a_run_without_a_result_is_barren(void **state) {
  static const struct {
    const char *text;
    bool is_barren;
  } cases[] = {{"", false},
               {HEADER, true},
               {HEADER BATCH(0, 1, 1, "\"reset\":1", ""), true},
               {HEADER REQUEST("\"reset\"") BATCH(0, 1, 1, "\"reset\":1", ""), true},
               {HEADER REQUEST("\"http_4xx\"") REQUEST("\"connect\""), true},
               {HEADER REQUEST("\"http_5xx\""), false},
               {HEADER REQUEST("\"timeout\""), false},
               {HEADER REQUEST("\"http_429\""), false},
               {HEADER BATCH(0, 2, 1, "", ""), false}, // a batch whose requests are not recorded
               {HEADER REQUEST("\"reset\"") HEADER REQUEST("null"), false},
               {HEADER REQUEST("null") "no record\n", false},
               {HEADER "no record\n", false},
               {"workers,batch\n1,1\n", false},
               {"{\"type\":\"trace\",\"version\":1}\n", false}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char path[] = "/tmp/test_resume.XXXXXX";
    write_file(path, cases[i].text);
    if (resume_is_barren(path) != cases[i].is_barren) fail_msg("%s", cases[i].text);
    unlink(path);
  }
  assert_false(resume_is_barren("/dev/null"));
  assert_false(resume_is_barren("/no/such/file"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_run_without_a_result_is_barren),
      cmocka_unit_test(test_measured_batches_are_done_in_order),
      cmocka_unit_test(test_a_batch_that_could_not_connect_is_not_done),
      cmocka_unit_test(test_a_batch_that_is_not_valid_is_not_done_until_it_is_measured_again),
      cmocka_unit_test(test_a_plan_of_an_earlier_version_is_the_same_run),
  };
  return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
