// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/units.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
  const char *name;
  double factor;
};

static const struct unit count_units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};
static const struct unit fraction_units[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
static const struct unit duration_units[] = {{"", 1e9},      {"s", 1e9},  {"ms", 1e6},   {"us", 1e3},
                                             {"ns", 1},      {"m", 60e9}, {"min", 60e9}, {"h", 3600e9},
                                             {"d", 86400e9}, {NULL, 0}};
static const struct unit byte_units[] = {
    {"", 1},     {"B", 1},      {"k", 1e3},       {"kB", 1e3},           {"M", 1e6}, {"MB", 1e6}, {"G", 1e9},
    {"GB", 1e9}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824.0}, {NULL, 0}};

// Reads "NUMBER UNIT" and multiplies. false when it is anything else.
static bool read_with_unit(const char *text, const struct unit *units, double *out) {
  if (!isdigit((unsigned char)text[0]) && !strchr("+-.", text[0])) return false;
  if (strpbrk(text, "xXnNiI") && !isdigit((unsigned char)text[strspn(text, "+-.")])) return false; // nan, inf
  if (text[0] == '\0' || strchr(text, 'x') || strchr(text, 'X')) return false; // hexadecimal
  char *end = NULL;
  errno = 0;
  double number = strtod(text, &end);
  if (end == text || !isfinite(number) || errno == ERANGE) return false;
  for (const struct unit *unit = units; unit->name; unit++) {
    if (strcmp(end, unit->name) == 0) {
      *out = number * unit->factor;
      return true;
    }
  }
  return false;
}

static enum status refuse(struct error *error, const char *text, const char *what, const char *lo,
                          const char *hi) {
  return status_fail(error, STATUS_USAGE, "'%s' is not %s from %s to %s", text, what, lo, hi);
}

// Digits alone, exact also beyond 2^53. false when it is anything else, or too large.
static bool read_digits(const char *text, int64_t *out) {
  if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text)) return false;
  errno = 0;
  long long number = strtoll(text, NULL, 10);
  if (errno == ERANGE) return false;
  *out = number;
  return true;
}

static enum status read_whole(const char *text, const struct unit *units, int64_t lo, int64_t hi,
                              int64_t *out) {
  int64_t whole;
  double number;
  if (!read_digits(text, &whole)) {
    if (!read_with_unit(text, units, &number)) return STATUS_USAGE;
    double rounded = round(number); // 1.1k is not 1100 to the last bit
    double slack = fmin(1e-3, 4 * DBL_EPSILON * fabs(number));
    if (fabs(number - rounded) > slack || fabs(rounded) > 9.0e18) return STATUS_USAGE;
    whole = (int64_t)rounded;
  }
  if (whole < lo || whole > hi) return STATUS_USAGE;
  *out = whole;
  return STATUS_OK;
}

enum status units_count(const char *text, int64_t lo, int64_t hi, int64_t *out, struct error *error) {
  if (read_whole(text, count_units, lo, hi, out) == STATUS_OK) return STATUS_OK;
  char low[32], high[32];
  snprintf(low, sizeof low, "%lld", (long long)lo);
  snprintf(high, sizeof high, "%lld", (long long)hi);
  return refuse(error, text, "a whole number", low, high);
}

enum status units_real(const char *text, double lo, double hi, double *out, struct error *error) {
  double number;
  if (read_with_unit(text, plain_units, &number) && number >= lo && number <= hi) {
    *out = number;
    return STATUS_OK;
  }
  char low[32], high[32];
  snprintf(low, sizeof low, "%g", lo);
  snprintf(high, sizeof high, "%g", hi);
  return refuse(error, text, "a number", low, high);
}

enum status units_fraction(const char *text, double lo, double hi, double *out, struct error *error) {
  double number;
  if (read_with_unit(text, fraction_units, &number) && number >= lo && number <= hi) {
    *out = number;
    return STATUS_OK;
  }
  char low[32], high[32];
  snprintf(low, sizeof low, "%g", lo);
  snprintf(high, sizeof high, "%g (or %g%%)", hi, hi * 100);
  return refuse(error, text, "a fraction", low, high);
}

enum status units_duration_ns(const char *text, int64_t lo_ns, int64_t hi_ns, int64_t *out_ns,
                              struct error *error) {
  double ns;
  if (read_with_unit(text, duration_units, &ns) && fabs(ns) <= 9.0e18 && (int64_t)round(ns) >= lo_ns &&
      (int64_t)round(ns) <= hi_ns) {
    *out_ns = (int64_t)round(ns);
    return STATUS_OK;
  }
  struct buf low = {0}, high = {0};
  units_print_duration(&low, lo_ns);
  units_print_duration(&high, hi_ns);
  enum status status = refuse(error, text, "a time (250ms, 5s, 2m, 1h)", buf_text(&low), buf_text(&high));
  buf_free(&low);
  buf_free(&high);
  return status;
}

