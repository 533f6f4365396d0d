// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "replay/follow.h"

static void test_ranks_cannot_share_standard_input(void **state) {
  (void)state;
  char *traces[] = {"a.jsonl", "-"};
  struct opts opts = {.traces = {traces, 1}};
  struct error error;
  assert_int_equal(follow_check(&opts, &error), STATUS_OK);
  opts.traces.count = 2;
  assert_int_equal(follow_check(&opts, &error), STATUS_USAGE);
  assert_non_null(strstr(error.text, "standard input"));
  opts.traces.count = 1;
  opts.cells_path = "-";
  assert_int_equal(follow_check(&opts, &error), STATUS_USAGE);
}

static void test_a_shard_has_no_other_ranks(void **state) {
  (void)state;
  struct opts opts = {.shard = {1, 2}};
  struct log log = {.tool = "replay"};
  struct ranks *ranks = NULL;
  struct error error;
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  assert_int_equal(follow_join(&opts, &log, &ranks, &error), STATUS_OK);
  unsetenv("OMPI_COMM_WORLD_SIZE");
  assert_null(ranks);
  struct send_settings send = {.shard = 1, .shards = 2};
  follow_share(ranks, &send);
  assert_int_equal(send.shards, 2);
  assert_string_equal(log.tool, "replay");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ranks_cannot_share_standard_input),
      cmocka_unit_test(test_a_shard_has_no_other_ranks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
