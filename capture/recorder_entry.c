// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/recorder_entry.h"

#include <stdlib.h>
#include <string.h>

#include "capture/keep.h"
#include "lib/base/json_write.h"
#include "lib/record/redact.h"

#define SESSION_ID_MOST 256 // bytes of a client's own id that are kept

struct json_slice recorder_text(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

static bool same_name(const struct guard_field *a, const struct guard_field *b) {
  return a->name_len == b->name_len && strncasecmp(a->name, b->name, a->name_len) == 0;
}

static bool stands_before(const struct guard_request *request, size_t which) {
  for (size_t i = 0; i < which; i++) {
    if (same_name(&request->fields[i], &request->fields[which])) return true;
  }
  return false;
}

// The value of a field, joined with those of later fields of its name (RFC 9110 5.3).
static void write_value(struct json_writer *w, const struct guard_request *request, size_t which) {
  struct buf joined = {0};
  for (size_t i = which; i < request->field_count; i++) {
    const struct guard_field *field = &request->fields[i];
    if (!same_name(field, &request->fields[which])) continue;
    if (i > which) buf_append_text(&joined, ", ");
    buf_append(&joined, field->value, field->value_len);
  }
  if (joined.status) w->out->status = joined.status;
  struct json_slice kept = keep_value((struct json_slice){joined.data, joined.len});
  json_write_text(w, kept.data ? kept.data : "", kept.len);
  buf_free(&joined);
}

static void write_headers(struct recorder_entry *entry, const struct guard_request *request) {
  struct json_writer w = JSON_WRITER(&entry->headers);
  json_write_object(&w);
  for (size_t i = 0; i < request->field_count; i++) {
    const struct guard_field *field = &request->fields[i];
    if (!keep_header(entry->recorder->options.keep_headers, field->name, field->name_len) ||
        stands_before(request, i))
      continue;
    char name[256];
    if (field->name_len >= sizeof name) continue;
    for (size_t c = 0; c < field->name_len; c++) {
      char letter = field->name[c];
      name[c] = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
    }
    name[field->name_len] = '\0';
    json_write_key(&w, name);
    write_value(&w, request, i);
  }
  json_write_object_end(&w);
}

// Remembers a secret header's value and, of "Bearer sk-...", the part that matters.
static void remember_secrets(struct recorder_entry *entry, const struct guard_request *request) {
  redact_target_secrets(entry->recorder->options.redact, request->target, &entry->secrets);
  for (size_t i = 0; i < request->field_count; i++) {
    const struct guard_field *field = &request->fields[i];
    if (!redact_is_secret_header(field->name, field->name_len)) continue;
    const char *space = memrchr(field->value, ' ', field->value_len);
    const char *from = space ? space + 1 : field->value;
    buf_append(&entry->secrets, from, field->value_len - (size_t)(from - field->value));
    buf_append_char(&entry->secrets, '\0');
  }
}

static bool read_request(struct recorder_entry *entry, const struct guard_request *request) {
  entry->method = strdup(request->method);
  struct buf target = {0};
  redact_target(entry->recorder->options.redact, request->target, &target);
  entry->target = target.status ? NULL : strdup(buf_text(&target));
  buf_free(&target);
  write_headers(entry, request);
  remember_secrets(entry, request);
  const struct guard_field *id = guard_find(request, "X-Session-Id");
  if (id && id->value_len <= SESSION_ID_MOST)
    keep_session((struct json_slice){id->value, id->value_len}, &entry->session);
  const struct guard_field *type = guard_find(request, "Content-Type");
  entry->body.is_form = type && keep_is_form(type->value, type->value_len);
  const struct guard_field *coding = guard_find(request, "Content-Encoding");
  entry->body.coding =
      coding ? inflate_coding_of((struct json_slice){coding->value, coding->value_len}) : INFLATE_IDENTITY;
  return entry->method && entry->target && !entry->headers.status && !entry->secrets.status &&
         !entry->session.status;
}

void recorder_entry_free(struct recorder_entry *entry) {
  if (entry->previous) entry->previous->next = entry->next;
  if (entry->next) entry->next->previous = entry->previous;
  if (entry->recorder->first == entry) entry->recorder->first = entry->next;
  free(entry->method);
  free(entry->target);
  buf_free(&entry->headers);
  buf_free(&entry->session);
  buf_free(&entry->secrets);
  recorder_body_free(entry->recorder, &entry->body);
  recorder_body_free(entry->recorder, &entry->answer);
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

struct recorder_entry *recorder_begin(struct recorder *recorder, const struct guard_request *request,
                                      int64_t arrived_ns) {
  if (!is_wanted(&recorder->options, request->target)) return NULL;
  struct recorder_entry *entry = calloc(1, sizeof *entry);
  if (!entry) {
    recorder->dropped += 2;
    return NULL;
  }
  entry->recorder = recorder;
  entry->next = recorder->first;
  if (entry->next) entry->next->previous = entry;
  recorder->first = entry;
  entry->arrived_ns = arrived_ns;
  entry->seq = -1;
  entry->api = api_from_path(request->method, request->target);
  if (!read_request(entry, request)) {
    recorder->dropped += 2;
    recorder_entry_free(entry);
    return NULL;
  }
  return entry;
}
