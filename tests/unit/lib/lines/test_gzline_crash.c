// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is left after kill -9, a full disk or a torn file, and how a file goes on after it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/unit/lib/record/files.h"

enum { KILLED_LINES = 100000 };

// Writes a line every 100 us and notes in shared memory when each was queued.
static void write_until_killed(const char *path, volatile int64_t *queued_at_ns) {
  struct gzline_options options = {.full = GZLINE_WAIT, .flush_interval_ns = 100 * CLOCK_NS_PER_MS};
  struct gzline_writer *writer = NULL;
  if (gzline_writer_open(path, &options, &writer, NULL)) _exit(1);
  for (int i = 0; i < KILLED_LINES; i++) {
    char line[100];
    int len = snprintf(line, sizeof line, "{\"seq\":%d}", i);
    if (gzline_write(writer, line, (size_t)len)) _exit(1);
    queued_at_ns[i] = clock_now_ns();
    usleep(100);
  }
  _exit(0);
}

// Kills a writer after a while: how long ago the oldest line was queued that is not in the file.
static int64_t kill_one(int64_t *queued_at_ns, size_t size, unsigned after_us) {
  char *path = files_path("killed.jsonl.gz");
  struct buf got = {0};
  memset(queued_at_ns, 0, size);
  unlink(path);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) write_until_killed(path, queued_at_ns);
  usleep(after_us);
  int64_t killed_ns = clock_now_ns();
  kill(child, SIGKILL);
  int how;
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFSIGNALED(how));
  files_read_lines(path, &got, NULL);
  int lines = 0;
  for (const char *at = buf_text(&got); *at; at = strchr(at, '\n') + 1) {
    int seq = -1;
    assert_int_equal(sscanf(at, "{\"seq\":%d}", &seq), 1);
    assert_int_equal(seq, lines++);
  }
  buf_free(&got);
  free(path);
  int64_t lost_ns = queued_at_ns[lines] ? killed_ns - queued_at_ns[lines] : 0;
  printf("  %d lines are there, the next was queued %lld ms ago\n", lines,
         (long long)(lost_ns / CLOCK_NS_PER_MS));
  return lines > 0 ? lost_ns : INT64_MAX;
}

static void test_a_killed_writer_loses_the_last_interval_at_most(void **state) {
  (void)state;
  const size_t size = KILLED_LINES * sizeof(int64_t);
  int64_t *queued_at_ns = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(queued_at_ns != MAP_FAILED);
  for (unsigned round = 0; round < 3; round++) {
    // 100 ms, and 400 ms for a busy machine to get to it, which has three tries; the default interval of 1 s
    // would fail.
    int64_t lost_ns = INT64_MAX;
    for (int i = 0; i < 3 && lost_ns > 500 * CLOCK_NS_PER_MS; i++)
      lost_ns = kill_one(queued_at_ns, size, 800000 + round * 37000);
    assert_true(lost_ns <= 500 * CLOCK_NS_PER_MS);
  }
  munmap(queued_at_ns, size);
}

static struct gzline_writer *append_writer(const char *path) {
  return files_open_writer(path, (struct gzline_options){.existing = GZLINE_APPEND, .full = GZLINE_WAIT});
}

static void test_appending_after_any_cut_keeps_what_a_reader_saw(void **state) {
  (void)state;
  static const char *const names[] = {"torn.jsonl", "torn.jsonl.gz"};
  for (int i = 0; i < 2; i++) {
    char *path = files_path(names[i]);
    struct buf whole = {0}, before = {0}, after = {0};
    struct gzline_writer *writer = append_writer(path);
    struct error error;
    for (int line = 0; line < 4; line++) {
      char text[100];
      snprintf(text, sizeof text, "{\"type\":\"batch\",\"line\":%d,\"text\":[1,{\"a\":\"b\"}]}", line);
      files_write_line(writer, text);
      assert_int_equal(gzline_writer_flush(writer, &error), STATUS_OK);
    }
    files_close_writer(writer, NULL);
    files_read(path, &whole);
    for (size_t cut = 0; cut <= whole.len; cut++) {
      files_write(path, whole.data, cut);
      files_read_lines(path, &before, NULL);
      struct gzline_counts counts;
      writer = append_writer(path);
      files_write_line(writer, "{\"type\":\"run\"}");
      files_close_writer(writer, &counts);
      assert_in_range(counts.cut_bytes, 0, 120);
      struct gzline_damage damage;
      files_read_lines(path, &after, &damage);
      buf_append_text(&before, "{\"type\":\"run\"}\n");
      assert_string_equal(buf_text(&after), buf_text(&before));
      assert_int_equal(damage.places, 0);
    }
    buf_free(&whole);
    buf_free(&before);
    buf_free(&after);
    free(path);
  }
}

