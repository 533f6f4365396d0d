// SPDX-License-Identifier: GPL-3.0-or-later
//
// From tokens to events: order, waiting, faults, and the members that recorded servers send.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/json/json_scan.h"
#include "tests/simllm/exchange.h"

enum { TOKENS = 6, MOST_EVENTS = 64 };

static const struct opts opts = {.engine = {.seed = 1}, .tokens = TOKENS, .model = "sim"};

struct play {
  struct exchange exchange;
  struct buf events[MOST_EVENTS]; // one per chunk
  int count;
  enum exchange_step last;
};

static void start(struct play *play, enum ask_api api, bool stream, enum fault fault) {
  memset(play, 0, sizeof *play);
  play->exchange.ask = (struct ask){.api = api, .stream = stream, .prompt_tokens = 3, .digest = 42};
  play->exchange.ask.include_usage = true;
  exchange_init(&play->exchange, &opts, fault, 7, -1, 1e9);
}

static void end(struct play *play) {
  exchange_free(&play->exchange);
  for (int i = 0; i < play->count; i++)
    buf_free(&play->events[i]);
}

// All that can be had before the next token.
static void drain(struct play *play) {
  do {
    assert_true(play->count < MOST_EVENTS);
    struct buf *event = &play->events[play->count];
    play->last = exchange_next(&play->exchange, 1000 + play->exchange.job.made, 1e9 + .25, event);
    play->count += event->len > 0;
  } while (play->last == EXCHANGE_STEP_EVENT);
}

// As the engine does: token after token, until the exchange wants no more.
static void run(struct play *play, enum ask_api api, enum fault fault) {
  start(play, api, true, fault);
  drain(play);
  while (play->last == EXCHANGE_STEP_WAIT && play->exchange.job.made < TOKENS) {
    play->exchange.job.made++;
    drain(play);
  }
}

// The JSON of an event, {NULL, 0} for [DONE] and what is no JSON.
static struct json_slice json_of(struct buf *event) {
  const char *text = buf_text(event);
  size_t len = event->len;
  struct json_slice value = {NULL, 0};
  if (text[0] != '{') {
    assert_memory_equal(text + len - 2, "\n\n", 2);
    for (const char *data; (data = strstr(text, "data: "));) { // of several the last
      len -= (size_t)(data + 6 - text);
      text = data + 6;
    }
  }
  assert_int_equal(text[len - 1], '\n');
  if (json_scan_text(text, len, &value, NULL) != STATUS_OK) value = (struct json_slice){NULL, 0};
  return value;
}

// The text of an event or of a whole answer of any API, appended.
static void append_text(struct json_slice event, struct buf *text) {
  struct json_slice choice = json_scan_at(json_scan_get(event, "choices"), 0);
  json_scan_string(json_scan_get(json_scan_get(choice, "delta"), "content"), text);
  json_scan_string(json_scan_get(json_scan_get(choice, "message"), "content"), text);
  json_scan_string(json_scan_get(choice, "text"), text);
  json_scan_string(json_scan_get(json_scan_get(event, "message"), "content"), text);
  json_scan_string(json_scan_get(event, "response"), text);
  struct json_slice delta = json_scan_get(event, "delta"), content = json_scan_get(event, "content");
  json_scan_string(delta, text);
  json_scan_string(json_scan_get(delta, "text"), text);
  json_scan_string(content, text);
  json_scan_string(json_scan_get(json_scan_at(content, 0), "text"), text);
  content = json_scan_get(json_scan_at(json_scan_get(event, "output"), 0), "content");
  json_scan_string(json_scan_get(json_scan_at(content, 0), "text"), text);
}

static int count_text_events(struct play *play, struct buf *text) {
  int count = 0;
  for (int i = 0; i < play->count; i++) {
    size_t before = text->len;
    append_text(json_of(&play->events[i]), text);
    count += text->len > before;
  }
  return count;
}

