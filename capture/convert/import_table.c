// SPDX-License-Identifier: GPL-3.0-or-later
#include <strings.h>

#include "capture/convert/import_parts.h"

#define CELLS_MAX 64 // of a line; what stands beyond is not looked at

struct table {
  const struct import_column *columns;
  size_t column_count;
  import_on_row *take;
  void *state;
  bool has_names;
  int places[IMPORT_COLUMNS_MAX]; // which cell of a line is the column's; -1: none
};

// One quoted cell, from behind its quote. Quotes in it are doubled; it may be resolved in `scratch`, which
// has room for the rest of the line already.
static enum status quoted_cell(const char **at, const char *end, struct buf *scratch, struct json_slice *cell,
                               struct error *error) {
  size_t start = scratch->len;
  for (const char *c = *at; c < end; c++) {
    if (*c == '"' && (c + 1 == end || c[1] != '"')) {
      *cell = (struct json_slice){scratch->data + start, scratch->len - start};
      *at = c + 1;
      return STATUS_OK;
    }
    c += *c == '"';
    if (buf_append_char(scratch, *c)) return STATUS_MEMORY;
  }
  return status_fail(error, STATUS_FORMAT, "a quoted cell does not end");
}

static struct json_slice trim(const char *from, const char *to) {
  while (from < to && (*from == ' ' || *from == '\t'))
    from++;
  while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
    to--;
  return (struct json_slice){from, (size_t)(to - from)};
}

static enum status split(struct json_slice line, struct buf *scratch, struct json_slice *cells, size_t *count,
                         struct error *error) {
  const char *at = line.data, *end = line.data + line.len;
  *count = 0;
  if (buf_reserve(scratch, line.len + 1)) return STATUS_MEMORY;
  while (*count < CELLS_MAX) {
    if (at < end && *at == '"') {
      at++;
      enum status status = quoted_cell(&at, end, scratch, &cells[*count], error);
      if (status) return status;
      if (at < end && *at != ',') return status_fail(error, STATUS_FORMAT, "text after a quoted cell");
    } else {
      const char *stop = at;
      while (stop < end && *stop != ',')
        stop++;
      cells[*count] = trim(at, stop);
      at = stop;
    }
    ++*count;
    if (at == end) break;
    at++;
  }
  return STATUS_OK;
}

static enum status parse_names(struct table *table, const struct json_slice *cells, size_t count,
                               struct error *error) {
  for (size_t column = 0; column < table->column_count; column++) {
    const char *name = table->columns[column].name;
    table->places[column] = -1;
    for (size_t i = 0; i < count && table->places[column] < 0; i++) {
      bool same = cells[i].len == strlen(name) && strncasecmp(cells[i].data, name, cells[i].len) == 0;
      if (same) table->places[column] = (int)i;
    }
    // Without its columns no line can be read: not a matter of one bad line.
    if (table->places[column] < 0 && !table->columns[column].optional)
      return status_fail(error, STATUS_USAGE, "line 1 names no column '%s'", name);
  }
  table->has_names = true;
  return STATUS_OK;
}

static enum status on_line(struct import *import, void *state, struct json_slice line, struct buf *scratch,
                           struct error *error) {
  struct table *table = state;
  struct json_slice cells[CELLS_MAX], chosen[IMPORT_COLUMNS_MAX];
  size_t count;
  enum status status = split(line, scratch, cells, &count, error);
  if (status) return status;
  if (!table->has_names) return parse_names(table, cells, count, error);
  for (size_t column = 0; column < table->column_count; column++) {
    int place = table->places[column];
    chosen[column] = place >= 0 && (size_t)place < count ? cells[place] : (struct json_slice){NULL, 0};
    if (place >= 0 && !chosen[column].data)
      return status_fail(error, STATUS_FORMAT, "it has no cell '%s'", table->columns[column].name);
  }
  return table->take(import, table->state, chosen, error);
}

enum status import_table(struct import *import, const struct import_column *columns, import_on_row *take,
                         void *state, struct error *error) {
  struct table table = {.columns = columns, .take = take, .state = state};
  while (columns[table.column_count].name)
    table.column_count++;
  enum status status = import_lines(import, on_line, &table, error);
  return status == STATUS_USAGE ? STATUS_FORMAT : status;
}
