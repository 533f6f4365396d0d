// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tables: cells that were measured by other means, and points of a curve.
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyze/input/load_reader.h"
#include "lib/base/array.h"
#include "lib/base/units.h"

#define NUMBER_BYTES 64

enum column {
  COLUMN_WORKERS,
  COLUMN_BATCH,
  COLUMN_TOTAL,
  COLUMN_TOKENS,
  COLUMN_REP,
  COLUMN_REQUESTS,
  COLUMN_FAILED,
  COLUMN_TOKENS_PER_S,
  COLUMN_MEAN,
  COLUMN_N,
  COLUMN_THROUGHPUT,
  COLUMN_COUNT
};

static const struct {
  const char *name;
  bool needed;
  bool whole;
  double lo, hi;
} columns[COLUMN_COUNT] = {
    [COLUMN_WORKERS] = {"workers", true, true, 1, 1e6},
    [COLUMN_BATCH] = {"batch", true, true, 1, 1e9},
    [COLUMN_TOTAL] = {"total_s", true, false, 1e-9, 1e9},
    [COLUMN_TOKENS] = {"tokens", false, true, 0, 9007199254740992.0},
    [COLUMN_REP] = {"rep", false, true, 0, 1e9},
    [COLUMN_REQUESTS] = {"requests", false, true, 0, 1e12},
    [COLUMN_FAILED] = {"failed", false, true, 0, 1e12},
    [COLUMN_TOKENS_PER_S] = {"tokens_per_s", false, false, 0, 1e300},
    [COLUMN_MEAN] = {"mean_s", false, false, 0, 1e9},
    [COLUMN_N] = {"n", true, false, 1e-9, 1e12},
    [COLUMN_THROUGHPUT] = {"throughput", true, false, 1e-300, 1e300},
};

// Where a repetition of a cell was first seen, to refuse it a second time. line 0: a free place.
struct seen {
  size_t cell;
  int64_t rep, line;
};

struct load_table {
  struct load_data *data;
  const char *path;
  enum load_table_kind kind;
  struct csv csv;
  bool has_header;
  size_t fields;           // of the header
  size_t at[COLUMN_COUNT]; // column -> field; SIZE_MAX: not there
  size_t session;
  int64_t rows;
  size_t *cell_rows; // by cell: the replicate's number where there is no rep column
  size_t cell_room;
  struct seen *seen; // open-addressed, at most half full
  size_t seen_count, seen_room;
};

enum status load_table_new(struct load_data *data, const char *path, enum load_table_kind kind,
                           struct load_table **out) {
  struct load_table *table = calloc(1, sizeof *table);
  if (!table) return STATUS_MEMORY;
  *table = (struct load_table){.data = data, .path = path, .kind = kind};
  struct run_facts *facts;
  struct load_session session = {.file = data->files, .number = -1, .workers = -1};
  enum status status = load_session_add(data, &session, &table->session);
  if (status == STATUS_OK) {
    status = load_facts_add(data, path, kind == LOAD_TABLE_CELLS ? "cells.csv" : "curve.csv", &facts);
  }
  if (status != STATUS_OK) {
    load_table_free(table);
    return status;
  }
  *out = table;
  return STATUS_OK;
}

void load_table_free(struct load_table *table) {
  if (!table) return;
  csv_free(&table->csv);
  free(table->cell_rows);
  free(table->seen);
  free(table);
}

static bool belongs(const struct load_table *table, size_t column) {
  return (column >= COLUMN_N) == (table->kind == LOAD_TABLE_POINTS);
}

// In a table of points with two columns, the one that is not throughput is n, whatever its name.
static void guess_n(struct load_table *table) {
  if (table->kind != LOAD_TABLE_POINTS || table->at[COLUMN_N] != SIZE_MAX || table->csv.count != 2) return;
  if (table->at[COLUMN_THROUGHPUT] != SIZE_MAX) table->at[COLUMN_N] = 1 - table->at[COLUMN_THROUGHPUT];
}

// Without requests, tokens are all that a cell can have made.
static bool is_needed(const struct load_table *table, size_t column) {
  if (column == COLUMN_TOKENS) return table->at[COLUMN_REQUESTS] == SIZE_MAX;
  return columns[column].needed;
}

// Without the empty ones at the end, which a spreadsheet leaves.
static size_t count_fields(const struct csv *csv) {
  size_t count = csv->count;
  while (count > 0 && !*csv_field(csv, count - 1))
    count--;
  return count;
}