static void test_appending_follows_what_the_file_is(void **state) {
  (void)state;
  struct buf got = {0};
  struct gzline_options options = {.existing = GZLINE_APPEND, .full = GZLINE_WAIT};
  struct gzline_writer *writer = NULL;
  struct error error;
  char *path = files_path("is_text.gz");
  files_write(path, "no gzip at all\n", 15);
  assert_int_equal(gzline_writer_open(path, &options, &writer, &error), STATUS_FORMAT);
  assert_non_null(strstr(error.text, "is not gzip"));
  files_read(path, &got);
  assert_string_equal(buf_text(&got), "no gzip at all\n"); // untouched
  free(path);
  path = files_path("words.txt"); // the last line is whole, but has no newline
  files_write(path, "one\ntwo", 7);
  writer = append_writer(path);
  files_write_line(writer, "three");
  files_close_writer(writer, NULL);
  files_read(path, &got);
  assert_string_equal(buf_text(&got), "one\ntwo\nthree\n");
  free(path);
  path = files_path("words.gz");
  struct buf file = {0};
  files_gzip("one\ntwo", 7, 6, &file);
  files_write(path, file.data, file.len);
  writer = append_writer(path);
  files_write_line(writer, "three");
  files_close_writer(writer, NULL);
  files_read_lines(path, &got, NULL);
  assert_string_equal(buf_text(&got), "one\ntwo\nthree\n");
  free(path);
  buf_free(&file);
  buf_free(&got);
}

// Another program's file, not even compressed, that has a gzip member as its text near its end: what looks
// like the last whole member is not.
static void test_a_member_inside_a_member_is_not_where_a_file_ends(void **state) {
  (void)state;
  enum { TEXT_BYTES = 20 << 20, INSIDE_AT = TEXT_BYTES - 100000 };
  char *path = files_path("inside.gz"), *text = malloc(TEXT_BYTES);
  assert_non_null(text);
  memset(text, 'a', TEXT_BYTES);
  text[TEXT_BYTES - 1] = '\n';
  struct buf inner = {0}, file = {0};
  files_gzip("inner\n", 6, 6, &inner);
  memcpy(text + INSIDE_AT, inner.data, inner.len);
  files_gzip(text, TEXT_BYTES, 0, &file);
  files_write(path, file.data, file.len);
  struct gzline_writer *writer = append_writer(path);
  struct gzline_counts counts;
  files_close_writer(writer, &counts);
  assert_int_equal(counts.cut_bytes, 0);
  buf_free(&inner);
  buf_free(&file);
  free(text);
  unlink(path);
  free(path);
}

static void test_damage_in_the_middle_is_kept_when_appending(void **state) {
  (void)state;
  char *path = files_path("middle.jsonl.gz");
  struct buf whole = {0}, got = {0};
  struct error error;
  struct gzline_writer *writer = append_writer(path);
  int64_t first_end = 0;
  for (int line = 0; line < 3; line++) {
    char text[20];
    snprintf(text, sizeof text, "line %d", line);
    files_write_line(writer, text);
    assert_int_equal(gzline_writer_flush(writer, &error), STATUS_OK);
    if (line == 0) first_end = gzline_writer_counts(writer).written_bytes;
  }
  files_close_writer(writer, NULL);
  files_read(path, &whole);
  whole.data[first_end + 12] ^= 0x11;
  files_write(path, whole.data, whole.len);
  struct gzline_counts counts;
  writer = append_writer(path);
  files_write_line(writer, "line 3");
  files_close_writer(writer, &counts);
  assert_int_equal(counts.cut_bytes, 0);
  files_read_lines(path, &got, NULL);
  assert_string_equal(buf_text(&got), "line 0\nline 2\nline 3\n");
  buf_free(&whole);
  buf_free(&got);
  free(path);
}

static void fill_with_noise(char *bytes, size_t len) {
  unsigned seed = 1;
  for (size_t i = 0; i < len; i++) {
    seed = seed * 1664525U + 1013904223U;
    bytes[i] = (char)(' ' + (seed >> 16) % 94);
  }
}

