// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/content/request_check.h"

#include <string.h>

// RFC 9110 5.6.2
static bool is_token(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) return false;
  }
  return len > 0;
}

static bool is_value(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
  }
  return true;
}

static bool is_path(const char *target) {
  if (target[0] != '/') return false;
  for (; *target; target++) {
    if ((unsigned char)*target <= 0x20 || *target == 0x7F || *target == '#') return false;
  }
  return true;
}

static const char *reject_fields(const struct head *head) {
  for (size_t i = 0; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    if (!is_token(field->name, field->name_len)) return "a header field's name is not a token";
    if (!is_value(field->value, field->value_len)) return "a header field's value has control characters";
  }
  return NULL;
}

static const char *reject_framing(const struct head *head, struct request_check_framing *framing) {
  const struct head_field *length = head_find(head, HEAD_CONTENT_LENGTH);
  const struct head_field *coding = head_find(head, HEAD_TRANSFER_ENCODING);
  if (length && coding) return "Content-Length together with Transfer-Encoding";
  if (head->counts[HEAD_CONTENT_LENGTH] > 1) return "Content-Length twice";
  if (head->counts[HEAD_TRANSFER_ENCODING] > 1) return "Transfer-Encoding twice";
  if (coding && strcmp(head->version, "HTTP/1.1") != 0) return "Transfer-Encoding on HTTP/1.0";
  if (coding && !head_value_is(coding, "chunked")) return "Transfer-Encoding other than chunked";
  *framing = (struct request_check_framing){
      .chunked = coding != NULL, .has_length = length != NULL, .length = coding ? -1 : 0};
  if (length && !head_read_length(length, &framing->length)) return "Content-Length is not a number";
  return NULL;
}

const char *request_check_reject(const struct head *head, struct request_check_framing *framing) {
  if (!is_token(head->method, strlen(head->method))) return "the method is not a token";
  if (strcmp(head->method, "CONNECT") == 0) return "CONNECT is not served here";
  if (!is_path(head->target)) return "the request target must be a path without fragment";
  const char *message = reject_fields(head);
  if (message) return message;
  size_t hosts = head->counts[HEAD_HOST];
  if (hosts > 1) return "Host twice";
  if (hosts == 0 && strcmp(head->version, "HTTP/1.0") != 0) return "no Host";
  const struct head_field *expect = head_find(head, HEAD_EXPECT);
  if (expect && !head_value_is(expect, "100-continue")) return "Expect other than 100-continue";
  return reject_framing(head, framing);
}
