// SPDX-License-Identifier: GPL-3.0-or-later
//
// What traces look like as files of others' tools.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <string.h>

#include "lib/json/json_scan.h"
#include "tests/unit/capture/convert/converting.h"

#define HEADER                                                                                               \
  "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":100,\"upstream\":\"http://10.0.0.1:8000\"}\n"
#define CHAT "\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"api\":\"openai.chat\""
#define BODY(text)                                                                                           \
  "\"body\":{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" text                           \
  "\"}],\"stream_options\":{}}"

static struct converted export_text(const char *format, const char *text, const char *url) {
  struct buf trace = {0};
  buf_append_text(&trace, text);
  struct converted converted = converting_export(format, &trace, url);
  buf_free(&trace);
  return converted;
}

static void assert_lines(struct converted *converted, const char *want) {
  if (converted->status) fail_msg("%s", converted->error.text);
  assert_string_equal(buf_text(&converted->lines), want);
  converted_free(converted);
}

static void test_mooncake_times_run_on_over_segments(void **state) {
  static const char text[] = HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":0.0005,\"input_tokens\":600,"
                                    "\"output_tokens\":3,\"prefix_blocks\":[7,"
                                    "8],\"block_tokens\":512}\n"
                                    "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":160.25}\n"
                                    "{\"type\":\"request\",\"seq\":1,\"t_s\":1.0014,\"input_tokens\":512,"
                                    "\"output_tokens\":4,\"prefix_blocks\":[7],"
                                    "\"block_tokens\":512}\n";
  (void)state;
  struct converted converted = export_text("mooncake", text, NULL);
  assert_lines(&converted,
               "{\"timestamp\":1,\"input_length\":600,\"output_length\":3,\"hash_ids\":[7,8]}\n"
               "{\"timestamp\":61251,\"input_length\":512,\"output_length\":4,\"hash_ids\":[7]}\n");
}

static void ids_of(const struct converted *converted, int line, int64_t ids[8], size_t *count) {
  struct json_slice object = converted_line(converted, "hash_ids", line), id;
  assert_non_null(object.data);
  struct json_scan scan = json_scan_start(json_scan_get(object, "hash_ids"));
  for (*count = 0; json_scan_element(&scan, &id); ++*count) {
    assert_true(*count < 8);
    assert_true(json_scan_int64(id, &ids[*count]));
  }
}

static void test_mooncake_has_an_id_for_every_512_tokens(void **state) {
  static const char text[] = HEADER
      // fewer blocks than the tokens fill, more, and none
      "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"input_tokens\":1025,\"output_tokens\":3,\"prefix_blocks\":"
      "[7],"
      "\"block_tokens\":512}\n"
      "{\"type\":\"request\",\"seq\":1,\"t_s\":0,\"input_tokens\":512,\"output_tokens\":3,\"prefix_blocks\":["
      "7,8],"
      "\"block_tokens\":512}\n"
      "{\"type\":\"request\",\"seq\":2,\"t_s\":0,\"input_tokens\":513,\"output_tokens\":3}\n";
  (void)state;
  struct converted converted = export_text("mooncake", text, NULL);
  int64_t first[8] = {0}, second[8] = {0}, third[8] = {0};
  size_t count;
  assert_int_equal(converted.status, STATUS_OK);
  ids_of(&converted, 0, first, &count);
  assert_int_equal(count, 3);
  assert_int_equal(first[0], 7);
  assert_int_not_equal(first[1], first[2]);
  ids_of(&converted, 1, second, &count);
  assert_int_equal(count, 1);
  assert_int_equal(second[0], 7);
  ids_of(&converted, 2, third, &count);
  assert_int_equal(count, 2);
  for (int i = 0; i < 2; i++) {
    for (int k = 0; k < 3; k++)
      assert_int_not_equal(third[i], first[k]);
  }
  converted_free(&converted);
}

static void test_mooncake_of_recorded_texts_has_their_sharing_and_no_word_of_them(void **state) {
  struct buf trace = {0};
  int64_t one[8] = {0}, other[8] = {0};
  size_t count;
  (void)state;
  buf_append_text(&trace, HEADER);
  for (int i = 0; i < 2; i++) {
    buf_printf(&trace,
               "{\"type\":\"request\",\"seq\":%d,\"t_s\":%d," CHAT
               ",\"body\":{\"messages\":[{\"role\":\"user\","
               "\"content\":\"",
               i, i);
    for (int word = 0; word < 1000; word++)
      buf_append_text(&trace, "tide "); // 5000 bytes: two whole blocks and a rest, in which they differ
    buf_printf(&trace,
               "%d\"}]}}\n{\"type\":\"response\",\"seq\":%d,\"t_s\":9,\"status\":200,\"input_tokens\":1300,"
               "\"output_tokens\":6,\"token_source\":\"usage\"}\n",
               i, i);
  }
  struct converted converted = converting_export("mooncake", &trace, NULL);
  assert_int_equal(converted.counts.requests, 2);
  ids_of(&converted, 0, one, &count);
  assert_int_equal(count, 3); // ceil(1300 / 512)
  ids_of(&converted, 1, other, &count);
  assert_int_equal(one[0], other[0]);
  assert_int_equal(one[1], other[1]);
  assert_int_not_equal(one[2], other[2]);
  assert_int_equal(converted_count(&converted, "tide"), 0);
  assert_int_equal(converted_count(&converted, "\"input_length\":1300,\"output_length\":6"), 2);
  converted_free(&converted);
  buf_free(&trace);
}

