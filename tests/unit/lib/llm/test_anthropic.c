// SPDX-License-Identifier: GPL-3.0-or-later
//
// Messages in the shapes of https://docs.anthropic.com/en/docs/build-with-claude/streaming.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/llm/dialects.h"
#include "tests/unit/lib/llm/message_table.h"

#define CHECK(streamed, rows)                                                                                \
  message_table_check(API_ANTHROPIC_MESSAGES, anthropic_read, (streamed), (rows),                            \
                      sizeof(rows) / sizeof *(rows))

static void test_events_of_a_stream(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'type':'message_start','message':{'id':'m','usage':{'input_tokens':25,'output_tokens':1}}}", "in=25",
       ""},
      {"{'type':'message_start','message':{'usage':{'input_tokens':5,'cache_read_input_tokens':90,"
       "'cache_creation_input_tokens':5}}}",
       "in=100 cached=90", ""},
      {"{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}", "", ""},
      {"{'type':'ping'}", "", ""},
      {"{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hello'}}", "text answer",
       "content:'Hello'"},
      {"{'type':'content_block_delta','delta':{'type':'thinking_delta','thinking':'hm'}}", "text", ""},
      {"{'type':'content_block_delta','delta':{'type':'signature_delta','signature':'EqQB'}}", "", ""},
      {"{'type':'content_block_start','content_block':{'type':'tool_use','id':'t','name':'f','input':{}}}",
       "", "call:'f'"},
      {"{'type':'content_block_delta','delta':{'type':'input_json_delta','partial_json':'{}'}}",
       "text answer", "call:'{}'"},
      {"{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':15}}",
       "out=15 finish=end_turn", ""},
      {"{'type':'message_stop'}", "ended closed", ""},
  };
  CHECK(true, rows);
}

static void test_whole_bodies(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'type':'message','content':[{'type':'text','text':'Hi'}],'stop_reason':'max_tokens',"
       "'usage':{'input_tokens':10,'output_tokens':20}}",
       "text answer in=10 out=20 finish=max_tokens", "content:'Hi'"},
      {"{'content':[{'type':'thinking','thinking':'hm','signature':'x'}]}", "text", ""},
      {"{'content':[{'type':'tool_use','name':'f','input':{'a':1}}]}", "text answer",
       "call:'f'|call:{'a':1}"},
      {"{'content':[]}", "", ""},
      {"{}", "", ""},
  };
  CHECK(false, rows);
}

static void test_errors_are_the_servers(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}",
       "failure=server_error: Overloaded", ""},
      {"{'error':null,'type':'ping'}", "", ""},
  };
  CHECK(true, rows);
  CHECK(false, rows);
}

static void test_what_is_no_object_is_malformed(void **state) {
  (void)state;
  static const struct message_row rows[] = {{"", NULL, ""},
                                            {"[DONE]", NULL, ""},
                                            {"'text'", NULL, ""},
                                            {"{'delta':{'text':'a'}", NULL, NULL},
                                            {"{} {}", NULL, ""}};
  CHECK(true, rows);
}

static void test_the_last_count_holds_and_a_zero_replaces_none(void **state) {
  (void)state;
  static const char *const messages[] = {
      "{'type':'message_start','message':{'usage':{'input_tokens':7,'output_tokens':1}}}",
      "{'type':'message_delta','usage':{'output_tokens':15}}",
      "{'type':'message_delta','usage':{'input_tokens':0,'output_tokens':0}}",
      "{'type':'message_delta','usage':{'output_tokens':-3}}",
      "{'type':'message_delta','usage':{'output_tokens':2.5,'input_tokens':1e300}}",
  };
  message_table_check_all(API_ANTHROPIC_MESSAGES, anthropic_read, messages, 5, "in=7 out=15");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_events_of_a_stream),
      cmocka_unit_test(test_whole_bodies),
      cmocka_unit_test(test_errors_are_the_servers),
      cmocka_unit_test(test_what_is_no_object_is_malformed),
      cmocka_unit_test(test_the_last_count_holds_and_a_zero_replaces_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