// Of a file this long only the end is read, unless that does not tell.
static void test_the_end_of_a_long_file_is_found_from_its_end(void **state) {
  (void)state;
  enum { LINE = 1000000, LINES = 30 };
  char *path = files_path("long.jsonl.gz"), *noise = malloc(LINE);
  assert_non_null(noise);
  fill_with_noise(noise, LINE);
  struct gzline_writer *writer = append_writer(path);
  for (int i = 0; i < LINES; i++) {
    noise[0] = (char)('a' + i % 26);
    assert_int_equal(gzline_write(writer, noise, LINE), STATUS_OK);
  }
  struct gzline_counts counts;
  files_close_writer(writer, &counts);
  assert_true(counts.written_bytes > 20 << 20);
  struct buf whole = {0}, got = {0};
  files_read(path, &whole);
  // Whole; torn near the end; damaged near the end, and whole after it; damaged so that only the start is
  // right.
  for (int damage = 0; damage < 4; damage++) {
    size_t len = whole.len - (damage == 1 ? 1000 : 0);
    size_t hit = damage == 3 ? 20 << 20 : 1 << 20; // from the end
    if (damage == 2) whole.data[len - hit] ^= 1;
    files_write(path, whole.data, damage == 3 ? len - hit : len);
    if (damage == 3) assert_int_equal(truncate(path, (off_t)len), 0); // zeros
    if (damage == 2) whole.data[len - hit] ^= 1;
    struct gzline_damage before, after;
    files_read_lines(path, &got, &before);
    size_t readable = got.len;
    writer = append_writer(path);
    files_write_line(writer, "appended");
    files_close_writer(writer, &counts);
    files_read_lines(path, &got, &after);
    assert_int_equal(got.len, readable + strlen("appended\n"));
    assert_int_equal(after.places, damage == 2);
    assert_int_equal(counts.cut_bytes > 0, damage == 1 || damage == 3);
  }
  buf_free(&whole);
  buf_free(&got);
  free(noise);
  unlink(path);
  free(path);
}

// What repeats badly, so that compression does not hide it from the limits below.
static void make_noise(char line[200], unsigned seed) {
  for (int i = 0; i < 199; i++) {
    seed = seed * 1664525U + 1013904223U;
    line[i] = (char)('!' + (seed >> 16) % 90);
  }
  line[199] = '\0';
}

// Fills `path` until writing fails, calls `give_room`, and goes on: the file is whole and nothing is lost.
static void fill_up_and_go_on(const char *path, void (*give_room)(void)) {
  struct gzline_options options = {.full = GZLINE_DROP, .flush_interval_ns = 20 * CLOCK_NS_PER_MS};
  struct gzline_writer *writer = files_open_writer(path, options);
  struct buf want = {0}, got = {0};
  struct error error = {""};
  char line[200];
  unsigned seed = 0;
  enum status status = STATUS_OK;
  while (status == STATUS_OK && seed < 3000) {
    for (int i = 0; i < 10; i++) {
      make_noise(line, ++seed);
      files_write_line(writer, line);
      buf_printf(&want, "%s\n", line);
    }
    status = gzline_writer_flush(writer, &error);
  }
  assert_int_equal(status, STATUS_IO);
  assert_non_null(strstr(error.text, path));
  assert_true(gzline_writer_counts(writer).failing);
  struct gzline_damage damage;
  files_read_lines(path, &got, &damage);
  assert_int_equal(damage.places, 0); // cut back to whole members
  assert_true(got.len > 0 && got.len < want.len);
  give_room();
  make_noise(line, ++seed);
  files_write_line(writer, line);
  buf_printf(&want, "%s\n", line);
  struct gzline_counts counts;
  files_close_writer(writer, &counts); // STATUS_OK: it recovered
  assert_int_equal(counts.dropped, 0);
  assert_int_equal(counts.write_status, STATUS_IO);
  assert_false(counts.failing);
  files_read_lines(path, &got, &damage);
  assert_int_equal(damage.places, 0);
  assert_int_equal(got.len, want.len);
  assert_memory_equal(got.data, want.data, want.len);
  buf_free(&want);
  buf_free(&got);
}

static void limit_file_size(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void lift_file_size_limit(void) {
  limit_file_size(RLIM_INFINITY);
}

// The limit cuts a write short as a full disk does, and needs no root.
static void test_a_file_that_may_not_grow_goes_on_once_it_may(void **state) {
  (void)state;
  static const char *const names[] = {"limit.jsonl", "limit.jsonl.gz"};
  for (int i = 0; i < 2; i++) {
    char *path = files_path(names[i]);
    limit_file_size(30011);
    fill_up_and_go_on(path, lift_file_size_limit);
    free(path);
  }
}

static char *mount_point;

static void remove_ballast(void) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/ballast", mount_point) > 0);
  assert_int_equal(unlink(path), 0);
  free(path);
}

static void test_a_full_disk_goes_on_once_it_has_room(void **state) {
  (void)state;
  mount_point = files_path("disk");
  assert_int_equal(mkdir(mount_point, 0700), 0);
  if (mount("none", mount_point, "tmpfs", 0, "size=128k") != 0) {
    print_message("skipped: cannot mount a small disk: %s\n", strerror(errno));
    skip();
  }
  char *ballast = NULL, *path = NULL;
  assert_true(asprintf(&ballast, "%s/ballast", mount_point) > 0);
  assert_true(asprintf(&path, "%s/full.jsonl.gz", mount_point) > 0);
  static const char zeros[96 * 1024];
  files_write(ballast, zeros, sizeof zeros);
  fill_up_and_go_on(path, remove_ballast);
  free(ballast);
  free(path);
}

