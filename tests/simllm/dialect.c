// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/dialect.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "lib/json/json_write.h"
#include "tests/simllm/random.h"
#include "tests/simllm/speech.h"

static const char *const words[] = {
    " tide", " mark",  " harbour", " ebb",    " flood", " buoy",  " chart",  " keel",    " wind",
    " rope", " sail",  " anchor",  " moon",   " salt",  " wave",  " beacon", " current", " gull",
    " pier", " depth", " прилив",  " море",   " ветер", " café",  " naïve",  " größe",   " señal",
    " 潮",   " 海風",  " 파도",    " ναῦς",   " 🌊",     ",",      ".",       " the",     " of",
    " and",  " at",    " is",      " before", " after", " below",
};
enum { WORDS = sizeof words / sizeof words[0] };

const char *dialect_word(uint64_t text_seed, int64_t index) {
  struct random random = random_seeded(text_seed + (uint64_t)index * UINT64_C(0xD1342543DE82EF95));
  return words[random_bits(&random) % WORDS];
}

static bool is_ollama(const struct ask *ask) {
  return ask->api == ASK_OLLAMA_CHAT || ask->api == ASK_OLLAMA_GENERATE;
}

const char *dialect_content_type(const struct ask *ask) {
  if (!ask->stream) return "application/json";
  return is_ollama(ask) ? "application/x-ndjson" : "text/event-stream";
}

static const struct speech *speech_in(const struct dialect *dialect) {
  return speech_of(dialect->ask->api);
}

static void begin_event(const struct dialect *dialect, struct buf *out) {
  if (!is_ollama(dialect->ask)) buf_append_text(out, "data: ");
}

static void end_event(const struct dialect *dialect, struct buf *out) {
  buf_append_text(out, is_ollama(dialect->ask) ? "\n" : "\n\n");
}

static void write_time(struct json_writer *w, double now_s) {
  time_t seconds = (time_t)floor(now_s);
  struct tm utc;
  char day[40], text[64];
  if (!gmtime_r(&seconds, &utc) || strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc) == 0) return;
  snprintf(text, sizeof text, "%s.%06dZ", day, (int)((now_s - floor(now_s)) * 1e6));
  json_member_string(w, "created_at", text);
}

static const char *finish_reason(const struct dialect *dialect) {
  return dialect->at_limit ? "length" : "stop";
}

static void open_openai(const struct dialect *dialect, const char *object, struct json_writer *w) {
  char id[48];
  bool chat = dialect->ask->api == ASK_OPENAI_CHAT;
  snprintf(id, sizeof id, "%s-%lld", chat ? "chatcmpl" : "cmpl", (long long)dialect->id);
  json_write_object(w);
  json_member_string(w, "id", id);
  json_member_string(w, "object", object);
  json_member_int(w, "created", (int64_t)dialect->created_s);
  json_member_string(w, "model", dialect->model);
  json_write_key(w, "choices");
  json_write_array(w);
}

static void close_openai(struct json_writer *w, const char *finish) {
  json_member_string(w, "finish_reason", finish);
  json_write_object_end(w);
  json_write_array_end(w);
}

static void write_usage(const struct dialect *dialect, struct json_writer *w) {
  json_write_key(w, "usage");
  json_write_object(w);
  json_member_int(w, "prompt_tokens", dialect->ask->prompt_tokens);
  json_member_int(w, "completion_tokens", dialect->output_tokens);
  json_member_int(w, "total_tokens", dialect->ask->prompt_tokens + dialect->output_tokens);
  if (dialect->cached_tokens >= 0) {
    json_write_key(w, "prompt_tokens_details");
    json_write_object(w);
    json_member_int(w, "cached_tokens", dialect->cached_tokens);
    json_write_object_end(w);
  }
  json_write_object_end(w);
}

