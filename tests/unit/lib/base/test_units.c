// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/units.h"

#define BAD INT64_MIN // not in any range that is asked for

typedef enum status read_int64(const char *text, int64_t lo, int64_t hi, int64_t *out, struct error *error);

struct row {
  const char *text;
  int64_t expected;
};

static void check(read_int64 *read, const struct row *rows, size_t count, int64_t lo, int64_t hi) {
  for (size_t i = 0; i < count; i++) {
    int64_t out = BAD;
    struct error error = {.text = ""};
    enum status status = read(rows[i].text, lo, hi, &out, &error);
    if (out != rows[i].expected) fail_msg("'%s' became %lld", rows[i].text, (long long)out);
    assert_int_equal(status, rows[i].expected == BAD ? STATUS_USAGE : STATUS_OK);
    // The line names the value.
    if (status) {
      char quoted[64];
      snprintf(quoted, sizeof quoted, "'%s'", rows[i].text);
      if (!strstr(error.text, quoted)) fail_msg("'%s': %s", rows[i].text, error.text);
    }
  }
}
#define CHECK(read, rows, lo, hi) check(read, rows, sizeof(rows) / sizeof *(rows), lo, hi)

static void test_units_count_table(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"0", 0},
      {"12", 12},
      {"007", 7},
      {"1k", 1000},
      {"1.5k", 1500},
      {"1.1k", 1100},
      {"2M", 2000000},
      {"1G", 1000000000},
      {"1e3", 1000},
      {"12.0", 12},
      {"9223372036854775807", INT64_MAX},
      {"9007199254740993", 9007199254740993},
      {"", BAD},
      {" 1", BAD},
      {"1 ", BAD},
      {"1 k", BAD},
      {"1.5", BAD},
      {"1,5k", BAD},
      {"-1", BAD},
      {"k", BAD},
      {"1K", BAD},
      {"1kk", BAD},
      {"0x10", BAD},
      {"1x", BAD},
      {"nan", BAD},
      {"inf", BAD},
      {"-inf", BAD},
      {"infinity", BAD},
      {"1e999", BAD},
      {"1e19", BAD},
      {"9223372036854775808", BAD},
      {"2000000000.3", BAD},
      {"1000000000000.5", BAD},
      {"1.0005", BAD},
      {"--1", BAD},
      {".", BAD},
      {"1%", BAD},
      {"1s", BAD},
      {"1\n", BAD},
      {"1e", BAD},
  };
  CHECK(units_count, rows, 0, INT64_MAX);
}

static void test_units_count_range_is_inclusive_and_named(void **state) {
  (void)state;
  static const struct row rows[] = {{"1", 1}, {"64", 64}, {"0", BAD}, {"65", BAD}};
  CHECK(units_count, rows, 1, 64);
  struct error error;
  int64_t out;
  assert_int_equal(units_count("65", 1, 64, &out, &error), STATUS_USAGE);
  assert_string_equal(error.text, "'65' is not a whole number from 1 to 64");
}

static void test_units_duration_table(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"5s", 5000000000},
      {"250ms", 250000000},
      {"10us", 10000},
      {"100ns", 100},
      {"2m", 120000000000},
      {"2min", 120000000000},
      {"1h", 3600000000000},
      {"1d", 86400000000000},
      {"3", 3000000000},
      {"0.5", 500000000},
      {"1.5s", 1500000000},
      {"0", 0},
      {"", BAD},
      {"5 s", BAD},
      {"5S", BAD},
      {"5sec", BAD},
      {"s", BAD},
      {"-5s", BAD},
      {"5s5", BAD},
      {"1h30m", BAD},
      {"nan", BAD},
      {"infs", BAD},
      {"1e30", BAD},
      {"-1e30", BAD},
      {"200d", BAD},
  };
  CHECK(units_duration_ns, rows, 0, INT64_C(100) * 86400000000000);
}

static void test_units_bytes_table(void **state) {
  (void)state;
  static const struct row rows[] = {
      {"512", 512},  {"512B", 512},         {"64MiB", 67108864},  {"1KiB", 1024},  {"1k", 1000},
      {"1kB", 1000}, {"1.5GB", 1500000000}, {"1GiB", 1073741824}, {"0.5KiB", 512}, {"2M", 2000000},
      {"", BAD},     {"1kib", BAD},         {"1KB", BAD},         {"1 MiB", BAD},  {"0.3B", BAD},
      {"-1", BAD},   {"1TiB", BAD},         {"8589934593", BAD},
  };
  CHECK(units_bytes, rows, 0, INT64_C(8589934592));
}

