// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/llm/dialects.h"
#include "tests/unit/lib/llm/message_table.h"

#define CHECK(rows)                                                                                          \
  message_table_check(API_OLLAMA_CHAT, ollama_read, true, (rows), sizeof(rows) / sizeof *(rows))

static void test_lines_of_chat(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'model':'m','message':{'role':'assistant','content':'The'},'done':false}", "text answer",
       "content:'The'"},
      {"{'message':{'content':'','thinking':'hm'},'done':false}", "text", "content:''"},
      {"{'message':{'content':''},'done':false}", "", "content:''"},
      {"{'message':{'tool_calls':[{'function':{'name':'f','arguments':{}}}]}}", "text answer",
       "calls:[{'function':{'name':'f','arguments':{}}}]"},
      {"{'message':{'tool_calls':[]}}", "", "calls:[]"},
      {"{'message':{'tool_calls':{}}}", "", "calls:{}"},
  };
  CHECK(rows);
}

static void test_lines_of_generate(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'response':'The','done':false}", "text answer", "content:'The'"},
      {"{'response':'','thinking':'hm'}", "text", "content:''"},
      {"{'context':[1,2],'done':true}", "ended closed", "context:[1,2]"},
  };
  CHECK(rows);
}

static void test_the_last_line_has_the_reason_counts_and_durations(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'message':{'content':''},'done':true,'done_reason':'stop','total_duration':900,'load_duration':100,"
       "'prompt_eval_count':26,'prompt_eval_duration':200,'eval_count':298,'eval_duration':600}",
       "ended closed in=26 out=298 load=100 prompt=200 eval=600 total=900 finish=stop", NULL},
      {"{'done_reason':'length'}", "ended finish=length", NULL}, // without `done`
      {"{'done':true,'done_reason':'load'}", "ended closed loads finish=load", NULL},
      {"{'done':true,'done_reason':'unload'}", "ended closed loads finish=unload", NULL},
      {"{'done':1,'eval_count':-1,'prompt_eval_count':1.5,'load_duration':-2,'eval_duration':'5'}", "", NULL},
      {"{'eval_count':1000000001}", "", NULL},
  };
  CHECK(rows);
}

static void test_errors_are_the_servers(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'error':'model not found'}", "failure=server_error: model not found", ""},
      {"{'error':{'message':'busy'}}", "failure=server_error: busy", ""},
      {"{'error':null}", "", ""},
  };
  CHECK(rows);
}

static void test_what_is_no_object_is_malformed(void **state) {
  (void)state;
  static const struct message_row rows[] = {{"", NULL, ""},
                                            {"[]", NULL, ""},
                                            {"null", NULL, ""},
                                            {"{'response':'a'", NULL, NULL},
                                            {"{}x", NULL, ""}};
  CHECK(rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines_of_chat),
      cmocka_unit_test(test_lines_of_generate),
      cmocka_unit_test(test_the_last_line_has_the_reason_counts_and_durations),
      cmocka_unit_test(test_errors_are_the_servers),
      cmocka_unit_test(test_what_is_no_object_is_malformed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
