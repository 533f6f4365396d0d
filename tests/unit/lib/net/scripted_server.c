// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/lib/net/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct scripted_server {
  pthread_t thread;
  int listener;
  const struct scripted_step *steps;
  int count;
  int at; // the first step that is not done
  char **requests;
};

enum { REQUEST_ROOM = 1 << 20, PATIENCE_MS = 5000, MOST_KEPT = 8 };

static bool readable(int fd) {
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  return poll(&wait, 1, PATIENCE_MS) == 1;
}

static bool ends_with(const char *text, size_t len, const char *tail) {
  size_t tail_len = strlen(tail);
  return len >= tail_len && memcmp(text + len - tail_len, tail, tail_len) == 0;
}

// Reads one request; false when the client went away before it was complete.
static bool read_request(int fd, const char *until, char *into) {
  size_t len = 0;
  while (len + 1 < REQUEST_ROOM && readable(fd)) {
    ssize_t got = recv(fd, into + len, REQUEST_ROOM - 1 - len, 0);
    if (got <= 0) break;
    len += (size_t)got;
    if (ends_with(into, len, until)) {
      into[len] = '\0';
      return true;
    }
  }
  return false;
}

static void send_all(int fd, const char *text) {
  for (size_t len = strlen(text), sent = 0; sent < len;) {
    ssize_t step = send(fd, text + sent, len - sent, MSG_NOSIGNAL);
    if (step <= 0) return;
    sent += (size_t)step;
  }
}

// Plays one step on a connection that has something to read; false when the connection is closed.
static bool serve(struct scripted_server *server, int fd, char *request) {
  const struct scripted_step *step = &server->steps[server->at];
  bool open = read_request(fd, step->until ? step->until : "\r\n\r\n", request);
  if (open) {
    server->requests[server->at++] = strdup(request);
    if (step->response) send_all(fd, step->response);
    if (step->after == SCRIPTED_WAIT) {
      char byte;
      while (readable(fd) && recv(fd, &byte, 1, 0) > 0)
        continue;
    }
    if (step->after == SCRIPTED_RESET) {
      struct linger linger = {.l_onoff = 1};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    open = step->after == SCRIPTED_KEEP;
  }
  if (!open) close(fd);
  return open;
}

// The listener, then the connections that are kept, in the order of their coming.
static void *play(void *context) {
  struct scripted_server *server = context;
  struct pollfd polled[1 + MOST_KEPT] = {{.fd = server->listener, .events = POLLIN}};
  nfds_t count = 1;
  char *request = malloc(REQUEST_ROOM);
  while (server->at < server->count && poll(polled, count, PATIENCE_MS) > 0) {
    nfds_t i = 1;
    while (i < count && !polled[i].revents)
      i++;
    if (i == count) { // none of those: a new one
      int fd = count <= MOST_KEPT ? accept(server->listener, NULL, NULL) : -1;
      if (fd < 0) break;
      polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    } else if (!serve(server, polled[i].fd, request)) {
      memmove(&polled[i], &polled[i + 1], (--count - i) * sizeof polled[0]);
    }
  }
  while (count > 1)
    close(polled[--count].fd);
  free(request);
  return NULL;
}

struct scripted_server *scripted_server_start(const struct scripted_step *steps, int count, uint16_t *port) {
  struct scripted_server *server = calloc(1, sizeof *server);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  server->steps = steps;
  server->count = count;
  server->requests = calloc((size_t)count, sizeof *server->requests);
  if (bind(server->listener, (struct sockaddr *)&address, len) || listen(server->listener, 16) ||
      getsockname(server->listener, (struct sockaddr *)&address, &len) ||
      pthread_create(&server->thread, NULL, play, server)) {
    abort();
  }
  *port = ntohs(address.sin_port);
  return server;
}

char **scripted_server_stop(struct scripted_server *server) {
  shutdown(server->listener, SHUT_RDWR);
  pthread_join(server->thread, NULL);
  close(server->listener);
  char **requests = server->requests;
  free(server);
  return requests;
}
