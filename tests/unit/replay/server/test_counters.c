// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/json_scan.h"
#include "replay/server/counters.h"

static struct counters *before, *after;

static int open_both(void **state) {
  (void)state;
  return counters_open(&before) || counters_open(&after) ? -1 : 0;
}

static int close_both(void **state) {
  (void)state;
  counters_close(before);
  counters_close(after);
  return 0;
}

static void read_page(struct counters *into, const char *page) {
  struct error error = {""};
  counters_begin(into);
  if (counters_feed(into, page, strlen(page), &error) || counters_finish(into, &error))
    fail_msg("%s", error.text);
}

static void check(const char *first, const char *second, const char *expected) {
  struct buf out = {0};
  size_t left_out = 99;
  read_page(before, first);
  read_page(after, second);
  counters_print_difference(before, after, &out, &left_out);
  assert_string_equal(buf_text(&out), expected);
  assert_int_equal(left_out, 0);
  buf_free(&out);
}

static void test_counters_grow_by_the_difference(void **state) {
  (void)state;
  check("# TYPE b counter\nb 5\na_total 1\nz_total 7\n", "a_total 4\n# TYPE b counter\nb 5.5\nz_total 7\n",
        "{\"a_total\":3,\"b\":0.5,\"z_total\":0}");
}

static void test_counters_of_one_name_are_told_apart_by_their_labels(void **state) {
  (void)state;
  check("a_total{code=\"200\"} 10\na_total{code=\"500\"} 1\na_total 100\n",
        "a_total{code=\"500\",} 2\na_total{ code=\"200\" } 15\na_total 100\n",
        "{\"a_total{code=\\\"500\\\"}\":1,\"a_total{code=\\\"200\\\"}\":5,\"a_total\":0}");
}

// As LiteLLM's have the keys of its clients; what is left is one series.
static void test_counters_hide_labels_with_names_of_credentials(void **state) {
  (void)state;
  check("a_total{hashed_api_key=\"s1\",model=\"m\"} 1\na_total{hashed_api_key=\"s2\",model=\"m\"} 10\n",
        "a_total{hashed_api_key=\"s2\",model=\"m\"} 14\na_total{hashed_api_key=\"s3\",model=\"m\"} 2\n"
        "a_total{hashed_api_key=\"s1\",model=\"m\"} 3\nb_total{token=\"s\"} 1\nc_total{le=\"***\"} 5\n",
        "{\"a_total{hashed_api_key=\\\"***\\\",model=\\\"m\\\"}\":8,\"b_total{token=\\\"***\\\"}\":1,"
        "\"c_total{le=\\\"***\\\"}\":5}");
}

static void test_counters_that_appear_began_at_zero_and_gone_ones_are_gone(void **state) {
  (void)state;
  check("old_total 3\n", "new_total 4\n", "{\"new_total\":4}");
  check("", "new_total 4\n", "{\"new_total\":4}");
  check("old_total 4\n", "", "{}");
}

static void test_counters_that_fell_or_are_no_number_are_unknown(void **state) {
  (void)state;
  check("a_total 10\nb_total NaN\nc_total 1\nd_total +Inf\n",
        "a_total 3\nb_total 4\nc_total NaN\nd_total +Inf\n",
        "{\"a_total\":null,\"b_total\":null,\"c_total\":null,\"d_total\":null}");
}

static void test_counters_leave_states_and_buckets_out(void **state) {
  (void)state;
  check("# TYPE q gauge\nq_total 1\n",
        "# TYPE q_total gauge\nq_total 9\n# TYPE h histogram\n"
        "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\nplain 5\n",
        "{\"h_sum\":3,\"h_count\":2}");
}

static void test_counters_that_stand_twice_count_once(void **state) {
  (void)state;
  check("a_total 1\na_total 5\n", "a_total 7\nb_total 1\na_total 9\n", "{\"a_total\":6,\"b_total\":1}");
}

