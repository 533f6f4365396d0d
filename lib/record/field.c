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

static void parse_null(const struct field *field, char *into) {
  switch (field->kind) {
  case FIELD_COUNT:
  case FIELD_INT:
  case FIELD_DURATION: *(int64_t *)(void *)into = -1; break;
  case FIELD_NUMBER: *(double *)(void *)into = NAN; break;
  case FIELD_TEXT:
  case FIELD_ARRAY:
  case FIELD_OBJECT:
  case FIELD_JSON: *(struct json_slice *)(void *)into = (struct json_slice){NULL, 0}; break;
  default: break;
  }
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
    parse_null(field, into);
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
  case FIELD_TABLE: break; // field_read's
  case FIELD_CUSTOM: return field->read(context, field, value);
  }
  return STATUS_OK;
}

static const struct field *find(const struct field *table, const struct field *expected,
                                struct json_slice name) {
  if (expected->name && expected->name_len == name.len && memcmp(expected->name, name.data, name.len) == 0)
    return expected;
  for (const struct field *field = table; field->name; field++) {
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

static enum status parse_member(struct field_context *context, const struct field *field) {
  struct json_cursor *cursor = &context->cursor;
  if (field->kind == FIELD_TABLE && json_cursor_kind(cursor) == JSON_OBJECT)
    return json_cursor_object(cursor) ? field_read(context, field->inner) : fail_malformed(context);
  struct json_slice value = json_cursor_value(cursor);
  if (!value.data) return fail_malformed(context);
  if (field->kind == FIELD_TABLE && value.data[0] != 'n') return field_fail(context, field, "an object");
  return field_parse(context, field, value);
}

enum status field_read(struct field_context *context, const struct field *table) {
  struct json_cursor *cursor = &context->cursor;
  struct json_slice name;
  const struct field *expected = table;
  uint64_t seen = 0;
  while (json_cursor_member(cursor, &name)) {
    const struct field *field = find(table, expected, name);
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
  for (const struct field *field = table; field->name; field++) {
    if (field->required && !(seen >> (field - table) & 1))
      return status_fail(context->error, STATUS_FORMAT, "\"%s\" is missing", field->name);
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

enum status field_start(struct field_context *context, const char *line, size_t len,
                        struct json_slice *type) {
  struct json_cursor *cursor = &context->cursor;
  struct json_slice name;
  context->line = line;
  context->end = line + len;
  *cursor = json_cursor_start(line, len);
  if (json_cursor_kind(cursor) == JSON_OBJECT && json_cursor_object(cursor) &&
      json_cursor_member(cursor, &name) && json_slice_is(name, "type")) {
    *type = json_scan_raw_string(json_cursor_value(cursor));
    if (!cursor->failed) return STATUS_OK;
  }
  return start_anywhere(context, type);
}

enum status field_finish(struct field_context *context, enum status status) {
  if (status) return status;
  return json_cursor_finish(&context->cursor) ? STATUS_OK : fail_malformed(context);
}
