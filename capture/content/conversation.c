// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/content/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"

#define BASE UINT64_C(0x9E3779B97F4A7C15) // of the polynomial: odd, its bits well spread
#define LENGTHS 4096
#define SAME_MAX 64 // entries of one digest that are looked through for the right one
#define BUCKETS ((size_t)2 * CONVERSATION_MAX)
#define NOWHERE (-1)

// A place where a conversation may be continued: the digest of what was said, the answer included. Entries
// stand in the chain of their bucket and in the order of their last use.
struct entry {
  uint64_t digest;
  int64_t session;
  bool has_gone_on;      // from here
  uint32_t length;       // of a prompt and its answer, modulo LENGTHS; LENGTHS: it is none
  int32_t before, after; // in its bucket
  int32_t older, newer;
};

// Thousands of conversations may begin with the same words and stand in one chain: entries join at its end
// and leave from anywhere without a walk.
struct chain {
  int32_t first, last;
};

struct session_table {
  int64_t last;
  int32_t used, oldest, newest;
  uint32_t lengths[LENGTHS]; // how many entries have it: elsewhere a prompt need not be looked up
  struct chain buckets[BUCKETS];
  struct entry entries[CONVERSATION_MAX];
};

enum status conversation_open(int64_t last, struct session_table **out) {
  struct session_table *table = calloc(1, sizeof *table);
  if (!table) return STATUS_MEMORY;
  table->last = last;
  table->oldest = table->newest = NOWHERE;
  for (size_t i = 0; i < BUCKETS; i++)
    table->buckets[i] = (struct chain){NOWHERE, NOWHERE};
  *out = table;
  return STATUS_OK;
}

void conversation_close(struct session_table *table) {
  free(table);
}

static uint64_t digest_more(uint64_t digest, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    digest = (digest ^ (unsigned char)text[i]) * UINT64_C(0x100000001B3);
  return digest;
}

#define DIGEST_START UINT64_C(0xCBF29CE484222325)

// The finaliser of MurmurHash3: FNV-1a alone leaves the high bits of short texts alike.
static uint64_t mix(uint64_t digest) {
  digest = (digest ^ (digest >> 33)) * UINT64_C(0xFF51AFD7ED558CCD);
  digest = (digest ^ (digest >> 33)) * UINT64_C(0xC4CEB9FE1A85EC53);
  return digest ^ (digest >> 33);
}

uint64_t conversation_digest(const char *text, size_t len) {
  return mix(digest_more(DIGEST_START, text, len));
}

// Several conversations may stand at the same words (all that were asked and answered alike): of those that
// have not gone on from there the one that has waited longest, so that each is continued once; else the one
// that went on longest ago.
static int32_t find(const struct session_table *table, uint64_t digest) {
  int32_t found = NOWHERE;
  int same = 0;
  for (int32_t at = table->buckets[digest % BUCKETS].first; at != NOWHERE; at = table->entries[at].after) {
    if (table->entries[at].digest != digest) continue;
    if (found == NOWHERE) found = at;
    if (!table->entries[at].has_gone_on) return at;
    if (++same == SAME_MAX) break;
  }
  return found;
}

static void unlink_session(struct session_table *table, int32_t which) {
  struct entry *entry = &table->entries[which];
  struct chain *chain = &table->buckets[entry->digest % BUCKETS];
  *(entry->before == NOWHERE ? &chain->first : &table->entries[entry->before].after) = entry->after;
  *(entry->after == NOWHERE ? &chain->last : &table->entries[entry->after].before) = entry->before;
  if (entry->older != NOWHERE) table->entries[entry->older].newer = entry->newer;
  if (entry->newer != NOWHERE) table->entries[entry->newer].older = entry->older;
  if (table->oldest == which) table->oldest = entry->newer;
  if (table->newest == which) table->newest = entry->older;
  if (entry->length < LENGTHS) table->lengths[entry->length]--;
}

static void put_in(struct session_table *table, int32_t which, uint64_t digest, int64_t session,
                   uint32_t length) {
  struct chain *chain = &table->buckets[digest % BUCKETS];
  table->entries[which] = (struct entry){.digest = digest,
                                         .session = session,
                                         .length = length,
                                         .before = chain->last,
                                         .after = NOWHERE,
                                         .older = table->newest,
                                         .newer = NOWHERE};
  *(chain->last == NOWHERE ? &chain->first : &table->entries[chain->last].after) = which;
  chain->last = which;
  if (table->newest != NOWHERE) table->entries[table->newest].newer = which;
  table->newest = which;
  if (table->oldest == NOWHERE) table->oldest = which;
  if (length < LENGTHS) table->lengths[length]++;
}

