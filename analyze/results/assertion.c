// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/assertion.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/results/summary.h"
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
  const char *sign = expression + strcspn(expression, "<>=!");
  size_t len = (size_t)(sign - expression), relation = 0;
  while (len > 0 && expression[len - 1] == ' ')
    len--;
  while (relation < 6 && strncmp(sign, relation_texts[relation], strlen(relation_texts[relation])) != 0)
    relation++;
  if (!is_path(expression, len) || relation == 6) {
    return status_fail(error, STATUS_USAGE, "'%.200s' is no 'path>=number' (>=, <=, ==, !=, >, <)",
                       expression);
  }
  double limit;
  const char *number = sign + strlen(relation_texts[relation]);
  enum status status = units_real(number + strspn(number, " "), -1e300, 1e300, &limit, error);
  if (status != STATUS_OK) return status;
  *parts = (struct assertion_parts){len, (enum assertion_relation)relation, limit};
  return STATUS_OK;
}

bool assertion_holds(const char *expression, const struct assertion_parts *parts,
                     const struct results *results, double *value) {
  *value = value_number(results, summary_value(results), expression, parts->path_len);
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
