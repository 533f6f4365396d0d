// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/recorder_entry.h"

#include <stdlib.h>
#include <string.h>

#include "capture/content/record_policy.h"
#include "capture/record/secret_search.h"
#include "lib/http/base64.h"
#include "lib/json/json_write.h"
#include "lib/record/redact.h"

#define CONVERSATION_ID_MAX 256 // bytes of a client's own id that are kept
#define FEW_SECRETS_BYTES 512   // one search for each is less work up to there

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

static void remember(struct recorder_entry *entry, const char *value, size_t len) {
  buf_append(&entry->secrets, value, len);
  buf_append_char(&entry->secrets, '\0');
}

// The password of "Basic dXNlcjpwYXNzd29yZA==" (RFC 7617).
static void remember_password(struct recorder_entry *entry, struct json_slice code) {
  struct buf plain = {0};
  const char *colon = NULL;
  if (base64_decode(code, &plain) && plain.len > 0) colon = memchr(plain.data, ':', plain.len);
  if (colon && json_is_utf8(plain.data, plain.len))
    remember(entry, colon + 1, (size_t)(plain.data + plain.len - colon - 1));
  buf_free(&plain);
}

// A secret header's value, word by word: of "Bearer sk-..." what follows the scheme, of "a=1; b=2" each
// value.
static void remember_words(struct recorder_entry *entry, const char *value, size_t len) {
  const char *end = value + len;
  for (const char *at = value; at < end;) {
    const char *stop = at;
    while (stop < end && *stop != ' ' && *stop != ';' && *stop != ',')
      stop++;
    bool is_scheme = at == value && stop < end && *stop == ' ';
    const char *equals = memchr(at, '=', (size_t)(stop - at));
    if (!is_scheme && stop > at) remember(entry, at, (size_t)(stop - at));
    if (equals && equals + 1 < stop && equals[1] != '=')
      remember(entry, equals + 1, (size_t)(stop - equals - 1));
    if (is_scheme && stop - at == 5 && strncasecmp(at, "basic", 5) == 0)
      remember_password(entry, (struct json_slice){stop + 1, (size_t)(end - stop - 1)});
    at = stop + 1;
  }
}

static void remember_secrets(struct recorder_entry *entry, const struct head *head) {
  redact_target_secrets(entry->recorder->options.redact, head->target, &entry->secrets);
  for (size_t i = 0; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    if (redact_is_secret_header(field->name, field->name_len))
      remember_words(entry, field->value, field->value_len);
  }
}

static void cover(char *bytes, size_t len, const char *secret) {
  size_t secret_len = strlen(secret);
  char *stop = bytes + len, *at = bytes;
  while ((at = memmem(at, (size_t)(stop - at), secret, secret_len)) != NULL) {
    memset(at, '*', secret_len);
    at += secret_len;
  }
}

// The end of the bytes is the beginning of the secret, of at least `least` bytes.
static void cover_cut(char *bytes, size_t len, const char *secret, size_t least) {
  size_t secret_len = strlen(secret);
  char *stop = bytes + len;
  for (char *at = len > secret_len ? stop - secret_len : bytes; (size_t)(stop - at) >= least; at++) {
    size_t left = (size_t)(stop - at);
    if (left < secret_len && memcmp(at, secret, left) == 0) memset(at, '*', left);
  }
}

void recorder_hide_secrets(const struct recorder_entry *entry, char *bytes, size_t len, size_t least,
                           bool is_cut) {
  const struct buf *secrets = &entry->secrets;
  const char *end = secrets->data + secrets->len;
  bool is_done =
      secrets->len > FEW_SECRETS_BYTES && secret_search_cover(secrets->data, secrets->len, least, bytes, len);
  if (len < least) return;
  for (const char *secret = secrets->data; secret && secret < end; secret += strlen(secret) + 1) {
    if (strlen(secret) < least) continue;
    if (!is_done) cover(bytes, len, secret);
    if (is_cut) cover_cut(bytes, len, secret, least);
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
    recorder_hide_secrets(entry, entry->target, strlen(entry->target), RECORDER_BODY_SECRET_MIN, false);
  write_headers(entry, head);
  if (entry->headers.len)
    recorder_hide_secrets(entry, entry->headers.data, entry->headers.len, RECORDER_BODY_SECRET_MIN, false);
  const struct head_field *id = head_find(head, HEAD_X_SESSION_ID);
  if (id && id->value_len <= CONVERSATION_ID_MAX)
    record_policy_session((struct json_slice){id->value, id->value_len}, &entry->session);
  if (entry->session.len)
    recorder_hide_secrets(entry, entry->session.data, entry->session.len, RECORDER_BODY_SECRET_MIN, false);
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
