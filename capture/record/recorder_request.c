// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a request's body to its record. The first three functions are the loop's, the rest is the
// record_queue's.
#include <stdlib.h>
#include <string.h>

#include "capture/record/recorder_entry.h"
#include "lib/llm/media.h"
#include "lib/record/carried.h"

// What an entry that waits for the record_queue counts for in --queue, beside its bodies.
#define ENTRY_BYTES (sizeof(struct recorder_entry) + 1024)

void recorder_body(struct recorder_entry *entry, const char *data, size_t len) {
  if (!entry || entry->handed) return;
  entry->body_bytes += (int64_t)len;
  recorder_body_add(entry->recorder, &entry->body, data, len);
}

void recorder_request_complete(struct recorder_entry *entry) {
  if (!entry || entry->handed || entry->skipped) return;
  struct recorder *recorder = entry->recorder;
  if (recorder_has_room(recorder, ENTRY_BYTES)) {
    entry->handed = true;
    recorder->waiting++;
    recorder->held_bytes += ENTRY_BYTES;
    record_queue_post(recorder->record_queue, &entry->request_job);
  } else {
    entry->skipped = true;
    recorder->dropped += 2;
    recorder_body_free(recorder, &entry->body);
  }
}

void recorder_request_incomplete(struct recorder_entry *entry) {
  if (entry->handed || entry->skipped || entry->recorder->options.anonymize) return;
  recorder_body_give_up(entry->recorder, &entry->body, RECORDER_BODY_INCOMPLETE);
  recorder_request_complete(entry);
}

// Whether the session is among the recorded share. A session's requests are all in or all out.
static bool is_sampled(struct recorder *recorder, const struct buf *session) {
  if (recorder->options.sample >= 1) return true;
  recorder->unnamed += session->len == 0;
  uint64_t digest = session->len
                        ? conversation_digest(session->data, session->len)
                        : conversation_digest((const char *)&recorder->unnamed, sizeof recorder->unnamed);
  return (double)(digest >> 11) * 0x1p-53 < recorder->options.sample;
}

static void find_session(struct recorder_entry *entry, const struct api_request_facts *facts) {
  if (entry->session.len) return;
  conversation_find(entry->recorder->sessions, entry->api, facts, &entry->place);
  if (entry->place.session > 0) buf_printf(&entry->session, "c%lld", (long long)entry->place.session);
}

static struct json_slice slice_of(const struct buf *buf) {
  return buf->len ? (struct json_slice){buf->data, buf->len} : (struct json_slice){0};
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

static void format_request(struct buf *line, const void *record, int64_t start_ns) {
  struct trace_request request = *(const struct trace_request *)record;
  request.t_ns -= start_ns;
  trace_format_request(line, &request);
}

void recorder_write_request(struct recorder *recorder, const struct trace_request *request) {
  recorder_write(recorder, format_request, request, true);
}

static void write_request(struct recorder_entry *entry, enum trace_body kind, struct json_slice body,
                          bool streams) {
  struct recorder *recorder = entry->recorder;
  struct buf model = {0};
  if (kind == TRACE_BODY_JSON) json_scan_string(json_scan_get(body, "model"), &model);
  struct media media = media_count(kind == TRACE_BODY_JSON ? body : (struct json_slice){0});
  entry->seq = recorder->next_seq++;
  bool keeps = recorder->options.keep_bodies || recorder->options.anonymize;
  struct trace_request record = {
      .seq = entry->seq,
      .t_ns = entry->arrived_ns,
      .session = slice_of(&entry->session),
      .method = recorder_text(entry->method),
      .path = recorder_text(entry->target),
      .headers = slice_of(&entry->headers),
      .api = recorder_text(api_name(entry->api)),
      .model = slice_of(&model),
      .body_kind = keeps ? kind : TRACE_BODY_NONE,
      .body = keeps ? body : (struct json_slice){0},
      .body_truncated = entry->body.state != RECORDER_BODY_KEPT,
      .body_bytes = entry->body_bytes,
      .stream = streams,
      .input_tokens = -1,
      .output_tokens = -1,
      .block_tokens = -1,
      .media_parts = media.parts,
      .media_bytes = media.bytes,
  };
  if (recorder->options.anonymize) {
    hold_request(entry, &record);
  } else {
    recorder_write_request(recorder, &record);
  }
  buf_free(&model);
}

void recorder_make_request(void *context) {
  struct recorder_entry *entry = context;
  struct recorder *recorder = entry->recorder;
  struct buf clean = {0}, taken = {0};
  recorder_body_decode(recorder, &entry->body);
  carried_cover(&entry->secrets, CARRIED_BODY_MIN, false, entry->body.bytes.data, entry->body.bytes.len);
  enum trace_body kind = recorder_body_clean(recorder, &entry->body, &clean, &taken);
  carried_add_all(&entry->secrets, &taken);
  buf_free(&taken);
  struct json_slice body = slice_of(&clean);
  bool is_json = kind == TRACE_BODY_JSON;
  struct api_request_facts facts;
  api_request_members(entry->api, is_json ? body : (struct json_slice){0}, &facts);
  if (facts.loads_only) api_request_members(entry->api = API_HTTP, body, &facts);
  if (is_json) find_session(entry, &facts);
  if (entry->api == API_HTTP && recorder->options.unknown)
    unknown_apis_note(recorder->options.unknown, recorder_text(entry->method), recorder_text(entry->target));
  if (entry->body.state == RECORDER_BODY_DROPPED || clean.status || entry->session.status ||
      entry->secrets.status) {
    recorder->dropped += 2; // the response would stand alone
    entry->skipped = true;
  } else if (!is_sampled(recorder, &entry->session) ||
             (recorder->options.anonymize && !api_asks_model(entry->api))) {
    entry->skipped = true;
  } else {
    write_request(entry, kind, body, is_json && facts.stream);
  }
  buf_free(&clean);
  recorder_body_free(recorder, &entry->body);
  recorder->held_bytes -= ENTRY_BYTES;
  recorder->waiting--;
}
