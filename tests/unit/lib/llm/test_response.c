// SPDX-License-Identifier: GPL-3.0-or-later
//
// One rule each; whole exchanges are in test_transcripts.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/llm/response.h"

#define SSE_TYPE "text/event-stream"
#define TEXT(t)                                                                                              \
  "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" t "\"},\"finish_reason\":null}]}\n\n"
#define FINISH(reason) "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n\n"
#define DONE "data: [DONE]\n\n"

static struct json_slice slice(const char *text) {
  return (struct json_slice){text, text ? strlen(text) : 0};
}

static void open_as(struct response *response, enum api api, int status, const char *type) {
  response_open(response, api, status, slice(type), slice(NULL), 0);
}

static void feed(struct response *response, const char *text, int64_t now_ns) {
  response_feed(response, text, strlen(text), now_ns);
}

// A whole exchange at once.
static void play(struct response *response, enum api api, int status, const char *type, const char *body,
                 enum failure transport) {
  open_as(response, api, status, type);
  feed(response, body, 1000);
  response_finish(response, transport);
  response_close(response);
}

static void stream(struct response *response, const char *body) {
  play(response, API_OPENAI_CHAT, 200, SSE_TYPE, body, FAILURE_NONE);
}

struct times {
  int64_t at_ns[8];
  size_t count;
};

static void note(void *context, int64_t now_ns) {
  struct times *times = context;
  if (times->count < 8) times->at_ns[times->count++] = now_ns;
}

static void test_response_times_are_those_of_text_only(void **state) {
  (void)state;
  struct response response;
  struct times times = {.count = 0};
  open_as(&response, API_OPENAI_CHAT, 200, SSE_TYPE);
  response.on_text = note;
  response.on_text_context = &times;
  feed(&response, ": ping\n\n", 10);
  feed(&response, "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n", 20);
  feed(&response, TEXT(""), 30);
  feed(&response, TEXT("a") TEXT("b"), 40);
  assert_int_equal(response.text_events, 2); // known while it runs
  assert_int_equal(response.first_text_ns, 40);
  feed(&response, "data: {\"choices\":[{\"delta\":{\"content\":\"c\"}}]}\n", 50);
  feed(&response, "\n", 60); // an event is there with its last byte
  feed(&response, FINISH("stop"), 70);
  feed(&response, DONE, 80);
  response_finish(&response, FAILURE_NONE);
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.first_text_ns, 40);
  assert_int_equal(response.last_text_ns, 60);
  assert_int_equal(times.count, 3);
  assert_int_equal(times.at_ns[0], 40);
  assert_int_equal(times.at_ns[1], 40);
  assert_int_equal(times.at_ns[2], 60);
  response_close(&response);
}

static void test_response_body_is_one_text_event_at_its_last_byte(void **state) {
  (void)state;
  struct response response;
  struct times times = {.count = 0};
  open_as(&response, API_OPENAI_CHAT, 200, "application/json; charset=utf-8");
  response.on_text = note;
  response.on_text_context = &times;
  feed(&response, "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],", 10);
  feed(&response, "\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1}}", 20);
  feed(&response, "", 30);
  response_finish(&response, FAILURE_NONE);
  assert_int_equal(response.text_events, 1);
  assert_int_equal(times.count, 1);
  assert_int_equal(response.first_text_ns, 20);
  assert_int_equal(response.last_text_ns, 20);
  assert_false(response.streamed);
  response_close(&response);
}

