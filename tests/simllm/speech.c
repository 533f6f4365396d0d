// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/speech.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/json/json_write.h"

static struct json_writer begin(const char *event, struct buf *out) {
  if (event) buf_printf(out, "event: %s\n", event);
  buf_append_text(out, "data: ");
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  if (event) json_member_string(&w, "type", event);
  return w;
}

static void end(struct json_writer *w) {
  json_write_object_end(w);
  buf_append_text(w->out, "\n\n");
}

static void open_member(struct json_writer *w, const char *key) {
  json_write_key(w, key);
  json_write_object(w);
}

// Anthropic's Messages.

static void anthropic_usage(const struct dialect *dialect, bool input, struct json_writer *w) {
  int64_t cached = dialect->cached_tokens > 0 ? dialect->cached_tokens : 0;
  open_member(w, "usage");
  if (input) json_member_int(w, "input_tokens", dialect->ask->prompt_tokens - cached);
  if (input) json_member_int(w, "cache_read_input_tokens", cached);
  json_member_int(w, "output_tokens", input && dialect->ask->stream ? 1 : dialect->output_tokens);
  json_write_object_end(w);
}

static const char *anthropic_reason(const struct dialect *dialect) {
  return dialect->at_limit ? "max_tokens" : "end_turn";
}

static void anthropic_message(const struct dialect *dialect, const char *text, struct json_writer *w) {
  char id[32];
  snprintf(id, sizeof id, "msg_%lld", (long long)dialect->id);
  json_member_string(w, "id", id);
  json_member_string(w, "type", "message");
  json_member_string(w, "role", "assistant");
  json_member_string(w, "model", dialect->model);
  json_write_key(w, "content");
  json_write_array(w);
  if (text) {
    json_write_object(w);
    json_member_string(w, "type", "text");
    json_member_string(w, "text", text);
    json_write_object_end(w);
  }
  json_write_array_end(w);
  json_member_string(w, "stop_reason", text ? anthropic_reason(dialect) : NULL);
  json_member_string(w, "stop_sequence", NULL);
  if (dialect->with_usage) anthropic_usage(dialect, true, w);
}

static void anthropic_start(const struct dialect *dialect, struct buf *out) {
  struct json_writer w = begin("message_start", out);
  open_member(&w, "message");
  anthropic_message(dialect, NULL, &w);
  json_write_object_end(&w);
  end(&w);
  w = begin("content_block_start", out);
  json_member_int(&w, "index", 0);
  open_member(&w, "content_block");
  json_member_string(&w, "type", "text");
  json_member_string(&w, "text", "");
  json_write_object_end(&w);
  end(&w);
  w = begin("ping", out);
  end(&w);
}

static void anthropic_token(const struct dialect *dialect, const char *word, struct buf *out) {
  (void)dialect;
  struct json_writer w = begin("content_block_delta", out);
  json_member_int(&w, "index", 0);
  open_member(&w, "delta");
  json_member_string(&w, "type", "text_delta");
  json_member_string(&w, "text", word);
  json_write_object_end(&w);
  end(&w);
}

static void anthropic_finish(const struct dialect *dialect, const char *text, struct buf *out) {
  (void)text;
  struct json_writer w = begin("content_block_stop", out);
  json_member_int(&w, "index", 0);
  end(&w);
  w = begin("message_delta", out);
  open_member(&w, "delta");
  json_member_string(&w, "stop_reason", anthropic_reason(dialect));
  json_member_string(&w, "stop_sequence", NULL);
  json_write_object_end(&w);
  if (dialect->with_usage) anthropic_usage(dialect, false, &w);
  end(&w);
  w = begin("message_stop", out);
  end(&w);
}

static void anthropic_whole(const struct dialect *dialect, const char *text, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  anthropic_message(dialect, text, &w);
  json_write_object_end(&w);
}

static void anthropic_error(const char *message, struct buf *out) {
  struct json_writer w = begin("error", out);
  open_member(&w, "error");
  json_member_string(&w, "type", "api_error");
  json_member_string(&w, "message", message);
  json_write_object_end(&w);
  end(&w);
}

// OpenAI's Responses.