static void test_stream_and_whole_answer_have_the_same_text(void **state) {
  (void)state;
  for (int api = 0; ask_generates_text((enum ask_api)api); api++) {
    struct play play;
    struct buf streamed = {0}, expected = {0}, body = {0}, text = {0};
    size_t send_bytes;
    run(&play, (enum ask_api)api, FAULT_NONE);
    assert_int_equal(play.last, EXCHANGE_STEP_END);
    assert_int_equal(count_text_events(&play, &streamed), TOKENS);
    for (int64_t i = 0; i < TOKENS; i++)
      buf_append_text(&expected, dialect_word(play.exchange.dialect.text_seed, i));
    assert_string_equal(buf_text(&streamed), buf_text(&expected));
    end(&play);

    start(&play, (enum ask_api)api, false, FAULT_NONE);
    play.exchange.job.made = TOKENS;
    exchange_whole(&play.exchange, 1e9, &body, &send_bytes);
    struct json_slice answer;
    assert_int_equal(json_scan_text(body.data, body.len, &answer, NULL), STATUS_OK);
    assert_int_equal(send_bytes, body.len);
    append_text(answer, &text);
    assert_string_equal(buf_text(&text), buf_text(&expected));
    buf_free(&streamed);
    buf_free(&expected);
    buf_free(&body);
    buf_free(&text);
  }
}

static void test_no_text_goes_out_before_its_token_is_made(void **state) {
  (void)state;
  for (int api = 0; ask_generates_text((enum ask_api)api); api++) {
    struct play play;
    start(&play, (enum ask_api)api, true, FAULT_NONE);
    for (int64_t made = 0; made < TOKENS; made++) {
      struct buf text = {0};
      play.exchange.job.made = made;
      drain(&play);
      assert_int_equal(play.last, EXCHANGE_STEP_WAIT);
      assert_int_equal(count_text_events(&play, &text), made);
      assert_int_equal(play.exchange.sent, made);
      buf_free(&text);
    }
    end(&play);
  }
}

static void test_times_of_first_and_last_token_are_those_of_sending(void **state) {
  (void)state;
  struct play play;
  run(&play, ASK_OPENAI_CHAT, FAULT_NONE);
  assert_int_equal(play.exchange.first_token_ns, 1001);
  assert_int_equal(play.exchange.last_token_ns, 1000 + TOKENS);
  end(&play);
}

static void test_usage_is_exact(void **state) {
  (void)state;
  for (int api = 0; api <= ASK_OLLAMA_GENERATE; api++) {
    struct play play;
    run(&play, (enum ask_api)api, FAULT_NONE);
    bool ollama = api == ASK_OLLAMA_CHAT || api == ASK_OLLAMA_GENERATE;
    // OpenAI: before [DONE]; Ollama: in the last object.
    struct json_slice event = json_of(&play.events[play.count - (ollama ? 1 : 2)]);
    struct json_slice usage = ollama ? event : json_scan_get(event, "usage");
    int64_t prompt = 0, output = 0;
    assert_true(
        json_scan_int64(json_scan_get(usage, ollama ? "prompt_eval_count" : "prompt_tokens"), &prompt));
    assert_true(json_scan_int64(json_scan_get(usage, ollama ? "eval_count" : "completion_tokens"), &output));
    assert_int_equal(prompt, 3);
    assert_int_equal(output, TOKENS);
    end(&play);
  }
}

static void test_cached_prompt_tokens_are_told_and_not_prefilled(void **state) {
  (void)state;
  struct play play;
  struct buf body = {0};
  struct json_slice answer;
  size_t send_bytes;
  int64_t cached = -1;
  start(&play, ASK_OPENAI_CHAT, false, FAULT_NONE);
  exchange_init(&play.exchange, &opts, FAULT_NONE, 7, 2, 1e9);
  assert_int_equal(play.exchange.job.prompt_tokens, 1);
  exchange_whole(&play.exchange, 1e9, &body, &send_bytes);
  assert_int_equal(json_scan_text(body.data, body.len, &answer, NULL), STATUS_OK);
  struct json_slice usage = json_scan_get(answer, "usage");
  assert_true(json_scan_int64(json_scan_get(json_scan_get(usage, "prompt_tokens_details"), "cached_tokens"),
                              &cached));
  assert_int_equal(cached, 2);
  buf_free(&body);
}

