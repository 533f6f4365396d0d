// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>

#include "lib/record/redact.h"

#define SECRET "sk-4f1d-do-not-keep"

static const struct names none = {0};

struct case_of {
  const char *from, *to;
};

static void check(void (*redact)(const struct names *, const char *, size_t, struct buf *),
                  const struct names *names, const struct case_of *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct buf out = {0};
    redact(names, cases[i].from, strlen(cases[i].from), &out);
    assert_string_equal(buf_text(&out), cases[i].to);
    assert_null(strstr(buf_text(&out), SECRET));
    buf_free(&out);
  }
}

static void json(const struct names *names, const char *text, size_t len, struct buf *out) {
  struct json_slice value;
  assert_int_equal(json_scan_text(text, len, &value, NULL), STATUS_OK);
  redact_json(names, value, out, NULL);
}

static void test_secrets_in_json_are_replaced(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      {"{\"model\":\"m\"}", "{\"model\":\"m\"}"},
      {"{}", "{}"},
      {"[1, {\"api_key\":\"" SECRET "\",\"n\":1}, []]", "[1,{\"api_key\":\"***\",\"n\":1},[]]"},
      {"[]", "[]"},
      {"{\"api_key\":\"" SECRET "\",\"model\":\"m\"}", "{\"api_key\":\"***\",\"model\":\"m\"}"},
      {"{ \"model\" : \"m\" , \"token\" : \"" SECRET "\" }", "{\"model\":\"m\",\"token\":\"***\"}"},
      {"{\"\\u0061pi_key\":\"" SECRET "\"}", "{\"\\u0061pi_key\":\"***\"}"},
      {"{\"API-KEY\":\"" SECRET "\"}", "{\"API-KEY\":\"***\"}"},
      {"{\"key\":{\"inner\":\"" SECRET "\"}}", "{\"key\":\"***\"}"},
      {"{\"token\":[\"" SECRET "\"],\"token\":\"" SECRET "\"}", "{\"token\":\"***\",\"token\":\"***\"}"},
      {"{\"password\":1234}", "{\"password\":\"***\"}"},
      // Servers of tools, as Anthropic's Messages and OpenAI's Responses name them.
      {"{\"mcp_servers\":[{\"name\":\"n\",\"authorization_token\":\"" SECRET "\"}]}",
       "{\"mcp_servers\":[{\"name\":\"n\",\"authorization_token\":\"***\"}]}"},
      {"{\"tools\":[{\"type\":\"mcp\",\"headers\":{\"X\":\"" SECRET "\"},\"authorization\":\"" SECRET "\"},"
       "{\"name\":\"f\",\"key\":\"no secret\"}]}",
       "{\"tools\":[{\"type\":\"mcp\",\"headers\":\"***\",\"authorization\":\"***\"},"
       "{\"name\":\"f\",\"key\":\"no secret\"}]}"},
      {"{\"token\":null,\"key\":true}", "{\"token\":null,\"key\":true}"},
      {"{\"max_tokens\":5,\"keys\":[1],\"keep_alive\":\"5m\"}",
       "{\"max_tokens\":5,\"keys\":[1],\"keep_alive\":\"5m\"}"},
      // At any depth.
      {"{\"cfg\":[{\"hf_token\":\"" SECRET "\",\"dbPassword\":\"" SECRET "\"}],\"n\":1}",
       "{\"cfg\":[{\"hf_token\":\"***\",\"dbPassword\":\"***\"}],\"n\":1}"},
      {"{\"data_sources\":[{\"parameters\":{\"authentication\":{\"type\":\"api_key\",\"key\":\"" SECRET
       "\"}}}]}",
       "{\"data_sources\":[{\"parameters\":{\"authentication\":{\"type\":\"api_key\",\"key\":\"***\"}}}]}"},
      {"{\"tools\":[{\"server_url\":\"u\",\"headers\":{\"Authorization\":\"" SECRET "\"}}]}",
       "{\"tools\":[{\"server_url\":\"u\",\"headers\":\"***\"}]}"},
      {"{\"messages\":[{\"tool_calls\":[{\"arguments\":\"{\\\"api_key\\\": \\\"" SECRET "\\\"}\"}]}]}",
       "{\"messages\":[{\"tool_calls\":[{\"arguments\":\"{\\\"api_key\\\":\\\"***\\\"}\"}]}]}"},
      {"{\"a\":{\"access_tokens\":1,\"tokens\":\"a\",\"user\":\"" SECRET "\",\"passwords\":[\"" SECRET
       "\"]}}",
       "{\"a\":{\"access_tokens\":1,\"tokens\":\"a\",\"user\":\"***\",\"passwords\":\"***\"}}"},
      {"{\"prompt_cache_key\":\"k1234567\",\"a\":{\"eos_token\":\"</"
       "s>\",\"key\":\"Return\",\"monkey\":\"banana-split\"}}",
       "{\"prompt_cache_key\":\"k1234567\",\"a\":{\"eos_token\":\"</"
       "s>\",\"key\":\"Return\",\"monkey\":\"banana-split\"}}"},
      {"{\"a\":{\"properties\":{\"password\":\"string\",\"api_key\":{\"type\":\"string\"}},\"required\":["
       "\"api_key\"]}}",
       "{\"a\":{\"properties\":{\"password\":\"string\",\"api_key\":{\"type\":\"string\"}},\"required\":["
       "\"api_key\"]}}"},
      {"{\"choices\":[{\"logprobs\":{\"content\":[{\"token\":\"Hello there\",\"logprob\":-1}]}}]}",
       "{\"choices\":[{\"logprobs\":{\"content\":[{\"token\":\"Hello there\",\"logprob\":-1}]}}]}"},
      // A tool's schema may well name a parameter so; only the top level is the request's own.
      {"{\"tools\":[{\"key\":{\"type\":\"string\"}}]}", "{\"tools\":[{\"key\":{\"type\":\"string\"}}]}"},
  };
  check(json, &none, cases, sizeof cases / sizeof cases[0]);
}