static enum status parse_header(struct load_table *table, struct error *error) {
  struct csv *csv = &table->csv;
  table->has_header = true;
  table->fields = count_fields(csv);
  for (size_t c = 0; c < COLUMN_COUNT; c++) {
    table->at[c] = belongs(table, c) ? csv_find(csv, columns[c].name) : SIZE_MAX;
    for (size_t i = table->at[c]; i != SIZE_MAX && ++i < csv->count;) {
      if (strcasecmp(csv_field(csv, i), columns[c].name) == 0) {
        return status_fail(error, STATUS_FORMAT, "line %" PRId64 ": column '%s' twice", csv->record_line,
                           columns[c].name);
      }
    }
  }
  guess_n(table);
  for (size_t c = 0; c < COLUMN_COUNT; c++) {
    if (!belongs(table, c) || !is_needed(table, c) || table->at[c] != SIZE_MAX) continue;
    return status_fail(error, STATUS_FORMAT, "line %" PRId64 ": no column '%s' in the header%s (%s)",
                       csv->record_line, columns[c].name,
                       table->fields == 1 ? ", which is one field: commas, semicolons or tabs separate" : "",
                       table->kind == LOAD_TABLE_POINTS
                           ? "points have n,throughput"
                           : "run records or a table workers,batch,total_s,tokens or requests[,rep,failed]");
  }
  return STATUS_OK;
}

static bool has_control(const char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < ' ' || *text == 0x7f) return true;
  }
  return false;
}

// A decimal comma becomes a point. One comma before three digits may as well part thousands, unless
// semicolons separate the fields: that is refused.
static enum status point_of(const char *text, char separator, char *out, struct error *error) {
  const char *comma = strchr(text, ',');
  size_t len = strlen(text);
  if (strchr(comma + 1, ',') || strchr(text, '.') || len >= NUMBER_BYTES ||
      (separator != ';' && strspn(comma + 1, "0123456789") == 3 && comma[4] == '\0')) {
    return status_fail(error, STATUS_FORMAT,
                       "'%.40s' has a comma: write it with a decimal point and without others", text);
  }
  memcpy(out, text, len + 1);
  out[comma - text] = '.';
  return STATUS_OK;
}

// Up to 15 digits with a point among them are a whole number by a power of ten: both are exact in a double,
// so that the quotient is what strtod gives, at a tenth of its price. False for any other text.
static bool parse_short(const char *text, double *out) {
  double digits = 0, scale = 1;
  int count = 0;
  bool fraction = false;
  for (; *text; text++) {
    if (*text == '.' && !fraction && count > 0) {
      fraction = true;
    } else if (*text >= '0' && *text <= '9' && ++count <= DBL_DIG) {
      digits = digits * 10 + (*text - '0');
      if (fraction) scale *= 10;
    } else {
      return false;
    }
  }
  *out = digits / scale;
  return count > 0;
}

static bool is_allowed(enum column column, double number) {
  return number >= columns[column].lo && number <= columns[column].hi &&
         (!columns[column].whole || number == floor(number));
}

// The number in one column; NaN when the column is not there or its field is empty where that is allowed.
static enum status parse_number(const struct load_table *table, enum column column, double *out,
                                struct error *error) {
  size_t at = table->at[column];
  const char *text = at == SIZE_MAX ? "" : csv_field(&table->csv, at);
  double number = NAN, simple;
  if (!*text && !is_needed(table, column)) {
    *out = NAN;
    return STATUS_OK;
  }
  if (parse_short(text, &simple) && is_allowed(column, simple)) {
    *out = simple;
    return STATUS_OK;
  }
  enum status status = STATUS_OK;
  char pointed[NUMBER_BYTES];
  if (has_control(text)) {
    status = status_fail(error, STATUS_FORMAT, "a line break or control character in a number");
  } else if (strchr(text, ',')) {
    status = point_of(text, table->csv.separator, pointed, error);
    text = pointed;
  }
  if (status == STATUS_OK) status = units_real(text, columns[column].lo, columns[column].hi, &number, error);
  if (status == STATUS_OK && columns[column].whole && number != floor(number)) {
    status = status_fail(error, STATUS_FORMAT, "'%.40s' is no whole number", text);
  }
  if (status != STATUS_OK && (column == COLUMN_TOKENS_PER_S || column == COLUMN_MEAN)) status = STATUS_OK;
  if (status != STATUS_OK) {
    return status_prefix(error, STATUS_FORMAT, "line %" PRId64 ", column %zu (%s)", table->csv.record_line,
                         at + 1, columns[column].name);
  }
  *out = number;
  return STATUS_OK;
}