static void test_response_what_counts_as_text(void **state) {
  (void)state;
  static const struct {
    const char *delta;
    int64_t events;
  } rows[] = {
      {"{\"content\":\"a\"}", 1},
      {"{\"content\":\"\"}", 0},
      {"{\"content\":null}", 0},
      {"{\"role\":\"assistant\"}", 0},
      {"{}", 0},
      {"null", 0},
      {"\"a\"", 0},
      {"{\"reasoning_content\":\"a\",\"content\":null}", 1},
      {"{\"reasoning\":\"a\"}", 1},
      {"{\"thinking\":\"a\"}", 1},
      {"{\"reasoning_content\":\"\",\"content\":\"\"}", 0},
      {"{\"refusal\":\"I cannot\"}", 1},
      {"{\"tool_calls\":[]}", 0},
      {"{\"tool_calls\":null}", 0},
      {"{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"type\":\"function\"}]}", 0},
      {"{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"\",\"arguments\":\"\"}}]}", 0},
      {"{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\"}}]}", 1},
      {"{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}", 1},
      {"{\"tool_calls\":[{\"function\":{}},{\"function\":{\"arguments\":\"1\"}}]}", 1},
      {"{\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}}", 1},
      {"{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}", 1},
      {"{\"content\":[{\"type\":\"text\",\"text\":\"\"}]}", 0},
      {"{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"a\"}]}]}", 1},
      {"{\"content\":{\"text\":\"a\"}}", 0},
      {"{\"content\":\"a\",\"reasoning\":\"b\"}", 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct response response;
    char body[512];
    snprintf(body, sizeof body, "data: {\"choices\":[{\"index\":0,\"delta\":%s}]}\n\n" DONE, rows[i].delta);
    stream(&response, body);
    if (response.text_events != rows[i].events) fail_msg("%s: %d", rows[i].delta, (int)response.text_events);
    assert_int_equal(response.failure, rows[i].events ? FAILURE_NONE : FAILURE_EMPTY);
  }
}

// What comes last in a stream of the two texts, and what is made of it.
static void test_response_token_counts_and_their_source(void **state) {
  (void)state;
  static const struct {
    const char *last;
    int64_t output, input, cached;
    enum token_source source;
  } rows[] = {
      {"{\"choices\":[]}", 2, -1, -1, TOKENS_EVENTS},
      {"{\"choices\":[],\"usage\":null}", 2, -1, -1, TOKENS_EVENTS},
      {"{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9}}", 9, 5, -1, TOKENS_USAGE},
      {"{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9,"
       "\"prompt_tokens_details\":{\"cached_tokens\":4}}}",
       9, 5, 4, TOKENS_USAGE},
      {"{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":9,\"prompt_tokens_details\":"
       "null}}",
       9, 5, -1, TOKENS_USAGE},
      {"{\"choices\":[],\"timings\":{\"prompt_n\":5,\"predicted_n\":9}}", 9, 5, -1, TOKENS_TIMINGS},
      {"{\"choices\":[],\"timings\":{\"cache_n\":0,\"prompt_n\":5,\"predicted_n\":9}}", 9, 5, 0,
       TOKENS_TIMINGS},
      {"{\"choices\":[],\"timings\":{\"cache_n\":60,\"prompt_n\":1,\"predicted_n\":9}}", 9, 61, 60,
       TOKENS_TIMINGS},
      {"{\"choices\":[],\"timings\":{\"cache_n\":60,\"prompt_n\":1,\"predicted_n\":8},"
       "\"usage\":{\"prompt_tokens\":61,\"completion_tokens\":9}}",
       9, 61, 60, TOKENS_USAGE},
      {"{\"choices\":[],\"usage\":{\"prompt_tokens\":61,\"completion_tokens\":9,"
       "\"prompt_tokens_details\":{\"cached_tokens\":59}},\"timings\":{\"cache_n\":60,\"predicted_n\":8}}",
       9, 61, 59, TOKENS_USAGE},
      {"{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":0}}", 2, 5, -1, TOKENS_EVENTS},
      {"{\"choices\":[],\"usage\":{\"prompt_tokens\":5}}", 2, 5, -1, TOKENS_EVENTS},
      {"{\"choices\":[],\"usage\":{\"completion_tokens\":-1,\"prompt_tokens\":\"5\"}}", 2, -1, -1,
       TOKENS_EVENTS},
      {"{\"choices\":[],\"usage\":{\"completion_tokens\":1e30}}", 2, -1, -1, TOKENS_EVENTS},
      {"{\"choices\":[],\"usage\":{\"prompt_tokens\":9007199254740993,\"completion_tokens\":1000000001}}", 2,
       -1, -1, TOKENS_EVENTS},
      {"{\"choices\":[],\"timings\":{\"cache_n\":9223372036854775807,\"prompt_n\":9223372036854775807,"
       "\"predicted_n\":9223372036854775807}}",
       2, -1, -1, TOKENS_EVENTS},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct response response;
    char body[1024];
    snprintf(body, sizeof body, TEXT("a") TEXT("b") FINISH("stop") "data: %s\n\n" DONE, rows[i].last);
    stream(&response, body);
    assert_int_equal(response.failure, FAILURE_NONE);
    if (response.output_tokens != rows[i].output || response.input_tokens != rows[i].input ||
        response.cached_tokens != rows[i].cached || response.token_source != rows[i].source)
      fail_msg("%s: out %d in %d cached %d", rows[i].last, (int)response.output_tokens,
               (int)response.input_tokens, (int)response.cached_tokens);
  }
}

static void test_response_tokens_without_text_are_no_failure(void **state) {
  (void)state;
  struct response response;
  stream(&response, FINISH("length") "data: {\"choices\":[],\"usage\":{\"completion_tokens\":4}}\n\n" DONE);
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.output_tokens, 4);
  assert_int_equal(response.first_text_ns, -1);
}

