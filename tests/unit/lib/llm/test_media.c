// SPDX-License-Identifier: GPL-3.0-or-later
//
// Requests as each API documents its images and sounds; "aGVsbG8=" is "hello".
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/media.h"

static const struct {
  const char *name, *body;
  int64_t parts, bytes;
} cases[] = {
    {"chat, text alone", "{\"messages\":[{\"role\":\"user\",\"content\":\"image_url\"}]}", 0, 0},
    {"chat, a text part", "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"data:,x\"}]}]}", 0, 0},
    {"chat, a data URL",
     "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"?\"},{\"type\":\"image_url\",\"image_url\":{"
     "\"url\":\"data:image/png;base64,aGVsbG8=\",\"detail\":\"low\"}}]}]}",
     1, 5},
    {"chat, a link",
     "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/a.png\"}}]}]}",
     1, 0},
    {"chat, a sound and a file",
     "{\"messages\":[{\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"aGVsbG8=\","
     "\"format\":"
     "\"wav\"}},{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"data:application/"
     "pdf;base64,"
     "aGVsbG8h\"}}]}]}",
     2, 11},
    {"messages, an image",
     "{\"messages\":[{\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"
     "\"image/png\","
     "\"data\":\"aGVsbG8=\"}}]}]}",
     1, 5},
    {"messages, an image in a tool's result",
     "{\"messages\":[{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":"
     "\"image\","
     "\"source\":{\"type\":\"base64\",\"data\":\"aGVsbG8=\"}}]}]}]}",
     1, 5},
    {"messages, a document of text",
     "{\"messages\":[{\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"words\"}}]"
     "}]}",
     0, 0},
    {"responses, an image",
     "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"?\"},{\"type\":\"input_"
     "image\","
     "\"image_url\":\"data:image/jpeg;base64,aGVsbG8=\"}]}]}",
     1, 5},
    {"responses, a file by its id",
     "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_id\":\"file-1\"}]}]}", 1,
     0},
    {"Ollama's chat", "{\"messages\":[{\"content\":\"?\",\"images\":[\"aGVsbG8=\",\"aGVsbG8h\"]}]}", 2, 11},
    {"Ollama's generate", "{\"prompt\":\"?\",\"images\":[\"aGVsbG8\"]}", 1, 5},
    {"embeddings", "{\"input\":[\"a\",\"b\"]}", 0, 0},
    {"a data URL as plain text", "{\"images\":[\"data:text/plain,abc\"]}", 1, 3},
    {"no object", "[1]", 0, 0},
};

static void test_parts_and_their_bytes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct json_slice body;
    assert_int_equal(json_scan_text(cases[i].body, strlen(cases[i].body), &body, NULL), STATUS_OK);
    struct media media = media_count(body);
    if (media.parts != cases[i].parts || media.bytes != cases[i].bytes)
      fail_msg("%s: %d parts of %d bytes", cases[i].name, (int)media.parts, (int)media.bytes);
  }
  assert_int_equal(media_count((struct json_slice){NULL, 0}).parts, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts_and_their_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
