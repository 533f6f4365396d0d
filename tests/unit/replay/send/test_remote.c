// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "lib/base/clock.h"
#include "tests/unit/replay/send/fake_ranks.h"
#include "tests/unit/replay/sender.h"

// Rank 0 has the sender's recorder, rank 1 one that collects; rank 2 is a mailbox that nobody opens.
struct pair {
  struct sender sender;
  struct recorder *collector;
  struct remote *first, *second;
  int records, overs, losses, ends, cancels;
  int64_t lag_ns;
  char lost[200];
  struct remote_start started;
};

static void on_record(void *measurement, const struct run_request *record) {
  struct pair *pair = measurement;
  pair->records++;
  pair->lag_ns = record->sent_ns - record->intended_ns;
  audit_request(remote_audit(pair->first), pair->lag_ns, -1);
}

static void on_over(void *measurement) {
  struct pair *pair = measurement;
  pair->overs++;
  loop_stop(pair->sender.loop);
}

static void on_lost(void *context, const char *message) {
  struct pair *pair = context;
  pair->losses++;
  snprintf(pair->lost, sizeof pair->lost, "%s", message);
}

// As rank 1: sends one request 5 ms late, and reports.
static void on_start(void *context, const struct remote_start *start) {
  struct pair *pair = context;
  int64_t start_ns;
  pair->started = *start;
  struct remote_start own = {.nonce = 1, .count = 1};
  remote_begin(pair->second, NULL, &own);
  assert_true(own.nonce == start->nonce && own.count == start->count);
  assert_int_equal(remote_meet(pair->second, 4000000, &start_ns), STATUS_OK);
  struct response response = {
      .failure = FAILURE_CONNECT, .first_answer_ns = -1, .input_tokens = -1, .output_tokens = -1};
  struct histogram *gaps = histogram_new(7);
  struct request request = {.url = "http://h/p", .body = "", .seq = 9};
  struct request_result result = {.request = &request,
                                  .index = 3,
                                  .intended_ns = start_ns,
                                  .ready_ns = start_ns,
                                  .sent_ns = start_ns + 5000000,
                                  .done_ns = start_ns + 6000000,
                                  .response = &response,
                                  .text_gaps = gaps,
                                  .message = "refused"};
  recorder_request(pair->collector, 0, &start->batch, &result);
  free(gaps);
  remote_report(
      pair->second,
      &(struct remote_result){
          .complete = true,
          .total_ns = 77,
          .in_flight_ns = 10,
          .output_tokens = 20,
          .verdict = {.cpu = 0.95, .stall_max_ns = 8, .reason = {RUN_REASON_CPU, 0.95, 0.9, {NULL, 0}}}});
}

static void on_cancel(void *context) {
  ((struct pair *)context)->cancels++;
}

static void on_end(void *context) {
  ((struct pair *)context)->ends++;
  loop_stop(((struct pair *)context)->sender.loop);
}

static const struct remote_handlers first_handlers = {.record = on_record, .over = on_over, .lost = on_lost};
static const struct remote_handlers second_handlers = {
    .lost = on_lost, .start = on_start, .cancel = on_cancel, .end = on_end};

static void open_pair(struct pair *pair) {
  struct error error;
  struct run_header header = {0};
  *pair = (struct pair){0};
  sender_open(&pair->sender, 1);
  struct recorder_settings settings = {
      .collects = true, .lanes = 1, .header = &header, .work = &pair->sender.work};
  assert_int_equal(recorder_open(&settings, &pair->collector, &error), STATUS_OK);
  assert_int_equal(remote_open(pair->sender.loop, &fake_ranks[0], pair->sender.recorder, &pair->sender.work,
                               &first_handlers, pair, &pair->first, &error),
                   STATUS_OK);
  assert_int_equal(remote_open(pair->sender.loop, &fake_ranks[1], pair->collector, &pair->sender.work,
                               &second_handlers, pair, &pair->second, &error),
                   STATUS_OK);
}

static void close_pair(struct pair *pair) {
  struct error error;
  remote_close(pair->first);
  remote_close(pair->second);
  lanes_stop(pair->sender.lanes);
  assert_int_equal(recorder_close(pair->collector, &error), STATUS_OK);
  sender_close(&pair->sender);
  for (int i = 0; i < FAKE_RANKS; i++) {
    struct buf message = {0};
    int64_t from;
    while (ranks_receive(&fake_ranks[i], &from, &message) == STATUS_OK)
      ;
    buf_free(&message);
  }
}

