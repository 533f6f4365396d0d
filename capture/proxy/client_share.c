// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/client_share.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK_BYTES 8 // of an IPv6 address: who has one has them all

// The address alone; address_len is 0 where there is none.
static struct client_share read_address(const struct sockaddr *address) {
  struct client_share share = {0};
  if (address && address->sa_family == AF_INET) {
    share.address_len = sizeof(struct in_addr);
    memcpy(share.address, &((const struct sockaddr_in *)(const void *)address)->sin_addr, share.address_len);
  } else if (address && address->sa_family == AF_INET6) {
    const struct in6_addr *found = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    share.address_len = IN6_IS_ADDR_V4MAPPED(found) ? sizeof *found : NETWORK_BYTES;
    memcpy(share.address, found, share.address_len);
  }
  return share;
}

static size_t chain_of(const struct client_share *share) { // FNV-1a
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < share->address_len; i++)
    hash = (hash ^ share->address[i]) * 16777619u;
  return hash % CLIENT_SHARES;
}

static struct client_share *find(const struct client_shares *shares, const struct client_share *wanted) {
  struct client_share *share = wanted->address_len > 0 ? shares->chains[chain_of(wanted)] : NULL;
  while (share && (share->address_len != wanted->address_len ||
                   memcmp(share->address, wanted->address, sizeof wanted->address) != 0))
    share = share->next;
  return share;
}

int64_t client_share_count(const struct client_shares *shares, const struct sockaddr *address) {
  struct client_share wanted = read_address(address);
  const struct client_share *share = find(shares, &wanted);
  return share ? share->connections : 0;
}

struct client_share *client_share_join(struct client_shares *shares, const struct sockaddr *address) {
  struct client_share wanted = read_address(address);
  struct client_share *share = find(shares, &wanted);
  if (!share && wanted.address_len > 0) {
    struct client_share **chain = &shares->chains[chain_of(&wanted)];
    share = malloc(sizeof *share);
    if (!share) return NULL;
    wanted.next = *chain;
    *share = wanted;
    *chain = share;
  }
  if (share) share->connections++;
  return share;
}

void client_share_leave(struct client_shares *shares, struct client_share *share) {
  if (!share || --share->connections > 0) return;
  struct client_share **at = &shares->chains[chain_of(share)];
  while (*at != share)
    at = &(*at)->next;
  *at = share->next;
  free(share);
}
