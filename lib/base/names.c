// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/names.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum status names_add(struct names *names, const char *text, struct error *error) {
  if (text[0] == '\0') return status_fail(error, STATUS_USAGE, "'': an empty text is not allowed");
  if (names->count == NAMES_MAX) {
    return status_fail(error, STATUS_USAGE, "'%s': given more than %d times", text, NAMES_MAX);
  }
  char **items = realloc(names->items, (names->count + 1) * sizeof *items);
  if (items) names->items = items;
  char *copy = items ? strdup(text) : NULL;
  if (!copy) return status_memory(error);
  names->items[names->count++] = copy;
  return STATUS_OK;
}

bool names_have(const struct names *names, const char *text, size_t len) {
  for (size_t i = 0; i < names->count; i++) {
    if (strlen(names->items[i]) == len && strncasecmp(names->items[i], text, len) == 0) return true;
  }
  return false;
}

bool names_match(const struct names *names, const char *text) {
  for (size_t i = 0; i < names->count; i++) {
    if (fnmatch(names->items[i], text, 0) == 0) return true;
  }
  return false;
}

void names_free(struct names *names) {
  for (size_t i = 0; i < names->count; i++)
    free(names->items[i]);
  free(names->items);
  *names = (struct names){0};
}
