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
  assert_int_equal(import_left_out(&converted.counts), 2); // Ollama's own API, and what has no body
  assert_converted(
      &converted,
      "{\"custom_id\":\"request-7\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{"
      "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_openai_batch_has_the_bodies_without_streaming),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
