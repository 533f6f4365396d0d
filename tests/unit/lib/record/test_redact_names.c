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

static void test_headers_that_carry_secrets_are_known_by_name(void **state) {
  (void)state;
  static const char *const secret[] = {"Authorization",
                                       "authorization",
                                       "Proxy-Authorization",
                                       "Cookie",
                                       "Set-Cookie",
                                       "X-API-Key",
                                       "api-key",
                                       "x_api_key",
                                       "X-Auth-Token",
                                       "x-amz-security-token",
                                       "X-Secret-Thing",
                                       "openai-apikey",
                                       "X-Client-Secret",
                                       "X-Goog-Api-Key",
                                       "Ocp-Apim-Token",
                                       "X-Functions-Key",
                                       "Ocp-Apim-Subscription-Key",
                                       "X-User-Password",
                                       "X-Jwt",
                                       "Api_Key_2"};
  static const char *const open[] = {"content-type", "accept",       "user-agent",  "anthropic-version",
                                     "openai-beta",  "x-request-id", "x-session-id"};
  for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
    if (!redact_is_secret_header(secret[i], strlen(secret[i]))) fail_msg("%s", secret[i]);
  }
  for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
    if (redact_is_secret_header(open[i], strlen(open[i]))) fail_msg("%s", open[i]);
  }
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_headers_that_carry_secrets_are_known_by_name),
      cmocka_unit_test(test_values_that_look_like_credentials_are_known),
      cmocka_unit_test(test_variables_are_secret_by_their_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
