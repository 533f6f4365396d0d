// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "replay/compose.h"

static struct opts parse(int argc, char **argv) {
  struct opts opts;
  struct cli_common common;
  struct error error;
  if (opts_parse(argc, argv, &opts, &common, &error)) fail_msg("%s", error.text);
  return opts;
}

static void test_the_header_has_what_was_asked_for(void **state) {
  (void)state;
  char *argv[] = {"replay",       "t.jsonl", "-u", "http://u:secret@127.0.0.1:1/base",
                  "-W",           "2",       "-B", "4",
                  "--max-tokens", "1k",      "-r", "2",
                  "--threads",    "3"};
  int argc = sizeof argv / sizeof argv[0];
  struct opts opts = parse(argc, argv);
  struct plan plan;
  struct work work = {.digest = "sha256:1", .sent_digest = "sha256:2", .model = "tide"};
  struct error error;
  assert_int_equal(plan_make(opts.cells, opts.cell_count, opts.order, opts.restart, opts.seed, &plan, &error),
                   STATUS_OK);
  struct compose_header composed;
  assert_int_equal(compose_header(&opts, &plan, &work, true, 1, argc, argv, &composed, &error), STATUS_OK);
  const struct run_header *header = &composed.header;
  assert_int_equal(header->max_tokens, 1000);
  assert_int_equal(header->threads, 3);
  assert_true(header->cache_bust);
  assert_true(json_slice_is(header->model, "tide"));
  assert_true(json_slice_is(header->timing, "batch"));
  assert_true(json_slice_is(header->url, "http://***@127.0.0.1:1/base") ||
              json_slice_is(header->url, "http://127.0.0.1:1/base"));
  assert_true(json_slice_is(header->plan,
                            "{\"workers\":[2],\"batch\":[4],\"repeat\":2,\"cells\":[{\"workers\":2,"
                            "\"batch\":4,\"repeat\":2}]}"));
  assert_null(strstr(buf_text(&composed.arguments), "secret"));
  assert_null(header->traces.data);
  assert_null(header->server.data);
  compose_header_free(&composed);
  plan_free(&plan);
  opts_free(&opts);
}

static void test_shards_with_one_start_share_their_nonces(void **state) {
  (void)state;
  char *argv[] = {"replay",    "t.jsonl", "-u",  "http://127.0.0.1:1", "--timing", "original",
                  "--dry-run", "--shard", "2/3", "--start-at",         "2000.5"};
  int argc = sizeof argv / sizeof argv[0];
  struct opts second = parse(argc, argv);
  argv[8] = "3/3";
  struct opts third = parse(argc, argv);
  argv[10] = "2000.6";
  struct opts later = parse(argc, argv);
  struct send_settings settings = compose_send(&second, true, 10);
  assert_int_equal(settings.shard, 1);
  assert_int_equal(settings.shards, 3);
  assert_true(settings.nonce != 0);
  assert_true(compose_send(&third, true, 10).nonce == settings.nonce);
  assert_true(compose_send(&later, true, 10).nonce != settings.nonce);
  second.start_at_unix_s = 0;
  assert_true(compose_send(&second, true, 10).nonce == 0);
  opts_free(&second);
  opts_free(&third);
  opts_free(&later);
}

static void test_an_arrival_is_recorded_by_its_name(void **state) {
  (void)state;
  char *argv[] = {
      "replay", "t.jsonl",   "-u",    "http://127.0.0.1:1", "--timing", "rate",       "--request-rate",
      "2,4",    "--arrival", "gamma", "--burstiness",       "0.5",      "--duration", "3s"};
  struct opts opts = parse(sizeof argv / sizeof argv[0], argv);
  struct plan plan = {0};
  struct work work = {0};
  struct compose_header composed;
  struct error error;
  assert_int_equal(compose_header(&opts, &plan, &work, false, 1, 0, NULL, &composed, &error), STATUS_OK);
  assert_true(json_slice_is(composed.header.plan, "{\"repeat\":1,\"rates\":[2,4],\"arrival\":\"gamma\","
                                                  "\"burstiness\":0.5,\"duration_s\":3}"));
  assert_int_equal(composed.header.max_tokens, -1);
  struct send_settings send = compose_send(&opts, false, 9);
  assert_string_equal(send.timing, "rate");
  assert_false(send.original);
  assert_true(send.several_rates);
  assert_int_equal(send.max_in_flight, 9);
  assert_int_equal(send.duration_ns, INT64_C(3000000000));
  compose_header_free(&composed);
  opts_free(&opts);
}

static void test_files_beside_the_run_have_its_stem(void **state) {
  (void)state;
  static char *const outputs[][2] = {
      {"a/run.jsonl.gz", "a/run"}, {"run.jsonl", "run"}, {"run.gz", "run"}, {"run", "run"}, {"-", "replay"}};
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
    char *argv[] = {"replay", "t.jsonl", "-u", "http://127.0.0.1:1", "-o", outputs[i][0]};
    struct opts opts = parse(6, argv);
    assert_string_equal(compose_server(&opts).stem, outputs[i][1]);
    opts_free(&opts);
  }
}

static void test_metrics_are_a_path_or_a_url(void **state) {
  (void)state;
  char *path[] = {"replay", "t.jsonl", "-u", "http://127.0.0.1:1", "--metrics-url", "/metrics"};
  struct opts opts = parse(6, path);
  struct server_settings settings = compose_server(&opts);
  assert_string_equal(settings.metrics_path, "/metrics");
  assert_null(settings.metrics);
  opts_free(&opts);
  char *url[] = {"replay", "t.jsonl", "-u", "http://127.0.0.1:1", "--metrics-url", "http://127.0.0.1:2/m"};
  opts = parse(6, url);
  settings = compose_server(&opts);
  assert_null(settings.metrics_path);
  assert_int_equal(settings.metrics->port, 2);
  opts_free(&opts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_header_has_what_was_asked_for),
      cmocka_unit_test(test_shards_with_one_start_share_their_nonces),
      cmocka_unit_test(test_an_arrival_is_recorded_by_its_name),
      cmocka_unit_test(test_files_beside_the_run_have_its_stem),
      cmocka_unit_test(test_metrics_are_a_path_or_a_url),
  };
  return cmocka_run_group_tests_name("compose", tests, NULL, NULL);
}