// A place for a new entry; the one that was used longest ago gives way.
static int32_t make_room(struct session_table *table) {
  if (table->used < CONVERSATION_MAX) return table->used++;
  int32_t which = table->oldest;
  unlink_session(table, which);
  return which;
}

static void use(struct session_table *table, int32_t which) {
  struct entry entry = table->entries[which];
  unlink_session(table, which);
  put_in(table, which, entry.digest, entry.session, entry.length);
  table->entries[which].has_gone_on = entry.has_gone_on;
}

// The same place is kept once for a conversation (it was asked the same again).
static void keep_place(struct session_table *table, uint64_t digest, int64_t session, uint32_t length) {
  int same = 0;
  for (int32_t at = find(table, digest); at != NOWHERE && same < SAME_MAX; at = table->entries[at].after) {
    if (table->entries[at].digest != digest) continue;
    if (table->entries[at].session == session) {
      use(table, at);
      return;
    }
    same++;
  }
  put_in(table, make_room(table), digest, session, length);
}

// Digests.

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void text_byte(struct conversation_text *text, char c) {
  text->sum = (text->sum + (unsigned char)c + 1) * BASE;
  text->power *= BASE;
  text->len++;
}

static void text_add(struct conversation_text *text, const char *data, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (!is_space(data[i])) text_byte(text, data[i]);
  }
}

static struct conversation_text text_join(struct conversation_text a, struct conversation_text b) {
  return (struct conversation_text){a.sum * b.power + b.sum, a.power * b.power, a.len + b.len};
}

// A JSON string as the text that it stands for, any other value as it is written; null is nothing.
static void text_add_json(struct conversation_text *text, struct json_slice value) {
  struct json_slice raw = json_scan_raw_string(value);
  if (json_scan_kind(value) == JSON_NONE || json_scan_kind(value) == JSON_NULL) return;
  if (!raw.data) {
    text_add(text, value.data, value.len);
  } else if (!memchr(raw.data, '\\', raw.len)) {
    text_add(text, raw.data, raw.len);
  } else {
    struct buf plain = {0};
    if (json_scan_string(value, &plain)) text_add(text, plain.data, plain.len);
    buf_free(&plain);
  }
}

// The arguments of a call, as a value or as the text of one; none are the same as an empty object.
static void add_arguments(struct conversation_text *calls, struct json_slice value) {
  struct json_slice key, member, text = json_scan_raw_string(value);
  struct json_scan scan = json_scan_start(value);
  bool empty = json_scan_kind(value) == JSON_OBJECT && !json_scan_member(&scan, &key, &member);
  if (!empty && !json_slice_is(text, "{}")) text_add_json(calls, value);
}

// Where an array of parts nests: a tool's result is one part, and may have parts itself.
enum { DEPTH_MAX = 3 };

static void add_content(struct conversation_text *text, struct conversation_text *calls,
                        struct json_slice content, int depth);

// A text, a call of a tool, what a tool answered; a model's thoughts do not count. Marks for a cache move
// from turn to turn: of the parts that may have them only what is named here counts.
static void add_part(struct conversation_text *text, struct conversation_text *calls, struct json_slice part,
                     int depth) {
  struct json_slice type = json_scan_raw_string(json_scan_get(part, "type"));
  struct json_slice words = json_scan_get(part, "text");
  if (words.data) {
    text_add_json(text, words);
  } else if (json_slice_is(type, "tool_use")) {
    text_add_json(calls, json_scan_get(part, "name"));
    add_arguments(calls, json_scan_get(part, "input"));
  } else if (json_slice_is(type, "tool_result")) {
    text_add_json(text, json_scan_get(part, "tool_use_id"));
    if (depth < DEPTH_MAX) add_content(text, calls, json_scan_get(part, "content"), depth + 1);
  } else if (!json_slice_is(type, "thinking") && !json_slice_is(type, "redacted_thinking")) {
    text_add_json(text, part);
  }
}

// A message's content: a text, or an array of parts.
static void add_content(struct conversation_text *text, struct conversation_text *calls,
                        struct json_slice content, int depth) {
  if (json_scan_kind(content) != JSON_ARRAY) {
    text_add_json(text, content);
    return;
  }
  struct json_scan scan = json_scan_start(content);
  struct json_slice part;
  while (json_scan_element(&scan, &part))
    add_part(text, calls, part, depth);
}

// A server streams a call's arguments in pieces, and a client sends them back whole.
static void add_calls(struct conversation_text *text, struct json_slice calls) {
  struct json_scan scan = json_scan_start(calls);
  struct json_slice call;
  if (json_scan_kind(calls) != JSON_ARRAY) return;
  while (json_scan_element(&scan, &call)) {
    struct json_slice function = json_scan_get(call, "function");
    text_add_json(text, json_scan_get(function, "name"));
    text_add_json(text, json_scan_get(function, "arguments"));
  }
}

