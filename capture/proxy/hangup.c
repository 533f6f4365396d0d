// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/hangup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

// An epoll set of its own, edge-triggered: a descriptor costs one system call in its life, not one for every
// request, and only its end is reported.
struct hangup {
  int epoll_fd;
  struct loop_watch *watch;
  void (*gone)(void *token);
};

static void some_gone(void *context, unsigned events) {
  (void)events;
  struct hangup *hangup = context;
  struct epoll_event found[64];
  int count = epoll_wait(hangup->epoll_fd, found, sizeof found / sizeof found[0], 0);
  for (int i = 0; i < count; i++)
    hangup->gone(found[i].data.ptr);
}

enum status hangup_open(struct loop *loop, void (*gone)(void *token), struct hangup **out,
                        struct error *error) {
  struct hangup *hangup = calloc(1, sizeof *hangup);
  if (!hangup) return status_memory(error);
  hangup->gone = gone;
  hangup->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  enum status status = STATUS_OK;
  if (hangup->epoll_fd < 0) status = status_fail(error, STATUS_IO, "epoll: %s", strerror(errno));
  if (!status)
    status = loop_watch_open(loop, hangup->epoll_fd, LOOP_READ, some_gone, hangup, &hangup->watch, error);
  if (status) {
    hangup_close(hangup);
    return status;
  }
  *out = hangup;
  return STATUS_OK;
}

enum status hangup_add(struct hangup *hangup, int fd, void *token) {
  struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = token};
  return epoll_ctl(hangup->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? STATUS_IO : STATUS_OK;
}

void hangup_remove(struct hangup *hangup, int fd) {
  epoll_ctl(hangup->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void hangup_close(struct hangup *hangup) {
  if (!hangup) return;
  loop_watch_close(hangup->watch);
  if (hangup->epoll_fd >= 0) close(hangup->epoll_fd);
  free(hangup);
}
