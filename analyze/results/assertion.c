// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/assertion.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"

static const char *const relation_texts[] = {">=", "<=", "==", "!=", ">", "<"}; // the longer ones first

static bool is_path(const char *text, size_t len) {
  if (len == 0 || !isalpha((unsigned char)text[0])) return false;
  for (size_t i = 0; i < len; i++) {
    if (!isalnum((unsigned char)text[i]) && !strchr("_.[]", text[i])) return false;
  }
  return true;
}

enum status assertion_parse(const char *expression, struct assertion_parts *parts, struct error *error) {
  size_t len = strcspn(expression, "<>=!");
  size_t relation = 0;
  while (relation < 6 &&
         strncmp(expression + len, relation_texts[relation], strlen(relation_texts[relation])) != 0)
    relation++;
  if (!is_path(expression, len) || relation == 6) {
    return status_fail(error, STATUS_USAGE, "'%.200s' is no 'path>=number' (>=, <=, ==, !=, >, <)",
                       expression);
  }
  double limit;
  enum status status =
      units_real(expression + len + strlen(relation_texts[relation]), -1e300, 1e300, &limit, error);
  if (status != STATUS_OK) return status;
  *parts = (struct assertion_parts){len, (enum assertion_relation)relation, limit};
  return STATUS_OK;
}

// The member or element that the next step of the path names; *at moves behind it.
static const struct json *step_into(const struct json *node, const char **at, const char *end) {
  if (**at == '[') {
    char *after;
    unsigned long index = strtoul(*at + 1, &after, 10);
    if (after == *at + 1 || after >= end || *after != ']') return NULL;
    *at = after + 1;
    return json_kind_of(node) == JSON_ARRAY ? json_at(node, index) : NULL;
  }
  char key[128];
  if (**at == '.') ++*at;
  size_t len = strcspn(*at, ".[<>=!");
  if (len == 0 || len >= sizeof key) return NULL;
  memcpy(key, *at, len);
  key[len] = '\0';
  *at += len;
  return json_get(node, key);
}

static double number_at(const char *path, size_t len, const struct json *summary) {
  const char *at = path, *end = path + len;
  const struct json *node = summary;
  while (node && at < end)
    node = step_into(node, &at, end);
  if (json_kind_of(node) == JSON_OBJECT) node = json_get(node, "estimate");
  if (json_kind_of(node) == JSON_TRUE || json_kind_of(node) == JSON_FALSE) return json_bool(node, false);
  return json_number(node, NAN);
}

bool assertion_holds(const char *expression, const struct assertion_parts *parts, const struct json *summary,
                     double *value) {
  *value = number_at(expression, parts->path_len, summary);
  if (isnan(*value)) return false;
  switch (parts->relation) {
  case ASSERTION_GE: return *value >= parts->limit;
  case ASSERTION_LE: return *value <= parts->limit;
  case ASSERTION_EQ: return *value == parts->limit;
  case ASSERTION_NE: return *value != parts->limit;
  case ASSERTION_GT: return *value > parts->limit;
  case ASSERTION_LT: return *value < parts->limit;
  }
  return false;
}