static void responses_item(const struct dialect *dialect, const char *text, struct json_writer *w) {
  char id[32];
  snprintf(id, sizeof id, "msg_%lld", (long long)dialect->id);
  json_write_object(w);
  json_member_string(w, "id", id);
  json_member_string(w, "type", "message");
  json_member_string(w, "role", "assistant");
  json_member_string(w, "status", text ? "completed" : "in_progress");
  json_write_key(w, "content");
  json_write_array(w);
  if (text) {
    json_write_object(w);
    json_member_string(w, "type", "output_text");
    json_member_string(w, "text", text);
    json_write_key(w, "annotations");
    json_write_array(w);
    json_write_array_end(w);
    json_write_object_end(w);
  }
  json_write_array_end(w);
  json_write_object_end(w);
}

static void responses_usage(const struct dialect *dialect, struct json_writer *w) {
  open_member(w, "usage");
  json_member_int(w, "input_tokens", dialect->ask->prompt_tokens);
  open_member(w, "input_tokens_details");
  json_member_int(w, "cached_tokens", dialect->cached_tokens > 0 ? dialect->cached_tokens : 0);
  json_write_object_end(w);
  json_member_int(w, "output_tokens", dialect->output_tokens);
  json_member_int(w, "total_tokens", dialect->ask->prompt_tokens + dialect->output_tokens);
  json_write_object_end(w);
}

// The members of a response object. `text` NULL: it is in progress.
static void responses_result(const struct dialect *dialect, const char *text, struct json_writer *w) {
  char id[48];
  snprintf(id, sizeof id, "resp_%d_%lld", (int)getpid(), (long long)dialect->id);
  json_member_string(w, "id", id);
  json_member_string(w, "object", "response");
  json_member_int(w, "created_at", (int64_t)dialect->created_s);
  json_member_string(w, "model", dialect->model);
  json_member_string(w, "status", !text ? "in_progress" : dialect->at_limit ? "incomplete" : "completed");
  json_member_string(w, "error", NULL);
  if (text && dialect->at_limit) {
    open_member(w, "incomplete_details");
    json_member_string(w, "reason", "max_output_tokens");
    json_write_object_end(w);
  } else {
    json_member_string(w, "incomplete_details", NULL);
  }
  json_write_key(w, "output");
  json_write_array(w);
  if (text) responses_item(dialect, text, w);
  json_write_array_end(w);
  if (text && dialect->with_usage) responses_usage(dialect, w);
}

static void responses_start(const struct dialect *dialect, struct buf *out) {
  struct json_writer w = begin("response.created", out);
  open_member(&w, "response");
  responses_result(dialect, NULL, &w);
  json_write_object_end(&w);
  end(&w);
  w = begin("response.output_item.added", out);
  json_member_int(&w, "output_index", 0);
  json_write_key(&w, "item");
  responses_item(dialect, NULL, &w);
  end(&w);
  w = begin("response.content_part.added", out);
  json_member_int(&w, "output_index", 0);
  json_member_int(&w, "content_index", 0);
  open_member(&w, "part");
  json_member_string(&w, "type", "output_text");
  json_member_string(&w, "text", "");
  json_write_object_end(&w);
  end(&w);
}

static void responses_token(const struct dialect *dialect, const char *word, struct buf *out) {
  (void)dialect;
  struct json_writer w = begin("response.output_text.delta", out);
  json_member_int(&w, "output_index", 0);
  json_member_int(&w, "content_index", 0);
  json_member_string(&w, "delta", word);
  end(&w);
}

static void responses_finish(const struct dialect *dialect, const char *text, struct buf *out) {
  struct json_writer w = begin("response.output_item.done", out);
  json_member_int(&w, "output_index", 0);
  json_write_key(&w, "item");
  responses_item(dialect, text, &w);
  end(&w);
  w = begin(dialect->at_limit ? "response.incomplete" : "response.completed", out);
  open_member(&w, "response");
  responses_result(dialect, text, &w);
  json_write_object_end(&w);
  end(&w);
}

static void responses_whole(const struct dialect *dialect, const char *text, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  responses_result(dialect, text, &w);
  json_write_object_end(&w);
}

static void responses_error(const char *message, struct buf *out) {
  struct json_writer w = begin("error", out);
  json_member_string(&w, "code", "server_error");
  json_member_string(&w, "message", message);
  end(&w);
}

// llama.cpp's own completion.

static void llamacpp_members(const struct dialect *dialect, const char *text, bool stop,
                             struct json_writer *w) {
  json_member_int(w, "index", 0);
  json_member_string(w, "content", text);
  json_member_bool(w, "stop", stop);
  if (!stop) return;
  json_member_string(w, "model", dialect->model);
  json_member_string(w, "stop_type", dialect->at_limit ? "limit" : "eos");
  if (!dialect->with_usage) return;
  json_member_int(w, "tokens_predicted", dialect->output_tokens);
  json_member_int(w, "tokens_evaluated", dialect->ask->prompt_tokens);
}

