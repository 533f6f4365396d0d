// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/response.h"

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

static void test_a_shape_is_all_but_one_string(void **state) {
  (void)state;
  static const struct {
    const char *next, *string; // NULL: not of the shape
  } rows[] = {
      {"{\"a\":\"x\",\"b\":1}", "\"x\""},
      {"{\"a\":\"longer\",\"b\":1}", "\"longer\""},
      {"{\"a\":\"\\\"\",\"b\":1}", "\"\\\"\""},
      {"{\"a\":\"\",\"b\":1}", NULL},
      {"{\"a\":\"x\",\"b\":2}", NULL},
      {"{\"A\":\"x\",\"b\":1}", NULL},
      {"{\"a\":\"x\",\"c\":\"y\",\"b\":1}", NULL}, // the string ends sooner
      {"{\"a\":\"\\x\",\"b\":1}", NULL},
      {"{\"a\":\"x\ny\",\"b\":1}", NULL},
      {"{\"a\":123,\"b\":1}", NULL},
      {"{\"a\":\"x\"", NULL},
      {"", NULL},
  };
  static const char first[] = "{\"a\":\"hi\",\"b\":1}";
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct shape shape = {0};
    struct json_slice string = {NULL, 0};
    shape_keep(&shape, first, strlen(first), (struct json_slice){first + 5, 4});
    bool matches = shape_matches(&shape, rows[i].next, strlen(rows[i].next), &string);
    if (matches != !!rows[i].string) fail_msg("%s", rows[i].next);
    if (matches && rows[i].string) assert_true(json_slice_is(string, rows[i].string));
  }
}

static void test_a_message_that_is_too_long_has_none(void **state) {
  (void)state;
  char message[SHAPE_BYTES + 64];
  struct shape shape = {0};
  struct json_slice string;
  for (int more = 0; more < 2; more++) {
    int len = snprintf(message, sizeof message, "{\"a\":\"x\",\"b\":\"%0*d\"}", SHAPE_BYTES - 13 + more, 0);
    shape_keep(&shape, message, (size_t)len, (struct json_slice){message + 5, 3});
    assert_int_equal(shape_matches(&shape, message, (size_t)len, &string), !more);
  }
}

// Streams of usage in each event: their shapes cost no copy after a few.
static void test_it_gives_up_where_no_message_is_of_the_last_ones_shape(void **state) {
  (void)state;
  struct shape shape = {0};
  struct json_slice string;
  char message[64];
  for (int i = 0; i < 2 * SHAPE_MISSES; i++) {
    int len = snprintf(message, sizeof message, "{\"a\":\"x\",\"b\":%d}", i);
    assert_false(shape_matches(&shape, message, (size_t)len, &string));
    shape_keep(&shape, message, (size_t)len, (struct json_slice){message + 5, 3});
    assert_int_equal(shape.before > 0, i < SHAPE_MISSES);
  }
}

struct heard {
  char parts[2048];
};

static void hear(void *context, enum response_part part, struct json_slice value) {
  struct heard *heard = context;
  size_t len = strlen(heard->parts);
  if (!json_scan_has_text(value) && json_scan_kind(value) != JSON_ARRAY) return; // whether it comes is free
  snprintf(heard->parts + len, sizeof heard->parts - len, "%d%.*s|", (int)part, (int)value.len, value.data);
}

static void read_all(struct response *response, enum api api, const char *type, const char *body, bool anew,
                     struct heard *heard) {
  heard->parts[0] = '\0';
  response_open(response, api, 200, slice(type), (struct json_slice){NULL, 0}, 0);
  response->on_part = hear;
  response->on_part_context = heard;
  if (anew) response->shape.misses = SHAPE_MISSES;
  response_feed(response, body, strlen(body), 5);
  response_finish(response, FAILURE_NONE);
  response_close(response);
}

#define CHAT(index, delta) "data: {\"choices\":[{\"index\":" index ",\"delta\":{" delta "}}]}\n\n"
#define END "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
#define EVENTS "text/event-stream"

