// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/base/stdio_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// They go in order, so that the next free number is the one that is missing. A program that this one starts
// has them too.
enum status stdio_fds_hold(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (open("/", O_PATH) != fd) return STATUS_IO;
  }
  return STATUS_OK;
}

static bool allows(int fd, int mode) {
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && !(flags & O_PATH) && ((flags & O_ACCMODE) == mode || (flags & O_ACCMODE) == O_RDWR);
}

bool stdio_fds_input_is_open(void) {
  return allows(STDIN_FILENO, O_RDONLY);
}

bool stdio_fds_output_is_open(void) {
  return allows(STDOUT_FILENO, O_WRONLY);
}
