// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/token_source.h"

static const char *const names[] = {
    [TOKENS_NONE] = NULL,
    [TOKENS_USAGE] = "usage",
    [TOKENS_TIMINGS] = "timings",
    [TOKENS_EVENTS] = "events",
};
#define SOURCE_COUNT (sizeof names / sizeof *names)

const char *token_source_name(enum token_source source) {
  return (size_t)source < SOURCE_COUNT ? names[source] : NULL;
}

bool token_source_from_name(struct json_slice name, enum token_source *out) {
  for (size_t i = TOKENS_USAGE; i < SOURCE_COUNT; i++) {
    if (json_slice_is(name, names[i])) {
      *out = (enum token_source)i;
      return true;
    }
  }
  return false;
}
