// SPDX-License-Identifier: GPL-3.0-or-later
//
// What must hold of a result, as a script writes it: a path into summary.json, a relation, a number.
//
//   best.tokens_per_s>=300        the estimate
//   best.tokens_per_s.lo>=300     an end of its interval
//   cells[2].ttft_s.p95<0.5       an element, counted from 0
#ifndef ANALYZE_ASSERTION_H
#define ANALYZE_ASSERTION_H

#include <stdbool.h>

#include "analyze/results/results.h"
#include "lib/base/status.h"

enum assertion_relation {
  ASSERTION_GE,
  ASSERTION_LE,
  ASSERTION_EQ,
  ASSERTION_NE,
  ASSERTION_GT,
  ASSERTION_LT
};

struct assertion_parts {
  size_t path_len; // of the expression's beginning
  enum assertion_relation relation;
  double limit;
};

// STATUS_USAGE when the expression is none.
enum status assertion_parse(const char *expression, struct assertion_parts *parts,
                            struct error *error) MUST_USE;

// *value is the number at the path in the summary of `results`; NaN, and false is returned, where there is
// none (null, or no such member): what is not known does not hold. An object with an `estimate` stands for
// that.
bool assertion_holds(const char *expression, const struct assertion_parts *parts,
                     const struct results *results, double *value);

#endif
