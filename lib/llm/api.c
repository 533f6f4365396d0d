// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/api.h"

#include <string.h>

#include "lib/llm/dialects.h"

// A dialect is a row here and a file with its reader.
static const struct api_dialect dialects[API_COUNT] = {
    [API_HTTP] = {.name = "http"},
    [API_OPENAI_CHAT] = {.name = "openai.chat",
                         .family = API_FAMILY_OPENAI,
                         .paths = {"/v1/chat/completions", "/chat/completions"},
                         .prompt = "messages",
                         .is_chat = true,
                         .limits = {"max_completion_tokens", "max_tokens"},
                         .generates_text = true,
                         .has_usage_option = true,
                         .has_ignore_eos = true,
                         .end = "[DONE] or a finish_reason",
                         .read = openai_read},
    [API_OPENAI_COMPLETIONS] = {.name = "openai.completions",
                                .family = API_FAMILY_OPENAI,
                                .paths = {"/v1/completions", "/completions"},
                                .prompt = "prompt",
                                .limits = {"max_completion_tokens", "max_tokens"},
                                .generates_text = true,
                                .has_usage_option = true,
                                .has_ignore_eos = true,
                                .end = "[DONE] or a finish_reason",
                                .read = openai_read},
    [API_OLLAMA_CHAT] = {.name = "ollama.chat",
                         .family = API_FAMILY_OLLAMA,
                         .paths = {"/api/chat"},
                         .prompt = "messages",
                         .is_chat = true,
                         .limits = {"num_predict"},
                         .options = "options",
                         .generates_text = true,
                         .streams = true,
                         .end = "\"done\":true",
                         .read = ollama_read},
    [API_OLLAMA_GENERATE] = {.name = "ollama.generate",
                             .family = API_FAMILY_OLLAMA,
                             .paths = {"/api/generate"},
                             .prompt = "prompt",
                             .system = "system",
                             .limits = {"num_predict"},
                             .options = "options",
                             .generates_text = true,
                             .streams = true,
                             .end = "\"done\":true",
                             .read = ollama_read},
    [API_ANTHROPIC_MESSAGES] = {.name = "anthropic.messages",
                                .family = API_FAMILY_ANTHROPIC,
                                .paths = {"/v1/messages"},
                                .prompt = "messages",
                                .is_chat = true,
                                .system = "system",
                                .limits = {"max_tokens"},
                                .needs_limit = true,
                                .generates_text = true,
                                .has_ignore_eos = true,
                                .key_header = "x-api-key",
                                .version = "anthropic-version: 2023-06-01",
                                .end = "message_stop",
                                .read = anthropic_read},
    [API_OPENAI_RESPONSES] = {.name = "openai.responses",
                              .family = API_FAMILY_OPENAI,
                              .paths = {"/v1/responses", "/openai/responses"},
                              .prompt = "input",
                              .is_chat = true,
                              .or_text = true,
                              .system = "instructions",
                              .limits = {"max_output_tokens"},
                              .states = {"previous_response_id", "conversation"},
                              .generates_text = true,
                              .has_ignore_eos = true,
                              .end = "response.completed",
                              .read = responses_read},
    [API_OPENAI_EMBEDDINGS] = {.name = "openai.embeddings",
                               .family = API_FAMILY_OPENAI,
                               .paths = {"/v1/embeddings", "/embeddings"},
                               .prompt = "input",
                               .read = no_text_read},
    // /api/embeddings, the older one, has its text under `prompt`.
    [API_OLLAMA_EMBED] = {.name = "ollama.embed",
                          .family = API_FAMILY_OLLAMA,
                          .paths = {"/api/embed", "/api/embeddings"},
                          .prompt = "input",
                          .system = "prompt",
                          .read = no_text_read},
    [API_RERANK] = {.name = "rerank",
                    .family = API_FAMILY_RERANK,
                    .paths = {"/v1/rerank", "/rerank", "/score", "/reranking"},
                    .prompt = "documents",
                    .is_list = true,
                    .needs = "query",
                    .system = "query",
                    .read = no_text_read},
    // /v1/completions, and so every /x/completions, is OpenAI's. /infill has its text under input_prefix.
    [API_LLAMACPP] = {.name = "llamacpp.completion",
                      .family = API_FAMILY_LLAMACPP,
                      .paths = {"/completion", "^/completions", "/infill"},
                      .prompt = "prompt",
                      .system = "input_prefix",
                      .limits = {"max_tokens", "n_predict"},
                      .generates_text = true,
                      .has_array_bodies = true,
                      .has_ignore_eos = true,
                      .end = "\"stop\":true",
                      .read = llamacpp_read},
};

const struct api_dialect *api_dialect(enum api api) {
  return &dialects[(unsigned)api < API_COUNT ? api : API_HTTP];
}

const char *api_name(enum api api) {
  return api_dialect(api)->name;
}

