// SPDX-License-Identifier: GPL-3.0-or-later
//
// traces/FORMAT.md says what the code does: its examples are records, and it names every member that is
// written.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/run.h"
#include "lib/record/trace.h"

static struct buf document;

static int read_document(void **state) {
  (void)state;
  struct error error;
  return buf_read_file(&document, "traces/FORMAT.md", &error) == STATUS_OK ? 0 : -1;
}

static int free_document(void **state) {
  (void)state;
  buf_free(&document);
  return 0;
}

static bool reads_as_trace(const char *line, size_t len, struct buf *scratch, struct buf *again) {
  struct trace_record record;
  if (trace_parse(line, len, &record, scratch, NULL)) return false;
  switch (record.kind) {
  case TRACE_HEADER: trace_format_header(again, &record.header); return true;
  case TRACE_REQUEST: trace_format_request(again, &record.request); return true;
  case TRACE_RESPONSE: trace_format_response(again, &record.response); return true;
  case TRACE_END: trace_format_end(again, &record.end); return true;
  case TRACE_OTHER: break;
  }
  return false;
}

static bool reads_as_run(const char *line, size_t len, struct buf *scratch, struct buf *again) {
  struct run_record record;
  if (run_parse(line, len, &record, scratch, NULL)) return false;
  switch (record.kind) {
  case RUN_HEADER: run_format_header(again, &record.header); return true;
  case RUN_SESSION: run_format_session(again, &record.session); return true;
  case RUN_REQUEST: run_format_request(again, &record.request); return true;
  case RUN_BATCH: run_format_batch(again, &record.batch); return true;
  case RUN_END: run_format_end(again, &record.end); return true;
  case RUN_OTHER: break;
  }
  return false;
}

static bool has_members_of(struct json_slice of, struct json_slice in) {
  struct json_scan scan = json_scan_start(of);
  struct json_slice name, value;
  while (json_scan_member(&scan, &name, &value)) {
    char key[64];
    snprintf(key, sizeof key, "%.*s", (int)name.len, name.data);
    if (!json_scan_get(in, key).data) return false;
  }
  return true;
}

// An example comes back with every member that it has: none of them is one that the code does not know.
static void assert_example(const char *line, size_t len, bool run) {
  struct buf scratch = {0}, again = {0};
  struct json_slice before, after;
  bool reads = run ? reads_as_run(line, len, &scratch, &again) : reads_as_trace(line, len, &scratch, &again);
  if (!reads) fail_msg("no record: %.*s", (int)len, line);
  assert_int_equal(json_scan_text(line, len, &before, NULL), STATUS_OK);
  assert_int_equal(json_scan_text(again.data, again.len, &after, NULL), STATUS_OK);
  if (!has_members_of(before, after) || !has_members_of(after, before))
    fail_msg("is written otherwise: %.*s\nas %.*s", (int)len, line, (int)again.len, again.data);
  buf_free(&scratch);
  buf_free(&again);
}

static void test_every_example_is_a_record(void **state) {
  (void)state;
  const char *runs = strstr(buf_text(&document), "\n## Run\n");
  assert_non_null(runs);
  int examples = 0;
  for (const char *at = document.data; (at = strstr(at, "\n{\"type\"")); examples++) {
    const char *line = ++at;
    assert_example(line, strcspn(line, "\n"), line > runs);
  }
  assert_int_equal(examples, 11);
}

static void assert_named(struct json_slice record) {
  struct json_scan scan = json_scan_start(record);
  struct json_slice name, value;
  while (json_scan_member(&scan, &name, &value)) {
    char word[80];
    snprintf(word, sizeof word, "`%.*s`", (int)name.len, name.data);
    if (!json_slice_is(name, "type") && !strstr(buf_text(&document), word))
      fail_msg("%s is not explained", word);
    if (json_slice_is(name, "client") || json_slice_is(name, "itl_s")) assert_named(value);
  }
}

#define WORD                                                                                                 \
  { "x", 1 }

static void test_every_member_that_is_written_is_explained(void **state) {
  (void)state;
  struct buf lines[9] = {0};
  const struct json_slice array = {"[]", 2}, object = {"{}", 2};
  trace_format_header(&lines[0], &(struct trace_header){.tool = WORD, .upstream = WORD});
  trace_format_request(&lines[1], &(struct trace_request){.session = WORD,
                                                          .method = WORD,
                                                          .path = WORD,
                                                          .api = WORD,
                                                          .model = WORD,
                                                          .headers = object,
                                                          .body_kind = TRACE_BODY_JSON,
                                                          .body = object,
                                                          .body_truncated = true,
                                                          .prefix_blocks = array});
  trace_format_response(&lines[2], &(struct trace_response){.error_text = WORD});
  trace_format_end(&lines[3], &(struct trace_end){0});
  run_format_header(&lines[4], &(struct run_header){.tool = WORD,
                                                    .url = WORD,
                                                    .model = WORD,
                                                    .api = WORD,
                                                    .timing = WORD,
                                                    .trace_digest = WORD,
                                                    .sent_digest = WORD,
                                                    .traces = array,
                                                    .host = WORD,
                                                    .arguments = array,
                                                    .server = WORD,
                                                    .order = WORD,
                                                    .pick = WORD,
                                                    .dispatch = WORD,
                                                    .http_version = 2,
                                                    .resumes = true,
                                                    .plan = object});
  run_format_session(&lines[5], &(struct run_session){0});
  run_format_request(&lines[6], &(struct run_request){
                                    .warmup = true, .finish = WORD, .chunks_s = array, .error_text = WORD});
  run_format_batch(
      &lines[7], &(struct run_batch){.timing = WORD, .server_metrics = object, .server_metrics_left_out = 1});
  run_format_end(&lines[8], &(struct run_end){0});
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    struct json_slice record;
    assert_int_equal(json_scan_text(lines[i].data, lines[i].len, &record, NULL), STATUS_OK);
    assert_named(record);
    buf_free(&lines[i]);
  }
  for (int i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++) {
    char word[80];
    snprintf(word, sizeof word, "`%s`", failure_name((enum failure)i));
    if (!strstr(buf_text(&document), word)) fail_msg("%s is not explained", word);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_example_is_a_record),
      cmocka_unit_test(test_every_member_that_is_written_is_explained),
  };
  return cmocka_run_group_tests_name("format document", tests, read_document, free_document);
}
