// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/stdio_fds.h"

#define ALL 7u // a bit for each number

static bool is_refused(ssize_t result) {
  return result == -1 && errno == EBADF;
}

// In a process that has closed some of them: 0, or which claim does not hold.
static int look(unsigned closed) {
  char byte = 'x';
  int other = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; fd++) {
    dup2(other, fd);
    if (closed & 1u << fd) close(fd);
  }
  close(other);
  if (stdio_fds_input_is_open() != !(closed & 1u)) return 1;
  if (stdio_fds_output_is_open() != !(closed & 2u)) return 2;
  if (stdio_fds_hold()) return 3;
  if (stdio_fds_input_is_open() != !(closed & 1u)) return 4;
  if (stdio_fds_output_is_open() != !(closed & 2u)) return 5;
  if (open("/dev/null", O_RDWR) <= 2) return 6;
  for (int fd = 0; fd <= 2; fd++) {
    bool refuses = is_refused(write(fd, &byte, 1)) && is_refused(read(fd, &byte, 1));
    if (refuses != ((closed & 1u << fd) != 0)) return 7;
  }
  return 0;
}

static void test_numbers_that_are_not_open_are_held_and_the_others_left_alone(void **state) {
  (void)state;
  for (unsigned closed = 0; closed <= ALL; closed++) {
    int how = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(look(closed));
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
  }
}

static void test_what_only_reads_is_no_output(void **state) {
  (void)state;
  int how = -1;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    dup2(open("/dev/null", O_WRONLY), STDIN_FILENO);
    dup2(open("/dev/null", O_RDONLY), STDOUT_FILENO);
    _exit(stdio_fds_input_is_open() || stdio_fds_output_is_open());
  }
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_int_equal(how, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers_that_are_not_open_are_held_and_the_others_left_alone),
      cmocka_unit_test(test_what_only_reads_is_no_output),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
