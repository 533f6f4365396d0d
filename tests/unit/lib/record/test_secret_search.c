// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/buf.h"
#include "lib/record/secret_search.h"

static void check(const char *secrets, size_t secrets_len, size_t least, const char *text,
                  const char *expected) {
  char *bytes = strdup(text);
  assert_true(secret_search_cover(secrets, secrets_len, least, bytes, strlen(bytes)));
  assert_string_equal(bytes, expected);
  free(bytes);
}

#define CHECK(secrets, least, text, expected) check(secrets, sizeof(secrets), least, text, expected)

static void test_every_occurrence_of_every_secret_is_covered(void **state) {
  (void)state;
  CHECK("he\0she\0his\0hers", 1, "ushers, this", "u*****, t***");
  CHECK("abc", 1, "abcabc xabc ab", "****** x*** ab");
  CHECK("aa\0aaaa", 1, "aaaaa a aaa", "***** a ***");
  CHECK("abcdef\0cd\0cdx", 1, "abcdx abcdef cd", "ab*** ****** **");
  CHECK("abc\0abcdefgh", 5, "abc abcdefgh", "abc ********");
  CHECK("same\0same\0", 1, "same", "****");
  CHECK("", 1, "text", "text");
  CHECK("long enough", 1, "", "");
}

// What one search after the other covers, in texts of two letters, where most things overlap.
static void test_it_covers_what_single_searches_cover(void **state) {
  (void)state;
  uint32_t seed = 1;
  for (int round = 0; round < 3000; round++) {
    char secrets[40], text[61], single[61];
    for (size_t i = 0; i < sizeof secrets; i++) {
      seed = seed * 1664525 + 1013904223;
      secrets[i] = (seed >> 24) % 5 == 0 ? '\0' : (char)('a' + (seed >> 28) % 2);
    }
    secrets[sizeof secrets - 1] = '\0';
    for (size_t i = 0; i < sizeof text - 1; i++) {
      seed = seed * 1664525 + 1013904223;
      text[i] = (char)('a' + (seed >> 28) % 2);
    }
    text[sizeof text - 1] = '\0';
    memcpy(single, text, sizeof text);
    for (const char *secret = secrets; secret < secrets + sizeof secrets; secret += strlen(secret) + 1) {
      size_t len = strlen(secret);
      for (size_t at = 0; len >= 4 && at + len < sizeof text; at++) {
        if (memcmp(text + at, secret, len) == 0) memset(single + at, '*', len);
      }
    }
    check(secrets, sizeof secrets, 4, text, single);
  }
}

// 1,800 secrets in 8 MB: a minute with one search for each.
static void test_many_secrets_take_no_longer_than_one(void **state) {
  (void)state;
  struct buf secrets = BUF_LIMIT(0), text = BUF_LIMIT(0);
  for (int i = 0; i < 1800; i++) {
    buf_printf(&secrets, "abcdefg%d", i);
    buf_append_char(&secrets, '\0');
  }
  while (text.len < 8000000)
    buf_append_text(&text, "abcdefg%");
  struct timespec start, end;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
  assert_true(secret_search_cover(secrets.data, secrets.len, 8, text.data, text.len));
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  assert_true(end.tv_sec - start.tv_sec < 4);
  assert_null(memchr(text.data, '*', text.len));
  buf_free(&secrets);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_occurrence_of_every_secret_is_covered),
      cmocka_unit_test(test_it_covers_what_single_searches_cover),
      cmocka_unit_test(test_many_secrets_take_no_longer_than_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
