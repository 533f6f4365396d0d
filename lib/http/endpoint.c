// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/http/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"

static enum status bad_url(struct error *error, const char *why) {
  return status_fail(error, STATUS_USAGE, "%s; allowed is http://HOST[:PORT][/BASE] or https://...", why);
}

static enum status parse_port(const char *text, size_t len, uint16_t standard, struct endpoint *out,
                              struct error *error) {
  if (len == 0) {
    out->port = standard;
    return STATUS_OK;
  }
  if (text[0] != ':') return bad_url(error, "something other than a port follows the host");
  if (len - 1 == strlen(ENDPOINT_PORT) && memcmp(text + 1, ENDPOINT_PORT, len - 1) == 0) {
    out->port_open = true;
    return STATUS_OK;
  }
  char digits[8];
  int64_t port;
  if (len - 1 >= sizeof digits || strspn(text + 1, "0123456789") < len - 1)
    return bad_url(error, "the port is not a number from 1 to 65535");
  memcpy(digits, text + 1, len - 1);
  digits[len - 1] = '\0';
  if (units_count(digits, 1, 65535, &port, NULL))
    return bad_url(error, "the port is not a number from 1 to 65535");
  out->port = (uint16_t)port;
  return STATUS_OK;
}

// What stands between the scheme and the base path: [userinfo@]host[:port], at `offset` in the URL.
static enum status parse_authority(const char *url, size_t offset, size_t len, uint16_t standard,
                                   struct endpoint *out, struct error *error) {
  const char *text = url + offset;
  const char *at = memrchr(text, '@', len);
  const char *host = at ? at + 1 : text;
  size_t host_len = len - (size_t)(host - text);
  const char *host_end;
  if (at) {
    out->public_from = (int)offset;
    out->public_to = (int)(host - url);
  }
  if (host_len > 0 && host[0] == '[') {
    host_end = memchr(host, ']', host_len);
    if (!host_end) return bad_url(error, "an IPv6 address lacks its closing bracket");
    out->host = strndup(host + 1, (size_t)(host_end - host) - 1);
    host_end++;
  } else {
    host_end = memchr(host, ':', host_len);
    if (!host_end) host_end = host + host_len;
    out->host = strndup(host, (size_t)(host_end - host));
  }
  if (!out->host) return status_memory(error);
  if (out->host[0] == '\0') return bad_url(error, "no host in it");
  return parse_port(host_end, len - (size_t)(host_end - text), standard, out, error);
}

enum status endpoint_parse(const char *url, struct endpoint *out, struct error *error) {
  struct endpoint endpoint = {.public_from = -1, .public_to = -1};
  bool secure = strncasecmp(url, "https://", 8) == 0;
  if (!secure && strncasecmp(url, "http://", 7) != 0) return bad_url(error, "neither http:// nor https://");
  for (const unsigned char *c = (const unsigned char *)url; *c; c++) {
    if (*c <= 0x20 || *c == 0x7F || *c == '?' || *c == '#')
      return bad_url(error, "a query, a fragment or white space in it");
  }
  size_t offset = secure ? 8 : 7;
  size_t len = strlen(url);
  while (len > offset && url[len - 1] == '/')
    len--;
  enum status status =
      parse_authority(url, offset, strcspn(url + offset, "/"), secure ? 443 : 80, &endpoint, error);
  if (status == STATUS_OK && !(endpoint.text = strndup(url, len))) status = status_memory(error);
  if (status) {
    endpoint_free(&endpoint);
    return status; // the words do not repeat the URL: it may hold a password
  }
  *out = endpoint;
  return STATUS_OK;
}

void endpoint_free(struct endpoint *endpoint) {
  free(endpoint->text);
  free(endpoint->host);
  *endpoint = (struct endpoint){0};
}

// Appends text with the first {port} replaced, when the port is open and known.
static void print_with_port(const struct endpoint *endpoint, const char *text, uint16_t port,
                            struct buf *out) {
  const char *mark = endpoint->port_open && port != 0 ? strstr(text, ENDPOINT_PORT) : NULL;
  if (!mark) {
    buf_append_text(out, text);
    return;
  }
  buf_append(out, text, (size_t)(mark - text));
  buf_printf(out, "%u", (unsigned)port);
  buf_append_text(out, mark + strlen(ENDPOINT_PORT));
}

void endpoint_print(const struct endpoint *endpoint, uint16_t port, const char *path, struct buf *out) {
  print_with_port(endpoint, endpoint->text, port, out);
  buf_append_text(out, path);
}

void endpoint_print_public(const struct endpoint *endpoint, struct buf *out) {
  if (endpoint->public_from < 0) {
    buf_append_text(out, endpoint->text);
    return;
  }
  buf_append(out, endpoint->text, (size_t)endpoint->public_from);
  buf_append_text(out, endpoint->text + endpoint->public_to);
}

const char *endpoint_repeated_base(const char *url, const char *path) {
  const char *authority = strstr(url, "://");
  const char *base = authority ? strchr(authority + 3, '/') : NULL;
  for (; base; base = strchr(base + 1, '/')) {
    size_t len = strlen(base);
    if (strncmp(path, base, len) == 0 && path[len] == '/') return base;
  }
  return NULL;
}

// 0, or the errno of the failed connection.
static int try_connect(const struct addrinfo *address, int64_t timeout_ns) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int problem = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
  if (problem == EINPROGRESS) {
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int64_t timeout_ms = timeout_ns / CLOCK_NS_PER_MS;
    int ready = poll(&wait, 1, timeout_ms > 0 && timeout_ms < INT32_MAX ? (int)timeout_ms : 1000);
    socklen_t size = sizeof problem;
    if (ready == 0) {
      problem = ETIMEDOUT;
    } else if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) {
      problem = errno;
    }
  }
  close(fd);
  return problem;
}

enum status endpoint_probe(const struct endpoint *endpoint, uint16_t port, int64_t timeout_ns,
                           struct error *error) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
  struct addrinfo *addresses = NULL;
  char service[8];
  unsigned number = port != 0 ? port : endpoint->port;
  snprintf(service, sizeof service, "%u", number);
  int lookup = getaddrinfo(endpoint->host, service, &hints, &addresses);
  if (lookup != 0) {
    return status_fail(error, STATUS_NETWORK, "%s: %s", endpoint->host,
                       lookup == EAI_SYSTEM ? strerror(errno) : gai_strerror(lookup));
  }
  int problem = ECONNREFUSED;
  for (struct addrinfo *address = addresses; address && problem != 0; address = address->ai_next)
    problem = try_connect(address, timeout_ns);
  freeaddrinfo(addresses);
  if (problem == 0) return STATUS_OK;
  return status_fail(error, STATUS_NETWORK, "%s port %u: %s", endpoint->host, number, strerror(problem));
}

enum status endpoint_free_port(uint16_t *out, struct error *error) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  enum status status = STATUS_OK;
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    status = status_fail(error, STATUS_IO, "no free port: %s", strerror(errno));
  } else {
    *out = ntohs(address.sin_port);
  }
  if (fd >= 0) close(fd);
  return status;
}
