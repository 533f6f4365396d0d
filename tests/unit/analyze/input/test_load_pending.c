// SPDX-License-Identifier: GPL-3.0-or-later
//
// The same batches, once with a record of each request and once with sketches: what is read is the same
// within the sketch's error.
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
// clang-format on

#include "lib/base/clock.h"
#include "lib/sketch/sketch.h"
#include "tests/unit/analyze/scenario.h"

#define MS INT64_C(1000000)
#define ERROR 0.004

enum { LEVELS = 3, REPS = 3, CLOSED_COUNT = 60, OPEN_COUNT = 4000, OPEN_S = 40 };

static struct sketch sketch;

static uint64_t random_state;

// 0 to 1; the same numbers in both forms.
static double draw(void) {
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double)(random_state >> 11) * 0x1p-53;
}

struct writer {
  struct buf text, object;
  bool sketches;
};

static void begin(struct writer *writer, const struct run_batch *batch, int64_t schedule_ns) {
  if (writer->sketches) sketch_start(&sketch, batch->start_ns, schedule_ns);
}

static void add(struct writer *writer, const struct run_request *record) {
  if (writer->sketches) {
    assert_int_equal(sketch_add(&sketch, record), STATUS_OK);
    return;
  }
  run_format_request(&writer->text, record);
  buf_append_char(&writer->text, '\n');
}

static void end(struct writer *writer, struct run_batch *batch) {
  buf_clear(&writer->object);
  if (writer->sketches) {
    assert_int_equal(sketch_write(&sketch, batch, &writer->object), STATUS_OK);
    batch->sketch = (struct json_slice){writer->object.data, writer->object.len};
  }
  run_format_batch(&writer->text, batch);
  buf_append_char(&writer->text, '\n');
}

static struct run_request request_at(int64_t sent_ns, int64_t latency_ns) {
  struct run_request record = {.workers = -1,
                               .batch = -1,
                               .intended_ns = sent_ns,
                               .ready_ns = sent_ns,
                               .sent_ns = sent_ns,
                               .ttft_ns = latency_ns / 4,
                               .last_text_ns = latency_ns,
                               .latency_ns = latency_ns,
                               .output_tokens = 20,
                               .input_tokens = 7,
                               .cached_tokens = -1,
                               .events = 20,
                               .itl_p50_ns = latency_ns / 30,
                               .itl_p99_ns = latency_ns / 25};
  return record;
}

// Workers that send their next request when the last one ends.
static void write_closed(struct writer *writer, int64_t workers, int64_t rep) {
  int64_t free_ns[16] = {0}, last_ns = 0;
  struct run_batch batch = {
      .workers = workers, .batch = CLOSED_COUNT, .rep = rep, .valid = true, .rate = NAN};
  batch.start_ns = (workers * REPS + rep) * 100 * CLOCK_NS_PER_S;
  batch.requests = CLOSED_COUNT;
  batch.output_tokens = 20 * batch.requests;
  begin(writer, &batch, 0);
  for (int64_t i = 0; i < CLOSED_COUNT; i++) {
    int64_t latency_ns = (int64_t)((200 + 300 * draw()) * (double)MS), *worker = &free_ns[i % workers];
    struct run_request record = request_at(batch.start_ns + *worker, latency_ns);
    record.workers = workers, record.batch = CLOSED_COUNT, record.rep = rep, record.index = i;
    add(writer, &record);
    *worker += latency_ns;
    if (*worker > last_ns) last_ns = *worker;
  }
  batch.total_ns = last_ns;
  end(writer, &batch);
}

static void write_open(struct writer *writer, int64_t rep) {
  struct run_batch batch = {.workers = -1, .batch = -1, .rep = rep, .valid = true, .rate = 100};
  batch.start_ns = (1000 + rep) * 100 * CLOCK_NS_PER_S;
  batch.total_ns = OPEN_S * CLOCK_NS_PER_S;
  batch.timing = (struct json_slice){"rate", 4};
  batch.in_flight_mean = 10;
  batch.requests = OPEN_COUNT;
  begin(writer, &batch, batch.total_ns);
  for (int64_t i = 0; i < OPEN_COUNT; i++) {
    int64_t at_ns = i * batch.total_ns / OPEN_COUNT;
    struct run_request record =
        request_at(batch.start_ns + at_ns, (int64_t)(-150 * log(draw()) * (double)MS));
    record.rate = 100, record.rep = rep, record.index = i;
    if (i % 50 == 0) record.error = FAILURE_TIMEOUT;
    batch.failed += i % 50 == 0;
    add(writer, &record);
  }
  end(writer, &batch);
}

