// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
// clang-format on

#include "analyze/results/value.h"
#include "tests/unit/analyze/scenario.h"

struct thing {
  int64_t count, unknown;
  double number, negative;
  bool yes;
  char *text, *none;
  struct estimate estimate;
  enum cell_slo slo;
  struct part {
    int64_t n;
  } * parts;
  size_t part_count;
};

static const struct member part_members[] = {MEMBER(part, n, "n", MEMBER_INT), MEMBER_END};
VALUE_VIEW(doubled, thing, VALUE_OF_INT(2 * self->count))
static const struct member inner_members[] = {MEMBER(thing, yes, "yes", MEMBER_BOOL), MEMBER_END};
VALUE_VIEW(inner, thing, VALUE_OF_OBJECT(self, inner_members))
static const struct member thing_members[] = {MEMBER(thing, count, "count", MEMBER_INT),
                                              MEMBER(thing, unknown, "unknown", MEMBER_COUNT),
                                              MEMBER(thing, number, "number", MEMBER_NUMBER),
                                              MEMBER(thing, negative, "negative", MEMBER_POSITIVE),
                                              MEMBER_INLINE_OF(inner),
                                              MEMBER(thing, text, "text", MEMBER_TEXT),
                                              MEMBER_IF_OF(TEXT, thing, none, "none", inner_members),
                                              MEMBER_IF_OF(BOOL, thing, yes, "if_yes", part_members),
                                              MEMBER_IF_OF(NUMBER, thing, number, "if_number", inner_members),
                                              MEMBER(thing, estimate, "estimated", MEMBER_ESTIMATE),
                                              MEMBER(thing, slo, "slo", MEMBER_SLO),
                                              MEMBER_LIST_OF(thing, parts, part_count, "parts", part_members),
                                              MEMBER_VIEW_OF("doubled", doubled),
                                              MEMBER_END};

static struct part parts[] = {{7}, {8}};
static const struct thing thing = {.count = 3,
                                   .unknown = -1,
                                   .number = INFINITY,
                                   .negative = -2,
                                   .yes = true,
                                   .text = (char[]){"a \"word\""},
                                   .estimate = {1.5, NAN, 2},
                                   .slo = CELL_SLO_MISSED,
                                   .parts = parts,
                                   .part_count = 2};

static void test_every_kind_of_member_is_written(void **state) {
  (void)state;
  struct buf out = {0};
  struct json_writer writer = JSON_WRITER(&out);
  value_write(&writer, NULL, VALUE_OF_OBJECT(&thing, thing_members));
  assert_string_equal(buf_text(&out),
                      "{\"count\":3,\"unknown\":null,\"number\":null,\"negative\":null,\"yes\":true,"
                      "\"text\":\"a \\\"word\\\"\",\"none\":null,\"if_yes\":{\"n\":3},"
                      "\"if_number\":{\"yes\":true},\"estimated\":{\"estimate\":1.5,\"lo\":null,\"hi\":2},"
                      "\"slo\":false,\"parts\":[{\"n\":7},{\"n\":8}],\"doubled\":6}");
  buf_free(&out);
}

static void test_a_path_finds_the_number_that_is_written(void **state) {
  static const struct {
    const char *path;
    double value;
  } cases[] = {{"count", 3},       {"unknown", NAN},        {"number", NAN},
               {"yes", 1},         {"text", NAN},           {"none.yes", NAN},
               {"if_yes.n", 3},    {"estimated", 1.5},      {"estimated.hi", 2},
               {"slo", 0},         {"estimated.lo", NAN},   {"parts[1].n", 8},
               {"parts[1]n", 8},   {"parts[2].n", NAN},     {"parts", NAN},
               {"parts[1", NAN},   {"parts[-1].n", NAN},    {"doubled", 6},
               {"doubled.x", NAN}, {"count[0]", NAN},       {"", NAN},
               {"coun", NAN},      {"parts[00001].n", 8.0}, {"parts[x].n", NAN}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double value =
        value_number(NULL, VALUE_OF_OBJECT(&thing, thing_members), cases[i].path, strlen(cases[i].path));
    if (isnan(cases[i].value) ? !isnan(value) : value != cases[i].value)
      fail_msg("%s: %g", cases[i].path, value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_kind_of_member_is_written),
      cmocka_unit_test(test_a_path_finds_the_number_that_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
