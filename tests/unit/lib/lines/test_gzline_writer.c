// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h wants the four above first.
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/unit/lib/record/files.h"

static void test_zcat_reads_what_was_written(void **state) {
  (void)state;
  char *path = files_path("new.jsonl.gz"), *command = NULL;
  struct gzline_options options = {.existing = GZLINE_REFUSE, .full = GZLINE_WAIT};
  struct gzline_writer *writer = files_open_writer(path, options);
  struct buf want = {0}, got = {0};
  for (int i = 0; i < 50000; i++) {
    char line[64];
    snprintf(line, sizeof line, "{\"type\":\"request\",\"seq\":%d}", i);
    files_write_line(writer, line);
    buf_printf(&want, "%s\n", line);
  }
  struct gzline_counts counts;
  files_close_writer(writer, &counts);
  assert_int_equal(counts.lines, 50000);
  assert_int_equal(counts.bytes, want.len - 50000);
  assert_int_equal(counts.queued_bytes, 0);
  assert_int_equal(counts.dropped, 0);
  struct stat about;
  assert_int_equal(stat(path, &about), 0);
  assert_int_equal(about.st_mode & 07777, 0600);
  assert_int_equal(about.st_size, counts.written_bytes);
  assert_true(asprintf(&command, "gzip -t %s && zcat %s", path, path) > 0);
  files_run("zcat", command, &got);
  assert_int_equal(got.len, want.len);
  assert_memory_equal(got.data, want.data, want.len);
  free(command);
  free(path);
  buf_free(&want);
  buf_free(&got);
}

static void test_an_existing_file_is_refused_replaced_or_continued(void **state) {
  (void)state;
  static const char *const names[] = {"existing.jsonl", "existing.jsonl.gz"};
  for (int i = 0; i < 2; i++) {
    char *path = files_path(names[i]);
    struct buf got = {0};
    struct gzline_options options = {.existing = GZLINE_REFUSE, .full = GZLINE_WAIT};
    files_write(path, "", 0); // an empty file is nobody's
    struct gzline_writer *writer = files_open_writer(path, options);
    files_write_line(writer, "one");
    files_close_writer(writer, NULL);
    struct error error;
    assert_int_equal(gzline_writer_open(path, &options, &writer, &error), STATUS_EXISTS);
    char words[200];
    snprintf(words, sizeof words, "%s: exists already (--force replaces it)", path);
    assert_string_equal(error.text, words);
    options.existing = GZLINE_APPEND;
    writer = files_open_writer(path, options);
    files_write_line(writer, "two");
    files_close_writer(writer, NULL);
    files_read_lines(path, &got, NULL);
    assert_string_equal(buf_text(&got), "one\ntwo\n");
    options.existing = GZLINE_REPLACE;
    writer = files_open_writer(path, options);
    files_write_line(writer, "three");
    files_close_writer(writer, NULL);
    files_read_lines(path, &got, NULL);
    assert_string_equal(buf_text(&got), "three\n");
    buf_free(&got);
    free(path);
  }
}

static void test_two_writers_of_one_file_are_refused(void **state) {
  (void)state;
  char *path = files_path("locked.jsonl");
  struct gzline_options options = {.existing = GZLINE_APPEND, .full = GZLINE_WAIT};
  struct gzline_writer *first = files_open_writer(path, options), *second = NULL;
  struct error error;
  assert_int_equal(gzline_writer_open(path, &options, &second, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "another program"));
  files_close_writer(first, NULL);
  files_close_writer(files_open_writer(path, options), NULL);
  free(path);
}

static void test_what_cannot_be_written_is_told_with_its_name(void **state) {
  (void)state;
  struct gzline_options options = {.existing = GZLINE_REFUSE};
  struct gzline_writer *writer = NULL;
  struct error error;
  assert_int_equal(gzline_writer_open("/tmp", &options, &writer, &error), STATUS_IO);
  assert_string_equal(error.text, "/tmp: is a directory");
  assert_int_equal(gzline_writer_open("/nowhere/x.gz", &options, &writer, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "/nowhere/x.gz"));
  assert_null(writer);
  assert_int_equal(gzline_writer_close(NULL, NULL, NULL), STATUS_OK);
}

