// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "capture/content/conversation.h"

#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define SYSTEM(text) "{\"role\":\"system\",\"content\":\"" text "\"}"
#define ANSWER(text) "{\"role\":\"assistant\",\"content\":\"" text "\"}"
#define CALL(name, arguments)                                                                                \
  "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\","            \
  "\"function\":{\"name\":\"" name "\",\"arguments\":\"" arguments "\"}}]}"

static struct session_table *table;
static struct conversation_place place; // of the request made last

static int open_table(void **state) {
  (void)state;
  return conversation_open(0, &table) == STATUS_OK ? 0 : -1;
}

static int close_table(void **state) {
  (void)state;
  conversation_close(table);
  return 0;
}

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

static int64_t ask(enum api api, const char *body) {
  struct api_request_facts facts;
  api_request_facts(api, body, strlen(body), &facts);
  conversation_find(table, api, &facts, &place);
  return place.session;
}

static int64_t chat(const char *messages) {
  char body[4096];
  snprintf(body, sizeof body, "{\"model\":\"m\",\"messages\":%s}", messages);
  return ask(API_OPENAI_CHAT, body);
}

// The answer to the request made last; each text is a JSON value, a piece of it.
static void answer(const char *const *texts, const char *const *calls, const char *context) {
  struct conversation_answer heard = CONVERSATION_ANSWER;
  for (; texts && *texts; texts++)
    conversation_hear(&heard, RESPONSE_PART_TEXT, slice(*texts));
  for (; calls && *calls; calls++)
    conversation_hear(&heard, RESPONSE_PART_CALLS, slice(*calls));
  if (context) conversation_hear(&heard, RESPONSE_PART_CONTEXT, slice(context));
  conversation_answered(table, &place, &heard);
}

static void say(const char *text) {
  answer((const char *const[]){text, NULL}, NULL, NULL);
}

static void test_a_conversation_keeps_its_number_as_it_grows(void **state) {
  (void)state;
  assert_int_equal(chat("[" SYSTEM("s") "," USER("a") "]"), 1);
  say("\"b\"");
  assert_int_equal(chat("[" SYSTEM("s") "," USER("a") "," ANSWER("b") "," USER("c") "]"), 1);
  say("\"d\"");
  assert_int_equal(
      chat("[" SYSTEM("s") "," USER("a") "," ANSWER("b") "," USER("c") "," ANSWER("d") "," USER("e") "]"), 1);
}

static void test_only_the_answer_that_was_given_continues(void **state) {
  (void)state;
  assert_int_equal(chat("[" USER("a") "]"), 1);
  say("\"b\"");
  assert_int_equal(chat("[" USER("a") "," ANSWER("another") "," USER("c") "]"), 2);
  assert_int_equal(chat("[" USER("x") "," ANSWER("b") "," USER("c") "]"), 3);
  assert_int_equal(chat("[" USER("a") "," USER("c") "]"), 4);
  assert_int_equal(chat("[" USER("a") "," ANSWER("b") "," USER("c") "]"), 1);
}

static void test_two_that_begin_alike_are_not_mixed_up(void **state) {
  (void)state;
  assert_int_equal(chat("[" USER("hello") "]"), 1);
  say("\"p\"");
  assert_int_equal(chat("[" USER("hello") "]"), 2);
  say("\"r\"");
  assert_int_equal(chat("[" USER("hello") "," ANSWER("r") "," USER("s") "]"), 2);
  assert_int_equal(chat("[" USER("hello") "," ANSWER("p") "," USER("q") "]"), 1);
  assert_int_equal(chat("[" USER("hello") "," ANSWER("r") "," USER("s") "]"), 2); // asked once more
  assert_int_equal(chat("[" USER("hello") "," ANSWER("t") "," USER("u") "]"), 3);
}

