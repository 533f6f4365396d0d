// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/stateful.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/workload/work_draw.h"

enum { MOST = 8 };

// A conversation of `count` requests with these bodies; `ids[i]`: the identifier of the answer to request i.
struct fixture {
  struct work work;
  struct conversations conversations, answers;
};

static void add(struct fixture *fixture, const char *body, const char *id) {
  size_t at = fixture->work.count++;
  int64_t number = -1;
  struct work_request *request = fixture->work.requests[at] = calloc(1, sizeof *request);
  assert_non_null(request);
  request->seq = (int64_t)at;
  request->body = strdup(body);
  request->body_len = strlen(body);
  request->recorded_number = -1;
  if (strstr(body, "previous_response_id") || strstr(body, "\"conversation\""))
    assert_int_equal(stateful_read(&fixture->answers, request), STATUS_OK);
  if (id)
    assert_int_equal(conversations_number(&fixture->answers, (struct json_slice){id, strlen(id)}, &number),
                     STATUS_OK);
  assert_int_equal(conversations_add_answer(&fixture->conversations, request->seq, 1, number), STATUS_OK);
}

static int open_fixture(void **state) {
  struct fixture *fixture = *state = calloc(1, sizeof *fixture);
  assert_non_null(fixture);
  fixture->work.requests = calloc(MOST, sizeof(struct work_request *));
  assert_non_null(fixture->work.requests);
  return 0;
}

static int close_fixture(void **state) {
  struct fixture *fixture = *state;
  work_free(&fixture->work);
  conversations_free(&fixture->conversations);
  conversations_free(&fixture->answers);
  free(fixture);
  return 0;
}

static size_t link_all(struct fixture *fixture) {
  struct conversations_request requests[MOST];
  size_t order[MOST], count = fixture->work.count;
  for (size_t i = 0; i < count; i++)
    requests[i] = (struct conversations_request){.seq = (int64_t)i, .at_ns = (int64_t)i};
  fixture->work.turns = calloc(MOST, sizeof *fixture->work.turns);
  assert_non_null(fixture->work.turns);
  assert_int_equal(conversations_order(&fixture->conversations, requests, count, order, fixture->work.turns),
                   STATUS_OK);
  return stateful_link(&fixture->work, &fixture->conversations);
}

static int64_t continues(const struct fixture *fixture, size_t at) {
  return fixture->work.requests[at]->continues;
}

static void test_each_continues_the_turn_that_got_its_answer(void **state) {
  struct fixture *fixture = *state;
  add(fixture, "{\"input\":\"a\"}", "r0");
  add(fixture, "{\"input\":\"b\",\"previous_response_id\":\"r0\"}", "r1");
  add(fixture, "{\"input\":\"c\",\"previous_response_id\":\"r0\"}", "r2");
  add(fixture, "{\"input\":\"d\",\"previous_response_id\":\"r1\"}", "r3");
  add(fixture, "{\"input\":\"e\"}", "r4");
  assert_int_equal(link_all(fixture), 0);
  static const int64_t expected[] = {WORK_ANEW, 0, 0, 1, WORK_ANEW};
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(continues(fixture, i), expected[i]);
  assert_string_equal(fixture->work.requests[1]->recorded_id, "r0");
  assert_memory_equal(fixture->work.requests[1]->body, "{\"input\":\"b\"}",
                      fixture->work.requests[1]->body_len);
}

static void test_without_identifiers_it_is_the_turn_before(void **state) {
  struct fixture *fixture = *state;
  add(fixture, "{\"input\":\"a\"}", NULL);
  add(fixture, "{\"input\":\"b\",\"previous_response_id\":\"r0\"}", NULL);
  add(fixture, "{\"input\":\"c\",\"previous_response_id\":\"r1\"}", NULL);
  assert_int_equal(link_all(fixture), 0);
  assert_int_equal(continues(fixture, 1), 0);
  assert_int_equal(continues(fixture, 2), 1);
}

static void test_what_continues_an_answer_from_elsewhere_goes_and_all_after_it(void **state) {
  struct fixture *fixture = *state;
  add(fixture, "{\"input\":\"a\",\"previous_response_id\":\"older\"}", "r0");
  add(fixture, "{\"input\":\"b\",\"previous_response_id\":\"r0\"}", "r1");
  add(fixture, "{\"input\":\"c\"}", "r2");
  add(fixture, "{\"input\":\"d\",\"previous_response_id\":\"r1\"}", "r3");
  add(fixture, "{\"input\":\"e\",\"previous_response_id\":\"unseen\"}", "r4");
  add(fixture, "{\"input\":\"f\",\"previous_response_id\":\"r2\"}", "r5");
  assert_int_equal(link_all(fixture), 4);
  assert_null(fixture->work.requests[0]);
  assert_non_null(fixture->work.requests[2]);
  assert_int_equal(continues(fixture, 5), 2);
  for (size_t i = 0; i < fixture->work.count; i++) // as work.c closes the gaps
    if (!fixture->work.requests[i]) fixture->work.requests[i] = calloc(1, sizeof(struct work_request));
}

static void test_a_named_conversation_starts_anew(void **state) {
  struct fixture *fixture = *state;
  add(fixture, "{\"input\":\"a\",\"conversation\":\"conv\"}", "r0");
  add(fixture, "{\"input\":\"b\",\"conversation\":{\"id\":\"conv\"}}", "r1");
  assert_int_equal(link_all(fixture), 0);
  assert_int_equal(continues(fixture, 0), WORK_ANEW);
  assert_int_equal(continues(fixture, 1), 0);
}

static void test_a_body_that_names_an_answer_itself_continues_none(void **state) {
  (void)state;
  char body[] = "{\"previous_response_id\":\"mine\"} ", other[] = "{\"input\":\"a\"} ";
  struct work_request request = {.body = body, .body_len = strlen(body), .continues = 3};
  stateful_place(&request);
  assert_int_equal(request.continues, WORK_ANEW);
  request = (struct work_request){.body = other, .body_len = strlen(other), .continues = 3};
  stateful_place(&request);
  assert_int_equal(request.continues, 3);
  assert_int_equal(request.body_len, strlen(other) - 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_each_continues_the_turn_that_got_its_answer, open_fixture,
                                      close_fixture),
      cmocka_unit_test_setup_teardown(test_without_identifiers_it_is_the_turn_before, open_fixture,
                                      close_fixture),
      cmocka_unit_test_setup_teardown(test_what_continues_an_answer_from_elsewhere_goes_and_all_after_it,
                                      open_fixture, close_fixture),
      cmocka_unit_test_setup_teardown(test_a_named_conversation_starts_anew, open_fixture, close_fixture),
      cmocka_unit_test(test_a_body_that_names_an_answer_itself_continues_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
