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

// A line ends at `at`, and the next begins at `next`. Its CR LF or bare LF are NULs now; libmicrohttpd 1.0
// leaves the LF, and where blanks come before them, both: the NUL is the first blank then.
static bool line_ends(const char *at, const char *next) {
  if (next <= at || at[0] != '\0') return false;
  if (next <= at + 2) return next == at + 1 || at[1] == '\0' || at[1] == '\n';
  return next[-2] == '\r' && next[-1] == '\n' && is_gap(at, next - 2);
}

bool raw_head_is_whole(const struct head *head, const char *url, size_t bytes) {
  const char *end = head->method + bytes, *at = head->version + strlen(head->version);
  if (!is_gap(head->method + strlen(head->method), url)) return false;
  if (head->version != url + strlen(head->target) + 1) return false;
  for (size_t i = 0; i < head->count; i++) {
    const struct head_field *field = &head->fields[i];
    if (!line_ends(at, field->name) || !is_gap(field->name + field->name_len, field->value)) return false;
    at = field->value + field->value_len;
  }
  return end > at && (line_ends(at, end - 1) || line_ends(at, end - 2));
}
