// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recorded exchanges: what must be found in each is in expected.csv, written by people who looked at the
// bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/lib/llm/wire.h"

#define SHARED "../shared/transcripts"
#define OWN "tests/data/transcripts"
#define LATER SHARED "/llama-2026b" // a table of its own, with other columns
// Exchanges in SHARED whose rows there were written before their API was known.
#define NEWLY_KNOWN OWN "/recorded.csv"

static enum api api_of(const struct wire_row *row) {
  enum api api;
  struct json_slice name = {row->api, strlen(row->api)};
  if (!api_from_name(name, &api)) fail_msg("no API %s", row->api);
  // Ollama answers a request without prompt in its own dialect; that nothing was generated is found in
  // the answer.
  if (api == API_HTTP && strcmp(row->finish, "unload") == 0) return API_OLLAMA_GENERATE;
  return api;
}

static void check_row(const struct wire_row *row, const struct response *response) {
  const char *source = token_source_name(response->token_source), *failure = failure_name(response->failure);
  assert_string_equal(api_name(response->api), row->api);
  assert_int_equal(response->status, row->status);
  assert_int_equal(response->streamed, row->stream);
  assert_int_equal(response->output_tokens, row->output_tokens);
  assert_string_equal(source ? source : "", row->token_source);
  assert_int_equal(response->input_tokens, row->input_tokens);
  if (row->text_events >= 0) assert_int_equal(response->text_events, row->text_events);
  assert_string_equal(response->finish, row->finish);
  assert_string_equal(failure ? failure : "", row->error);
  // Two words on times: text comes in order, and not after the last byte.
  if (response->text_events > 0) {
    assert_true(response->first_text_ns > 0 && response->first_text_ns <= response->last_text_ns);
    assert_true(response->last_text_ns <= response->bytes);
  } else {
    assert_int_equal(response->first_text_ns, -1);
  }
}

static void open_row(const char *folder, const struct wire_row *row, struct wire *wire) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s%s%s.wire", folder, row->server, row->server[0] ? "/" : "", row->name);
  if (!wire_read(wire, path)) fail_msg("%s cannot be read", path);
}

static void check_table(const char *folder, const char *path) {
  size_t count;
  struct wire_row *rows = wire_rows(path, &count);
  assert_non_null(rows);
  for (size_t i = 0; i < count; i++) {
    struct wire wire;
    struct response response;
    open_row(folder, &rows[i], &wire);
    wire_play(&wire, api_of(&rows[i]), 0, 0, &response);
    printf("  %s %s: %s\n", rows[i].server, rows[i].name, rows[i].api);
    check_row(&rows[i], &response);
    response_close(&response);
    wire_free(&wire);
  }
  printf("  %zu exchanges\n", count);
  free(rows);
}

// Every cut in two for a body of up to 4 KiB, some 1500 cuts spread over a longer one; byte by byte; sevens.
static void check_splits(const struct wire *wire, enum api api) {
  struct response response;
  struct buf whole = {.data = NULL}, split = {.data = NULL};
  wire_play(wire, api, 0, 0, &response);
  wire_describe(&response, &whole);
  response_close(&response);
  size_t stride = wire->body.len <= 4096 ? 1 : wire->body.len / 1500;
  for (size_t cut = 0; cut <= wire->body.len + 2 * stride; cut += stride) {
    // The last two rounds are not cuts: byte by byte, and seven by seven.
    size_t step = cut <= wire->body.len ? 0 : cut <= wire->body.len + stride ? 1 : 7;
    wire_play(wire, api, cut, step, &response);
    buf_clear(&split);
    wire_describe(&response, &split);
    response_close(&response);
    if (strcmp(buf_text(&whole), buf_text(&split)) != 0) {
      fail_msg("cut at %zu (step %zu)\nwhole: %s\nsplit: %s", cut, step, whole.data, split.data);
    }
  }
  buf_free(&whole);
  buf_free(&split);
}

static void check_table_splits(const char *folder, const char *path) {
  size_t count;
  struct wire_row *rows = wire_rows(path, &count);
  assert_non_null(rows);
  for (size_t i = 0; i < count; i++) {
    struct wire wire;
    open_row(folder, &rows[i], &wire);
    check_splits(&wire, api_of(&rows[i]));
    wire_free(&wire);
  }
  free(rows);
}

