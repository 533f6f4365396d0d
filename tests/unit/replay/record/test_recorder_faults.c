// SPDX-License-Identifier: GPL-3.0-or-later
//
// A run that is continued while one call of the system fails: for each call there is, the first, the second
// ... until none is hit. Whatever fails, the file is whole: what it had is there, and each line is a record.
// The linker's --wrap (tests/rules.mk) puts the calls below before the library's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/llm/response.h"
#include "replay/record/recorder.h"
#include "replay/workload/resume.h"

enum call { CALL_MALLOC, CALL_CALLOC, CALL_REALLOC, CALL_WRITE, CALL_SHORT_WRITE, CALL_FTRUNCATE, CALLS };
static const char *const call_names[] = {"malloc", "calloc", "realloc", "write", "short write", "ftruncate"};

static enum call failing;
static _Atomic int left; // calls until the one that fails; 0: none does

static bool fails(enum call call) {
  return call == failing && atomic_load(&left) > 0 && atomic_fetch_sub(&left, 1) == 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_ftruncate(int fd, off_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_ftruncate(int fd, off_t len);

void *__wrap_malloc(size_t size) {
  return fails(CALL_MALLOC) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails(CALL_CALLOC) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
  return fails(CALL_REALLOC) ? NULL : __real_realloc(old, size);
}

// A short write is half of what was asked for, then none: the disk is full.
ssize_t __wrap_write(int fd, const void *data, size_t len) {
  static _Atomic bool is_full;
  bool cut = fails(CALL_SHORT_WRITE);
  if (fails(CALL_WRITE) || atomic_exchange(&is_full, cut)) {
    errno = EIO;
    return -1;
  }
  return __real_write(fd, data, cut && len > 1 ? len / 2 : len);
}

int __wrap_ftruncate(int fd, off_t len) {
  if (!fails(CALL_FTRUNCATE)) return __real_ftruncate(fd, len);
  errno = EIO;
  return -1;
}

enum { BATCHES = 3, REQUESTS = 2 };
static char text_path[64], gzip_path[64];

static void add_request(struct recorder *recorder, const struct recorder_batch *batch, int64_t index) {
  static const struct request request = {.seq = 1, .url = "http://h/x"};
  static const struct response response = {.status = 200, .first_answer_ns = -1, .output_tokens = 5};
  static const struct histogram no_gaps;
  struct request_result result = {.request = &request,
                                  .index = index,
                                  .intended_ns = batch->start_ns,
                                  .ready_ns = batch->start_ns,
                                  .sent_ns = batch->start_ns,
                                  .done_ns = batch->start_ns + 1000,
                                  .attempts = 1,
                                  .response = &response,
                                  .text_gaps = &no_gaps,
                                  .message = ""};
  recorder_request(recorder, 0, batch, &result);
}

// One segment with replicates `first` on. The status of opening and closing.
static enum status write_segment(const char *path, bool resumes, int64_t first) {
  static const struct work work;
  struct run_header header = {.version = 1, .max_tokens = -1, .threads = 1, .resumes = resumes};
  struct recorder_settings settings = {.output = path,
                                       .existing = resumes ? GZLINE_APPEND : GZLINE_REPLACE,
                                       .lanes = 1,
                                       .header = &header,
                                       .work = &work};
  struct recorder *recorder;
  struct error error;
  enum status status = recorder_open(&settings, &recorder, &error);
  for (int64_t rep = first; status == STATUS_OK && rep < first + BATCHES; rep++) {
    struct recorder_batch batch = {.workers = 2, .batch = REQUESTS, .rep = rep, .start_ns = clock_now_ns()};
    struct audit_verdict verdict = {.valid = true};
    struct recorder_metrics none = {.left_out = 0};
    recorder_start_batch(recorder, &batch);
    for (int64_t i = 0; i < REQUESTS; i++)
      add_request(recorder, &batch, i);
    recorder_batch(recorder, &batch, 1000, NULL, &verdict, &none);
  }
  return status ? status : recorder_close(recorder, &error);
}

// With the torn end of one that was killed, which is cut off before the run goes on.
static void copy_torn(const char *from, const char *to) {
  static char bytes[1 << 16];
  FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
  assert_true(in && out);
  size_t len = fread(bytes, 1, sizeof bytes, in);
  assert_true(len < sizeof bytes && fwrite(bytes, 1, len, out) == len);
  const char *torn = (unsigned char)bytes[0] == 0x1f ? "\x1f\x8b\x08" : "{\"type\":\"req";
  assert_true(fputs(torn, out) >= 0);
  assert_int_equal(fclose(in) | fclose(out), 0);
}

static void assert_whole(const char *path, enum call call, int n, enum status status) {
  struct resume resume;
  struct error error;
  if (resume_read(path, false, &resume, &error)) fail_msg("%s %d: %s", call_names[call], n, error.text);
  int64_t expected = status == STATUS_OK ? 2 * BATCHES : BATCHES, next = 0;
  for (size_t i = 0; i < resume.done_count; i++) { // one that was measured twice is there twice
    assert_true(resume.done[i].rep <= next);
    if (resume.done[i].rep == next) next++;
  }
  if (next < expected) fail_msg("%s %d: %d batches", call_names[call], n, (int)next);
  resume_free(&resume);
}

static void fail_each_call(const char *path, enum call call) {
  char base[80];
  snprintf(base, sizeof base, "%s.part", path);
  assert_int_equal(write_segment(base, false, 0), STATUS_OK);
  int failures = 0;
  for (int n = 1;; n++) {
    copy_torn(base, path);
    failing = call;
    atomic_store(&left, n);
    enum status status = write_segment(path, true, BATCHES);
    bool was_hit = atomic_exchange(&left, 0) == 0;
    failures += status != STATUS_OK;
    assert_whole(path, call, n, status);
    if (!was_hit) {
      assert_int_equal(status, STATUS_OK);
      print_message("%s: none hit after %d, %d failed\n", call_names[call], n - 1, failures);
      break;
    }
    // The file goes on after it.
    if (status) assert_int_equal(write_segment(path, true, BATCHES), STATUS_OK);
    assert_whole(path, call, n, STATUS_OK);
  }
  unlink(path);
  unlink(base);
}

static void test_a_plain_run_is_whole_whatever_fails(void **state) {
  (void)state;
  for (enum call call = 0; call < CALLS; call++)
    fail_each_call(text_path, call);
}

static void test_a_compressed_run_is_whole_whatever_fails(void **state) {
  (void)state;
  for (enum call call = 0; call < CALLS; call++)
    fail_each_call(gzip_path, call);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_plain_run_is_whole_whatever_fails),
      cmocka_unit_test(test_a_compressed_run_is_whole_whatever_fails),
  };
  snprintf(text_path, sizeof text_path, "/tmp/test_recorder_faults.%d.jsonl", (int)getpid());
  snprintf(gzip_path, sizeof gzip_path, "/tmp/test_recorder_faults.%d.jsonl.gz", (int)getpid());
  return cmocka_run_group_tests_name("recorder faults", tests, NULL, NULL);
}
