// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/recorder_entry.h"

#include <stdlib.h>
#include <string.h>

#include "capture/redact.h"
#include "lib/base/json_write.h"
#include "lib/llm/inflate.h"

#define SESSION_ID_MOST 256 // bytes of a client's own id that are kept
#define RESPONSE_MOST                                                                                        \
  ((size_t)4 * 1024 * 1024) // bytes kept to read the counts of a response that is no stream
#define SECRET_LEAST 4      // bytes; a shorter value is no secret worth the name

enum body_state { BODY_KEPT, BODY_TOO_LONG, BODY_UNREADABLE, BODY_DROPPED };

struct recorder_entry {
  struct recorder *recorder;
  int64_t arrived_ns;
  int64_t seq;  // -1: no request record (yet)
  bool skipped; // by --sample
  char *method, *target;
  struct buf headers; // the JSON object of the record
  struct buf session; // the client's own id
  struct buf secrets; // values of secret headers, each with its NUL: a server may repeat them
  bool is_form;
  enum inflate_coding coding;
  struct buf body;
  enum body_state body_state;
  int64_t body_bytes;
  enum api api;
  struct trace_request anonymous; // waits for the response when anonymising
  struct buf anonymous_texts;     // what its slices point to
  bool responding;                // `response` is open
  struct response response;
};

static bool is_kept_header(const struct recorder *recorder, const struct guard_field *field) {
  static const char *const names[] = {"content-type", "accept",       "user-agent",  "anthropic-version",
                                      "openai-beta",  "x-request-id", "x-session-id"};
  if (redact_is_secret_header(field->name, field->name_len)) return false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (guard_field_is(field, names[i])) return true;
  }
  return names_have(recorder->options.keep_headers, field->name, field->name_len);
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
  json_write_text(w, joined.data ? joined.data : "", joined.len);
  buf_free(&joined);
}

static void write_headers(struct recorder_entry *entry, const struct guard_request *request) {
  struct json_writer w = JSON_WRITER(&entry->headers);
  json_write_object(&w);
  for (size_t i = 0; i < request->field_count; i++) {
    const struct guard_field *field = &request->fields[i];
    if (!is_kept_header(entry->recorder, field) || stands_before(request, i)) continue;
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
  if (id && id->value_len <= SESSION_ID_MOST) buf_append(&entry->session, id->value, id->value_len);
  const struct guard_field *type = guard_find(request, "Content-Type");
  static const char form[] = "application/x-www-form-urlencoded";
  entry->is_form =
      type && type->value_len >= sizeof form - 1 && strncasecmp(type->value, form, sizeof form - 1) == 0;
  const struct guard_field *coding = guard_find(request, "Content-Encoding");
  entry->coding =
      coding ? inflate_coding_of((struct json_slice){coding->value, coding->value_len}) : INFLATE_IDENTITY;
  return entry->method && entry->target && !entry->headers.status && !entry->secrets.status &&
         !entry->session.status;
}

static void free_entry(struct recorder_entry *entry) {
  entry->recorder->held_bytes -= entry->body.len;
  free(entry->method);
  free(entry->target);
  buf_free(&entry->headers);
  buf_free(&entry->session);
  buf_free(&entry->secrets);
  buf_free(&entry->body);
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
  entry->arrived_ns = arrived_ns;
  entry->seq = -1;
  entry->api = api_from_path(request->method, request->target);
  if (!read_request(entry, request)) {
    recorder->dropped += 2;
    free_entry(entry);
    return NULL;
  }
  return entry;
}

static void give_up_body(struct recorder_entry *entry, enum body_state why) {
  entry->recorder->held_bytes -= entry->body.len;
  entry->body_state = why;
  buf_free(&entry->body);
}

void recorder_body(struct recorder_entry *entry, const char *data, size_t len) {
  if (!entry) return;
  entry->body_bytes += (int64_t)len;
  if (entry->body_state != BODY_KEPT || len == 0) return;
  struct recorder *recorder = entry->recorder;
  if (entry->body.len + len > recorder->options.max_body_bytes) {
    give_up_body(entry, BODY_TOO_LONG);
    return;
  }
  size_t queued = (size_t)gzline_writer_counts(recorder->writer).queued_bytes;
  if (recorder->held_bytes + queued + len > recorder->options.queue_bytes ||
      buf_append(&entry->body, data, len)) {
    give_up_body(entry, BODY_DROPPED);
    return;
  }
  recorder->held_bytes += len;
}

static void take_plain(void *context, const char *data, size_t len) {
  buf_append(context, data, len);
}

// Replaces a compressed body by what it holds, so that secrets in it are found. What cannot be read is not
// recorded.
static void decode_body(struct recorder_entry *entry) {
  if (entry->coding == INFLATE_IDENTITY || entry->body_state != BODY_KEPT || entry->body.len == 0) return;
  struct buf plain = BUF_LIMIT(entry->recorder->options.max_body_bytes);
  struct inflate *inflate =
      entry->coding == INFLATE_UNKNOWN ? NULL : inflate_open(entry->coding, take_plain, &plain);
  bool read = inflate && inflate_feed(inflate, entry->body.data, entry->body.len) == STATUS_OK &&
              inflate_ended(inflate) && plain.status == STATUS_OK;
  inflate_close(inflate);
  if (!read) {
    buf_free(&plain);
    give_up_body(entry, plain.status == STATUS_LIMIT ? BODY_TOO_LONG : BODY_UNREADABLE);
    return;
  }
  entry->recorder->held_bytes += plain.len;
  entry->recorder->held_bytes -= entry->body.len;
  buf_free(&entry->body);
  entry->body = plain;
}

static void append_base64(struct buf *out, const char *data, size_t len) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < len; i += 3) {
    unsigned bits = (unsigned)(unsigned char)data[i] << 16;
    if (i + 1 < len) bits |= (unsigned)(unsigned char)data[i + 1] << 8;
    if (i + 2 < len) bits |= (unsigned char)data[i + 2];
    char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63], i + 1 < len ? digits[bits >> 6 & 63] : '=',
                    i + 2 < len ? digits[bits & 63] : '='};
    buf_append(out, four, sizeof four);
  }
}

