// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/keep.h"

#include <string.h>
#include <strings.h>

#include "capture/base64.h"
#include "capture/redact.h"
#include "lib/base/json_write.h"

bool keep_header(const struct names *more, const char *name, size_t len) {
  static const char *const names[] = {"content-type", "accept",       "user-agent",  "anthropic-version",
                                      "openai-beta",  "x-request-id", "x-session-id"};
  if (redact_is_secret_header(name, len)) return false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0) return true;
  }
  return names_have(more, name, len);
}

bool keep_is_form(const char *content_type, size_t len) {
  static const char form[] = "application/x-www-form-urlencoded";
  return len >= sizeof form - 1 && strncasecmp(content_type, form, sizeof form - 1) == 0;
}

enum trace_body keep_body(const struct names *redact, struct json_slice body, bool is_form, struct buf *out) {
  struct json_slice value;
  if (body.len == 0) return TRACE_BODY_NONE;
  if (!json_is_utf8(body.data, body.len)) {
    base64_encode(body, out);
    return TRACE_BODY_BASE64;
  }
  if (json_scan_text(body.data, body.len, &value, NULL) == STATUS_OK) {
    redact_json(redact, value, out);
    return TRACE_BODY_JSON;
  }
  if (is_form) {
    redact_form(redact, body.data, body.len, out);
  } else {
    redact_text(redact, body.data, body.len, out);
  }
  return TRACE_BODY_TEXT;
}
