// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/record/field.h"

#include <math.h>
#include <string.h>

#include "lib/base/clock.h"

enum status field_fail(struct field_context *context, const struct field *field, const char *should) {
  return status_fail(context->error, STATUS_FORMAT, "\"%s\" is not %s", field->name, should);
}

// Decimal seconds to nanoseconds without a detour over a double, which would not hold a long run's
// nanoseconds. false: not a plain decimal number, or too large.
static bool decimal_ns(struct json_slice value, int64_t *out) {
  const char *at = value.data, *end = at + value.len;
  int64_t ns = 0;
  for (; at < end && *at >= '0' && *at <= '9'; at++) {
    if (ns > INT64_MAX / 10 / CLOCK_NS_PER_S - 1) return false;
    ns = ns * 10 + (*at - '0');
  }
  ns *= CLOCK_NS_PER_S;
  if (at < end && *at == '.') {
    static const int64_t units[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                    10000,      1000,      100,      10,      1};
    enum { DIGITS = sizeof units / sizeof *units - 1 };
    int64_t fraction = 0;
    int digits = 0;
    for (at++; digits < DIGITS && at < end && *at >= '0' && *at <= '9'; at++, digits++)
      fraction = fraction * 10 + (*at - '0');
    ns += fraction * units[digits];
    if (at < end && *at >= '5' && *at <= '9') ns++; // the tenth digit rounds; the rest is below it
    while (at < end && *at >= '0' && *at <= '9')
      at++;
  }
  if (at < end) return false;
  *out = ns;
  return true;
}

static bool duration_ns(struct json_slice value, int64_t *out) {
  double seconds;
  if (json_scan_kind(value) != JSON_NUMBER) return false;
  if (value.data[0] != '-' && decimal_ns(value, out)) return true;
  if (!json_scan_number(value, &seconds) || seconds < 0 || seconds > 9.2e9) return false;
  *out = clock_from_seconds(seconds);
  return true;
}

static enum status parse_text(struct field_context *context, const struct field *field,
                              struct json_slice value, struct json_slice *out) {
  struct json_slice raw = json_scan_raw_string(value);
  if (!raw.data) return field_fail(context, field, "a string");
  if (raw.len == 0 || !memchr(raw.data, '\\', raw.len)) {
    *out = raw;
    return STATUS_OK;
  }
  // Unescaped text is never longer than the escaped one: with room for the rest of the line, nothing that was
  // put there moves any more.
  enum status status = buf_reserve(context->scratch, (size_t)(context->end - value.data));
  if (status) return status_fail(context->error, status, "\"%s\" is too long", field->name);
  size_t start = context->scratch->len;
  if (!json_scan_string(value, context->scratch)) return field_fail(context, field, "a string");
  *out = (struct json_slice){context->scratch->data + start, context->scratch->len - start};
  return STATUS_OK;
}

static enum status parse_kind(struct field_context *context, const struct field *field,
                              struct json_slice value, enum json_kind kind, const char *should,
                              struct json_slice *out) {
  if (json_scan_kind(value) != kind) return field_fail(context, field, should);
  *out = value;
  return STATUS_OK;
}

static void set_missing(const struct field *field, void *into) {
  void *at = (char *)into + field->offset;
  int number = (int)field->missing - 1; // of enum field_missing
  switch ((enum field_kind)field->kind) {
  case FIELD_COUNT:
  case FIELD_INT:
  case FIELD_DURATION: *(int64_t *)at = number; break;
  case FIELD_NUMBER: *(double *)at = number < 0 ? (double)NAN : number; break;
  case FIELD_BOOL: *(bool *)at = number > 0; break;
  case FIELD_TEXT:
  case FIELD_ARRAY:
  case FIELD_OBJECT:
  case FIELD_JSON: *(struct json_slice *)at = (struct json_slice){NULL, 0}; break;
  case FIELD_TABLE: field_blank(field->inner, into); break;
  case FIELD_CUSTOM: break;
  }
}

void field_blank(const struct field *table, void *into) {
  for (const struct field *field = table; field->name; field++)
    set_missing(field, into);
}

// Digits alone, the usual case; -1: something else.
static int64_t small_count(struct json_slice value) {
  if (value.len > 15) return -1;
  int64_t count = 0;
  for (size_t i = 0; i < value.len; i++) {
    if (value.data[i] < '0' || value.data[i] > '9') return -1;
    count = count * 10 + (value.data[i] - '0');
  }
  return count;
}

static enum status parse_count(struct field_context *context, const struct field *field,
                               struct json_slice value, int64_t *out) {
  int64_t count = small_count(value);
  if (count < 0 && (!json_scan_int64(value, &count) || count < 0 || count > FIELD_COUNT_MAX))
    return field_fail(context, field, "a whole number from 0 to 2^53");
  *out = count;
  return STATUS_OK;
}

