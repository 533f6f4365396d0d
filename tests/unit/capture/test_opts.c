// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "capture/opts.h"

#define MOST_WORDS 40

static enum status parse(struct opts *opts, const char *const *words, struct error *error) {
  char *argv[MOST_WORDS + 2] = {(char *)(intptr_t) "capture"};
  int argc = 1;
  for (; words[argc - 1]; argc++)
    argv[argc] = (char *)(intptr_t)words[argc - 1];
  struct cli_common common;
  return opts_parse(opts, argc, argv, &common, error);
}

static void test_defaults_are_those_of_the_help(void **state) {
  (void)state;
  struct opts opts;
  struct error error = {""};
  assert_int_equal(parse(&opts, (const char *[]){"-u", "http://127.0.0.1:11434", NULL}, &error), STATUS_OK);
  assert_string_equal(opts.listen.host, "127.0.0.1");
  assert_null(opts.unix_socket);
  assert_int_equal(opts.listen.port, 8080);
  assert_string_equal(opts.output, "-");
  assert_true(opts.keep_bodies && !opts.insecure && !opts.has_metrics);
  assert_int_equal(opts.max_body_bytes, 16 << 20);
  assert_int_equal(opts.max_header_bytes, 16 << 10);
  assert_int_equal(opts.queue_bytes, 64 << 20);
  assert_true(opts.flush_interval_ns == 1000000000 && opts.shutdown_grace_ns == 10000000000);
  opts_free(&opts);
}

static void test_every_option_reaches_its_field(void **state) {
  (void)state;
  struct opts opts;
  struct error error = {""};
  const char *const words[] = {"--upstream=https://u:p@h:8443/base/",
                               "-l[::1]:0",
                               "-ot.gz",
                               "--bodies=none",
                               "--sample=25%",
                               "--keep-header=X-Team",
                               "--redact=pin",
                               "--include=/v1/*",
                               "--exclude=/v1/models",
                               "--metrics=:9100",
                               "--grace=500ms", // the former name
                               "--insecure",
                               "--rotate=64MiB",
                               "--rotate=1h",
                               NULL};
  assert_int_equal(parse(&opts, words, &error), STATUS_OK);
  assert_string_equal(opts.upstream.text, "https://u:p@h:8443/base");
  assert_string_equal(opts.upstream.shown, "https://h:8443/base");
  assert_string_equal(opts.listen.host, "::1");
  assert_string_equal(opts.output, "t.gz");
  assert_false(opts.keep_bodies || opts.keep_answers);
  assert_true(opts.sample > 0.2499 && opts.sample < 0.2501);
  assert_true(names_have(&opts.keep_headers, "x-team", 6) && names_have(&opts.redact, "pin", 3));
  assert_true(names_match(&opts.include, "/v1/chat/completions") && names_match(&opts.exclude, "/v1/models"));
  assert_true(opts.has_metrics && opts.metrics.port == 9100 && opts.insecure);
  assert_int_equal(opts.shutdown_grace_ns, 500000000);
  assert_int_equal(opts.rotation.bytes, 64 << 20);
  assert_int_equal(opts.rotation.period_ns, 3600000000000);
  opts_free(&opts);
}

static void test_what_cannot_be_is_refused_with_its_name(void **state) {
  (void)state;
  static const struct {
    const char *words[4];
    const char *says[2];
  } rows[] = {
      {{NULL}, {"--upstream", "needed"}},
      {{"-u", "127.0.0.1:11434", NULL}, {"--upstream", "127.0.0.1:11434"}},
      {{"-u", "ftp://h/", NULL}, {"--upstream", "http://"}},
      {{"-u", "http://", NULL}, {"--upstream", "http://"}},
      {{"-u", "http://h:0/", NULL}, {"--upstream", "h:0"}},
      {{"-u", "http://h:99999/", NULL}, {"--upstream", "99999"}},
      {{"-u", "http://h/?q", NULL}, {"--upstream", "query"}},
      {{"-u", "http://h /", NULL}, {"--upstream", "http://h /"}},
      {{"-u", "http://:80/", NULL}, {"--upstream", "host"}},
      {{"-l", "8080", NULL}, {"--listen", "8080"}},
      {{"-l", "h:80000", NULL}, {"--listen", "80000"}},
      {{"-o", "", NULL}, {"--output", "empty"}},
      {{"--rotate=5", NULL}, {"--rotate", "unit"}},
      {{"--rotate=1ms", NULL}, {"--rotate", "1s to"}},
      {{"-u", "http://h", "--rotate=1h", NULL}, {"--rotate", "-o"}},
      {{"--bodies=all", NULL}, {"--bodies", "all"}},
      {{"--sample=2", NULL}, {"--sample", "2"}},
      {{"--queue=lots", NULL}, {"--queue", "lots"}},
      {{"--shutdown-grace=-1s", NULL}, {"--shutdown-grace", "-1s"}},
      {{"--keep-header=Authorization", NULL}, {"--keep-header", "never"}},
      {{"--max-header=10", NULL}, {"--max-header", "10"}},
      {{"-u", "http://h", "--max-body=100MiB", NULL}, {"--max-body", "--queue"}},
      {{"--frob", NULL}, {"--frob", "--help"}},
      {{"operand", NULL}, {"operand", "--import"}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct opts opts;
    struct error error = {""};
    enum status status = parse(&opts, rows[i].words, &error);
    if (status != STATUS_USAGE) fail_msg("row %zu: %s", i, status_name(status));
    for (int part = 0; part < 2; part++) {
      if (!strstr(error.text, rows[i].says[part])) fail_msg("row %zu: '%s'", i, error.text);
    }
    opts_free(&opts);
  }
}

static void test_a_refused_url_does_not_show_its_password(void **state) {
  (void)state;
  struct opts opts;
  struct error error = {""};
  assert_int_equal(parse(&opts, (const char *[]){"-u", "http://me:hunter2@h/?q", NULL}, &error),
                   STATUS_USAGE);
  assert_null(strstr(error.text, "hunter2"));
  opts_free(&opts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults_are_those_of_the_help),
      cmocka_unit_test(test_every_option_reaches_its_field),
      cmocka_unit_test(test_what_cannot_be_is_refused_with_its_name),
      cmocka_unit_test(test_a_refused_url_does_not_show_its_password),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
