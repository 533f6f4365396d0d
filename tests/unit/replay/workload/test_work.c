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
#define SIZED(seq, t, tokens, blocks)                                                                        \
  "{\"type\":\"request\",\"seq\":" #seq ",\"t_s\":" #t ",\"method\":\"POST\",\"path\":\"/v1/completions\","  \
  "\"headers\":{},\"input_tokens\":" #tokens ",\"output_tokens\":3,\"prefix_blocks\":" blocks                \
  ",\"block_tokens\":50}\n"

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

#define REQUEST(seq, method, path, rest)                                                                     \
  "{\"type\":\"request\",\"seq\":" #seq ",\"t_s\":0,\"method\":\"" method "\",\"path\":\"" path              \
  "\",\"headers\":{}" rest "}\n"

static const char mixed[] =
    REQUEST(0, "POST", "/v1/chat/completions", ",\"body\":{\"messages\":[{\"content\":\"x\"}]}")
        REQUEST(1, "GET", "/v1/models", "")
            REQUEST(2, "POST", "/api/chat", ",\"body\":{\"messages\":[{\"content\":\"x\"}]}")
                REQUEST(3, "POST", "/gateway/talk", ",\"body\":{\"messages\":[{\"content\":\"x\"}]}")
                    REQUEST(4, "POST", "/gateway/talk", ",\"body\":{\"prompt\":\"x\"}")
                        REQUEST(5, "POST", "/v1/completions", ",\"body_text\":\"no json\"") REQUEST(
                            6, "POST", "/v1/completions", ",\"body_truncated\":true,\"body_bytes\":99999999")
                            REQUEST(7, "POST", "/upload", ",\"body_base64\":\"AAEC/w==\"")
                                REQUEST(8, "POST", "/api/generate", ",\"body\":{\"model\":\"m\"}");