static void test_mooncake_leaves_out_what_has_no_count_of_output(void **state) {
  static const char text[] = HEADER
      "{\"type\":\"request\",\"seq\":0,\"t_s\":0," CHAT
      "," BODY("Hi") "}\n"
                     "{\"type\":\"request\",\"seq\":1,\"t_s\":0,\"input_tokens\":1,\"output_tokens\":1}\n"
                     "{\"type\":\"request\",\"seq\":2,\"t_s\":0,\"method\":\"GET\",\"path\":\"/\"}\n";
  (void)state;
  struct converted converted = export_text("mooncake", text, NULL);
  assert_int_equal(converted.counts.requests, 1);
  assert_int_equal(import_left_out(&converted.counts), 2);
  converted_free(&converted);
}

static void test_vegeta_targets_go_to_the_upstream_or_where_told(void **state) {
  static const char text[] = HEADER
      "{\"type\":\"request\",\"seq\":0,\"t_s\":0," CHAT
      ",\"headers\":{\"accept\":\"a\\\"b\"},\"body\":{\"a\":1}}\n"
      "{\"type\":\"request\",\"seq\":1,\"t_s\":0,\"method\":\"POST\",\"path\":\"/"
      "x?y=1\",\"body_text\":\"fo\\u006f\"}\n"
      "{\"type\":\"request\",\"seq\":2,\"t_s\":0,\"method\":\"PUT\",\"path\":\"/"
      "x\",\"body_base64\":\"AP8=\"}\n"
      "{\"type\":\"request\",\"seq\":3,\"t_s\":0,\"method\":\"GET\",\"path\":\"/v1/models\"}\n"
      "{\"type\":\"request\",\"seq\":4,\"t_s\":0,\"method\":\"POST\",\"path\":\"/"
      "x\",\"body_truncated\":true}\n"
      "{\"type\":\"request\",\"seq\":5,\"t_s\":0,\"method\":\"POST\",\"path\":\"/x\",\"input_tokens\":9}\n";
  (void)state;
  struct converted converted = export_text("vegeta", text, NULL);
  assert_int_equal(import_left_out(&converted.counts), 2);
  // base64 of {"a":1} and foo: RFC 4648's digits, by coreutils' base64
  assert_lines(
      &converted,
      "{\"method\":\"POST\",\"url\":\"http://10.0.0.1:8000/v1/chat/completions\",\"body\":\"eyJhIjoxfQ==\","
      "\"header\":{\"accept\":[\"a\\\"b\"]}}\n"
      "{\"method\":\"POST\",\"url\":\"http://10.0.0.1:8000/x?y=1\",\"body\":\"Zm9v\"}\n"
      "{\"method\":\"PUT\",\"url\":\"http://10.0.0.1:8000/x\",\"body\":\"AP8=\"}\n"
      "{\"method\":\"GET\",\"url\":\"http://10.0.0.1:8000/v1/models\"}\n");
  converted = export_text("vegeta", text, "https://other/base/");
  assert_int_equal(converted_count(&converted, "\"url\":\"https://other/base/x\""), 1);
  converted_free(&converted);
}

static void test_vegeta_without_any_address_is_refused(void **state) {
  (void)state;
  struct converted converted =
      export_text("vegeta",
                  "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":0}\n"
                  "{\"type\":\"request\",\"seq\":3,\"t_s\":0,\"method\":\"GET\",\"path\":\"/v1/models\"}\n",
                  NULL);
  assert_int_equal(converted.status, STATUS_USAGE);
  assert_string_equal(converted.error.text, "the trace names no upstream: say --upstream URL");
  converted_free(&converted);
}

static void test_openai_batch_has_the_bodies_without_streaming(void **state) {
  static const char text[] = HEADER "{\"type\":\"request\",\"seq\":7,\"t_s\":0," CHAT "," BODY(
      "Hi") "}\n"
            "{\"type\":\"request\",\"seq\":8,\"t_s\":0,\"method\":\"POST\",\"path\":\"/api/"
            "chat\",\"api\":\"ollama.chat\"," BODY("Hi") "}\n"
                                                         "{\"type\":\"request\",\"seq\":9,\"t_s\":0,"
                                                         "\"method\":\"GET\",\"path\":\"/v1/models\"}\n";
  (void)state;
  struct converted converted = export_text("openai-batch", text, NULL);
  assert_int_equal(import_left_out(&converted.counts), 2); // Ollama's own API, and what has no body
  assert_lines(&converted,
               "{\"custom_id\":\"request-7\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{"
               "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mooncake_times_run_on_over_segments),
      cmocka_unit_test(test_mooncake_has_an_id_for_every_512_tokens),
      cmocka_unit_test(test_mooncake_of_recorded_texts_has_their_sharing_and_no_word_of_them),
      cmocka_unit_test(test_mooncake_leaves_out_what_has_no_count_of_output),
      cmocka_unit_test(test_vegeta_targets_go_to_the_upstream_or_where_told),
      cmocka_unit_test(test_vegeta_without_any_address_is_refused),
      cmocka_unit_test(test_openai_batch_has_the_bodies_without_streaming),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