static void test_of_two_that_were_answered_alike_each_is_continued_once(void **state) {
  (void)state;
  assert_int_equal(chat("[" USER("hello") "]"), 1);
  say("\"p\"");
  assert_int_equal(chat("[" USER("hello") "]"), 2);
  say("\"p\"");
  assert_int_equal(chat("[" USER("hello") "," ANSWER("p") "," USER("one") "]"), 1);
  say("\"x\"");
  assert_int_equal(chat("[" USER("hello") "," ANSWER("p") "," USER("two") "]"), 2);
  say("\"y\"");
  assert_int_equal(chat("[" USER("hello") "," ANSWER("p") "," USER("two") "," ANSWER("y") "," USER("go") "]"),
                   2);
}

static void test_an_answer_may_come_in_pieces_and_go_back_in_another_form(void **state) {
  (void)state;
  static const char *const pieces[] = {"\"\"", "null", "\"Gr\\u00fc\"", "\"\\u00df \"", "\"\\\"Gott\\\"\\n\"",
                                       NULL};
  assert_int_equal(chat("[" USER("a") "]"), 1);
  answer(pieces, NULL, NULL);
  assert_int_equal(chat("[" USER("a") "," ANSWER("Grüß \\\"Gott\\\"") "," USER("c") "]"), 1);
  assert_int_equal(
      chat("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]},"
           "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Grüß \\\"Gott\\\"\"}]}]"),
      1);
  assert_int_equal(chat("[" USER("a") "," ANSWER("Grüß Gott") "," USER("c") "]"), 2);
}

static void test_calls_of_tools_belong_to_the_answer(void **state) {
  (void)state;
  static const char *const pieces[] = {"[{\"index\":0,\"id\":\"1\",\"type\":\"function\",\"function\":{"
                                       "\"name\":\"look\",\"arguments\":\"\"}}]",
                                       "[{\"index\":0,\"function\":{\"arguments\":\"{\\\"at\\\":\"}}]",
                                       "[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]", NULL};
  assert_int_equal(chat("[" USER("a") "]"), 1);
  answer(NULL, pieces, NULL);
  assert_int_equal(
      chat("[" USER("a") "," CALL("look", "{\\\"at\\\":2}") ",{\"role\":\"tool\",\"content\":\"x\"}]"), 2);
  assert_int_equal(
      chat("[" USER("a") "," CALL("look", "{\\\"at\\\":1}") ",{\"role\":\"tool\",\"content\":\"x\"}]"), 1);
}

// Anthropic: the system text stands beside the messages, a call and its result are parts of messages, and a
// client moves its marks for the cache and keeps the thoughts.
static void test_parts_of_messages_belong_to_the_answer(void **state) {
  (void)state;
  struct conversation_answer heard = CONVERSATION_ANSWER;
  assert_int_equal(ask(API_ANTHROPIC_MESSAGES, "{\"system\":\"s\",\"messages\":[" USER("a") "]}"), 1);
  conversation_hear(&heard, RESPONSE_PART_TEXT, slice("\"We\""));
  conversation_hear(&heard, RESPONSE_PART_TEXT, slice("\"ll\""));
  conversation_hear(&heard, RESPONSE_PART_CALL_TEXT, slice("\"tide\""));
  conversation_hear(&heard, RESPONSE_PART_CALL_TEXT, slice("\"\""));
  conversation_hear(&heard, RESPONSE_PART_CALL_TEXT, slice("\"{\\\"at\\\": \\\"Ki\""));
  conversation_hear(&heard, RESPONSE_PART_CALL_TEXT, slice("\"el\\\"}\""));
  conversation_answered(table, &place, &heard);
  assert_int_equal(ask(API_ANTHROPIC_MESSAGES,
                       "{\"system\":\"other\",\"messages\":[" USER(
                           "a") ",{\"role\":\"assistant\",\"content\":["
                                "{\"type\":\"text\",\"text\":\"Well\"},{\"type\":\"tool_use\",\"id\":\"t1\","
                                "\"name\":\"tide\",\"input\":{\"at\":\"Kiel\"}}]}]}"),
                   2);
  assert_int_equal(
      ask(API_ANTHROPIC_MESSAGES,
          "{\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":{}}],\"messages\":["
          "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{}}]},"
          "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Hm\"},"
          "{\"type\":\"text\",\"text\":\"Well\"},{\"type\":\"tool_use\",\"id\":\"t1\","
          "\"name\":\"tide\",\"input\":{\"at\":\"Kiel\"}}]},"
          "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","
          "\"content\":\"high\"}]}]}"),
      1);
}

