// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "replay/shard.h"

static const char *const variables[] = {
    "OMPI_COMM_WORLD_RANK",   "OMPI_COMM_WORLD_SIZE", "JOB_COMPLETION_INDEX",
    "JOB_COMPLETIONS",        "SLURM_ARRAY_TASK_ID",  "SLURM_ARRAY_TASK_MIN",
    "SLURM_ARRAY_TASK_COUNT", "SLURM_PROCID",         "SLURM_NTASKS",
};

static void clear_environment(void) {
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
    unsetenv(variables[i]);
}

static void assert_shard(const char *text, int64_t number, int64_t count) {
  struct shard shard = {0};
  struct error error = {""};
  if (shard_parse(text, &shard, &error)) fail_msg("%s: %s", text, error.text);
  assert_int_equal(shard.number, number);
  assert_int_equal(shard.count, count);
}

static void assert_refused(const char *text, const char *words) {
  struct shard shard = {0};
  struct error error = {""};
  assert_int_equal(shard_parse(text, &shard, &error), STATUS_USAGE);
  if (!strstr(error.text, words)) fail_msg("%s: '%s' is not in: %s", text, words, error.text);
  assert_int_equal(shard.count, 0);
}

static void test_numbers_go_from_one_to_the_count(void **state) {
  (void)state;
  clear_environment();
  assert_shard("1/1", 1, 1);
  assert_shard("3/8", 3, 8);
  assert_shard("8/8", 8, 8);
  assert_refused("0/8", "'0'");
  assert_refused("9/8", "'9'");
  assert_refused("1/0", "'0'");
  assert_refused("1/65537", "65536");
  assert_refused("3", "I/N");
  assert_refused("", "I/N");
  assert_refused("3/8/2", "8/2");
  assert_refused("autos", "I/N");
  assert_refused("123456789012345678901234567890/2", "I/N");
}

static void test_each_launcher_is_understood(void **state) {
  (void)state;
  clear_environment();
  assert_refused("auto", "no launcher");
  setenv("SLURM_PROCID", "0", 1);
  assert_refused("auto", "SLURM_NTASKS is missing");
  setenv("SLURM_NTASKS", "1", 1);
  assert_shard("auto", 1, 1);
  setenv("SLURM_ARRAY_TASK_ID", "7", 1);
  assert_shard("auto", 1, 1); // not an array of known size
  setenv("SLURM_ARRAY_TASK_MIN", "5", 1);
  setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
  assert_shard("auto", 3, 4);
  setenv("SLURM_ARRAY_TASK_ID", "9", 1); // of 5,6,9,12
  assert_refused("auto", "SLURM_ARRAY_TASK_ID is 9; of 4 shards it is 5 to 8");
  setenv("JOB_COMPLETION_INDEX", "2", 1);
  assert_shard("auto/3", 3, 3);
  setenv("JOB_COMPLETIONS", "6", 1);
  assert_shard("auto", 3, 6);
  setenv("OMPI_COMM_WORLD_RANK", "0", 1);
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
  assert_shard("auto", 1, 2);
  setenv("OMPI_COMM_WORLD_SIZE", "two", 1);
  assert_refused("auto", "OMPI_COMM_WORLD_SIZE");
  clear_environment();
  setenv("JOB_COMPLETION_INDEX", "0", 1);
  assert_refused("auto", "JOB_COMPLETIONS is missing");
  clear_environment();
}

static void test_a_start_is_an_instant_of_the_wall_clock(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double unix_s;
  } rows[] = {
      {"1795361090.25", 1795361090.25},
      {"2026-03-01T12:00:00Z", 1772366400}, // date -u -d ... +%s
      {"2026-03-01T13:30:00+01:30", 1772366400},
      {"2026-03-01 07:00:00-05:00", 1772366400},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    double unix_s = 0;
    struct error error = {""};
    if (shard_parse_start(rows[i].text, &unix_s, &error)) fail_msg("%s: %s", rows[i].text, error.text);
    assert_true(unix_s == rows[i].unix_s);
  }
  static const char *const bad[] = {"",
                                    "now",
                                    "+30s",
                                    "2026-03-01",
                                    "2026-03-01T12:00:00",
                                    "2026-13-01T12:00:00Z",
                                    "2026-03-01T12:00:00Z!"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    double unix_s = 5;
    struct error error = {""};
    assert_int_equal(shard_parse_start(bad[i], &unix_s, &error), STATUS_USAGE);
    assert_non_null(strstr(error.text, bad[i]));
    assert_true(unix_s == 5);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers_go_from_one_to_the_count),
      cmocka_unit_test(test_each_launcher_is_understood),
      cmocka_unit_test(test_a_start_is_an_instant_of_the_wall_clock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