static void test_lines_are_on_disk_after_a_flush_and_after_the_interval(void **state) {
  (void)state;
  char *path = files_path("interval.jsonl.gz");
  struct gzline_options options = {.full = GZLINE_WAIT, .flush_interval_ns = 50 * CLOCK_NS_PER_MS};
  struct gzline_writer *writer = files_open_writer(path, options);
  struct buf got = {0};
  struct error error;
  files_write_line(writer, "flushed");
  assert_int_equal(gzline_writer_flush(writer, &error), STATUS_OK);
  files_read_lines(path, &got, NULL);
  assert_string_equal(buf_text(&got), "flushed\n");
  assert_int_equal(gzline_writer_flush(writer, &error), STATUS_OK); // nothing to do: returns at once
  int64_t since_ns = clock_now_ns();
  files_write_line(writer, "in its time");
  while (got.len < 20 && clock_now_ns() - since_ns < 10 * CLOCK_NS_PER_S) {
    usleep(5000);
    files_read_lines(path, &got, NULL);
  }
  assert_string_equal(buf_text(&got), "flushed\nin its time\n");
  assert_true(clock_now_ns() - since_ns >= 45 * CLOCK_NS_PER_MS);
  files_close_writer(writer, NULL);
  buf_free(&got);
  free(path);
}

// A pipe that nobody empties holds the thread in write(2), so that the queue fills.
struct blocked_pipe {
  char *path;
  int read_fd;
};

static struct blocked_pipe make_pipe(const char *name) {
  struct blocked_pipe pipe = {.path = files_path(name)};
  assert_int_equal(mkfifo(pipe.path, 0600), 0);
  pipe.read_fd = open(pipe.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  assert_true(pipe.read_fd >= 0);
  assert_true(fcntl(pipe.read_fd, F_SETPIPE_SZ, 4096) >= 0);
  assert_int_equal(fcntl(pipe.read_fd, F_SETFL, 0), 0);
  return pipe;
}

static void *drain(void *context) {
  struct blocked_pipe *pipe = context;
  int64_t *lines = calloc(1, sizeof *lines);
  char chunk[1000];
  ssize_t got;
  while (lines && (got = read(pipe->read_fd, chunk, sizeof chunk)) > 0) {
    for (ssize_t i = 0; i < got; i++)
      *lines += chunk[i] == '\n';
  }
  return lines;
}

static void close_pipe(struct blocked_pipe *pipe) {
  close(pipe->read_fd);
  unlink(pipe->path);
  free(pipe->path);
}

static int64_t finish_drain(pthread_t thread) {
  void *result = NULL;
  assert_int_equal(pthread_join(thread, &result), 0);
  assert_non_null(result);
  int64_t lines = *(int64_t *)result;
  free(result);
  return lines;
}

static void fill_queue(size_t queue_bytes, int64_t full_at_bytes) {
  struct blocked_pipe pipe = make_pipe("drop.fifo");
  struct gzline_options options = {.full = GZLINE_DROP, .queue_bytes = queue_bytes};
  struct gzline_writer *writer = files_open_writer(pipe.path, options);
  char line[100];
  memset(line, 'x', sizeof line);
  int64_t taken = 0, dropped = 0;
  for (int i = 0; i < 3000; i++) {
    enum status status = gzline_write(writer, line, sizeof line - 1); // 100 bytes with its newline
    assert_true(status == STATUS_OK || status == STATUS_LIMIT);
    taken += status == STATUS_OK;
    dropped += status == STATUS_LIMIT;
    struct gzline_counts counts = gzline_writer_counts(writer);
    assert_true(counts.queued_bytes <= full_at_bytes);
    if (status == STATUS_LIMIT) assert_int_equal(counts.queued_bytes, full_at_bytes);
  }
  assert_true(dropped > 0);
  char *huge = calloc(1, 100001);
  assert_non_null(huge);
  memset(huge, 'x', 100001);
  assert_int_equal(gzline_write(writer, huge, 100000), STATUS_LIMIT); // would never fit
  free(huge);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, drain, &pipe), 0);
  struct gzline_counts counts;
  files_close_writer(writer, &counts);
  assert_int_equal(counts.lines, taken);
  assert_int_equal(counts.dropped, dropped + 1);
  assert_int_equal(finish_drain(thread), taken);
  close_pipe(&pipe);
}