// The body as the record has it, without secrets.
static enum trace_body clean_body(const struct recorder_entry *entry, struct buf *out) {
  const struct names *redact = entry->recorder->options.redact;
  const struct buf *body = &entry->body;
  struct json_slice value;
  if (body->len == 0) return TRACE_BODY_NONE;
  if (json_scan_text(body->data, body->len, &value, NULL) == STATUS_OK &&
      json_is_utf8(value.data, value.len)) {
    redact_json(redact, value, out);
    return TRACE_BODY_JSON;
  }
  if (!json_is_utf8(body->data, body->len)) {
    append_base64(out, body->data, body->len);
    return TRACE_BODY_BASE64;
  }
  if (entry->is_form) {
    redact_form(redact, body->data, body->len, out);
  } else {
    redact_text(redact, body->data, body->len, out);
  }
  return TRACE_BODY_TEXT;
}

// Whether the session is among the recorded share. A session's requests are all in or all out.
static bool is_sampled(struct recorder *recorder, const struct buf *session) {
  if (recorder->options.sample >= 1) return true;
  recorder->unnamed += session->len == 0;
  uint64_t digest = session->len ? session_digest(session->data, session->len)
                                 : session_digest((const char *)&recorder->unnamed, sizeof recorder->unnamed);
  return (double)(digest >> 11) * 0x1p-53 < recorder->options.sample;
}

static void find_session(struct recorder_entry *entry, struct json_slice body) {
  if (entry->session.len || (entry->api != API_OPENAI_CHAT && entry->api != API_OLLAMA_CHAT)) return;
  int64_t number = session_of(entry->recorder->sessions, json_scan_get(body, "messages"));
  if (number > 0) buf_printf(&entry->session, "c%lld", (long long)number);
}

static struct json_slice slice_of(const struct buf *buf) {
  return buf->len ? (struct json_slice){buf->data, buf->len} : (struct json_slice){0};
}

static struct json_slice text_slice(const char *text) {
  return (struct json_slice){text, strlen(text)};
}

// Keeps what is left of a request until its response has come.
static void hold_request(struct recorder_entry *entry, const struct trace_request *record) {
  struct recorder *recorder = entry->recorder;
  struct anonymize *anonymize = recorder->options.anonymize;
  if (anonymize_request(anonymize, record, NULL, &entry->anonymous_texts, &entry->anonymous, NULL) ==
      STATUS_OK)
    return;
  recorder->dropped += 2;
  entry->seq = -1;
  entry->skipped = true;
}

static void write_held_request(struct recorder_entry *entry, struct trace_response *response) {
  struct recorder *recorder = entry->recorder;
  anonymize_take_counts(response, &entry->anonymous);
  *response = anonymize_response(response);
  trace_format_request(&recorder->line, &entry->anonymous);
  recorder_write(recorder, true);
}

static void write_request(struct recorder_entry *entry, enum trace_body kind, struct json_slice body) {
  struct recorder *recorder = entry->recorder;
  struct api_request_facts facts = {0};
  struct buf model = {0};
  if (kind == TRACE_BODY_JSON) {
    api_request_facts(entry->api, body.data, body.len, &facts);
    json_scan_string(json_scan_get(body, "model"), &model);
  }
  entry->seq = recorder->next_seq++;
  bool keeps = recorder->options.keep_bodies || recorder->options.anonymize;
  struct trace_request record = {
      .seq = entry->seq,
      .t_ns = entry->arrived_ns - recorder->start_ns,
      .session = slice_of(&entry->session),
      .method = text_slice(entry->method),
      .path = text_slice(entry->target),
      .headers = slice_of(&entry->headers),
      .api = text_slice(api_name(entry->api)),
      .model = slice_of(&model),
      .body_kind = keeps ? kind : TRACE_BODY_NONE,
      .body = keeps ? body : (struct json_slice){0},
      .body_truncated = entry->body_state != BODY_KEPT,
      .body_bytes = entry->body_bytes,
      .stream = facts.stream,
      .input_tokens = -1,
      .output_tokens = -1,
      .block_tokens = -1,
  };
  if (recorder->options.anonymize) {
    hold_request(entry, &record);
  } else {
    trace_format_request(&recorder->line, &record);
    recorder_write(recorder, true);
  }
  buf_free(&model);
}

