// SPDX-License-Identifier: GPL-3.0-or-later
//
// Before the first measurement: every rank has read its traces, and all drew the same requests.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "replay/send/remote.h"

#define AGREE_NS (600 * CLOCK_NS_PER_S) // for traces on a slow disk
#define POLL_US 2000

struct hello {
  int64_t status;
  struct error error;
  char version[32], digest[96], host[REMOTE_HOST_BYTES];
};

static struct hello make_hello(enum status status, const char *digest, const struct error *error) {
  struct hello hello = {.status = status, .error = *error};
  snprintf(hello.version, sizeof hello.version, "%s", TIDEMARK_VERSION);
  snprintf(hello.digest, sizeof hello.digest, "%s", digest);
  (void)gethostname(hello.host, sizeof hello.host - 1);
  return hello;
}

static enum status wait_for_message(struct ranks *ranks, int64_t end_ns, int64_t *from, struct buf *message) {
  enum status status;
  while ((status = ranks_receive(ranks, from, message)) == STATUS_END && clock_now_ns() < end_ns)
    (void)usleep(POLL_US);
  return status == STATUS_END ? STATUS_NETWORK : status;
}

static enum status check_hello(const struct hello *own, const struct hello *other, int64_t rank,
                               struct error *error) {
  const char *what = strcmp(own->version, other->version) ? "is another version of replay"
                     : strcmp(own->digest, other->digest) ? "drew other requests: its traces differ"
                                                          : NULL;
  if (other->status)
    return status_fail(error, (enum status)other->status, "rank %lld on %s: %.400s", (long long)rank,
                       other->host, other->error.text);
  if (!what) return STATUS_OK;
  return status_fail(error, STATUS_USAGE, "rank %lld on %s %s", (long long)rank, other->host, what);
}

enum status remote_agree(struct ranks *ranks, enum status status, const char *digest, struct error *error) {
  struct hello own = make_hello(status, digest, error), other;
  struct buf message = {0};
  int64_t from, count = ranks_count(ranks), end_ns = clock_now_ns() + AGREE_NS;
  if (ranks_number(ranks) > 0) {
    enum status answer = ranks_send(ranks, 0, &own, sizeof own);
    if (!answer) answer = wait_for_message(ranks, end_ns, &from, &message);
    if (!answer && message.len == sizeof status) memcpy(&answer, message.data, sizeof answer);
    error->text[0] = '\0';
    buf_free(&message);
    return answer;
  }
  for (int64_t i = 1; i < count; i++) {
    enum status heard = wait_for_message(ranks, end_ns, &from, &message);
    if (heard && !status)
      status = status_fail(error, heard, "only %lld of %lld ranks are ready", (long long)i, (long long)count);
    if (heard) break;
    memcpy(&other, message.data, sizeof other);
    if (!status) status = check_hello(&own, &other, from, error);
  }
  for (int64_t i = 1; i < count; i++)
    (void)!ranks_send(ranks, i, &status, sizeof status);
  buf_free(&message);
  return status;
}
