// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/send/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

// Descriptors besides the connections: output, log, epoll, timers, standard streams; and of each further
// thread its loop's.
enum { OTHER_DESCRIPTORS = 32, THREAD_DESCRIPTORS = 8 };

int64_t limits_ports(const char *range) {
  long long first, last;
  if (sscanf(range, "%lld %lld", &first, &last) != 2) return -1;
  return first > 0 && first <= last && last <= UINT16_MAX ? last - first + 1 : -1;
}

// -1: not known here.
static int64_t ports_there(void) {
  char line[64];
  int64_t count = -1;
  FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
  if (!file) return -1;
  if (fgets(line, sizeof line, file)) count = limits_ports(line);
  fclose(file);
  return count;
}

static enum status raise_descriptors(int64_t wanted, int64_t threads, bool fewer_will_do, int64_t *most,
                                     struct error *error) {
  int64_t others = OTHER_DESCRIPTORS + (threads - 1) * THREAD_DESCRIPTORS;
  rlim_t needed = (rlim_t)(wanted + others);
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return STATUS_OK;
  if (limit.rlim_max < needed && !fewer_will_do) {
    return status_fail(error, STATUS_LIMIT,
                       "%lld requests in flight need %llu file descriptors, the limit is %llu",
                       (long long)wanted, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
  }
  limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    return status_fail(error, STATUS_LIMIT, "file descriptors: %s", strerror(errno));
  if (limit.rlim_cur < needed) *most = (int64_t)limit.rlim_cur - others;
  return STATUS_OK;
}

enum status limits_prepare(int64_t wanted, int64_t threads, bool fewer_will_do, int64_t *most,
                           struct error *error) {
  int64_t ports = ports_there();
  int64_t allowed = wanted;
  if (ports >= 0 && ports < wanted) {
    if (!fewer_will_do) {
      return status_fail(error, STATUS_LIMIT,
                         "%lld requests in flight need as many local ports, the system has %lld "
                         "(net.ipv4.ip_local_port_range)",
                         (long long)wanted, (long long)ports);
    }
    allowed = ports;
  }
  enum status status = raise_descriptors(allowed, threads, fewer_will_do, &allowed, error);
  if (status == STATUS_OK) *most = allowed;
  return status;
}