// OpenAI's Responses: an answer is several items, and a client sends them back beside its own, or only names
// the answer that it goes on from.
static void test_items_of_an_answer_belong_together(void **state) {
  (void)state;
  struct conversation_answer heard = CONVERSATION_ANSWER;
  assert_int_equal(ask(API_OPENAI_RESPONSES, "{\"input\":\"a\"}"), 1);
  conversation_hear(&heard, RESPONSE_PART_TEXT, slice("\"Well\""));
  conversation_hear(&heard, RESPONSE_PART_CALL_TEXT, slice("\"tide\""));
  conversation_hear(&heard, RESPONSE_PART_CALL_TEXT, slice("\"{\\\"at\\\":1}\""));
  conversation_hear(&heard, RESPONSE_PART_CONTEXT, slice("\"resp_1\""));
  conversation_answered(table, &place, &heard);
  assert_int_equal(ask(API_OPENAI_RESPONSES,
                       "{\"input\":[" USER("a") ",{\"type\":\"message\",\"role\":\"assistant\",\"content\":["
                                                "{\"type\":\"output_text\",\"text\":\"Other\"}]}]}"),
                   2);
  assert_int_equal(
      ask(API_OPENAI_RESPONSES,
          "{\"input\":[" USER(
              "a") ",{\"type\":\"reasoning\",\"summary\":[]},{\"type\":\"message\",\"role\":"
                   "\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Well\"}]},{\"type\":"
                   "\"function_call\","
                   "\"call_id\":\"c\",\"name\":\"tide\",\"arguments\":\"{\\\"at\\\":1}\"},"
                   "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"high\"}]}"),
      1);
  assert_int_equal(ask(API_OPENAI_RESPONSES, "{\"previous_response_id\":\"resp_1\",\"input\":\"and?\"}"), 1);
  assert_int_equal(ask(API_OPENAI_RESPONSES, "{\"previous_response_id\":\"resp_2\",\"input\":\"and?\"}"), 3);
  assert_int_equal(ask(API_OPENAI_RESPONSES, "{\"conversation\":\"conv_1\",\"input\":\"one\"}"), 4);
  assert_int_equal(ask(API_OPENAI_RESPONSES, "{\"conversation\":\"conv_2\",\"input\":\"one\"}"), 5);
  assert_int_equal(ask(API_OPENAI_RESPONSES, "{\"conversation\":{\"id\":\"conv_1\"},\"input\":\"two\"}"), 4);
}

static void test_a_prompt_that_goes_on_after_the_answer_is_the_same_conversation(void **state) {
  (void)state;
  assert_int_equal(ask(API_OPENAI_COMPLETIONS, "{\"prompt\":\"Q: one?\\nA:\"}"), 1);
  say("\" two. \"");
  assert_int_equal(ask(API_OPENAI_COMPLETIONS, "{\"prompt\":\"Q: one?\\nA:\"}"), 2);
  say("\" three.\"");
  assert_int_equal(ask(API_OPENAI_COMPLETIONS, "{\"prompt\":\"Q: one?\\nA: three.\\nQ: and?\\nA:\"}"), 2);
  assert_int_equal(ask(API_OPENAI_COMPLETIONS, "{\"prompt\":\"Q: one?\\nA: two.\\nQ: and?\\nA:\"}"), 1);
  assert_int_equal(ask(API_OPENAI_COMPLETIONS, "{\"prompt\":\"Q: one?\\nA: four.\\nQ: and?\\nA:\"}"), 3);
  assert_int_equal(ask(API_OPENAI_COMPLETIONS, "{\"prompt\":[1,2,3]}"), 0);
}

