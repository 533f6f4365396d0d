// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/convert/import_parts.h"
#include "lib/lines/csv.h"

struct table {
  const struct import_column *columns;
  import_on_row *on_row;
  void *state;
  struct csv csv;
  bool has_names;
  size_t places[IMPORT_COLUMNS_MAX]; // which field of a record is the column's; SIZE_MAX: none
};

static enum status parse_names(struct table *table, struct error *error) {
  for (size_t i = 0; table->columns[i].name; i++) {
    table->places[i] = csv_find(&table->csv, table->columns[i].name);
    // Without its columns no line can be read: not a matter of one bad line.
    if (table->places[i] == SIZE_MAX && !table->columns[i].optional)
      return status_fail(error, STATUS_USAGE, "line %lld names no column '%s'",
                         (long long)table->csv.record_line, table->columns[i].name);
  }
  table->has_names = true;
  return STATUS_OK;
}

static enum status on_line(struct import *import, void *state, struct json_slice line, struct buf *scratch,
                           struct error *error) {
  struct table *table = state;
  struct json_slice cells[IMPORT_COLUMNS_MAX] = {{NULL, 0}};
  bool complete;
  (void)scratch;
  enum status status = csv_line(&table->csv, line.data, line.len, &complete, error);
  if (status || !complete) return status;
  if (!table->has_names) return parse_names(table, error);
  for (size_t i = 0; table->columns[i].name; i++) {
    size_t place = table->places[i];
    if (place == SIZE_MAX) continue;
    if (place >= table->csv.count)
      return status_fail(error, STATUS_FORMAT, "no field '%s'", table->columns[i].name);
    cells[i].data = csv_field(&table->csv, place);
    cells[i].len = strlen(cells[i].data);
  }
  return table->on_row(import, table->state, cells, error);
}

enum status import_table(struct import *import, const struct import_column *columns, import_on_row *on_row,
                         void *state, struct error *error) {
  struct table table = {.columns = columns, .on_row = on_row, .state = state};
  enum status status = import_all_lines(import, on_line, &table, error);
  if (status == STATUS_OK && csv_end(&table.csv, error)) status = import_bad(import, error);
  csv_free(&table.csv);
  return status == STATUS_USAGE ? STATUS_FORMAT : status;
}
