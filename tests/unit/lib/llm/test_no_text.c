// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/llm/dialects.h"
#include "tests/unit/lib/llm/message_table.h"

static void test_bodies_of_embeddings_and_scores(void **state) {
  (void)state;
  static const struct message_row rows[] = {
      {"{'object':'list','data':[],'usage':{'prompt_tokens':8,'total_tokens':8}}", "in=8", ""},
      {"{'embeddings':[[0.1]],'total_duration':14,'load_duration':1,'prompt_eval_count':8}",
       "in=8 load=1 total=14", ""},
      {"{'results':[],'meta':{'billed_units':{'input_tokens':5}}}", "in=5", ""},
      {"[[0.1,0.2]]", "", ""}, // text-embeddings-inference
      {"[]", "", ""},
      {"{'usage':{'prompt_tokens':-8},'load_duration':-1}", "", ""},
      {"{'usage':null,'meta':7}", "", ""},
      {"{'error':'input too long'}", "failure=server_error: input too long", ""},
      {"{'object':'error','message':'broke'}", "failure=server_error: broke", ""},
      {"{'error':null}", "", ""},
      {"", NULL, ""},
      {"null", NULL, ""},
      {"'text'", NULL, ""},
      {"[[0.1]", NULL, ""},
      {"{'data':[]", NULL, ""},
      {"{} {}", NULL, ""},
  };
  message_table_check(API_OPENAI_EMBEDDINGS, no_text_read, false, rows, sizeof rows / sizeof *rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bodies_of_embeddings_and_scores),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
