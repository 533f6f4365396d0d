// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recorded exchanges of real servers, served byte for byte by a scripted upstream: the client behind the
// proxy gets the same status and body, whole or cut as it was, and the response's record says what
// expected.csv says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "lib/llm/api.h"
#include "lib/record/trace.h"

#define SHARED "../shared/transcripts"
#define OWN "tests/data/transcripts"
#define ANY_REQUEST "{\"prompt\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
#define COLUMNS 11

enum column { SERVER, NAME, API, STATUS, STREAM, OUTPUT, SOURCE, INPUT, EVENTS, FINISH, FAILED };

struct table {
  struct buf text;
  char *cells[200][COLUMNS];
  size_t rows;
};

// Splits expected.csv, which quotes nothing, in place.
static void read_table(const char *folder, struct table *table) {
  char path[256];
  struct error error;
  snprintf(path, sizeof path, "%s/expected.csv", folder);
  if (buf_read_file(&table->text, path, &error)) fail_msg("%s", error.text);
  buf_text(&table->text);                          // ends it with a NUL
  char *line = strchr(table->text.data, '\n') + 1; // after the names
  for (char *next; *line; line = next) {
    size_t len = strcspn(line, "\r\n");
    next = line + len + strspn(line + len, "\r\n");
    line[len] = '\0';
    char **cells = table->cells[table->rows++];
    assert_true(table->rows < sizeof table->cells / sizeof table->cells[0]);
    for (int column = 0; column < COLUMNS; column++)
      cells[column] = strsep(&line, ",");
    assert_non_null(cells[FAILED]);
  }
}

// The body of an HTTP message without its chunk framing; `whole`: nothing of it is missing.
static void read_body(const struct buf *message, struct buf *body, bool *whole) {
  const char *at = memmem(message->data, message->len, "\r\n\r\n", 4);
  const char *end = message->data + message->len;
  assert_non_null(at);
  char *head = strndup(message->data, (size_t)(at - message->data));
  at += 4;
  *whole = true;
  const char *length = strcasestr(head, "\nContent-Length:");
  if (strcasestr(head, "\nTransfer-Encoding: chunked")) {
    size_t size = 1;
    for (*whole = false; size > 0 && at < end;) {
      const char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
      if (!line_end) break;
      size = strtoul(at, NULL, 16);
      at = line_end + 2;
      size_t there = (size_t)(end - at) < size ? (size_t)(end - at) : size;
      buf_append(body, at, there);
      at += there + 2;
      *whole = size == 0 && there == 0;
    }
  } else {
    buf_append(body, at, (size_t)(end - at));
    if (length) *whole = body->len >= strtoul(length + sizeof "\nContent-Length:" - 1, NULL, 10);
  }
  free(head);
}

static const char *path_of(char *const *row) {
  enum api api;
  bool known = api_from_name((struct json_slice){row[API], strlen(row[API])}, &api) && api_asks_model(api);
  return known ? api_dialect(api)->paths[0] : "/other";
}

// Serves the exchange; `seen` of the harness then holds all that the client got.
static void serve(struct harness *harness, const char *folder, char *const *row, const struct buf *wire) {
  char path[512], head[256];
  struct buf body = {0};
  struct error error;
  bool was_reset;
  snprintf(path, sizeof path, "%s/%s/%s.request.json", folder, row[SERVER], row[NAME]);
  if (buf_read_file(&body, path, &error)) buf_append_text(&body, ANY_REQUEST);
  snprintf(head, sizeof head,
           "POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\n"
           "Content-Length: %zu\r\n\r\n",
           path_of(row), body.len);
  int client = harness_connect(harness);
  harness_send(client, head);
  assert_int_equal(send(client, body.data, body.len, MSG_NOSIGNAL), body.len);
  int upstream = harness_accept(harness);
  harness_read_until(harness, upstream, "\r\n\r\n");
  assert_int_equal(send(upstream, wire->data, wire->len, MSG_NOSIGNAL), wire->len);
  shutdown(upstream, SHUT_WR);
  harness_read_to_end(harness, client, &was_reset);
  close(upstream);
  close(client);
  buf_free(&body);
}

