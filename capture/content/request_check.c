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

static bool value_is(const struct request_check_field *field, const char *text) {
  return strlen(text) == field->value_len && strncasecmp(field->value, text, field->value_len) == 0;
}

bool request_check_field_is(const struct request_check_field *field, const char *name) {
  return strlen(name) == field->name_len && strncasecmp(field->name, name, field->name_len) == 0;
}

const struct request_check_field *request_check_find(const struct request_check_request *request,
                                                     const char *name) {
  for (size_t i = 0; i < request->field_count; i++) {
    if (request_check_field_is(&request->fields[i], name)) return &request->fields[i];
  }
  return NULL;
}

static size_t count_of(const struct request_check_request *request, const char *name) {
  size_t count = 0;
  for (size_t i = 0; i < request->field_count; i++)
    count += request_check_field_is(&request->fields[i], name);
  return count;
}

static const char *refuse_fields(const struct request_check_request *request) {
  for (size_t i = 0; i < request->field_count; i++) {
    const struct request_check_field *field = &request->fields[i];
    if (!is_token(field->name, field->name_len)) return "a header field's name is not a token";
    if (!is_value(field->value, field->value_len)) return "a header field's value has control characters";
  }
  return NULL;
}

// Eighteen digits fit an int64_t with room to spare.
static bool read_length(const struct request_check_field *field, int64_t *out) {
  if (field->value_len == 0 || field->value_len > 18) return false;
  int64_t length = 0;
  for (size_t i = 0; i < field->value_len; i++) {
    if (field->value[i] < '0' || field->value[i] > '9') return false;
    length = length * 10 + (field->value[i] - '0');
  }
  *out = length;
  return true;
}

static const char *refuse_framing(const struct request_check_request *request,
                                  struct request_check_framing *framing) {
  const struct request_check_field *length = request_check_find(request, "Content-Length");
  const struct request_check_field *coding = request_check_find(request, "Transfer-Encoding");
  if (length && coding) return "Content-Length together with Transfer-Encoding";
  if (count_of(request, "Content-Length") > 1) return "Content-Length twice";
  if (count_of(request, "Transfer-Encoding") > 1) return "Transfer-Encoding twice";
  if (coding && strcmp(request->version, "HTTP/1.1") != 0) return "Transfer-Encoding on HTTP/1.0";
  if (coding && !value_is(coding, "chunked")) return "Transfer-Encoding other than chunked";
  *framing = (struct request_check_framing){.chunked = coding != NULL, .has_length = length != NULL};
  if (coding) framing->length = -1;
  if (length && !read_length(length, &framing->length)) return "Content-Length is not a number";
  return NULL;
}

const char *request_check_refusal(const struct request_check_request *request,
                                  struct request_check_framing *framing) {
  if (!is_token(request->method, strlen(request->method))) return "the method is not a token";
  if (strcmp(request->method, "CONNECT") == 0) return "CONNECT is not served here";
  if (!is_path(request->target)) return "the request target must be a path without fragment";
  const char *refusal = refuse_fields(request);
  if (refusal) return refusal;
  size_t hosts = count_of(request, "Host");
  if (hosts > 1) return "Host twice";
  if (hosts == 0 && strcmp(request->version, "HTTP/1.0") != 0) return "no Host";
  const struct request_check_field *expect = request_check_find(request, "Expect");
  if (expect && !value_is(expect, "100-continue")) return "Expect other than 100-continue";
  return refuse_framing(request, framing);
}