void conversation_hear(void *context, enum response_part part, struct json_slice value) {
  struct conversation_answer *answer = context;
  switch (part) {
  case RESPONSE_PART_TEXT: add_content(&answer->text, &answer->calls, value, 0); break;
  case RESPONSE_PART_CALLS: add_calls(&answer->calls, value); break;
  case RESPONSE_PART_CALL_TEXT: add_arguments(&answer->calls, value); break;
  case RESPONSE_PART_CONTEXT: text_add_json(&answer->context, value); break;
  }
}

static uint64_t combine(uint64_t a, uint64_t b) {
  return mix(a * BASE + b + 1);
}

static uint64_t after_message(uint64_t digest, struct json_slice role, const struct conversation_text *text,
                              const struct conversation_text *calls) {
  digest = combine(digest, conversation_digest(role.data, role.len));
  return combine(combine(digest, text->sum), calls->sum);
}

enum { SEED_MESSAGES = 1, SEED_PROMPT, SEED_CONTEXT, SEED_ANY_ANSWER };

static const struct json_slice assistant = {"assistant", 9};

// Finding.

// Where the messages begin: what stands before them in a member of its own counts as one of them.
static uint64_t after_system(struct json_slice system) {
  struct conversation_text text = CONVERSATION_TEXT, calls = CONVERSATION_TEXT;
  if (json_scan_kind(system) <= JSON_NULL) return SEED_MESSAGES;
  add_content(&text, &calls, system, 0);
  return after_message(SEED_MESSAGES, (struct json_slice){"system", 6}, &text, &calls);
}

// A walk over messages: the digest of all so far, and the entry that the last answer in them leads to.
struct walk {
  const struct session_table *table;
  uint64_t digest;
  int32_t found; // NOWHERE: none
  bool started;
};

static void walk_message(struct walk *walk, struct json_slice role, const struct conversation_text *text,
                         const struct conversation_text *calls) {
  uint64_t before = walk->digest;
  bool first = !walk->started;
  walk->started = true;
  walk->digest = after_message(before, role, text, calls);
  if (first || !json_slice_is(role, "assistant")) return;
  int32_t at = find(walk->table, walk->digest);
  if (at == NOWHERE) at = find(walk->table, combine(before, SEED_ANY_ANSWER));
  if (at != NOWHERE) walk->found = at;
}

static void walk_messages(struct walk *walk, struct json_slice messages) {
  struct json_scan scan = json_scan_start(messages);
  struct json_slice message;
  while (json_scan_element(&scan, &message)) {
    struct conversation_text text = CONVERSATION_TEXT, calls = CONVERSATION_TEXT;
    struct json_slice role = json_scan_raw_string(json_scan_get(message, "role"));
    if (!role.data) role = (struct json_slice){"", 0};
    add_content(&text, &calls, json_scan_get(message, "content"), 0);
    add_calls(&calls, json_scan_get(message, "tool_calls"));
    walk_message(walk, role, &text, &calls);
  }
}

static bool is_call(struct json_slice type) {
  return type.len > 5 && memcmp(type.data + type.len - 5, "_call", 5) == 0;
}

// Items of the Responses API: an answer is one or several, texts and calls; thoughts are none of it.
static void walk_items(struct walk *walk, struct json_slice items) {
  struct json_scan scan = json_scan_start(items);
  struct json_slice item;
  struct conversation_text text = CONVERSATION_TEXT, calls = CONVERSATION_TEXT;
  bool answering = false;
  while (json_scan_element(&scan, &item)) {
    struct json_slice role = json_scan_raw_string(json_scan_get(item, "role"));
    struct json_slice type = json_scan_raw_string(json_scan_get(item, "type"));
    bool answers = json_slice_is(role, "assistant") || is_call(type);
    if (json_slice_is(type, "reasoning")) continue;
    if (answering && !answers) walk_message(walk, assistant, &text, &calls);
    if (!(answering && answers)) text = calls = CONVERSATION_TEXT;
    answering = answers;
    if (is_call(type)) {
      struct json_slice arguments = json_scan_get(item, "arguments");
      text_add_json(&calls, json_scan_get(item, "name"));
      add_arguments(&calls, arguments.data ? arguments : json_scan_get(item, "input"));
      continue;
    }
    add_content(&text, &calls, json_scan_get(item, "content"), 0);
    text_add_json(&text, json_scan_get(item, "call_id")); // of what a tool answered
    add_content(&text, &calls, json_scan_get(item, "output"), 0);
    if (!answers) walk_message(walk, role.data ? role : type, &text, &calls);
  }
  if (answering) walk_message(walk, assistant, &text, &calls);
}