static void test_response_stream_may_end_by_done_or_by_finish_reason(void **state) {
  (void)state;
  struct response response;
  stream(&response, TEXT("a") DONE);
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_string_equal(response.finish, "");
  stream(&response, TEXT("a") FINISH("length"));
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_string_equal(response.finish, "length");
  stream(&response, TEXT("a"));
  assert_int_equal(response.failure, FAILURE_TRUNCATED);
  stream(&response, TEXT("a") FINISH("stop") DONE "data: whatever comes after\n\n");
  assert_int_equal(response.failure, FAILURE_NONE);
}

static void test_response_failures_of_the_transport(void **state) {
  (void)state;
  static const enum failure kinds[] = {FAILURE_TRUNCATED, FAILURE_RESET, FAILURE_TIMEOUT, FAILURE_CANCELLED};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct response response;
    play(&response, API_OPENAI_CHAT, 200, SSE_TYPE,
         TEXT("a") FINISH("stop") "data: {\"choices\":[],\"usage\":{\"completion_tokens\":4}}\n\n", kinds[i]);
    assert_int_equal(response.failure, kinds[i]);
    assert_int_equal(response.output_tokens, -1);
    assert_int_equal(response.token_source, TOKENS_NONE);
    assert_string_equal(response.finish, "");
    assert_int_equal(response.text_events, 1);
    assert_int_equal(response.first_text_ns, 1000);
    play(&response, API_HTTP, 200, "image/png", "....", kinds[i]);
    assert_int_equal(response.failure, kinds[i]);
    assert_int_equal(response.bytes, 4);
  }
}

static void test_response_that_never_came(void **state) {
  (void)state;
  static const enum failure kinds[] = {FAILURE_CONNECT, FAILURE_TLS, FAILURE_TIMEOUT, FAILURE_CANCELLED};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct response response;
    open_as(&response, API_OPENAI_CHAT, 0, NULL);
    response_finish(&response, kinds[i]);
    response_close(&response);
    assert_int_equal(response.failure, kinds[i]);
    assert_int_equal(response.bytes, 0);
  }
}

static void test_response_class_is_the_first_cause(void **state) {
  (void)state;
  struct response response;
  // The status says more than the cut that followed; our own cancelling more than either.
  play(&response, API_OPENAI_CHAT, 503, "application/json", "{\"error\":\"server busy\"", FAILURE_TRUNCATED);
  assert_int_equal(response.failure, FAILURE_HTTP_5XX);
  play(&response, API_OPENAI_CHAT, 503, "application/json", "{\"error\":\"server busy\"}", FAILURE_CANCELLED);
  assert_int_equal(response.failure, FAILURE_CANCELLED);
  play(&response, API_OPENAI_CHAT, 200, SSE_TYPE, TEXT("a") "data: {\"error\":\"out of memory\"}\n\n",
       FAILURE_RESET);
  assert_int_equal(response.failure, FAILURE_SERVER_ERROR);
  assert_string_equal(response.error_text, "out of memory");
  play(&response, API_OPENAI_CHAT, 200, SSE_TYPE, TEXT("a") "data: {broken\n\n", FAILURE_RESET);
  assert_int_equal(response.failure, FAILURE_PROTOCOL);
}

static void test_response_an_error_object_fails_a_stream_also_after_its_finish(void **state) {
  (void)state;
  struct response response;
  stream(&response, TEXT("a") FINISH("stop") "data: {\"error\":{\"message\":\"late\"}}\n\n" DONE);
  assert_int_equal(response.failure, FAILURE_SERVER_ERROR);
  assert_string_equal(response.error_text, "late");
  stream(&response, TEXT("a") "data: {\"error\":null,\"choices\":[]}\n\n" DONE);
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_string_equal(response.error_text, "");
}

static void test_response_malformed_events_are_a_protocol_failure(void **state) {
  (void)state;
  static const char *const bad[] = {"{",          "{\"a\":1,}", "[1]",         "7",
                                    "\"text\"",   "{\"a\" 1}",  "{} {}",       "{a:1}",
                                    "{\"a\":01}", "[DONE] x",   "DONE",        "{\"choices\":[{]}",
                                    "{\"a\":1",   "nul",        "{\"a\":nul}", "{,}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct response response;
    char body[512];
    snprintf(body, sizeof body, TEXT("a") "data: %s\n\n" FINISH("stop") DONE, bad[i]);
    stream(&response, body);
    if (response.failure != FAILURE_PROTOCOL) fail_msg("%s", bad[i]);
    assert_non_null(strstr(response.error_text, "malformed"));
    assert_int_equal(response.text_events, 1);
  }
}

