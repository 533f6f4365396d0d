// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/curl_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "tests/bench/wire.h"

static int on_socket(CURL *easy, curl_socket_t number, int what, void *context, void *known) {
  (void)easy;
  struct curl_loop *loop = context;
  struct epoll_event event = {.data.fd = number};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, number, NULL);
  } else if (epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, number, &event)) {
    wire_die("cannot watch a socket");
  }
  if (what != CURL_POLL_REMOVE) curl_multi_assign(loop->multi, number, loop);
  return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context) {
  (void)multi;
  struct curl_loop *loop = context;
  loop->timeout_ms = timeout_ms;
  return 0;
}

void curl_loop_open(struct curl_loop *loop, long connections,
                    void (*ended)(void *context, CURL *easy, CURLcode result), void *context) {
  *loop = (struct curl_loop){.timeout_ms = -1, .ended = ended, .context = context};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  loop->multi = curl_multi_init();
  loop->epoll = epoll_create1(0);
  if (!loop->multi || loop->epoll < 0) wire_die("cannot start");
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
  curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
}

void curl_loop_add(struct curl_loop *loop, CURL *easy) {
  if (curl_multi_add_handle(loop->multi, easy) != CURLM_OK) wire_die("cannot add a request");
}

void curl_loop_act(struct curl_loop *loop, int number, unsigned events) {
  int running, left;
  int bits = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
  curl_multi_socket_action(loop->multi, number < 0 ? CURL_SOCKET_TIMEOUT : number, bits, &running);
  CURLMsg *message;
  while ((message = curl_multi_info_read(loop->multi, &left))) {
    CURL *easy = message->easy_handle;
    CURLcode result = message->data.result;
    curl_multi_remove_handle(loop->multi, easy);
    loop->ended(loop->context, easy, result);
  }
}

void curl_loop_close(struct curl_loop *loop) {
  curl_multi_cleanup(loop->multi);
  curl_global_cleanup();
  close(loop->epoll);
}
