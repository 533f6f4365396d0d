// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/client.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "capture/proxy/refusal.h"

#define TIMEOUT_WHEN_FULL_NS (2 * CLOCK_NS_PER_S) // of a header, and of a kept connection
#define CHECKED_AT_ONCE 1000                      // system calls of one check
#define REJECTED_AT_ONCE 8 // connections over their client's share that get a 429 until the next check
#define MANY_REJECTED 64   // more than these: the kernel drops what the client begins
#define BLOCKED_NS (5 * CLOCK_NS_PER_S) // for so long

static void leave_share(struct exchange_client *client) {
  client_share_leave(&client->proxy->shares, client->share);
  client->share = NULL;
}

static void cut(struct exchange_client *client, int status, const char *message) {
  client->closing = true;
  leave_share(client);
  if (status && !client->proxy->tls) {
    refusal_send(client->fd, status, message);
  } else {
    shutdown(client->fd, SHUT_RDWR);
  }
}

bool client_is_let_in(struct proxy_context *proxy, const struct sockaddr *address) {
  int64_t most = proxy->max_connections_per_client;
  if (most == 0 || client_share_count(&proxy->shares, address) < most || proxy->rejections_left-- > 0)
    return true;
  if (proxy->rejections_left < -MANY_REJECTED && proxy->blocked_until_ns == 0) {
    proxy->blocked_until_ns = clock_now_ns() + BLOCKED_NS;
    httpd_block(proxy->httpd, address);
  }
  return false;
}

static void limit_client(struct exchange_client *client) {
  struct proxy_context *proxy = client->proxy;
  int64_t most = proxy->max_connections_per_client;
  if (most == 0 || !client->share || client->share->connections <= most) return;
  exchange_note_rejection(proxy, 429, "too many connections of this client");
  cut(client, 429, "too many connections of this client");
}

struct exchange_client *client_open(struct proxy_context *proxy, struct hangup *hangup,
                                    struct MHD_Connection *connection) {
  struct exchange_client *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  client->proxy = proxy;
  client->connection = connection;
  client->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  if (hangup_add(hangup, client->fd, client)) {
    free(client);
    return NULL;
  }
  client->next = proxy->clients;
  if (proxy->clients) proxy->clients->previous = client;
  proxy->clients = client;
  proxy->counts.connections++;
  client->head_since_ns = client->served_ns = clock_now_ns();
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  client->share = client_share_join(&proxy->shares, info ? info->client_addr : NULL);
  limit_client(client);
  return client;
}

void client_close(struct exchange_client *client, struct hangup *hangup) {
  struct proxy_context *proxy = client->proxy;
  if (client->arriving) {
    exchange_note_rejection(proxy, 431, "too many query keys or cookies");
    if (!proxy->tls)
      refusal_send(client->fd, 431, "the request has more query keys or cookies than there is room for");
    exchange_release(client_arrived(client));
  }
  hangup_remove(hangup, client->fd);
  if (client->previous) client->previous->next = client->next;
  if (client->next) client->next->previous = client->previous;
  if (proxy->clients == client) proxy->clients = client->next;
  proxy->counts.connections--;
  leave_share(client);
  free(client);
}

struct exchange *client_arriving(struct exchange_client *client, const char *target) {
  struct proxy_context *proxy = client->proxy;
  client->arriving = exchange_new(proxy, target);
  if (!client->arriving) return NULL;
  client->rechecked = false;
  if (client->head_since_ns == 0) client->head_since_ns = client->arriving->arrived_ns;
  client->next_arriving = proxy->arrivals;
  if (proxy->arrivals) proxy->arrivals->previous_arriving = client;
  proxy->arrivals = client;
  return client->arriving;
}

struct exchange *client_arrived(struct exchange_client *client) {
  struct proxy_context *proxy = client->proxy;
  struct exchange *exchange = client->arriving;
  if (client->previous_arriving) client->previous_arriving->next_arriving = client->next_arriving;
  if (client->next_arriving) client->next_arriving->previous_arriving = client->previous_arriving;
  if (proxy->arrivals == client) proxy->arrivals = client->next_arriving;
  client->previous_arriving = client->next_arriving = NULL;
  client->arriving = NULL;
  return exchange;
}

void client_served(struct exchange_client *client) {
  client->current = NULL;
  client->served_ns = clock_now_ns();
  client->head_since_ns = 0;
  client->bytes_received = 0;
}

