// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void choose_signals(sigset_t *held) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  sigemptyset(held);
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    struct sigaction action;
    if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
      sigaddset(held, signals[i]);
  }
}

enum status interrupt_hold(struct interrupt *interrupt, struct error *error) {
  sigset_t held;
  choose_signals(&held);
  interrupt->fd = -1;
  int fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
  // With a closed standard stream the first free number is that stream's.
  if (fd >= 0) interrupt->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  int why = errno;
  if (fd >= 0) close(fd);
  if (interrupt->fd < 0) return status_fail(error, STATUS_IO, "signalfd: %s", strerror(why));
  sigprocmask(SIG_BLOCK, &held, &interrupt->before);
  return STATUS_OK;
}

bool interrupt_came(const struct interrupt *interrupt) {
  struct pollfd ready = {.fd = interrupt->fd, .events = POLLIN};
  return interrupt->fd >= 0 && poll(&ready, 1, 0) > 0;
}

void interrupt_release(struct interrupt *interrupt) {
  if (interrupt->fd < 0) return;
  struct signalfd_siginfo taken;
  while (read(interrupt->fd, &taken, sizeof taken) == sizeof taken)
    continue;
  close(interrupt->fd);
  interrupt->fd = -1;
  sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}
