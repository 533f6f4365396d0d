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

static enum status measure_messages(struct json_slice messages, struct measure *measure,
                                    struct error *error) {
  if (json_scan_kind(messages) != JSON_ARRAY) {
    return status_fail(error, STATUS_FORMAT, "'messages' is required and must be an array");
  }
  struct json_scan scan = json_scan_start(messages);
  struct json_slice message;
  int64_t count = 0;
  while (json_scan_element(&scan, &message)) {
    if (json_scan_kind(message) != JSON_OBJECT) {
      return status_fail(error, STATUS_FORMAT, "'messages' holds something that is no object");
    }
    measure_text(json_scan_get(message, "content"), measure, 1);
    measure->tokens += TOKENS_PER_MESSAGE;
    count++;
  }
  if (count == 0) return status_fail(error, STATUS_FORMAT, "'messages' is empty");
  return STATUS_OK;
}

// OpenAI: max_completion_tokens, then max_tokens, null for none. Ollama: options.num_predict, negative for
// none.
static enum status read_limit(struct json_slice body, struct ask *ask, struct error *error) {
  bool ollama = ask->api == ASK_OLLAMA_CHAT || ask->api == ASK_OLLAMA_GENERATE;
  struct json_slice value;
  if (ollama) {
    value = json_scan_get(json_scan_get(body, "options"), "num_predict");
  } else {
    value = json_scan_get(body, "max_completion_tokens");
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
  struct measure measure = {0, 0};
  if (api == ASK_OPENAI_CHAT || api == ASK_OLLAMA_CHAT) {
    status = measure_messages(json_scan_get(body, "messages"), &measure, error);
  } else {
    struct json_slice prompt = json_scan_get(body, "prompt");
    if (json_scan_kind(prompt) != JSON_STRING && json_scan_kind(prompt) != JSON_ARRAY) {
      status = status_fail(error, STATUS_FORMAT, "'prompt' is required");
    }
    measure_text(prompt, &measure, 2);
    measure_text(json_scan_get(body, "system"), &measure, 0);
  }
  if (status == STATUS_OK) status = read_limit(body, &ask, error);
  if (status == STATUS_OK) status = read_model(body, &ask, error);
  if (status != STATUS_OK) return status;
  ask.prompt_tokens = measure.tokens + (measure.characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
  if (ask.prompt_tokens < 1) ask.prompt_tokens = 1;
  *out = ask;
  return STATUS_OK;
}
