// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/llm/dialects.h"
#include "tests/unit/lib/llm/message_table.h"

#define CHECK(streamed, rows)                                                                                \
  message_table_check(API_OPENAI_CHAT, openai_read, (streamed), (rows), sizeof(rows) / sizeof *(rows))
#define DELTA(members) "{'choices':[{'index':0,'delta':{" members "},'finish_reason':null}]}"

static void test_what_a_delta_has_as_text(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {DELTA("'role':'assistant','content':''"), "", "content:''"},
      {DELTA("'content':'Hi'"), "text answer", "content:'Hi'"},
      {DELTA("'content':null"), "", "content:null"},
      {DELTA("'content':[{'type':'text','text':'Hi'}]"), "text answer", NULL},
      {DELTA("'content':[{'type':'thinking','thinking':[{'type':'text','text':'hm'}]}]"), "text", NULL},
      {DELTA("'reasoning_content':'hm'"), "text", ""},
      {DELTA("'reasoning':'hm'"), "text", ""},
      {DELTA("'thinking':'hm'"), "text", ""},
      {DELTA("'reasoning_details':[{'type':'reasoning.text','text':'hm'}]"), "text", ""},
      {DELTA("'reasoning_details':[{'type':'reasoning.encrypted','data':'x'}]"), "", ""},
      {DELTA("'refusal':'No'"), "text answer", ""},
      {DELTA("'tool_calls':[{'function':{'name':'f'}}]"), "text answer", "calls:[{'function':{'name':'f'}}]"},
      {DELTA("'tool_calls':[{'function':{'arguments':'{'}}]"), "text answer", NULL},
      {DELTA("'tool_calls':[]"), "", "calls:[]"},
      {DELTA("'function_call':{'name':'f'}"), "text answer", ""},
      {"{'choices':[{'index':0,'text':'Hi'}]}", "text answer", "content:'Hi'"}, // completions
      {"{'choices':[{'index':1,'delta':{'content':'Hi'}}]}", "text answer",
       ""}, // the first choice alone is told
      {"{'content':'Hi','stop':true,'stop_type':'limit'}", "text answer ended finish=length",
       ""}, // llama.cpp
  };
  CHECK(true, rows);
}

static void test_how_a_stream_ends(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'choices':[{'index':0,'delta':{},'finish_reason':'length'}]}", "ended finish=length", NULL},
      {"{'choices':[{'index':0,'delta':{},'finish_reason':''}]}", "", NULL},
      {"[DONE]", "ended closed", ""},
      {"{'choices':[{'index':0,'delta':{},'finish_reason':'error'}]}",
       "ended finish=error failure=server_error: finish_reason: error", NULL},
      {"{'choices':[{'index':0,'delta':{},'finish_reason':'abort'}]}",
       "ended finish=abort failure=server_error: finish_reason: abort", NULL},
      {"{'choices':[{'index':0,'error':{'message':'broke'}}]}", "failure=server_error: broke", NULL},
      {"{'error':{'message':'broke'}}", "failure=server_error: broke", NULL},
      {"{'object':'error','message':'broke'}", "failure=server_error: broke", NULL}, // vLLM's
      {"{'error':null,'choices':[]}", "", NULL},
  };
  CHECK(true, rows);
}

static void test_counts_and_their_details(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'choices':[],'usage':{'prompt_tokens':19,'completion_tokens':10,'prompt_tokens_details':"
       "{'cached_tokens':8}}}",
       "in=19 out=10 cached=8", NULL},
      {"{'usage':null}", "", NULL},
      {"{'usage':{'prompt_tokens':-1,'completion_tokens':'10'}}", "", NULL},
      {"{'timings':{'prompt_n':3,'cache_n':4,'predicted_n':5,'prompt_ms':1.5,'predicted_ms':2}}",
       "cached=4 timed_in=7 timed_out=5 prompt=1500000 eval=2000000", NULL},
  };
  CHECK(true, rows);
}

static void test_counts_of_a_stream(void **state) {
  (void)state;
  static const char *const zeros[] = {
      "{'choices':[{'index':0}],'usage':{'prompt_tokens':7,'completion_tokens':3}}",
      "{'choices':[],'usage':{'prompt_tokens':0,'completion_tokens':0}}"};
  message_table_check_all(API_OPENAI_CHAT, openai_read, zeros, 2, "in=7 out=3");
  static const char *const grows[] = {"{'choices':[{'index':0}],'usage':{'completion_tokens':1}}",
                                      "{'choices':[{'index':0}],'usage':{'completion_tokens':2}}"};
  message_table_check_all(API_OPENAI_CHAT, openai_read, grows, 2, "out=2");
  // llama.cpp: a count for each of two choices
  static const char *const choices[] = {"{'choices':[{'index':1,'delta':{}}]}",
                                        "{'choices':[],'usage':{'completion_tokens':4}}",
                                        "{'choices':[],'usage':{'completion_tokens':5}}"};
  message_table_check_all(API_OPENAI_CHAT, openai_read, choices, 3, "out=9");
}

static void test_whole_bodies(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'choices':[{'index':0,'message':{'content':'Hi'},'finish_reason':'stop'}],"
       "'usage':{'prompt_tokens':5,'completion_tokens':2}}",
       "text answer ended in=5 out=2 finish=stop", "content:'Hi'"},
      {"[{'choices':[{'text':'a'}],'usage':{'prompt_tokens':5,'completion_tokens':8}},"
       "{'choices':[{'text':'b'}],'usage':{'prompt_tokens':7,'completion_tokens':9}}]",
       "text answer in=12 out=17", NULL},
      {"[1]", NULL, ""},
      {"[]", NULL, ""},
  };
  CHECK(false, rows);
}

static void test_what_is_no_object_is_malformed(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"", NULL, ""},     {"[{}]", NULL, ""}, {"[DONE", NULL, ""},
      {"DONE", NULL, ""}, {"12", NULL, ""},   {"{'choices':[{'delta':{'content':'a'}}]", NULL, NULL}};
  CHECK(true, rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_a_delta_has_as_text),
      cmocka_unit_test(test_how_a_stream_ends),
      cmocka_unit_test(test_counts_and_their_details),
      cmocka_unit_test(test_counts_of_a_stream),
      cmocka_unit_test(test_whole_bodies),
      cmocka_unit_test(test_what_is_no_object_is_malformed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
