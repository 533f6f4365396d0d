// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON without its secrets, in one pass whatever its depth.
#include <stdlib.h>
#include <string.h>

#include "lib/json/json_write.h"
#include "lib/record/redact.h"

#define MARK "\"" REDACT_MARK "\""
#define WEAK_MIN 8      // a value under the name "key" within a document is also a word or the name of a key
#define SHAPED_MAX 4096 // a longer text is no key of a service

// What is known of an object or array from the names above it.
struct level {
  char kind;           // '{' or '['
  bool is_of_names;    // its names are those of a schema
  bool is_of_tokens;   // here and below, "token" is a piece of text
  bool is_of_servers;  // an array of tools or of their servers
  bool is_server;      // an element of such
  bool is_secret_next; // "name": "x-api-key" has come, so "value" is secret; or "--api-key" of an array of
                       // words
};

struct walk {
  const struct names *more;
  struct buf *out;   // NULL: nothing is written
  struct buf *taken; // NULL: the values are not listed
  bool is_inner;     // a document within a text of another
  bool found;
  const char *kept;      // what stands before it is in `out`
  struct json_slice key; // of the member that comes; {NULL, 0} in an array
  size_t depth;
  struct level levels[JSON_SCAN_DEPTH + 1];
};

static bool is_one_of(struct json_slice key, const char *const *names) {
  for (; *names; names++) {
    if (json_slice_is(key, *names)) return true;
  }
  return false;
}

static void write_until(struct walk *walk, const char *stop) {
  if (walk->out && stop > walk->kept) buf_append(walk->out, walk->kept, (size_t)(stop - walk->kept));
}

static const char *string_end(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++)
    at += *at == '\\';
  return at < end ? at + 1 : end;
}

// Lists the texts of a value that is taken out, one with escapes as it was written too.
static void list_texts(struct walk *walk, const char *at, const char *end) {
  while (walk->taken && at < end) {
    if (*at != '"') {
      at++;
      continue;
    }
    const char *stop = string_end(at, end);
    size_t before = walk->taken->len;
    if (json_scan_string((struct json_slice){at, (size_t)(stop - at)}, walk->taken) &&
        walk->taken->len > before)
      buf_append_char(walk->taken, '\0');
    if (stop - at > 2 && memchr(at, '\\', (size_t)(stop - at))) { // as an echo of the body has it
      buf_append(walk->taken, at + 1, (size_t)(stop - at) - 2);
      buf_append_char(walk->taken, '\0');
    }
    at = stop;
  }
}

static const char *take(struct walk *walk, const char *from, const char *to) {
  write_until(walk, from);
  if (walk->out) buf_append_text(walk->out, MARK);
  list_texts(walk, from, to);
  walk->found = true;
  walk->kept = to;
  return to;
}

// The member belongs to the request itself, or to one of an array of such.
static bool is_at_top(const struct walk *walk) {
  return walk->depth == 1 || (walk->depth == 2 && walk->levels[1].kind == '[');
}

static bool is_secret_name(const struct walk *walk) {
  const struct level *level = &walk->levels[walk->depth];
  if (!walk->key.data || level->is_of_names || level->is_of_tokens) return false;
  return redact_is_secret_json_key(walk->more, walk->key.data, walk->key.len);
}

static bool is_free_text(struct json_slice key) {
  static const char *const names[] = {"content", "text", "prompt", "input", NULL};
  return is_one_of(key, names);
}

// Such a text makes another one secret: the value of its object, or the word after it.
static void note_names(struct walk *walk, struct json_slice text) {
  struct level *level = &walk->levels[walk->depth];
  bool is_option = level->kind == '[' && text.len > 2 && memcmp(text.data, "--", 2) == 0;
  bool is_name = json_slice_is(walk->key, "name") || json_slice_is(walk->key, "key");
  if (level->kind == '{' && !is_name) return;
  level->is_secret_next = (is_option || is_name) && !level->is_of_tokens && text.len <= REDACT_NAME_MAX &&
                          redact_is_secret_variable(text.data, text.len);
}

