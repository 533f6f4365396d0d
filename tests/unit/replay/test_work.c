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

#include "replay/batch.h"
#include "replay/work.h"

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
  static const struct work_options options = {.pick = OPTS_PICK_TRACE, .seed = 1, .draws = 8};
  assert_int_equal(load(lines, &options, &work, NULL), STATUS_OK);
  assert_int_equal(work.count, 8);
  for (int64_t i = 0; i < 8; i++)
    assert_int_equal(work_at(&work, i)->seq, i);
  work_free(&work);
  free(lines);
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
    enum opts_api api;
    const char *seqs;
  } cases[] = {
      {OPTS_API_AUTO, "0 2 "},
      {OPTS_API_OPENAI, "0 3 4 "},
      {OPTS_API_OLLAMA, "2 3 4 "},
      {OPTS_API_HTTP, "0 1 2 3 4 5 7 8 "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct work work;
    char seqs[64] = "";
    struct work_options options = {.api = cases[i].api, .pick = OPTS_PICK_TRACE, .seed = 1, .draws = 100};
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
      .api = OPTS_API_HTTP, .pick = OPTS_PICK_TRACE, .seed = 1, .draws = 100};
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
  assert_non_null(strstr(error.text, "--api http takes any"));
  assert_int_equal(
      load(REQUEST(0, "POST", "/v1/completions", ",\"body_text\":\"x\""), &options, &work, &error),
      STATUS_FORMAT);
  assert_non_null(strstr(error.text, "none with a recorded JSON body"));
}

static void test_a_batch_has_one_nonce_in_every_prompt(void **state) {
  (void)state;
  struct work work;
  struct endpoint endpoint;
  struct batch batch = {0};
  static const struct work_options options = {.pick = OPTS_PICK_TRACE, .seed = 1, .draws = 10};
  char *lines = many(3);
  assert_int_equal(load(lines, &options, &work, NULL), STATUS_OK);
  assert_int_equal(endpoint_parse("http://h/base", &endpoint, NULL), STATUS_OK);
  struct batch_source source = {
      .work = &work, .endpoint = &endpoint, .offset = 2, .count = 5, .nonce = "0123456789abcdef: "};
  assert_int_equal(batch_prepare(&batch, &source, NULL), STATUS_OK);
  assert_int_equal(batch.count, 5);
  for (int64_t i = 0; i < 5; i++) {
    char expected[64];
    snprintf(expected, sizeof expected, "{\"prompt\":\"0123456789abcdef: %lld\"}", (long long)(2 + i) % 3);
    assert_int_equal(batch.requests[i].seq, (2 + i) % 3);
    assert_string_equal(batch.requests[i].url, "http://h/base/v1/completions");
    assert_int_equal(batch.requests[i].body_len, strlen(expected));
    assert_memory_equal(batch.requests[i].body, expected, strlen(expected));
  }
  source.nonce = NULL;
  assert_int_equal(batch_prepare(&batch, &source, NULL), STATUS_OK);
  assert_int_equal(batch.requests[1].body_len, strlen("{\"prompt\":\"0\"}"));
  assert_memory_equal(batch.requests[1].body, "{\"prompt\":\"0\"}", batch.requests[1].body_len);
  batch_free(&batch);
  endpoint_free(&endpoint);
  work_free(&work);
  free(lines);
}

// sha256sum of "POST\0/v1/completions\0{"prompt":"0"}\0POST\0/v1/completions\0{"prompt":"1"}\0".
static void test_the_digest_is_sha256_of_what_was_drawn(void **state) {
  (void)state;
  struct work work;
  char *lines = many(5);
  static const struct work_options options = {.pick = OPTS_PICK_TRACE, .seed = 1, .draws = 2};
  assert_int_equal(load(lines, &options, &work, NULL), STATUS_OK);
  assert_string_equal(work.digest, "sha256:a77ba3d9ef53d45c64084046eb60fc44a17bac04aa94a0e3970fc2229a497ff3");
  work_free(&work);
  free(lines);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_draw_is_a_permutation),
      cmocka_unit_test(test_keeping_fewer_requests_keeps_the_first_of_the_same_draw),
      cmocka_unit_test(test_every_place_is_as_likely),
      cmocka_unit_test(test_pick_trace_keeps_the_order),
      cmocka_unit_test(test_each_api_draws_its_own_requests),
      cmocka_unit_test(test_bytes_that_are_no_text_are_sent_as_they_were),
      cmocka_unit_test(test_a_trace_without_work_is_an_error_that_says_why),
      cmocka_unit_test(test_a_batch_has_one_nonce_in_every_prompt),
      cmocka_unit_test(test_the_digest_is_sha256_of_what_was_drawn),
  };
  return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
