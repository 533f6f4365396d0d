// SPDX-License-Identifier: GPL-3.0-or-later
//
// The least that a reverse proxy on libmicrohttpd and libcurl can do for small GET requests: both on one
// epoll, each easy handle used again, no header field but the status passed on, nothing recorded. What
// capture takes more than this is its own.
//
//   bare_proxy URL        listens on a port that was free, until it is stopped
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tests/bench/curl_loop.h"
#include "tests/bench/wire.h"

enum { READY = 64, CONNECTIONS_MAX = 10000, ANSWER_BYTES = 16384 };

struct exchange {
  struct exchange *next; // of the spare ones
  struct MHD_Connection *connection;
  CURL *easy;
  bool sent, failed;
  size_t len;
  char body[ANSWER_BYTES];
};

struct proxy {
  struct curl_loop loop;
  struct MHD_Daemon *daemon;
  struct exchange *spare;
  const char *upstream;
};

static size_t on_body(char *data, size_t size, size_t count, void *context) {
  struct exchange *exchange = context;
  if (exchange->len + size * count > sizeof exchange->body) return 0;
  memcpy(exchange->body + exchange->len, data, size * count);
  exchange->len += size * count;
  return size * count;
}

static void on_answer(void *context, CURL *easy, CURLcode result) {
  (void)context;
  struct exchange *exchange;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
  exchange->failed = result != CURLE_OK;
  MHD_resume_connection(exchange->connection);
}

static struct exchange *take(struct proxy *proxy) {
  struct exchange *exchange = proxy->spare;
  if (exchange) {
    proxy->spare = exchange->next;
  } else {
    exchange = calloc(1, sizeof *exchange);
    if (!exchange || !(exchange->easy = curl_easy_init())) wire_die("no memory");
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_NOSIGNAL, 1L);
  }
  exchange->sent = exchange->failed = false;
  exchange->len = 0;
  return exchange;
}

static enum MHD_Result answer(struct exchange *exchange) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(exchange->len, exchange->body, MHD_RESPMEM_MUST_COPY);
  long status = 502;
  if (!response) return MHD_NO;
  if (!exchange->failed) curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
  enum MHD_Result result = MHD_queue_response(exchange->connection, (unsigned)status, response);
  MHD_destroy_response(response);
  return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *len,
                                  void **known) {
  (void)method, (void)version, (void)data;
  struct proxy *proxy = context;
  struct exchange *exchange = *known;
  *len = 0;
  if (!exchange) {
    *known = exchange = take(proxy);
    exchange->connection = connection;
    return MHD_YES;
  }
  if (exchange->sent) return answer(exchange);
  char url[4096];
  snprintf(url, sizeof url, "%s%s", proxy->upstream, path);
  curl_easy_setopt(exchange->easy, CURLOPT_URL, url);
  exchange->sent = true;
  MHD_suspend_connection(connection);
  curl_loop_add(&proxy->loop, exchange->easy);
  return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **known,
                         enum MHD_RequestTerminationCode code) {
  (void)connection, (void)code;
  struct proxy *proxy = context;
  struct exchange *exchange = *known;
  if (!exchange) return;
  exchange->next = proxy->spare;
  proxy->spare = exchange;
}

static int wait_ms(const struct proxy *proxy) {
  MHD_UNSIGNED_LONG_LONG daemon_ms;
  long ms = proxy->loop.timeout_ms;
  if (MHD_get_timeout(proxy->daemon, &daemon_ms) == MHD_YES && (ms < 0 || (long)daemon_ms < ms))
    ms = (long)daemon_ms;
  return (int)ms;
}

static _Noreturn void run(struct proxy *proxy, int daemon_epoll) {
  struct epoll_event ready[READY];
  for (;;) {
    int count = epoll_wait(proxy->loop.epoll, ready, READY, wait_ms(proxy));
    for (int i = 0; i < count; i++) {
      if (ready[i].data.fd != daemon_epoll) curl_loop_act(&proxy->loop, ready[i].data.fd, ready[i].events);
    }
    if (proxy->loop.timeout_ms == 0 || count == 0) curl_loop_act(&proxy->loop, -1, 0);
    MHD_run(proxy->daemon);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fputs("usage: bare_proxy URL\n", stderr);
    return 2;
  }
  struct proxy proxy = {.upstream = argv[1]};
  wire_many_files();
  curl_loop_open(&proxy.loop, CONNECTIONS_MAX, on_answer, &proxy);
  proxy.daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK,
                                  0, NULL, NULL, on_request, &proxy, MHD_OPTION_LISTEN_SOCKET, wire_listen(),
                                  MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_NOTIFY_COMPLETED,
                                  on_completed, &proxy, MHD_OPTION_END);
  if (!proxy.daemon) wire_die("cannot serve");
  int daemon_epoll = MHD_get_daemon_info(proxy.daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = daemon_epoll};
  if (epoll_ctl(proxy.loop.epoll, EPOLL_CTL_ADD, daemon_epoll, &event)) wire_die("cannot watch the daemon");
  MHD_run(proxy.daemon);
  run(&proxy, daemon_epoll);
}
