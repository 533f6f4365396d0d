// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include "lib/json/json_scan.h"
#include "tests/unit/capture/convert/converting.h"

#define HEADER                                                                                               \
  "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":100,\"upstream\":\"http://10.0.0.1:8000\"}\n"
#define CHAT "\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"api\":\"openai.chat\""
#define BODY(text)                                                                                           \
  "\"body\":{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" text                           \
  "\"}],\"stream_options\":{}}"

static void test_mooncake_times_run_on_over_segments(void **state) {
  static const char text[] = HEADER "{\"type\":\"request\",\"seq\":0,\"t_s\":0.0005,\"input_tokens\":600,"
                                    "\"output_tokens\":3,\"prefix_blocks\":[7,"
                                    "8],\"block_tokens\":512}\n"
                                    "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":160.25}\n"
                                    "{\"type\":\"request\",\"seq\":1,\"t_s\":1.0014,\"input_tokens\":512,"
                                    "\"output_tokens\":4,\"prefix_blocks\":[7],"
                                    "\"block_tokens\":512}\n";
  (void)state;
  struct converted converted = converting_export_text("mooncake", text, NULL);
  assert_converted(&converted,
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
  struct converted converted = converting_export_text("mooncake", text, NULL);
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
  struct converted converted = converting_export_text("mooncake", text, NULL);
  assert_int_equal(converted.counts.requests, 1);
  assert_int_equal(import_left_out(&converted.counts), 2);
  assert_int_equal(converted.counts.left_out[IMPORT_NO_COUNTS], 2);
  converted_free(&converted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mooncake_times_run_on_over_segments),
      cmocka_unit_test(test_mooncake_has_an_id_for_every_512_tokens),
      cmocka_unit_test(test_mooncake_of_recorded_texts_has_their_sharing_and_no_word_of_them),
      cmocka_unit_test(test_mooncake_leaves_out_what_has_no_count_of_output),
  };
  return cmocka_run_group_tests(tests, converting_setup, converting_teardown);
}
