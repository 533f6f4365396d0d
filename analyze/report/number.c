// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/report/number.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analyze/report/document.h"

static struct number_text words(const char *text) {
  struct number_text out;
  snprintf(out.text, sizeof out.text, "%s", text);
  return out;
}

// printf follows the locale of the process; a report does not.
static void plain_point(char *text) {
  const char *point = localeconv()->decimal_point;
  char *at = *point ? strstr(text, point) : NULL;
  if (!at || strcmp(point, ".") == 0) return;
  size_t len = strlen(point);
  *at = '.';
  memmove(at + 1, at + len, strlen(at + len) + 1);
}

static struct number_text special(double value) {
  if (isnan(value)) return words(NUMBER_UNKNOWN);
  return words(value > 0 ? "\u221e" : "\u2212\u221e");
}

struct number_text number_fixed(double value, int decimals) {
  if (!isfinite(value)) return special(value);
  if (fabs(value) >= 1e15) return number_significant(value, 6);
  struct number_text out;
  snprintf(out.text, sizeof out.text, "%.*f", decimals, value);
  plain_point(out.text);
  return out;
}

struct number_text number_significant(double value, int digits) {
  if (!isfinite(value)) return special(value);
  struct number_text out;
  double size = fabs(value);
  if (size >= pow(10, digits) && size < 1e15) {
    snprintf(out.text, sizeof out.text, "%.0f", value);
  } else {
    snprintf(out.text, sizeof out.text, "%.*g", digits, value);
  }
  plain_point(out.text);
  return out;
}

struct number_text number_digits(double value, int digits) {
  double size = fabs(value);
  if (!isfinite(value) || size < 1e-6 || size >= pow(10, digits)) return number_significant(value, digits);
  int places = (int)floor(log10(size)) + 1;
  if (round(size * pow(10, digits - places)) >= pow(10, digits)) places++; // 99.96 becomes 100
  return number_fixed(value, digits > places ? digits - places : 0);
}

struct number_text number_six(double value) {
  return number_significant(value, 6);
}

struct number_text number_count(int64_t value) {
  struct number_text out;
  if (value < 0) return words(NUMBER_UNKNOWN);
  snprintf(out.text, sizeof out.text, "%" PRId64, value);
  return out;
}

struct number_text number_percent(double fraction) {
  double percent = fraction * 100;
  if (!isfinite(percent)) return special(percent);
  if (fabs(percent) >= 9.95) return number_fixed(percent, 0);
  struct number_text out = number_significant(percent, 2);
  return strchr(out.text, 'e') ? number_fixed(percent, 1) : out;
}

// Both ends get the decimals that the larger needs, so that they read as one scale.
static int decimals_for(double lo, double hi, int digits) {
  double size = fmax(isfinite(lo) ? fabs(lo) : 0, isfinite(hi) ? fabs(hi) : 0);
  if (size == 0) return 0;
  int decimals = digits - 1 - (int)floor(log10(size));
  return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

struct number_text number_throughput(double value, double hi) {
  int decimals = decimals_for(value, hi, 4);
  return number_fixed(value, decimals == 1 || value == 0 ? 2 : decimals);
}

static struct number_text end_of(double value, double other, int decimals, int digits) {
  if (!isfinite(value)) return words("\u221e");
  // Fixed decimals would show an end that is far smaller as zero.
  bool tiny = value != 0 && isfinite(other) && fabs(value) < fabs(other) / 100;
  struct number_text out = number_significant(value, digits);
  return tiny && !strchr(out.text, 'e') ? out : number_fixed(value, decimals);
}

struct number_text number_interval(double lo, double hi, int digits) {
  struct number_text out = {.text = ""};
  bool open_lo = !isfinite(lo), open_hi = !isfinite(hi);
  if (open_lo && open_hi) return out;
  int decimals = decimals_for(lo, hi, digits);
  struct number_text low = end_of(lo, hi, decimals, digits), high = end_of(hi, lo, decimals, digits);
  snprintf(out.text, sizeof out.text, "%s%.24s, %.24s%s", open_lo ? "(\u2212" : "[", low.text, high.text,
           open_hi ? ")" : "]");
  return out;
}

struct number_text number_with_interval(double value, double lo, double hi, int digits) {
  struct number_text out, interval = number_interval(lo, hi, digits);
  if (!*interval.text) return number_significant(value, digits);
  struct number_text number = end_of(value, isfinite(hi) ? hi : lo, decimals_for(lo, hi, digits), digits);
  snprintf(out.text, sizeof out.text, "%.16s %.46s", isnan(value) ? NUMBER_UNKNOWN : number.text,
           interval.text);
  return out;
}

// Where the number in a word begins and ends: signs and brackets around it are no part of it. False: it is
// none.
static bool number_in(const char *word, size_t len, size_t *from, size_t *to, size_t *point) {
  static const char minus[] = "\u2212", infinite[] = "\u221e";
  *from = 0, *to = len, *point = len;
  while (*from < len && strchr(DOCUMENT_STRONG "[(<>+-~=", word[*from]))
    ++*from;
  if (len - *from > 3 && strncmp(word + *from, minus, 3) == 0) *from += 3;
  if (strncmp(word + *from, infinite, 3) == 0) {
    *to = *from + 3;
    return true;
  }
  while (*to > *from && (strchr(DOCUMENT_STRONG "]),;:.%", word[*to - 1]) ||
                         (unsigned char)word[*to - 1] >= 0x80)) // a dagger
    --*to;
  for (size_t i = *from; i < *to; i++) {
    if (word[i] >= '0' && word[i] <= '9') continue;
    if (word[i] != '.' || *point != len || i == *from || i + 1 == *to) return false;
    *point = i;
  }
  return *from < *to;
}

static bool begins_with_number(const char *text) {
  size_t from, to, point;
  return number_in(text, strcspn(text, " \n"), &from, &to, &point);
}

void number_append_with_commas(struct buf *out, const char *text) {
  bool inside = false; // an interval
  while (*text) {
    size_t len = strcspn(text, " \n"), from, to, point;
    bool number = number_in(text, len, &from, &to, &point);
    inside = number && (inside || strcspn(text, "[(") < from);
    for (size_t i = 0; i < len; i++) {
      bool parts = text[i] == ',' && i == to && i + 1 == len &&
                   (inside || (number && point < len && text[len] && begins_with_number(text + len + 1)));
      buf_append_char(out, number && i == point ? ',' : parts ? ';' : text[i]);
    }
    inside = inside && (to == len || (text[to] != ']' && text[to] != ')'));
    text += len;
    if (*text) buf_append_char(out, *text++);
  }
}