// One chunk of an OpenAI stream; `role` and `text` may be NULL.
static void openai_chunk(const struct dialect *dialect, const char *role, const char *text,
                         const char *finish, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  bool chat = dialect->ask->api == ASK_OPENAI_CHAT;
  open_openai(dialect, chat ? "chat.completion.chunk" : "text_completion", &w);
  json_write_object(&w);
  json_member_int(&w, "index", 0);
  if (chat) {
    json_write_key(&w, "delta");
    json_write_object(&w);
    if (role) json_member_string(&w, "role", role);
    if (text) json_member_string(&w, "content", text);
    json_write_object_end(&w);
  } else {
    json_member_string(&w, "text", text ? text : "");
    json_write_key(&w, "logprobs");
    json_write_null(&w);
  }
  close_openai(&w, finish);
  json_write_object_end(&w);
}

// The members that every Ollama object begins with.
static void open_ollama(const struct dialect *dialect, double now_s, const char *text,
                        struct json_writer *w) {
  json_write_object(w);
  json_member_string(w, "model", dialect->model);
  write_time(w, now_s);
  if (dialect->ask->api == ASK_OLLAMA_CHAT) {
    json_write_key(w, "message");
    json_write_object(w);
    json_member_string(w, "role", "assistant");
    json_member_string(w, "content", text);
    json_write_object_end(w);
  } else {
    json_member_string(w, "response", text);
  }
}

static void close_ollama(const struct dialect *dialect, struct json_writer *w) {
  json_member_bool(w, "done", true);
  json_member_string(w, "done_reason", finish_reason(dialect));
  if (dialect->with_usage) {
    json_member_int(w, "total_duration", dialect->total_ns);
    json_member_int(w, "load_duration", dialect->load_ns);
    json_member_int(w, "prompt_eval_count", dialect->ask->prompt_tokens);
    json_member_int(w, "prompt_eval_duration", dialect->prompt_ns);
    json_member_int(w, "eval_count", dialect->output_tokens);
    json_member_int(w, "eval_duration", dialect->eval_ns);
  }
  json_write_object_end(w);
}

void dialect_role(const struct dialect *dialect, struct buf *out) {
  const struct speech *speech = speech_in(dialect);
  if (speech && speech->start) speech->start(dialect, out);
  if (dialect->ask->api != ASK_OPENAI_CHAT) return;
  begin_event(dialect, out);
  openai_chunk(dialect, "assistant", "", NULL, out);
  end_event(dialect, out);
}

// Writes a token event once with a mark for its text; the text comes last of all that is not fixed.
static enum status frame_token(struct dialect *dialect) {
  struct buf *frame = &dialect->frame;
  begin_event(dialect, frame);
  openai_chunk(dialect, NULL, "@", NULL, frame);
  end_event(dialect, frame);
  if (frame->status != STATUS_OK) return frame->status;
  dialect->frame_at = frame->len - 1;
  while (frame->data[dialect->frame_at] != '@')
    dialect->frame_at--;
  return STATUS_OK;
}

void dialect_token(struct dialect *dialect, int64_t index, double now_s, struct buf *out) {
  const char *word = dialect_word(dialect->text_seed, index);
  if (speech_in(dialect)) {
    speech_in(dialect)->token(dialect, word, out);
    return;
  }
  if (is_ollama(dialect->ask)) {
    struct json_writer w = JSON_WRITER(out);
    open_ollama(dialect, now_s, word, &w);
    json_member_bool(&w, "done", false);
    json_write_object_end(&w);
    end_event(dialect, out);
    return;
  }
  const struct buf *frame = &dialect->frame;
  if (frame->len == 0 && frame_token(dialect) != STATUS_OK) {
    out->status = frame->status;
    return;
  }
  buf_append(out, frame->data, dialect->frame_at);
  buf_append_text(out, word);
  buf_append(out, frame->data + dialect->frame_at + 1, frame->len - dialect->frame_at - 1);
}

void dialect_free(struct dialect *dialect) {
  buf_free(&dialect->frame);
}

static void append_text(const struct dialect *dialect, struct buf *text) {
  for (int64_t i = 0; i < dialect->output_tokens; i++)
    buf_append_text(text, dialect_word(dialect->text_seed, i));
}

