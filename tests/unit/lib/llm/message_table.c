// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/lib/llm/message_table.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/response.h"

static void note_part(void *context, enum response_part part, struct json_slice value) {
  static const char *const names[] = {[RESPONSE_PART_TEXT] = "content",
                                      [RESPONSE_PART_CALLS] = "calls",
                                      [RESPONSE_PART_CALL_TEXT] = "call",
                                      [RESPONSE_PART_CONTEXT] = "context"};
  struct buf *parts = context;
  buf_printf(parts, "%s%s:", parts->len ? "|" : "", names[part]);
  for (size_t i = 0; i < value.len; i++)
    buf_append_char(parts, value.data[i] == '"' ? '\'' : value.data[i]);
}

static void add_flag(struct buf *out, bool flag, const char *name) {
  if (flag) buf_printf(out, "%s%s", out->len ? " " : "", name);
}

static void add_number(struct buf *out, int64_t number, const char *name) {
  if (number >= 0) buf_printf(out, "%s%s=%" PRId64, out->len ? " " : "", name, number);
}

static void describe(const struct response *response, struct buf *out) {
  add_flag(out, response->has_text, "text");
  add_flag(out, response->has_answer, "answer");
  add_flag(out, response->ended, "ended");
  add_flag(out, response->closed, "closed");
  add_flag(out, response->loads, "loads");
  add_number(out, response->usage_input, "in");
  add_number(out, response->usage_output, "out");
  add_number(out, response->cached_tokens, "cached");
  add_number(out, response->timings_input, "timed_in");
  add_number(out, response->timings_output, "timed_out");
  add_number(out, response->load_ns, "load");
  add_number(out, response->prompt_eval_ns, "prompt");
  add_number(out, response->eval_ns, "eval");
  add_number(out, response->total_ns, "total");
  if (response->finish[0]) buf_printf(out, "%sfinish=%s", out->len ? " " : "", response->finish);
  if (!response->failure && !response->error_text[0]) return;
  const char *failure = failure_name(response->failure);
  buf_printf(out, "%sfailure=%s: %s", out->len ? " " : "", failure ? failure : "none", response->error_text);
}

static void open_response(struct response *response, enum api api, bool streamed, struct buf *parts) {
  static const char stream[] = "text/event-stream", body[] = "application/json";
  struct json_slice type = {streamed ? stream : body, streamed ? sizeof stream - 1 : sizeof body - 1};
  response_open(response, api, 200, type, (struct json_slice){NULL, 0}, 0);
  response->streamed = streamed;
  response->on_part = note_part;
  response->on_part_context = parts;
}

// From its own copy of the bytes, so that the sanitizer sees every read past their end.
static enum status read_copy(api_reader *read, struct response *response, const char *message) {
  size_t len = strlen(message);
  char *copy = malloc(len ? len : 1);
  if (!copy) abort();
  for (size_t i = 0; i < len; i++)
    copy[i] = message[i] == '\'' ? '"' : message[i];
  enum status status = read(response, copy, len);
  free(copy);
  return status;
}

void message_table_check(enum api api, api_reader *read, bool streamed, const struct message_row *rows,
                         size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct response response;
    struct buf found = {0}, parts = {0};
    open_response(&response, api, streamed, &parts);
    enum status status = read_copy(read, &response, rows[i].message);
    describe(&response, &found);
    bool same = rows[i].found ? status == STATUS_OK && strcmp(buf_text(&found), rows[i].found) == 0
                              : status == STATUS_FORMAT;
    if (rows[i].parts) same = same && strcmp(buf_text(&parts), rows[i].parts) == 0;
    if (!same)
      fail_msg("%s\nis %s, '%s', parts '%s'", rows[i].message, status_name(status), buf_text(&found),
               buf_text(&parts));
    response_close(&response);
    buf_free(&found);
    buf_free(&parts);
  }
}

void message_table_check_all(enum api api, api_reader *read, const char *const *messages, size_t count,
                             const char *found) {
  struct response response;
  struct buf seen = {0}, parts = {0};
  open_response(&response, api, true, &parts);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(read_copy(read, &response, messages[i]), STATUS_OK);
  describe(&response, &seen);
  assert_string_equal(buf_text(&seen), found);
  response_close(&response);
  buf_free(&seen);
  buf_free(&parts);
}
