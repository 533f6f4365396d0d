// SPDX-License-Identifier: GPL-3.0-or-later
//
// Messages in the shapes of https://platform.openai.com/docs/api-reference/responses-streaming.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/llm/dialects.h"
#include "tests/unit/lib/llm/message_table.h"

#define CHECK(streamed, rows)                                                                                \
  message_table_check(API_OPENAI_RESPONSES, responses_read, (streamed), (rows), sizeof(rows) / sizeof *(rows))

static void test_events_of_a_stream(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'type':'response.created','response':{'status':'in_progress','usage':null}}", "", ""},
      {"{'type':'response.output_text.delta','delta':'Hi'}", "text answer", "content:'Hi'"},
      {"{'delta':'Hi','type':'response.output_text.delta'}", "text answer", "content:'Hi'"}, // in any order
      {"{'type':'response.output_text.delta','delta':''}", "", NULL},
      {"{'type':'response.refusal.delta','delta':'No'}", "text answer", "content:'No'"},
      {"{'type':'response.reasoning_text.delta','delta':'hm'}", "text", ""},
      {"{'type':'response.reasoning_summary_text.delta','delta':'hm'}", "text", ""},
      {"{'type':'response.function_call_arguments.delta','delta':'{'}", "text answer", "call:'{'"},
      {"{'type':'response.audio.delta','delta':'UklG'}", "", ""},
      {"{'type':'response.output_item.added','item':{'type':'function_call','name':'f'}}", "", "call:'f'"},
      {"{'type':'response.output_item.added','item':{'type':'message'}}", "", ""},
      {"{'type':'response.completed','response':{'id':'r','status':'completed','usage':{'input_tokens':9,"
       "'input_tokens_details':{'cached_tokens':4},'output_tokens':5}}}",
       "ended closed in=9 out=5 cached=4 finish=completed", "context:'r'"},
      {"{'type':'response.incomplete','response':{'status':'incomplete','incomplete_details':"
       "{'reason':'max_output_tokens'}}}",
       "ended closed finish=max_output_tokens", ""},
      {"[DONE]", "", ""},
  };
  CHECK(true, rows);
}

static void test_whole_bodies(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'status':'completed','error':null,'output':[{'type':'reasoning','summary':[{'text':'hm'}]},"
       "{'type':'message','content':[{'type':'output_text','text':'Hi'}]}],"
       "'usage':{'input_tokens':3,'output_tokens':4}}",
       "text answer in=3 out=4 finish=completed", "content:'Hi'"},
      {"{'output':[{'type':'reasoning','content':[{'text':'hm'}]}]}", "text", ""},
      {"{'output':[{'type':'message','content':[{'type':'refusal','refusal':'No'}]}]}", "text answer",
       "content:'No'"},
      {"{'output':[{'type':'function_call','name':'f','arguments':'{}'}]}", "text answer",
       "call:'f'|call:'{}'"},
      {"{'output':[]}", "", ""},
  };
  CHECK(false, rows);
}

static void test_failures_are_the_servers(void **state) {
  (void)state;
  static const struct message_row events[] = {
      {"{'type':'error','message':'broke'}", "failure=server_error: broke", ""},
      {"{'type':'response.failed','response':{'error':{'code':'x','message':'broke'}}}",
       "failure=server_error: broke", ""},
      {"{'type':'response.failed','response':{}}", "failure=server_error: the response failed", ""},
  };
  CHECK(true, events);
  static const struct message_row bodies[] = {
      {"{'error':{'message':'broke'}}", "failure=server_error: broke", ""},
      {"{'status':'failed','error':null}", "failure=server_error: the response failed", ""},
  };
  CHECK(false, bodies);
}

static void test_what_is_no_object_is_malformed(void **state) {
  (void)state;
  static const struct message_row rows[] = {{"", NULL, ""},
                                            {"[]", NULL, ""},
                                            {"null", NULL, ""},
                                            {"{'type':'response.output_text.delta'", NULL, ""}};
  CHECK(true, rows);
  static const struct message_row done[] = {{"[DONE]", NULL, ""}};
  CHECK(false, done);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_events_of_a_stream),
      cmocka_unit_test(test_whole_bodies),
      cmocka_unit_test(test_failures_are_the_servers),
      cmocka_unit_test(test_what_is_no_object_is_malformed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