static void check_client(const struct harness *harness, char *const *row, const struct buf *wire) {
  struct buf sent = {0}, got = {0};
  bool sent_whole, got_whole;
  char status[32];
  snprintf(status, sizeof status, "HTTP/1.1 %s ", row[STATUS]);
  if (strncmp(harness->seen.data, status, strlen(status)) != 0)
    fail_msg("%s: the client gets %.60s", row[NAME], harness->seen.data);
  read_body(wire, &sent, &sent_whole);
  read_body(&harness->seen, &got, &got_whole);
  if (sent_whole != got_whole)
    fail_msg("%s: whole %d at the server, %d at the client", row[NAME], sent_whole, got_whole);
  if (sent.len != got.len || (sent.len > 0 && memcmp(sent.data, got.data, sent.len) != 0))
    fail_msg("%s: another body: %zu bytes for %zu", row[NAME], got.len, sent.len);
  buf_free(&sent);
  buf_free(&got);
}

static int64_t number(const char *cell) {
  return cell[0] ? strtoll(cell, NULL, 10) : -1;
}

static void check_text(char *const *row, const char *what, struct json_slice seen, const char *expected) {
  bool same = seen.data ? json_slice_is(seen, expected) : expected[0] == '\0';
  if (!same)
    fail_msg("%s: %s is '%.*s', not '%s'", row[NAME], what, (int)seen.len, seen.data ? seen.data : "",
             expected);
}

static void check_number(char *const *row, const char *what, int64_t seen, int64_t expected) {
  if (seen != expected)
    fail_msg("%s: %s is %lld, not %lld", row[NAME], what, (long long)seen, (long long)expected);
}

static void check_record(char *const *row, const struct trace_response *record) {
  bool is_known = strcmp(row[API], "http") != 0;
  check_number(row, "status", record->status, number(row[STATUS]));
  check_number(row, "output_tokens", record->output_tokens, number(row[OUTPUT]));
  check_number(row, "input_tokens", record->input_tokens, number(row[INPUT]));
  if (is_known && row[EVENTS][0]) check_number(row, "events", record->events, number(row[EVENTS]));
  check_text(row, "token_source", record->token_source, row[SOURCE]);
  if (is_known) check_text(row, "finish", record->finish, row[FINISH]);
  check_text(row, "error", record->error, row[FAILED]);
}

static void check_trace(struct harness *harness, const struct table *table) {
  struct trace_reader *reader = NULL;
  struct trace_record record;
  struct error error;
  size_t requests = 0, responses = 0;
  assert_int_equal(harness_end_proxy(harness), 0);
  assert_int_equal(trace_reader_open(harness->trace, &reader, &error), STATUS_OK);
  while (trace_read(reader, &record, NULL, &error) == STATUS_OK) {
    if (record.kind == TRACE_REQUEST)
      check_text(table->cells[requests++], "api", record.request.api, table->cells[record.request.seq][API]);
    if (record.kind != TRACE_RESPONSE) continue;
    assert_in_range(record.response.seq, 0, table->rows - 1);
    check_record(table->cells[record.response.seq], &record.response);
    responses++;
  }
  trace_reader_close(reader);
  assert_int_equal(requests, table->rows);
  assert_int_equal(responses, table->rows);
}

static void check_folder(struct harness *harness, const char *folder) {
  struct table *table = calloc(1, sizeof *table);
  read_table(folder, table);
  for (size_t i = 0; i < table->rows; i++) {
    char path[512];
    struct error error;
    struct buf wire = {0};
    char *const *row = table->cells[i];
    snprintf(path, sizeof path, "%s/%s/%s.wire", folder, row[SERVER], row[NAME]);
    if (buf_read_file(&wire, path, &error)) fail_msg("%s", error.text);
    serve(harness, folder, row, &wire);
    check_client(harness, row, &wire);
    buf_free(&wire);
  }
  check_trace(harness, table);
  printf("  %zu exchanges\n", table->rows);
  buf_free(&table->text);
  free(table);
}

static void test_recorded_exchanges_of_real_servers_pass_and_are_read_as_expected(void **state) {
  if (access(SHARED "/expected.csv", R_OK) != 0) {
    printf("SKIPPED: %s is not there; it holds exchanges recorded with llama.cpp and Ollama\n", SHARED);
    skip();
  }
  check_folder(*state, SHARED);
}

static void test_own_exchanges_pass_and_are_read_as_expected(void **state) {
  check_folder(*state, OWN);
}

#define with_proxy(test) cmocka_unit_test_setup_teardown(test, harness_start, harness_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      with_proxy(test_recorded_exchanges_of_real_servers_pass_and_are_read_as_expected),
      with_proxy(test_own_exchanges_pass_and_are_read_as_expected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
