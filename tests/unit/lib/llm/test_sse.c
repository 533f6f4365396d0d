// SPDX-License-Identifier: GPL-3.0-or-later
//
// Event streams as the WHATWG standard gives them (HTML, 9.2.6), and what real servers do to it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/sse.h"

// Events as "[data]" or "![data]" for errors, one after the other.
static void take(void *context, const struct sse_event *event) {
  struct buf *seen = context;
  buf_append_text(seen, event->error ? "![" : "[");
  buf_append(seen, event->data, event->len);
  buf_append_char(seen, ']');
}

// Feeds `text` cut at `cut`, or in pieces of `step` bytes, each in memory of its own size.
static enum status play(const char *text, size_t len, size_t cut, size_t step, size_t limit,
                        struct buf *seen) {
  struct sse sse;
  sse_open(&sse, limit, take, seen);
  enum status status = STATUS_OK;
  for (size_t at = 0; at < len && status == STATUS_OK;) {
    size_t piece = step ? step : at < cut ? cut - at : len - at;
    if (piece > len - at) piece = len - at;
    char *copy = malloc(piece);
    assert_non_null(copy);
    memcpy(copy, text + at, piece);
    status = sse_feed(&sse, copy, piece);
    free(copy);
    at += piece;
  }
  if (status == STATUS_OK) status = sse_finish(&sse);
  sse_close(&sse);
  return status;
}

static void check_bytes(const char *text, size_t len, const char *expected) {
  for (size_t cut = 0; cut <= len + 1; cut++) {
    struct buf seen = BUF_LIMIT(0);
    assert_int_equal(play(text, len, cut, cut > len, 0, &seen), STATUS_OK);
    if (strcmp(buf_text(&seen), expected) != 0)
      fail_msg("'%s' cut at %zu: '%s', not '%s'", text, cut, buf_text(&seen), expected);
    buf_free(&seen);
  }
}

static void check(const char *text, const char *expected) {
  check_bytes(text, strlen(text), expected);
}

// The examples of the standard, 9.2.6 "Interpreting an event stream".
static void test_sse_examples_of_the_standard(void **state) {
  (void)state;
  check("data: YHOO\ndata: +2\ndata: 10\n\n", "[YHOO\n+2\n10]");
  check(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        "[first event][second event][ third event]");
  check("data\n\ndata\ndata\n\ndata:\n\n", "[][\n][]");
  check("data:test\n\ndata: test\n\n", "[test][test]");
}

static void test_sse_lines_end_with_lf_crlf_or_cr(void **state) {
  (void)state;
  check("data: a\n\ndata: b\n\n", "[a][b]");
  check("data: a\r\n\r\ndata: b\r\n\r\n", "[a][b]");
  check("data: a\r\rdata: b\r\r", "[a][b]");
  check("data: a\r\n\ndata: b\n\r\ndata: c\r\n\r", "[a][b][c]");
}

static void test_sse_a_cr_ends_the_event_without_waiting_for_lf(void **state) {
  (void)state;
  struct buf seen = BUF_LIMIT(0);
  struct sse sse;
  sse_open(&sse, 0, take, &seen);
  assert_int_equal(sse_feed(&sse, "data: a\r\r", 9), STATUS_OK);
  assert_string_equal(buf_text(&seen), "[a]");
  assert_int_equal(sse_feed(&sse, "\ndata: b\n\n", 10), STATUS_OK);
  assert_string_equal(buf_text(&seen), "[a][b]");
  sse_close(&sse);
  buf_free(&seen);
}

static void test_sse_an_event_comes_with_its_last_byte(void **state) {
  (void)state;
  struct buf seen = BUF_LIMIT(0);
  struct sse sse;
  sse_open(&sse, 0, take, &seen);
  assert_int_equal(sse_feed(&sse, "data: a\n", 8), STATUS_OK);
  assert_int_equal(seen.len, 0);
  assert_int_equal(sse_feed(&sse, "\n", 1), STATUS_OK);
  assert_string_equal(buf_text(&seen), "[a]");
  sse_close(&sse);
  buf_free(&seen);
}

static void test_sse_comments_and_other_fields_are_no_events(void **state) {
  (void)state;
  check(": ping\n\n:\n\nid: 7\nretry: 10\n\nevent: message\n\nfoo: bar\nda: x\ndatax: y\n\n", "");
  check(": ping\ndata: a\n: pong\n\n", "[a]");
}

static void test_sse_a_byte_order_mark_is_passed_over_once(void **state) {
  (void)state;
  check("\xEF\xBB\xBF"
        "data: a\n\n",
        "[a]");
  check("\xEF\xBB\xBF\xEF\xBB\xBF"
        "data: a\n\n",
        "");
}

