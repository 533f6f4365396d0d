// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/ask.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/json/json_scan.h"

enum { CHARACTERS_PER_TOKEN = 4, TOKENS_PER_MESSAGE = 4, MOST_TOKENS = 1000000 };

static const struct {
  const char *path, *name;
} apis[ASK_API_COUNT] = {
    [ASK_OPENAI_CHAT] = {"/v1/chat/completions", "openai.chat"},
    [ASK_OPENAI_COMPLETIONS] = {"/v1/completions", "openai.completions"},
    [ASK_OLLAMA_CHAT] = {"/api/chat", "ollama.chat"},
    [ASK_OLLAMA_GENERATE] = {"/api/generate", "ollama.generate"},
    [ASK_ANTHROPIC] = {"/v1/messages", "anthropic.messages"},
    [ASK_RESPONSES] = {"/v1/responses", "openai.responses"},
    [ASK_LLAMACPP] = {"/completion", "llamacpp.completion"},
    [ASK_EMBEDDINGS] = {"/v1/embeddings", "openai.embeddings"},
    [ASK_EMBED] = {"/api/embed", "ollama.embed"},
    [ASK_RERANK] = {"/v1/rerank", "rerank"},
};

bool ask_api_of_path(const char *path, enum ask_api *out) {
  for (int api = 0; api < ASK_API_COUNT; api++) {
    if (strcmp(path, apis[api].path) == 0) {
      *out = (enum ask_api)api;
      return true;
    }
  }
  return false;
}

const char *ask_api_name(enum ask_api api) {
  return apis[api].name;
}

bool ask_generates_text(enum ask_api api) {
  return api != ASK_EMBEDDINGS && api != ASK_EMBED && api != ASK_RERANK;
}

// FNV-1a, 64 bits (Fowler, Noll, Vo).
static uint64_t digest(const char *data, size_t len) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
  return hash;
}

// What a prompt holds: characters, and tokens beside them.
struct measure {
  int64_t characters, tokens;
};

static int64_t count_characters(struct json_slice string) {
  struct json_slice raw = json_scan_raw_string(string);
  int64_t count = 0;
  for (size_t i = 0; i < raw.len; i++) {
    unsigned char c = (unsigned char)raw.data[i];
    if ((c & 0xC0) == 0x80) continue;
    count++;
    if (c == '\\') i += i + 1 < raw.len && raw.data[i + 1] == 'u' ? 5 : 1;
  }
  return count;
}

// A string, a number (a token), or an array of these, of {"text":...} parts or of such arrays (one level).
static void measure_text(struct json_slice value, struct measure *measure, int depth) {
  switch (json_scan_kind(value)) {
  case JSON_STRING: measure->characters += count_characters(value); break;
  case JSON_NUMBER: measure->tokens++; break;
  case JSON_OBJECT: measure_text(json_scan_get(value, "text"), measure, 0); break;
  case JSON_ARRAY: {
    struct json_scan scan = json_scan_start(value);
    struct json_slice element;
    while (depth > 0 && json_scan_element(&scan, &element))
      measure_text(element, measure, depth - 1);
    break;
  }
  default: break;
  }
}

static enum status measure_messages(struct json_slice messages, const char *key, struct measure *measure,
                                    struct error *error) {
  if (json_scan_kind(messages) != JSON_ARRAY) {
    return status_fail(error, STATUS_FORMAT, "'%s' is required and must be an array", key);
  }
  struct json_scan scan = json_scan_start(messages);
  struct json_slice message;
  int64_t count = 0;
  while (json_scan_element(&scan, &message)) {
    if (json_scan_kind(message) != JSON_OBJECT) {
      return status_fail(error, STATUS_FORMAT, "'%s' holds something that is no object", key);
    }
    measure_text(json_scan_get(message, "content"), measure, 1);
    measure->tokens += TOKENS_PER_MESSAGE;
    count++;
  }
  if (count == 0) return status_fail(error, STATUS_FORMAT, "'%s' is empty", key);
  return STATUS_OK;
}

// OpenAI: max_completion_tokens, then max_tokens, null for none. Ollama: options.num_predict, negative for
// none.
static enum status read_limit(struct json_slice body, struct ask *ask, struct error *error) {
  static const char *const limit_names[ASK_API_COUNT] = {[ASK_OPENAI_CHAT] = "max_completion_tokens",
                                                         [ASK_OPENAI_COMPLETIONS] = "max_completion_tokens",
                                                         [ASK_ANTHROPIC] = "max_tokens",
                                                         [ASK_RESPONSES] = "max_output_tokens",
                                                         [ASK_LLAMACPP] = "n_predict"};
  bool ollama = ask->api == ASK_OLLAMA_CHAT || ask->api == ASK_OLLAMA_GENERATE;
  if (!ask_generates_text(ask->api)) return STATUS_OK;
  struct json_slice value;
  if (ollama) {
    value = json_scan_get(json_scan_get(body, "options"), "num_predict");
  } else {
    value = json_scan_get(body, limit_names[ask->api]);
    if (json_scan_kind(value) < JSON_FALSE) value = json_scan_get(body, "max_tokens");
  }
  if (json_scan_kind(value) < JSON_FALSE) return STATUS_OK;
  int64_t limit;
  if (!json_scan_int64(value, &limit) || limit > MOST_TOKENS || (limit < 1 && !ollama)) {
    return status_fail(error, STATUS_FORMAT, "the token limit '%.*s' is not a whole number from 1 to %d",
                       (int)(value.len < 40 ? value.len : 40), value.data, MOST_TOKENS);
  }
  if (limit > 0) ask->limit = limit;
  return STATUS_OK;
}

