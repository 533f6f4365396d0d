// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/json/json_scan.h"
#include "lib/lines/gzline.h"
#include "replay/plan/random.h"
#include "replay/plan/superpose.h"

#define SECOND INT64_C(1000000000)
#define MOONCAKE "../shared/data/traces/mooncake_conversation.jsonl.gz"

enum { REQUESTS_MAX = 20000, SEEDS = 200 };

static int64_t offsets[REQUESTS_MAX];
static struct schedule once = {.offsets_ns = offsets};

static struct superposed of_seed(struct superpose_options options, const struct conversations_turn *turns,
                                 int64_t seed) {
  struct superposed all = {0};
  options.seed = seed;
  assert_int_equal(superpose(&options, &once, turns, &all, NULL), STATUS_OK);
  return all;
}

// Bursts of up to 20 requests within two seconds, one in 15 s.
static void make_bursts(void) {
  struct random_source *random = random_open(5);
  once.count = 0;
  for (int64_t burst = 0; burst < 240; burst++) {
    int64_t at_ns = burst * 15 * SECOND, count = 1 + random_below(random, 20);
    for (int64_t i = 0; i < count; i++)
      offsets[once.count++] = at_ns + i * 2 * SECOND / count;
  }
  random_close(random);
  once.window_ns = offsets[once.count - 1];
}

// Of one copy, or of all (-1).
static double variance_of_counts(const struct superposed *all, int64_t copy, int64_t width_ns) {
  size_t windows = (size_t)(once.window_ns / width_ns), at = 0;
  double sum = 0, squares = 0;
  for (size_t i = 0; i < windows; i++) {
    double count = 0;
    for (; at < all->count && all->schedule.offsets_ns[at] < (int64_t)(i + 1) * width_ns; at++)
      count += copy < 0 || all->places[at].copy == copy;
    sum += count;
    squares += count * count;
  }
  double mean = sum / (double)windows;
  return squares / (double)windows - mean * mean;
}

// In the mean over seeds that of all copies is the sum of theirs: their counts do not depend on each other.
static void expect_variances_of_three(void) {
  static const int64_t widths_s[] = {1, 10, 60};
  double sums[3] = {0}, alone[3] = {0};
  for (int64_t seed = 1; seed <= SEEDS; seed++) {
    struct superposed all = of_seed((struct superpose_options){.copies = 3}, NULL, seed);
    assert_int_equal(all.schedule.count, 3 * once.count);
    for (int i = 0; i < 3; i++) {
      sums[i] += variance_of_counts(&all, -1, widths_s[i] * SECOND);
      for (int64_t copy = 0; copy < 3; copy++)
        alone[i] += variance_of_counts(&all, copy, widths_s[i] * SECOND);
    }
    superposed_free(&all);
  }
  for (int i = 0; i < 3; i++) {
    print_message("over %2lld s: %.3f times the variances of the copies\n", (long long)widths_s[i],
                  sums[i] / alone[i]);
    assert_true(fabs(sums[i] / alone[i] - 1) < 0.1);
  }
}

static void test_counts_of_three_copies_vary_as_three_independent_ones(void **state) {
  (void)state;
  make_bursts();
  expect_variances_of_three();
}

// A copy is the trace, rotated: each request once, the gaps between them as recorded.
static void expect_rotated(const struct superposed *all, int64_t copy, int64_t window_ns) {
  int64_t length_ns = once.window_ns + once.window_ns / (int64_t)(once.count - 1) + 1, phase_ns = -1;
  size_t found = 0;
  for (size_t i = 0; i < all->count; i++) {
    if (i > 0) assert_true(all->schedule.offsets_ns[i] >= all->schedule.offsets_ns[i - 1]);
    if (all->places[i].copy != copy) continue;
    int64_t late_ns = all->schedule.offsets_ns[i] - offsets[all->places[i].source];
    if (late_ns < 0) late_ns += length_ns;
    if (phase_ns < 0) phase_ns = late_ns;
    assert_int_equal(late_ns, phase_ns);
    found++;
  }
  assert_int_equal(found, once.count);
  assert_true(copy == 0 ? phase_ns == 0 : phase_ns > 0 && phase_ns < window_ns);
}

