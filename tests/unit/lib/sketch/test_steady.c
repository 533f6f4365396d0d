// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
// clang-format on

#include "lib/sketch/steady.h"

#define MS INT64_C(1000000)

enum { REQUESTS_MAX = 1024 };

// `count` requests on `workers`, each `latency_ms` long with `prompt_ms` before its first text; worker k
// starts k * stagger_ms late. One piece: the whole answer comes at its end.
struct batch {
  int64_t workers, latency_ms, prompt_ms, stagger_ms, tokens;
  size_t count;
  bool one_piece;
};

static struct steady window_of(const struct batch *batch, bool *exists) {
  static struct steady_request requests[REQUESTS_MAX];
  int64_t last_ms = 0;
  for (size_t i = 0; i < batch->count; i++) {
    int64_t worker = (int64_t)i % batch->workers, wave = (int64_t)i / batch->workers;
    int64_t sent_ms = worker * batch->stagger_ms + wave * batch->latency_ms,
            done_ms = sent_ms + batch->latency_ms;
    requests[i] = (struct steady_request){
        .sent_ns = sent_ms * MS,
        .first_text_ns = (batch->one_piece ? done_ms : sent_ms + batch->prompt_ms) * MS,
        .last_text_ns = done_ms * MS,
        .done_ns = done_ms * MS,
        .amount = batch->tokens,
    };
    if (done_ms > last_ms) last_ms = done_ms;
  }
  struct steady steady = {0};
  *exists = steady_of_batch(requests, batch->count, batch->workers, (double)last_ms * 1e-3, &steady);
  return steady;
}

// workers * tokens / latency, whatever the batch: that of a batch grows from 66 to 97 % of it.
static void test_throughput_does_not_grow_with_the_batch(void **state) {
  (void)state;
  static const int64_t waves[] = {3, 6, 12};
  for (size_t i = 0; i < 3; i++) {
    for (int one_piece = 0; one_piece < 2; one_piece++) {
      struct batch batch = {16, 1000, 200, 62, 100, (size_t)(16 * waves[i]), one_piece == 1};
      bool exists;
      struct steady steady = window_of(&batch, &exists);
      assert_true(exists);
      double truth = 16 * 100 / 1.0;
      assert_true(fabs(steady_throughput(&steady) / truth - 1) < 0.02);
      assert_true(fabs(steady_in_flight(&steady) / 16 - 1) < 0.01);
    }
  }
}

static void test_waves_that_end_together_leave_a_window_of_whole_waves(void **state) {
  (void)state;
  struct batch batch = {8, 1000, 200, 0, 100, 32, false};
  bool exists;
  struct steady steady = window_of(&batch, &exists);
  assert_true(exists);
  assert_true(fabs(steady.window_s - 2) < 1e-9); // from the end of the first wave to the start of the last
  assert_true(fabs(steady_throughput(&steady) / 800 - 1) < 1e-9);
}

// A server of 16 slots, whatever the workers beyond them: those that wait inside it have longer latencies,
// and the first of them shorter ones.
static void test_requests_that_wait_inside_the_server_do_not_count_twice(void **state) {
  (void)state;
  enum { SLOTS = 16, WORKERS = 64, REQUESTS = 3 * WORKERS, SERVICE_MS = 100 };
  for (int staggered = 0; staggered < 2; staggered++) {
    static struct steady_request requests[REQUESTS];
    int64_t last_ms = 0;
    for (int i = 0; i < REQUESTS; i++) {
      int64_t slot = i % SLOTS, turn = i / SLOTS, offset_ms = staggered ? slot * SERVICE_MS / SLOTS : 0;
      int64_t done_ms = (turn + 1) * SERVICE_MS + offset_ms, freed = (i - WORKERS) / SLOTS + 1;
      int64_t sent_ms = i < WORKERS ? 0 : freed * SERVICE_MS + offset_ms;
      requests[i] = (struct steady_request){sent_ms * MS, -1, -1, done_ms * MS, 1};
      if (done_ms > last_ms) last_ms = done_ms;
    }
    struct steady steady = {0};
    assert_true(steady_of_batch(requests, REQUESTS, WORKERS, (double)last_ms * 1e-3, &steady));
    double truth = SLOTS / (SERVICE_MS * 1e-3);
    if (fabs(steady_throughput(&steady) / truth - 1) > 0.03)
      fail_msg("%g requests/s, not %g", steady_throughput(&steady), truth);
  }
}

static void test_no_window(void **state) {
  (void)state;
  static const struct batch batches[] = {
      {8, 1000, 200, 10, 100, 8, false},  // nobody waits
      {8, 1000, 200, 10, 100, 16, false}, // the last is sent 70 ms after the first end: a sliver
      {8, 1000, 200, 0, 100, 16, false},  // and here at the same instant
  };
  for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
    bool exists;
    struct steady steady = window_of(&batches[i], &exists);
    assert_false(exists);
    assert_true(isnan(steady_throughput(&steady)));
  }
}

static void test_windows_weigh_by_their_length(void **state) {
  (void)state;
  struct steady sum = {0};
  steady_add(&sum, &(struct steady){.windows = 1, .window_s = 9, .batch_s = 10, .amount = 900});
  steady_add(&sum, &(struct steady){.windows = 1, .window_s = 1, .batch_s = 10, .amount = 200});
  assert_true(fabs(steady_throughput(&sum) - 110) < 1e-9);
  assert_true(fabs(steady_share(&sum) - 0.5) < 1e-9);
}

// One worker whose answers have 150 tokens in the first half and 50 in the second: eight parts of 1.5 and 0.5
// times the mean have a variance of 2/7, their mean an eighth of it.
static void test_parts_of_the_window_show_how_it_varies(void **state) {
  (void)state;
  struct steady_request requests[802];
  for (int i = 0; i < 802; i++)
    requests[i] = (struct steady_request){.sent_ns = i * MS,
                                          .first_text_ns = i * MS,
                                          .last_text_ns = (i + 1) * MS,
                                          .done_ns = (i + 1) * MS,
                                          .amount = i < 401 ? 150 : 50};
  struct steady steady = {0};
  assert_true(steady_of_batch(requests, 802, 1, 0.802, &steady));
  assert_true(fabs(steady.squares / steady.amount / steady.amount * 8 * 7 / 2 - 1) < 0.01);
  for (int i = 0; i < 802; i++)
    requests[i].amount = 100;
  assert_true(steady_of_batch(requests, 802, 1, 0.802, &steady));
  assert_true(steady.squares / steady.amount / steady.amount < 1e-4);
}

static void test_littles_law_holds_over_many_waves(void **state) {
  (void)state;
  struct batch batch = {8, 1000, 200, 125, 100, 1000, false};
  bool exists;
  struct steady steady = window_of(&batch, &exists);
  assert_true(exists);
  assert_true(fabs(steady_littles_law(&steady) - 1) < 0.02);
  steady.busy_s *= 1.05; // as if requests had been in flight that never ended
  assert_true(fabs(steady_littles_law(&steady) - 1.05) < 0.02);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_throughput_does_not_grow_with_the_batch),
      cmocka_unit_test(test_waves_that_end_together_leave_a_window_of_whole_waves),
      cmocka_unit_test(test_requests_that_wait_inside_the_server_do_not_count_twice),
      cmocka_unit_test(test_no_window),
      cmocka_unit_test(test_windows_weigh_by_their_length),
      cmocka_unit_test(test_parts_of_the_window_show_how_it_varies),
      cmocka_unit_test(test_littles_law_holds_over_many_waves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