static int32_t find_prompt(const struct session_table *table, struct json_slice prompt,
                           struct conversation_text *text) {
  struct buf plain = {0};
  int32_t found = NOWHERE;
  *text = CONVERSATION_TEXT;
  json_scan_string(prompt, &plain);
  for (size_t i = 0; i < plain.len; i++) {
    if (is_space(plain.data[i])) continue;
    text_byte(text, plain.data[i]);
    if (table->lengths[text->len % LENGTHS] == 0) continue;
    int32_t at = find(table, combine(SEED_PROMPT, text->sum));
    if (at != NOWHERE) found = at;
  }
  buf_free(&plain);
  return found;
}

static uint64_t context_digest(struct json_slice context) {
  struct conversation_text text = CONVERSATION_TEXT;
  text_add_json(&text, context);
  return combine(SEED_CONTEXT, text.sum);
}

// What the server keeps, and a request goes on from by its name: an answer, or a conversation of its own.
static struct json_slice kept_context(const struct api_request_facts *request) {
  for (size_t i = 0; i < API_STATES_MAX; i++) {
    struct json_slice name = request->states[i], id = json_scan_get(name, "id");
    if (json_scan_has_text(id.data ? id : name)) return id.data ? id : name;
  }
  return (struct json_slice){NULL, 0};
}

// false: there are no messages.
static bool find_chat(struct session_table *table, const struct api_dialect *dialect,
                      const struct api_request_facts *request, struct conversation_place *out,
                      int32_t *found) {
  struct json_slice messages = request->prompt, context = kept_context(request);
  struct walk walk = {.table = table, .digest = after_system(request->system), .found = NOWHERE};
  bool is_text = dialect->or_text && json_scan_has_text(messages);
  if (!is_text && !json_scan_at(messages, 0).data) return false;
  if (is_text) {
    struct conversation_text text = CONVERSATION_TEXT, calls = CONVERSATION_TEXT;
    text_add_json(&text, messages);
    walk_message(&walk, (struct json_slice){"user", 4}, &text, &calls);
  } else if (dialect->or_text) {
    walk_items(&walk, messages);
  } else {
    walk_messages(&walk, messages);
  }
  out->messages = walk.digest;
  out->has_context = context.data != NULL;
  *found = out->has_context ? find(table, context_digest(context)) : walk.found;
  return true;
}

void conversation_find(struct session_table *table, enum api api, const struct api_request_facts *request,
                       struct conversation_place *out) {
  int32_t found = NOWHERE;
  *out = (struct conversation_place){.api = api};
  const struct api_dialect *dialect = api_dialect(api);
  if (dialect->is_chat) {
    if (!find_chat(table, dialect, request, out, &found)) return;
  } else if (api_generates_text(api)) {
    if (!json_scan_has_text(request->prompt)) return;
    out->has_context = json_scan_at(request->context, 0).data != NULL;
    found = find_prompt(table, request->prompt, &out->prompt);
    if (out->has_context) found = find(table, context_digest(request->context));
  } else {
    return;
  }
  out->session = found == NOWHERE ? ++table->last : table->entries[found].session;
  if (found == NOWHERE && out->has_context && dialect->is_chat) // known from its first request on
    keep_place(table, context_digest(kept_context(request)), out->session, LENGTHS);
  if (found == NOWHERE) return;
  table->entries[found].has_gone_on = true;
  use(table, found);
}

// Where a chat stands after its answer. NULL: after any.
static void chat_answered(struct session_table *table, const struct conversation_place *place,
                          const struct conversation_answer *answer) {
  if (!answer) {
    keep_place(table, combine(place->messages, SEED_ANY_ANSWER), place->session, LENGTHS);
  } else if (answer->text.len + answer->calls.len > 0) {
    uint64_t digest = after_message(place->messages, assistant, &answer->text, &answer->calls);
    keep_place(table, digest, place->session, LENGTHS);
  }
}

void conversation_answered(struct session_table *table, const struct conversation_place *place,
                           const struct conversation_answer *answer) {
  if (place->session == 0) return;
  bool is_chat = api_dialect(place->api)->is_chat;
  if (is_chat && !place->has_context) chat_answered(table, place, answer);
  if (!answer) return;
  if (!is_chat && answer->text.len > 0 && !place->has_context) {
    struct conversation_text all = text_join(place->prompt, answer->text);
    keep_place(table, combine(SEED_PROMPT, all.sum), place->session, (uint32_t)(all.len % LENGTHS));
  }
  if (answer->context.len > 0)
    keep_place(table, combine(SEED_CONTEXT, answer->context.sum), place->session, LENGTHS);
}