static void test_every_copy_keeps_its_gaps(void **state) {
  (void)state;
  make_bursts();
  for (int64_t seed = 1; seed <= 20; seed++) {
    struct superposed all = of_seed((struct superpose_options){.copies = 3}, NULL, seed);
    for (int64_t copy = 0; copy < 3; copy++)
      expect_rotated(&all, copy, once.window_ns + 15 * SECOND);
    superposed_free(&all);
    all = of_seed((struct superpose_options){.copies = 2, .window_ns = 5 * SECOND}, NULL, seed);
    expect_rotated(&all, 1, 5 * SECOND);
    superposed_free(&all);
  }
}

// Conversations of three turns that follow each other at once: i, i + 1, i + 2.
static struct conversations_turn *make_turns(void) {
  static struct conversations_turn turns[REQUESTS_MAX];
  once.count = 3000;
  for (int64_t i = 0; i < 3000; i++) {
    offsets[i] = i * SECOND;
    turns[i] = (struct conversations_turn){i / 3, i % 3 > 0 ? i - 1 : -1, i % 3 < 2 ? i + 1 : -1, 5};
  }
  once.window_ns = offsets[once.count - 1];
  return turns;
}

static void test_turns_follow_each_other_within_their_copy(void **state) {
  (void)state;
  struct conversations_turn *turns = make_turns();
  struct superposed all = of_seed((struct superpose_options){.copies = 3}, turns, 7);
  int64_t cut = 0;
  for (size_t i = 0; i < all.count; i++) {
    struct superposed_place place = all.places[i];
    const struct conversations_turn *turn = &all.turns[i], *recorded = &turns[place.source];
    assert_int_equal(turn->conversation, recorded->conversation + 1000 * place.copy);
    assert_int_equal(turn->think_ns, 5);
    cut += turn->before < 0 && recorded->before >= 0;
    if (turn->before < 0) continue;
    assert_true(turn->before < (int64_t)i);
    assert_int_equal(all.turns[turn->before].after, i);
    assert_int_equal(all.places[turn->before].copy, place.copy);
    assert_int_equal(all.places[turn->before].source, recorded->before);
  }
  assert_in_range(cut, 0, 2); // one at the end of each late copy
  superposed_free(&all);
}

static void test_a_fraction_leaves_out_whole_conversations(void **state) {
  (void)state;
  static const double copies[] = {0.5, 2.5};
  struct conversations_turn *turns = make_turns();
  for (int i = 0; i < 2; i++) {
    struct superposed all = of_seed((struct superpose_options){.copies = copies[i]}, turns, 3);
    int64_t last = (int64_t)copies[i];
    size_t kept = all.count - (size_t)last * once.count;
    assert_true(kept % 3 == 0 &&
                fabs((double)kept - 1500) < 190); // four standard errors of 1000 conversations
    superposed_free(&all);
    all = of_seed((struct superpose_options){.copies = copies[i]}, NULL, 3); // of no conversation: requests
    kept = all.count - (size_t)last * once.count;
    assert_true(fabs((double)kept - 1500) < 110);
    superposed_free(&all);
  }
}

static void test_a_duration_cuts_the_schedule_but_not_the_draw(void **state) {
  (void)state;
  struct conversations_turn *turns = make_turns();
  struct superposed all =
      of_seed((struct superpose_options){.copies = 2, .duration_ns = 100 * SECOND}, turns, 3);
  assert_in_range(all.schedule.count, 199, 201);
  assert_int_equal(all.schedule.window_ns, 100 * SECOND);
  assert_int_equal(all.count, 6000);
  superposed_free(&all);
}

