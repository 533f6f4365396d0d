// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "lib/lines/csv.h"

// Reads the whole text; writes its records as "a|b|c;" into `out`.
static enum status read_text(const char *text, struct buf *out, struct error *error) {
  struct csv csv = {0};
  enum status status = STATUS_OK;
  const char *at = text;
  while (*at && status == STATUS_OK) {
    size_t len = strcspn(at, "\n");
    bool complete;
    status = csv_line(&csv, at, len, &complete, error);
    if (status != STATUS_OK) status_write_prefix(error, "line %d", (int)csv.line);
    for (size_t i = 0; status == STATUS_OK && complete && i < csv.count; i++)
      buf_printf(out, "%s%s", i ? "|" : "", csv_field(&csv, i));
    if (status == STATUS_OK && complete) buf_append_char(out, ';');
    at += len + (at[len] == '\n');
  }
  if (status == STATUS_OK) status = csv_end(&csv, error);
  csv_free(&csv);
  return status;
}

static void test_csv_fields_as_rfc_4180_has_them(void **state) {
  static const struct {
    const char *text, *records;
  } cases[] = {
      {"aaa,bbb,ccc\nzzz,yyy,xxx\n", "aaa|bbb|ccc;zzz|yyy|xxx;"}, // RFC 4180 2.1
      {"aaa,bbb,ccc\r\nzzz,yyy,xxx", "aaa|bbb|ccc;zzz|yyy|xxx;"}, // 2.2: no break after the last record
      {"\"aaa\",\"bbb\",\"ccc\"\nzzz,yyy,xxx", "aaa|bbb|ccc;zzz|yyy|xxx;"},     // 2.5
      {"\"aaa\",\"b\nbb\",\"ccc\"\nzzz,yyy,xxx", "aaa|b\nbb|ccc;zzz|yyy|xxx;"}, // 2.6: a line break inside
      {"\"aaa\",\"b,bb\",\"c\"", "aaa|b,bb|c;"},                                // 2.6: a comma inside
      {"\"aaa\",\"b\"\"bb\",\"ccc\"", "aaa|b\"bb|ccc;"},                        // 2.7
      {"\"\",\"\"\"\"", "|\";"},
      {"a,,c,", "a||c|;"},
      {"  1 ,\t2\t, \"3 \" ", "1|2|3 ;"}, // white space around, kept inside quotes
      {"\n  \na\n\r\n\nb\n", "a;b;"},     // blank lines
      {"\xEF\xBB\xBFworkers,batch", "workers|batch;"},
      {"\"a\r\n\r\nb\"", "a\n\nb;"},
      {"a;b\n1,5;\" x;y\"\n", "a|b;1,5| x;y;"}, // semicolons, as the header has them
      {"a\tb\tc\n1\t\t 3\n", "a|b|c;1||3;"},
      {"sep=;\na,b;c\n", "a,b|c;"},
      {"SEP=,\r\na,b\n", "a|b;"},
      {"\"a;b;c\",d\n", "a;b;c|d;"},      // what is quoted separates nothing
      {"a,b\n,\n1,2\n,,,\n", "a|b;1|2;"}, // lines of empty fields
      {"a\nsep=;\n", "a;sep=;;"},         // on another line it is a field
      {"", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf out = {0};
    struct error error = {0};
    if (read_text(cases[i].text, &out, &error)) fail_msg("%s: %s", cases[i].text, error.text);
    assert_string_equal(buf_text(&out), cases[i].records);
    buf_free(&out);
  }
}

static void test_csv_refuses_broken_quotes_with_the_line(void **state) {
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"a,b\n\"x\"y,1\n", "line 2: text after the closing quote"},
      {"a,b\nx\"y\",1\n", "line 2: a quote inside a field"},
      {"a\n\n\"open\n\n", "line 3: quotes are never closed"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buf out = {0};
    struct error error = {0};
    assert_int_equal(read_text(cases[i].text, &out, &error), STATUS_FORMAT);
    if (!strstr(error.text, cases[i].words)) fail_msg("%s: said '%s'", cases[i].text, error.text);
    buf_free(&out);
  }
}

static void test_csv_refuses_nul_bytes_and_too_much(void **state) {
  struct csv csv = {0};
  struct error error = {0};
  bool complete;
  (void)state;
  assert_int_equal(csv_line(&csv, "a\0b", 3, &complete, &error), STATUS_FORMAT);
  csv_free(&csv);
  char *commas = malloc(CSV_MAX_FIELDS + 1);
  assert_non_null(commas);
  memset(commas, ',', CSV_MAX_FIELDS);
  assert_int_equal(csv_line(&csv, commas, CSV_MAX_FIELDS - 1, &complete, &error), STATUS_OK);
  assert_int_equal(csv.count, CSV_MAX_FIELDS);
  assert_int_equal(csv_line(&csv, commas, CSV_MAX_FIELDS, &complete, &error), STATUS_LIMIT);
  csv_free(&csv);
  // A quote that is left open must not read the rest of the file into memory.
  assert_int_equal(csv_line(&csv, "\"", 1, &complete, &error), STATUS_OK);
  enum status status = STATUS_OK;
  for (int i = 0; i < 1000 && status == STATUS_OK; i++)
    status = csv_line(&csv, commas, CSV_MAX_FIELDS, &complete, &error);
  assert_int_equal(status, STATUS_LIMIT);
  assert_non_null(strstr(error.text, "line 1"));
  csv_free(&csv);
  free(commas);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_csv_fields_as_rfc_4180_has_them),
      cmocka_unit_test(test_csv_refuses_broken_quotes_with_the_line),
      cmocka_unit_test(test_csv_refuses_nul_bytes_and_too_much),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
