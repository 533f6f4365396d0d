// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/proxy/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// Clients that connect together must not wait for a second SYN.
#define BACKLOG 4096
#define PASSED_FD 3 // the first that systemd passes
#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)
// Somebody may hold a folder's lock for long, with flock(1) for one, and mean something else by it.
#define LOCK_TRIES 100
#define LOCK_PAUSE_NS 10000000

static void close_quietly(int fd) { // errno is for the caller
  int saved = errno;
  close(fd);
  errno = saved;
}

// SO_REUSEPORT before bind(2) allows another socket at the address, after it only a later one that asks for
// it. Of two such sockets the kernel gives new connections to the one that the program below names: the
// second of the group, or if there is none the first.
static int listen_on_one(const struct addrinfo *info, bool handover) {
  static struct sock_filter second[] = {{.code = BPF_RET | BPF_K, .k = 1}};
  const struct sock_fprog newest = {.len = 1, .filter = second};
  int yes = 1;
  int fd = socket(info->ai_family, SOCK_STREAM | FLAGS, info->ai_protocol);
  if (fd < 0) return -1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) ||
      (handover && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes)) ||
      bind(fd, info->ai_addr, info->ai_addrlen) ||
      setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) || listen(fd, BACKLOG)) {
    close_quietly(fd);
    return -1;
  }
  if (handover)
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &newest, sizeof newest); // else they share
  return fd;
}

static void write_address(struct listener *listener, const char *host, bool tls) {
  struct sockaddr_storage bound = {0};
  socklen_t len = sizeof bound;
  char port[NI_MAXSERV] = "0";
  if (getsockname(listener->fd, (struct sockaddr *)&bound, &len) == 0)
    getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof port, NI_NUMERICSERV);
  const char *format = strchr(host, ':') ? "http%s://[%s]:%s" : "http%s://%s:%s";
  snprintf(listener->address, sizeof listener->address, format, tls ? "s" : "", host, port);
}

static enum status open_tcp(const struct address *address, bool tls, bool handover, struct listener *out,
                            struct error *error) {
  char port[8];
  snprintf(port, sizeof port, "%u", address->port);
  struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  int unresolved = getaddrinfo(address->host, port, &hints, &found);
  int fd = -1;
  for (struct addrinfo *info = found; info && fd < 0; info = info->ai_next)
    fd = listen_on_one(info, handover);
  const char *message = unresolved ? gai_strerror(unresolved) : strerror(errno);
  if (found) freeaddrinfo(found);
  if (fd < 0) {
    return status_fail(error, STATUS_IO, "cannot listen on %s:%s: %s", address->host, port, message);
  }
  *out = (struct listener){.fd = fd};
  write_address(out, address->host, tls);
  return STATUS_OK;
}

static const char is_alive[] = "a server listens there already";

// NULL: a socket's file that nobody listens on any more; else why it is to be left alone.
static const char *find_life(const struct sockaddr_un *name) {
  struct stat about;
  if (lstat(name->sun_path, &about)) return strerror(errno);
  if (!S_ISSOCK(about.st_mode)) return "there is a file that is no socket";
  int fd = socket(AF_UNIX, SOCK_STREAM | FLAGS, 0);
  if (fd < 0) return strerror(errno);
  bool refused = connect(fd, (const struct sockaddr *)name, sizeof *name) && errno == ECONNREFUSED;
  close(fd);
  return refused ? NULL : is_alive;
}

// From looking whether a socket is dead until the new one listens nobody else may do the same: two that start
// together would both take the other's for dead, and one would listen where no client can come. The lock is
// of the folder, so that no file is left behind. -1: it cannot be had; then it goes without.
static int lock_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  size_t len = slash && slash > path ? (size_t)(slash - path) : 1;
  char folder[LISTENER_PATH_MAX + 1] = ".";
  if (slash) memcpy(folder, path, len);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK && tries < LOCK_TRIES; tries++)
    nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
  return fd;
}

// The name leads to the new socket from one instant to the next, once that listens.
static bool bind_over(int fd, const struct sockaddr_un *name) {
  struct sockaddr_un next = *name;
  size_t len = strlen(next.sun_path);
  if (len == LISTENER_PATH_MAX) return false;
  next.sun_path[len] = '~';
  unlink(next.sun_path);
  return bind(fd, (const struct sockaddr *)&next, sizeof next) == 0 && listen(fd, BACKLOG) == 0 &&
         rename(next.sun_path, name->sun_path) == 0;
}

static enum status bind_unix(int fd, const struct sockaddr_un *name, bool handover, struct error *error) {
  const struct sockaddr *address = (const struct sockaddr *)name;
  const char *message = NULL;
  fchmod(fd, S_IRUSR | S_IWUSR); // Linux makes the file with the socket's own mode: at no time another's
  if (bind(fd, address, sizeof *name) == 0) return STATUS_OK;
  if (errno == EADDRINUSE) {
    message = find_life(name);
    if (!message && unlink(name->sun_path) == 0 && bind(fd, address, sizeof *name) == 0) return STATUS_OK;
    if (message == is_alive && handover && bind_over(fd, name)) return STATUS_OK;
  }
  return status_fail(error, STATUS_IO, "cannot listen on unix:%s: %s", name->sun_path,
                     message ? message : strerror(errno));
}