void dialect_finish(const struct dialect *dialect, double now_s, struct buf *out) {
  if (speech_in(dialect)) {
    struct buf text = {0};
    append_text(dialect, &text);
    speech_in(dialect)->finish(dialect, buf_text(&text), out);
    buf_free(&text);
    return;
  }
  begin_event(dialect, out);
  if (is_ollama(dialect->ask)) {
    struct json_writer w = JSON_WRITER(out);
    open_ollama(dialect, now_s, "", &w);
    close_ollama(dialect, &w);
  } else {
    openai_chunk(dialect, NULL, NULL, finish_reason(dialect), out);
  }
  end_event(dialect, out);
}

void dialect_usage(const struct dialect *dialect, struct buf *out) {
  if (is_ollama(dialect->ask) || speech_in(dialect) || !dialect->with_usage) return;
  struct json_writer w = JSON_WRITER(out);
  begin_event(dialect, out);
  bool chat = dialect->ask->api == ASK_OPENAI_CHAT;
  open_openai(dialect, chat ? "chat.completion.chunk" : "text_completion", &w);
  json_write_array_end(&w);
  write_usage(dialect, &w);
  json_write_object_end(&w);
  end_event(dialect, out);
}

void dialect_done(const struct dialect *dialect, struct buf *out) {
  if (!is_ollama(dialect->ask) && !speech_in(dialect)) buf_append_text(out, "data: [DONE]\n\n");
}

void dialect_broken(const struct dialect *dialect, struct buf *out) {
  begin_event(dialect, out);
  buf_append_text(out, "{\"choices\":[{\"index\":0,\"del");
  end_event(dialect, out);
}

void dialect_error_event(const struct dialect *dialect, struct buf *out) {
  const struct speech *speech = speech_in(dialect);
  if (speech && speech->error) {
    speech->error("the simulated engine failed", out);
    return;
  }
  begin_event(dialect, out);
  dialect_error(dialect->ask->api, 500, "the simulated engine failed", out);
  end_event(dialect, out);
}

void dialect_whole(const struct dialect *dialect, double now_s, struct buf *out) {
  struct buf text = {0};
  struct json_writer w = JSON_WRITER(out);
  append_text(dialect, &text);
  if (speech_in(dialect)) {
    speech_in(dialect)->whole(dialect, buf_text(&text), out);
  } else if (is_ollama(dialect->ask)) {
    open_ollama(dialect, now_s, buf_text(&text), &w);
    close_ollama(dialect, &w);
  } else {
    bool chat = dialect->ask->api == ASK_OPENAI_CHAT;
    open_openai(dialect, chat ? "chat.completion" : "text_completion", &w);
    json_write_object(&w);
    json_member_int(&w, "index", 0);
    if (chat) {
      json_write_key(&w, "message");
      json_write_object(&w);
      json_member_string(&w, "role", "assistant");
      json_member_string(&w, "content", buf_text(&text));
      json_write_object_end(&w);
    } else {
      json_member_string(&w, "text", buf_text(&text));
    }
    close_openai(&w, finish_reason(dialect));
    if (dialect->with_usage) write_usage(dialect, &w);
    json_write_object_end(&w);
  }
  if (text.status != STATUS_OK) out->status = text.status;
  buf_free(&text);
}

void dialect_error(enum ask_api api, int http_status, const char *message, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  if (api == ASK_OLLAMA_CHAT || api == ASK_OLLAMA_GENERATE || api == ASK_EMBED) {
    json_member_string(&w, "error", message);
  } else {
    json_write_key(&w, "error");
    json_write_object(&w);
    json_member_string(&w, "message", message);
    json_member_string(&w, "type",
                       http_status == 429  ? "rate_limit_error"
                       : http_status < 500 ? "invalid_request_error"
                                           : "server_error");
    json_member_int(&w, "code", http_status);
    json_write_object_end(&w);
  }
  json_write_object_end(&w);
}
