// SPDX-License-Identifier: GPL-3.0-or-later
//
// Planted secrets, one a request, each where real clients put theirs. The upstream says every one again in
// its error, as it is and in base64: none reaches the trace or what capture says, but for those in a prompt.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "lib/http/base64.h"
#include "lib/record/carried.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *const headers[] = {
    "Authorization: Bearer %s",
    "Authorization: %s",
    "Authorization: Token %s",
    "Proxy-Authorization: Bearer %s",
    "Cookie: a=1; session=%s",
    "X-Api-Key: %s",
    "Api-Key: %s",
    "X-Goog-Api-Key: %s",
    "Ocp-Apim-Subscription-Key: %s",
    "X-Functions-Key: %s",
    "X-Auth-Token: %s",
    "X-Access-Token: %s",
    "X-Amz-Security-Token: %s",
    "X-Vault-Token: %s",
    "PRIVATE-TOKEN: %s",
    "X-Client-Secret: %s",
    "X-My-Secret: %s",
    "X-Password: %s",
    "X-User-Password: %s",
    "X-Signature: %s",
    "X-Hub-Signature-256: %s",
    "X-Auth: %s",
    "X-Jwt: %s",
    "X-Ms-Key: %s",
    "Fal_Key: %s",
    "OpenAI-ApiKey: %s",
    "Cf-Access-Client-Secret: %s",
    "X-Credential: %s",
    "Authentication: %s",
    "Cf-Access-Jwt-Assertion: %s",
    "X-Note: Bearer %s",
    "X-Note: sk-%s",
    "X-Session-Id: ghp_%s",
    "User-Agent: client hf_%s",
};

static const char *const names[] = {
    "api_key",       "apikey",       "apiKey",          "API-KEY",       "x_api_key",
    "key",           "access_key",   "secret_key",      "private_key",   "subscription-key",
    "functions_key", "token",        "access_token",    "accessToken",   "auth_token",
    "refresh_token", "id_token",     "hf_token",        "session_token", "authorization",
    "password",      "db_password",  "passwd",          "pwd",           "secret",
    "client_secret", "credentials",  "signature",       "jwt",           "bearer",
    "api_key_2",     "openaiApiKey", "xoauth_password", "sig",           "cookie",
    "user_pass",
};

static const char *const bodies[] = {
    "{\"mcp_servers\":[{\"url\":\"u\",\"authorization_token\":\"%s\"}]}",
    "{\"mcp_servers\":[{\"url\":\"u\",\"headers\":{\"X-Odd\":\"%s\"}}]}",
    "{\"tools\":[{\"type\":\"mcp\",\"server_url\":\"u\",\"headers\":{\"Authorization\":\"Bearer %s\"}}]}",
    "{\"tools\":[{\"type\":\"mcp\",\"server_url\":\"u\",\"authorization\":\"%s\"}]}",
    "{\"data_sources\":[{\"parameters\":{\"authentication\":{\"type\":\"api_key\",\"key\":\"%s\"}}}]}",
    "{\"data_sources\":[{\"parameters\":{\"authentication\":{\"access_token\":\"%s\"}}}]}",
    "{\"metadata\":{\"user_api_key\":\"%s\"}}",
    "{\"extra_headers\":{\"Authorization\":\"Bearer %s\"}}",
    "{\"user\":\"sk-%s\"}",
    "{\"a\":[[{\"b\":{\"c\":{\"passwords\":[\"x\",\"%s\"]}}}]]}",
    "{\"messages\":[{\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"api_key\\\":\\\"%s\\\"}\"}}]}]}",
    "[{\"n\":1},{\"token\":\"%s\"}]",
    "{\"credentials\":{\"user\":\"u\",\"value\":\"%s\"}}",
    "{\"api_key\":\"%s\",}",
    "{'api_key': '%s'}",
    "{\"n\":1}\n{\"api_key\":\"%s\"}\n",
    "{\"mcp_servers\":[{\"url\":\"https://u/sse?apiKey=%s&n=1\"}]}",
    "{\"tools\":[{\"type\":\"mcp\",\"server_url\":\"https:\\/\\/u:%s@h\\/sse\"}]}",
    "{\"messages\":[{\"content\":[{\"image_url\":{\"url\":\"https://s/i.png?sv=1&sig=%s\"}}]}]}",
    "{\"input\":[{\"content\":[{\"file_url\":\"https://s/f?X-Amz-Signature=%s#x\"}]}]}",
    "{\"database\":\"postgres://u:%s@h/d\"}",
    "{\"headers\":[{\"name\":\"Authorization\",\"value\":\"%s\"}]}",
    "{\"env\":[{\"key\":\"OPENAI_API_KEY\",\"value\":\"%s\"}]}",
    "{\"env\":[\"HOME=/\",\"OPENAI_API_KEY=%s\"]}",
    "{\"args\":[\"--port\",\"1\",\"--api-key\",\"%s\"]}",
    "{\"args\":[\"--hf-token=%s\"]}",
    "{\"user\":\"Bearer %s\"}",
    "{\"user\":\"-----BEGIN EC PRIVATE KEY-----\\n%s\\n-----END EC PRIVATE KEY-----\"}",
    "model=m&client_secret=%s&n=1",
    "--b\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\n%s\r\n--b--\r\n",
};

// What only the server knows.
static const char *const said[] = {
    "your key sk-%s is wrong",
    "token=ghp_%s",
    "(hf_%s)",
    "AKIA%s?",
    "eyJ%s.e30.x",
    "-----BEGIN RSA PRIVATE KEY-----%s-----END RSA PRIVATE KEY-----",
    "Authorization: Bearer %s",
};

