// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers as text for people: the same in every locale (a point; no grouping). A language with decimal commas
// gets them where its text is put together (lang.h, document.h). Unknown (NaN) is a dash, an unbounded end
// the sign for infinity.
#ifndef ANALYZE_REPORT_NUMBER_H
#define ANALYZE_REPORT_NUMBER_H

#include <stdint.h>

#include "lib/base/buf.h"

struct number_text {
  char text[64];
};

#define NUMBER_UNKNOWN "\u2014"

// At most `digits` (1..15) significant digits, trailing zeros stripped, never an exponent from 1e-4 to 1e15.
struct number_text number_significant(double value, int digits);

// Exactly `digits` (1..15) significant digits, zeros kept ("45.0"), from 1e-6 on; below as
// number_significant.
struct number_text number_digits(double value, int digits);

// Six significant digits: the tables' form (1.44443, 117.001, 0.872899, 63).
struct number_text number_six(double value);

// Exactly `decimals` (0..9) digits after the point.
struct number_text number_fixed(double value, int decimals);

// Tokens per second beside their interval of four digits: two decimals, as the first reports print them, but
// none where the interval has none, and as many as it where it has more. `hi`: the interval's upper end; NaN:
// there is none.
struct number_text number_throughput(double value, double hi);

struct number_text number_count(int64_t value); // negative: unknown

// A fraction as percent without its sign, two significant digits below 10 %, else whole: 0.0207 is "2.1".
struct number_text number_percent(double fraction);

// "[342.1, 360.2]"; an unbounded end is "(−∞" or "∞)"; both unbounded: empty text.
struct number_text number_interval(double lo, double hi, int digits);

// "1.00 [0.96, 1.05]": the value with the decimals of its interval; without one, the value alone.
struct number_text number_with_interval(double value, double lo, double hi, int digits);

// Appends the text with decimal commas in each word that is a number, "[342,1; 360,2]"; a comma
// between two becomes a semicolon. What has letters
// beside the digits or two points stays: 0.5s, a file's name, an address, a version.
void number_append_with_commas(struct buf *out, const char *text);

#endif
