// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/run_old.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/units.h"

static bool read_number(const char *text, double *out) {
  return text[0] >= '0' && text[0] <= '9' && json_scan_number((struct json_slice){text, strlen(text)}, out);
}

struct run_reason run_old_reason(struct json_slice text) {
  static const struct {
    enum run_reason_kind kind;
    double unit; // of the sentence, in that of struct run_reason
    const char *sentence;
  } sentences[] = {
      {RUN_REASON_LAG, 1e-3, "requests were sent late: lag p99 %15[0-9.e+-] ms, allowed %15[0-9.e+-] ms"},
      {RUN_REASON_STALL, 1e-3, "the event loop stalled for %15[0-9.e+-] ms, allowed %15[0-9.e+-] ms"},
      {RUN_REASON_CPU, 1, "the client used %15[0-9.e+-] of a core, allowed %15[0-9.e+-]"},
  };
  char line[160], seen[16], allowed[16];
  struct run_reason reason = {.kind = RUN_REASON_OTHER, .text = text};
  snprintf(line, sizeof line, "%.*s", text.len < sizeof line ? (int)text.len : 0, text.data);
  for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
    if (sscanf(line, sentences[i].sentence, seen, allowed) != 2 || !read_number(seen, &reason.seen) ||
        !read_number(allowed, &reason.allowed))
      continue;
    return (struct run_reason){.kind = sentences[i].kind,
                               .seen = reason.seen * sentences[i].unit,
                               .allowed = reason.allowed * sentences[i].unit};
  }
  return (struct run_reason){.kind = RUN_REASON_OTHER, .text = text};
}

int64_t run_old_max_tokens(struct json_slice arguments) {
  static const char name[] = "--max-tokens=";
  const size_t name_len = sizeof name - 1;
  struct json_slice item;
  struct json_scan scan = json_scan_start(arguments);
  int64_t found = -1;
  bool next = false;
  while (json_scan_element(&scan, &item)) {
    struct json_slice word = json_scan_raw_string(item);
    bool joined = word.len > name_len && memcmp(word.data, name, name_len) == 0;
    if (joined) word = (struct json_slice){word.data + name_len, word.len - name_len};
    if (next || joined) {
      char number[40];
      snprintf(number, sizeof number, "%.*s", word.len < sizeof number ? (int)word.len : 0, word.data);
      if (units_count(number, 1, INT64_MAX, &found, NULL)) found = -1;
    }
    next = !joined && word.len == name_len - 1 && memcmp(word.data, name, name_len - 1) == 0;
  }
  return found;
}
