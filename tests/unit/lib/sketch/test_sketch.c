// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "lib/sketch/sketch.h"

#define MS INT64_C(1000000)

static struct sketch made, read, other;

static int free_all(void **state) {
  (void)state;
  sketch_free(&made);
  sketch_free(&read);
  sketch_free(&other);
  return 0;
}

// Request `i` of a batch: 1 ms apart, its times differ from the others'.
static struct run_request request_of(int64_t i, int64_t workers) {
  return (struct run_request){.workers = workers,
                              .batch = workers > 0 ? 100 : -1,
                              .intended_ns = i * MS + MS / 2,
                              .ready_ns = i * MS + MS / 2,
                              .sent_ns = i * MS + MS / 2,
                              .ttft_ns = (5 + i % 7) * MS,
                              .last_text_ns = (40 + i) * MS,
                              .latency_ns = (41 + i) * MS,
                              .input_tokens = 10,
                              .output_tokens = 8,
                              .events = i % 10 == 0 ? 1 : 8,
                              .itl_p50_ns = 4 * MS,
                              .itl_p99_ns = 9 * MS,
                              .error = i % 20 == 0 ? FAILURE_TIMEOUT : FAILURE_NONE};
}

static void gather(struct sketch *sketch, int64_t from, int64_t step, int64_t workers) {
  sketch_start(sketch, 0, workers > 0 ? 0 : 100 * MS);
  for (int64_t i = from; i < 100; i += step) {
    struct run_request record = request_of(i, workers);
    assert_int_equal(sketch_add(sketch, &record), STATUS_OK);
  }
}

static void print(struct sketch *sketch, int64_t requests, int64_t workers, struct buf *out) {
  struct run_batch record = {.requests = requests, .workers = workers, .total_ns = 150 * MS};
  buf_clear(out);
  assert_int_equal(sketch_write(sketch, &record, out), STATUS_OK);
  assert_int_equal(out->status, STATUS_OK);
}

static void read_back(const struct buf *text, struct sketch *sketch) {
  struct json_slice object;
  struct error error;
  assert_int_equal(json_scan_text(text->data, text->len, &object, &error), STATUS_OK);
  if (sketch_read(sketch, object, &error)) fail_msg("%s", error.text);
}

static void assert_same_histogram(const struct histogram *a, const struct histogram *b) {
  assert_int_equal(a->count, b->count);
  assert_int_equal(a->min, b->min);
  assert_int_equal(a->max, b->max);
  assert_true(llabs((int64_t)(a->sum - b->sum)) <= 1);
  for (int p = 0; p <= 100; p++)
    assert_int_equal(histogram_quantile(a, p / 100.0), histogram_quantile(b, p / 100.0));
}

static void assert_same(const struct sketch *a, const struct sketch *b) {
  assert_int_equal(a->open, b->open);
  assert_int_equal(a->answers, b->answers);
  assert_int_equal(a->one_piece, b->one_piece);
  for (size_t t = 0; t < REQUEST_TIMES; t++) {
    for (size_t i = 0; i < COURSE_ALL; i++) {
      bool has = a->times[t][i] && a->times[t][i]->count > 0;
      assert_int_equal(has, b->times[t][i] && b->times[t][i]->count > 0);
      if (has) assert_same_histogram(a->times[t][i], b->times[t][i]);
    }
  }
  for (size_t part = 0; part < WINDOW_PARTS && !a->open; part++)
    assert_memory_equal(&a->windows[part], &b->windows[part], sizeof a->windows[part]);
  for (size_t i = 0; i < COURSE_ALL && a->open; i++) {
    assert_true(a->course.came[i] == b->course.came[i] && a->course.served[i] == b->course.served[i]);
    assert_true(fabs(a->course.in_flight[i] - b->course.in_flight[i]) < 1e-9);
    assert_true(i == COURSE_BLOCKS || fabs(a->course.mean[i] - b->course.mean[i]) < 1e-9);
    assert_true(fabs(a->course.stay_s[i] - b->course.stay_s[i]) < 1e-9);
  }
}

static void test_a_closed_batch_is_read_as_it_was_written(void **state) {
  (void)state;
  struct buf text = {0};
  gather(&made, 0, 1, 10);
  print(&made, 100, 10, &text);
  read_back(&text, &read);
  assert_same(&made, &read);
  assert_int_equal(read.times[REQUEST_TTFT][0]->count, 95);
  assert_int_equal(read.times[REQUEST_TPOT][0]->count, 90); // an answer in one piece has none
  assert_true(read.windows[WINDOW_OUTPUT].windows == 1 && read.windows[WINDOW_INPUT].ended > 0);
  buf_free(&text);
}