static enum status read_model(struct json_slice body, struct ask *ask, struct error *error) {
  struct json_slice model = json_scan_get(body, "model");
  if (json_scan_kind(model) != JSON_STRING) return STATUS_OK;
  struct buf text = BUF_LIMIT(sizeof ask->model - 1);
  enum status status = STATUS_OK;
  if (json_scan_string(model, &text)) {
    snprintf(ask->model, sizeof ask->model, "%.*s", (int)text.len, text.data ? text.data : "");
  } else {
    status = status_fail(error, STATUS_FORMAT, "'model' is longer than %zu bytes", sizeof ask->model - 1);
  }
  buf_free(&text);
  return status;
}

// How many texts an array of them has; a text, or an array of tokens, is one.
static int64_t count_inputs(struct json_slice value) {
  struct json_scan scan = json_scan_start(value);
  struct json_slice element;
  int64_t count = 0;
  if (json_scan_kind(value) != JSON_ARRAY || json_scan_kind(json_scan_at(value, 0)) == JSON_NUMBER) return 1;
  while (json_scan_element(&scan, &element))
    count++;
  return count;
}

static enum status measure_prompt(struct json_slice body, struct ask *ask, struct measure *measure,
                                  struct error *error) {
  static const char *const keys[ASK_API_COUNT] = {
      [ASK_OPENAI_CHAT] = "messages",   [ASK_OPENAI_COMPLETIONS] = "prompt", [ASK_OLLAMA_CHAT] = "messages",
      [ASK_OLLAMA_GENERATE] = "prompt", [ASK_ANTHROPIC] = "messages",        [ASK_RESPONSES] = "input",
      [ASK_LLAMACPP] = "prompt",        [ASK_EMBEDDINGS] = "input",          [ASK_EMBED] = "input",
      [ASK_RERANK] = "documents"};
  static const char *const besides[] = {"system", "instructions", "query"};
  const char *key = keys[ask->api];
  struct json_slice prompt = json_scan_get(body, key);
  bool messages = strcmp(key, "messages") == 0;
  bool items = ask->api == ASK_RESPONSES && json_scan_kind(prompt) == JSON_ARRAY;
  if (messages || items) {
    enum status status = measure_messages(prompt, key, measure, error);
    if (status) return status;
  } else if (json_scan_kind(prompt) != JSON_STRING && json_scan_kind(prompt) != JSON_ARRAY) {
    return status_fail(error, STATUS_FORMAT, "'%s' is required", key);
  } else {
    measure_text(prompt, measure, 2);
  }
  for (size_t i = 0; i < sizeof besides / sizeof besides[0]; i++)
    measure_text(json_scan_get(body, besides[i]), measure, 1);
  ask->inputs = count_inputs(prompt);
  ask->wants_base64 = json_slice_is(json_scan_get(body, "encoding_format"), "\"base64\"");
  return STATUS_OK;
}

enum status ask_parse(enum ask_api api, const char *text, size_t len, struct ask *out, struct error *error) {
  struct json_slice body;
  enum status status = json_scan_text(text, len, &body, error);
  if (status != STATUS_OK) return status;
  if (json_scan_kind(body) != JSON_OBJECT) {
    return status_fail(error, STATUS_FORMAT, "the body is no JSON object");
  }
  struct ask ask = {.api = api, .digest = digest(text, len)};
  ask.stream = api == ASK_OLLAMA_CHAT || api == ASK_OLLAMA_GENERATE;
  json_scan_bool(json_scan_get(body, "stream"), &ask.stream);
  json_scan_bool(json_scan_get(json_scan_get(body, "stream_options"), "include_usage"), &ask.include_usage);
  ask.stream = ask.stream && ask_generates_text(api);
  struct json_slice previous = json_scan_raw_string(json_scan_get(body, "previous_response_id"));
  snprintf(ask.previous, sizeof ask.previous, "%.*s", (int)previous.len, previous.len ? previous.data : "");
  struct measure measure = {0, 0};
  status = measure_prompt(body, &ask, &measure, error);
  if (status == STATUS_OK) status = read_limit(body, &ask, error);
  if (status == STATUS_OK) status = read_model(body, &ask, error);
  if (status != STATUS_OK) return status;
  ask.prompt_tokens = measure.tokens + (measure.characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
  if (ask.prompt_tokens < 1) ask.prompt_tokens = 1;
  *out = ask;
  return STATUS_OK;
}