static enum status open_unix(const char *path, bool handover, struct listener *out, struct error *error) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  struct stat about;
  if (strlen(path) > LISTENER_PATH_MAX)
    return status_fail(error, STATUS_IO, "cannot listen on unix:%s: longer than %zu bytes", path,
                       LISTENER_PATH_MAX);
  memcpy(name.sun_path, path, strlen(path));
  int fd = socket(AF_UNIX, SOCK_STREAM | FLAGS, 0);
  if (fd < 0) return status_fail(error, STATUS_IO, "cannot listen on unix:%s: %s", path, strerror(errno));
  int lock = lock_folder(path);
  enum status status = bind_unix(fd, &name, handover, error);
  if (!status && (lstat(path, &about) || listen(fd, BACKLOG))) {
    status = status_fail(error, STATUS_IO, "cannot listen on unix:%s: %s", path, strerror(errno));
    unlink(path);
  }
  if (lock >= 0) close(lock);
  if (status) {
    close(fd);
    return status;
  }
  *out = (struct listener){.fd = fd, .device = about.st_dev, .inode = about.st_ino};
  memcpy(out->path, path, strlen(path));
  snprintf(out->address, sizeof out->address, "unix:%s", path);
  return STATUS_OK;
}

enum status listener_open(const struct address *address, const char *path, bool tls, bool handover,
                          struct listener *out, struct error *error) {
  return path ? open_unix(path, handover, out, error) : open_tcp(address, tls, handover, out, error);
}

// An environment variable's number; 0: it is none.
static long read_number(const char *name) {
  const char *text = getenv(name);
  return text ? strtol(text, NULL, 10) : 0;
}

int listener_count_passed(void) {
  long count = read_number("LISTEN_PID") == (long)getpid() ? read_number("LISTEN_FDS") : 0;
  return count > 0 && count <= INT_MAX ? (int)count : 0;
}

bool listener_passed_is_local(void) {
  struct sockaddr_storage bound = {0};
  socklen_t len = sizeof bound;
  if (getsockname(PASSED_FD, (struct sockaddr *)&bound, &len)) return false;
  const struct in6_addr *six = &((const struct sockaddr_in6 *)&bound)->sin6_addr;
  return bound.ss_family == AF_UNIX || (bound.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(six)) ||
         (bound.ss_family == AF_INET &&
          ntohl(((const struct sockaddr_in *)&bound)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET);
}

enum status listener_take_passed(bool tls, struct listener *out, struct error *error) {
  struct sockaddr_storage bound = {0};
  char host[NI_MAXHOST] = "";
  int fd = PASSED_FD, listens = 0;
  socklen_t len = sizeof listens, bound_len = sizeof bound;
  if (listener_count_passed() != 1)
    return status_fail(error, STATUS_IO, "LISTEN_FDS=%d: one socket is expected", listener_count_passed());
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) || !listens ||
      fcntl(fd, F_SETFL, O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC) ||
      getsockname(fd, (struct sockaddr *)&bound, &bound_len))
    return status_fail(error, STATUS_IO, "LISTEN_FDS: descriptor %d is no socket that listens", fd);
  *out = (struct listener){.fd = fd};
  listener_block(out, NULL); // one before that was killed may have left its own
  if (bound.ss_family == AF_UNIX) {
    snprintf(out->address, sizeof out->address, "unix:%s", ((const struct sockaddr_un *)&bound)->sun_path);
  } else {
    getnameinfo((struct sockaddr *)&bound, bound_len, host, sizeof host, NULL, 0, NI_NUMERICHOST);
    write_address(out, host, tls);
  }
  return STATUS_OK;
}

// A new socket inherits the program, which is harmless: its own address has just passed.
void listener_block(const struct listener *listener, const struct sockaddr *address) {
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
  const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
  struct sock_filter code[9] = {{BPF_LD | BPF_B | BPF_ABS, 0, 0, (unsigned)SKF_NET_OFF},
                                {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf0}}; // the version of IP
  struct sock_fprog program = {.len = 3, .filter = code};
  uint32_t source[2] = {0}, version = 6, at = 8; // where the source's address stands in the header
  unsigned char words = 1;
  if (!address) {
    setsockopt(listener->fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int));
    return;
  }
  if (address->sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
    words = 2;
    memcpy(source, &six->sin6_addr, sizeof source);
  } else {
    version = 4, at = 12;
    source[0] = address->sa_family == AF_INET6 ? six->sin6_addr.s6_addr32[3] : four->sin_addr.s_addr;
  }
  code[2] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, 0, (unsigned char)(2 * words + 1), version << 4};
  for (unsigned char i = 0; i < words; i++) {
    code[program.len++] =
        (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned)SKF_NET_OFF + at + 4 * i};
    code[program.len++] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, 0,
                                               (unsigned char)(2 * (words - i) - 1), ntohl(source[i])};
  }
  code[program.len++] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, 0};
  code[program.len++] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, UINT32_MAX};
  setsockopt(listener->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void listener_remove_file(struct listener *listener) {
  struct stat about;
  if (listener->path[0] && lstat(listener->path, &about) == 0 && about.st_dev == listener->device &&
      about.st_ino == listener->inode)
    unlink(listener->path);
  listener->path[0] = '\0';
}
