// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a response's bytes to its record.
#include <stdlib.h>
#include <string.h>

#include "capture/recorder_entry.h"

// Bytes kept to read the counts of a response that is no stream.
#define RESPONSE_MOST ((size_t)4 * 1024 * 1024)
#define SECRET_LEAST 4 // bytes; a shorter value is no secret worth the name

void recorder_head(struct recorder_entry *entry, int status, struct json_slice content_type,
                   struct json_slice content_encoding) {
  if (!entry || entry->skipped || entry->responding) return;
  entry->responding = true;
  if (content_encoding.data) entry->answer.coding = inflate_coding_of(content_encoding);
  response_open(&entry->response, entry->api, status, content_type, content_encoding, RESPONSE_MOST);
}

void recorder_data(struct recorder_entry *entry, const char *data, size_t len, int64_t now_ns) {
  if (!entry || !entry->responding) return;
  response_feed(&entry->response, data, len, now_ns);
  struct recorder *recorder = entry->recorder;
  if (recorder->options.keep_answers && !recorder->options.anonymize)
    recorder_body_add(recorder, &entry->answer, data, len);
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

// The same in bytes of any kind. JSON that is none any more because of that is recorded as text.
static void hide_secrets_in_body(const struct recorder_entry *entry, struct buf *bytes) {
  const char *end = entry->secrets.data + entry->secrets.len;
  for (const char *secret = entry->secrets.data; secret && secret < end; secret += strlen(secret) + 1) {
    size_t len = strlen(secret);
    char *at = bytes->data, *stop = bytes->data + bytes->len;
    while (len >= SECRET_LEAST && (at = memmem(at, (size_t)(stop - at), secret, len)) != NULL) {
      memset(at, '*', len);
      at += len;
    }
  }
}

// Takes the gathered body over into the record; `clean` holds its text.
static void add_answer(struct recorder_entry *entry, struct trace_response *record, struct buf *clean) {
  struct recorder *recorder = entry->recorder;
  struct recorder_body *answer = &entry->answer;
  recorder_body_decode(recorder, answer);
  if (answer->bytes.len) hide_secrets_in_body(entry, &answer->bytes);
  record->body_kind = recorder_body_clean(recorder, answer, clean);
  record->body = (struct json_slice){clean->data, clean->len};
  record->body_truncated = answer->state != RECORDER_BODY_KEPT;
  if (!clean->status) return;
  record->body_kind = TRACE_BODY_NONE;
  record->body_truncated = true;
}

static int64_t since(int64_t from_ns, int64_t to_ns) {
  return from_ns >= 0 && to_ns >= 0 ? to_ns - from_ns : -1;
}

static void write_held_request(struct recorder_entry *entry, struct trace_response *response) {
  struct recorder *recorder = entry->recorder;
  anonymize_take_counts(response, &entry->anonymous);
  entry->anonymous.t_ns = entry->arrived_ns - recorder->start_ns; // a new segment may have begun meanwhile
  *response = anonymize_response(response);
  trace_format_request(&recorder->line, &entry->anonymous);
  recorder_write(recorder, true);
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
      .token_source = source ? recorder_text(source) : (struct json_slice){0},
      .finish = found->finish[0] ? recorder_text(found->finish) : (struct json_slice){0},
      .events = found->text_events,
      .bytes = found->bytes,
      .error = failure ? recorder_text(failure) : (struct json_slice){0},
      .aborted_by = ending->aborted_by ? recorder_text(ending->aborted_by) : (struct json_slice){0},
      .attempts = ending->attempts,
      .error_text = found->error_text[0] ? recorder_text(found->error_text) : (struct json_slice){0},
  };
  struct buf clean = {0};
  add_answer(entry, &record, &clean);
  if (recorder->options.anonymize) write_held_request(entry, &record);
  trace_format_response(&recorder->line, &record);
  recorder_write(recorder, false);
  buf_free(&clean);
}

void recorder_end(struct recorder_entry *entry, const struct recorder_ending *ending) {
  if (!entry) return;
  if (entry->seq >= 0) {
    struct json_slice none = {0};
    recorder_head(entry, ending->status, none, none); // a head that never came
    write_response(entry, ending);
  }
  recorder_entry_free(entry);
}
