// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/http/base64.h"
#include "lib/record/carried.h"
#include "lib/record/redact.h"

#define SECRET "q7Vx2mPz9Lw4"

static const struct names none = {0};

static void test_a_secret_is_covered_as_it_is_and_in_base64(void **state) {
  (void)state;
  struct buf secrets = {0};
  carried_add(&secrets, SECRET, strlen(SECRET));
  for (int before = 0; before < 7; before++) {
    char text[64];
    struct buf code = {0};
    snprintf(text, sizeof text, "%.*s" SECRET " end", before, "abcdefg");
    base64_encode((struct json_slice){text, strlen(text)}, &code);
    carried_cover(&secrets, CARRIED_BODY_MIN, false, code.data, code.len);
    size_t stars = 0;
    for (size_t i = 0; i < code.len; i++)
      stars += code.data[i] == '*';
    if (stars < strlen(SECRET)) fail_msg("%d bytes before it: %s", before, buf_text(&code));
    carried_cover(&secrets, CARRIED_BODY_MIN, false, text, strlen(text));
    assert_null(strstr(text, SECRET));
    buf_free(&code);
  }
  buf_free(&secrets);
}

static void test_what_a_header_carries_is_covered_word_by_word(void **state) {
  (void)state;
  static const char *const fields[][2] = {{"Authorization", "Bearer " SECRET},
                                          {"Cookie", "a=1; session=" SECRET},
                                          {"X-Functions-Key", SECRET},
                                          {"X-Foo", "Bearer " SECRET}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    struct buf secrets = {0};
    char text[] = "you said " SECRET "!";
    carried_add_header(&secrets, fields[i][0], strlen(fields[i][0]), fields[i][1], strlen(fields[i][1]));
    carried_cover(&secrets, CARRIED_BODY_MIN, false, text, strlen(text));
    assert_string_equal(text, "you said ************!");
    buf_free(&secrets);
  }
  struct buf secrets = {0};
  carried_add_header(&secrets, "User-Agent", 10, SECRET, strlen(SECRET));
  assert_int_equal(secrets.len, 0);
}

static void test_a_servers_words_lose_names_shapes_and_what_was_carried(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"no such model 'm'", "no such model 'm'"},
      {"wrong: " SECRET, "wrong: ************"},
      {"wrong: q7Vx2", "wrong: *****"}, // cut
      {"key sk-abcdefghijkl is wrong", "key *************** is wrong"},
      {"(hf_abcdefghijklm)", "(****************)"},
      {"AKIAIOSFODNN7EXAMPLE?", "********************?"},
      {"t=eyJhbGciOiJIUzI1NiJ9.e30.x-y", "t=****************************"},
      {"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- ok",
       "********************************************************** ok"},
      {"Authorization: Bearer abcdefgh | x", "Authorization: Bearer ******** | x"},
      {"Basic things, bearer of news", "Basic ******, bearer of news"},
      {"config {\"db_password\":\"abc\"}", "config {\"db_password\":\"***\"}"},
      {"task-4f1d-9999 risk-averse words", "task-4f1d-9999 risk-averse words"},
  };
  struct buf secrets = {0};
  carried_add(&secrets, SECRET, strlen(SECRET));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char words[256];
    snprintf(words, sizeof words, "%s", cases[i][0]);
    carried_cover_words(&secrets, &none, words, sizeof words);
    assert_string_equal(words, cases[i][1]);
  }
  buf_free(&secrets);
}

// Each short text is searched for one after another, the long one for all at once.
static void test_many_secrets_are_covered_in_short_and_long_texts(void **state) {
  (void)state;
  struct buf secrets = {0}, text = {0};
  char word[32];
  for (int i = 0; i < 20000; i++) {
    snprintf(word, sizeof word, "value%06d", i);
    carried_add(&secrets, word, strlen(word));
    buf_printf(&text, "%s,", word);
  }
  clock_t before = clock();
  for (int i = 0; i < 100; i++) {
    snprintf(word, sizeof word, "a value%06d z", 199 * i);
    carried_cover(&secrets, CARRIED_BODY_MIN, false, word, strlen(word));
    assert_string_equal(word, "a *********** z");
  }
  print_message("%.3f s of CPU\n", (double)(clock() - before) / CLOCKS_PER_SEC);
  carried_cover(&secrets, CARRIED_BODY_MIN, false, text.data, text.len);
  assert_int_equal(strspn(buf_text(&text), "*,"), text.len);
  buf_free(&secrets);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_secret_is_covered_as_it_is_and_in_base64),
      cmocka_unit_test(test_what_a_header_carries_is_covered_word_by_word),
      cmocka_unit_test(test_a_servers_words_lose_names_shapes_and_what_was_carried),
      cmocka_unit_test(test_many_secrets_are_covered_in_short_and_long_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
