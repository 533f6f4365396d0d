// SPDX-License-Identifier: GPL-3.0-or-later
//
// Damaged files: what is delivered, and what is said to be missing. The members' ends come from the writer's
// own count, checked against zcat by test_gzline_writer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/unit/lib/record/files.h"

enum { MEMBERS = 6 };

// A file of MEMBERS members, member i holding i + 1 lines.
struct sample {
  char *path;
  struct buf bytes;
  size_t end[MEMBERS];      // of member i, in the file
  size_t text_end[MEMBERS]; // of its lines, in text
  struct buf text;
};

static void make_sample(struct sample *sample) {
  sample->path = files_path("sample.jsonl.gz");
  struct gzline_options options = {.existing = GZLINE_REPLACE, .full = GZLINE_WAIT};
  struct gzline_writer *writer = files_open_writer(sample->path, options);
  struct error error;
  for (int i = 0; i < MEMBERS; i++) {
    for (int k = 0; k <= i; k++) {
      char line[200];
      int len = snprintf(line, sizeof line, "{\"type\":\"request\",\"member\":%d,\"line\":%d,\"noise\":%u}",
                         i, k, (unsigned)i * 2654435761U + (unsigned)k * 40503U);
      files_write_line(writer, line);
      buf_append(&sample->text, line, (size_t)len);
      buf_append_char(&sample->text, '\n');
    }
    assert_int_equal(gzline_writer_flush(writer, &error), STATUS_OK);
    sample->end[i] = (size_t)gzline_writer_counts(writer).written_bytes;
    sample->text_end[i] = sample->text.len;
  }
  files_close_writer(writer, NULL);
  files_read(sample->path, &sample->bytes);
  assert_int_equal(sample->bytes.len, sample->end[MEMBERS - 1]);
}

static void free_sample(struct sample *sample) {
  free(sample->path);
  buf_free(&sample->bytes);
  buf_free(&sample->text);
}

static void assert_text(const struct buf *got, const char *text, size_t len) {
  assert_int_equal(got->len, len);
  if (len) assert_memory_equal(got->data, text, len);
}

static void test_every_truncation_keeps_whole_members_and_tells_the_rest(void **state) {
  (void)state;
  struct sample sample = {0};
  struct buf lines = {0};
  make_sample(&sample);
  char *path = files_path("cut.gz");
  for (size_t cut = 0; cut <= sample.bytes.len; cut++) {
    files_write(path, sample.bytes.data, cut);
    size_t whole = 0, text = 0;
    for (int i = 0; i < MEMBERS && sample.end[i] <= cut; i++) {
      whole = sample.end[i];
      text = sample.text_end[i];
    }
    struct gzline_damage damage;
    files_read_lines(path, &lines, &damage);
    assert_text(&lines, sample.text.data, text);
    assert_int_equal(damage.torn_end, cut > whole);
    assert_int_equal(damage.places, cut > whole);
    assert_int_equal(damage.skipped_bytes, cut - whole);
    assert_int_equal(damage.first_offset, cut > whole ? (int64_t)whole : -1);
  }
  free(path);
  buf_free(&lines);
  free_sample(&sample);
}

// Whatever byte is changed: the other members' lines come, and the damaged member's come unchanged (its time
// stamp was hit, say) or not at all.
static void flip_each_byte(struct sample *sample, unsigned char mask) {
  struct buf lines = {0};
  char *path = files_path("flipped.gz");
  int lost_members = 0;
  for (size_t at = 0; at < sample->bytes.len; at++) {
    int member = 0;
    while (sample->end[member] <= at)
      member++;
    size_t from = member ? sample->end[member - 1] : 0, to = sample->end[member];
    size_t text_from = member ? sample->text_end[member - 1] : 0, text_to = sample->text_end[member];
    sample->bytes.data[at] = (char)(sample->bytes.data[at] ^ mask);
    files_write(path, sample->bytes.data, sample->bytes.len);
    sample->bytes.data[at] = (char)(sample->bytes.data[at] ^ mask);
    struct gzline_damage damage;
    files_read_lines(path, &lines, &damage);
    if (damage.places == 0) {
      assert_text(&lines, sample->text.data, sample->text.len);
      continue;
    }
    lost_members++;
    assert_int_equal(damage.places, 1);
    assert_int_equal(damage.first_offset, from);
    assert_int_equal(damage.skipped_bytes, to - from);
    assert_int_equal(lines.len, sample->text.len - (text_to - text_from));
    assert_memory_equal(lines.data, sample->text.data, text_from);
    assert_memory_equal(lines.data + text_from, sample->text.data + text_to, sample->text.len - text_to);
  }
  // Only time stamp, XFL and OS of a header are without meaning: 6 of its bytes.
  assert_true(lost_members >= (int)sample->bytes.len - 7 * MEMBERS);
  free(path);
  buf_free(&lines);
}

