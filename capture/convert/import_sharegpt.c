// SPDX-License-Identifier: GPL-3.0-or-later
//
// ShareGPT's conversations: a JSON array of {"id", "system", "conversations": [{"from", "value"}]}, or
// "messages" of {"role", "content"}. Every human turn becomes a chat request with the history before it; the
// conversation is the session. They have no times: all stand at 0.
#include "capture/convert/import_parts.h"
#include "lib/json/json_write.h"

struct conversation {
  struct json_slice id, system, turns, messages;
};

static const struct field fields[] = {
    FIELD(conversation, id, "id", FIELD_JSON),
    FIELD(conversation, system, "system", FIELD_JSON),
    FIELD(conversation, turns, "conversations", FIELD_ARRAY),
    FIELD(conversation, messages, "messages", FIELD_ARRAY),
    FIELD_END,
};

struct turn {
  struct json_slice from, value, role, content;
};

static const struct field turn_fields[] = {
    FIELD(turn, from, "from", FIELD_TEXT),
    FIELD(turn, value, "value", FIELD_JSON),
    FIELD(turn, role, "role", FIELD_TEXT),
    FIELD(turn, content, "content", FIELD_JSON),
    FIELD_END,
};

// The role of chat APIs; NULL: unknown.
static const char *role_of(struct json_slice from) {
  static const struct {
    const char *from, *role;
  } roles[] = {{"human", "user"},        {"user", "user"},           {"gpt", "assistant"},
               {"chatgpt", "assistant"}, {"bing", "assistant"},      {"bard", "assistant"},
               {"model", "assistant"},   {"assistant", "assistant"}, {"system", "system"}};
  for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
    if (json_slice_is(from, roles[i].from)) return roles[i].role;
  }
  return NULL;
}

static enum status read_turn(struct json_slice element, struct buf *scratch, struct json_slice *value,
                             const char **role, struct error *error) {
  struct turn turn = {0};
  enum status status = field_read_object(element, turn_fields, &turn, scratch, error);
  if (status) return status;
  bool has_from = turn.from.data != NULL;
  if (!has_from && !turn.role.data) return status_fail(error, STATUS_FORMAT, "\"from\" is missing");
  *role = role_of(has_from ? turn.from : turn.role);
  *value = has_from ? turn.value : turn.content;
  if (!*role)
    return status_fail(error, STATUS_FORMAT, "\"%s\" is none of %s", has_from ? "from" : "role",
                       has_from ? "human, gpt and system" : "user, assistant and system");
  if (json_scan_kind(*value) != JSON_STRING)
    return status_fail(error, STATUS_FORMAT, "\"%s\" is %s", has_from ? "value" : "content",
                       value->data ? "not a string" : "missing");
  return STATUS_OK;
}

// The same for all turns first: a conversation is taken whole or not at all.
static enum status check_turns(struct json_slice turns, struct buf *scratch, struct error *error) {
  struct json_scan scan = json_scan_start(turns);
  struct json_slice element, value;
  const char *role;
  for (int number = 1; json_scan_element(&scan, &element); number++) {
    buf_clear(scratch);
    enum status status = read_turn(element, scratch, &value, &role, error);
    if (status) return status_prefix(error, status, "turn %d", number);
  }
  return STATUS_OK;
}

static enum status write_request(struct import *import, struct json_slice session, const struct buf *messages,
                                 struct error *error) {
  static const char headers[] = "\"content-type\":\"application/json\"";
  struct buf body = {0};
  buf_append_text(&body, "{\"messages\":[");
  buf_append(&body, messages->data, messages->len);
  buf_append_text(&body, "],\"stream\":true}");
  struct import_http http = {.method = {"POST", 4},
                             .url = {"/v1/chat/completions", 20},
                             .headers = {headers, sizeof headers - 1},
                             .body = {body.data, body.len},
                             .session = session};
  enum status status = body.status ? STATUS_MEMORY : import_add_http(import, &http, NULL, error);
  buf_free(&body);
  return status;
}

static void add_message(struct buf *messages, const char *role, struct json_slice content) {
  struct json_writer w = JSON_WRITER(messages);
  w.comma = messages->len > 0;
  json_write_object(&w);
  json_member_string(&w, "role", role);
  json_member_raw(&w, "content", content);
  json_write_object_end(&w);
}

// `system`: a string, or {NULL, 0}.
static enum status add_turns(struct import *import, struct json_slice session, struct json_slice system,
                             struct json_slice turns, struct buf *scratch, struct error *error) {
  struct json_scan scan = json_scan_start(turns);
  struct json_slice element, value;
  const char *role;
  struct buf messages = {0};
  enum status status = STATUS_OK;
  bool asks = false;
  if (system.data) add_message(&messages, "system", system);
  while (status == STATUS_OK && json_scan_element(&scan, &element)) {
    buf_clear(scratch);
    status = read_turn(element, scratch, &value, &role, error);
    if (status) break;
    add_message(&messages, role, value);
    status = messages.status;
    if (status || strcmp(role, "user") != 0) continue;
    asks = true;
    status = write_request(import, session, &messages, error);
  }
  if (status == STATUS_OK && !asks) import_leave_out(import, IMPORT_NO_QUESTION);
  buf_free(&messages);
  return status;
}

static enum status on_conversation(struct import *import, void *state, struct json_slice element,
                                   struct buf *scratch, struct error *error) {
  int64_t *number = state;
  struct conversation found = {0};
  struct buf session = {0};
  ++*number;
  enum status status = field_read_object(element, fields, &found, scratch, error);
  struct json_slice turns = found.turns.data ? found.turns : found.messages, none = {NULL, 0};
  if (status == STATUS_OK && !turns.data)
    status = status_fail(error, STATUS_FORMAT, "\"conversations\" is missing");
  bool has_system = json_scan_kind(found.system) != JSON_NONE && json_scan_kind(found.system) != JSON_NULL;
  if (status == STATUS_OK && has_system && json_scan_kind(found.system) != JSON_STRING)
    status = status_fail(error, STATUS_FORMAT, "\"system\" is not a string");
  struct json_slice system = json_scan_has_text(found.system) ? found.system : none;
  if (status == STATUS_OK) status = check_turns(turns, scratch, error);
  if (status) return status;
  if (!json_scan_string(found.id, &session)) buf_append(&session, found.id.data, found.id.len); // a number
  if (session.len == 0) buf_printf(&session, "s%lld", (long long)*number);
  struct json_slice name = {session.data, session.len};
  status = session.status ? STATUS_MEMORY : add_turns(import, name, system, turns, scratch, error);
  buf_free(&session);
  return status;
}

enum status import_sharegpt(struct import *import, struct error *error) {
  struct buf text = {0};
  struct json_slice root;
  int64_t number = 0;
  enum status status = import_document(import, &text, &root, error);
  if (status == STATUS_OK && json_scan_kind(root) != JSON_ARRAY)
    status = status_fail(error, STATUS_FORMAT, "it is no JSON array of conversations");
  if (status == STATUS_OK)
    status = import_elements(import, &text, root, "conversation", on_conversation, &number, error);
  buf_free(&text);
  return status;
}
