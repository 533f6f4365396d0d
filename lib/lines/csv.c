// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/lines/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/array.h"

static bool is_blank(const struct csv *csv, char c) {
  return (c == ' ' || c == '\t') && c != csv->separator;
}

static const char separators[] = ",;\t"; // of as many, the first

static bool is_separator(char c) {
  return c && strchr(separators, c);
}

// "sep=;" on the first line. False when the line is none.
static bool parse_separator(struct csv *csv, const char *line, size_t len) {
  if (csv->line > 1 || len != 5 || strncasecmp(line, "sep=", 4) != 0 || !is_separator(line[4])) return false;
  csv->separator = line[4];
  return true;
}

// The header's most frequent separator, outside of quotes.
static void find_separator(struct csv *csv, const char *line, size_t len) {
  size_t most = 0;
  csv->separator = separators[0];
  for (const char *separator = separators; *separator; separator++) {
    size_t count = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
      quoted ^= line[i] == '"';
      count += !quoted && line[i] == *separator;
    }
    if (count > most) csv->separator = *separator;
    if (count > most) most = count;
  }
}

static bool is_empty(const struct csv *csv) {
  for (size_t i = 0; i < csv->count; i++) {
    if (*csv_field(csv, i)) return false;
  }
  return true;
}

static enum status start_field(struct csv *csv, struct error *error) {
  enum status status = array_grow(&csv->starts, &csv->room, csv->count, sizeof *csv->starts, CSV_MAX_FIELDS);
  if (status == STATUS_LIMIT) {
    return status_fail(error, status, "more than %d fields", CSV_MAX_FIELDS);
  }
  if (status != STATUS_OK) return status_plain(error, status);
  csv->starts[csv->count++] = csv->text.len;
  return STATUS_OK;
}

// Takes what is between quotes up to the closing one or the end of the line; `at` stands after the opening
// one.
static const char *parse_quoted(struct csv *csv, const char *at, const char *end) {
  for (;;) {
    const char *quote = memchr(at, '"', (size_t)(end - at));
    buf_append(&csv->text, at, (size_t)((quote ? quote : end) - at));
    csv->open = !quote;
    if (!quote) return end;
    if (quote + 1 == end || quote[1] != '"') return quote + 1;
    buf_append_char(&csv->text, '"');
    at = quote + 2;
  }
}

static enum status parse_plain(struct csv *csv, const char **at, const char *end, struct error *error) {
  const char *next = memchr(*at, csv->separator, (size_t)(end - *at));
  const char *stop = next ? next : end;
  const char *last = stop;
  while (last > *at && is_blank(csv, last[-1]))
    last--;
  if (memchr(*at, '"', (size_t)(last - *at))) {
    return status_fail(error, STATUS_FORMAT, "a quote inside a field without quotes");
  }
  buf_append(&csv->text, *at, (size_t)(last - *at));
  *at = stop;
  return STATUS_OK;
}

// Reads fields from `at`, where one starts (or goes on, while quotes are open), to the end of the line.
static enum status parse_fields(struct csv *csv, const char *at, const char *end, struct error *error) {
  bool resumed = csv->open;
  for (;;) {
    enum status status = resumed ? STATUS_OK : start_field(csv, error);
    if (status != STATUS_OK) return status;
    while (!resumed && at < end && is_blank(csv, *at))
      at++;
    if (resumed || (at < end && *at == '"')) {
      at = parse_quoted(csv, resumed ? at : at + 1, end);
      if (csv->open) return STATUS_OK;
      while (at < end && is_blank(csv, *at))
        at++;
      if (at < end && *at != csv->separator) {
        return status_fail(error, STATUS_FORMAT, "text after the closing quote");
      }
    } else {
      status = parse_plain(csv, &at, end, error);
      if (status != STATUS_OK) return status;
    }
    buf_append_char(&csv->text, '\0');
    if (at == end) return STATUS_OK;
    at++;
    resumed = false;
  }
}

enum status csv_line(struct csv *csv, const char *line, size_t len, bool *complete, struct error *error) {
  static const char byte_order_mark[] = "\xEF\xBB\xBF";
  *complete = false;
  csv->line++;
  if (csv->line == 1 && len >= 3 && memcmp(line, byte_order_mark, 3) == 0) {
    line += 3;
    len -= 3;
  }
  if (len > 0 && line[len - 1] == '\r') len--;
  if (len > 0 && memchr(line, '\0', len)) {
    csv->open = false;
    return status_fail(error, STATUS_FORMAT, "a NUL byte");
  }
  if (csv->open) {
    buf_append_char(&csv->text, '\n');
  } else {
    size_t blank = 0;
    while (blank < len && is_blank(csv, line[blank]))
      blank++;
    if (blank == len || parse_separator(csv, line, len)) return STATUS_OK;
    if (!csv->separator) find_separator(csv, line, len);
    buf_clear(&csv->text);
    csv->text.limit = CSV_MAX_RECORD_BYTES;
    csv->count = 0;
    csv->record_line = csv->line;
  }
  enum status status = parse_fields(csv, line, line + len, error);
  if (status != STATUS_OK) return status;
  if (csv->text.status == STATUS_LIMIT) {
    csv->open = false;
    return status_fail(error, STATUS_LIMIT,
                       "the record from line %" PRId64 " on is over %d bytes (quotes left open?)",
                       csv->record_line, CSV_MAX_RECORD_BYTES);
  }
  if (csv->text.status != STATUS_OK) return status_plain(error, csv->text.status);
  *complete = !csv->open && !is_empty(csv);
  return STATUS_OK;
}

enum status csv_end(const struct csv *csv, struct error *error) {
  if (!csv->open) return STATUS_OK;
  return status_fail(error, STATUS_FORMAT, "line %" PRId64 ": quotes are never closed", csv->record_line);
}

const char *csv_field(const struct csv *csv, size_t index) {
  return csv->text.data + csv->starts[index];
}

size_t csv_find(const struct csv *csv, const char *name) {
  for (size_t i = 0; i < csv->count; i++) {
    if (strcasecmp(csv_field(csv, i), name) == 0) return i;
  }
  return SIZE_MAX;
}

void csv_free(struct csv *csv) {
  buf_free(&csv->text);
  free(csv->starts);
  *csv = (struct csv){0};
}
