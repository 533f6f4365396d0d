// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/json/json_patch.h"

#include <string.h>

static bool same_key(struct json_slice a, struct json_slice b) {
  return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool find(struct json_slice object, struct json_slice wanted, struct json_slice *value) {
  struct json_scan scan = json_scan_start(object);
  struct json_slice key;
  while (json_scan_member(&scan, &key, value)) {
    if (same_key(key, wanted)) return true;
  }
  return false;
}

// Whether a member of that name stands in `object` before the one whose key is `here`.
static bool stood_before(struct json_slice object, struct json_slice here) {
  struct json_scan scan = json_scan_start(object);
  struct json_slice key, value;
  while (json_scan_member(&scan, &key, &value) && key.data < here.data) {
    if (same_key(key, here)) return true;
  }
  return false;
}

static void start_member(struct buf *out, struct json_slice key, bool *comma) {
  if (*comma) buf_append_char(out, ',');
  *comma = true;
  buf_append_char(out, '"');
  buf_append(out, key.data, key.len);
  buf_append(out, "\":", 2);
}

static void apply(struct json_slice target, struct json_slice patch, struct buf *out);

static void keep_members(struct json_slice target, struct json_slice patch, bool *comma, struct buf *out) {
  struct json_scan scan = json_scan_start(target);
  struct json_slice key, value, change;
  while (json_scan_member(&scan, &key, &value)) {
    if (!find(patch, key, &change)) {
      start_member(out, key, comma);
      buf_append(out, value.data, value.len);
    } else if (json_scan_kind(change) != JSON_NULL && !stood_before(target, key)) {
      start_member(out, key, comma);
      apply(value, change, out);
    }
  }
}

static void add_members(struct json_slice target, struct json_slice patch, bool *comma, struct buf *out) {
  struct json_scan scan = json_scan_start(patch);
  struct json_slice key, value, old;
  while (json_scan_member(&scan, &key, &value)) {
    if (json_scan_kind(value) == JSON_NULL || find(target, key, &old)) continue;
    start_member(out, key, comma);
    apply((struct json_slice){NULL, 0}, value, out);
  }
}

// Recursion goes as deep as the patch, which json_scan_text has bounded.
static void apply(struct json_slice target, struct json_slice patch, struct buf *out) {
  if (json_scan_kind(patch) != JSON_OBJECT) {
    buf_append(out, patch.data, patch.len);
    return;
  }
  if (json_scan_kind(target) != JSON_OBJECT) target = (struct json_slice){NULL, 0};
  bool comma = false;
  buf_append_char(out, '{');
  keep_members(target, patch, &comma, out);
  add_members(target, patch, &comma, out);
  buf_append_char(out, '}');
}

enum status json_patch(struct json_slice target, struct json_slice patch, struct buf *out) {
  apply(target, patch, out);
  return out->status;
}
