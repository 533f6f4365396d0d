// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/content/record_policy.h"

#include <string.h>
#include <strings.h>

#include "capture/content/conversation.h"
#include "lib/http/base64.h"
#include "lib/json/json_write.h"
#include "lib/record/redact.h"

bool record_policy_header(const struct names *more, const char *name, size_t len) {
  static const char *const names[] = {"content-type", "accept",       "user-agent",  "anthropic-version",
                                      "openai-beta",  "x-request-id", "x-session-id"};
  if (redact_is_secret_header(name, len)) return false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0) return true;
  }
  return names_have(more, name, len);
}

bool record_policy_is_form(const char *content_type, size_t len) {
  static const char form[] = "application/x-www-form-urlencoded";
  return len >= sizeof form - 1 && strncasecmp(content_type, form, sizeof form - 1) == 0;
}

struct json_slice record_policy_value(struct json_slice value) {
  static const char mark[] = REDACT_MARK;
  return redact_looks_secret(value.data, value.len) ? (struct json_slice){mark, sizeof mark - 1} : value;
}

void record_policy_session(struct json_slice id, struct buf *out) {
  if (redact_looks_secret(id.data, id.len)) {
    buf_printf(out, "x%016llx", (unsigned long long)conversation_digest(id.data, id.len));
  } else {
    buf_append(out, id.data, id.len);
  }
}

// Text of two or four bytes a character: names in it are not found as they are.
static bool is_wide_text(struct json_slice body) {
  const unsigned char *at = (const unsigned char *)body.data;
  if (body.len < 2) return false;
  return (at[0] == 0xFF && at[1] == 0xFE) || (at[0] == 0xFE && at[1] == 0xFF) ||
         ((at[0] == '{' || at[0] == '[') && at[1] == 0) ||
         (at[0] == 0 && (at[1] == '{' || at[1] == '[' || at[1] == 0));
}

#define RECORD_DEPTH 1 // a record holds its body as a member

enum trace_body record_policy_body(const struct names *redact, struct json_slice body, bool is_form,
                                   struct buf *out, struct buf *taken) {
  struct json_slice value;
  if (body.len == 0 || is_wide_text(body)) return TRACE_BODY_NONE;
  bool is_utf8 = json_is_utf8(body.data, body.len);
  if (is_utf8 && json_scan_nested(body.data, body.len, RECORD_DEPTH, &value, NULL) == STATUS_OK) {
    redact_json(redact, value, out, taken);
    return TRACE_BODY_JSON;
  }
  struct buf text = {0};
  redact_text(redact, body.data, body.len, &text, taken);
  if (text.status) {
    out->status = text.status;
  } else if (is_utf8 && is_form) {
    redact_form(redact, text.data, text.len, out);
  } else if (is_utf8) {
    buf_append(out, text.data, text.len);
  } else {
    base64_encode((struct json_slice){text.data, text.len}, out);
  }
  buf_free(&text);
  return is_utf8 ? TRACE_BODY_TEXT : TRACE_BODY_BASE64;
}
