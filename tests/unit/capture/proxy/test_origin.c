// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "capture/proxy/origin.h"

static void test_a_url_is_split_into_what_is_sent_and_what_is_shown(void **state) {
  (void)state;
  static const struct {
    const char *url, *sent, *shown;
    bool secure;
  } rows[] = {
      {"http://h", "http://h", "http://h", false},
      {"HTTPS://h:8443/base//", "HTTPS://h:8443/base", "HTTPS://h:8443/base", true},
      {"http://me:secret@h:1/b", "http://me:secret@h:1/b", "http://h:1/b", false},
      {"http://[::1]:80/", "http://[::1]:80", "http://[::1]:80", false},
      {"http://a@b@h/", "http://a@b@h", "http://h", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct origin origin;
    assert_int_equal(origin_parse(rows[i].url, &origin, NULL), STATUS_OK);
    assert_string_equal(origin.url, rows[i].sent);
    assert_string_equal(origin.shown, rows[i].shown);
    assert_int_equal(origin_is_secure(&origin), rows[i].secure);
    origin_free(&origin);
    assert_null(origin.url);
  }
}

static void test_other_urls_are_rejected_and_no_userinfo_is_shown(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "h:80",
                                    "ftp://h/",
                                    "http://",
                                    "http://:80/",
                                    "http://h:0",
                                    "http://h/?q",
                                    "http://h/#f",
                                    "http://h /",
                                    "http://h/a\nb",
                                    "http://u:secret@h/?q",
                                    "http://u:secret@"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct origin origin = {0};
    struct error error = {""};
    if (origin_parse(bad[i], &origin, &error) != STATUS_USAGE) fail_msg("'%s'", bad[i]);
    assert_non_null(strstr(error.text, "must be http://HOST"));
    assert_null(strstr(error.text, "secret"));
    assert_null(origin.url);
  }
}

static void test_a_target_is_put_after_the_base_path(void **state) {
  (void)state;
  struct origin origin;
  struct buf url = {0};
  assert_int_equal(origin_parse("http://h:1/base//", &origin, NULL), STATUS_OK);
  origin_target_url(&origin, "/v1/x?y#", &url);
  assert_string_equal(buf_text(&url), "http://h:1/base/v1/x?y#");
  buf_free(&url);
  origin_free(&origin);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_url_is_split_into_what_is_sent_and_what_is_shown),
      cmocka_unit_test(test_other_urls_are_rejected_and_no_userinfo_is_shown),
      cmocka_unit_test(test_a_target_is_put_after_the_base_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
