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

static char *more_items[] = {"customer", "x-ticket"};
static const struct names more = {more_items, 2};
static const struct names none = {0};

static void test_headers_that_carry_secrets_are_known_by_name(void **state) {
  (void)state;
  static const char *const secret[] = {
      "Authorization",  "authorization", "Proxy-Authorization", "Cookie",         "Set-Cookie",
      "X-API-Key",      "api-key",       "x_api_key",           "X-Auth-Token",   "x-amz-security-token",
      "X-Secret-Thing", "openai-apikey", "X-Client-Secret",     "X-Goog-Api-Key", "Ocp-Apim-Token"};
  static const char *const open[] = {"content-type", "accept",       "user-agent",  "anthropic-version",
                                     "openai-beta",  "x-request-id", "x-session-id"};
  for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
    if (!redact_is_secret_header(secret[i], strlen(secret[i]))) fail_msg("%s", secret[i]);
  }
  for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
    if (redact_is_secret_header(open[i], strlen(open[i]))) fail_msg("%s", open[i]);
  }
}

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

static void target(const struct names *names, const char *text, size_t len, struct buf *out) {
  (void)len;
  redact_target(names, text, out);
}

static void json(const struct names *names, const char *text, size_t len, struct buf *out) {
  struct json_slice value;
  assert_int_equal(json_scan_text(text, len, &value, NULL), STATUS_OK);
  redact_json(names, value, out);
}

static void test_values_of_secret_query_keys_are_replaced(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      {"/v1/models", "/v1/models"},
      {"/v1/models?", "/v1/models?"},
      {"/v1/models?limit=3&after=x", "/v1/models?limit=3&after=x"},
      {"/v1/models?api_key=" SECRET, "/v1/models?api_key=***"},
      {"/v1/models?a=1&api_key=" SECRET "&b=2", "/v1/models?a=1&api_key=***&b=2"},
      {"/m?key=" SECRET "&key=" SECRET, "/m?key=***&key=***"},
      {"/m?Access_Token=" SECRET, "/m?Access_Token=***"},
      {"/m?access-token=" SECRET, "/m?access-token=***"},
      {"/m?api%5Fkey=" SECRET, "/m?api%5Fkey=***"},
      {"/m?%74oken=" SECRET "#x", "/m?%74oken=***"},
      {"/m?a=b;token=" SECRET, "/m?a=b;token=***"},
      {"/m?token", "/m?token"},
      {"/m?token=", "/m?token="},
      {"/m?q=token=1", "/m?q=token=1"},
      {"/m?max_tokens=5", "/m?max_tokens=5"},
      {"/m?sig=" SECRET "&sv=2", "/m?sig=***&sv=2"},
      {"/m?x=?key=1&password=" SECRET, "/m?x=?key=1&password=***"},
      {"/m?api%5", "/m?api%5"},
      {"/m?other=Bearer%20x&auth_value=" SECRET, "/m?other=Bearer%20x&auth_value=***"},
      {"/tenant/" SECRET "/v1/chat", "/tenant/***/v1/chat"},
      {"/skills/sk-short", "/skills/sk-short"},
  };
  check(target, &none, cases, sizeof cases / sizeof cases[0]);
}

static void test_the_values_that_are_taken_out_can_be_listed(void **state) {
  (void)state;
  static const char expected[] = "one\0two";
  struct buf out = {0};
  redact_target_secrets(&none, "/m?a=1&key=one;b=2&token=two&token=", &out);
  assert_int_equal(out.len, sizeof expected);
  assert_memory_equal(out.data, expected, sizeof expected);
  buf_clear(&out);
  redact_target_secrets(&none, "/m", &out);
  assert_int_equal(out.len, 0);
  buf_free(&out);
}

static void test_names_from_the_command_line_are_added(void **state) {
  (void)state;
  static const struct case_of queries[] = {{"/m?Customer=" SECRET "&b=1", "/m?Customer=***&b=1"},
                                           {"/m?x_ticket=" SECRET, "/m?x_ticket=***"}};
  static const struct case_of fields[] = {{"{\"customer\":\"" SECRET "\"}", "{\"customer\":\"***\"}"}};
  check(target, &more, queries, 2);
  check(json, &more, fields, 1);
}

static void test_secret_top_level_json_fields_are_replaced(void **state) {
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
      // A tool's schema may well name a parameter so; only the top level is the request's own.
      {"{\"tools\":[{\"key\":{\"type\":\"string\"}}]}", "{\"tools\":[{\"key\":{\"type\":\"string\"}}]}"},
  };
  check(json, &none, cases, sizeof cases / sizeof cases[0]);
}

static void test_values_that_look_like_credentials_are_known(void **state) {
  (void)state;
  static const char *const secret[] = {"Bearer abc",     "basic dTpw",     SECRET,
                                       ("user " SECRET), "hf_abcdefghijk", "a=eyJhbGciOiJIUzI1NiJ9.e30.x"};
  static const char *const open[] = {"",          "application/json", "curl/7.88.1", "conversation-17",
                                     "sk-",       "sk-short",         "Bearer",      "task-4f1d-9999",
                                     "2023-06-01"};
  for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
    if (!redact_looks_secret(secret[i], strlen(secret[i]))) fail_msg("%s", secret[i]);
  }
  for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
    if (redact_looks_secret(open[i], strlen(open[i]))) fail_msg("%s", open[i]);
  }
}

static void test_variables_are_secret_by_their_ends(void **state) {
  (void)state;
  static const char *const secret[] = {"HF_TOKEN", "--api-key", "OPENAI_API_KEY", "--key", "DB_PASSWORD"};
  static const char *const open[] = {"--max-tokens", "--tls-key", "PATH", "--", "-"};
  for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
    if (!redact_is_secret_variable(secret[i], strlen(secret[i]))) fail_msg("%s", secret[i]);
  }
  for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
    if (redact_is_secret_variable(open[i], strlen(open[i]))) fail_msg("%s", open[i]);
  }
}

static void test_form_bodies_are_read_as_queries(void **state) {
  (void)state;
  static const struct case_of cases[] = {
      {"model=m&api_key=" SECRET, "model=m&api_key=***"},
      {"client_secret=" SECRET "&grant_type=x", "client_secret=***&grant_type=x"},
      {"", ""},
  };
  check(redact_form, &none, cases, sizeof cases / sizeof cases[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_headers_that_carry_secrets_are_known_by_name),
      cmocka_unit_test(test_values_of_secret_query_keys_are_replaced),
      cmocka_unit_test(test_the_values_that_are_taken_out_can_be_listed),
      cmocka_unit_test(test_names_from_the_command_line_are_added),
      cmocka_unit_test(test_secret_top_level_json_fields_are_replaced),
      cmocka_unit_test(test_values_that_look_like_credentials_are_known),
      cmocka_unit_test(test_variables_are_secret_by_their_ends),
      cmocka_unit_test(test_form_bodies_are_read_as_queries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