static void test_response_an_event_over_the_cap_is_a_protocol_failure(void **state) {
  (void)state;
  static char piece[1 << 20];
  struct response response;
  memset(piece, 'x', sizeof piece);
  open_as(&response, API_OPENAI_CHAT, 200, SSE_TYPE);
  feed(&response, "data: {\"a\":\"", 1);
  for (int i = 0; i < 17; i++)
    response_feed(&response, piece, sizeof piece, 2);
  feed(&response, "\"}\n\n" TEXT("a") DONE, 3);
  response_finish(&response, FAILURE_NONE);
  response_close(&response);
  assert_int_equal(response.failure, FAILURE_PROTOCOL);
  assert_int_equal(response.text_events, 0);
}

static void test_response_body_over_the_cap_is_success_by_http_alone(void **state) {
  (void)state;
  static const char body[] =
      "{\"choices\":[{\"message\":{\"content\":\"Hi\"}}],\"usage\":{\"completion_tokens\":1}}";
  struct response response;
  for (size_t cap = sizeof body - 2; cap <= sizeof body - 1; cap++) {
    response_open(&response, API_OPENAI_CHAT, 200, slice("application/json"), slice(NULL), cap);
    response_feed(&response, body, sizeof body - 1, 7);
    response_finish(&response, FAILURE_NONE);
    response_close(&response);
    bool fits = cap == sizeof body - 1;
    assert_int_equal(response.failure, FAILURE_NONE);
    assert_int_equal(response.output_tokens, fits ? 1 : -1);
    assert_int_equal(response.bytes, sizeof body - 1);
    assert_int_equal(response.error_text[0] == '\0', fits);
  }
  response_open(&response, API_OPENAI_CHAT, 200, slice("application/json"), slice(NULL), 8);
  response_feed(&response, body, sizeof body - 1, 7);
  response_finish(&response, FAILURE_TRUNCATED);
  response_close(&response);
  assert_int_equal(response.failure, FAILURE_TRUNCATED);
}

static void test_response_stream_is_not_bounded_by_the_body_cap(void **state) {
  (void)state;
  struct response response;
  response_open(&response, API_OPENAI_CHAT, 200, slice(SSE_TYPE), slice(NULL), 8);
  feed(&response, TEXT("a") TEXT("b") DONE, 1);
  response_finish(&response, FAILURE_NONE);
  response_close(&response);
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.output_tokens, 2);
}

static void test_response_content_types(void **state) {
  (void)state;
  static const struct {
    const char *type;
    bool streamed;
  } rows[] = {{"text/event-stream", true},
              {"Text/Event-Stream; charset=utf-8", true},
              {"text/event-stream;x", true},
              {" text/event-stream", true},
              {"text/event-streams", false},
              {"application/x-ndjson", true},
              {"application/jsonl", true},
              {"application/json", false},
              {NULL, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct response response;
    open_as(&response, API_HTTP, 200, rows[i].type);
    assert_int_equal(response.streamed, rows[i].streamed);
    response_finish(&response, FAILURE_NONE);
    assert_int_equal(response.failure, FAILURE_NONE);
    response_close(&response);
  }
}

static void test_response_events_under_another_type_are_known_by_their_first_bytes(void **state) {
  (void)state;
  static const char *const starts[] = {"", "\n\n", ": hi\n\n", "event: x\n", "id: 1\n", "retry: 1\n"};
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    struct response response;
    open_as(&response, API_OPENAI_CHAT, 200, "text/plain");
    feed(&response, starts[i], 1);
    feed(&response, TEXT("a") DONE, 2);
    response_finish(&response, FAILURE_NONE);
    response_close(&response);
    assert_true(response.streamed);
    assert_int_equal(response.failure, FAILURE_NONE);
    assert_int_equal(response.first_text_ns, 2);
  }
}

static void test_response_ollama_durations_and_words(void **state) {
  (void)state;
  struct response response;
  play(&response, API_OLLAMA_GENERATE, 200, "application/x-ndjson",
       "{\"response\":\"a\",\"done\":false}\n{\"response\":\"\",\"done\":true,\"done_reason\":\"stop\","
       "\"total_duration\":4,\"load_duration\":1,\"prompt_eval_count\":5,\"prompt_eval_duration\":2,\"eval_"
       "count\":6,"
       "\"eval_duration\":3}\n",
       FAILURE_NONE);
  assert_int_equal(response.failure, FAILURE_NONE);
  assert_int_equal(response.load_ns, 1);
  assert_int_equal(response.prompt_eval_ns, 2);
  assert_int_equal(response.eval_ns, 3);
  assert_int_equal(response.total_ns, 4);
  assert_int_equal(response.input_tokens, 5);
  assert_int_equal(response.output_tokens, 6);
  play(&response, API_OLLAMA_GENERATE, 404, "application/json", "{\"error\":\"model 'x' not found\"}",
       FAILURE_NONE);
  assert_int_equal(response.failure, FAILURE_HTTP_4XX);
  assert_string_equal(response.error_text, "model 'x' not found");
  assert_int_equal(response.total_ns, -1);
}

