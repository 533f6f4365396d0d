// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first text of the answer beside the first of all, where a model thinks before it answers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/response.h"

struct row {
  const char *first, *second, *third; // what the events at 10, 20 and 30 carry
  int64_t answer_ns;
};

static void feed_event(struct response *response, const char *format, const char *inner, int64_t now_ns) {
  char text[512];
  snprintf(text, sizeof text, format, inner);
  response_feed(response, text, strlen(text), now_ns);
}

static void check_all(enum api api, const char *type, const char *format, const struct row *rows,
                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct response response;
    response_open(&response, api, 200, (struct json_slice){type, strlen(type)}, (struct json_slice){NULL, 0},
                  0);
    feed_event(&response, format, rows[i].first, 10);
    feed_event(&response, format, rows[i].second, 20);
    feed_event(&response, format, rows[i].third, 30);
    response_finish(&response, FAILURE_RESET);
    response_close(&response);
    assert_int_equal(response.first_text_ns, 10);
    if (response.first_answer_ns != rows[i].answer_ns)
      fail_msg("%s %s %s: %d", rows[i].first, rows[i].second, rows[i].third, (int)response.first_answer_ns);
  }
}
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define WORDS "\"content\":\"a\""
#define THOUGHTS "\"reasoning_content\":\"a\""
#define CALL "\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]"

static void test_thoughts_come_before_the_answer(void **state) {
  (void)state;
  static const struct row rows[] = {
      {THOUGHTS, THOUGHTS, WORDS, 30},
      {THOUGHTS, WORDS, WORDS, 20},
      {THOUGHTS, CALL, WORDS, 20},
      {"\"reasoning\":\"a\",\"content\":\"\"", "\"refusal\":\"No\"", WORDS, 20},
      {"\"reasoning_details\":[{\"text\":\"a\"}]", THOUGHTS "," WORDS, WORDS, 20},
      {"\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"text\":\"a\"}]}]",
       "\"content\":[{\"type\":\"text\",\"text\":\"a\"}]", WORDS, 20},
      {THOUGHTS, THOUGHTS, THOUGHTS, -1},
      {WORDS, WORDS, WORDS, -1},
      {WORDS, THOUGHTS, WORDS, -1},
      {THOUGHTS "," WORDS, THOUGHTS, WORDS, -1},
  };
  check_all(API_OPENAI_CHAT, "text/event-stream", "data: {\"choices\":[{\"index\":0,\"delta\":{%s}}]}\n\n",
            rows, COUNT(rows));
}

static void test_so_do_ollamas(void **state) {
  (void)state;
  static const struct row chat[] = {{"\"thinking\":\"a\"", "\"content\":\"a\"", "\"content\":\"a\"", 20},
                                    {"\"thinking\":\"a\"", CALL, "\"content\":\"a\"", 20},
                                    {"\"content\":\"a\"", "\"content\":\"a\"", "\"content\":\"a\"", -1}};
  check_all(API_OLLAMA_CHAT, "application/x-ndjson", "{\"message\":{%s},\"done\":false}\n", chat,
            COUNT(chat));
  static const struct row generate[] = {
      {"\"thinking\":\"a\",\"response\":\"\"", "\"thinking\":\"a\"", "\"response\":\"a\"", 30},
      {"\"response\":\"a\"", "\"response\":\"a\"", "\"response\":\"a\"", -1}};
  check_all(API_OLLAMA_GENERATE, "application/x-ndjson", "{%s,\"done\":false}\n", generate, COUNT(generate));
}

static void test_completions_only_answer(void **state) {
  (void)state;
  static const struct row rows[] = {{"\"text\":\"a\"", "\"text\":\"a\"", "\"text\":\"a\"", -1}};
  check_all(API_OPENAI_COMPLETIONS, "text/event-stream", "data: {\"choices\":[{\"index\":0,%s}]}\n\n", rows,
            COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_thoughts_come_before_the_answer),
      cmocka_unit_test(test_so_do_ollamas),
      cmocka_unit_test(test_completions_only_answer),
  };
  return cmocka_run_group_tests_name("thoughts and answers", tests, NULL, NULL);
}