static void test_a_full_queue_drops_whole_lines_and_counts_them(void **state) {
  (void)state;
  fill_queue(100000, 100000); // full to the byte
  fill_queue(99999, 99900);
}

static void test_a_full_queue_makes_the_caller_wait_and_loses_nothing(void **state) {
  (void)state;
  struct blocked_pipe pipe = make_pipe("wait.fifo");
  struct gzline_options options = {.full = GZLINE_WAIT, .queue_bytes = 1000};
  struct gzline_writer *writer = files_open_writer(pipe.path, options);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, drain, &pipe), 0);
  for (int i = 0; i < 20000; i++) {
    files_write_line(writer, "a line of some length, so that the queue is full now and then");
    assert_true(gzline_writer_counts(writer).queued_bytes <= 1000);
  }
  char huge[1001];
  memset(huge, 'x', sizeof huge);
  assert_int_equal(gzline_write(writer, huge, 1000), STATUS_LIMIT); // no waiting for what cannot be
  struct gzline_counts counts;
  files_close_writer(writer, &counts);
  assert_int_equal(counts.lines, 20000);
  assert_int_equal(counts.dropped, 1);
  assert_true(counts.waited_ns > 0);
  assert_int_equal(finish_drain(thread), 20000);
  close_pipe(&pipe);
}

struct crowd {
  struct gzline_writer *writer;
  int number;
};

static void *write_as_one_of_many(void *context) {
  struct crowd *crowd = context;
  char line[100];
  for (int i = 0; i < 5000; i++) {
    int len = snprintf(line, sizeof line, "%d %d %d", crowd->number, i, crowd->number ^ i);
    if (gzline_write(crowd->writer, line, (size_t)len) != STATUS_OK) return crowd;
  }
  return NULL;
}