static void test_sse_utf8_and_nul_may_be_cut_anywhere(void **state) {
  (void)state;
  check("data: прилив 🌊\n\n", "[прилив 🌊]");
  struct buf seen = BUF_LIMIT(0);
  assert_int_equal(play("data: a\0b\n\n", 11, 0, 1, 0, &seen), STATUS_OK);
  assert_int_equal(seen.len, 5);
  assert_memory_equal(seen.data, "[a\0b]", 5);
  buf_free(&seen);
}

static void test_sse_errors_in_the_shapes_servers_send(void **state) {
  (void)state;
  check("event: error\ndata: {\"m\":1}\n\ndata: b\n\n", "![{\"m\":1}][b]");
  check("data: {\"m\":1}\nevent:error\n\n", "![{\"m\":1}]");
  check("error: {\"m\":1}\n\ndata: b\n\n", "![{\"m\":1}][b]");
  check("event: error\nevent: message\ndata: a\n\n", "[a]"); // the last type counts
  check("event: error\n\ndata: a\n\n", "[a]");               // and not beyond its event
}

static void test_sse_a_bare_object_is_an_event(void **state) {
  (void)state;
  check("data: a\n\n{\"error\":{\"message\":\"gone\"}}\n", "[a][{\"error\":{\"message\":\"gone\"}}]");
}

static void test_sse_the_last_event_needs_no_line_end(void **state) {
  (void)state;
  check("data: a\n\ndata: b", "[a][b]");
  check("data: a\n\ndata: b\n", "[a][b]");
}

static void test_sse_limit_is_per_event_and_the_same_however_cut(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum status expected;
  } rows[] = {
      {"data: 12345678\n\n", STATUS_OK},
      {"data: 12345678\n\ndata: 12345678\n\n", STATUS_OK},
      {"data: 123456789\n\n", STATUS_LIMIT},
      {"data: 1234\ndata: 567\n\n", STATUS_OK},
      {"data: 1234\ndata: 5678\n\n", STATUS_LIMIT},
      {"\xEF\xBB\xBF: a comment of 24 byt\n\n", STATUS_OK},
      {"\xEF\xBB\xBF: a comment of 25 byte\n\n", STATUS_LIMIT}, // the mark counts, whole or cut
      {": a comment that is much longer than the limit allows\n\n", STATUS_LIMIT},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t len = strlen(rows[i].text);
    for (size_t cut = 0; cut <= len + 1; cut++) {
      struct buf seen = BUF_LIMIT(0);
      if (play(rows[i].text, len, cut, cut > len, 8, &seen) != rows[i].expected)
        fail_msg("row %zu cut at %zu", i, cut);
      buf_free(&seen);
    }
  }
}

static void test_sse_reads_nothing_after_a_limit(void **state) {
  (void)state;
  struct buf seen = BUF_LIMIT(0);
  struct sse sse;
  sse_open(&sse, 4, take, &seen);
  assert_int_equal(sse_feed(&sse, "data: 12345\n\ndata: a\n\n", 22), STATUS_LIMIT);
  assert_int_equal(sse_feed(&sse, "data: b\n\n", 9), STATUS_LIMIT);
  assert_int_equal(sse_finish(&sse), STATUS_LIMIT);
  assert_int_equal(seen.len, 0);
  sse_close(&sse);
  buf_free(&seen);
}

static void test_sse_gives_a_large_events_memory_back(void **state) {
  (void)state;
  struct buf seen = BUF_LIMIT(0), text = BUF_LIMIT(0);
  struct sse sse;
  sse_open(&sse, 0, take, &seen);
  buf_append_text(&text, "data: ");
  for (int i = 0; i < 100000; i++)
    buf_append_char(&text, 'x');
  assert_int_equal(sse_feed(&sse, text.data, text.len), STATUS_OK);
  assert_true(sse.line.capacity >= 100000);
  assert_int_equal(sse_feed(&sse, "\n\n", 2), STATUS_OK);
  assert_int_equal(seen.len, 100002);
  assert_true(sse.line.capacity + sse.event.capacity <= 32768);
  sse_close(&sse);
  buf_free(&seen);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sse_examples_of_the_standard),
      cmocka_unit_test(test_sse_lines_end_with_lf_crlf_or_cr),
      cmocka_unit_test(test_sse_a_cr_ends_the_event_without_waiting_for_lf),
      cmocka_unit_test(test_sse_an_event_comes_with_its_last_byte),
      cmocka_unit_test(test_sse_comments_and_other_fields_are_no_events),
      cmocka_unit_test(test_sse_a_byte_order_mark_is_passed_over_once),
      cmocka_unit_test(test_sse_utf8_and_nul_may_be_cut_anywhere),
      cmocka_unit_test(test_sse_errors_in_the_shapes_servers_send),
      cmocka_unit_test(test_sse_a_bare_object_is_an_event),
      cmocka_unit_test(test_sse_the_last_event_needs_no_line_end),
      cmocka_unit_test(test_sse_limit_is_per_event_and_the_same_however_cut),
      cmocka_unit_test(test_sse_reads_nothing_after_a_limit),
      cmocka_unit_test(test_sse_gives_a_large_events_memory_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
