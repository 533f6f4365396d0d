// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/unknown_apis.h"

#include <stdio.h>
#include <string.h>

#include "lib/llm/api.h"

static bool is_management(const char *path) {
  static const char *const ends[] = {"/api/show",     "/api/pull",       "/api/push",     "/api/create",
                                     "/api/copy",     "/api/blobs",      "/tokenize",     "/detokenize",
                                     "/count_tokens", "/apply-template", "/api/generate", "/api/chat"};
  size_t len = strlen(path);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    size_t end = strlen(ends[i]);
    if (len >= end && strcmp(path + len - end, ends[i]) == 0) return true;
  }
  return false;
}

void unknown_apis_note(struct unknown_apis *unknown, struct json_slice method, struct json_slice path) {
  char cut[UNKNOWN_APIS_PATH];
  size_t len = 0;
  if (!json_slice_is(method, "POST")) return;
  while (len < path.len && path.data[len] != '?' && path.data[len] != '#')
    len++;
  snprintf(cut, sizeof cut, "%.*s", (int)(len < sizeof cut ? len : sizeof cut), path.data ? path.data : "");
  if (len >= sizeof cut) memcpy(cut + sizeof cut - 4, "...", 4);
  if (api_from_path("POST", cut) != API_HTTP || is_management(cut)) return;
  for (size_t i = 0; i < UNKNOWN_APIS_MAX; i++) {
    if (unknown->paths[i].requests == 0) memcpy(unknown->paths[i].path, cut, sizeof cut);
    if (strcmp(unknown->paths[i].path, cut) != 0) continue;
    unknown->paths[i].requests++;
    return;
  }
  unknown->others++;
}

static const char *requests(int64_t count) {
  return count == 1 ? "request" : "requests";
}

void unknown_apis_print(const struct unknown_apis *unknown, struct buf *out) {
  bool said[UNKNOWN_APIS_MAX] = {false};
  int64_t left = unknown->others;
  for (int n = 0; n < 3; n++) {
    int most = -1;
    for (int i = 0; i < UNKNOWN_APIS_MAX; i++) {
      bool counts = unknown->paths[i].requests > 0 && !said[i];
      if (counts && (most < 0 || unknown->paths[i].requests > unknown->paths[most].requests)) most = i;
    }
    if (most < 0) break;
    said[most] = true;
    buf_printf(out, "%s%lld %s to %s", n ? ", " : "", (long long)unknown->paths[most].requests,
               requests(unknown->paths[most].requests), unknown->paths[most].path);
  }
  for (int i = 0; i < UNKNOWN_APIS_MAX; i++)
    left += said[i] ? 0 : unknown->paths[i].requests;
  if (left > 0) buf_printf(out, ", %lld %s to other paths", (long long)left, requests(left));
}
