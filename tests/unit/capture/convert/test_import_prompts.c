// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <string.h>

#include "tests/unit/capture/convert/converting.h"

static struct converted prompts(const char *text, struct import_options options) {
  return converting_text("prompts", text, strlen(text), &options);
}

static void test_each_line_is_a_request_of_the_named_model_and_limit(void **state) {
  (void)state;
  struct converted converted =
      prompts("Say \"hi\".\r\n\n\"Two\\nlines\"\n", (struct import_options){.model = "m", .max_tokens = 20});
  assert_int_equal(converted.counts.requests, 2);
  struct trace_request request = converted_request(&converted, 0);
  assert_slice(request.path, "/v1/chat/completions");
  assert_slice(request.api, "openai.chat");
  assert_slice(request.model, "m");
  assert_true(request.stream && request.t_ns == 0);
  struct json_slice limit = json_scan_get(request.body, "max_completion_tokens");
  if (!limit.data) limit = json_scan_get(request.body, "max_tokens");
  assert_slice(limit, "20");
  assert_int_equal(converted_count(&converted, "Say \\\"hi\\\"."), 1); // without the CR
  assert_int_equal(converted_count(&converted, "Two\\nlines"), 1);     // a JSON string is unescaped
  converted_free(&converted);
}

static void test_the_api_decides_path_and_member(void **state) {
  (void)state;
  struct converted converted = prompts("Once\n", (struct import_options){.api = API_OLLAMA_GENERATE});
  struct trace_request request = converted_request(&converted, 0);
  assert_slice(request.path, "/api/generate");
  assert_slice(json_scan_get(request.body, "prompt"), "\"Once\"");
  converted_free(&converted);
}

static void test_an_empty_prompt_and_one_that_is_no_text_are_rejected(void **state) {
  (void)state;
  static const struct converting_bad rows[] = {{"a\n\"\"\n", "line 2: the prompt is empty"},
                                               {"\xFF\n", "line 1: the prompt is not UTF-8"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct converted converted = converting("prompts", rows[i].text);
    assert_int_equal(converted.status, STATUS_FORMAT);
    assert_string_equal(converted.error.text, rows[i].message);
    converted_free(&converted);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_line_is_a_request_of_the_named_model_and_limit),
      cmocka_unit_test(test_the_api_decides_path_and_member),
      cmocka_unit_test(test_an_empty_prompt_and_one_that_is_no_text_are_rejected),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
