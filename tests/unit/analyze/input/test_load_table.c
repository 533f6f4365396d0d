// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "tests/unit/analyze/scenario.h"

#define HEADER "workers,batch,total_s,tokens\n"

// The same table, as spreadsheets write it.
static void test_tables_of_spreadsheets_are_read(void **state) {
  static const char *const tables[] = {
      HEADER "1,2,4.4329,340\n",
      "Workers,Batch,Total_s,TOKENS\n1,2,4.4329,340\n",
      HEADER "1,2,\"4,4329\",340\n",
      "workers;batch;total_s;tokens\n1;2;4,4329;340\n",
      "workers;batch;total_s;tokens\r\n1;2;4.4329;340\r\n",
      "sep=,\n" HEADER "1,2,4.4329,340\n",
      "sep=;\nworkers;batch;total_s;tokens\n1;2;4,4329;340\n",
      "workers\tbatch\ttotal_s\ttokens\n1\t2\t4.4329\t340\n",
      "workers\tbatch\trep\ttotal_s\ttokens\n1\t2\t\t4,4329\t340\n", // an empty field between tabs
      "workers,batch,total_s,tokens,,\n1,2,4.4329,340,,\n,,,,,\n",
      "\xEF\xBB\xBFsep=;\nworkers;batch;total_s;tokens;\n1;2;4,4329;340;\n;;;;\n",
  };
  (void)state;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    struct load_data data = LOAD_DATA;
    struct error error = {0};
    if (scenario_load(&data, tables[i], &error)) fail_msg("table %zu: %s", i, error.text);
    assert_int_equal(data.cell_count, 1);
    assert_int_equal(data.cells[0].batch, 2);
    scenario_near("total_s", data.cells[0].replicates[0].total_s, 4.4329, 0);
    assert_int_equal(data.cells[0].replicates[0].tokens, 340);
    load_free(&data);
  }
}

static void test_bad_tables_are_refused_with_line_and_column(void **state) {
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"", "empty"},
      {"\n\n", "empty"},
      {HEADER, "a header and no rows"},
      {"workers,batch,total_s\n1,1,1\n", "no column 'tokens'"},
      {"batch,total_s,tokens\n1,1,1\n", "no column 'workers'"},
      {"workers|batch|total_s|tokens\n1|1|1|1\n",
       "no column 'workers' in the header, which is one field: commas, semicolons or tabs separate"},
      {"workers,batch,workers,total_s,tokens\n1,1,1,1,1\n", "column 'workers' twice"},
      {HEADER "1,1,1\n", "line 2: 3 fields where the header has 4"},
      {HEADER "1,1,1,1,1\n", "line 2: 5 fields"},
      {HEADER "1,1,1,1\n2,x,1,1\n", "line 3, column 2 (batch): 'x'"},
      {HEADER "1,1,\"1,500\",1\n",
       "column 3 (total_s): '1,500' has a comma"}, // a thousand and a half, or one
      {HEADER "1,1,\"1,234,567\",1\n", "column 3 (total_s): '1,234,567' has a comma"},
      {"workers;batch;total_s;tokens\n1;1;1.234,5;1\n", "column 3 (total_s): '1.234,5' has a comma"},
      {HEADER "1,1,0,1\n", "column 3 (total_s)"},
      {HEADER "1,1,-1,1\n", "column 3 (total_s)"},
      {HEADER "1,1,nan,1\n", "column 3 (total_s)"},
      {HEADER "1,1,inf,1\n", "column 3 (total_s)"},
      {HEADER "0,1,1,1\n", "column 1 (workers)"},
      {HEADER "1.5,1,1,1\n", "column 1 (workers): '1.5' is no whole number"},
      {HEADER "1,1,1,-1\n", "column 4 (tokens)"},
      {HEADER "1,1,1,\n", "column 4 (tokens)"},
      {HEADER "1,1,1,1e99\n", "column 4 (tokens)"},
      {HEADER "1,1,0x10,1\n", "column 3 (total_s)"},
      {"workers,batch,total_s,tokens,requests,failed\n1,2,1,1,2,3\n", "3 of 2 requests failed"},
      {"workers,batch,total_s,tokens,rep\n1,2,1,1,0\n1,2,1,1,0\n", "is in line 2 already"},
      {"workers,batch,total_s,tokens,tokens_per_s\n1,4,10,2000,200\n2,8,10,2000,400\n",
       "line 3: tokens_per_s is 400, but tokens / total_s is 200"},
      {"{\"type\":\"request\"}\n", "not a run"},
      {"{\"type\":\"trace\",\"version\":1}\n", "not a run"},
      {"{broken\n", "not a run"},
      {"hello\n", "no column 'workers'"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct load_data data = LOAD_DATA;
    struct error error = {0};
    enum status status = scenario_load(&data, cases[i].text, &error);
    if (status != STATUS_FORMAT) fail_msg("case %zu: status %d (%s)", i, status, error.text);
    if (!strstr(error.text, cases[i].words)) fail_msg("case %zu said '%s'", i, error.text);
    if (strncmp(error.text, "/tmp/tidemark-scenario-", 23) != 0) fail_msg("no file name: '%s'", error.text);
    if (strchr(error.text, '\n')) fail_msg("more than one line: '%s'", error.text);
    load_free(&data);
  }
}

