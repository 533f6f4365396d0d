// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/replay/sender.h"

static const struct recorder_batch batch = {.workers = 2, .batch = 4};

static void add(struct sender *sender, enum failure failure, int64_t tokens, const char *words) {
  static const struct request request = {.url = "http://h/v1/chat?key=1"};
  static const struct histogram no_gaps;
  struct response response = {.failure = failure,
                              .status = failure == FAILURE_HTTP_4XX ? 404 : 200,
                              .first_answer_ns = -1,
                              .input_tokens = -1,
                              .output_tokens = tokens,
                              .cached_tokens = -1};
  struct request_result result = {
      .request = &request, .attempts = 1, .response = &response, .text_gaps = &no_gaps, .message = words};
  recorder_request(sender->recorder, 0, &batch, &result);
}

static void test_requests_add_up(void **state) {
  (void)state;
  struct sender sender;
  sender_open(&sender, 1);
  recorder_start_batch(sender.recorder, &batch);
  add(&sender, FAILURE_NONE, 5, "");
  add(&sender, FAILURE_NONE, -1, ""); // its count is not known
  add(&sender, FAILURE_CANCELLED, 7, "");
  add(&sender, FAILURE_HTTP_4XX, 9, "no such model");
  const struct recorder_sums *sums = recorder_sums(sender.recorder);
  assert_int_equal(sums->requests, 4);
  assert_int_equal(sums->cancelled, 1);
  assert_int_equal(sums->failed, 1);
  assert_int_equal(sums->output_tokens, 5);
  assert_int_equal(sums->input_tokens, -1);
  assert_int_equal(sums->errors[FAILURE_HTTP_4XX], 1);
  assert_int_equal(sums->errors[FAILURE_CANCELLED], 1);
  recorder_start_batch(sender.recorder, &batch);
  assert_int_equal(recorder_sums_now(sender.recorder).requests, 0);
  assert_int_equal(sender_count(&sender, "request"), 4);
  lanes_stop(sender.lanes);
  sender_close(&sender);
}

static void test_the_first_failure_is_kept_with_its_path(void **state) {
  (void)state;
  struct sender sender;
  sender_open(&sender, 1);
  add(&sender, FAILURE_CANCELLED, -1, "ours");
  assert_string_equal(recorder_first_failure(sender.recorder), "");
  add(&sender, FAILURE_HTTP_4XX, -1, "no such model");
  add(&sender, FAILURE_TIMEOUT, -1, "later");
  assert_string_equal(recorder_first_failure(sender.recorder), "http_4xx (404) for /v1/chat: no such model");
  lanes_stop(sender.lanes);
  sender_close(&sender);
}

static void test_a_run_is_not_written_over_its_trace(void **state) {
  (void)state;
  struct sender sender;
  sender_open(&sender, 1);
  const char *inputs[] = {"/nowhere", sender.path};
  struct run_header header = {.version = 1};
  struct recorder_settings settings = {.output = sender.path,
                                       .existing = GZLINE_REPLACE,
                                       .inputs = inputs,
                                       .input_count = 2,
                                       .lanes = 1,
                                       .header = &header,
                                       .work = &sender.work};
  struct recorder *recorder = NULL;
  struct error error;
  assert_int_equal(recorder_open(&settings, &recorder, &error), STATUS_USAGE);
  assert_non_null(strstr(error.text, "input and output are the same file"));
  assert_null(recorder);
  lanes_stop(sender.lanes);
  sender_close(&sender);
}

static void test_one_that_did_not_open_can_be_closed(void **state) {
  (void)state;
  struct error error;
  assert_int_equal(recorder_close(NULL, &error), STATUS_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_requests_add_up),
      cmocka_unit_test(test_the_first_failure_is_kept_with_its_path),
      cmocka_unit_test(test_a_run_is_not_written_over_its_trace),
      cmocka_unit_test(test_one_that_did_not_open_can_be_closed),
  };
  return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}