enum status field_parse(struct field_context *context, const struct field *field, struct json_slice value) {
  char *into = (char *)context->into + field->offset;
  if (value.data[0] == 'n') {
    if (field->required) return status_fail(context->error, STATUS_FORMAT, "\"%s\" is null", field->name);
    set_missing(field, context->into);
    if (field->kind != FIELD_CUSTOM) return STATUS_OK;
  }
  struct json_slice *slice = (struct json_slice *)(void *)into;
  switch ((enum field_kind)field->kind) {
  case FIELD_COUNT: return parse_count(context, field, value, (int64_t *)(void *)into);
  case FIELD_INT:
    if (json_scan_int64(value, (int64_t *)(void *)into)) return STATUS_OK;
    return field_fail(context, field, "a whole number");
  case FIELD_DURATION:
    if (duration_ns(value, (int64_t *)(void *)into)) return STATUS_OK;
    return field_fail(context, field, "a time in seconds, at least 0");
  case FIELD_NUMBER:
    if (json_scan_number(value, (double *)(void *)into)) return STATUS_OK;
    return field_fail(context, field, "a number");
  case FIELD_BOOL:
    if (json_scan_bool(value, (bool *)(void *)into)) return STATUS_OK;
    return field_fail(context, field, "true or false");
  case FIELD_TEXT: return parse_text(context, field, value, slice);
  case FIELD_ARRAY: return parse_kind(context, field, value, JSON_ARRAY, "an array", slice);
  case FIELD_OBJECT: return parse_kind(context, field, value, JSON_OBJECT, "an object", slice);
  case FIELD_JSON: *slice = value; return STATUS_OK;
  case FIELD_TABLE: break; // read_members'
  case FIELD_CUSTOM: return field->read(context, field, value);
  }
  return STATUS_OK;
}

// The row of that name before `end`; NULL: none.
static const struct field *find(const struct field *from, const struct field *end, struct json_slice name) {
  for (const struct field *field = from; field != end && field->name; field++) {
    if (field->name_len == name.len && memcmp(field->name, name.data, name.len) == 0) return field;
  }
  return NULL;
}

static enum status fail_malformed(const struct field_context *context) {
  struct json_slice whole;
  const char *line = context->line;
  enum status status = json_scan_text(line, (size_t)(context->end - line), &whole, context->error);
  return status ? status : status_fail(context->error, STATUS_FORMAT, "malformed JSON");
}

static enum status read_members(struct field_context *context, const struct field *table);

static enum status parse_member(struct field_context *context, const struct field *field) {
  struct json_cursor *cursor = &context->cursor;
  if (field->kind == FIELD_TABLE && json_cursor_kind(cursor) == JSON_OBJECT)
    return json_cursor_object(cursor) ? read_members(context, field->inner) : fail_malformed(context);
  struct json_slice value = json_cursor_value(cursor);
  if (!value.data) return fail_malformed(context);
  if (field->kind == FIELD_TABLE && value.data[0] != 'n') return field_fail(context, field, "an object");
  return field_parse(context, field, value);
}

static enum status read_members(struct field_context *context, const struct field *table) {
  struct json_cursor *cursor = &context->cursor;
  struct json_slice name;
  const struct field *expected = table;
  uint64_t seen = 0;
  while (json_cursor_member(cursor, &name)) {
    const struct field *field = find(expected, NULL, name);
    if (!field) field = find(table, expected, name);
    if (!field) {
      json_cursor_skip(cursor);
      continue;
    }
    enum status status = parse_member(context, field);
    if (status) return status;
    seen |= UINT64_C(1) << (field - table);
    expected = field + 1;
  }
  if (cursor->failed) return fail_malformed(context);
  for (const struct field *field = table; field->name; field++, seen >>= 1) {
    if (seen & 1) continue;
    if (field->required) return status_fail(context->error, STATUS_FORMAT, "\"%s\" is missing", field->name);
    if (field->kind < FIELD_TEXT || field->kind == FIELD_TABLE) set_missing(field, context->into);
  }
  return STATUS_OK;
}

// A record whose type is not its first member: two passes.
static enum status start_anywhere(struct field_context *context, struct json_slice *type) {
  struct json_slice object;
  size_t len = (size_t)(context->end - context->line);
  enum status status = json_scan_text(context->line, len, &object, context->error);
  if (status) return status;
  if (json_scan_kind(object) != JSON_OBJECT)
    return status_fail(context->error, STATUS_FORMAT, "no JSON object");
  *type = json_scan_raw_string(json_scan_get(object, "type"));
  context->cursor = json_cursor_start(context->line, len);
  (void)json_cursor_object(&context->cursor);
  return STATUS_OK;
}

// Sets the cursor behind the record's "type"; {NULL, 0} when there is none.
static enum status start(struct field_context *context, struct json_slice line, struct json_slice *type) {
  struct json_cursor *cursor = &context->cursor;
  struct json_slice name;
  context->line = line.data;
  context->end = line.data + line.len;
  *cursor = json_cursor_start(line.data, line.len);
  if (json_cursor_kind(cursor) == JSON_OBJECT && json_cursor_object(cursor) &&
      json_cursor_member(cursor, &name) && json_slice_is(name, "type")) {
    *type = json_scan_raw_string(json_cursor_value(cursor));
    if (!cursor->failed) return STATUS_OK;
  }
  return start_anywhere(context, type);
}