static void test_columns_come_in_any_order_and_others_are_ignored(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  assert_int_equal(scenario_load(&data,
                                 "note,tokens,failed,\"batch\",total_s,requests,workers,rep\r\n"
                                 "\"a, b\",300,1,4,2.5,5,2,7\r\n",
                                 &error),
                   STATUS_OK);
  assert_int_equal(data.cell_count, 1);
  assert_int_equal(data.cells[0].workers, 2);
  assert_int_equal(data.cells[0].batch, 4);
  const struct load_replicate *replicate = &data.cells[0].replicates[0];
  assert_int_equal(replicate->tokens, 300);
  assert_int_equal(replicate->requests, 5);
  assert_int_equal(replicate->failed, 1);
  scenario_near("total_s", replicate->total_s, 2.5, 0);
  load_free(&data);
}

static void test_rows_of_one_cell_without_rep_are_replicates_in_order(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  assert_int_equal(scenario_load(&data, HEADER "1,2,1,10\n2,2,1,20\n1,2,1,11\n1,2,1,12\n", &error),
                   STATUS_OK);
  assert_int_equal(data.cells[0].count, 3);
  assert_int_equal(data.cells[1].count, 1);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(data.cells[0].replicates[i].tokens, 10 + i);
    assert_int_equal(data.cells[0].replicates[i].block, i);
  }
  load_free(&data);
}

static void test_no_token_without_counts_means_that_all_failed(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  assert_int_equal(scenario_load(&data, HEADER "1,4,1,0\n2,4,1,5\n", &error), STATUS_OK);
  assert_int_equal(data.cells[0].replicates[0].requests, 4);
  assert_int_equal(data.cells[0].replicates[0].failed, 4);
  assert_int_equal(data.cells[1].replicates[0].failed, 0);
  load_free(&data);
}

static void test_a_rate_column_is_believed_only_where_it_agrees(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  // 8121 / 20.977 is 387.1383; the table's own 387.139 is the same number before its parts were rounded.
  assert_int_equal(scenario_load(&data,
                                 "workers,batch,total_s,mean_s,tokens_per_s,tokens\n"
                                 "24,48,20.977,0.43702,387.139,8121\n"
                                 "24,40,20.977,7,387,8121\n"
                                 "24,32,20.977,n/a,,8121\n",
                                 &error),
                   STATUS_OK);
  scenario_near("agrees", data.cells[0].replicates[0].tokens_per_s, 387.139, 0);
  scenario_near("agrees", data.cells[0].replicates[0].mean_s, 0.43702, 0);
  scenario_near("rounded", data.cells[1].replicates[0].tokens_per_s, 8121 / 20.977, 1e-12);
  scenario_near("another meaning", data.cells[1].replicates[0].mean_s, 20.977 / 40, 1e-12);
  scenario_near("not there", data.cells[2].replicates[0].tokens_per_s, 8121 / 20.977, 1e-12);
  load_free(&data);
}

static void test_two_tables_are_merged(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  (void)state;
  assert_int_equal(scenario_load(&data, HEADER "1,2,1,10\n", &error), STATUS_OK);
  assert_int_equal(scenario_load(&data, HEADER "1,2,1,11\n1,4,1,12\n", &error), STATUS_OK);
  assert_int_equal(data.cell_count, 2);
  assert_int_equal(data.cells[0].count, 2);
  assert_true(data.cells[0].replicates[0].block != data.cells[0].replicates[1].block);
  assert_true(data.cells[0].replicates[0].session != data.cells[0].replicates[1].session);
  load_free(&data);
}

static void test_many_cells_are_found_again(void **state) {
  struct load_data data = LOAD_DATA;
  struct error error = {0};
  struct buf text = {0};
  (void)state;
  buf_append_text(&text, HEADER);
  for (int rep = 0; rep < 2; rep++) {
    for (int w = 1; w <= 40; w++) {
      for (int b = 1; b <= 40; b++)
        buf_printf(&text, "%d,%d,1,%d\n", w, b, w * b);
    }
  }
  assert_int_equal(scenario_load(&data, buf_text(&text), &error), STATUS_OK);
  assert_int_equal(data.cell_count, 1600);
  for (size_t i = 0; i < data.cell_count; i++) {
    assert_int_equal(data.cells[i].count, 2);
    assert_int_equal(data.cells[i].replicates[1].tokens, data.cells[i].workers * data.cells[i].batch);
  }
  load_free(&data);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tables_of_spreadsheets_are_read),
      cmocka_unit_test(test_bad_tables_are_refused_with_line_and_column),
      cmocka_unit_test(test_columns_come_in_any_order_and_others_are_ignored),
      cmocka_unit_test(test_rows_of_one_cell_without_rep_are_replicates_in_order),
      cmocka_unit_test(test_no_token_without_counts_means_that_all_failed),
      cmocka_unit_test(test_a_rate_column_is_believed_only_where_it_agrees),
      cmocka_unit_test(test_two_tables_are_merged),
      cmocka_unit_test(test_many_cells_are_found_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