static void name_secret(int number, char secret[32]) {
  snprintf(secret, 32, "ZR%03dxj7Kp9wLm3Rt5vB", number);
}

// One exchange on these connections; the answer says the head and the body again.
static void exchange(struct harness *harness, int client, int *upstream, const char *target,
                     const char *field, const char *body, const char *words) {
  struct buf request = {0}, seen = {0}, code = {0}, answer = {0};
  buf_printf(&request, "POST %s HTTP/1.1\r\nHost: h\r\n%s%sContent-Length: %zu\r\n\r\n%s\n\n\n", target,
             field, field[0] ? "\r\n" : "", strlen(body) + 3, body);
  harness_send(client, buf_text(&request));
  if (*upstream < 0) *upstream = harness_accept(harness);
  buf_append_text(&seen, harness_read_until(harness, *upstream, "\n\n\n"));
  base64_encode((struct json_slice){seen.data, seen.len}, &code);
  for (size_t i = 0; i < seen.len; i++) {
    if (seen.data[i] == '"' || seen.data[i] == '\\' || seen.data[i] < ' ') seen.data[i] = '\'';
  }
  struct buf text = {0};
  buf_printf(&text, "{\"error\":{\"message\":\"%s %s %s\"}}", words, strstr(buf_text(&seen), "''''"),
             buf_text(&code));
  buf_printf(&answer, "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             text.len, buf_text(&text));
  harness_send(*upstream, buf_text(&answer));
  harness_read_until(harness, client, "\"}}");
  buf_free(&text);
  buf_free(&request);
  buf_free(&seen);
  buf_free(&code);
  buf_free(&answer);
}

struct planting {
  struct harness *harness;
  int client, upstream, planted;
};

enum place { IN_FIELD, IN_TARGET, IN_BODY, IN_ANSWER };

// `form` has one %s.
static void plant(struct planting *planting, enum place place, const char *form) {
  char secret[32];
  struct buf text = {0};
  const char *at = strstr(form, "%s");
  assert_non_null(at);
  name_secret(++planting->planted, secret);
  buf_append(&text, form, (size_t)(at - form));
  buf_append_text(&text, secret);
  buf_append_text(&text, at + 2);
  const char *planted = buf_text(&text);
  exchange(planting->harness, planting->client, &planting->upstream,
           place == IN_TARGET ? planted : "/v1/chat/completions", place == IN_FIELD ? planted : "",
           place == IN_BODY ? planted : "{\"model\":\"m\"}", place == IN_ANSWER ? planted : "no:");
  buf_free(&text);
}

static void plant_names(struct planting *planting) {
  static const char *const forms[] = {"/v1/models?a=1&%s=%%s", "{\"%s\":\"%%s\"}",
                                      "{\"a\":{\"b\":[{\"%s\":\"%%s\"}]}}"};
  for (size_t i = 0; i < COUNT(names); i++) {
    for (size_t k = 0; k < COUNT(forms); k++) {
      char form[128];
      const char *at = strstr(forms[k], "%s");
      snprintf(form, sizeof form, "%.*s%s%s", (int)(at - forms[k]), forms[k], names[i], at + 2);
      char *twice = strstr(form, "%%s");
      memmove(twice, twice + 1, strlen(twice));
      plant(planting, k == 0 ? IN_TARGET : IN_BODY, form);
    }
  }
}

static void assert_nowhere(const char *text, const char *secret, const char *where) {
  struct buf forms = {0};
  carried_add(&forms, secret, strlen(secret));
  for (const char *form = forms.data; form < forms.data + forms.len; form += strlen(form) + 1) {
    if (strstr(text, form)) fail_msg("%s is in %s, as %s", secret, where, form);
  }
  buf_free(&forms);
}

static void test_no_planted_secret_is_recorded(void **state) {
  struct harness *harness = *state;
  struct planting planting = {.harness = harness, .client = harness_connect(harness), .upstream = -1};
  for (size_t i = 0; i < COUNT(headers); i++)
    plant(&planting, IN_FIELD, headers[i]);
  plant_names(&planting);
  for (size_t i = 0; i < COUNT(bodies); i++)
    plant(&planting, IN_BODY, bodies[i]);
  for (size_t i = 0; i < COUNT(said); i++)
    plant(&planting, IN_ANSWER, said[i]);
  // A prompt is recorded as it is.
  plant(&planting, IN_BODY,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"my key is %s\"}]}");
  int in_prompt = planting.planted;
  assert_true(planting.planted >= 164);
  close(planting.client);
  close(planting.upstream);
  assert_int_equal(harness_end_proxy(harness), 0);
  struct buf words = {0};
  char piece[4096];
  for (ssize_t got; (got = read(harness->words, piece, sizeof piece)) > 0;)
    buf_append(&words, piece, (size_t)got);
  const char *trace = harness_trace(harness);
  for (int number = 1; number < in_prompt; number++) {
    char secret[32];
    name_secret(number, secret);
    assert_nowhere(buf_text(&words), secret, "what capture says");
    assert_nowhere(trace, secret, "the trace");
  }
  char secret[32];
  name_secret(in_prompt, secret);
  assert_non_null(strstr(trace, secret));
  print_message("%d secrets were planted\n", planting.planted);
  buf_free(&words);
}

static int start(void **state) {
  static const char *const options[] = {"--bodies", "both", "-v", "--keep-header", "X-Note", NULL};
  return harness_start_with(state, options);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_no_planted_secret_is_recorded, start, harness_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