static void test_response_ollama_what_counts_as_text(void **state) {
  (void)state;
  static const struct {
    const char *members;
    int64_t events;
  } rows[] = {
      {"\"message\":{\"content\":\"a\"}", 1},
      {"\"message\":{\"content\":\"\"}", 0},
      {"\"message\":{\"content\":\"\",\"thinking\":\"a\"}", 1},
      {"\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]}", 1},
      {"\"message\":{\"tool_calls\":[{\"function\":{}}]}", 0},
      {"\"message\":{\"tool_calls\":null}", 0},
      {"\"message\":null", 0},
      {"\"response\":\"a\"", 1},
      {"\"response\":\"\"", 0},
      {"\"response\":\"\",\"thinking\":\"a\"", 1},
      {"\"response\":7", 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct response response;
    char body[512];
    snprintf(body, sizeof body, "{%s,\"done\":false}\n{\"done\":true}\n", rows[i].members);
    play(&response, API_OLLAMA_CHAT, 200, "application/x-ndjson", body, FAILURE_NONE);
    if (response.text_events != rows[i].events) fail_msg("%s", rows[i].members);
    // The same in a body that is pretty-printed and has space around it.
    snprintf(body, sizeof body, "\n \t{%s,\n\"done\":true}\n", rows[i].members);
    play(&response, API_OLLAMA_CHAT, 200, "application/json", body, FAILURE_NONE);
    if (response.text_events != rows[i].events) fail_msg("%s in a body", rows[i].members);
    assert_int_equal(response.failure, rows[i].events ? FAILURE_NONE : FAILURE_EMPTY);
  }
}

static void test_response_ollama_load_and_unload_are_no_generation(void **state) {
  (void)state;
  static const char *const reasons[] = {"load", "unload"};
  for (size_t i = 0; i < 2; i++) {
    struct response response;
    char body[128];
    snprintf(body, sizeof body, "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"done_reason\":\"%s\"}",
             reasons[i]);
    play(&response, API_OLLAMA_GENERATE, 200, "application/json", body, FAILURE_NONE);
    assert_int_equal(response.api, API_HTTP);
    assert_int_equal(response.failure, FAILURE_NONE);
    assert_int_equal(response.output_tokens, -1);
    assert_string_equal(response.finish, reasons[i]);
  }
}

static void test_response_is_small_and_closes_when_all_zero(void **state) {
  (void)state;
  struct response response = {.status = 0};
  response_close(&response);
  assert_true(sizeof response <= 4096);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_response_times_are_those_of_text_only),
      cmocka_unit_test(test_response_body_is_one_text_event_at_its_last_byte),
      cmocka_unit_test(test_response_what_counts_as_text),
      cmocka_unit_test(test_response_token_counts_and_their_source),
      cmocka_unit_test(test_response_tokens_without_text_are_no_failure),
      cmocka_unit_test(test_response_stream_may_end_by_done_or_by_finish_reason),
      cmocka_unit_test(test_response_failures_of_the_transport),
      cmocka_unit_test(test_response_that_never_came),
      cmocka_unit_test(test_response_class_is_the_first_cause),
      cmocka_unit_test(test_response_an_error_object_fails_a_stream_also_after_its_finish),
      cmocka_unit_test(test_response_malformed_events_are_a_protocol_failure),
      cmocka_unit_test(test_response_an_event_over_the_cap_is_a_protocol_failure),
      cmocka_unit_test(test_response_body_over_the_cap_is_success_by_http_alone),
      cmocka_unit_test(test_response_stream_is_not_bounded_by_the_body_cap),
      cmocka_unit_test(test_response_content_types),
      cmocka_unit_test(test_response_events_under_another_type_are_known_by_their_first_bytes),
      cmocka_unit_test(test_response_ollama_durations_and_words),
      cmocka_unit_test(test_response_ollama_what_counts_as_text),
      cmocka_unit_test(test_response_ollama_load_and_unload_are_no_generation),
      cmocka_unit_test(test_response_is_small_and_closes_when_all_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
