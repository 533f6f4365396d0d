// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_die(const char *words) {
  int saved = errno;
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, words, strerror(saved));
  exit(1);
}

static struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

void wire_set_up(int fd) {
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

int wire_listen(void) {
  struct sockaddr_in address = loopback(0);
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 8192) ||
      getsockname(fd, (struct sockaddr *)&address, &len))
    wire_die("cannot listen");
  fprintf(stderr, "listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
  return fd;
}

uint16_t wire_port(const char *url) {
  static const char start[] = "http://127.0.0.1:";
  char *end = NULL;
  long port = strncmp(url, start, sizeof start - 1) == 0 ? strtol(url + sizeof start - 1, &end, 10) : 0;
  if (port <= 0 || port > 65535 || (*end != '\0' && *end != '/')) {
    errno = EINVAL;
    wire_die(url);
  }
  return (uint16_t)port;
}

int wire_connect(uint16_t port) {
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) wire_die("no socket");
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
    close(fd);
    return -1;
  }
  wire_set_up(fd);
  return fd;
}

void wire_many_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

double wire_number(const char *text, double least, double most) {
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= least && value <= most)) {
    errno = ERANGE;
    wire_die(text);
  }
  return value;
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int64_t wire_quantile(int64_t *values, size_t count, double share) {
  if (count == 0) return 0;
  qsort(values, count, sizeof *values, compare);
  size_t rank = (size_t)ceil(share * (double)count);
  return values[rank > 0 ? rank - 1 : 0];
}