static void test_secrets_in_words_are_replaced(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      // A text that is one URL loses its userinfo and what a target loses; a prompt is free text.
      {"{\"url\":\"https://m/sse?n=1&apiKey=" SECRET "\"}", "{\"url\":\"https://m/sse?n=1&apiKey=***\"}"},
      {"{\"url\":\"https:\\/\\/u:" SECRET "@m\\/sse\"}", "{\"url\":\"https://***@m/sse\"}"},
      {"{\"url\":\"https://h/" SECRET "/a?b=" SECRET "#c\"}", "{\"url\":\"https://h/***/a?b=***\"}"},
      {"{\"a\":\"https://h/a@b?c=d@e\",\"b\":\"x:y://@\",\"c\":\"data:image/png;base64,AA==\"}",
       "{\"a\":\"https://h/a@b?c=d@e\",\"b\":\"x:y://@\",\"c\":\"data:image/png;base64,AA==\"}"},
      {"{\"content\":\"https://h/?key=a\",\"a\":\"see https://h/?key=a\"}",
       "{\"content\":\"https://h/?key=a\",\"a\":\"see https://h/?key=a\"}"},
      // NAME=VALUE, and options of a command.
      {"[\"A=b\",\"OPENAI_API_KEY=" SECRET "\",\"--hf-token=" SECRET "\",\"1 + key=2\",\"api_key=\"]",
       "[\"A=b\",\"OPENAI_API_KEY=***\",\"--hf-token=***\",\"1 + key=2\",\"api_key=\"]"},
      {"[\"--n\",\"1\",\"--api-key\",\"" SECRET "\",\"x\",\"api_key\",\"x\"]",
       "[\"--n\",\"1\",\"--api-key\",\"***\",\"x\",\"api_key\",\"x\"]"},
      // A name and its value side by side.
      {"[{\"name\":\"X-Api-Key\",\"value\":\"" SECRET "\"},{\"name\":\"n\",\"value\":\"v\"}]",
       "[{\"name\":\"X-Api-Key\",\"value\":\"***\"},{\"name\":\"n\",\"value\":\"v\"}]"},
      {"{\"name\":\"get_token\",\"parameters\":{\"value\":\"v\"}}",
       "{\"name\":\"get_token\",\"parameters\":{\"value\":\"v\"}}"},
      // Forms of credentials.
      {"{\"user\":\"Bearer " SECRET "\",\"a\":\"Bearer tokens are for the bearer\"}",
       "{\"user\":\"***\",\"a\":\"Bearer tokens are for the bearer\"}"},
      {"{\"user\":\"-----BEGIN RSA PRIVATE KEY-----\\n" SECRET "\",\"a\":\"-----BEGIN CERTIFICATE-----\"}",
       "{\"user\":\"***\",\"a\":\"-----BEGIN CERTIFICATE-----\"}"},
  };
  check(json, &none, cases, sizeof cases / sizeof cases[0]);
}

static void test_what_is_taken_out_is_listed(void **state) {
  (void)state;
  static const char text[] =
      "{\"api_key\":\"one\",\"credentials\":{\"a\":\"t\\u0077o\",\"b\":1},\"n\":{\"token\":\"three\"},"
      "\"urls\":[\"ftp://u:four@h/?sig=five\",\"my_password=six\"]}";
  static const char expected[] = "one\0a\0two\0t\\u0077o\0b\0three\0four\0five\0six";
  struct buf out = {0}, taken = {0};
  struct json_slice value;
  assert_int_equal(json_scan_text(text, strlen(text), &value, NULL), STATUS_OK);
  assert_true(redact_json_has_secret(&none, value));
  redact_json(&none, value, &out, &taken);
  assert_int_equal(taken.len, sizeof expected);
  assert_memory_equal(taken.data, expected, sizeof expected);
  buf_free(&out);
  buf_free(&taken);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_secrets_in_json_are_replaced),
      cmocka_unit_test(test_secrets_in_words_are_replaced),
      cmocka_unit_test(test_what_is_taken_out_is_listed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