static void test_a_stream_reads_as_it_does_without_shapes(void **state) {
  (void)state;
  static const struct {
    enum api api;
    const char *type, *body;
  } rows[] = {
      {API_OPENAI_CHAT, EVENTS,
       CHAT("0", "\"content\":\"a\"") CHAT("0", "\"content\":\"bc\"") CHAT("0", "\"content\":\"\"") END},
      {API_OPENAI_CHAT, EVENTS,
       CHAT("0", "\"reasoning\":\"a\"") CHAT("0", "\"reasoning\":\"b\"") CHAT("0", "\"content\":\"c\"") END},
      {API_OPENAI_CHAT, EVENTS,
       CHAT("1", "\"content\":\"a\"") CHAT("1", "\"content\":\"b\"") CHAT("0", "\"content\":\"b\"") END},
      {API_OPENAI_CHAT, EVENTS,
       CHAT("0", "\"content\":\"a\",\"tool_calls\":[1]") CHAT("0", "\"content\":\"b\",\"tool_calls\":[1]")
           END},
      {API_OPENAI_CHAT, EVENTS,
       CHAT("0", "\"content\":\"\",\"reasoning\":\"a\"") CHAT("0", "\"content\":\"\",\"reasoning\":\"b\"")
           END},
      {API_OPENAI_CHAT, EVENTS,
       CHAT("0", "\"content\":\"a\",\"content\":\"b\"") CHAT("0", "\"content\":\"a\",\"content\":\"c\"") END},
      {API_OPENAI_CHAT, EVENTS,
       CHAT("0", "\"content\":\"a\"") "data: {\"error\":\"x\"}\n\n" CHAT("0", "\"content\":\"b\"") END},
      {API_OPENAI_CHAT, EVENTS,
       CHAT("0", "\"content\":\"a\"") CHAT("0", "\"content\":\"b\xc3\"") CHAT("0", "\"content\":\"\\q\"")
           END},
      {API_LLAMACPP, EVENTS,
       "data: {\"content\":\"a\",\"stop\":true,\"tokens_predicted\":2}\n\n"
       "data: {\"content\":\"b\",\"stop\":true,\"tokens_predicted\":2}\n\n"},
      {API_LLAMACPP, EVENTS,
       "data: {\"content\":\"a\",\"stop\":false}\n\ndata: {\"content\":\"b\",\"stop\":false}\n\n"
       "data: {\"content\":\"c\",\"stop\":true,\"tokens_predicted\":2}\n\n"},
      {API_ANTHROPIC_MESSAGES, EVENTS,
       "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}\n\n"
       "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"b\"}}\n\n"
       "data: {\"type\":\"content_block_delta\",\"delta\":{\"partial_json\":\"b\"}}\n\n"
       "data: {\"type\":\"content_block_delta\",\"delta\":{\"partial_json\":\"c\"}}\n\n"
       "data: {\"type\":\"message_stop\"}\n\n"},
      {API_OPENAI_RESPONSES, EVENTS,
       "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n"
       "data: {\"type\":\"response.output_text.delta\",\"delta\":\"b\"}\n\n"
       "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n"},
      {API_OLLAMA_GENERATE, "application/x-ndjson",
       "{\"response\":\"a\"}\n{\"response\":\"b\"}\n{\"response\":\"c\",\"done\":true,\"eval_count\":2}\n"},
      {API_OPENAI_COMPLETIONS, EVENTS,
       "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choices\":[{\"text\":\"b\"}]}\n\n"
       "data: {\"choices\":[{\"text\":\"c\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct response anew, by_shape;
    struct heard all, some;
    read_all(&anew, rows[i].api, rows[i].type, rows[i].body, true, &all);
    read_all(&by_shape, rows[i].api, rows[i].type, rows[i].body, false, &some);
    if (strcmp(all.parts, some.parts) != 0) fail_msg("%s\n%s\n%s", rows[i].body, all.parts, some.parts);
    assert_int_equal(anew.text_events, by_shape.text_events);
    assert_int_equal(anew.output_tokens, by_shape.output_tokens);
    assert_int_equal(anew.failure, by_shape.failure);
    assert_int_equal(anew.first_answer_ns, by_shape.first_answer_ns);
    assert_string_equal(anew.error_text, by_shape.error_text);
    assert_string_equal(anew.finish, by_shape.finish);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_shape_is_all_but_one_string),
      cmocka_unit_test(test_a_message_that_is_too_long_has_none),
      cmocka_unit_test(test_it_gives_up_where_no_message_is_of_the_last_ones_shape),
      cmocka_unit_test(test_a_stream_reads_as_it_does_without_shapes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
