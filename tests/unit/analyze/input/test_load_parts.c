// SPDX-License-Identifier: GPL-3.0-or-later
//
// One open loop, once as one process would have recorded it and once as shards do: the same is read.
// clang-format off
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
// clang-format on

#include "analyze/input/load_parts.h"
#include "lib/base/clock.h"
#include "lib/sketch/sketch.h"
#include "tests/unit/analyze/scenario.h"

#define MS INT64_C(1000000)

enum { SHARDS = 3, REPS = 2, COUNT = 1500, WINDOW_S = 30 };

static char folder[] = "/tmp/test_load_parts.XXXXXX";
static char paths[SHARDS + 1][80];
static struct sketch sketch;

// How a shard's file is made.
struct shape {
  int64_t shard, shards; // 1 and 1: the whole
  int64_t reps;
  double start_unix_s; // of its clock; what happens does so at the same wall clock in all
  double late_s;       // it starts its repetitions so much later
  bool sketches, invalid, torn;
};

static int64_t on_clock(const struct shape *shape, double unix_s) {
  return clock_from_seconds(unix_s + shape->late_s - shape->start_unix_s);
}

static void write_rep(const struct shape *shape, int64_t rep, struct buf *text) {
  struct run_batch batch = {.workers = -1,
                            .batch = -1,
                            .rep = rep,
                            .start_ns = on_clock(shape, 1010 + 100.0 * (double)rep),
                            .total_ns = WINDOW_S * CLOCK_NS_PER_S,
                            .rate = 50,
                            .timing = {"rate", 4},
                            .input_tokens = -1,
                            .cached_tokens = -1,
                            .client_cpu = 0.1 * (double)shape->shard,
                            .lag_p99_ns = shape->shard * MS,
                            .valid = !shape->invalid,
                            .reason = {.kind = shape->invalid ? RUN_REASON_CPU : RUN_REASON_NONE}};
  struct buf object = {0};
  if (shape->sketches) sketch_start(&sketch, batch.start_ns, batch.total_ns);
  for (int64_t i = 0; i < COUNT; i++) {
    if (shape->shards > 1 && i % shape->shards != shape->shard - 1) continue;
    int64_t sent_ns = batch.start_ns + i * (batch.total_ns / COUNT),
            latency_ns = (100 + (i * 7919) % 400) * MS;
    struct run_request record = {.workers = -1,
                                 .batch = -1,
                                 .rep = rep,
                                 .rate = 50,
                                 .index = i,
                                 .intended_ns = sent_ns,
                                 .ready_ns = sent_ns,
                                 .sent_ns = sent_ns,
                                 .ttft_ns = latency_ns / 3,
                                 .last_text_ns = latency_ns,
                                 .latency_ns = latency_ns,
                                 .output_tokens = 20,
                                 .events = 20,
                                 .error = i % 100 == 0 ? FAILURE_TIMEOUT : FAILURE_NONE};
    batch.requests++;
    batch.failed += i % 100 == 0;
    batch.errors[FAILURE_TIMEOUT] += i % 100 == 0;
    batch.output_tokens += 20;
    batch.in_flight_mean += clock_seconds(latency_ns) / WINDOW_S;
    if (shape->sketches)
      assert_int_equal(sketch_add(&sketch, &record), STATUS_OK);
    else
      run_format_request(text, &record), buf_append_char(text, '\n');
  }
  if (shape->sketches) {
    assert_int_equal(sketch_write(&sketch, &batch, &object), STATUS_OK);
    batch.sketch = (struct json_slice){object.data, object.len};
  }
  run_format_batch(text, &batch);
  buf_append_char(text, '\n');
  buf_free(&object);
}

static void write_file(const struct shape *shape, const char *path) {
  struct buf text = {0};
  struct run_header header = {.version = RUN_VERSION,
                              .start_unix_s = shape->start_unix_s,
                              .seed = 7,
                              .shard = shape->shards > 1 ? shape->shard : 0,
                              .shards = shape->shards,
                              .start_at_unix_s = 1010,
                              .ranks = 1,
                              .threads = 1,
                              .http_version = 1,
                              .warmup = 1};
  run_format_header(&text, &header);
  buf_append_char(&text, '\n');
  for (int64_t rep = 0; rep < shape->reps; rep++)
    write_rep(shape, rep, &text);
  if (!shape->torn)
    buf_append_text(&text, "{\"type\":\"end\",\"sessions\":1,\"batches\":0,\"requests\":0}\n");
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
  assert_int_equal(fclose(file), 0);
  buf_free(&text);
}

static const char *path_of(size_t i) {
  snprintf(paths[i], sizeof paths[i], "%s/%zu.jsonl", folder, i);
  return paths[i];
}

// Reads the given files; the words of a failure go to `error`.
static enum status read_files(const struct shape *shapes, size_t count, struct load_data *data,
                              struct error *error) {
  const char *all[SHARDS + 1];
  for (size_t i = 0; i < count; i++) {
    all[i] = path_of(i);
    write_file(&shapes[i], all[i]);
  }
  *data = LOAD_DATA;
  enum status status = load_files(data, all, count, error);
  return status == STATUS_OK ? load_finish(data, error) : status;
}

static struct load_data read_well(const struct shape *shapes, size_t count) {
  struct load_data data;
  struct error error = {""};
  if (read_files(shapes, count, &data, &error)) fail_msg("%s", error.text);
  return data;
}

