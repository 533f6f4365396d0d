// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every module of this room stands on: GSL told not to abort, the two scales, and the checks that all
// inputs get.
//
// The room takes plain arrays and gives plain structs. Nothing here reads a record, prints, or exits; NaN and
// infinities in an input are STATUS_NUMERIC or STATUS_USAGE, never a NaN in an output. Out-parameters are
// written only on STATUS_OK.
#ifndef ANALYZE_STAT_STAT_H
#define ANALYZE_STAT_STAT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"

// The scale on which throughput is compared and fitted. LN: deviations are relative, a spread is the sd of ln
// X.
enum stat_scale { STAT_SCALE_LN, STAT_SCALE_LINEAR };

// Switches GSL's aborting error handler off for the whole process. Call once, before anything else of this
// room.
void stat_init(void);

// What to do when memory runs out in this room; `end` must not return (exit, longjmp). To be called after
// stat_init. Without it GSL goes on with memory that it did not get, and crashes; and a caller that shows
// what can be computed would take STATUS_MEMORY for a value that does not exist.
void stat_on_no_memory(void (*end)(void));

// STATUS_MEMORY with the words, unless that ends here.
#define stat_no_memory(error, ...)                                                                           \
  (stat_end_without_memory(), status_fail((error), STATUS_MEMORY, __VA_ARGS__))
void stat_end_without_memory(void);

// All values finite; all values finite and above zero. True for count 0.
bool stat_all_finite(const double *values, size_t count);
bool stat_all_positive(const double *values, size_t count);

// Puts a value on a scale and takes it back: ln and exp, or the value itself.
double stat_to_scale(enum stat_scale scale, double value);
double stat_from_scale(enum stat_scale scale, double value);

// STATUS_USAGE, error is set, unless 0 < confidence < 1.
enum status stat_check_confidence(double confidence, struct error *error) MUST_USE;

// Two-sided Student t multiplier: the (1 + confidence)/2 quantile at df > 0 degrees of freedom (infinite df:
// normal).
double stat_t_multiplier(double confidence, double df);

// Upper tail of F(df1, df2) at f, and the quantile that leaves `confidence` below it.
double stat_f_upper_tail(double f, double df1, double df2);
double stat_f_quantile(double confidence, double df1, double df2);

// P(Beta(a, b) <= x) for a, b > 0 and x in [0, 1], and the x at which it reaches a probability in (0, 1).
// Where both a and b exceed 1e5 the tail is Paulson's normal approximation (Abramowitz & Stegun 26.6.15),
// right to 1e-8 there.
double stat_beta_lower_tail(double x, double a, double b);
double stat_beta_quantile(double probability, double a, double b);

// qsort for what mostly comes in order already, as repetitions of a sweep do: that takes one pass.
void stat_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));

// A comparator for qsort over finite doubles, ascending.
int stat_compare_doubles(const void *left, const void *right);

#endif
