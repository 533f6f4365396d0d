// SPDX-License-Identifier: GPL-3.0-or-later
#include "lib/http/endpoint.h"

#include <curl/curl.h>
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

// Without the URL where it may hold a password.
static enum status bad_url(struct error *error, const char *url, const char *why) {
  const char *quote = strchr(url, '@') ? "" : "'";
  return status_fail(error, STATUS_USAGE, "%s%s%s%s%s; allowed is http://HOST[:PORT][/BASE] or https://...",
                     quote, *quote ? url : "", quote, *quote ? ": " : "", why);
}

// A copy; without ":{port}" where that is the port.
static char *fixed_url(const char *url, size_t scheme, bool *port_open) {
  char *copy = strdup(url);
  char *mark = copy ? strstr(copy + scheme, ":" ENDPOINT_PORT) : NULL;
  const char *rest = mark ? mark + sizeof ":" ENDPOINT_PORT - 1 : NULL;
  *port_open =
      mark && strcspn(copy + scheme, "/") >= (size_t)(rest - copy) - scheme && (!*rest || *rest == '/');
  if (*port_open) memmove(mark, rest, strlen(rest) + 1);
  return copy;
}

// The host without brackets, and the port: given, or the scheme's own.
static enum status parse_parts(const char *url, struct endpoint *out, struct error *error) {
  char *host = NULL, *port = NULL;
  CURLU *parts = curl_url();
  CURLUcode code = parts ? curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS) : CURLUE_OUT_OF_MEMORY;
  if (!code) code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
  if (!code) code = curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
  if (!code) {
    size_t bracket = host[0] == '[';
    out->host = strndup(host + bracket, strlen(host) - 2 * bracket);
    if (!out->host) code = CURLUE_OUT_OF_MEMORY;
    out->port = (uint16_t)strtoul(port, NULL, 10);
    if (out->port == 0) code = CURLUE_BAD_PORT_NUMBER;
  }
  curl_free(host);
  curl_free(port);
  curl_url_cleanup(parts);
  if (code == CURLUE_OUT_OF_MEMORY) return status_memory(error);
  if (code == CURLUE_BAD_PORT_NUMBER) return bad_url(error, url, "the port is not a number from 1 to 65535");
  return code ? bad_url(error, url, curl_url_strerror(code)) : STATUS_OK;
}

static bool is_plain(const char *url) {
  for (const unsigned char *c = (const unsigned char *)url; *c; c++) {
    if (*c <= 0x20 || *c == 0x7F || strchr("?#\"<>\\^`{|}", *c)) return false;
  }
  return true;
}

enum status endpoint_parse(const char *url, struct endpoint *out, struct error *error) {
  size_t scheme = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
  if (scheme == 0) return bad_url(error, url, "neither http:// nor https://");
  if (url[scheme] == '/') return bad_url(error, url, "no host in it");
  struct endpoint endpoint = {.secure = scheme == 8};
  size_t len = strlen(url);
  while (len > scheme && url[len - 1] == '/')
    len--;
  const char *at = memrchr(url + scheme, '@', strcspn(url + scheme, "/"));
  char *fixed = fixed_url(url, scheme, &endpoint.port_open);
  endpoint.text = strndup(url, len);
  endpoint.shown = strndup(url, len);
  enum status status = fixed && endpoint.text && endpoint.shown ? STATUS_OK : status_memory(error);
  if (!status && !is_plain(fixed))
    status = bad_url(error, url, "a query, a fragment, white space or quotes in it");
  if (!status) status = parse_parts(fixed, &endpoint, error);
  free(fixed);
  if (status) {
    endpoint_free(&endpoint);
    return status;
  }
  if (endpoint.port_open) endpoint.port = 0;
  if (at) memmove(endpoint.shown + scheme, endpoint.shown + (at + 1 - url), len - (size_t)(at - url));
  *out = endpoint;
  return STATUS_OK;
}

void endpoint_free(struct endpoint *endpoint) {
  free(endpoint->text);
  free(endpoint->shown);
  free(endpoint->host);
  *endpoint = (struct endpoint){0};
}

void endpoint_print(const struct endpoint *endpoint, uint16_t port, const char *path, struct buf *out) {
  const char *mark = endpoint->port_open && port != 0 ? strstr(endpoint->text, ENDPOINT_PORT) : NULL;
  if (mark) {
    buf_append(out, endpoint->text, (size_t)(mark - endpoint->text));
    buf_printf(out, "%u%s%s", (unsigned)port, mark + strlen(ENDPOINT_PORT), path);
  } else {
    buf_append_text(out, endpoint->text);
    buf_append_text(out, path);
  }
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
