// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/run_reason.h"

#include "lib/record/run_old.h"

static const struct {
  const char *kind, *seen, *allowed;
} members[] = {
    [RUN_REASON_LAG] = {"lag", "seen_s", "allowed_s"},
    [RUN_REASON_STALL] = {"stall", "seen_s", "allowed_s"},
    [RUN_REASON_CPU] = {"cpu", "seen_cores", "allowed_cores"},
};

static enum status read_text(struct field_context *context, const struct field *field,
                             struct json_slice value, struct json_slice *out) {
  struct field_context inner = *context;
  inner.into = out;
  return field_parse(&inner, &(struct field){.name = field->name, .kind = FIELD_TEXT}, value);
}

static enum status read_object(struct field_context *context, const struct field *field,
                               struct json_slice value, struct run_reason *out) {
  struct json_slice kind = json_scan_get(value, "kind");
  for (enum run_reason_kind i = RUN_REASON_LAG; i < RUN_REASON_OTHER; i++) {
    if (!json_slice_is(json_scan_raw_string(kind), members[i].kind)) continue;
    out->kind = i;
    if (json_scan_number(json_scan_get(value, members[i].seen), &out->seen) &&
        json_scan_number(json_scan_get(value, members[i].allowed), &out->allowed))
      return STATUS_OK;
    return field_fail(context, field, "an object with the number that was seen and the one that is allowed");
  }
  out->kind = RUN_REASON_OTHER;
  return kind.data ? read_text(context, field, kind, &out->text)
                   : field_fail(context, field, "an object with a kind");
}

enum status run_reason_read(struct field_context *context, const struct field *field,
                            struct json_slice value) {
  struct run_reason reason = {.kind = RUN_REASON_NONE};
  struct json_slice text;
  enum json_kind kind = json_scan_kind(value);
  enum status status = STATUS_OK;
  if (kind == JSON_OBJECT) {
    status = read_object(context, field, value, &reason);
  } else if (kind == JSON_STRING) {
    status = read_text(context, field, value, &text);
    if (status == STATUS_OK) reason = run_old_reason(text);
  } else if (kind != JSON_NULL) {
    status = field_fail(context, field, "an object");
  }
  if (status == STATUS_OK) ((struct run_batch *)context->into)->reason = reason;
  return status;
}

void run_reason_write(struct json_writer *w, const struct field *field, const void *from) {
  const struct run_reason *reason = &((const struct run_batch *)from)->reason;
  json_write_key(w, field->name);
  switch (reason->kind) {
  case RUN_REASON_NONE: json_write_null(w); return;
  case RUN_REASON_OTHER: json_write_text(w, reason->text.data, reason->text.len); return;
  default: break;
  }
  json_write_object(w);
  json_member_string(w, "kind", members[reason->kind].kind);
  json_member_number(w, members[reason->kind].seen, reason->seen);
  json_member_number(w, members[reason->kind].allowed, reason->allowed);
  json_write_object_end(w);
}
