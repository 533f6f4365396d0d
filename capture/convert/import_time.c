// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/convert/import_parts.h"
#include "lib/base/clock.h"

struct reading {
  const char *at, *end;
};

// Exactly `digits` digits, in [lo, hi].
static bool parse_number(struct reading *reading, int digits, int lo, int hi, int *out) {
  int number = 0;
  if (reading->end - reading->at < digits) return false;
  for (int i = 0; i < digits; i++) {
    char c = *reading->at++;
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  *out = number;
  return number >= lo && number <= hi;
}

static bool parse_char(struct reading *reading, const char *any_of) {
  if (reading->at == reading->end || *reading->at == '\0' || !strchr(any_of, *reading->at)) return false;
  reading->at++;
  return true;
}

// Decimals after a point, as nanoseconds.
static bool parse_fraction(struct reading *reading, int64_t *out_ns) {
  int64_t ns = 0, unit = CLOCK_NS_PER_S / 10;
  const char *first = reading->at;
  while (reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9') {
    ns += unit * (*reading->at++ - '0');
    unit /= 10;
  }
  *out_ns = ns;
  return reading->at > first;
}

// Z, +02:00, +0200, -05 or nothing.
static bool parse_zone(struct reading *reading, int *out_minutes) {
  int hours = 0, minutes = 0;
  *out_minutes = 0;
  if (reading->at == reading->end || parse_char(reading, "Zz")) return true;
  bool west = *reading->at == '-';
  if (!parse_char(reading, "+-") || !parse_number(reading, 2, 0, 23, &hours)) return false;
  if (reading->at < reading->end) {
    (void)parse_char(reading, ":");
    if (!parse_number(reading, 2, 0, 59, &minutes)) return false;
  }
  *out_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
  return true;
}

static bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t days_since_1970(int year, int month, int day) {
  int64_t days = day - 1;
  for (int y = 1970; y < year; y++)
    days += 365 + is_leap(y);
  for (int m = 1; m < month; m++)
    days += days_in(year, m);
  return days;
}

bool import_time(struct json_slice text, int64_t *out_unix_ns) {
  struct reading reading = {text.data, text.data + text.len};
  int year, month, day, hour, minute, second, zone;
  int64_t fraction_ns = 0;
  if (!text.data || !parse_number(&reading, 4, 1970, 2199, &year) || !parse_char(&reading, "-")) return false;
  if (!parse_number(&reading, 2, 1, 12, &month) || !parse_char(&reading, "-")) return false;
  if (!parse_number(&reading, 2, 1, days_in(year, month), &day) || !parse_char(&reading, " Tt")) return false;
  if (!parse_number(&reading, 2, 0, 23, &hour) || !parse_char(&reading, ":")) return false;
  if (!parse_number(&reading, 2, 0, 59, &minute) || !parse_char(&reading, ":")) return false;
  if (!parse_number(&reading, 2, 0, 60, &second)) return false; // 60: a leap second
  if (parse_char(&reading, ".") && !parse_fraction(&reading, &fraction_ns)) return false;
  if (!parse_zone(&reading, &zone) || reading.at != reading.end) return false;
  int64_t seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second;
  *out_unix_ns = seconds * CLOCK_NS_PER_S + fraction_ns;
  return true;
}

bool import_seconds(struct json_slice cell, int64_t *out_ns) {
  struct reading reading = {cell.data, cell.data + cell.len};
  int64_t seconds = 0, fraction_ns = 0;
  const char *first = reading.at;
  if (!cell.data) return false;
  while (reading.at < reading.end && *reading.at >= '0' && *reading.at <= '9') {
    seconds = seconds * 10 + (*reading.at++ - '0');
    if (seconds > INT64_MAX / CLOCK_NS_PER_S - 1) return false;
  }
  if (reading.at == first) return false;
  if (parse_char(&reading, ".") && reading.at < reading.end && !parse_fraction(&reading, &fraction_ns))
    return false;
  if (reading.at != reading.end) return false;
  *out_ns = seconds * CLOCK_NS_PER_S + fraction_ns;
  return true;
}
