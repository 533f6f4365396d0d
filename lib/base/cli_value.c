// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/cli_value.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"

static enum status copy_text(const char *value, char **out, struct error *error) {
  if (value[0] == '\0') return status_fail(error, STATUS_USAGE, "'' is empty");
  *out = strdup(value);
  return *out ? STATUS_OK : status_memory(error);
}

enum status cli_texts_add(struct cli_texts *texts, const char *value, struct error *error) {
  char *copy;
  enum status status = copy_text(value, &copy, error);
  if (status) return status;
  char **items = reallocarray(texts->items, texts->count + 1, sizeof *items);
  if (!items) {
    free(copy);
    return status_memory(error);
  }
  texts->items = items;
  texts->items[texts->count++] = copy;
  return STATUS_OK;
}

void cli_texts_free(struct cli_texts *texts) {
  for (size_t i = 0; i < texts->count; i++)
    free(texts->items[i]);
  free(texts->items);
  *texts = (struct cli_texts){0};
}

enum status cli_choice(const char *const *names, const char *value, int *out, struct error *error) {
  struct buf all = {0};
  for (int i = 0; names[i]; i++) {
    if (strcmp(names[i], value) == 0) {
      buf_free(&all);
      *out = i;
      return STATUS_OK;
    }
    buf_printf(&all, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  enum status status = status_fail(error, STATUS_USAGE, "'%.80s' is not one of %s", value, buf_text(&all));
  buf_free(&all);
  return status;
}

static enum status parse_text(char **field, const char *value, struct error *error) {
  char *copy;
  enum status status = copy_text(value, &copy, error);
  if (status) return status;
  free(*field);
  *field = copy;
  return STATUS_OK;
}

static enum status parse_choice(const struct cli_value *row, void *field, const char *value,
                                struct error *error) {
  int choice;
  enum status status = cli_choice(row->words, value, &choice, error);
  if (status == STATUS_OK) memcpy(field, &choice, sizeof choice);
  return status;
}

enum status cli_value_parse(const struct cli_value *row, void *context, const char *value,
                            struct error *error) {
  void *field = (char *)context + row->offset;
  int64_t least = (int64_t)row->least, most = (int64_t)row->most;
  switch (row->kind) {
  case CLI_KIND_OWN: return row->parse(context, value, error);
  case CLI_KIND_FLAG: *(bool *)field = true; return STATUS_OK;
  case CLI_KIND_SET: memcpy(field, &row->set, sizeof row->set); return STATUS_OK;
  case CLI_KIND_TEXT: return parse_text(field, value, error);
  case CLI_KIND_CHOICE: return parse_choice(row, field, value, error);
  case CLI_KIND_COUNT: return units_count(value, least, most, field, error);
  case CLI_KIND_DURATION: return units_duration_ns(value, least, most, field, error);
  case CLI_KIND_BYTES: return units_bytes(value, least, most, field, error);
  case CLI_KIND_REAL: return units_real(value, row->least, row->most, field, error);
  case CLI_KIND_FRACTION: return units_fraction(value, row->least, row->most, field, error);
  }
  return STATUS_USAGE;
}

void cli_value_free(const struct cli_value *row, void *context) {
  char **field = (char **)(void *)((char *)context + row->offset);
  if (row->kind != CLI_KIND_TEXT) return;
  free(*field);
  *field = NULL;
}