static enum status parse_point(struct load_table *table, const double *numbers, struct error *error) {
  struct load_data *data = table->data;
  enum status status =
      array_grow(&data->points, &data->point_room, data->point_count, sizeof *data->points, LOAD_MAX_POINTS);
  if (status == STATUS_LIMIT) return status_fail(error, status, "more than %d points", LOAD_MAX_POINTS);
  if (status != STATUS_OK) return status_plain(error, status);
  data->points[data->point_count++] = (struct load_point){numbers[COLUMN_N], numbers[COLUMN_THROUGHPUT]};
  return STATUS_OK;
}

// Where a repetition stands, or would.
static struct seen *place_of(struct seen *seen, size_t room, size_t cell, int64_t rep) {
  uint64_t hash = ((uint64_t)cell * 0x9E3779B97F4A7C15u) ^ ((uint64_t)rep * 0xC2B2AE3D27D4EB4Fu);
  size_t at = (size_t)(hash ^ hash >> 29) & (room - 1);
  while (seen[at].line > 0 && (seen[at].cell != cell || seen[at].rep != rep))
    at = (at + 1) & (room - 1);
  return &seen[at];
}

static enum status grow_seen(struct load_table *table) {
  size_t room = table->seen_room > 0 ? 2 * table->seen_room : 64;
  struct seen *grown = calloc(room, sizeof *grown);
  if (!grown) return STATUS_MEMORY;
  for (size_t i = 0; i < table->seen_room; i++) {
    const struct seen *seen = &table->seen[i];
    if (seen->line > 0) *place_of(grown, room, seen->cell, seen->rep) = *seen;
  }
  free(table->seen);
  table->seen = grown;
  table->seen_room = room;
  return STATUS_OK;
}

static enum status repetition(struct load_table *table, size_t cell, double said, int64_t *rep,
                              struct error *error) {
  while (table->cell_room <= cell) {
    size_t room = table->cell_room;
    if (array_grow(&table->cell_rows, &table->cell_room, room, sizeof *table->cell_rows, LOAD_MAX_CELLS)) {
      return status_memory(error);
    }
    memset(table->cell_rows + room, 0, (table->cell_room - room) * sizeof *table->cell_rows);
  }
  *rep = (int64_t)table->cell_rows[cell]++;
  if (isnan(said)) return STATUS_OK;
  *rep = (int64_t)said;
  if (2 * table->seen_count >= table->seen_room && grow_seen(table) != STATUS_OK) return status_memory(error);
  struct seen *place = place_of(table->seen, table->seen_room, cell, *rep);
  if (place->line > 0) {
    return status_fail(error, STATUS_FORMAT,
                       "line %" PRId64 ": workers %" PRId64 ", batch %" PRId64 ", rep %" PRId64
                       " is in line %" PRId64 " already",
                       table->csv.record_line, table->data->cells[cell].workers,
                       table->data->cells[cell].batch, *rep, place->line);
  }
  *place = (struct seen){cell, *rep, table->csv.record_line};
  table->seen_count++;
  return STATUS_OK;
}

// Requests default to the batch; failures to none, or to all where tokens are counted and none came out.
static enum status count_requests(const struct load_table *table, const double *numbers,
                                  struct load_replicate *replicate, struct error *error) {
  double requests = isnan(numbers[COLUMN_REQUESTS]) ? numbers[COLUMN_BATCH] : numbers[COLUMN_REQUESTS];
  double failed = numbers[COLUMN_FAILED];
  if (isnan(failed)) failed = numbers[COLUMN_TOKENS] == 0 ? requests : 0;
  if (failed > requests) {
    return status_fail(error, STATUS_FORMAT, "line %" PRId64 ": %.0f of %.0f requests failed",
                       table->csv.record_line, failed, requests);
  }
  replicate->requests = (int64_t)requests;
  replicate->failed = (int64_t)failed;
  return STATUS_OK;
}

// Apart from its quotient by more than rounding: a share of it, and half a unit of a whole number.
#define CONTRADICTS(said, quotient) (fabs((said) - (quotient)) > 0.02 * (quotient) + 0.5)

