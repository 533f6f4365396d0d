// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/value.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct member estimate_members[] = {MEMBER(estimate, estimate, "estimate", MEMBER_NUMBER),
                                                 MEMBER(estimate, lo, "lo", MEMBER_NUMBER),
                                                 MEMBER(estimate, hi, "hi", MEMBER_NUMBER), MEMBER_END};
static const struct member percentiles_members[] = {
    MEMBER(percentiles, p50, "p50", MEMBER_ESTIMATE), MEMBER(percentiles, p95, "p95", MEMBER_ESTIMATE),
    MEMBER(percentiles, p99, "p99", MEMBER_ESTIMATE), MEMBER_END};

static struct value value_of(const struct results *results, const struct member *member, const void *at) {
  const void *field = (const char *)at + member->offset;
  const struct value null = {.kind = VALUE_NULL};
  switch (member->kind) {
  case MEMBER_NULL: return null;
  case MEMBER_INT: return VALUE_OF_INT(*(const int64_t *)field);
  case MEMBER_COUNT: return *(const int64_t *)field < 0 ? null : VALUE_OF_INT(*(const int64_t *)field);
  case MEMBER_NUMBER: return VALUE_OF_NUMBER(*(const double *)field);
  case MEMBER_POSITIVE: return *(const double *)field > 0 ? VALUE_OF_NUMBER(*(const double *)field) : null;
  case MEMBER_BOOL: return VALUE_OF_BOOL(*(const bool *)field);
  case MEMBER_TEXT: return VALUE_OF_TEXT(*(const char *const *)field);
  case MEMBER_ESTIMATE: return VALUE_OF_OBJECT(field, estimate_members);
  case MEMBER_ESTIMATE_OR_NULL:
    return isnan(((const struct estimate *)field)->estimate) ? null
                                                             : VALUE_OF_OBJECT(field, estimate_members);
  case MEMBER_PERCENTILES: {
    const struct percentiles *percentiles = field;
    bool unknown = isnan(percentiles->p50.estimate) && isnan(percentiles->p99.estimate);
    return unknown ? null : VALUE_OF_OBJECT(field, percentiles_members);
  }
  case MEMBER_SLO: {
    enum cell_slo slo = *(const enum cell_slo *)field;
    return slo == CELL_SLO_UNKNOWN ? null : VALUE_OF_BOOL(slo == CELL_SLO_MET);
  }
  case MEMBER_OBJECT: return VALUE_OF_OBJECT(field, member->inner);
  case MEMBER_LIST:
    return (struct value){.kind = VALUE_LIST,
                          .at = *(const void *const *)field,
                          .members = member->inner,
                          .count = *(const size_t *)(const void *)((const char *)at + member->count),
                          .size = member->size};
  case MEMBER_IF_BOOL: return *(const bool *)field ? VALUE_OF_OBJECT(at, member->inner) : null;
  case MEMBER_IF_NUMBER: return isnan(*(const double *)field) ? null : VALUE_OF_OBJECT(at, member->inner);
  case MEMBER_IF_TEXT: return *(const char *const *)field ? VALUE_OF_OBJECT(at, member->inner) : null;
  case MEMBER_VIEW:
  case MEMBER_INLINE: return member->view(results, at);
  }
  return null;
}

static struct value element_of(const struct results *results, const struct value *list, size_t index) {
  if (list->element) return list->element(results, list->at, index);
  return VALUE_OF_OBJECT((const char *)list->at + index * list->size, list->members);
}

static void write_members(struct json_writer *w, const struct results *results, const struct value *object) {
  for (const struct member *member = object->members; member->name || member->kind; member++) {
    struct value value = value_of(results, member, object->at);
    if (member->kind == MEMBER_INLINE) {
      write_members(w, results, &value);
      continue;
    }
    json_write_key(w, member->name);
    value_write(w, results, value);
  }
}

static void write_list(struct json_writer *w, const struct results *results, const struct value *list) {
  if (list->name)
    json_write_object(w);
  else
    json_write_array(w);
  for (size_t i = 0; i < list->count; i++) {
    const char *name = list->name ? list->name(list->at, i) : NULL;
    if (list->name && !name) continue;
    if (name) json_write_key(w, name);
    value_write(w, results, element_of(results, list, i));
  }
  if (list->name)
    json_write_object_end(w);
  else
    json_write_array_end(w);
}

void value_write(struct json_writer *w, const struct results *results, struct value value) {
  switch (value.kind) {
  case VALUE_NULL: json_write_null(w); break;
  case VALUE_INT: json_write_int(w, value.whole); break;
  case VALUE_NUMBER: json_write_number(w, value.number); break;
  case VALUE_BOOL: json_write_bool(w, value.truth); break;
  case VALUE_TEXT: json_write_string(w, value.text); break;
  case VALUE_OBJECT:
    json_write_object(w);
    write_members(w, results, &value);
    json_write_object_end(w);
    break;
  case VALUE_LIST: write_list(w, results, &value); break;
  }
}

static bool is_named(const char *name, const char *text, size_t len) {
  return name && strlen(name) == len && memcmp(name, text, len) == 0;
}

static bool find_member(const struct results *results, const struct value *value, const char *name,
                        size_t len, struct value *found) {
  if (value->kind == VALUE_LIST && value->name) {
    for (size_t i = 0; i < value->count; i++) {
      if (!is_named(value->name(value->at, i), name, len)) continue;
      *found = element_of(results, value, i);
      return true;
    }
  }
  if (value->kind != VALUE_OBJECT) return false;
  for (const struct member *member = value->members; member->name || member->kind; member++) {
    if (member->kind == MEMBER_INLINE) {
      struct value inner = value_of(results, member, value->at);
      if (find_member(results, &inner, name, len, found)) return true;
    } else if (is_named(member->name, name, len)) {
      *found = value_of(results, member, value->at);
      return true;
    }
  }
  return false;
}

// One step of a path into *value; returns where the next begins, NULL: there is nothing.
static const char *step_into(const struct results *results, struct value *value, const char *at,
                             const char *end) {
  if (*at == '[') {
    char *after;
    if (!isdigit((unsigned char)at[1])) return NULL;
    unsigned long index = strtoul(at + 1, &after, 10);
    if (after >= end || *after != ']' || value->kind != VALUE_LIST || value->name || index >= value->count)
      return NULL;
    *value = element_of(results, value, index);
    return after + 1;
  }
  if (*at == '.') at++;
  size_t len = strcspn(at, ".[");
  if (len > (size_t)(end - at)) len = (size_t)(end - at);
  struct value object = *value;
  return len > 0 && find_member(results, &object, at, len, value) ? at + len : NULL;
}

double value_number(const struct results *results, struct value value, const char *path, size_t len) {
  const char *at = path, *end = path + len;
  struct value estimate;
  while (at && at < end)
    at = step_into(results, &value, at, end);
  if (!at) return NAN;
  if (find_member(results, &value, "estimate", strlen("estimate"), &estimate)) value = estimate;
  switch (value.kind) {
  case VALUE_INT: return (double)value.whole;
  case VALUE_NUMBER: return isfinite(value.number) ? value.number : NAN;
  case VALUE_BOOL: return value.truth;
  default: return NAN;
  }
}
