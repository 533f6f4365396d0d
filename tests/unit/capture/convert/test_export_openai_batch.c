// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define HEADER                                                                                               \
  "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":100,\"upstream\":\"http://10.0.0.1:8000\"}\n"
#define CHAT "\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"api\":\"openai.chat\""
#define BODY(text)                                                                                           \
  "\"body\":{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" text                           \
  "\"}],\"stream_options\":{}}"

static void test_openai_batch_has_the_bodies_without_streaming(void **state) {
  static const char text[] = HEADER "{\"type\":\"request\",\"seq\":7,\"t_s\":0," CHAT "," BODY(
      "Hi") "}\n"
            "{\"type\":\"request\",\"seq\":8,\"t_s\":0,\"method\":\"POST\",\"path\":\"/api/"
            "chat\",\"api\":\"ollama.chat\"," BODY("Hi") "}\n"
                                                         "{\"type\":\"request\",\"seq\":9,\"t_s\":0,"
                                                         "\"method\":\"GET\",\"path\":\"/v1/models\"}\n";
  (void)state;
  struct converted converted = converting_export_text("openai-batch", text, NULL);
  assert_int_equal(import_left_out(&converted.counts), 2);
  assert_int_equal(converted.counts.left_out[IMPORT_OTHER_API], 1);
  assert_int_equal(converted.counts.left_out[IMPORT_NO_POST], 1);
  assert_converted(
      &converted,
      "{\"custom_id\":\"request-7\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{"
      "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}\n");
}

static void test_openai_batch_says_why_a_body_is_not_there(void **state) {
  static const char text[] =
      HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":0," CHAT ",\"input_tokens\":5}\n"
             "{\"type\":\"request\",\"seq\":1,\"t_s\":0," CHAT ",\"body_bytes\":9}\n"
             "{\"type\":\"request\",\"seq\":2,\"t_s\":0," CHAT ",\"body_truncated\":true,\"body_bytes\":9}\n"
             "{\"type\":\"request\",\"seq\":3,\"t_s\":0," CHAT ",\"body\":[1]}\n"
             "{\"type\":\"request\",\"seq\":4,\"t_s\":0," CHAT ",\"body_bytes\":0}\n";
  (void)state;
  struct converted converted = converting_export_text("openai-batch", text, NULL);
  assert_int_equal(converted.counts.left_out[IMPORT_SIZE_ONLY], 2);
  assert_int_equal(converted.counts.left_out[IMPORT_CUT_BODY], 1);
  assert_int_equal(converted.counts.left_out[IMPORT_NO_OBJECT], 2);
  assert_string_equal(converted.error.text,
                      "no request in it: all were left out (2: known only by size, without a body; "
                      "1: the body was not recorded whole; 2: no JSON object as body)");
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_openai_batch_says_why_a_body_is_not_there),
      cmocka_unit_test(test_openai_batch_has_the_bodies_without_streaming),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
