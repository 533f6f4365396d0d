// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/record/secret.h"
#include "replay/workload/headers.h"

static void assert_arguments(char *const *arguments, int count, const char *expected) {
  struct buf out = {0};
  secret_print_arguments(count, arguments, &out);
  assert_string_equal(buf_text(&out), expected);
  buf_free(&out);
}

static void test_arguments_lose_their_secrets(void **state) {
  (void)state;
  char *header[] = {
      "replay",       "-H", "Authorization: Bearer s", "-HX-Api-Key: s", "--header=Cookie: s", "--header",
      "X-My-Token:s", "-H", "Accept: text/plain"};
  assert_arguments(header, 9,
                   "[\"replay\",\"-H\",\"Authorization: ***\",\"-HX-Api-Key: ***\",\"--header=Cookie: ***\","
                   "\"--header\",\"X-My-Token: ***\",\"-H\",\"Accept: text/plain\"]");
  char *bundled[] = {"replay", "-vH", "Authorization: s", "-qvHCookie:s"};
  assert_arguments(bundled, 4, "[\"replay\",\"-vH\",\"Authorization: ***\",\"-qvHCookie: ***\"]");
  char *url[] = {"replay", "-u", "https://user:s@host/base", "--url=http://s@host", "-u", "http://host/@x"};
  assert_arguments(
      url, 6,
      "[\"replay\",\"-u\",\"https://***@host/base\",\"--url=http://***@host\",\"-u\",\"http://host/@x\"]");
  char *body[] = {"replay",
                  "--extra-body",
                  "{\"api_key\":\"s\",\"max_tokens\":5,\"top_p\":0.5}",
                  "--extra-body={\"key\":\"s\"}",
                  "--extra-body",
                  "{broken s"};
  assert_arguments(
      body, 6,
      "[\"replay\",\"--extra-body\",\"{\\\"api_key\\\":\\\"***\\\",\\\"max_tokens\\\":5,\\\"top_p\\\":0.5}\","
      "\"--extra-body={\\\"key\\\":\\\"***\\\"}\",\"--extra-body\",\"***\"]");
  char *server[] = {"replay", "--server",
                    "HF_TOKEN=s N=1 serve --api-key s --max-tokens 5 --key=s --port {port}"};
  assert_arguments(server, 3,
                   "[\"replay\",\"--server\",\"HF_TOKEN=*** N=1 serve --api-key *** --max-tokens 5 --key=*** "
                   "--port {port}\"]");
  char *quoted[] = {"replay", "--server", "PASSWORD='a b' serve --secret \"a b\" x"};
  assert_arguments(quoted, 3, "[\"replay\",\"--server\",\"PASSWORD=*** serve --secret *** x\"]");
  char *commands[] = {"replay",
                      "--between",
                      "curl -H 'Authorization: Bearer s' -H \"Accept: a b\" http://u:s@h/x?a=b",
                      "--server",
                      "sh -c 'KEY=k; HF_TOKEN=s serve sk-0123456789abc \"a b\" org/tokenizer:latest'",
                      "--between",
                      "'unended Cookie: x"};
  assert_arguments(
      commands, 7,
      "[\"replay\",\"--between\",\"curl -H 'Authorization: ***' -H \\\"Accept: a b\\\" http://***@h/x?a=b\","
      "\"--server\",\"sh -c 'KEY=*** HF_TOKEN=*** serve *** \\\"a b\\\" org/tokenizer:latest'\","
      "\"--between\",\"'unended Cookie: x\"]");
}

// Names decide: a value under any other name stays, which the manual says.
static void test_a_command_loses_what_stands_under_names_of_credentials(void **state) {
  static const struct {
    const char *command, *shown;
  } cases[] = {
      {"OPENAI_API_KEY=s HF_TOKEN=\"s t\" serve", "OPENAI_API_KEY=*** HF_TOKEN=*** serve"},
      {"export PGPASSWORD=s; env MY_SECRET='s t' serve", "export PGPASSWORD=*** env MY_SECRET=*** serve"},
      {"docker run -e HF_TOKEN=s -eHF_TOKEN=s --env=HF_TOKEN=s i",
       "docker run -e HF_TOKEN=*** -eHF_TOKEN=*** --env=HF_TOKEN=*** i"},
      {"serve --json '{\"api_key\": \"s\", \"n\": 1}'", "serve --json '{\"api_key\":\"***\",\"n\":1}'"},
      {"serve --json='{\"hf_token\":\"s\"}'", "serve --json='{\"hf_token\":\"***\"}'"},
      {"serve --json '{\"n\": 1}'", "serve --json '{\"n\": 1}'"},
      {"curl -H\"Authorization: Bearer s\" --header='X-Api-Key: s' u",
       "curl -H\"Authorization: ***\" --header='X-Api-Key: ***' u"},
      {"serve --api-key s --port 1", "serve --api-key *** --port 1"},
      {"FOO=s serve --name 'a b' --x=\"c d\"", "FOO=s serve --name 'a b' --x=\"c d\""},
      {"FOO=sk-0123456789abcdef serve", "*** serve"},
      {"a'b \"c", "a'b \"c"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf shown = {0};
    secret_print_command(cases[i].command, &shown);
    assert_string_equal(buf_text(&shown), cases[i].shown);
    buf_free(&shown);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arguments_lose_their_secrets),
      cmocka_unit_test(test_a_command_loses_what_stands_under_names_of_credentials),
  };
  return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
