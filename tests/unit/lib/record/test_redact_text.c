// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/record/redact.h"

#define SECRET "sk-4f1d-do-not-keep"

static char *more_items[] = {"customer", "x-ticket"};
static const struct names more = {more_items, 2};
static const struct names none = {0};

struct case_of {
  const char *in, *out;
};

static void check(const struct case_of *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct buf out = {0};
    redact_text(&none, cases[i].in, strlen(cases[i].in), &out, NULL);
    assert_string_equal(buf_text(&out), cases[i].out);
    buf_free(&out);
  }
}

static void test_text_that_is_nearly_json_leaks_nothing(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      {"plain words, a \"quote\": and more", "plain words, a \"quote\": and more"},
      {"{\"api_key\":\"" SECRET "\",}", "{\"api_key\":\"***\",}"},
      {"{'api_key': '" SECRET "'}", "{'api_key': \"***\"}"},
      {"{\"token\" : " SECRET ", \"model\":\"m\"", "{\"token\" : \"***\", \"model\":\"m\""},
      {"{\"a\":\"it's\",\"key\":\"" SECRET, "{\"a\":\"it's\",\"key\":\"***\""},
      {"{\"key\":\"a\\\"" SECRET "\",\"b\":1,", "{\"key\":\"***\",\"b\":1,"},
      {"\"token\":", "\"token\":\"***\""},
      {"\xEF\xBB\xBF{\"api_key\":\"" SECRET "\",\"a\":1}", "\xEF\xBB\xBF{\"api_key\":\"***\",\"a\":1}"},
      {"{api_key: \"" SECRET "\"}", "{api_key: \"***\"}"},
      {"{\"secret\":{\"a\":1,\"b\":\"" SECRET "\"},}", "{\"secret\":\"***\",}"},
      {"{\"secret\":[\"" SECRET "\", \"" SECRET, "{\"secret\":\"***\""},
      {"{\"api_key\":\n\"" SECRET "\",}", "{\"api_key\":\n\"***\",}"},
      {"{\"api_key\":\n{\"deep\":\"" SECRET "\"}\n", "{\"api_key\":\n\"***\"\n"},
      {"model=m&api_key=" SECRET "&n=1", "model=m&api_key=***&n=1"},
      {"OPENAI=1 token='" SECRET " x' next", "OPENAI=1 token=*** next"},
      {"api%5Fkey=" SECRET, "api%5Fkey=***"},
      {"auth=\"x:\n{\"api_key\":\"" SECRET "\"}", "auth=***api_key\":\"***\"}"},
      {"the key: a word, max_tokens=5", "the key: a word, max_tokens=5"},
      {"--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n" SECRET "\r\n--b--",
       "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n***\r\n--b--"},
  };
  check(cases, sizeof cases / sizeof cases[0]);
}

static void test_lines_of_json_lose_only_their_own_fields(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      {"{\"token\":\"" SECRET "\", \"a\":1}\n{\"a\": 2}\n", "{\"token\":\"***\",\"a\":1}\n{\"a\": 2}\n"},
      {"[{\"token\":\"" SECRET "\"}]\r\n{}", "[{\"token\":\"***\"}]\r\n{}"},
      {"data: {\"choices\":[{\"logprobs\":{\"token\":\"He\"}}]}\n\ndata: [DONE]\n\n",
       "data: {\"choices\":[{\"logprobs\":{\"token\":\"He\"}}]}\n\ndata: [DONE]\n\n"},
      {"data: {\"api_key\":\"" SECRET "\"}\n\n", "data: {\"api_key\":\"***\"}\n\n"},
  };
  check(cases, sizeof cases / sizeof cases[0]);
}

static void test_more_names_are_added_and_a_full_buffer_fails(void **state) {
  (void)state;
  static const char text[] = "customer=smith&x=1\n{\"X_Ticket\":\"7\",";
  struct buf out = {0}, small = BUF_LIMIT(8);
  redact_text(&more, text, sizeof text - 1, &out, NULL);
  assert_string_equal(buf_text(&out), "customer=***&x=1\n{\"X_Ticket\":\"***\",");
  redact_text(&more, text, sizeof text - 1, &small, NULL);
  assert_int_equal(small.status, STATUS_LIMIT);
  buf_free(&out);
  buf_free(&small);
}

static double cpu_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Half a megabyte of each takes milliseconds, and a quarter of a minute where each name searches the rest.
static void test_no_text_takes_longer_than_its_length_asks_for(void **state) {
  (void)state;
  static const char *const parts[] = {
      "name=\"key\"\r\n",
      "name=\"key\"\n\r\n",
      "key:",
      "\"key\":",
      "key\":[",
      "\"key\" : [ ",
      "\"\\",
      "key='",
      "{\"a\":",
      "\"key\"\n{}\n",
      "key=\n[]\n",
      "'key' \t",
      "name=\"key\"",
      "\r\n--",
      "{\"key\":[",
      "%6bey=",
      "key:'",
      " [{\"key\":\n",
      "eyJ-",
      "-----BEGIN ",
      "sk-",
      "basic a ",
      "{\"key\":[\"a\"",
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    struct buf in = {0}, out = {0};
    while (in.len < (size_t)512 * 1024)
      buf_append_text(&in, parts[i]);
    double start_s = cpu_s();
    redact_text(&more, in.data, in.len, &out, NULL);
    assert_int_equal(out.status, STATUS_OK);
    redact_cover_shapes(in.data, in.len);
    if (cpu_s() - start_s > 3) fail_msg("%.1f s for text of: %s", cpu_s() - start_s, parts[i]);
    buf_free(&in);
    buf_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text_that_is_nearly_json_leaks_nothing),
      cmocka_unit_test(test_lines_of_json_lose_only_their_own_fields),
      cmocka_unit_test(test_more_names_are_added_and_a_full_buffer_fails),
      cmocka_unit_test(test_no_text_takes_longer_than_its_length_asks_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