static bool is_secret_by_another(const struct walk *walk) {
  const struct level *level = &walk->levels[walk->depth];
  return level->is_secret_next && (level->kind == '[' || json_slice_is(walk->key, "value"));
}

// "Bearer " and a word, or a private key in PEM (RFC 7468).
static bool is_credential(struct json_slice text) {
  if (text.len < 20) return false;
  if (strncasecmp(text.data, "bearer ", 7) == 0) return !memchr(text.data + 7, ' ', text.len - 7);
  return memcmp(text.data, "-----BEGIN ", 11) == 0 &&
         memmem(text.data, text.len < 64 ? text.len : 64, "PRIVATE KEY-----", 16);
}

static bool is_secret_text(const struct walk *walk, struct json_slice text) {
  if (is_secret_by_another(walk)) return true;
  if (is_secret_name(walk)) {
    bool is_weak = !is_at_top(walk) && walk->key.len == 3 && strncasecmp(walk->key.data, "key", 3) == 0;
    return !is_weak || (text.len >= WEAK_MIN && !memchr(text.data, ' ', text.len));
  }
  return text.len <= SHAPED_MAX && (redact_is_key_word(text.data, text.len) || is_credential(text)) &&
         !is_free_text(walk->key);
}

static bool walk_value(struct walk *walk, struct json_slice value);

static void replace_text(struct walk *walk, const char *at, const char *stop, const struct buf *clean) {
  write_until(walk, at);
  walk->found = true;
  walk->kept = stop;
  if (walk->out) {
    struct json_writer w = JSON_WRITER(walk->out);
    json_write_text(&w, clean->data, clean->len);
    if (clean->status) walk->out->status = clean->status;
  }
}

// A text that is JSON itself, as the arguments of a call are.
static const char *redact_inner(struct walk *walk, const char *at, const char *stop) {
  struct buf plain = {0}, clean = {0};
  struct json_slice value;
  struct walk *inner = malloc(sizeof *inner);
  if (!inner) {
    if (walk->out) walk->out->status = STATUS_MEMORY;
    return stop;
  }
  *inner = (struct walk){.more = walk->more, .out = &clean, .taken = walk->taken, .is_inner = true};
  if (json_scan_string((struct json_slice){at, (size_t)(stop - at)}, &plain) &&
      json_scan_text(plain.data, plain.len, &value, NULL) == STATUS_OK && walk_value(inner, value))
    replace_text(walk, at, stop, &clean);
  free(inner);
  buf_free(&plain);
  buf_free(&clean);
  return stop;
}

// A text that is one URL, or NAME=VALUE, and no prompt.
static const char *redact_word(struct walk *walk, const char *at, const char *stop) {
  struct json_slice text = {at + 1, (size_t)(stop - at) - 2};
  size_t head = text.len < REDACT_NAME_MAX ? text.len : REDACT_NAME_MAX;
  bool may_be = text.len >= WEAK_MIN && text.len <= SHAPED_MAX &&
                (memchr(text.data, '=', head) || memchr(text.data, ':', head < 16 ? head : 16));
  if (!may_be || is_free_text(walk->key) || memchr(text.data, ' ', text.len)) return stop;
  struct buf plain = {0}, clean = {0};
  if (json_scan_string((struct json_slice){at, (size_t)(stop - at)}, &plain) &&
      redact_word_secrets(walk->more, buf_text(&plain), &clean, walk->taken))
    replace_text(walk, at, stop, &clean);
  buf_free(&plain);
  buf_free(&clean);
  return stop;
}

static const char *walk_text(struct walk *walk, const char *at, const char *end) {
  const char *stop = string_end(at, end);
  struct json_slice text = {at + 1, (size_t)(stop - at) - 2};
  bool is_secret = is_secret_text(walk, text);
  note_names(walk, text);
  if (is_secret) return text.len > 0 ? take(walk, at, stop) : stop;
  bool is_json = text.len > 4 && (memcmp(text.data, "{\\\"", 3) == 0 || memcmp(text.data, "[{\\\"", 4) == 0);
  return is_json && !walk->is_inner ? redact_inner(walk, at, stop) : redact_word(walk, at, stop);
}