static void run(struct pair *pair) {
  struct error error;
  assert_int_equal(loop_run(pair->sender.loop, &error), STATUS_OK);
}

static void begin(struct pair *pair, int64_t *start_ns) {
  struct remote_start start = {
      .batch = {.workers = 4, .batch = 8, .rep = 2}, .offset = 5, .count = 8, .nonce = 123};
  recorder_start_batch(pair->sender.recorder, &start.batch);
  remote_begin(pair->first, pair, &start);
  assert_int_equal(remote_pending(pair->first), 2);
  assert_int_equal(remote_meet(pair->first, 4000000, start_ns), STATUS_OK);
}

static void test_a_part_of_another_rank_is_recorded_at_rank_0(void **state) {
  (void)state;
  struct pair pair;
  int64_t start_ns;
  open_pair(&pair);
  begin(&pair, &start_ns);
  run(&pair);
  assert_int_equal(pair.overs, 1);
  assert_int_equal(pair.records, 1);
  assert_int_equal(pair.lag_ns, 5000000);
  assert_int_equal(remote_pending(pair.first), 1); // rank 2
  assert_int_equal(pair.started.offset, 5);
  assert_int_equal(pair.started.batch.rep, 2);
  assert_int_equal(recorder_sums(pair.sender.recorder)->failed, 1);
  assert_non_null(strstr(recorder_first_failure(pair.sender.recorder), "connect"));
  close_pair(&pair);
}

static void test_the_worst_client_counts_and_the_longest_time(void **state) {
  (void)state;
  struct pair pair;
  struct error error;
  struct audit audit = {0};
  int64_t start_ns, total_ns = 50;
  open_pair(&pair);
  begin(&pair, &start_ns);
  run(&pair);
  assert_int_equal(audit_open(&audit, &error), STATUS_OK);
  audit_start(&audit, 0);
  struct audit_verdict verdict = {.cpu = 0.1, .stall_max_ns = 9, .valid = true};
  bool complete = remote_conclude(pair.first, &audit, &verdict, &total_ns);
  assert_false(complete); // rank 2 has not answered
  assert_int_equal(total_ns, 77);
  assert_true(verdict.cpu == 0.95);
  assert_int_equal(verdict.stall_max_ns, 9);
  assert_false(verdict.valid);
  assert_int_equal(verdict.reason.kind, RUN_REASON_CPU);
  assert_int_equal(audit.lag->count, 1);
  struct json_slice second = json_scan_at(verdict.ranks, 1);
  assert_true(json_slice_is(json_scan_get(second, "rank"), "1"));
  assert_true(json_slice_is(json_scan_get(second, "valid"), "false"));
  double in_flight_ns = 1, tokens = 2;
  bool known = false;
  remote_open_loop(pair.first, &in_flight_ns, &tokens, &known);
  assert_true(in_flight_ns == 11 && tokens == 22 && known);
  audit_close(&audit);
  close_pair(&pair);
}

static void test_what_is_cancelled_is_not_waited_for(void **state) {
  (void)state;
  struct pair pair;
  int64_t start_ns;
  open_pair(&pair);
  begin(&pair, &start_ns);
  remote_cancel(pair.first);
  assert_int_equal(remote_pending(pair.first), 0);
  remote_end(&fake_ranks[0]);
  run(&pair);
  assert_int_equal(pair.cancels, 1);
  assert_int_equal(pair.ends, 1);
  assert_int_equal(pair.overs, 0);
  close_pair(&pair);
}

static void test_a_rank_that_cannot_be_reached_is_lost_once(void **state) {
  (void)state;
  struct pair pair;
  int64_t start_ns;
  open_pair(&pair);
  fake_ranks[2].is_lost = true;
  begin(&pair, &start_ns);
  remote_cancel(pair.first);
  assert_int_equal(pair.losses, 1);
  assert_string_equal(pair.lost, "rank 2 cannot be reached");
  fake_ranks[2].is_lost = false;
  close_pair(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_part_of_another_rank_is_recorded_at_rank_0),
      cmocka_unit_test(test_the_worst_client_counts_and_the_longest_time),
      cmocka_unit_test(test_what_is_cancelled_is_not_waited_for),
      cmocka_unit_test(test_a_rank_that_cannot_be_reached_is_lost_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