static void test_every_flipped_byte_costs_its_member_only(void **state) {
  (void)state;
  struct sample sample = {0};
  make_sample(&sample);
  flip_each_byte(&sample, 0x01);
  flip_each_byte(&sample, 0x10);
  flip_each_byte(&sample, 0xff);
  free_sample(&sample);
}

static void test_two_damaged_spots_and_garbage_between_members(void **state) {
  (void)state;
  struct sample sample = {0};
  struct buf file = {0}, lines = {0}, want = {0};
  make_sample(&sample);
  const size_t *end = sample.end, *text_end = sample.text_end;
  const char *data = sample.bytes.data;
  // Member 0, a torn member 1, members 2 and 3, garbage that holds false starts, member 4, a torn member 5.
  static const char garbage[] =
      "garbage \x1f\x8b\x08\x00 more \x1f\x8b \x1f\x8b\x08\x04\x00\x00\x00\x00\x00\x03";
  buf_append(&file, data, end[1] - 9);
  buf_append(&file, data + end[1], end[3] - end[1]);
  buf_append(&file, garbage, sizeof garbage - 1);
  buf_append(&file, data + end[3], end[5] - end[3] - 20);
  buf_append(&want, sample.text.data, text_end[0]);
  buf_append(&want, sample.text.data + text_end[1], text_end[4] - text_end[1]);
  char *path = files_path("spots.gz");
  files_write(path, file.data, file.len);
  struct gzline_damage damage;
  files_read_lines(path, &lines, &damage);
  assert_text(&lines, want.data, want.len);
  assert_int_equal(damage.places, 3);
  assert_int_equal(damage.first_offset, end[0]);
  assert_int_equal(damage.skipped_bytes, (end[1] - 9 - end[0]) + sizeof garbage - 1 + (end[5] - 20 - end[4]));
  assert_true(damage.torn_end);
  free(path);
  buf_free(&file);
  buf_free(&lines);
  buf_free(&want);
  free_sample(&sample);
}

static void test_a_line_that_lost_its_end_is_not_joined_to_the_next(void **state) {
  (void)state;
  struct buf file = {0}, lines = {0};
  files_gzip("whole\nbegun ", 12, 6, &file);
  size_t broken = file.len;
  files_gzip("ended\n", 6, 6, &file);
  files_gzip("after\n", 6, 6, &file);
  char *path = files_path("joined.gz");
  files_write(path, file.data, file.len);
  files_read_lines(path, &lines, NULL);
  assert_string_equal(buf_text(&lines), "whole\nbegun ended\nafter\n");
  file.data[broken + 12] ^= 0x22;
  files_write(path, file.data, file.len);
  struct gzline_damage damage;
  files_read_lines(path, &lines, &damage);
  assert_string_equal(buf_text(&lines), "whole\nafter\n");
  assert_int_equal(damage.places, 1);
  free(path);
  buf_free(&file);
  buf_free(&lines);
}

static void append_long_lines(struct buf *text, int from, int to) {
  unsigned noise = 1;
  for (int i = from; i < to; i++) {
    buf_printf(text, "{\"line\":%d,\"noise\":\"", i);
    for (int k = 0; k < 100; k++) {
      noise = noise * 1664525U + 1013904223U;
      buf_printf(text, "%08x", noise ^ (unsigned)i);
    }
    buf_append_text(text, "\"}\n");
  }
}

static void test_a_huge_member_streams_and_loses_only_what_follows_its_damage(void **state) {
  (void)state;
  struct buf text = {0}, second = {0}, file = {0}, lines = {0};
  append_long_lines(&text, 0, 30000); // 25 MB: more than is held back
  append_long_lines(&second, 30000, 30010);
  files_gzip(text.data, text.len, 6, &file);
  size_t first_end = file.len;
  files_gzip(second.data, second.len, 6, &file);
  char *path = files_path("huge.gz");
  files_write(path, file.data, file.len);
  struct gzline_damage damage;
  files_read_lines(path, &lines, &damage);
  assert_int_equal(damage.places, 0);
  assert_int_equal(lines.len, text.len + second.len);
  assert_memory_equal(lines.data, text.data, text.len);
  // Broken in its last tenth: what came before is delivered in whole lines, then the second member.
  file.data[first_end / 10 * 9] ^= 0x55;
  files_write(path, file.data, file.len);
  files_read_lines(path, &lines, &damage);
  assert_int_equal(damage.places, 1);
  assert_false(damage.torn_end);
  assert_true(damage.skipped_bytes > 0 && damage.skipped_bytes < (int64_t)first_end);
  assert_true(lines.len > text.len / 2 + second.len);
  assert_memory_equal(lines.data + lines.len - second.len, second.data, second.len);
  buf_free(&text);
  buf_free(&second);
  buf_free(&file);
  buf_free(&lines);
  free(path);
}