static enum status read_rest(struct field_context *context, const struct field *table) {
  enum status status = read_members(context, table);
  if (status) return status;
  return json_cursor_finish(&context->cursor) ? STATUS_OK : fail_malformed(context);
}

enum status field_read_line(const struct field_record *records, size_t count, struct json_slice line,
                            size_t *kind, void *into, struct buf *scratch, struct error *error) {
  static const struct field none[] = {FIELD_END};
  struct field_context context = {.into = into, .scratch = scratch, .error = error};
  struct json_slice type;
  buf_clear(scratch);
  enum status status = start(&context, line, &type);
  if (status) return status;
  size_t i = 0;
  while (i < count && !json_slice_is(type, records[i].type))
    i++;
  *kind = i;
  return read_rest(&context, i < count ? records[i].table : none);
}

enum status field_read_object(struct json_slice object, const struct field *table, void *into,
                              struct buf *scratch, struct error *error) {
  struct field_context context = {.into = into, .scratch = scratch, .error = error};
  struct json_slice type;
  enum status status = start(&context, object, &type);
  return status ? status : read_rest(&context, table);
}

static bool is_known(const struct field *field, const void *from) {
  const void *at = (const char *)from + field->offset;
  switch ((enum field_kind)field->kind) {
  case FIELD_COUNT:
  case FIELD_DURATION: return *(const int64_t *)at >= 0;
  case FIELD_NUMBER: return !isnan(*(const double *)at);
  case FIELD_BOOL: return *(const bool *)at;
  case FIELD_TEXT: return ((const struct json_slice *)at)->data;
  case FIELD_ARRAY:
  case FIELD_OBJECT:
  case FIELD_JSON: return ((const struct json_slice *)at)->len > 0;
  case FIELD_TABLE:
    for (const struct field *inner = field->inner; inner->name; inner++) {
      if (is_known(inner, from)) return true;
    }
    return false;
  case FIELD_INT:
  case FIELD_CUSTOM: break;
  }
  return true;
}

static bool is_over(const struct field *field, const void *from) {
  const void *at = (const char *)from + field->offset;
  int missing = (int)field->missing - 1; // of enum field_missing
  if (field->kind == FIELD_TABLE) return is_over(field->inner, from);
  return field->kind == FIELD_NUMBER ? *(const double *)at > missing : *(const int64_t *)at > missing;
}

static void write_table(struct json_writer *w, const struct field *table, const void *from);

// An unknown one is null.
static void write_value(struct json_writer *w, const struct field *field, const void *from) {
  const void *at = (const char *)from + field->offset;
  const int64_t *whole = at;
  const struct json_slice *slice = at;
  switch ((enum field_kind)field->kind) {
  case FIELD_COUNT:
    if (*whole < 0) break;
    json_write_int(w, *whole);
    return;
  case FIELD_INT: json_write_int(w, *whole); return;
  case FIELD_DURATION:
    if (*whole < 0) break;
    json_write_seconds(w, *whole);
    return;
  case FIELD_NUMBER: json_write_number(w, *(const double *)at); return;
  case FIELD_BOOL: json_write_bool(w, *(const bool *)at); return;
  case FIELD_TEXT:
    if (!slice->data) break;
    json_write_text(w, slice->data, slice->len);
    return;
  case FIELD_ARRAY:
  case FIELD_OBJECT:
  case FIELD_JSON:
    if (slice->len == 0) break;
    w->comma = true;
    json_write_compact(w->out, *slice);
    return;
  case FIELD_TABLE:
    if (!is_known(field, from)) break;
    write_table(w, field->inner, from);
    return;
  case FIELD_CUSTOM: return; // write_members'
  }
  json_write_null(w);
}

static void write_members(struct json_writer *w, const struct field *table, const void *from) {
  bool is_written = true;
  for (const struct field *field = table; field->name; field++) {
    switch ((enum field_presence)field->presence) {
    case FIELD_ALWAYS: is_written = true; break;
    case FIELD_IF_KNOWN: is_written = is_known(field, from); break;
    case FIELD_IF_OVER: is_written = is_over(field, from); break;
    case FIELD_WITH_LAST: break;
    }
    if (!is_written) continue;
    if (field->kind == FIELD_CUSTOM) {
      if (field->write) field->write(w, field, from);
      continue;
    }
    json_write_name(w, field->name, field->name_len);
    write_value(w, field, from);
  }
}

static void write_table(struct json_writer *w, const struct field *table, const void *from) {
  json_write_object(w);
  write_members(w, table, from);
  json_write_object_end(w);
}

void field_write_line(struct buf *out, const struct field_record *record, const void *from) {
  struct json_writer w = JSON_WRITER(out);
  json_write_object(&w);
  json_member_string(&w, "type", record->type);
  write_members(&w, record->table, from);
  json_write_object_end(&w);
}