static void test_an_open_loop_is_read_as_it_was_written(void **state) {
  (void)state;
  struct buf text = {0};
  double came = 0;
  gather(&made, 0, 1, -1);
  print(&made, 100, -1, &text);
  read_back(&text, &read);
  assert_same(&made, &read);
  for (size_t i = 0; i < COURSE_ALL; i++)
    came += read.course.came[i];
  assert_true(came == 100 && read.course.came[50] == 1);
  buf_free(&text);
}

// What two shards gathered is what one would have.
static void test_shards_add_up(void **state) {
  (void)state;
  struct buf text = {0};
  gather(&made, 0, 1, -1);
  print(&made, 100, -1, &text);
  gather(&read, 0, 2, -1);
  print(&read, 50, -1, &text);
  gather(&other, 1, 2, -1);
  print(&other, 50, -1, &text);
  assert_int_equal(sketch_merge(&read, &other), STATUS_OK);
  assert_same(&made, &read);
  buf_free(&text);
}

static void test_a_batch_without_successes_is_read(void **state) {
  (void)state;
  struct buf text = {0};
  sketch_start(&made, 0, 0);
  print(&made, 0, 10, &text);
  read_back(&text, &read);
  assert_same(&made, &read);
  buf_free(&text);
}

static void test_what_is_wrong_is_refused(void **state) {
  (void)state;
#define TIMES "{\"bits\":7,\"latency_s\":[{\"min\":0.1,\"max\":0.2,\"sum\":1,\"buckets\":"
  static const char *const wrong[] = {
      "{}",
      "{\"bits\":17}",
      "{\"bits\":7,\"ttft_s\":[1]}",
      TIMES "[1]}]}",
      TIMES "[1,0]}]}",
      TIMES "[-1,1]}]}",
      TIMES "[1,1,\"a\"]}]}",
      TIMES "[9007199254740992,1]}]}",
      TIMES "[4863,1,1,1]}]}",
      TIMES "[]}]}",
      TIMES "[1,9007199254740992,1,1]}]}",
      TIMES "[1,1]},null]}",
      "{\"bits\":7,\"latency_s\":[{\"min\":0.3,\"max\":0.2,\"sum\":1,\"buckets\":[1,1]}]}",
      "{\"bits\":7,\"windows\":[[1,2]]}",
      "{\"bits\":7,\"course\":{}}",
      ("{\"bits\":7,\"course\":{\"start_s\":0,\"block_s\":1,\"came\":[],\"answered\":[],\"ended\":[],"
       "\"stay_s\":[],\"served\":[],\"in_flight\":[],\"mean\":[]}}"),
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct json_slice object;
    struct error error;
    assert_int_equal(json_scan_text(wrong[i], strlen(wrong[i]), &object, &error), STATUS_OK);
    enum status status = sketch_read(&read, object, &error);
    if (status != STATUS_FORMAT) fail_msg("%s: %d", wrong[i], status);
  }
}

// Percentiles of sketches lie within 0.4 % of those of the values.
static void test_percentiles_are_within_the_error(void **state) {
  (void)state;
  sketch_start(&made, 0, 0);
  enum { COUNT = 20000 };
  for (int64_t i = 1; i <= COUNT; i++) {
    struct run_request record = request_of(i, 10);
    record.error = FAILURE_NONE;
    record.latency_ns = i * i * 1000;
    assert_int_equal(sketch_add(&made, &record), STATUS_OK);
  }
  for (int p = 1; p <= 100; p++) {
    double truth = pow(COUNT / 100.0 * p, 2) * 1000;
    double got = (double)histogram_quantile(made.times[REQUEST_LATENCY][0], p / 100.0);
    assert_true(fabs(got / truth - 1) <= 0.004);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_closed_batch_is_read_as_it_was_written),
      cmocka_unit_test(test_an_open_loop_is_read_as_it_was_written),
      cmocka_unit_test(test_shards_add_up),
      cmocka_unit_test(test_a_batch_without_successes_is_read),
      cmocka_unit_test(test_what_is_wrong_is_refused),
      cmocka_unit_test(test_percentiles_are_within_the_error),
  };
  return cmocka_run_group_tests(tests, NULL, free_all);
}
