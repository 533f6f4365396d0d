// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "tests/unit/capture/convert/converting.h"

#define DATA "tests/data/import/"
#define BATCH(rest) "{\"custom_id\":\"a\",\"method\":\"POST\"," rest "}\n"

static void test_openai_batch_bodies(void **state) {
  (void)state;
  struct converted converted = converting_file("openai-batch", DATA "batch.jsonl", NULL);
  assert_int_equal(converted.counts.requests, 3);
  assert_slice(converted_request(&converted, 0).body,
               "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"One.\"}],\"max_tokens\":9}");
  assert_slice(converted_request(&converted, 1).api, "openai.completions");
  assert_slice(converted_request(&converted, 2).api, "openai.embeddings");
  assert_slice(converted_request(&converted, 2).path, "/v1/embeddings");
  converted_free(&converted);
}

static void test_openai_batch_names_the_line_and_what_is_wrong(void **state) {
  static const struct converting_bad cases[] = {
      {"", "no request in it: it is empty"},
      {"{\"method\":\"POST\",\"url\":\"/v1/x\",\"body\":{}}\n", "line 1: \"custom_id\" is missing"},
      {"{\"custom_id\":\"a\",\"url\":\"/v1/x\",\"body\":{}}\n", "line 1: \"method\" is missing"},
      {BATCH("\"body\":{}"), "line 1: \"url\" is missing"},
      {BATCH("\"url\":\"/v1/x\""), "line 1: \"body\" is missing"},
      {BATCH("\"url\":\"/v1/x\",\"body\":null"), "line 1: \"body\" is null"},
      {BATCH("\"url\":\"/v1/x\",\"body\":{}") BATCH("\"url\":\"/v1/x\",\"body\":\"{}\""),
       "line 2: \"body\" is not an object"},
      {BATCH("\"url\":7,\"body\":{}"), "line 1: \"url\" is not a string"},
      {BATCH("\"url\":\"v1/x\",\"body\":{}"), "line 1: its URL is neither http, nor https, nor a path"},
      {BATCH("\"url\":\"\",\"body\":{}"), "line 1: its URL is neither http, nor https, nor a path"},
      {"{\"custom_id\":1,\"method\":\"POST\",\"url\":\"/v1/x\",\"body\":{}}\n",
       "line 1: \"custom_id\" is not a string"},
  };
  (void)state;
  CONVERTING_REJECTS("openai-batch", cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_openai_batch_bodies),
      cmocka_unit_test(test_openai_batch_names_the_line_and_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