static void test_each_fault_shows_itself_half_way(void **state) {
  (void)state;
  static const struct {
    enum fault fault;
    enum exchange_step last;
    int text_events;
  } cases[] = {
      {FAULT_RESET, EXCHANGE_STEP_RESET, TOKENS / 2},
      {FAULT_TRUNCATE, EXCHANGE_STEP_CUT, TOKENS / 2},
      {FAULT_MALFORMED, EXCHANGE_STEP_END, TOKENS},
      {FAULT_ERROR_IN_STREAM, EXCHANGE_STEP_END, TOKENS / 2},
      {FAULT_EMPTY, EXCHANGE_STEP_END, 0},
      {FAULT_HANG, EXCHANGE_STEP_NEVER, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int api = 0; ask_generates_text((enum ask_api)api); api++) {
      struct play play;
      struct buf text = {0};
      run(&play, (enum ask_api)api, cases[i].fault);
      assert_int_equal(play.last, cases[i].last);
      assert_int_equal(count_text_events(&play, &text), cases[i].text_events);
      assert_int_equal(play.exchange.sent, cases[i].text_events);
      assert_true(play.exchange.fault_shown);
      buf_free(&text);
      end(&play);
    }
  }
}

static void test_malformed_and_error_events_are_what_they_say(void **state) {
  (void)state;
  for (int api = 0; api <= ASK_OLLAMA_GENERATE; api++) {
    bool ollama = api == ASK_OLLAMA_CHAT || api == ASK_OLLAMA_GENERATE;
    struct play play;
    int broken = 0, errors = 0;
    run(&play, (enum ask_api)api, FAULT_MALFORMED);
    for (int i = 0; i < play.count; i++)
      broken += json_of(&play.events[i]).len == 0;
    assert_int_equal(broken, ollama ? 1 : 2); // [DONE] is the other
    end(&play);
    run(&play, (enum ask_api)api, FAULT_ERROR_IN_STREAM);
    for (int i = 0; i < play.count; i++)
      errors += json_scan_kind(json_scan_get(json_of(&play.events[i]), "error")) >= JSON_STRING;
    assert_int_equal(errors, 1);
    end(&play);
  }
}

static void test_whole_answers_show_their_faults(void **state) {
  (void)state;
  struct play play;
  struct buf body = {0};
  struct json_slice answer;
  size_t send_bytes;
  start(&play, ASK_OPENAI_CHAT, false, FAULT_TRUNCATE);
  exchange_whole(&play.exchange, 1e9, &body, &send_bytes);
  assert_true(send_bytes > 0 && send_bytes < body.len);
  buf_clear(&body);
  start(&play, ASK_OPENAI_CHAT, false, FAULT_HANG);
  exchange_whole(&play.exchange, 1e9, &body, &send_bytes);
  assert_true(send_bytes == 0 && body.len > 0);
  buf_clear(&body);
  start(&play, ASK_OPENAI_CHAT, false, FAULT_MALFORMED);
  exchange_whole(&play.exchange, 1e9, &body, &send_bytes);
  assert_int_equal(send_bytes, body.len);
  assert_int_equal(json_scan_text(body.data, body.len, &answer, NULL), STATUS_FORMAT);
  exchange_whole_sent(&play.exchange, 5);
  assert_int_equal(play.exchange.sent, 0);
  end(&play);
  buf_free(&body);
}