enum status units_bytes(const char *text, int64_t lo, int64_t hi, int64_t *out, struct error *error) {
  if (read_whole(text, byte_units, lo, hi, out) == STATUS_OK) return STATUS_OK;
  struct buf low = {0}, high = {0};
  units_print_bytes(&low, lo);
  units_print_bytes(&high, hi);
  enum status status = refuse(error, text, "a size (512, 64KiB, 1.5GB)", buf_text(&low), buf_text(&high));
  buf_free(&low);
  buf_free(&high);
  return status;
}

struct list {
  int64_t *items;
  size_t count, most;
};

static enum status list_add(struct list *list, int64_t item, struct error *error) {
  for (size_t i = 0; i < list->count; i++) {
    if (list->items[i] == item)
      return status_fail(error, STATUS_USAGE, "duplicate value %lld", (long long)item);
  }
  if (list->count == list->most) return status_fail(error, STATUS_USAGE, "more than %zu entries", list->most);
  int64_t *items = realloc(list->items, (list->count + 1) * sizeof *items);
  if (!items) return status_memory(error);
  list->items = items;
  items[list->count++] = item;
  return STATUS_OK;
}

// One entry: "8" or "1-4".
static enum status list_add_entry(struct list *list, const char *entry, int64_t lo, int64_t hi,
                                  struct error *error) {
  if (entry[0] == '\0') return status_fail(error, STATUS_USAGE, "empty entry");
  char *dash = strchr(entry + 1, '-');
  int64_t first = 0, last = 0;
  if (dash) *dash = '\0';
  enum status status = units_count(entry, lo, hi, &first, error);
  last = first;
  if (status == STATUS_OK && dash) status = units_count(dash + 1, lo, hi, &last, error);
  if (status == STATUS_OK && last < first) {
    status =
        status_fail(error, STATUS_USAGE, "range %lld-%lld runs backwards", (long long)first, (long long)last);
  }
  for (int64_t item = first; status == STATUS_OK && item <= last; item++)
    status = list_add(list, item, error);
  return status;
}

enum status units_list(const char *text, int64_t lo, int64_t hi, size_t most, int64_t **out, size_t *count,
                       struct error *error) {
  struct list list = {.most = most};
  char *copy = strdup(text);
  if (!copy) return status_memory(error);
  enum status status = STATUS_OK;
  char *rest = copy;
  while (status == STATUS_OK && rest) {
    char *entry = strsep(&rest, ",");
    status = list_add_entry(&list, entry, lo, hi, error);
  }
  free(copy);
  if (status) {
    free(list.items);
    return status_prefix(error, status, "list '%s'", text);
  }
  *out = list.items;
  *count = list.count;
  return STATUS_OK;
}

enum status units_host_port(const char *text, char *host, size_t host_size, uint16_t *port,
                            struct error *error) {
  const char *colon = strrchr(text, ':');
  int64_t number;
  if (!colon || !read_digits(colon + 1, &number) || number > 65535) {
    return status_fail(error, STATUS_USAGE, "'%s' is not HOST:PORT with a port from 0 to 65535", text);
  }
  const char *start = text;
  size_t len = (size_t)(colon - text);
  if (len >= 2 && start[0] == '[' && start[len - 1] == ']') {
    start++;
    len -= 2;
  } else if (memchr(start, ':', len)) {
    return status_fail(error, STATUS_USAGE, "'%s': an IPv6 address goes in brackets, as [::1]:8080", text);
  }
  if (len == 0) {
    start = "127.0.0.1";
    len = strlen(start);
  }
  if (len >= host_size) return status_fail(error, STATUS_USAGE, "'%s': host name too long", text);
  memcpy(host, start, len);
  host[len] = '\0';
  *port = (uint16_t)number;
  return STATUS_OK;
}

void units_print_duration(struct buf *out, int64_t ns) {
  double s = (double)ns / 1e9;
  if (ns == 0) {
    buf_append_text(out, "0 s");
  } else if (s < 1e-6) {
    buf_printf(out, "%lld ns", (long long)ns);
  } else if (s < 1e-3) {
    buf_printf(out, "%.4g us", s * 1e6);
  } else if (s < 1) {
    buf_printf(out, "%.4g ms", s * 1e3);
  } else if (s < 600) {
    buf_printf(out, "%.4g s", s);
  } else if (s < 7200) {
    buf_printf(out, "%.4g min", s / 60);
  } else {
    buf_printf(out, "%.4g h", s / 3600);
  }
}

void units_print_bytes(struct buf *out, int64_t bytes) {
  static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double size = (double)bytes;
  size_t unit = 0;
  while (size >= 1024 && unit + 1 < sizeof names / sizeof names[0]) {
    size /= 1024;
    unit++;
  }
  buf_printf(out, "%.4g %s", size, names[unit]);
}