// Their clocks begin at other instants, and their files come in any order.
static void make_shards(struct shape *shapes, bool sketches) {
  static const int64_t order[SHARDS] = {2, 3, 1};
  for (size_t i = 0; i < SHARDS; i++) {
    shapes[i] = (struct shape){.shard = order[i],
                               .shards = SHARDS,
                               .reps = REPS,
                               .start_unix_s = 1000 + 0.5 * (double)order[i],
                               .sketches = sketches};
  }
}

static void assert_same(struct load_data *whole, struct load_data *parts, double tolerance) {
  assert_int_equal(parts->open_count, REPS);
  for (size_t i = 0; i < REPS; i++) {
    struct load_open *a = &whole->open[i], *b = &parts->open[i];
    assert_int_equal(a->requests, b->requests);
    assert_int_equal(a->failed, b->failed);
    assert_int_equal(a->tokens, b->tokens);
    assert_true(b->served > 0 && llabs(a->served - b->served) <= 1 && llabs(a->answered - b->answered) <= 1);
    assert_true(fabs(a->in_flight - b->in_flight) < 1e-9);
    for (size_t t = 0; t < (size_t)LOAD_OPEN_TIMES * LOAD_PIECES; t++) {
      double levels[] = {0.5, 0.95}, left[2], right[2];
      size_t piece = t % LOAD_PIECES, time = t / LOAD_PIECES;
      times_quantiles(&a->pieces[piece].times.of[time], levels, 2, left);
      times_quantiles(&b->pieces[piece].times.of[time], levels, 2, right);
      assert_true(fabs(left[0] / right[0] - 1) <= tolerance && fabs(left[1] / right[1] - 1) <= tolerance);
    }
  }
}

static void test_shards_are_read_as_the_whole(void **state) {
  (void)state;
  struct shape whole = {.shard = 1, .shards = 1, .reps = REPS, .start_unix_s = 1000}, shards[SHARDS];
  struct load_data one = read_well(&whole, 1);
  for (int sketches = 0; sketches < 2; sketches++) {
    make_shards(shards, sketches == 1);
    struct load_data all = read_well(shards, SHARDS);
    assert_same(&one, &all, sketches ? 0.008 : 1e-6);
    assert_int_equal(all.fact_count, 1);
    assert_int_equal(all.facts[0].shards, SHARDS);
    assert_true(all.facts[0].start_skew_s < 1e-6);
    assert_true(fabs(all.client_cpu_max - 0.3) < 1e-12 && fabs(all.client_lag_p99_max_s - 0.003) < 1e-12);
    assert_int_equal(all.notice_count, 0);
    assert_false(all.lost);
    load_free(&all);
  }
  load_free(&one);
}

static void test_one_busy_client_rejects_the_batch_of_all(void **state) {
  (void)state;
  struct shape shards[SHARDS];
  make_shards(shards, false);
  shards[1].invalid = true;
  struct load_data all = read_well(shards, SHARDS);
  assert_true(all.open[0].invalid && all.open[1].invalid);
  load_free(&all);
}

static void test_the_window_is_cut_to_where_all_were_sending(void **state) {
  (void)state;
  struct shape shards[SHARDS];
  make_shards(shards, false);
  shards[0].late_s = 1.5;
  struct load_data all = read_well(shards, SHARDS);
  assert_true(fabs(all.open[0].total_s - (WINDOW_S - 1.5)) < 1e-6);
  assert_true(fabs(all.facts[0].start_skew_s - 1.5) < 1e-6);
  assert_int_equal(all.notice_count, 1);
  assert_int_equal(all.notices[0].code, WARNING_PARTS_APART);
  assert_int_equal(all.notices[0].count, 1500);
  load_free(&all);
}

static void test_repetitions_that_not_all_have_are_left_out(void **state) {
  (void)state;
  struct shape shards[SHARDS];
  make_shards(shards, false);
  shards[2].reps = 1, shards[2].torn = true;
  struct load_data all = read_well(shards, SHARDS);
  assert_int_equal(all.open_count, 1);
  assert_true(all.lost);
  load_free(&all);
}

static void assert_refused(const struct shape *shapes, size_t count, const char *words) {
  struct load_data data;
  struct error error = {""};
  assert_int_equal(read_files(shapes, count, &data, &error), STATUS_FORMAT);
  if (!strstr(error.text, words)) fail_msg("%s", error.text);
  load_free(&data);
}

static void test_what_is_no_whole_run_is_refused(void **state) {
  (void)state;
  struct shape shards[SHARDS + 1];
  make_shards(shards, false);
  assert_refused(shards, 2, "0.jsonl: part 2 of 3 of a run; missing: 1");
  shards[SHARDS] = shards[0];
  shards[SHARDS].start_unix_s += 0.25;
  assert_refused(shards, SHARDS + 1, "part 2 of the run, as ");
  shards[0].late_s = 20;
  assert_refused(shards, SHARDS, "started 20 s apart");
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  sketch_free(&sketch);
  for (size_t i = 0; i <= SHARDS; i++)
    unlink(path_of(i));
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shards_are_read_as_the_whole),
      cmocka_unit_test(test_one_busy_client_rejects_the_batch_of_all),
      cmocka_unit_test(test_the_window_is_cut_to_where_all_were_sending),
      cmocka_unit_test(test_repetitions_that_not_all_have_are_left_out),
      cmocka_unit_test(test_what_is_no_whole_run_is_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
