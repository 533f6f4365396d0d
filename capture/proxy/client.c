// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/client.h"

#include <stdlib.h>

#include "capture/proxy/refusal.h"

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

// One that was looked at again and still arrives has only sent a part of its head.
void client_find_dropped(struct proxy_context *house) {
  for (struct exchange_client *client = house->arrivals; client && !client->looked_again;
       client = client->next_arriving) {
    client->looked_again = true;
    exchange_look_again(client);
  }
}
