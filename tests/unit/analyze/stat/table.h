// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small tables of numbers for the tests of the statistics room: comma-separated files with a header line.
#ifndef TESTS_UNIT_STAT_TABLE_H
#define TESTS_UNIT_STAT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX_ROWS 512
#define TABLE_MAX_COLUMNS 16

struct table {
  size_t rows;
  size_t columns;
  char text[TABLE_MAX_ROWS][TABLE_MAX_COLUMNS][32]; // without quotes
};

// False, and says so, when there is no such file.
static inline bool table_read(struct table *table, const char *path) {
  char line[1024];
  FILE *file = fopen(path, "r");
  memset(table, 0, sizeof *table);
  if (!file) {
    printf("skipped: %s is not here\n", path);
    return false;
  }
  bool header = true;
  while (table->rows < TABLE_MAX_ROWS && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = '\0';
    if (header || line[0] == '\0') {
      header = false;
      continue;
    }
    size_t column = 0;
    for (char *rest = line, *cell; column < TABLE_MAX_COLUMNS && (cell = strsep(&rest, ",")); column++) {
      cell[strcspn(cell + (cell[0] == '"'), "\"") + (cell[0] == '"')] = '\0';
      snprintf(table->text[table->rows][column], sizeof table->text[0][0], "%s", cell + (cell[0] == '"'));
    }
    table->columns = column;
    table->rows++;
  }
  fclose(file);
  return true;
}

static inline double table_number(const struct table *table, size_t row, size_t column) {
  return strtod(table->text[row][column], NULL);
}

static inline bool table_is_na(const struct table *table, size_t row, size_t column) {
  return strcmp(table->text[row][column], "NA") == 0;
}

#endif