void recorder_request_complete(struct recorder_entry *entry) {
  if (!entry || entry->seq >= 0 || entry->skipped) return;
  struct recorder *recorder = entry->recorder;
  struct buf clean = {0};
  decode_body(entry);
  enum trace_body kind = clean_body(entry, &clean);
  struct json_slice body = slice_of(&clean);
  if (!entry->responding) entry->api = api_from_request(entry->method, entry->target, body.data, body.len);
  if (kind == TRACE_BODY_JSON) find_session(entry, body);
  if (entry->body_state == BODY_DROPPED || clean.status || entry->session.status) {
    recorder->dropped += 2; // the response would stand alone
    entry->skipped = true;
  } else if (!is_sampled(recorder, &entry->session) ||
             (recorder->options.anonymize && !api_generates_text(entry->api))) {
    entry->skipped = true;
  } else {
    write_request(entry, kind, body);
  }
  buf_free(&clean);
  recorder->held_bytes -= entry->body.len;
  buf_free(&entry->body);
}

void recorder_head(struct recorder_entry *entry, int status, struct json_slice content_type,
                   struct json_slice content_encoding) {
  if (!entry || entry->skipped || entry->responding) return;
  entry->responding = true;
  response_open(&entry->response, entry->api, status, content_type, content_encoding, RESPONSE_MOST);
}

void recorder_data(struct recorder_entry *entry, const char *data, size_t len, int64_t now_ns) {
  if (!entry || !entry->responding) return;
  response_feed(&entry->response, data, len, now_ns);
}

// Covers every place of `words` where the secret stands, also one that the end of the words cuts.
static void hide_secret(char *words, const char *secret) {
  size_t len = strlen(secret);
  for (char *at = words; strlen(at) >= SECRET_LEAST; at++) {
    size_t same = 0;
    while (same < len && at[same] == secret[same])
      same++;
    if (same >= SECRET_LEAST && (same == len || at[same] == '\0')) memset(at, '*', same);
  }
}

// A server may repeat a key in its words ("invalid key sk-...").
static void hide_secrets(const struct recorder_entry *entry, char *words) {
  const char *end = entry->secrets.data + entry->secrets.len;
  for (const char *secret = entry->secrets.data; secret && secret < end; secret += strlen(secret) + 1)
    hide_secret(words, secret);
}

static int64_t since(int64_t from_ns, int64_t to_ns) {
  return from_ns >= 0 && to_ns >= 0 ? to_ns - from_ns : -1;
}

static void write_response(struct recorder_entry *entry, const struct recorder_ending *ending) {
  struct recorder *recorder = entry->recorder;
  struct response *found = &entry->response;
  response_finish(found, ending->transport);
  hide_secrets(entry, found->error_text);
  const char *source = token_source_name(found->token_source);
  const char *failure = failure_name(found->failure);
  struct trace_response record = {
      .seq = entry->seq,
      .t_ns = ending->done_ns - recorder->start_ns,
      .status = ending->status > 0 ? ending->status : -1,
      .ttfb_ns = since(ending->sent_ns, ending->first_byte_ns),
      .ttft_ns = since(ending->sent_ns, found->first_text_ns),
      .latency_ns = since(ending->sent_ns, ending->done_ns),
      .input_tokens = found->input_tokens,
      .output_tokens = found->output_tokens,
      .cached_tokens = found->cached_tokens,
      .token_source = source ? text_slice(source) : (struct json_slice){0},
      .finish = found->finish[0] ? text_slice(found->finish) : (struct json_slice){0},
      .events = found->text_events,
      .bytes = found->bytes,
      .error = failure ? text_slice(failure) : (struct json_slice){0},
      .aborted_by = ending->aborted_by ? text_slice(ending->aborted_by) : (struct json_slice){0},
      .attempts = ending->attempts,
      .error_text = found->error_text[0] ? text_slice(found->error_text) : (struct json_slice){0},
  };
  if (recorder->options.anonymize) write_held_request(entry, &record);
  trace_format_response(&recorder->line, &record);
  recorder_write(recorder, false);
}

void recorder_end(struct recorder_entry *entry, const struct recorder_ending *ending) {
  if (!entry) return;
  if (entry->seq >= 0) {
    struct json_slice none = {0};
    recorder_head(entry, ending->status, none, none); // a head that never came
    write_response(entry, ending);
  }
  free_entry(entry);
}
