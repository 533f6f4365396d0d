// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies on their way into a record: gathered within bounds, decoded, and without secrets.
#include "capture/content/record_policy.h"
#include "capture/record/recorder_entry.h"

void recorder_body_give_up(struct recorder *recorder, struct recorder_body *body,
                           enum recorder_body_state why) {
  recorder_body_free(recorder, body);
  if (body->state == RECORDER_BODY_KEPT) body->state = why;
}

void recorder_body_free(struct recorder *recorder, struct recorder_body *body) {
  recorder->held_bytes -= body->bytes.len;
  buf_free(&body->bytes);
}

void recorder_body_add(struct recorder *recorder, struct recorder_body *body, const char *data, size_t len) {
  if (body->state != RECORDER_BODY_KEPT || len == 0) return;
  if (body->bytes.len + len > recorder->options.max_body_bytes) {
    recorder_body_give_up(recorder, body, RECORDER_BODY_TOO_LONG);
    return;
  }
  if (!recorder_has_room(recorder, len) || buf_append(&body->bytes, data, len)) {
    recorder_body_give_up(recorder, body, RECORDER_BODY_DROPPED);
    return;
  }
  recorder->held_bytes += len;
}

static void add_plain(void *context, const char *data, size_t len) {
  buf_append(context, data, len);
}

void recorder_body_decode(struct recorder *recorder, struct recorder_body *body) {
  if (body->coding == INFLATE_IDENTITY || body->state != RECORDER_BODY_KEPT || body->bytes.len == 0) return;
  struct buf plain = BUF_LIMIT(recorder->options.max_body_bytes);
  struct inflate *inflate =
      body->coding == INFLATE_UNKNOWN ? NULL : inflate_open(body->coding, add_plain, &plain);
  if (inflate) inflate_limit(inflate, recorder->options.max_body_bytes);
  enum status status = inflate ? inflate_feed(inflate, body->bytes.data, body->bytes.len) : STATUS_FORMAT;
  bool is_read = status == STATUS_OK && inflate_ended(inflate) && plain.status == STATUS_OK;
  inflate_close(inflate);
  if (!is_read) {
    recorder_body_give_up(recorder, body,
                          status == STATUS_LIMIT ? RECORDER_BODY_TOO_LONG : RECORDER_BODY_UNREADABLE);
    buf_free(&plain);
    return;
  }
  recorder->held_bytes += plain.len;
  recorder_body_free(recorder, body);
  body->bytes = plain;
}

enum trace_body recorder_body_clean(const struct recorder *recorder, struct recorder_body *body,
                                    struct buf *out, struct buf *taken) {
  struct json_slice bytes = {body->bytes.data, body->bytes.len};
  enum trace_body kind = record_policy_body(recorder->options.redact, bytes, body->is_form, out, taken);
  if (kind == TRACE_BODY_NONE && bytes.len > 0) body->state = RECORDER_BODY_UNREADABLE;
  return kind;
}