static void test_ollamas_context_continues_a_conversation(void **state) {
  (void)state;
  assert_int_equal(ask(API_OLLAMA_GENERATE, "{\"prompt\":\"a\"}"), 1);
  answer((const char *const[]){"\"b\"", "\"\"", NULL}, NULL, "[1,2,3]");
  assert_int_equal(ask(API_OLLAMA_GENERATE, "{\"prompt\":\"c\",\"context\":[1,2,4]}"), 2);
  assert_int_equal(ask(API_OLLAMA_GENERATE, "{\"prompt\":\"c\",\"context\":[1,2,3]}"), 1);
  answer((const char *const[]){"\"d\"", NULL}, NULL, "[1,2,3,5]");
  assert_int_equal(ask(API_OLLAMA_GENERATE, "{\"prompt\":\"e\",\"context\":[1,2,3,5]}"), 1);
}

static void test_an_answer_that_nobody_knows_may_be_any(void **state) {
  (void)state;
  assert_int_equal(chat("[" USER("a") "]"), 1);
  conversation_answered(table, &place, NULL);
  assert_int_equal(chat("[" USER("a") "," ANSWER("b") "," USER("c") "]"), 1);
  assert_int_equal(chat("[" USER("a") "]"), 2);
  assert_int_equal(chat("[" USER("b") "," ANSWER("b") "," USER("c") "]"), 3);
}

static void test_borders_between_messages_count(void **state) {
  (void)state;
  assert_int_equal(chat("[" USER("ab") "," USER("c") "]"), 1);
  say("\"x\"");
  assert_int_equal(chat("[" USER("a") "," USER("bc") "," ANSWER("x") "]"), 2);
  assert_int_equal(chat("[" SYSTEM("ab") "," USER("c") "," ANSWER("x") "]"), 3);
}

static void test_no_messages_are_no_conversation(void **state) {
  (void)state;
  assert_int_equal(chat("[]"), 0);
  assert_int_equal(chat("{}"), 0);
  assert_int_equal(ask(API_OPENAI_CHAT, "{}"), 0);
  assert_int_equal(ask(API_HTTP, "{\"messages\":[" USER("a") "],\"prompt\":\"a\"}"), 0);
  say("\"x\""); // and nothing is remembered of it
  assert_int_equal(chat("[" ANSWER("x") "," USER("c") "]"), 1);
}

static void test_the_answer_used_longest_ago_gives_way_when_the_table_is_full(void **state) {
  (void)state;
  char text[200];
  for (int i = 0; i < CONVERSATION_MAX; i++) {
    snprintf(text, sizeof text, "[" USER("%d") "]", i);
    assert_int_equal(chat(text), i + 1);
    say("\"a\"");
  }
  assert_int_equal(chat("[" USER("0") "," ANSWER("a") "," USER("b") "]"), 1); // now the one that spoke last
  assert_int_equal(chat("[" USER("more") "]"), CONVERSATION_MAX + 1);
  say("\"a\""); // takes the place of the second
  assert_int_equal(chat("[" USER("1") "," ANSWER("a") "," USER("b") "]"), CONVERSATION_MAX + 2);
  assert_int_equal(chat("[" USER("0") "," ANSWER("a") "," USER("b") "]"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)
      TEST(test_a_conversation_keeps_its_number_as_it_grows),
      TEST(test_only_the_answer_that_was_given_continues),
      TEST(test_two_that_begin_alike_are_not_mixed_up),
      TEST(test_of_two_that_were_answered_alike_each_is_continued_once),
      TEST(test_an_answer_may_come_in_pieces_and_go_back_in_another_form),
      TEST(test_calls_of_tools_belong_to_the_answer),
      TEST(test_parts_of_messages_belong_to_the_answer),
      TEST(test_items_of_an_answer_belong_together),
      TEST(test_a_prompt_that_goes_on_after_the_answer_is_the_same_conversation),
      TEST(test_ollamas_context_continues_a_conversation),
      TEST(test_an_answer_that_nobody_knows_may_be_any),
      TEST(test_borders_between_messages_count),
      TEST(test_no_messages_are_no_conversation),
      TEST(test_the_answer_used_longest_ago_gives_way_when_the_table_is_full),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
