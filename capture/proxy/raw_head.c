// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/raw_head.h"

#include <string.h>

// From the NUL at `at`, in place of a blank or colon, to `next` there are only blanks.
static bool is_gap(const char *at, const char *next) {
  if (next <= at || *at != '\0') return false;
  for (at++; at < next; at++) {
    if (*at != ' ' && *at != '\t') return false;
  }
  return true;
}

// A line ends at `at`, with CR LF or a bare LF, both of which are NULs now. Returns how many bytes that is, 0
// when the next line does not begin behind it.
static size_t line_end(const char *at, const char *next) {
  if (next == at + 1 && at[0] == '\0') return 1;
  return next == at + 2 && at[0] == '\0' && at[1] == '\0' ? 2 : 0;
}

bool raw_head_is_whole(const struct head *head, const char *url, size_t bytes) {
  const char *end = head->method + bytes, *at = head->version + strlen(head->version);
  if (!is_gap(head->method + strlen(head->method), url)) return false;
  if (head->version != url + strlen(head->target) + 1) return false;
  for (size_t i = 0; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    if (!line_end(at, field->name) || !is_gap(field->name + field->name_len, field->value)) return false;
    at = field->value + field->value_len;
  }
  return end > at && (line_end(at, end - 1) || line_end(at, end - 2));
}
