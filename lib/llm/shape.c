// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/llm/shape.h"

void shape_keep(struct shape *shape, const char *message, size_t len, struct json_slice string) {
  size_t before = (size_t)(string.data - message), after = len - before - string.len;
  shape->before = 0;
  if (shape->misses >= SHAPE_MISSES || before + after > SHAPE_BYTES) return;
  memcpy(shape->bytes, message, before);
  memcpy(shape->bytes + before, string.data + string.len, after);
  shape->before = before;
  shape->after = after;
}

// `min` is the shortest message: the string has two quotes and one byte.
static bool has_sides(const struct shape *shape, const char *message, size_t len) {
  size_t min = shape->before + 3 + shape->after;
  return len >= min && memcmp(message, shape->bytes, shape->before) == 0 &&
         memcmp(message + len - shape->after, shape->bytes + shape->before, shape->after) == 0;
}

bool shape_matches(struct shape *shape, const char *message, size_t len, struct json_slice *string) {
  if (shape->before == 0) return false;
  shape->misses++;
  if (!has_sides(shape, message, len)) return false;
  const char *start = message + shape->before, *end = message + len - shape->after;
  if (*start != '"' || json_scan_skip(start, message + len, 0) != end) return false;
  *string = (struct json_slice){start, (size_t)(end - start)};
  shape->misses = 0;
  return true;
}