static void test_units_real_and_fraction_tables(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double real, fraction; // NAN: refused
  } rows[] = {
      {"0.95", 0.95, 0.95}, {"1e-3", 0.001, 0.001}, {".5", 0.5, 0.5},  {"0", 0, 0},
      {"1", 1, 1},          {"5%", NAN, 0.05},      {"100%", NAN, 1},  {"101%", NAN, NAN},
      {"1.01", NAN, NAN},   {"-0.1", NAN, NAN},     {"nan", NAN, NAN}, {"", NAN, NAN},
      {"0,5", NAN, NAN},    {"0.5x", NAN, NAN},     {"%", NAN, NAN},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double out = -7;
    struct error error;
    enum status status = units_real(rows[i].text, 0, 1, &out, &error);
    if (isnan(rows[i].real) ? status != STATUS_USAGE || out != -7 : status || out != rows[i].real)
      fail_msg("real '%s': %g", rows[i].text, out);
    out = -7;
    status = units_fraction(rows[i].text, 0, 1, &out, &error);
    bool right = isnan(rows[i].fraction) ? status == STATUS_USAGE && out == -7
                                         : status == STATUS_OK && fabs(out - rows[i].fraction) < 1e-15;
    if (!right) fail_msg("fraction '%s': %g", rows[i].text, out);
  }
}

static void test_units_list_table(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t count; // 0: refused
    int64_t items[8];
  } rows[] = {
      {"1", 1, {1}},
      {"1,2,4", 3, {1, 2, 4}},
      {"8,1-4", 5, {8, 1, 2, 3, 4}},
      {"3-3", 1, {3}},
      {"1-8", 8, {1, 2, 3, 4, 5, 6, 7, 8}},
      {"1-9", 0, {0}}, // one more than `most`
      {"", 0, {0}},
      {",", 0, {0}},
      {"1,", 0, {0}},
      {",1", 0, {0}},
      {"1,,2", 0, {0}},
      {"1,2,1", 0, {0}},
      {"1-3,2", 0, {0}},
      {"4-1", 0, {0}},
      {"1-", 0, {0}},
      {"-1", 0, {0}},
      {"1-2-3", 0, {0}},
      {"0", 0, {0}},
      {"101", 0, {0}},
      {"1;2", 0, {0}},
      {"a", 0, {0}},
      {"1-9223372036854775807", 0, {0}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t *items = NULL;
    size_t count = 0;
    struct error error = {.text = ""};
    enum status status = units_list(rows[i].text, 1, 100, 8, &items, &count, &error);
    if (status != (rows[i].count ? STATUS_OK : STATUS_USAGE) || count != rows[i].count)
      fail_msg("'%s': %s, %zu items", rows[i].text, status_name(status), count);
    for (size_t k = 0; k < count; k++)
      assert_int_equal(items[k], rows[i].items[k]);
    if (status) assert_non_null(strstr(error.text, "list '"));
    free(items);
  }
}

static void test_units_host_port_table(void **state) {
  (void)state;
  static const struct {
    const char *text, *host; // NULL: refused
    uint16_t port;
  } rows[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080},
      {"localhost:0", "localhost", 0},
      {":80", "127.0.0.1", 80},
      {"[::1]:65535", "::1", 65535},
      {"::1:80", NULL, 0},
      {"host", NULL, 0},
      {"host:", NULL, 0},
      {"host:65536", NULL, 0},
      {"host:-1", NULL, 0},
      {"host:+80", NULL, 0},
      {"host:1k", NULL, 0},
      {"host:8e3", NULL, 0},
      {"host:80x", NULL, 0},
      {"", NULL, 0},
      {"a-name-of-20-letters:1", NULL, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char host[16] = "untouched";
    uint16_t port = 7;
    struct error error;
    enum status status = units_host_port(rows[i].text, host, sizeof host, &port, &error);
    if (status != (rows[i].host ? STATUS_OK : STATUS_USAGE)) fail_msg("'%s'", rows[i].text);
    assert_string_equal(host, rows[i].host ? rows[i].host : "untouched");
    assert_int_equal(port, rows[i].host ? rows[i].port : 7);
  }
}

static void test_units_print_for_people(void **state) {
  (void)state;
  static const struct {
    int64_t value;
    const char *duration, *bytes;
  } rows[] = {
      {0, "0 s", "0 B"},
      {999, "999 ns", "999 B"},
      {1024, "1.024 us", "1 KiB"},
      {1500000, "1.5 ms", "1.431 MiB"},
      {INT64_C(90000000000), "90 s", "83.82 GiB"},
      {INT64_C(1200000000000), "20 min", "1.091 TiB"},
      {INT64_C(10800000000000), "3 h", "9.823 TiB"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = {0};
    units_print_duration(&out, rows[i].value);
    assert_string_equal(buf_text(&out), rows[i].duration);
    buf_clear(&out);
    units_print_bytes(&out, rows[i].value);
    assert_string_equal(buf_text(&out), rows[i].bytes);
    buf_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_units_count_table),
      cmocka_unit_test(test_units_count_range_is_inclusive_and_named),
      cmocka_unit_test(test_units_duration_table),
      cmocka_unit_test(test_units_bytes_table),
      cmocka_unit_test(test_units_real_and_fraction_tables),
      cmocka_unit_test(test_units_list_table),
      cmocka_unit_test(test_units_host_port_table),
      cmocka_unit_test(test_units_print_for_people),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