static void load(bool sketches, bool with_limit, struct load_data *data) {
  struct writer writer = {.sketches = sketches};
  struct error error;
  *data = LOAD_DATA;
  data->has_limits = with_limit;
  if (with_limit) data->limits.ttft_ns = 100 * MS;
  random_state = 1;
  buf_append_text(&writer.text, SCENARIO_HEADER("1", ""));
  for (int64_t level = 0; level < LEVELS; level++) {
    for (int64_t rep = 0; rep < REPS; rep++)
      write_closed(&writer, 2 << level, rep);
  }
  for (int64_t rep = 0; rep < REPS; rep++)
    write_open(&writer, rep);
  buf_append_text(&writer.text, SCENARIO_END);
  if (scenario_load(data, buf_text(&writer.text), &error) || load_finish(data, &error))
    fail_msg("%s", error.text);
  buf_free(&writer.text);
  buf_free(&writer.object);
  sketch_free(&sketch);
}

static void assert_close(struct times *a, struct times *b) {
  assert_int_equal(times_count(a), times_count(b));
  double levels[] = {0.5, 0.9, 0.95, 0.99}, left[4], right[4];
  times_quantiles(a, levels, 4, left);
  times_quantiles(b, levels, 4, right);
  for (size_t i = 0; i < 4; i++)
    if (!isnan(left[i]) || !isnan(right[i])) assert_true(fabs(left[i] / right[i] - 1) <= ERROR);
}

static void test_cells_are_the_same(void **state) {
  (void)state;
  struct load_data records, sketches;
  load(false, true, &records);
  load(true, true, &sketches);
  assert_int_equal(records.cell_count, LEVELS);
  assert_int_equal(sketches.cell_count, LEVELS);
  assert_false(sketches.lost);
  for (size_t i = 0; i < LEVELS; i++) {
    struct load_cell *a = &records.cells[i], *b = &sketches.cells[i];
    assert_int_equal(b->count, REPS);
    for (size_t t = 0; t < LOAD_TIME_COUNT; t++)
      assert_close(&a->pooled.of[t], &b->pooled.of[t]);
    for (size_t k = 0; k < REPS; k++) {
      assert_memory_equal(&a->replicates[k].steady, &b->replicates[k].steady, sizeof(struct steady));
      assert_true(a->replicates[k].steady.windows == 1);
      // those in the bucket of the limit may count
      assert_true(llabs(a->replicates[k].good - b->replicates[k].good) <= 1);
    }
  }
  assert_int_equal(records.answers, sketches.answers);
  load_free(&records);
  load_free(&sketches);
}

static void test_open_loops_are_the_same(void **state) {
  (void)state;
  struct load_data records, sketches;
  load(false, true, &records);
  load(true, true, &sketches);
  assert_int_equal(sketches.open_count, REPS);
  for (size_t i = 0; i < REPS; i++) {
    struct load_open *a = &records.open[i], *b = &sketches.open[i];
    assert_true(a->served > 0 && a->served == b->served && a->answered == b->answered);
    assert_true(fabs(a->start_s - b->start_s) < 1e-9);
    assert_true(a->queue.arrived == b->queue.arrived && fabs(a->queue.rise - b->queue.rise) < 1e-6);
    assert_true(fabs((double)a->good / (double)b->good - 1) <= ERROR);
    for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
      for (size_t piece = 0; piece < LOAD_PIECES; piece++)
        assert_close(&a->pieces[piece].times.of[t], &b->pieces[piece].times.of[t]);
      assert_true(fabs(a->worth[t] / b->worth[t] - 1) < 0.02);
      for (size_t p = 0; p < LOAD_PERCENTILES; p++)
        // a small difference may add or take a lag
        assert_true(fabs(a->spread[t][p].variance / b->spread[t][p].variance - 1) < 0.25);
    }
  }
  load_free(&records);
  load_free(&sketches);
}

static void test_without_limits_nothing_is_good_or_bad(void **state) {
  (void)state;
  struct load_data sketches;
  load(true, false, &sketches);
  assert_int_equal(sketches.cells[0].replicates[0].good, -1);
  assert_int_equal(sketches.open[0].good, -1);
  load_free(&sketches);
}

static void test_a_sketch_that_cannot_be_read_is_a_bad_line(void **state) {
  (void)state;
  struct load_data data = LOAD_DATA;
  struct error error;
#define BATCH                                                                                                \
  "{\"type\":\"batch\",\"session\":0,\"workers\":2,\"batch\":2,\"start_s\":1,\"total_s\":2,\"requests\":2,"
  static const char text[] = SCENARIO_HEADER("1", "") BATCH "\"rep\":0,\"output_tokens\":9}\n" BATCH
                                                            "\"rep\":1,\"output_tokens\":9,\"sketch\":{}}\n";
  if (scenario_load(&data, text, &error) || load_finish(&data, &error)) fail_msg("%s", error.text);
  assert_int_equal(data.cells[0].count, 1);
  assert_true(data.lost);
  load_free(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cells_are_the_same),
      cmocka_unit_test(test_open_loops_are_the_same),
      cmocka_unit_test(test_without_limits_nothing_is_good_or_bad),
      cmocka_unit_test(test_a_sketch_that_cannot_be_read_is_a_bad_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
