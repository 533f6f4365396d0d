// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/rewrite.h"

#include <string.h>

#include "lib/json/json_patch.h"
#include "lib/json/json_write.h"

// What the body is to say of streaming: extra members have the last word.
static enum rewrite_stream stream_rule(const struct rewrite_rules *rules) {
  bool on;
  if (!json_scan_bool(json_scan_get(rules->extra_body, "stream"), &on)) return rules->stream;
  return on ? REWRITE_STREAM_ON : REWRITE_STREAM_OFF;
}

static bool will_stream(const struct rewrite_rules *rules, const struct api_request_facts *facts) {
  enum rewrite_stream rule = stream_rule(rules);
  return rule == REWRITE_STREAM_RECORDED ? facts->stream : rule == REWRITE_STREAM_ON;
}

static bool needs_change(const struct rewrite_rules *rules, enum api api,
                         const struct api_request_facts *facts) {
  if (rules->model || rules->max_tokens > 0 || rules->extra_body.data) return true;
  if (rules->stream != REWRITE_STREAM_RECORDED) return true;
  const struct api_dialect *dialect = api_dialect(api);
  return (rules->ignore_eos && dialect->has_ignore_eos) ||
         (dialect->has_usage_option && facts->stream && !facts->include_usage);
}

// The limit under the name that the body has for it, else the dialect's usual one; other names for it go.
static void write_max_tokens(struct json_writer *patch, const struct api_dialect *dialect,
                             struct json_slice body, int64_t max_tokens) {
  struct json_slice object = dialect->options ? json_scan_get(body, dialect->options) : body;
  const char *name = NULL;
  if (dialect->options) {
    json_write_key(patch, dialect->options);
    json_write_object(patch);
  }
  for (size_t i = 0; i < API_LIMITS_MAX && dialect->limits[i]; i++) {
    bool last = i + 1 == API_LIMITS_MAX || !dialect->limits[i + 1];
    bool there = json_scan_get(object, dialect->limits[i]).data != NULL;
    if (name && there) {
      json_write_key(patch, dialect->limits[i]);
      json_write_null(patch);
    } else if (!name && (there || last)) {
      name = dialect->limits[i];
      json_member_int(patch, name, max_tokens);
    }
  }
  if (dialect->options) json_write_object_end(patch);
}

static void write_stream(struct json_writer *patch, const struct api_dialect *dialect, bool stream) {
  json_member_bool(patch, "stream", stream);
  if (!dialect->has_usage_option) return;
  json_write_key(patch, "stream_options");
  if (!stream) {
    json_write_null(patch);
    return;
  }
  json_write_object(patch);
  json_member_bool(patch, "include_usage", true);
  json_write_object_end(patch);
}

// The rules as a merge patch for this body.
static void write_patch(const struct rewrite_rules *rules, enum api api, struct json_slice body, bool stream,
                        struct buf *out) {
  const struct api_dialect *dialect = api_dialect(api);
  struct json_writer patch = JSON_WRITER(out);
  json_write_object(&patch);
  if (rules->model) json_member_string(&patch, "model", rules->model);
  if (rules->max_tokens > 0 && dialect->limits[0]) write_max_tokens(&patch, dialect, body, rules->max_tokens);
  bool says = stream_rule(rules) != REWRITE_STREAM_RECORDED || (stream && dialect->has_usage_option);
  if (says && dialect->generates_text) write_stream(&patch, dialect, stream);
  if (rules->ignore_eos && dialect->has_ignore_eos) json_member_bool(&patch, "ignore_eos", true);
  json_write_object_end(&patch);
}

static struct json_slice slice_of(const struct buf *buf) {
  return (struct json_slice){buf->data, buf->len};
}

// Patches with the rules, then with the extra members.
static enum status change(const struct rewrite_rules *rules, enum api api, struct json_slice body,
                          bool stream, struct buf *out) {
  struct buf patch = {0}, changed = {0};
  write_patch(rules, api, body, stream, &patch);
  enum status status = patch.status;
  if (status == STATUS_OK && !rules->extra_body.data) {
    status = json_patch(body, slice_of(&patch), out);
  } else if (status == STATUS_OK) {
    status = json_patch(body, slice_of(&patch), &changed);
    if (status == STATUS_OK) status = json_patch(slice_of(&changed), rules->extra_body, out);
  }
  buf_free(&patch);
  buf_free(&changed);
  return status;
}

enum status rewrite_body(const struct rewrite_rules *rules, enum api api, const char *body, size_t len,
                         struct buf *out, struct error *error) {
  struct api_request_facts facts;
  struct json_slice document;
  api_request_facts(api, body, len, &facts);
  if (!api_asks_model(api) || !needs_change(rules, api, &facts)) return buf_append(out, body, len);
  enum status status = json_scan_text(body, len, &document, error);
  if (status) return status;
  if (json_scan_kind(document) != JSON_OBJECT)
    return status_fail(error, STATUS_FORMAT, "the body is no JSON object");
  status = change(rules, api, document, will_stream(rules, &facts), out);
  return status ? status_fail(error, status, "%s", status_name(status)) : STATUS_OK;
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

// A text, or the first text part of several. false: there is none.
static bool find_in_content(struct places *places, struct json_slice content) {
  struct json_slice part;
  struct json_scan parts = json_scan_start(content);
  if (json_scan_kind(content) != JSON_ARRAY) return add_place(places, content);
  while (json_scan_element(&parts, &part)) {
    if (add_place(places, json_scan_get(part, "text"))) return true;
  }
  return false;
}

// The first text of the first message that has one.
static void find_in_messages(struct places *places, struct json_slice messages) {
  struct json_slice message;
  struct json_scan scan = json_scan_start(messages);
  while (json_scan_element(&scan, &message)) {
    if (find_in_content(places, json_scan_get(message, "content"))) return;
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
  const struct api_dialect *dialect = api_dialect(api);
  if (!dialect->prompt || json_scan_text(body, len, &document, NULL)) return 0;
  struct json_slice system =
      dialect->system ? json_scan_get(document, dialect->system) : (struct json_slice){0};
  bool has_system = json_scan_kind(system) == JSON_ARRAY || json_scan_has_text(system);
  if (has_system && find_in_content(&places, system)) return places.count;
  struct json_slice prompt = json_scan_get(document, dialect->prompt);
  if (dialect->is_chat && json_scan_kind(prompt) == JSON_ARRAY) {
    find_in_messages(&places, prompt);
  } else if (!dialect->is_chat || dialect->or_text) {
    find_in_prompt(&places, prompt);
  }
  return places.count;
}