static void skip_without_shared(void) {
  if (access(SHARED "/expected.csv", R_OK) == 0) return;
  printf("SKIPPED: %s is not there; it holds exchanges recorded with llama.cpp and Ollama\n", SHARED);
  skip();
}

static void test_recorded_servers_are_read_as_expected(void **state) {
  (void)state;
  skip_without_shared();
  check_table(SHARED, SHARED "/expected.csv");
  check_table(SHARED, NEWLY_KNOWN);
}

static void test_recorded_servers_read_the_same_however_cut(void **state) {
  (void)state;
  skip_without_shared();
  check_table_splits(SHARED, SHARED "/expected.csv");
  check_table_splits(SHARED, NEWLY_KNOWN);
}

static void test_own_exchanges_are_read_as_expected(void **state) {
  (void)state;
  check_table(OWN, OWN "/expected.csv");
}

static void test_own_exchanges_read_the_same_however_cut(void **state) {
  (void)state;
  check_table_splits(OWN, OWN "/expected.csv");
}

// A cell of a row, which quotes nothing; "" past its end.
static const char *cell(const struct buf *line, int column) {
  const char *at = line->data;
  for (int i = 0; i < column && at; i++)
    at = memchr(at, '\0', (size_t)(line->data + line->len - at)) + 1;
  return at;
}

static void assert_count(const char *name, const char *what, int64_t found, const char *expected) {
  if (expected[0] && found != strtoll(expected, NULL, 10))
    fail_msg("%s: %s %lld, not %s", name, what, (long long)found, expected);
}

// What LATER's table says of one exchange: name, path, client, status, stream, input tokens, output tokens,
// text events, finish, error. An empty cell says nothing. A failure has no tokens here.
static void check_later(const struct buf *line) {
  char path[256];
  const char *name = cell(line, 0), *error = cell(line, 9);
  enum api api = api_from_path("POST", cell(line, 1));
  struct wire wire;
  struct response response;
  snprintf(path, sizeof path, LATER "/%s.wire", name);
  if (!wire_read(&wire, path)) fail_msg("%s cannot be read", path);
  wire_play(&wire, api, 0, 0, &response);
  printf("  %s: %s\n", name, api_name(api));
  const char *failure = failure_name(response.failure);
  assert_count(name, "status", response.status, cell(line, 3));
  if (api_asks_model(api)) {
    assert_string_equal(failure ? failure : "", error);
    if (response.status < 400) assert_count(name, "stream", response.streamed, cell(line, 4));
    if (!failure) assert_count(name, "input tokens", response.input_tokens, cell(line, 5));
    if (!failure) assert_count(name, "output tokens", response.output_tokens, cell(line, 6));
    assert_count(name, "text events", response.text_events, cell(line, 7));
    if (cell(line, 8)[0]) assert_string_equal(response.finish, cell(line, 8));
  }
  response_close(&response);
  check_splits(&wire, api);
  wire_free(&wire);
}

static void test_later_recorded_servers_are_read_as_expected_however_cut(void **state) {
  (void)state;
  struct buf table = {0};
  skip_without_shared();
  assert_int_equal(buf_read_file(&table, LATER "/expected.csv", NULL), STATUS_OK);
  char *rest = (buf_text(&table), table.data), *row;
  strsep(&rest, "\n"); // the names
  for (int count = 0; (row = strsep(&rest, "\n")) && *row; count++) {
    struct buf line = {.data = row, .len = strlen(row) + 1};
    row[strcspn(row, "\r")] = '\0';
    for (char *at = row; (at = strchr(at, ','));)
      *at++ = '\0';
    check_later(&line);
  }
  buf_free(&table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_own_exchanges_are_read_as_expected),
      cmocka_unit_test(test_own_exchanges_read_the_same_however_cut),
      cmocka_unit_test(test_recorded_servers_are_read_as_expected),
      cmocka_unit_test(test_recorded_servers_read_the_same_however_cut),
      cmocka_unit_test(test_later_recorded_servers_are_read_as_expected_however_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
