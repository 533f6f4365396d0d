// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay/send/remote.h"
#include "tests/unit/replay/send/fake_ranks.h"

struct side {
  int64_t number;
  const char *digest;
  enum status status, agreed;
  struct error error;
};

static void *agree(void *context) {
  struct side *side = context;
  side->agreed = remote_agree(&fake_ranks[side->number], side->status, side->digest, &side->error);
  return NULL;
}

static void agree_all(struct side sides[FAKE_RANKS]) {
  pthread_t threads[FAKE_RANKS];
  for (int64_t i = 0; i < FAKE_RANKS; i++) {
    sides[i].number = i;
    assert_int_equal(pthread_create(&threads[i], NULL, agree, &sides[i]), 0);
  }
  for (int i = 0; i < FAKE_RANKS; i++)
    pthread_join(threads[i], NULL);
}

static void test_ranks_that_draw_the_same_agree(void **state) {
  (void)state;
  struct side sides[FAKE_RANKS] = {{.digest = "a"}, {.digest = "a"}, {.digest = "a"}};
  agree_all(sides);
  for (int i = 0; i < FAKE_RANKS; i++)
    assert_int_equal(sides[i].agreed, STATUS_OK);
}

static void test_another_trace_is_refused_by_rank_0_alone(void **state) {
  (void)state;
  struct side sides[FAKE_RANKS] = {{.digest = "a"}, {.digest = "a"}, {.digest = "b"}};
  agree_all(sides);
  assert_int_equal(sides[0].agreed, STATUS_USAGE);
  assert_non_null(strstr(sides[0].error.text, "rank 2 on "));
  assert_non_null(strstr(sides[0].error.text, "drew other requests"));
  assert_int_equal(sides[1].agreed, STATUS_USAGE);
  assert_string_equal(sides[1].error.text, "");
}

static void test_a_failure_of_one_is_that_of_all(void **state) {
  (void)state;
  struct side sides[FAKE_RANKS] = {{.digest = "a"},
                                   {.status = STATUS_NOT_FOUND, .digest = "", .error = {"t: no such file"}},
                                   {.digest = "a"}};
  agree_all(sides);
  assert_int_equal(sides[0].agreed, STATUS_NOT_FOUND);
  assert_non_null(strstr(sides[0].error.text, "rank 1 on "));
  assert_non_null(strstr(sides[0].error.text, "t: no such file"));
  assert_int_equal(sides[2].agreed, STATUS_NOT_FOUND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ranks_that_draw_the_same_agree),
      cmocka_unit_test(test_another_trace_is_refused_by_rank_0_alone),
      cmocka_unit_test(test_a_failure_of_one_is_that_of_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