static void test_words_are_never_empty_and_vary(void **state) {
  (void)state;
  int equal = 0, long_characters = 0;
  for (int64_t i = 0; i < 200; i++) {
    const char *word = dialect_word(9, i);
    assert_true(word[0] != '\0');
    equal += strcmp(word, dialect_word(10, i)) == 0;
    for (const char *c = word; *c; c++)
      long_characters += (*c & 0xC0) == 0x80;
  }
  assert_true(equal < 50);
  assert_true(long_characters > 10);
}

// Every member of the recorded object but those named in `beside` is in ours.
static void assert_members(struct json_slice recorded, struct json_slice ours, const char *beside) {
  struct json_scan scan = json_scan_start(recorded);
  struct json_slice key, value;
  while (json_scan_member(&scan, &key, &value)) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)key.len, key.data);
    if (strstr(beside, name)) continue;
    enum json_kind kind = json_scan_kind(json_scan_get(ours, name));
    if (kind != json_scan_kind(value)) print_error("member '%s' is missing or of another kind\n", name);
    assert_int_equal(kind, json_scan_kind(value));
  }
}

// The first or last line of a recording that is an event.
static struct json_slice recorded_event(struct buf *wire, bool last) {
  struct json_slice found = {NULL, 0};
  for (const char *at = buf_text(wire); *at; at += strcspn(at, "\n") + (strchr(at, '\n') != NULL)) {
    const char *json = strncmp(at, "data: ", 6) == 0 ? at + 6 : at;
    struct json_slice value;
    if (json[0] == '{' && json_scan_text(json, strcspn(json, "\r\n"), &value, NULL) == STATUS_OK) {
      found = value;
      if (!last) break;
    }
  }
  assert_non_null(found.data);
  return found;
}

static void test_events_have_the_members_that_servers_send(void **state) {
  (void)state;
  static const struct {
    const char *file;
    enum ask_api api;
  } cases[] = {
      {"../shared/transcripts/ollama/chat_stream.wire", ASK_OLLAMA_CHAT},
      {"../shared/transcripts/ollama/generate_stream.wire", ASK_OLLAMA_GENERATE},
      {"../shared/transcripts/ollama/v1_chat_stream_usage.wire", ASK_OPENAI_CHAT},
      {"../shared/transcripts/llama-2025/oai_completions_stream.wire", ASK_OPENAI_COMPLETIONS},
  };
  if (access(cases[0].file, R_OK) != 0) {
    print_message("no recorded exchanges here (../shared/transcripts)\n");
    skip();
  }
  const char *beside = "system_fingerprint context timings";
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf wire = {0};
    struct play play;
    struct error error;
    assert_int_equal(buf_read_file(&wire, cases[i].file, &error), STATUS_OK);
    run(&play, cases[i].api, FAULT_NONE);
    bool chat = cases[i].api == ASK_OPENAI_CHAT;
    assert_members(recorded_event(&wire, false), json_of(&play.events[chat ? 1 : 0]), beside);
    bool ollama = cases[i].api == ASK_OLLAMA_CHAT || cases[i].api == ASK_OLLAMA_GENERATE;
    assert_members(recorded_event(&wire, true), json_of(&play.events[play.count - (ollama ? 1 : 2)]), beside);
    end(&play);
    buf_free(&wire);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stream_and_whole_answer_have_the_same_text),
      cmocka_unit_test(test_no_text_goes_out_before_its_token_is_made),
      cmocka_unit_test(test_times_of_first_and_last_token_are_those_of_sending),
      cmocka_unit_test(test_usage_is_exact),
      cmocka_unit_test(test_cached_prompt_tokens_are_told_and_not_prefilled),
      cmocka_unit_test(test_each_fault_shows_itself_half_way),
      cmocka_unit_test(test_malformed_and_error_events_are_what_they_say),
      cmocka_unit_test(test_whole_answers_show_their_faults),
      cmocka_unit_test(test_words_are_never_empty_and_vary),
      cmocka_unit_test(test_events_have_the_members_that_servers_send),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