static void test_counters_read_escapes_as_json(void **state) {
  (void)state;
  struct buf out = {0};
  struct json_slice parsed, key, value;
  struct buf name = {0};
  struct error error = {""};
  size_t left_out;
  read_page(before, "");
  read_page(after, "a_total{path=\"C:\\\\DIR\",text=\"say \\\"hi\\\"\\n\xC3\xA9\"} 1\n");
  counters_print_difference(before, after, &out, &left_out);
  assert_int_equal(json_scan_text(out.data, out.len, &parsed, &error), STATUS_OK);
  struct json_scan scan = json_scan_start(parsed);
  assert_true(json_scan_member(&scan, &key, &value));
  assert_true(json_scan_string((struct json_slice){key.data - 1, key.len + 2}, &name));
  assert_string_equal(buf_text(&name), "a_total{path=\"C:\\\\DIR\",text=\"say \\\"hi\\\"\\n\xC3\xA9\"}");
  buf_free(&name);
  buf_free(&out);
}

// 300 series in an order that is not that of their names; the page cut into pieces.
static void test_counters_are_capped_and_the_rest_is_counted(void **state) {
  (void)state;
  struct buf page = {0}, out = {0};
  struct error error = {""};
  size_t left_out;
  for (int i = 0; i < 300; i++)
    buf_printf(&page, "a_total{i=\"%d\"} %d\n", (i * 7) % 300, i);
  read_page(before, "a_total{i=\"0\"} 0\n");
  counters_begin(after);
  for (size_t at = 0; at < page.len; at += 10)
    assert_int_equal(counters_feed(after, page.data + at, page.len - at < 10 ? page.len - at : 10, &error),
                     STATUS_OK);
  assert_int_equal(counters_finish(after, &error), STATUS_OK);
  counters_print_difference(before, after, &out, &left_out);
  assert_int_equal(left_out, 300 - COUNTERS_MAX);
  size_t members = 0;
  for (const char *at = buf_text(&out); (at = strstr(at, "\":")); at++)
    members++;
  assert_int_equal(members, COUNTERS_MAX);
  assert_non_null(strstr(buf_text(&out), "\"a_total{i=\\\"7\\\"}\":1,"));
  buf_free(&page);
  buf_free(&out);
}

static void test_counters_refuse_a_page_that_is_too_long_or_none(void **state) {
  (void)state;
  struct error error = {""};
  char comment[4097];
  memset(comment, '#', sizeof comment);
  comment[sizeof comment - 1] = '\n';
  counters_begin(after);
  size_t fed = 0;
  while (counters_feed(after, comment, sizeof comment, &error) == STATUS_OK)
    fed += sizeof comment;
  assert_in_range(fed, COUNTERS_PAGE_BYTES - sizeof comment, COUNTERS_PAGE_BYTES);
  assert_string_equal(error.text, "the page is longer than 4 MiB");
  counters_begin(after);
  assert_int_equal(counters_feed(after, "{\"error\":1}\n", 12, &error), STATUS_FORMAT);
  read_page(after, "a_total 1\n"); // it can be used again
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counters_grow_by_the_difference),
      cmocka_unit_test(test_counters_of_one_name_are_told_apart_by_their_labels),
      cmocka_unit_test(test_counters_that_appear_began_at_zero_and_gone_ones_are_gone),
      cmocka_unit_test(test_counters_that_fell_or_are_no_number_are_unknown),
      cmocka_unit_test(test_counters_leave_states_and_buckets_out),
      cmocka_unit_test(test_counters_that_stand_twice_count_once),
      cmocka_unit_test(test_counters_hide_labels_with_names_of_credentials),
      cmocka_unit_test(test_counters_read_escapes_as_json),
      cmocka_unit_test(test_counters_are_capped_and_the_rest_is_counted),
      cmocka_unit_test(test_counters_refuse_a_page_that_is_too_long_or_none),
  };
  return cmocka_run_group_tests_name("counters", tests, open_both, close_both);
}