// Goes into an object or array, or takes it out.
static const char *walk_container(struct walk *walk, const char *at, const char *end) {
  static const char *const names[] = {
      "properties", "$defs", "definitions", "required", "dependentRequired", "patternProperties", NULL};
  static const char *const tokens[] = {"logprobs",  "top_logprobs", "completion_probabilities",
                                       "top_probs", "probs",        NULL};
  static const char *const servers[] = {"tools", "mcp_servers", NULL};
  const struct level *above = &walk->levels[walk->depth];
  bool is_headers = above->is_server && json_slice_is(walk->key, "headers");
  const char *inside = at + 1;
  while (inside < end && strchr(" \t\r\n", *inside))
    inside++;
  bool is_texts = *at == '[' && inside < end && *inside == '"';
  if (is_headers || ((is_at_top(walk) || is_texts) && is_secret_name(walk))) {
    const char *stop = json_scan_skip(at, end, 0);
    return take(walk, at, stop ? stop : end);
  }
  struct level *level = &walk->levels[walk->depth + 1];
  *level = (struct level){.kind = *at,
                          .is_of_names = is_one_of(walk->key, names),
                          .is_of_tokens = above->is_of_tokens || is_one_of(walk->key, tokens),
                          .is_of_servers = *at == '[' && is_one_of(walk->key, servers),
                          .is_server = *at == '{' && above->is_of_servers};
  walk->depth++;
  walk->key = (struct json_slice){0};
  return at + 1;
}

static const char *walk_number(struct walk *walk, const char *at, const char *end) {
  const char *stop = at;
  while (stop < end && !strchr(",]} \t\r\n", *stop))
    stop++;
  bool is_number = *at == '-' || (*at >= '0' && *at <= '9');
  return is_number && is_at_top(walk) && is_secret_name(walk) ? take(walk, at, stop) : stop;
}

// Writes the value without white space and secrets; true when it took something out.
static bool walk_value(struct walk *walk, struct json_slice value) {
  const char *at = value.data, *end = value.data + value.len;
  bool is_key = false;
  walk->kept = at;
  while (at < end) {
    switch (*at) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
      write_until(walk, at);
      walk->kept = ++at;
      break;
    case '{':
    case '[':
      at = walk_container(walk, at, end);
      is_key = walk->levels[walk->depth].kind == '{' && !walk->key.data;
      break;
    case '}':
    case ']':
      walk->depth--;
      at++;
      break;
    case ',':
      is_key = walk->levels[walk->depth].kind == '{';
      walk->key = (struct json_slice){0};
      at++;
      break;
    case ':': at++; break;
    case '"':
      if (is_key) {
        const char *stop = string_end(at, end);
        walk->key = (struct json_slice){at + 1, (size_t)(stop - at) - 2};
        is_key = false;
        at = stop;
      } else {
        at = walk_text(walk, at, end);
      }
      break;
    default: at = walk_number(walk, at, end);
    }
  }
  write_until(walk, end);
  return walk->found;
}

static bool start(const struct names *more, struct json_slice value, struct buf *out, struct buf *taken) {
  struct walk *walk = malloc(sizeof *walk);
  if (!walk) {
    if (out) out->status = STATUS_MEMORY;
    return true;
  }
  *walk = (struct walk){.more = more, .out = out, .taken = taken};
  bool found = walk_value(walk, value);
  free(walk);
  return found;
}

void redact_json(const struct names *more, struct json_slice value, struct buf *out, struct buf *taken) {
  start(more, value, out, taken);
}

bool redact_json_has_secret(const struct names *more, struct json_slice value) {
  return start(more, value, NULL, NULL);
}
