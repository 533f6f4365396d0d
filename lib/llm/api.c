// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/api.h"

#include <string.h>

static const char *const names[] = {
    [API_HTTP] = "http",
    [API_OPENAI_CHAT] = "openai.chat",
    [API_OPENAI_COMPLETIONS] = "openai.completions",
    [API_OLLAMA_CHAT] = "ollama.chat",
    [API_OLLAMA_GENERATE] = "ollama.generate",
};
#define API_COUNT (sizeof names / sizeof *names)

const char *api_name(enum api api) {
  return (size_t)api < API_COUNT ? names[api] : names[API_HTTP];
}

bool api_from_name(struct json_slice name, enum api *out) {
  for (size_t i = 0; i < API_COUNT; i++) {
    if (json_slice_is(name, names[i])) {
      *out = (enum api)i;
      return true;
    }
  }
  return false;
}

static bool ends_with(const char *path, size_t len, const char *end) {
  size_t end_len = strlen(end);
  return len >= end_len && memcmp(path + len - end_len, end, end_len) == 0;
}

enum api api_from_path(const char *method, const char *path) {
  // In this order: the second is an end of the first.
  static const struct {
    const char *end;
    enum api api;
  } rows[] = {
      {"/chat/completions", API_OPENAI_CHAT},
      {"/completions", API_OPENAI_COMPLETIONS},
      {"/api/chat", API_OLLAMA_CHAT},
      {"/api/generate", API_OLLAMA_GENERATE},
  };
  if (strcmp(method, "POST") != 0) return API_HTTP;
  size_t len = strcspn(path, "?#");
  if (len > 1 && path[len - 1] == '/') len--;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (ends_with(path, len, rows[i].end)) return rows[i].api;
  }
  return API_HTTP;
}

enum api api_from_request(const char *method, const char *path, const char *body, size_t len) {
  enum api api = api_from_path(method, path);
  if (!api_is_ollama(api)) return api;
  struct api_request_facts facts;
  api_request_facts(api, body, len, &facts);
  return facts.loads_only ? API_HTTP : api;
}

bool api_generates_text(enum api api) {
  return api != API_HTTP;
}

bool api_is_ollama(enum api api) {
  return api == API_OLLAMA_CHAT || api == API_OLLAMA_GENERATE;
}

static void take_max_tokens(struct json_slice value, int64_t *max_tokens) {
  int64_t number;
  if (json_scan_int64(value, &number) && number >= 0) *max_tokens = number;
}

static bool has_element(struct json_slice value) {
  struct json_scan scan = json_scan_start(value);
  struct json_slice element;
  return json_scan_kind(value) == JSON_ARRAY && json_scan_element(&scan, &element);
}

void api_request_facts(enum api api, const char *body, size_t len, struct api_request_facts *out) {
  *out = (struct api_request_facts){.stream = api_is_ollama(api), .max_tokens = -1};
  struct json_slice root, key, value;
  if (json_scan_text(body, len, &root, NULL) || json_scan_kind(root) != JSON_OBJECT) return;
  int64_t max_completion_tokens = -1;
  bool asks = false; // for text
  struct json_scan scan = json_scan_start(root);
  while (json_scan_member(&scan, &key, &value)) {
    if (json_slice_is(key, "model")) {
      out->model = json_scan_raw_string(value);
    } else if (json_slice_is(key, "stream")) {
      json_scan_bool(value, &out->stream);
    } else if (json_slice_is(key, "stream_options")) {
      json_scan_bool(json_scan_get(value, "include_usage"), &out->include_usage);
    } else if (json_slice_is(key, "max_tokens") || json_slice_is(key, "n_predict")) {
      take_max_tokens(value, &out->max_tokens);
    } else if (json_slice_is(key, "max_completion_tokens")) {
      take_max_tokens(value, &max_completion_tokens);
    } else if (json_slice_is(key, "options")) {
      take_max_tokens(json_scan_get(value, "num_predict"), &out->max_tokens);
    } else if (json_slice_is(key, "prompt")) {
      asks = asks || (api == API_OLLAMA_GENERATE && json_scan_has_text(value));
    } else if (json_slice_is(key, "messages") || json_slice_is(key, "images")) {
      asks = asks || has_element(value);
    }
  }
  if (max_completion_tokens >= 0) out->max_tokens = max_completion_tokens;
  out->loads_only = api_is_ollama(api) && !asks;
}