static void test_lines_of_several_threads_stay_whole_and_in_their_order(void **state) {
  (void)state;
  char *path = files_path("crowd.gz");
  struct gzline_options options = {.full = GZLINE_WAIT, .queue_bytes = 20000};
  struct gzline_writer *writer = files_open_writer(path, options);
  pthread_t threads[4];
  struct crowd crowd[4];
  for (int i = 0; i < 4; i++) {
    crowd[i] = (struct crowd){writer, i};
    assert_int_equal(pthread_create(&threads[i], NULL, write_as_one_of_many, &crowd[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    void *failed;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  files_close_writer(writer, NULL);
  struct buf got = {0};
  files_read_lines(path, &got, NULL);
  int next[4] = {0}, total = 0;
  for (const char *at = buf_text(&got); *at; at = strchr(at, '\n') + 1) {
    int number, i, check;
    assert_int_equal(sscanf(at, "%d %d %d\n", &number, &i, &check), 3);
    assert_in_range(number, 0, 3);
    assert_int_equal(check, number ^ i);
    assert_int_equal(i, next[number]++);
    total++;
  }
  assert_int_equal(total, 20000);
  buf_free(&got);
  free(path);
}

static void test_a_line_of_100_megabytes(void **state) {
  (void)state;
  size_t len = (size_t)100 * 1024 * 1024;
  char *path = files_path("huge.jsonl.gz"), *huge = malloc(len);
  assert_non_null(huge);
  for (size_t i = 0; i < len; i++)
    huge[i] = (char)('a' + (i >> 7) % 26);
  struct gzline_options options = {.full = GZLINE_DROP, .queue_bytes = len + 100};
  struct gzline_writer *writer = files_open_writer(path, options);
  files_write_line(writer, "before");
  assert_int_equal(gzline_write(writer, huge, len), STATUS_OK);
  files_close_writer(writer, NULL);
  struct gzline_reader *reader = NULL;
  struct error error;
  const char *line;
  size_t got;
  assert_int_equal(gzline_reader_open(path, &reader, &error), STATUS_OK);
  assert_int_equal(gzline_read(reader, &line, &got, &error), STATUS_OK);
  assert_int_equal(got, 6);
  assert_int_equal(gzline_read(reader, &line, &got, &error), STATUS_OK);
  assert_int_equal(got, len);
  assert_memory_equal(line, huge, len);
  assert_int_equal(gzline_read(reader, &line, &got, &error), STATUS_END);
  gzline_reader_close(reader);
  free(huge);
  unlink(path);
  free(path);
}

static void test_standard_output_gets_plain_whole_lines(void **state) {
  (void)state;
  char *path = files_path("stdout");
  fflush(stdout);
  int saved = dup(STDOUT_FILENO), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(saved >= 0 && file >= 0);
  dup2(file, STDOUT_FILENO);
  struct gzline_writer *writer = NULL;
  struct gzline_options options = {.full = GZLINE_WAIT};
  struct error error;
  enum status opened = gzline_writer_open("-", &options, &writer, &error);
  if (opened == STATUS_OK) (void)gzline_write(writer, "{\"a\":1}", 7);
  enum status closed = gzline_writer_close(writer, NULL, &error);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  close(file);
  assert_int_equal(opened, STATUS_OK);
  assert_int_equal(closed, STATUS_OK);
  struct buf got = {0};
  files_read(path, &got);
  assert_string_equal(buf_text(&got), "{\"a\":1}\n");
  buf_free(&got);
  free(path);
}

// A level that changes within a line leaves a member that zcat reads.
static void test_what_is_written_in_a_hurry_is_whole(void **state) {
  (void)state;
  char *path = files_path("hurry.jsonl.gz"), *command = NULL;
  struct gzline_options options = {.existing = GZLINE_REFUSE, .full = GZLINE_WAIT};
  struct gzline_writer *writer = files_open_writer(path, options);
  struct buf line = {0}, got = {0};
  uint32_t seed = 1;
  for (size_t i = 0; i < (size_t)8 * 1024 * 1024; i++) {
    seed = seed * 1664525 + 1013904223;
    buf_append_char(&line, (char)('a' + (seed >> 24) % 26));
  }
  for (int i = 0; i < 3; i++) {
    assert_int_equal(gzline_write(writer, line.data, line.len), STATUS_OK);
    if (i == 1) gzline_writer_hurry(writer);
  }
  files_close_writer(writer, NULL);
  assert_true(asprintf(&command, "gzip -t %s && zcat %s | sort -u", path, path) > 0);
  files_run("zcat", command, &got);
  assert_int_equal(got.len, line.len + 1);
  assert_memory_equal(got.data, line.data, line.len);
  free(command);
  free(path);
  buf_free(&line);
  buf_free(&got);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zcat_reads_what_was_written),
      cmocka_unit_test(test_an_existing_file_is_refused_replaced_or_continued),
      cmocka_unit_test(test_two_writers_of_one_file_are_refused),
      cmocka_unit_test(test_what_cannot_be_written_is_told_with_its_name),
      cmocka_unit_test(test_lines_are_on_disk_after_a_flush_and_after_the_interval),
      cmocka_unit_test(test_a_full_queue_drops_whole_lines_and_counts_them),
      cmocka_unit_test(test_a_full_queue_makes_the_caller_wait_and_loses_nothing),
      cmocka_unit_test(test_lines_of_several_threads_stay_whole_and_in_their_order),
      cmocka_unit_test(test_a_line_of_100_megabytes),
      cmocka_unit_test(test_what_is_written_in_a_hurry_is_whole),
      cmocka_unit_test(test_standard_output_gets_plain_whole_lines),
  };
  return cmocka_run_group_tests_name("gzline writer", tests, files_setup, files_teardown);
}