// Makes libmicrohttpd process a connection that is not suspended. It misses an end that comes together with
// the last bytes before it, and a request that it has dropped for want of memory; it would keep such a
// connection for as long as an idle one.
static void recheck(struct exchange_client *client) {
  MHD_suspend_connection(client->connection);
  MHD_resume_connection(client->connection);
  httpd_run_soon(client->proxy->httpd);
}

bool client_end_idle(struct exchange_client *client) {
  int waiting = 0;
  if (client->closing) return true;
  if (client->current || client->arriving || (ioctl(client->fd, FIONREAD, &waiting) == 0 && waiting > 0))
    return false;
  client->gone = true; // what comes all the same is not forwarded, and the client may send it again
  cut(client, 0, NULL);
  return true;
}

void client_gone(struct exchange_client *client) {
  struct exchange *exchange = client->current;
  client->gone = true;
  if (exchange) {
    exchange_note_leaving(exchange);
    if (exchange->xfer) xfer_cancel(exchange->xfer);
  }
  if (exchange && exchange->suspended) {
    exchange_wake(exchange);
  } else {
    recheck(client);
  }
}

uint64_t client_bytes_received(const struct exchange_client *client) {
  struct tcp_info info = {0};
  socklen_t len = sizeof info;
  return getsockopt(client->fd, IPPROTO_TCP, TCP_INFO, &info, &len) ? 0 : info.tcpi_bytes_received;
}

// Bytes that came since the first check show that a head is coming again on a kept connection: the library
// shows nothing before its first line is complete.
static void check_kept(struct exchange_client *client, int64_t now_ns) {
  uint64_t received = client_bytes_received(client);
  if (client->bytes_received == 0) client->bytes_received = received;
  if (client->bytes_received != received) client->head_since_ns = now_ns;
}

static void end_slow_head(struct exchange_client *client, int64_t timeout_ns, int64_t now_ns) {
  if (timeout_ns == 0 || now_ns - client->head_since_ns <= timeout_ns) return;
  bool has_begun = client->arriving || client_bytes_received(client) > 0;
  client->proxy->counts.header_timeouts++;
  if (has_begun) exchange_note_rejection(client->proxy, 408, "its header takes too long");
  cut(client, has_begun ? 408 : 0, "the request's header takes too long");
}

// A suspended one waits for the upstream server.
static void end_paused_body(struct exchange_client *client, int64_t timeout_ns, int64_t now_ns) {
  const struct exchange *exchange = client->current;
  bool waits = exchange->begun && !exchange->upload_complete && !exchange->suspended && !exchange->head_ready;
  if (timeout_ns == 0 || !waits || now_ns - exchange->moved_ns <= timeout_ns) return;
  log_detail(client->proxy->log, "ended with 408: the request's body pauses for too long");
  cut(client, 408, "the request's body pauses for too long");
}

void client_end_slow(struct proxy_context *proxy, int64_t now_ns) {
  int64_t timeout_ns = proxy->header_timeout_ns;
  unsigned nth = 0, slices = 1 + (unsigned)(proxy->counts.connections / CHECKED_AT_ONCE);
  proxy->rejections_left = REJECTED_AT_ONCE;
  if (proxy->blocked_until_ns > 0 && now_ns >= proxy->blocked_until_ns) {
    proxy->blocked_until_ns = 0;
    httpd_block(proxy->httpd, NULL);
  }
  bool is_full = proxy->counts.connections >= proxy->max_connections;
  if (is_full && timeout_ns > TIMEOUT_WHEN_FULL_NS) timeout_ns = TIMEOUT_WHEN_FULL_NS;
  proxy->checks++;
  for (struct exchange_client *client = proxy->clients; client; client = client->next) {
    if (client->closing) continue;
    if (client->current) {
      end_paused_body(client, proxy->body_timeout_ns, now_ns);
    } else if (client->head_since_ns > 0) {
      end_slow_head(client, timeout_ns, now_ns);
    } else if (is_full && now_ns - client->served_ns > TIMEOUT_WHEN_FULL_NS) {
      client_end_idle(client);
    } else if (timeout_ns > 0 && nth++ % slices == proxy->checks % slices) {
      check_kept(client, now_ns);
    }
  }
}

// One that still arrives after that has only sent a part of its head.
void client_find_dropped(struct proxy_context *proxy) {
  for (struct exchange_client *client = proxy->arrivals; client && !client->rechecked;
       client = client->next_arriving) {
    client->rechecked = true;
    recheck(client);
  }
}
