// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/client.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/proxy/refusal.h"

#define HEADER_TIMEOUT_WHEN_FULL_NS (2 * CLOCK_NS_PER_S)
#define ASKED_AT_ONCE 1000 // system calls of one look
#define NETWORK_BYTES 8    // of an IPv6 address: who has one has them all

static void read_address(struct exchange_client *client) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(client->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr *address = info ? info->client_addr : NULL;
  if (address && address->sa_family == AF_INET) {
    client->address_len = sizeof(struct in_addr);
    memcpy(client->address, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
           client->address_len);
  } else if (address && address->sa_family == AF_INET6) {
    const struct in6_addr *found = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    client->address_len = IN6_IS_ADDR_V4MAPPED(found) ? sizeof *found : NETWORK_BYTES;
    memcpy(client->address, found, client->address_len);
  }
}

static bool is_same_client(const struct exchange_client *a, const struct exchange_client *b) {
  return a->address_len == b->address_len && memcmp(a->address, b->address, a->address_len) == 0;
}

static void cut(struct exchange_client *client, int status, const char *message) {
  client->closing = true;
  if (status && !client->house->tls) {
    refusal_send(client->fd, status, message);
  } else {
    shutdown(client->fd, SHUT_RDWR);
  }
}

// Looks through all clients, which is still less work than to accept one.
static void limit_client(struct exchange_client *client) {
  struct proxy_context *house = client->house;
  int64_t count = 0;
  if (house->max_connections_per_client == 0 || client->address_len == 0) return;
  for (const struct exchange_client *other = house->clients; other; other = other->next)
    count += !other->closing && is_same_client(client, other);
  if (count <= house->max_connections_per_client) return;
  house->counts.refused++;
  log_detail(house->log, "refused with 429: a client has %lld connections", (long long)count - 1);
  cut(client, 429, "too many connections of this client");
}

struct exchange_client *client_open(struct proxy_context *house, struct hangup *hangup,
                                    struct MHD_Connection *connection) {
  struct exchange_client *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  client->house = house;
  client->connection = connection;
  client->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  if (hangup_add(hangup, client->fd, client)) {
    free(client);
    return NULL;
  }
  client->next = house->clients;
  if (house->clients) house->clients->previous = client;
  house->clients = client;
  house->counts.connections++;
  client->head_since_ns = clock_now_ns();
  read_address(client);
  limit_client(client);
  return client;
}

void client_close(struct exchange_client *client, struct hangup *hangup) {
  struct proxy_context *house = client->house;
  if (client->arriving) {
    house->counts.refused++;
    log_detail(house->log, "refused with 431: too many query keys or cookies");
    if (!house->tls)
      refusal_send(client->fd, 431, "the request has more query keys or cookies than there is room for");
    exchange_release(client_arrived(client));
  }
  hangup_remove(hangup, client->fd);
  if (client->previous) client->previous->next = client->next;
  if (client->next) client->next->previous = client->previous;
  if (house->clients == client) house->clients = client->next;
  house->counts.connections--;
  free(client);
}

struct exchange *client_arriving(struct exchange_client *client, const char *target) {
  struct proxy_context *house = client->house;
  client->arriving = exchange_new(house, target);
  if (!client->arriving) return NULL;
  client->looked_again = false;
  if (client->head_since_ns == 0) client->head_since_ns = client->arriving->arrived_ns;
  client->next_arriving = house->arrivals;
  if (house->arrivals) house->arrivals->previous_arriving = client;
  house->arrivals = client;
  return client->arriving;
}

struct exchange *client_arrived(struct exchange_client *client) {
  struct proxy_context *house = client->house;
  struct exchange *exchange = client->arriving;
  if (client->previous_arriving) client->previous_arriving->next_arriving = client->next_arriving;
  if (client->next_arriving) client->next_arriving->previous_arriving = client->previous_arriving;
  if (house->arrivals == client) house->arrivals = client->next_arriving;
  client->previous_arriving = client->next_arriving = NULL;
  client->arriving = NULL;
  return exchange;
}

void client_served(struct exchange_client *client) {
  client->current = NULL;
  client->head_since_ns = 0;
  client->bytes_received = 0;
}

// 0: not known.
static uint64_t bytes_received(int fd) {
  struct tcp_info info = {0};
  socklen_t len = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) ? 0 : info.tcpi_bytes_received;
}

// A kept connection shows by the bytes that came since the first look that a head is coming again: the
// library shows nothing before its first line is whole.
static void look_at_kept(struct exchange_client *client, int64_t now_ns) {
  uint64_t received = bytes_received(client->fd);
  if (client->bytes_received == 0) client->bytes_received = received;
  if (client->bytes_received != received) client->head_since_ns = now_ns;
}

void client_end_slow(struct proxy_context *house, int64_t now_ns) {
  int64_t most_ns = house->header_timeout_ns;
  unsigned nth = 0, slices = 1 + (unsigned)(house->counts.connections / ASKED_AT_ONCE);
  if (most_ns == 0) return;
  if (house->counts.connections >= house->max_connections && most_ns > HEADER_TIMEOUT_WHEN_FULL_NS)
    most_ns = HEADER_TIMEOUT_WHEN_FULL_NS;
  house->looks++;
  for (struct exchange_client *client = house->clients; client; client = client->next) {
    if (client->current || client->closing) continue;
    if (client->head_since_ns == 0) {
      if (nth++ % slices == house->looks % slices) look_at_kept(client, now_ns);
    } else if (now_ns - client->head_since_ns > most_ns) {
      bool has_begun = client->arriving || bytes_received(client->fd) > 0;
      house->counts.refused += has_begun;
      if (has_begun) log_detail(house->log, "refused with 408: its header takes too long");
      cut(client, has_begun ? 408 : 0, "the request's header takes too long");
    }
  }
}

// One that was looked at again and still arrives has only sent a part of its head.
void client_find_dropped(struct proxy_context *house) {
  for (struct exchange_client *client = house->arrivals; client && !client->looked_again;
       client = client->next_arriving) {
    client->looked_again = true;
    exchange_look_again(client);
  }
}