static int unmount(void **state) {
  (void)state;
  if (!mount_point) return 0;
  (void)umount2(mount_point, MNT_DETACH);
  free(mount_point);
  mount_point = NULL;
  return 0;
}

static void test_lines_that_a_full_disk_costs_are_counted(void **state) {
  (void)state;
  char *path = files_path("lost.jsonl.gz");
  limit_file_size(5000);
  struct gzline_writer *writer = files_open_writer(path, (struct gzline_options){.full = GZLINE_DROP});
  char line[200];
  for (unsigned i = 0; i < 1000; i++) {
    make_noise(line, i);
    files_write_line(writer, line);
  }
  struct gzline_counts counts;
  struct error error;
  assert_int_equal(gzline_writer_close(writer, &counts, &error), STATUS_IO);
  lift_file_size_limit();
  assert_non_null(strstr(error.text, path));
  assert_int_equal(counts.dropped, 1000); // one member of 1000 lines, and it did not fit
  struct stat about;
  assert_int_equal(stat(path, &about), 0);
  assert_int_equal(about.st_size, 0);
  free(path);
}

static void test_a_device_that_is_full_fails_for_good(void **state) {
  (void)state;
  struct gzline_options options = {.full = GZLINE_DROP, .flush_interval_ns = CLOCK_NS_PER_MS};
  struct gzline_writer *writer = files_open_writer("/dev/full", options);
  struct error error;
  files_write_line(writer, "a");
  files_write_line(writer, "b");
  assert_int_equal(gzline_writer_flush(writer, &error), STATUS_IO);
  assert_string_equal(error.text, "/dev/full: No space left on device");
  assert_int_equal(gzline_write(writer, "c", 1), STATUS_IO);
  struct gzline_counts counts;
  assert_int_equal(gzline_writer_close(writer, &counts, &error), STATUS_IO);
  assert_int_equal(counts.lines, 2);
  assert_int_equal(counts.dropped, 3);
}

// A descriptor that was handed down may be of a file without a name: it is not one that was removed.
static void test_a_file_that_never_had_a_name_is_not_lost(void **state) {
  (void)state;
  char path[40];
  int fd = memfd_create("unnamed", MFD_CLOEXEC);
  assert_true(fd >= 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  struct gzline_writer *writer = files_open_writer(path, (struct gzline_options){.full = GZLINE_WAIT});
  struct gzline_counts counts;
  struct error error;
  files_write_line(writer, "kept");
  assert_int_equal(gzline_writer_close(writer, &counts, &error), STATUS_OK);
  assert_int_equal(counts.lost_files + counts.dropped, 0);
  char text[8] = "";
  assert_int_equal(pread(fd, text, sizeof text - 1, 0), 5);
  assert_string_equal(text, "kept\n");
  close(fd);
}

static void test_a_reader_that_goes_away_is_an_error_and_no_signal(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  char path[40];
  snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
  struct gzline_writer *writer = files_open_writer(path, (struct gzline_options){.full = GZLINE_WAIT});
  close(ends[0]);
  struct error error;
  files_write_line(writer, "nobody reads this");
  assert_int_equal(gzline_writer_flush(writer, &error), STATUS_IO);
  assert_int_equal(gzline_writer_close(writer, NULL, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "Broken pipe"));
  close(ends[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_killed_writer_loses_the_last_interval_at_most),
      cmocka_unit_test(test_appending_after_any_cut_keeps_what_a_reader_saw),
      cmocka_unit_test(test_appending_follows_what_the_file_is),
      cmocka_unit_test(test_a_member_inside_a_member_is_not_where_a_file_ends),
      cmocka_unit_test(test_damage_in_the_middle_is_kept_when_appending),
      cmocka_unit_test(test_the_end_of_a_long_file_is_found_from_its_end),
      cmocka_unit_test(test_a_file_that_may_not_grow_goes_on_once_it_may),
      cmocka_unit_test_teardown(test_a_full_disk_goes_on_once_it_has_room, unmount),
      cmocka_unit_test(test_lines_that_a_full_disk_costs_are_counted),
      cmocka_unit_test(test_a_device_that_is_full_fails_for_good),
      cmocka_unit_test(test_a_reader_that_goes_away_is_an_error_and_no_signal),
      cmocka_unit_test(test_a_file_that_never_had_a_name_is_not_lost),
  };
  return cmocka_run_group_tests_name("gzline crash", tests, files_setup, files_teardown);
}
