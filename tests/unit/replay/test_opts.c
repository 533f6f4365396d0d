// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "replay/opts.h"

enum { ARGUMENTS_MAX = 24 };

// "replay t -u http://127.0.0.1:1" and these words, split at spaces.
static enum status parse(const char *words, struct opts *opts, struct error *error) {
  static char text[400];
  char *argv[ARGUMENTS_MAX] = {"replay", "t", "-u", "http://127.0.0.1:1"};
  int argc = 4;
  struct cli_common common;
  assert_true(snprintf(text, sizeof text, "%s", words) < (int)sizeof text);
  for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
    assert_true(argc < ARGUMENTS_MAX);
    argv[argc++] = word;
  }
  return opts_parse(argc, argv, opts, &common, error);
}

static struct opts parsed(const char *words) {
  struct opts opts;
  struct error error;
  if (parse(words, &opts, &error)) fail_msg("%s: %s", words, error.text);
  return opts;
}

static void test_defaults_are_those_of_the_manual(void **state) {
  (void)state;
  struct opts opts = parsed("");
  assert_int_equal(opts.cell_count, 1);
  assert_int_equal(opts.repeat, 3);
  assert_int_equal(opts.warmup, 1);
  assert_int_equal(opts.seed, 1);
  assert_int_equal(opts.threads, 1);
  assert_int_equal(opts.timeout_ns, 600 * CLOCK_NS_PER_S);
  assert_int_equal(opts.http_version, 1);
  assert_int_equal(opts.restart, PLAN_RESTART_NEVER);
  assert_string_equal(opts.stem, "replay");
  opts_free(&opts);
  opts = parsed("--timing rate --request-rate 5 --duration 10s");
  assert_int_equal(opts.repeat, 1);
  assert_int_equal(opts.arrival, SCHEDULE_ARRIVAL_POISSON);
  assert_true(opts.burstiness == 1);
  opts_free(&opts);
  opts = parsed("--server serve");
  assert_int_equal(opts.restart, PLAN_RESTART_BLOCK);
  assert_int_equal(opts.ready_timeout_ns, 300 * CLOCK_NS_PER_S);
  opts_free(&opts);
}

static void test_lists_become_cells(void **state) {
  (void)state;
  struct opts opts = parsed("-W 1,2 -B 4,8,16 -r 5");
  assert_int_equal(opts.cell_count, 6);
  assert_int_equal(opts.cells[5].workers, 2);
  assert_int_equal(opts.cells[5].batch, 16);
  assert_int_equal(opts.cells[5].repeat, 5);
  opts_free(&opts);
  opts = parsed("-W 1,2 --duration 5s");
  assert_int_equal(opts.cell_count, 2);
  assert_int_equal(opts.cells[0].batch, 0);
  opts_free(&opts);
}

static void test_a_former_name_sets_the_same_option(void **state) {
  (void)state;
  struct opts opts = parsed("--before-batch sync");
  assert_string_equal(opts.before_batch, "sync");
  opts_free(&opts);
  opts = parsed("--between sync");
  assert_string_equal(opts.before_batch, "sync");
  opts_free(&opts);
}

static void test_options_that_exclude_each_other_are_named(void **state) {
  (void)state;
  static const struct {
    const char *words, *message;
  } cases[] = {
      {"--ready /x", "--ready goes with --server"},
      {"--restart level", "--restart goes with --server"},
      {"--speed 2", "--speed goes with --timing original"},
      {"--request-rate 2", "--request-rate goes with --timing rate"},
      {"--timing rate", "--timing rate needs --request-rate"},
      {"--timing rate --request-rate 2 -W 2", "-W/--workers goes with --timing batch"},
      {"--timing rate --request-rate 2 --burstiness 2", "--burstiness goes with --arrival gamma"},
      {"--duration 5s -B 2", "-B/--batch"},
      {"--think-time recorded", "--think-time"},
      {"--next-rounds 2", "--next-rounds goes with --next"},
      {"--next true", "--next goes with -o/--output FILE"},
      {"--append", "--append goes with -o/--output FILE"},
      {"--append --resume -o x", "exclude each other"},
      {"--dispatch burst -W 1,2", "several need --server"},
      {"--api http --max-tokens 3", "--api http sends bodies as recorded"},
      {"--metrics-url /a#b", "--metrics-url"},
      {"--server serve --ready health", "does not begin with '/'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct opts opts;
    struct error error;
    if (parse(cases[i].words, &opts, &error) != STATUS_USAGE) fail_msg("%s", cases[i].words);
    if (!strstr(error.text, cases[i].message)) fail_msg("%s: %s", cases[i].words, error.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults_are_those_of_the_manual),
      cmocka_unit_test(test_lists_become_cells),
      cmocka_unit_test(test_a_former_name_sets_the_same_option),
      cmocka_unit_test(test_options_that_exclude_each_other_are_named),
  };
  return cmocka_run_group_tests_name("opts", tests, NULL, NULL);
}