static void test_what_is_too_much_or_nothing_is_refused(void **state) {
  (void)state;
  make_turns();
  struct superposed all = {0};
  struct error error = {""};
  struct superpose_options options = {.copies = 20000, .seed = 1};
  assert_int_equal(superpose(&options, &once, NULL, &all, &error), STATUS_USAGE);
  assert_non_null(strstr(error.text, "more than 50000000 requests"));
  once.count = 1;
  options.copies = 0.001;
  assert_int_equal(superpose(&options, &once, NULL, &all, &error), STATUS_USAGE);
  assert_non_null(strstr(error.text, "holds no request"));
}

// The trace's prompts: ids of blocks, of which equal ones are equal text behind equal text.
struct prompts {
  int64_t *ids;
  size_t first[REQUESTS_MAX + 1]; // of each request, in ids
  size_t blocks;
};

static bool read_mooncake(struct prompts *prompts) {
  struct gzline_reader *lines;
  struct error error;
  const char *line;
  size_t len;
  if (access(MOONCAKE, R_OK)) return false;
  assert_int_equal(gzline_reader_open(MOONCAKE, &lines, &error), STATUS_OK);
  prompts->ids = calloc(4000000, sizeof *prompts->ids);
  for (once.count = 0; gzline_read(lines, &line, &len, &error) == STATUS_OK; once.count++) {
    struct json_slice object = {line, len}, id;
    assert_true(once.count < REQUESTS_MAX);
    offsets[once.count] = strtoll(json_scan_get(object, "timestamp").data, NULL, 10) * (SECOND / 1000);
    struct json_scan scan = json_scan_start(json_scan_get(object, "hash_ids"));
    while (json_scan_element(&scan, &id))
      prompts->ids[prompts->blocks++] = strtoll(id.data, NULL, 10);
    prompts->first[once.count + 1] = prompts->blocks;
  }
  once.window_ns = offsets[once.count - 1];
  gzline_reader_close(lines);
  return true;
}

// Blocks that the requests of one copy, as they are sent, have in common with earlier ones of it.
static size_t shared_blocks(const struct prompts *prompts, const struct superposed *all, int64_t copy) {
  unsigned char *seen = calloc(4000000, 1);
  size_t shared = 0;
  for (size_t i = 0; i < all->count; i++) {
    size_t source = (size_t)all->places[i].source;
    for (size_t b = prompts->first[source]; all->places[i].copy == copy && b < prompts->first[source + 1];
         b++) {
      shared += seen[prompts->ids[b]];
      seen[prompts->ids[b]] = 1;
    }
  }
  free(seen);
  return shared;
}

static void test_three_copies_of_a_recorded_trace(void **state) {
  (void)state;
  static struct prompts prompts;
  if (!read_mooncake(&prompts)) {
    print_message("skipped: no recorded trace here (%s)\n", MOONCAKE);
    skip();
  }
  expect_variances_of_three();
  struct superposed one = of_seed((struct superpose_options){.copies = 1}, NULL, 1);
  struct superposed all = of_seed((struct superpose_options){.copies = 3}, NULL, 1);
  size_t alone = shared_blocks(&prompts, &one, 0);
  print_message("%zu of %zu blocks are shared\n", alone, prompts.blocks);
  for (int64_t copy = 0; copy < 3; copy++)
    assert_int_equal(shared_blocks(&prompts, &all, copy), alone);
  superposed_free(&one);
  superposed_free(&all);
  free(prompts.ids);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counts_of_three_copies_vary_as_three_independent_ones),
      cmocka_unit_test(test_every_copy_keeps_its_gaps),
      cmocka_unit_test(test_turns_follow_each_other_within_their_copy),
      cmocka_unit_test(test_a_fraction_leaves_out_whole_conversations),
      cmocka_unit_test(test_a_duration_cuts_the_schedule_but_not_the_draw),
      cmocka_unit_test(test_what_is_too_much_or_nothing_is_refused),
      cmocka_unit_test(test_three_copies_of_a_recorded_trace),
  };
  return cmocka_run_group_tests_name("superpose", tests, NULL, NULL);
}
