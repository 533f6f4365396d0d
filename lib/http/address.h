// SPDX-License-Identifier: GPL-3.0-or-later
//
// A TCP address to listen on.
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdint.h>

struct address {
  char host[256]; // a name or an address, without brackets
  uint16_t port;  // 0: pick one
};

#endif
