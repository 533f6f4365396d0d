// SPDX-License-Identifier: GPL-3.0-or-later
//
// The least that a client on libcurl can do for small requests: its multi handle on epoll, each easy handle
// used again. What replay takes more than this is its own.
//
//   bare_curl URL STREAMS REQUESTS
//
// Sends REQUESTS requests, STREAMS at once, and prints {"requests":..,"wall_s":..,"cpu_s":..,"failed":..}.
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "lib/base/clock.h"
#include "tests/bench/wire.h"

enum { READY = 64, STREAMS_MAX = 10000 };

struct client {
  CURLM *multi;
  const char *url;
  int epoll;
  long timeout_ms; // of libcurl's timer; -1: none
  long started, done, failed, requests;
};

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  (void)data, (void)context;
  return size * count;
}

static int on_socket(CURL *easy, curl_socket_t number, int what, void *context, void *known) {
  (void)easy;
  struct client *client = context;
  struct epoll_event event = {.data.fd = number};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(client->epoll, EPOLL_CTL_DEL, number, NULL);
  } else if (epoll_ctl(client->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, number, &event)) {
    wire_die("cannot watch a socket");
  }
  if (what != CURL_POLL_REMOVE) curl_multi_assign(client->multi, number, client);
  return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context) {
  (void)multi;
  struct client *client = context;
  client->timeout_ms = timeout_ms;
  return 0;
}

static void act(struct client *client, curl_socket_t number, int events) {
  int running;
  curl_multi_socket_action(client->multi, number, events, &running);
}

static void start(struct client *client, CURL *easy) {
  client->started++;
  if (curl_multi_add_handle(client->multi, easy) != CURLM_OK) wire_die("cannot add a request");
}

static void collect(struct client *client) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(client->multi, &left))) {
    CURL *easy = message->easy_handle;
    client->done++;
    if (message->data.result != CURLE_OK) client->failed++;
    curl_multi_remove_handle(client->multi, easy);
    if (client->started < client->requests) {
      start(client, easy);
    } else {
      curl_easy_cleanup(easy);
    }
  }
}

static void run(struct client *client) {
  struct epoll_event ready[READY];
  while (client->done < client->requests) {
    int count = epoll_wait(client->epoll, ready, READY, (int)client->timeout_ms);
    for (int i = 0; i < count; i++) {
      int events = (ready[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
      act(client, ready[i].data.fd, events);
      collect(client);
    }
    if (count <= 0 || client->timeout_ms == 0) act(client, CURL_SOCKET_TIMEOUT, 0);
    collect(client);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fputs("usage: bare_curl URL STREAMS REQUESTS\n", stderr);
    return 2;
  }
  struct client client = {.url = argv[1], .timeout_ms = -1};
  long streams = (long)wire_number(argv[2], 1, STREAMS_MAX);
  client.requests = (long)wire_number(argv[3], 1, 1e9);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  client.multi = curl_multi_init();
  client.epoll = epoll_create1(0);
  if (!client.multi || client.epoll < 0) wire_die("cannot start");
  curl_multi_setopt(client.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(client.multi, CURLMOPT_SOCKETDATA, &client);
  curl_multi_setopt(client.multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(client.multi, CURLMOPT_TIMERDATA, &client);
  curl_multi_setopt(client.multi, CURLMOPT_MAXCONNECTS, (long)STREAMS_MAX);
  int64_t start_ns = clock_now_ns(), start_cpu_ns = clock_cpu_ns();
  for (long i = 0; i < streams && i < client.requests; i++) {
    CURL *easy = curl_easy_init();
    if (!easy) wire_die("no memory");
    curl_easy_setopt(easy, CURLOPT_URL, client.url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    start(&client, easy);
  }
  run(&client);
  printf("{\"requests\":%ld,\"wall_s\":%.6f,\"cpu_s\":%.6f,\"failed\":%ld}\n", client.done,
         clock_seconds(clock_now_ns() - start_ns), clock_seconds(clock_cpu_ns() - start_cpu_ns),
         client.failed);
  curl_multi_cleanup(client.multi);
  curl_global_cleanup();
  return client.failed > 0;
}
