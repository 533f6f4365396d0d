// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether the system allows as many connections as a run needs, asked before it starts rather than met as
// failures in the middle of it.
#ifndef REPLAY_LIMITS_H
#define REPLAY_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

// How many local ports a range as in /proc/sys/net/ipv4/ip_local_port_range ("32768\t60999") holds; -1: it
// is no range.
int64_t limits_ports(const char *range);

// Raises the limit of file descriptors to what `wanted` connections from so many threads need, and checks
// that there are local ports for them: each connection to the same server needs its own. *most is how many
// can be open at once, at most `wanted`. STATUS_LIMIT with the number needed and the number there is when it
// is less and `fewer_will_do` is not set.
enum status limits_prepare(int64_t wanted, int64_t threads, bool fewer_will_do, int64_t *most,
                           struct error *error) MUST_USE;

#endif