static void test_each_api_draws_its_own_requests(void **state) {
  (void)state;
  static const struct {
    enum work_api api;
    const char *seqs;
  } cases[] = {
      {WORK_API_AUTO, "0 2 "},
      {WORK_API_OPENAI, "0 3 4 "},
      {WORK_API_OLLAMA, "2 3 4 "},
      {WORK_API_HTTP, "0 1 2 3 4 5 7 8 "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct work work;
    char seqs[64] = "";
    struct work_options options = {.api = cases[i].api, .pick = WORK_PICK_TRACE, .seed = 1, .draws = 100};
    assert_int_equal(load(mixed, &options, &work, NULL), STATUS_OK);
    for (size_t j = 0; j < work.count; j++)
      snprintf(seqs + strlen(seqs), sizeof seqs - strlen(seqs), "%lld ", (long long)work.requests[j]->seq);
    assert_string_equal(seqs, cases[i].seqs);
    work_free(&work);
  }
}

static void test_bytes_that_are_no_text_are_sent_as_they_were(void **state) {
  (void)state;
  struct work work;
  static const struct work_options options = {
      .api = WORK_API_HTTP, .pick = WORK_PICK_TRACE, .seed = 1, .draws = 100};
  assert_int_equal(load(mixed, &options, &work, NULL), STATUS_OK);
  assert_int_equal(work.requests[6]->seq, 7);
  assert_int_equal(work.requests[6]->body_len, 4);
  assert_memory_equal(work.requests[6]->body, "\x00\x01\x02\xff", 4);
  assert_string_equal(work.requests[1]->method, "GET");
  assert_null(work.requests[1]->body);
  work_free(&work);
}

static void test_a_trace_without_work_is_an_error_that_says_why(void **state) {
  (void)state;
  static const struct work_options options = {.seed = 1, .draws = 10};
  struct work work;
  struct error error;
  assert_int_equal(load("", &options, &work, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "no request in the trace"));
  assert_int_equal(load(REQUEST(0, "GET", "/", ""), &options, &work, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "--api http sends any"));
  assert_int_equal(
      load(REQUEST(0, "POST", "/v1/completions", ",\"body_text\":\"x\""), &options, &work, &error),
      STATUS_FORMAT);
  assert_non_null(strstr(error.text, "none with a recorded JSON body"));
}

static void test_an_extra_body_with_a_prompt_of_its_own_takes_the_made_one_out(void **state) {
  (void)state;
  struct work work;
  const struct work_options options = {.pick = WORK_PICK_TRACE,
                                       .seed = 1,
                                       .draws = 10,
                                       .rules = {.extra_body = {"{\"prompt\":\"mine\"}", 17}}};
  assert_int_equal(load(SIZED(0, 0, 400, "[]"), &options, &work, NULL), STATUS_OK);
  assert_null(work.requests[0]->synthetic);
  assert_non_null(memmem(work.requests[0]->body, work.requests[0]->body_len, "\"mine\"", 6));
  work_free(&work);
}

// Loads two traces in time; `start` is each one's wall clock.
static void load_two(const char *const start[2], const char *const lines[2], struct work *out) {
  char *paths[2];
  for (int i = 0; i < 2; i++) {
    paths[i] = strdup("/tmp/tidemark-work-XXXXXX");
    FILE *file = fdopen(mkstemp(paths[i]), "w");
    assert_non_null(file);
    fprintf(file, "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":%s}\n%s", start[i], lines[i]);
    fclose(file);
  }
  struct cli_texts traces = {paths, 2};
  struct work_options options = {.traces = &traces, .seed = 1, .draws = INT64_MAX, .in_time = true};
  assert_int_equal(work_load(&options, NULL, out, NULL), STATUS_OK);
  for (int i = 0; i < 2; i++) {
    unlink(paths[i]);
    free(paths[i]);
  }
}

static void test_two_traces_are_merged_by_the_wall_clock(void **state) {
  (void)state;
  static const char *const lines[] = {SIZED(0, 0.5, 10, "[]") SIZED(1, 5, 10, "[]") SIZED(2, 9, 10, "[]"),
                                      SIZED(0, 0, 10, "[]") SIZED(1, 1.25, 10, "[]") SIZED(2, 5, 10, "[]")};
  static const struct {
    const char *start[2];
    int64_t order[6][3]; // trace, seq, milliseconds since the first
  } cases[] = {
      {{"1000", "1004"}, {{0, 0, 0}, {1, 0, 3500}, {0, 1, 4500}, {1, 1, 4750}, {0, 2, 8500}, {1, 2, 8500}}},
      {{"1004", "1000"}, {{1, 0, 0}, {1, 1, 1250}, {0, 0, 4500}, {1, 2, 5000}, {0, 1, 9000}, {0, 2, 13000}}},
      {{"1000", "0"}, {{1, 0, 0}, {0, 0, 500}, {1, 1, 1250}, {0, 1, 5000}, {1, 2, 5000}, {0, 2, 9000}}},
      {{"0", "0"}, {{1, 0, 0}, {0, 0, 500}, {1, 1, 1250}, {0, 1, 5000}, {1, 2, 5000}, {0, 2, 9000}}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct work work;
    load_two(cases[i].start, lines, &work);
    assert_int_equal(work.count, 6);
    for (size_t j = 0; j < 6; j++) {
      const struct work_request *request = work.requests[j];
      assert_int_equal(request->trace, cases[i].order[j][0]);
      assert_int_equal(request->seq, cases[i].order[j][1]);
      assert_int_equal((request->at_ns - work.requests[0]->at_ns + 500000) / 1000000, cases[i].order[j][2]);
    }
    work_free(&work);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_api_draws_its_own_requests),
      cmocka_unit_test(test_bytes_that_are_no_text_are_sent_as_they_were),
      cmocka_unit_test(test_a_trace_without_work_is_an_error_that_says_why),
      cmocka_unit_test(test_an_extra_body_with_a_prompt_of_its_own_takes_the_made_one_out),
      cmocka_unit_test(test_two_traces_are_merged_by_the_wall_clock),
  };
  return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
