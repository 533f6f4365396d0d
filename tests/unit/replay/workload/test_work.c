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
static void test_what_was_refused_when_recorded_leaves_a_full_draw_of_the_others(void **state) {
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
  assert_non_null(strstr(error.text, "--api http takes any"));
  assert_int_equal(
      load(REQUEST(0, "POST", "/v1/completions", ",\"body_text\":\"x\""), &options, &work, &error),
      STATUS_FORMAT);
  assert_non_null(strstr(error.text, "none with a recorded JSON body"));
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

static void test_an_extra_body_with_a_prompt_of_its_own_takes_the_made_one_out(void **state) {
  (void)state;
  struct work work;
  struct json *extra = NULL;
  assert_int_equal(json_parse("{\"prompt\":\"mine\"}", 17, &extra, NULL), STATUS_OK);
  const struct work_options options = {
      .pick = WORK_PICK_TRACE, .seed = 1, .draws = 10, .rules = {.extra_body = extra}};
  assert_int_equal(load(SIZED(0, 0, 400, "[]"), &options, &work, NULL), STATUS_OK);
  assert_null(work.requests[0]->synthetic);
  assert_non_null(memmem(work.requests[0]->body, work.requests[0]->body_len, "\"mine\"", 6));
  work_free(&work);
  json_free(extra);
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
      cmocka_unit_test(test_the_draw_is_a_permutation),
      cmocka_unit_test(test_keeping_fewer_requests_keeps_the_first_of_the_same_draw),
      cmocka_unit_test(test_what_was_refused_when_recorded_leaves_a_full_draw_of_the_others),
      cmocka_unit_test(test_every_place_is_as_likely),
      cmocka_unit_test(test_pick_trace_keeps_the_order),
      cmocka_unit_test(test_each_api_draws_its_own_requests),
      cmocka_unit_test(test_bytes_that_are_no_text_are_sent_as_they_were),
      cmocka_unit_test(test_a_trace_without_work_is_an_error_that_says_why),
      cmocka_unit_test(test_a_batch_has_one_nonce_for_each_pass_of_the_draw),
      cmocka_unit_test(test_passes_of_a_batch_are_counted),
      cmocka_unit_test(test_the_digest_is_sha256_of_what_was_drawn),
      cmocka_unit_test(test_made_prompts_follow_what_the_server_counts),
      cmocka_unit_test(test_the_first_measured_batch_keeps_the_scale),
      cmocka_unit_test(test_an_extra_body_with_a_prompt_of_its_own_takes_the_made_one_out),
      cmocka_unit_test(test_two_traces_are_merged_by_the_wall_clock),
  };
  return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
