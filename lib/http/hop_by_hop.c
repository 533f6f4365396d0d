// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/http/hop_by_hop.h"

#include <string.h>

bool hop_by_hop_is(const char *name, size_t name_len) {
  static const char *const names[] = {
      "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Proxy-Connection",
      "Trailer",    "Upgrade",    "Transfer-Encoding"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strlen(names[i]) == name_len && strncasecmp(names[i], name, name_len) == 0) return true;
  }
  return false;
}

bool hop_by_hop_nominates(const char *connection, size_t connection_len, const char *name, size_t name_len) {
  const char *end = connection + connection_len;
  for (const char *at = connection; at < end;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *next = comma ? comma : end;
    const char *last = next;
    while (at < last && (*at == ' ' || *at == '\t'))
      at++;
    while (last > at && (last[-1] == ' ' || last[-1] == '\t'))
      last--;
    if ((size_t)(last - at) == name_len && name_len > 0 && strncasecmp(at, name, name_len) == 0) return true;
    at = comma ? comma + 1 : end;
  }
  return false;
}
