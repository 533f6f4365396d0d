// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "replay/server/process.h"

static void test_process_words_are_replaced(void **state) {
  (void)state;
  const struct process_word words[] = {{"{workers}", 24}, {"{port}", -1}, {"{rep}", 0}};
  struct buf out = {0};
  process_print_command("a {workers}{workers} {port} {rep} {worker} {", words, 3, &out);
  assert_string_equal(buf_text(&out), "a 2424 {port} 0 {worker} {");
  buf_free(&out);
}

static void nap(void) {
  nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

// Waits up to 5 s.
static int wait_for_end(struct process *process) {
  int wait_status = -1;
  for (int i = 0; i < 2500 && !process_reap(process, &wait_status); i++)
    nap();
  return wait_status;
}

static void make_path(char *path) {
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
}

static void test_process_output_goes_to_its_file_and_its_status_comes_back(void **state) {
  (void)state;
  char path[] = "/tmp/test_process.XXXXXX", line[64] = "";
  struct process process = {0};
  make_path(path);
  assert_int_equal(process_start("echo one; echo two >&2; cat; exit 7", path, &process, NULL), STATUS_OK);
  int wait_status = wait_for_end(&process);
  assert_true(WIFEXITED(wait_status));
  assert_int_equal(WEXITSTATUS(wait_status), 7);
  assert_true(process_gone(&process));
  assert_int_equal(process.group, 0);
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  size_t len = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  unlink(path);
  assert_int_equal(len, 8);
  assert_string_equal(line, "one\ntwo\n");
}

static void test_process_end_takes_the_whole_group(void **state) {
  (void)state;
  char path[] = "/tmp/test_process.XXXXXX";
  struct process process = {0};
  make_path(path);
  assert_int_equal(process_start("trap '' TERM; sleep 60 & sleep 60", path, &process, NULL), STATUS_OK);
  pid_t group = process.group;
  assert_false(process_gone(&process));
  process_end(&process);
  for (int i = 0; i < 2500 && kill(-group, 0) == 0; i++) {
    waitpid(-group, NULL, WNOHANG);
    nap();
  }
  assert_int_equal(kill(-group, 0), -1);
  unlink(path);
}

static bool exists(pid_t pid) {
  return kill(pid, 0) == 0;
}

static void wait_until_gone(pid_t pid) {
  for (int i = 0; i < 2500 && exists(pid); i++)
    nap();
  assert_false(exists(pid));
}

static pid_t read_pid(const char *path) {
  int pid = 0;
  for (int i = 0; i < 2500 && pid == 0; i++) {
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%d\n", &pid) != 1) pid = 0;
    if (file) fclose(file);
    if (pid == 0) nap();
  }
  assert_int_not_equal(pid, 0);
  return pid;
}

// A process that starts a group and is killed without a chance to end it.
static void test_process_group_does_not_outlive_who_started_it(void **state) {
  (void)state;
  char path[] = "/tmp/test_process.XXXXXX";
  make_path(path);
  pid_t starter = fork();
  if (starter == 0) {
    struct process process = {0};
    if (process_start("sleep 60 & echo $!; wait", path, &process, NULL)) _exit(1);
    for (;;)
      pause();
  }
  pid_t sleeper = read_pid(path);
  assert_true(exists(sleeper));
  kill(starter, SIGKILL);
  waitpid(starter, NULL, 0);
  for (int i = 0; i < 2500 && waitpid(sleeper, NULL, WNOHANG) != sleeper; i++) // it is ours now
    nap();
  wait_until_gone(sleeper);
  while (waitpid(-1, NULL, WNOHANG) > 0) // and so is the guard
    nap();
  unlink(path);
}

static void test_process_strays_in_a_session_of_their_own_are_ended(void **state) {
  (void)state;
  char path[] = "/tmp/test_process.XXXXXX";
  struct process process = {0};
  make_path(path);
  assert_int_equal(process_start("setsid sleep 60 & echo $!", path, &process, NULL), STATUS_OK);
  int wait_status = wait_for_end(&process);
  assert_true(WIFEXITED(wait_status));
  pid_t daemon = read_pid(path);
  for (int i = 0; i < 2500 && getpgid(daemon) != daemon; i++)
    nap();
  process_end(&process);
  assert_true(exists(daemon));
  for (int i = 0; i < 2500 && process_end_strays() > 0; i++)
    nap();
  assert_false(exists(daemon));
  unlink(path);
}

static void test_process_without_an_output_file_does_not_start(void **state) {
  (void)state;
  struct process process = {.group = 5};
  struct error error = {""};
  assert_int_equal(process_start("true", "/no/such/folder/x", &process, &error), STATUS_IO);
  assert_string_equal(error.text, "/no/such/folder/x: No such file or directory");
  assert_int_equal(process.group, 5);
}

int main(void) {
  struct error error;
  if (process_adopt_orphans(&error)) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_process_words_are_replaced),
      cmocka_unit_test(test_process_output_goes_to_its_file_and_its_status_comes_back),
      cmocka_unit_test(test_process_end_takes_the_whole_group),
      cmocka_unit_test(test_process_group_does_not_outlive_who_started_it),
      cmocka_unit_test(test_process_strays_in_a_session_of_their_own_are_ended),
      cmocka_unit_test(test_process_without_an_output_file_does_not_start),
  };
  return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
