// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/llm/dialects.h"
#include "tests/unit/lib/llm/message_table.h"

#define CHECK(streamed, rows)                                                                                \
  message_table_check(API_LLAMACPP, llamacpp_read, (streamed), (rows), sizeof(rows) / sizeof *(rows))

static void test_messages_of_both_forms(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'content':'Hi','stop':false,'tokens_predicted':1,'tokens_evaluated':4}", "text answer",
       "content:'Hi'"},
      {"{'content':'','stop':false}", "", "content:''"},
      {"{'content':'','stop':true,'stop_type':'limit','tokens_predicted':8,'tokens_evaluated':4}",
       "ended in=4 out=8 finish=limit", "content:''"},
      {"{'stop':true,'stop_type':'none'}", "ended", ""},
      // until 2024
      {"{'stop':true,'stopped_eos':true,'stopped_limit':false,'stopped_word':false}", "ended finish=eos", ""},
      {"{'stop':true,'stopped_limit':true}", "ended finish=limit", ""},
      {"{'stop':true,'stopped_word':true}", "ended finish=word", ""},
      {"{'timings':{'predicted_n':8,'predicted_ms':4}}", "timed_out=8 eval=4000000", ""},
      // the same path, another server
      {"{'choices':[{'index':0,'text':'Hi','finish_reason':'stop'}],'usage':{'completion_tokens':2}}",
       "text answer ended out=2 finish=stop", "content:'Hi'"},
      {"{'error':{'message':'no slot'}}", "failure=server_error: no slot", ""},
      {"{'error':null}", "", ""},
      {"{'content':'Hi'", NULL, NULL},
      {"", NULL, ""},
  };
  CHECK(true, rows);
  CHECK(false, rows);
}

static void test_null_stands_before_the_answers_of_a_stream_only(void **state) {
  (void)state;
  static const struct message_row stream[] = {{"null", "", ""}, {"[DONE]", "ended closed", ""}};
  static const struct message_row body[] = {{"null", NULL, ""}};
  CHECK(true, stream);
  CHECK(false, body);
}

static void test_answers_to_several_prompts_add_up(void **state) {
  (void)state;
  static const char *const messages[] = {
      "{'index':0,'stop':true,'stop_type':'eos','tokens_predicted':8,'tokens_evaluated':4}",
      "{'index':1,'stop':true,'stop_type':'limit','tokens_predicted':2,'tokens_evaluated':3}"};
  message_table_check_all(API_LLAMACPP, llamacpp_read, messages, 2, "ended in=7 out=10 finish=limit");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_messages_of_both_forms),
      cmocka_unit_test(test_null_stands_before_the_answers_of_a_stream_only),
      cmocka_unit_test(test_answers_to_several_prompts_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