// A column that repeats a quotient of others: its own rounding makes it better than the quotient of two
// rounded numbers. One that does not agree is not used.
static double believed(double said, double quotient) {
  const double two_roundings = 1.1e-5; // of six digits each
  return fabs(said - quotient) <= two_roundings * quotient ? said : quotient;
}

static enum status parse_cell(struct load_table *table, const double *numbers, struct error *error) {
  struct load_data *data = table->data;
  struct load_replicate replicate = {.session = table->session,
                                     .run = data->fact_count - 1,
                                     .start_s = NAN,
                                     .total_s = numbers[COLUMN_TOTAL],
                                     .tokens =
                                         isnan(numbers[COLUMN_TOKENS]) ? -1 : (int64_t)numbers[COLUMN_TOKENS],
                                     .input_tokens = -1,
                                     .cached_tokens = -1,
                                     .good = -1};
  if (replicate.tokens >= 0) {
    double said = numbers[COLUMN_TOKENS_PER_S], quotient = numbers[COLUMN_TOKENS] / numbers[COLUMN_TOTAL];
    if (CONTRADICTS(said, quotient))
      return status_fail(error, STATUS_FORMAT,
                         "line %" PRId64 ": tokens_per_s is %g, but tokens / total_s is %g",
                         table->csv.record_line, said, quotient);
    replicate.tokens_per_s = believed(said, quotient);
  }
  replicate.mean_s = believed(numbers[COLUMN_MEAN], numbers[COLUMN_TOTAL] / numbers[COLUMN_BATCH]);
  enum status status = count_requests(table, numbers, &replicate, error);
  if (status != STATUS_OK) return status;
  size_t cell;
  status = load_cell_of(data, (int64_t)numbers[COLUMN_WORKERS], (int64_t)numbers[COLUMN_BATCH], &cell);
  if (status == STATUS_LIMIT) {
    return status_fail(error, status, "line %" PRId64 ": more than %d cells", table->csv.record_line,
                       LOAD_MAX_CELLS);
  }
  if (status != STATUS_OK) return status_plain(error, status);
  int64_t rep = 0;
  status = repetition(table, cell, numbers[COLUMN_REP], &rep, error);
  if (status != STATUS_OK) return status;
  replicate.block = (data->files << 32) + rep;
  replicate.in_pass = !isnan(numbers[COLUMN_REP]);
  struct load_replicate *place;
  status = load_replicate_add(&data->cells[cell], &place);
  if (status != STATUS_OK) return status_plain(error, status);
  *place = replicate;
  data->sessions[table->session].batches++;
  data->facts[data->fact_count - 1].batches++;
  data->facts[data->fact_count - 1].requests += replicate.requests;
  data->facts[data->fact_count - 1].failed += replicate.failed;
  return STATUS_OK;
}

enum status load_table_line(struct load_table *table, const char *line, size_t len, struct error *error) {
  bool complete;
  enum status status = csv_line(&table->csv, line, len, &complete, error);
  if (status != STATUS_OK) return status_prefix(error, status, "line %" PRId64, table->csv.line);
  if (!complete) return status;
  if (!table->has_header) return parse_header(table, error);
  size_t fields = count_fields(&table->csv);
  if (fields > table->fields || table->csv.count < table->fields) {
    return status_fail(error, STATUS_FORMAT, "line %" PRId64 ": %zu fields where the header has %zu",
                       table->csv.record_line, fields > table->fields ? fields : table->csv.count,
                       table->fields);
  }
  double numbers[COLUMN_COUNT];
  for (size_t c = 0; c < COLUMN_COUNT; c++) {
    numbers[c] = NAN;
    if (!belongs(table, c)) continue;
    status = parse_number(table, (enum column)c, &numbers[c], error);
    if (status != STATUS_OK) return status;
  }
  table->rows++;
  return table->kind == LOAD_TABLE_POINTS ? parse_point(table, numbers, error)
                                          : parse_cell(table, numbers, error);
}

enum status load_table_end(struct load_table *table, struct error *error) {
  enum status status = csv_end(&table->csv, error);
  if (status != STATUS_OK) return status;
  if (!table->has_header) return status_fail(error, STATUS_FORMAT, "empty");
  if (table->rows == 0) return status_fail(error, STATUS_FORMAT, "a header and no rows");
  if (table->kind == LOAD_TABLE_CELLS) table->data->imported = true;
  return STATUS_OK;
}
