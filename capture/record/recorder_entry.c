// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/recorder_entry.h"

#include <stdlib.h>
#include <string.h>

#include "capture/content/record_policy.h"
#include "lib/json/json_write.h"
#include "lib/record/carried.h"
#include "lib/record/redact.h"

#define CONVERSATION_ID_MAX 256 // bytes of a client's own id that are kept

struct json_slice recorder_text(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

static bool same_name(const struct head_field *a, const struct head_field *b) {
  return a->name_len == b->name_len && strncasecmp(a->name, b->name, a->name_len) == 0;
}

static bool stands_before(const struct head *head, size_t which) {
  for (size_t i = 0; i < which; i++) {
    if (same_name(&head->fields[i], &head->fields[which])) return true;
  }
  return false;
}

// The value of a field, joined with those of later fields of its name (RFC 9110 5.3).
static void write_value(struct json_writer *w, const struct head *head, size_t which) {
  struct buf joined = {0};
  for (size_t i = which; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    if (!same_name(field, &head->fields[which])) continue;
    if (i > which) buf_append_text(&joined, ", ");
    buf_append(&joined, field->value, field->value_len);
  }
  if (joined.status) w->out->status = joined.status;
  struct json_slice kept = record_policy_value((struct json_slice){joined.data, joined.len});
  json_write_text(w, kept.data ? kept.data : "", kept.len);
  buf_free(&joined);
}

static void write_headers(struct recorder_entry *entry, const struct head *head) {
  struct json_writer w = JSON_WRITER(&entry->headers);
  json_write_object(&w);
  for (size_t i = 0; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    if (!record_policy_header(entry->recorder->options.keep_headers, field->name, field->name_len) ||
        stands_before(head, i))
      continue;
    char name[256];
    if (field->name_len >= sizeof name) continue;
    for (size_t c = 0; c < field->name_len; c++) {
      char letter = field->name[c];
      name[c] = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
    }
    name[field->name_len] = '\0';
    json_write_key(&w, name);
    write_value(&w, head, i);
  }
  json_write_object_end(&w);
}

static void remember_secrets(struct recorder_entry *entry, const struct head *head) {
  struct buf values = {0};
  redact_target_secrets(entry->recorder->options.redact, head->target, &values);
  carried_add_all(&entry->secrets, &values);
  buf_free(&values);
  for (size_t i = 0; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    carried_add_header(&entry->secrets, field->name, field->name_len, field->value, field->value_len);
  }
}

static bool read_request(struct recorder_entry *entry, const struct head *head) {
  entry->method = strdup(head->method);
  struct buf target = {0};
  redact_target(entry->recorder->options.redact, head->target, &target);
  entry->target = target.status ? NULL : strdup(buf_text(&target));
  buf_free(&target);
  remember_secrets(entry, head);
  if (entry->target)
    carried_cover(&entry->secrets, CARRIED_BODY_MIN, false, entry->target, strlen(entry->target));
  write_headers(entry, head);
  if (entry->headers.len)
    carried_cover(&entry->secrets, CARRIED_BODY_MIN, false, entry->headers.data, entry->headers.len);
  const struct head_field *id = head_find(head, HEAD_X_SESSION_ID);
  if (id && id->value_len <= CONVERSATION_ID_MAX)
    record_policy_session((struct json_slice){id->value, id->value_len}, &entry->session);
  if (entry->session.len)
    carried_cover(&entry->secrets, CARRIED_BODY_MIN, false, entry->session.data, entry->session.len);
  const struct head_field *type = head_find(head, HEAD_CONTENT_TYPE);
  entry->body.is_form = type && record_policy_is_form(type->value, type->value_len);
  const struct head_field *coding = head_find(head, HEAD_CONTENT_ENCODING);
  entry->body.coding =
      coding ? inflate_coding_of((struct json_slice){coding->value, coding->value_len}) : INFLATE_IDENTITY;
  return entry->method && entry->target && !entry->headers.status && !entry->secrets.status &&
         !entry->session.status;
}

void recorder_entry_free(struct recorder_entry *entry) {
  struct recorder *recorder = entry->recorder;
  pthread_mutex_lock(&recorder->entries_lock);
  if (entry->previous) entry->previous->next = entry->next;
  if (entry->next) entry->next->previous = entry->previous;
  if (recorder->first == entry) recorder->first = entry->next;
  pthread_mutex_unlock(&recorder->entries_lock);
  free(entry->method);
  free(entry->target);
  buf_free(&entry->headers);
  buf_free(&entry->session);
  buf_free(&entry->secrets);
  recorder_body_free(recorder, &entry->body);
  recorder_body_free(recorder, &entry->answer);
  buf_free(&entry->anonymous_texts);
  response_close(&entry->response);
  free(entry);
}

static bool is_wanted(const struct recorder_options *options, const char *target) {
  size_t len = strcspn(target, "?");
  char *path = strndup(target, len);
  if (!path) return true;
  bool wanted = (options->include->count == 0 || names_match(options->include, path)) &&
                !names_match(options->exclude, path);
  free(path);
  return wanted;
}

struct recorder_entry *recorder_begin(struct recorder *recorder, const struct head *head,
                                      int64_t arrived_ns) {
  if (!is_wanted(&recorder->options, head->target)) return NULL;
  struct recorder_entry *entry = calloc(1, sizeof *entry);
  if (!entry) {
    recorder->dropped += 2;
    return NULL;
  }
  entry->recorder = recorder;
  entry->arrived_ns = arrived_ns;
  entry->seq = -1;
  entry->api = entry->asked = api_from_path(head->method, head->target);
  entry->request_job = (struct record_task){.run = recorder_make_request, .context = entry};
  entry->heard = CONVERSATION_ANSWER;
  entry->answer_job = (struct record_task){.run = recorder_take_answer, .context = entry};
  entry->end_job = (struct record_task){.run = recorder_make_response, .context = entry};
  pthread_mutex_lock(&recorder->entries_lock);
  entry->next = recorder->first;
  if (entry->next) entry->next->previous = entry;
  recorder->first = entry;
  pthread_mutex_unlock(&recorder->entries_lock);
  if (!read_request(entry, head)) {
    recorder->dropped += 2;
    recorder_entry_free(entry);
    return NULL;
  }
  return entry;
}
