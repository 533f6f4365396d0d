// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/rewrite.h"

#include <string.h>

static bool will_stream(const struct rewrite_rules *rules, const struct api_request_facts *facts) {
  return rules->stream == REWRITE_STREAM_RECORDED ? facts->stream : rules->stream == REWRITE_STREAM_ON;
}

static bool needs_change(const struct rewrite_rules *rules, enum api api,
                         const struct api_request_facts *facts) {
  if (rules->model || rules->max_tokens > 0 || rules->extra_body) return true;
  if (rules->stream != REWRITE_STREAM_RECORDED) return true;
  if (api_is_ollama(api)) return false;
  return rules->ignore_eos || (facts->stream && !facts->include_usage);
}

// The member `key` of an object as an object, made or replaced where it is none. NULL: no memory.
static struct json *object_member(struct json *object, const char *key) {
  if (json_kind_of(json_get(object, key)) == JSON_OBJECT) return json_get(object, key);
  if (json_set(object, key, json_new_object())) return NULL;
  return json_get(object, key);
}

static enum status set_max_tokens(struct json *body, enum api api, int64_t max_tokens) {
  if (api_is_ollama(api)) {
    struct json *options = object_member(body, "options");
    return options ? json_set_number(options, "num_predict", (double)max_tokens) : STATUS_MEMORY;
  }
  bool newer = json_get(body, "max_completion_tokens") != NULL;
  if (newer) json_remove(body, "max_tokens");
  return json_set_number(body, newer ? "max_completion_tokens" : "max_tokens", (double)max_tokens);
}

static enum status set_stream(struct json *body, enum api api, bool stream) {
  enum status status = json_set_bool(body, "stream", stream);
  if (status || api_is_ollama(api)) return status;
  if (!stream) {
    json_remove(body, "stream_options");
    return STATUS_OK;
  }
  struct json *options = object_member(body, "stream_options");
  return options ? json_set_bool(options, "include_usage", true) : STATUS_MEMORY;
}

static enum status change(struct json *body, const struct rewrite_rules *rules, enum api api, bool stream) {
  enum status status = STATUS_OK;
  if (rules->model) status = json_set_string(body, "model", rules->model);
  if (status == STATUS_OK && rules->max_tokens > 0) status = set_max_tokens(body, api, rules->max_tokens);
  if (status == STATUS_OK && (rules->stream != REWRITE_STREAM_RECORDED || (stream && !api_is_ollama(api))))
    status = set_stream(body, api, stream);
  if (status == STATUS_OK && rules->ignore_eos && !api_is_ollama(api))
    status = json_set_bool(body, "ignore_eos", true);
  if (status == STATUS_OK && rules->extra_body) status = json_merge(body, rules->extra_body);
  return status;
}

enum status rewrite_body(const struct rewrite_rules *rules, enum api api, const char *body, size_t len,
                         struct buf *out, struct error *error) {
  struct api_request_facts facts;
  struct json *document = NULL;
  enum status status;
  api_request_facts(api, body, len, &facts);
  if (!api_generates_text(api) || !needs_change(rules, api, &facts)) return buf_append(out, body, len);
  status = json_parse(body, len, &document, error);
  if (status == STATUS_OK && json_kind_of(document) != JSON_OBJECT)
    status = status_fail(error, STATUS_FORMAT, "the body is no JSON object");
  if (status == STATUS_OK) {
    status = change(document, rules, api, will_stream(rules, &facts));
    if (status == STATUS_OK) status = json_print(document, out);
    if (status) status = status_fail(error, status, "%s", status_name(status));
  }
  json_free(document);
  return status;
}

void rewrite_print_nonce(uint64_t number, char into[REWRITE_NONCE_BYTES]) {
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < 16; i++)
    into[i] = digits[(number >> (60 - 4 * i)) & 15];
  into[16] = ':';
  into[17] = ' ';
}

struct places {
  const char *body;
  size_t *offsets;
  size_t count, most;
};

// Notes the start of a string value; false: it is none.
static bool add_place(struct places *places, struct json_slice value) {
  if (json_scan_kind(value) != JSON_STRING) return false;
  if (places->count < places->most)
    places->offsets[places->count++] = (size_t)(value.data + 1 - places->body);
  return true;
}

// The first text of the first message that has one: its content, or the first text part of it.
static void find_in_messages(struct places *places, struct json_slice messages) {
  struct json_slice message, part;
  struct json_scan scan = json_scan_start(messages);
  if (json_scan_kind(messages) != JSON_ARRAY) return;
  while (json_scan_element(&scan, &message)) {
    struct json_slice content = json_scan_get(message, "content");
    if (add_place(places, content)) return;
    if (json_scan_kind(content) != JSON_ARRAY) continue;
    struct json_scan parts = json_scan_start(content);
    while (json_scan_element(&parts, &part)) {
      if (add_place(places, json_scan_get(part, "text"))) return;
    }
  }
}

static void find_in_prompt(struct places *places, struct json_slice prompt) {
  struct json_slice one;
  struct json_scan scan = json_scan_start(prompt);
  if (add_place(places, prompt) || json_scan_kind(prompt) != JSON_ARRAY) return;
  while (json_scan_element(&scan, &one))
    add_place(places, one);
}

size_t rewrite_nonce_places(enum api api, const char *body, size_t len, size_t *offsets, size_t most) {
  struct places places = {.body = body, .offsets = offsets, .most = most};
  struct json_slice document;
  if (!api_generates_text(api) || json_scan_text(body, len, &document, NULL)) return 0;
  switch (api) {
  case API_OPENAI_CHAT:
  case API_OLLAMA_CHAT: find_in_messages(&places, json_scan_get(document, "messages")); break;
  case API_OLLAMA_GENERATE:
    if (json_scan_has_text(json_scan_get(document, "system"))) {
      add_place(&places, json_scan_get(document, "system"));
      break;
    }
    find_in_prompt(&places, json_scan_get(document, "prompt"));
    break;
  default: find_in_prompt(&places, json_scan_get(document, "prompt"));
  }
  return places.count;
}
