// SPDX-License-Identifier: GPL-3.0-or-later
//
// The descriptors that libcurl wants to hear of. It asks anew for each transfer and takes it back at the end:
// two system calls for every request over a kept connection. So a connection stays watched for as long as it
// is open, and that a server has closed one is known before it is used again.
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/xfer_pool.h"

enum { FIRST_ROOM = 64 };

struct xfer_socket {
  struct xfer_pool *pool;
  curl_socket_t number;
  struct loop_watch *watch; // NULL: not watched
  unsigned events;          // that the watch is for
  bool is_ours;             // opened here, so that its end is noticed here too; libcurl has others
  bool is_wanted;           // libcurl wants to hear of it now
  struct xfer *user;        // whose transfer wanted it last, NULL: none of ours
  int64_t user_started_ns;  // which one of that
};

static enum status make_room(struct xfer_pool *pool, size_t most) {
  size_t room = pool->socket_room ? pool->socket_room : FIRST_ROOM;
  while (room <= most)
    room *= 2;
  struct xfer_socket **sockets = realloc(pool->sockets, room * sizeof(struct xfer_socket *));
  if (!sockets) return STATUS_MEMORY;
  for (size_t i = pool->socket_room; i < room; i++)
    sockets[i] = NULL;
  pool->sockets = sockets;
  pool->socket_room = room;
  return STATUS_OK;
}

// What is known of a descriptor, from its first use on for the pool's life. NULL: no memory.
static struct xfer_socket *find(struct xfer_pool *pool, curl_socket_t number) {
  size_t index = (size_t)number;
  if (index >= pool->socket_room && make_room(pool, index)) return NULL;
  struct xfer_socket *socket = pool->sockets[index];
  if (!socket) {
    socket = calloc(1, sizeof *socket);
    if (!socket) return NULL;
    *socket = (struct xfer_socket){.pool = pool, .number = number};
    pool->sockets[index] = socket;
  }
  return socket;
}

static void stop_watching(struct xfer_socket *socket) {
  loop_watch_close(socket->watch);
  socket->watch = NULL;
}

// Its transfer is under way and waits: what comes, and the end too, belongs to it.
static bool is_paused(const struct xfer_socket *socket) {
  const struct xfer *user = socket->user;
  return user && user->state == XFER_STATE_ADDED && user->result.started_ns == socket->user_started_ns;
}

// A connection that nobody uses is readable: its end, most likely. libcurl takes one that was closed
// in the orderly way for alive, sends a request on it, and then once more on a fresh one; but not one that is
// closed on both sides. An answer that nobody has asked for (a 408 at the end of the server's patience, say)
// it would take for that of the next request: such a connection is not used again either. What else there is
// to read (TLS and HTTP/2 have news of their own) is libcurl's.
static void hear_idle(struct xfer_socket *socket) {
  char byte = '\0';
  ssize_t len = recv(socket->number, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  bool is_over = len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR);
  bool is_answer = len == 1 && byte == 'H'; // of "HTTP/1.1"
  stop_watching(socket);
  if ((is_over || is_answer) && !is_paused(socket)) shutdown(socket->number, SHUT_RDWR);
}

static void on_ready(void *context, unsigned events) {
  struct xfer_socket *socket = context;
  if (!socket->is_wanted) {
    hear_idle(socket);
    return;
  }
  int flags = (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
  xfer_pool_act(socket->pool, socket->number, flags);
}

static enum status watch(struct xfer_socket *socket, CURL *easy, unsigned events) {
  unsigned before = socket->events;
  socket->user = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &socket->user);
  socket->user_started_ns = socket->user ? socket->user->result.started_ns : 0;
  socket->is_wanted = true;
  socket->events = events;
  if (!socket->watch)
    return loop_watch_open(socket->pool->loop, socket->number, events, on_ready, socket, &socket->watch,
                           NULL);
  return before == events ? STATUS_OK : loop_watch_change(socket->watch, events);
}

// A fast server answers while libcurl still waits to write: from then on the end of its connection matters.
static void stop_wanting(struct xfer_socket *socket) {
  socket->is_wanted = false;
  bool is_heard = socket->events == LOOP_READ;
  if (socket->is_ours && socket->watch && !is_heard)
    is_heard = loop_watch_change(socket->watch, LOOP_READ) == STATUS_OK;
  socket->events = LOOP_READ;
  if (!socket->is_ours || !is_heard) stop_watching(socket);
}

static int on_socket(CURL *easy, curl_socket_t number, int what, void *context, void *assigned) {
  (void)assigned;
  struct xfer_socket *socket = find(context, number);
  if (!socket) return -1;
  if (what != CURL_POLL_REMOVE) {
    unsigned events = (what & CURL_POLL_IN ? LOOP_READ : 0U) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0U);
    return watch(socket, easy, events) ? -1 : 0;
  }
  stop_wanting(socket);
  return 0;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  int number = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  struct xfer_socket *opened = number < 0 ? NULL : find(context, number);
  if (opened) opened->is_ours = true;
  return number < 0 ? CURL_SOCKET_BAD : number;
}

static int close_socket(void *context, curl_socket_t number) {
  struct xfer_socket *socket = find(context, number);
  if (socket) {
    stop_watching(socket);
    socket->is_ours = socket->is_wanted = false;
  }
  return close(number);
}

void xfer_sockets_of_multi(struct xfer_pool *pool) {
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
}

void xfer_sockets_of_easy(struct xfer *xfer) {
  curl_easy_setopt(xfer->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(xfer->easy, CURLOPT_OPENSOCKETDATA, xfer->pool);
  curl_easy_setopt(xfer->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(xfer->easy, CURLOPT_CLOSESOCKETDATA, xfer->pool);
}

void xfer_sockets_free(struct xfer_pool *pool) {
  for (size_t i = 0; i < pool->socket_room; i++) {
    if (pool->sockets[i]) stop_watching(pool->sockets[i]);
    free(pool->sockets[i]);
  }
  free(pool->sockets);
}