static void llamacpp_token(const struct dialect *dialect, const char *word, struct buf *out) {
  struct json_writer w = begin(NULL, out);
  llamacpp_members(dialect, word, false, &w);
  end(&w);
}

static void llamacpp_finish(const struct dialect *dialect, const char *text, struct buf *out) {
  (void)text;
  struct json_writer w = begin(NULL, out);
  llamacpp_members(dialect, "", true, &w);
  end(&w);
}

static void llamacpp_whole(const struct dialect *dialect, const char *text, struct buf *out) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  llamacpp_members(dialect, text, true, &w);
  json_write_object_end(&w);
}

// Those without text. A vector is 0.25, -0.5; in base64 its two floats, as OpenAI's clients want them.

static void write_vector(const struct ask *ask, struct json_writer *w) {
  if (ask->wants_base64) {
    json_write_string(w, "AACAPgAAAL8=");
    return;
  }
  json_write_array(w);
  json_write_number(w, 0.25);
  json_write_number(w, -0.5);
  json_write_array_end(w);
}

static void write_prompt_usage(const struct dialect *dialect, struct json_writer *w) {
  open_member(w, "usage");
  json_member_int(w, "prompt_tokens", dialect->ask->prompt_tokens);
  json_member_int(w, "total_tokens", dialect->ask->prompt_tokens);
  json_write_object_end(w);
}

static void embeddings_whole(const struct dialect *dialect, const char *text, struct buf *out) {
  (void)text;
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_string(&w, "object", "list");
  json_write_key(&w, "data");
  json_write_array(&w);
  for (int64_t i = 0; i < dialect->ask->inputs; i++) {
    json_write_object(&w);
    json_member_string(&w, "object", "embedding");
    json_member_int(&w, "index", i);
    json_write_key(&w, "embedding");
    write_vector(dialect->ask, &w);
    json_write_object_end(&w);
  }
  json_write_array_end(&w);
  json_member_string(&w, "model", dialect->model);
  if (dialect->with_usage) write_prompt_usage(dialect, &w);
  json_write_object_end(&w);
}

static void embed_whole(const struct dialect *dialect, const char *text, struct buf *out) {
  (void)text;
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_string(&w, "model", dialect->model);
  json_write_key(&w, "embeddings");
  json_write_array(&w);
  for (int64_t i = 0; i < dialect->ask->inputs; i++)
    write_vector(dialect->ask, &w);
  json_write_array_end(&w);
  json_member_int(&w, "total_duration", dialect->total_ns);
  json_member_int(&w, "load_duration", dialect->load_ns);
  if (dialect->with_usage) json_member_int(&w, "prompt_eval_count", dialect->ask->prompt_tokens);
  json_write_object_end(&w);
}

static void rerank_whole(const struct dialect *dialect, const char *text, struct buf *out) {
  (void)text;
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_string(&w, "model", dialect->model);
  if (dialect->with_usage) write_prompt_usage(dialect, &w);
  json_write_key(&w, "results");
  json_write_array(&w);
  for (int64_t i = 0; i < dialect->ask->inputs; i++) {
    json_write_object(&w);
    json_member_int(&w, "index", i);
    json_write_key(&w, "relevance_score");
    json_write_number(&w, 1 / (double)(i + 2));
    json_write_object_end(&w);
  }
  json_write_array_end(&w);
  json_write_object_end(&w);
}

const struct speech *speech_of(enum ask_api api) {
  static const struct speech speeches[ASK_API_COUNT] = {
      [ASK_ANTHROPIC] = {anthropic_start, anthropic_token, anthropic_finish, anthropic_whole,
                         anthropic_error},
      [ASK_RESPONSES] = {responses_start, responses_token, responses_finish, responses_whole,
                         responses_error},
      [ASK_LLAMACPP] = {NULL, llamacpp_token, llamacpp_finish, llamacpp_whole, NULL},
      [ASK_EMBEDDINGS] = {.whole = embeddings_whole},
      [ASK_EMBED] = {.whole = embed_whole},
      [ASK_RERANK] = {.whole = rerank_whole},
  };
  return speeches[api].whole ? &speeches[api] : NULL;
}
