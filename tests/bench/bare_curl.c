// SPDX-License-Identifier: GPL-3.0-or-later
//
// The least that a client on libcurl can do for small requests: its multi handle on epoll, each easy handle
// used again. What replay takes more than this is its own.
//
//   bare_curl URL STREAMS REQUESTS
//
// Sends REQUESTS requests, STREAMS at once, and prints {"requests":..,"wall_s":..,"cpu_s":..,"failed":..}.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "lib/base/clock.h"
#include "tests/bench/curl_loop.h"
#include "tests/bench/wire.h"

enum { READY = 64, STREAMS_MAX = 10000 };

struct client {
  struct curl_loop loop;
  long started, done, failed, requests;
};

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  (void)data, (void)context;
  return size * count;
}

static void start(struct client *client, CURL *easy) {
  client->started++;
  curl_loop_add(&client->loop, easy);
}

static void on_end(void *context, CURL *easy, CURLcode result) {
  struct client *client = context;
  client->done++;
  if (result != CURLE_OK) client->failed++;
  if (client->started < client->requests) {
    start(client, easy);
  } else {
    curl_easy_cleanup(easy);
  }
}

static void run(struct client *client) {
  struct epoll_event ready[READY];
  while (client->done < client->requests) {
    int count = epoll_wait(client->loop.epoll, ready, READY, (int)client->loop.timeout_ms);
    for (int i = 0; i < count; i++)
      curl_loop_act(&client->loop, ready[i].data.fd, ready[i].events);
    if (count <= 0 || client->loop.timeout_ms == 0) curl_loop_act(&client->loop, -1, 0);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fputs("usage: bare_curl URL STREAMS REQUESTS\n", stderr);
    return 2;
  }
  struct client client = {0};
  long streams = (long)wire_number(argv[2], 1, STREAMS_MAX);
  client.requests = (long)wire_number(argv[3], 1, 1e9);
  curl_loop_open(&client.loop, STREAMS_MAX, on_end, &client);
  int64_t start_ns = clock_now_ns(), start_cpu_ns = clock_cpu_ns();
  for (long i = 0; i < streams && i < client.requests; i++) {
    CURL *easy = curl_easy_init();
    if (!easy) wire_die("no memory");
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    start(&client, easy);
  }
  run(&client);
  printf("{\"requests\":%ld,\"wall_s\":%.6f,\"cpu_s\":%.6f,\"failed\":%ld}\n", client.done,
         clock_seconds(clock_now_ns() - start_ns), clock_seconds(clock_cpu_ns() - start_cpu_ns),
         client.failed);
  curl_loop_close(&client.loop);
  return client.failed > 0;
}