// Standard input is not sought in, and neither is a pipe.
static void test_standard_input_and_pipes_resynchronise_too(void **state) {
  (void)state;
  struct sample sample = {0};
  struct buf lines = {0}, want = {0};
  make_sample(&sample);
  sample.bytes.data[sample.end[2] + 30] ^= 0x40; // in member 3
  files_write(sample.path, sample.bytes.data, sample.bytes.len);
  buf_append(&want, sample.text.data, sample.text_end[2]);
  buf_append(&want, sample.text.data + sample.text_end[3], sample.text.len - sample.text_end[3]);
  assert_non_null(freopen(sample.path, "rb", stdin));
  struct gzline_damage damage;
  files_read_lines("-", &lines, &damage);
  assert_text(&lines, want.data, want.len);
  assert_int_equal(damage.places, 1);
  assert_non_null(freopen("/dev/null", "rb", stdin));
  int ends[2];
  char path[40];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], sample.bytes.data, sample.bytes.len), sample.bytes.len);
  close(ends[1]);
  snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
  files_read_lines(path, &lines, &damage);
  assert_text(&lines, want.data, want.len);
  assert_int_equal(damage.skipped_bytes, sample.end[3] - sample.end[2]);
  close(ends[0]);
  buf_free(&lines);
  buf_free(&want);
  free_sample(&sample);
}

static void test_zeros_after_the_last_member_are_told(void **state) {
  (void)state;
  struct sample sample = {0};
  struct buf lines = {0};
  static const char zeros[4096];
  make_sample(&sample);
  size_t len = sample.bytes.len;
  buf_append(&sample.bytes, zeros, sizeof zeros);
  files_write(sample.path, sample.bytes.data, sample.bytes.len);
  struct gzline_damage damage;
  files_read_lines(sample.path, &lines, &damage);
  assert_text(&lines, sample.text.data, sample.text.len);
  assert_int_equal(damage.places, 1);
  assert_int_equal(damage.skipped_bytes, sizeof zeros);
  assert_int_equal(damage.first_offset, len);
  buf_free(&lines);
  free_sample(&sample);
}

// Member headers all over, each followed by a stored block (RFC 1951, 3.2.4) of 65535 bytes, at a distance of
// 20 bytes that makes such a block end where the next begins: each of 157000 false starts inflates to the
// file's end.
static void test_a_file_of_false_starts_is_given_up_in_time(void **state) {
  (void)state;
  static const char start[20] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x00\xff\xff\x00\x00.....";
  struct buf file = {0}, lines = {0};
  while (file.len < 3 << 20)
    buf_append(&file, start, sizeof start);
  char *path = files_path("false.gz");
  files_write(path, file.data, file.len);
  int64_t start_ns = clock_cpu_ns();
  struct gzline_damage damage;
  files_read_lines(path, &lines, &damage);
  assert_true(clock_cpu_ns() - start_ns < 20 * CLOCK_NS_PER_S); // all of them would be 240 GB
  assert_int_equal(lines.len, 0);
  assert_int_equal(damage.places, 1);
  assert_int_equal(damage.first_offset, 0);
  free(path);
  buf_free(&file);
  buf_free(&lines);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_truncation_keeps_whole_members_and_tells_the_rest),
      cmocka_unit_test(test_every_flipped_byte_costs_its_member_only),
      cmocka_unit_test(test_two_damaged_spots_and_garbage_between_members),
      cmocka_unit_test(test_a_line_that_lost_its_end_is_not_joined_to_the_next),
      cmocka_unit_test(test_a_huge_member_streams_and_loses_only_what_follows_its_damage),
      cmocka_unit_test(test_standard_input_and_pipes_resynchronise_too),
      cmocka_unit_test(test_a_file_of_false_starts_is_given_up_in_time),
      cmocka_unit_test(test_zeros_after_the_last_member_are_told),
  };
  return cmocka_run_group_tests_name("gzline damage", tests, files_setup, files_teardown);
}