bool api_from_name(struct json_slice name, enum api *out) {
  for (int api = 0; api < API_COUNT; api++) {
    if (json_slice_is(name, dialects[api].name)) {
      *out = (enum api)api;
      return true;
    }
  }
  return false;
}

// How much of the path this end covers; 0: it is none of the path's ends.
static size_t covers(const char *path, size_t len, const char *end) {
  bool whole = *end == '^';
  if (whole) end++;
  size_t end_len = strlen(end);
  if (len < end_len || memcmp(path + len - end_len, end, end_len) != 0) return 0;
  return whole ? (len == end_len ? end_len + 1 : 0) : end_len;
}

enum api api_from_path(const char *method, const char *path) {
  enum api found = API_HTTP;
  size_t best = 0;
  if (strcmp(method, "POST") != 0) return API_HTTP;
  size_t len = strcspn(path, "?#");
  if (len > 1 && path[len - 1] == '/') len--;
  for (int api = 0; api < API_COUNT; api++) {
    for (size_t i = 0; i < API_PATHS_MAX && dialects[api].paths[i]; i++) {
      size_t covered = covers(path, len, dialects[api].paths[i]);
      if (covered > best) best = covered, found = (enum api)api;
    }
  }
  return found;
}

enum api api_from_request(const char *method, const char *path, const char *body, size_t len) {
  enum api api = api_from_path(method, path);
  if (!api_is_ollama(api) || !api_generates_text(api)) return api;
  struct api_request_facts facts;
  api_request_facts(api, body, len, &facts);
  return facts.loads_only ? API_HTTP : api;
}

bool api_asks_model(enum api api) {
  return api != API_HTTP;
}

bool api_generates_text(enum api api) {
  return api_dialect(api)->generates_text;
}

bool api_is_ollama(enum api api) {
  return api_dialect(api)->family == API_FAMILY_OLLAMA;
}

static void parse_max_tokens(struct json_slice value, int64_t *max_tokens) {
  int64_t number;
  if (json_scan_int64(value, &number) && number >= 0) *max_tokens = number;
}

static bool has_element(struct json_slice value) {
  struct json_scan scan = json_scan_start(value);
  struct json_slice element;
  return json_scan_kind(value) == JSON_ARRAY && json_scan_element(&scan, &element);
}

// The strongest of the limits that are numbers.
static void parse_limits(const struct api_dialect *dialect, struct json_slice object, int64_t *max_tokens) {
  for (size_t i = API_LIMITS_MAX; i-- > 0;) {
    if (dialect->limits[i]) parse_max_tokens(json_scan_get(object, dialect->limits[i]), max_tokens);
  }
}

static void keep_first(struct json_slice *member, struct json_slice key, const char *name,
                       struct json_slice value) {
  if (name && !member->data && json_slice_is(key, name)) *member = value;
}

void api_request_facts(enum api api, const char *body, size_t len, struct api_request_facts *out) {
  struct json_slice root;
  if (json_scan_text(body, len, &root, NULL)) root = (struct json_slice){NULL, 0};
  api_request_members(api, root, out);
}

void api_request_members(enum api api, struct json_slice body, struct api_request_facts *out) {
  const struct api_dialect *dialect = api_dialect(api);
  *out = (struct api_request_facts){.stream = dialect->streams, .max_tokens = -1};
  struct json_slice key, value;
  if (json_scan_kind(body) != JSON_OBJECT) return;
  bool asks = false; // for text
  struct json_scan scan = json_scan_start(body);
  while (json_scan_member(&scan, &key, &value)) {
    if (json_slice_is(key, "model")) {
      out->model = json_scan_raw_string(value);
    } else if (json_slice_is(key, "stream")) {
      json_scan_bool(value, &out->stream);
    } else if (json_slice_is(key, "stream_options")) {
      json_scan_bool(json_scan_get(value, "include_usage"), &out->include_usage);
    } else if (json_slice_is(key, "prompt")) {
      asks = asks || (!dialect->is_chat && json_scan_has_text(value));
    } else if (json_slice_is(key, "messages") || json_slice_is(key, "images")) {
      asks = asks || has_element(value);
    }
    keep_first(&out->prompt, key, dialect->prompt, value);
    keep_first(&out->system, key, dialect->system, value);
    keep_first(&out->context, key, "context", value);
    for (size_t i = 0; i < API_STATES_MAX; i++)
      keep_first(&out->states[i], key, dialect->states[i], value);
  }
  parse_limits(dialect, dialect->options ? json_scan_get(body, dialect->options) : body, &out->max_tokens);
  out->loads_only = api_is_ollama(api) && dialect->generates_text && !asks;
}

bool api_needs_server_state(enum api api, struct json_slice body) {
  const struct api_dialect *dialect = api_dialect(api);
  for (size_t i = 0; i < API_STATES_MAX && dialect->states[i]; i++) {
    if (json_scan_kind(json_scan_get(body, dialect->states[i])) > JSON_NULL) return true;
  }
  return false;
}
