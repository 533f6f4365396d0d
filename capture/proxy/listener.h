// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where clients connect: a listening socket on a TCP address, or on a Unix socket, whose file comes and goes
// with it.
#ifndef CAPTURE_LISTENER_H
#define CAPTURE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "lib/base/status.h"
#include "lib/http/address.h"

// The longest path of a Unix socket, in bytes (its address has room for this and a NUL).
#define LISTENER_PATH_MAX (sizeof((struct sockaddr_un *)NULL)->sun_path - 1)

struct listener {
  int fd;            // listens, does not block; the caller's to close
  char address[300]; // "http://HOST:PORT" with the port that was picked, "https://..." or "unix:PATH"
  char path[LISTENER_PATH_MAX + 1]; // of the Unix socket's file, "" when there is none
  dev_t device;                     // and which file that is
  ino_t inode;
};

// The number of sockets that systemd (or another by its protocol, sd_listen_fds(3)) has opened for this
// process.
int listener_count_passed(void);

// The one that was passed listens on a loopback address or a Unix socket.
bool listener_passed_is_local(void);

// Takes the one that was passed; its path of a Unix socket stays, since it belongs to the one that passed it.
// STATUS_IO: it is no socket that listens, or several were passed.
enum status listener_take_passed(bool tls, struct listener *out, struct error *error) MUST_USE;

// Listens on `address`, or on the Unix socket `path` when that is not NULL. The file of a Unix socket is the
// owner's alone (0600); one that a dead server left is replaced; a file that is no socket, and a socket that
// a server listens on, are left alone and rejected, also when several begin at once. `tls` changes only
// out->address. STATUS_IO ("cannot listen on ...: ...").
//
// With `handover` another process of this user may listen there already, if it has called this function too.
// From then on connections come here, and it keeps those that it has, also those that it has not yet
// accepted. It must accept them before it closes its socket.
enum status listener_open(const struct address *address, const char *path, bool tls, bool handover,
                          struct listener *out, struct error *error) MUST_USE;

// From now on the kernel drops the connections that this address begins (of an IPv6 address: its network,
// /64): they cost this process nothing, and nobody waits behind them. Their client tries again after 1 s, 3 s
// and so on. One address at a time; NULL: none. What is connected stays so. No effect on a Unix socket.
void listener_block(const struct listener *listener, const struct sockaddr *address);

// Removes the file of a Unix socket, unless another one has taken its place meanwhile. Nothing to do for TCP,
// and the second time.
void listener_remove_file(struct listener *listener);

#endif
