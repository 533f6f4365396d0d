// SPDX-License-Identifier: GPL-3.0-or-later
#include "conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_END "\r\n\r\n"

static bool has(const char *text, const char *part) {
  return strcasestr(text, part) != NULL;
}

static void check_parts(const struct conformance_row *row, const char *who, const char *seen,
                        const char *const *parts, size_t count, bool wanted) {
  for (size_t i = 0; i < count; i++) {
    if (parts[i] && has(seen, parts[i]) != wanted)
      fail_msg("%s: %s %s '%s': %s", row->name, who, wanted ? "misses" : "sees", parts[i], seen);
  }
}

// Lines end with CR LF and nothing else, and no NUL is among them.
static void check_clean(const struct conformance_row *row, const struct buf *seen) {
  const char *body = memmem(seen->data, seen->len, HEAD_END, 4);
  if (!body) fail_msg("%s: no end of the header", row->name);
  for (const char *at = seen->data; at < body; at++) {
    bool alone = (*at == '\n' && (at == seen->data || at[-1] != '\r')) || (*at == '\r' && at[1] != '\n');
    if (*at == '\0' || alone) fail_msg("%s: the upstream sees it raw", row->name);
  }
}

void conformance_play_upstream(struct harness *harness, const struct conformance_row *row, int client) {
  if (harness_accepts_nothing(harness, HARNESS_WAIT_MS))
    fail_msg("%s: the client gets %s", row->name, harness_read_until(harness, client, HEAD_END));
  int upstream = harness_accept(harness);
  const char *seen = harness_read_until(harness, upstream, row->forwarded);
  check_parts(row, "the upstream", seen, row->sees, 3, true);
  check_parts(row, "the upstream", seen, row->misses, 3, false);
  check_clean(row, &harness->seen);
  if (row->then) harness_send(client, row->then);
  if (row->leaves) {
    if (!row->then) shutdown(client, SHUT_WR);
    bool was_reset;
    // How soon is the affair of test_capture_cancel.
    if (harness_is_silent(upstream, HARNESS_WAIT_MS)) fail_msg("%s: the upstream is not left", row->name);
    harness_read_to_end(harness, upstream, &was_reset);
  } else if (row->answer) {
    harness_send(upstream, row->answer);
    if (row->before_end) harness_read_until(harness, client, row->before_end);
  }
  close(upstream);
}

static void play_client(struct harness *harness, const struct conformance_row *row, int client) {
  bool was_reset = false;
  if (!row->before_end) buf_clear(&harness->seen);
  const char *seen = row->to_end ? harness_read_on_to_end(harness, client, &was_reset)
                                 : harness_read_until(harness, client, row->ends ? row->ends : HEAD_END);
  size_t end_len = row->ends ? strlen(row->ends) : 0;
  if (strncmp(seen, row->gets, strlen(row->gets)) != 0 || (!row->gets[0] && seen[0]))
    fail_msg("%s: the client gets %s", row->name, seen);
  if (row->to_end && row->ends &&
      (strlen(seen) < end_len || strcmp(seen + strlen(seen) - end_len, row->ends) != 0))
    fail_msg("%s: what the client gets ends otherwise: %s", row->name, seen);
  check_parts(row, "the client", seen, row->gets_in, 2, true);
  check_parts(row, "the client", seen, row->lacks, 2, false);
}

void conformance_play(struct harness *harness, const struct conformance_row *rows, size_t count) {
  for (const struct conformance_row *row = rows; row < rows + count; row++) {
    int client = harness_connect(harness);
    assert_int_equal(send(client, row->request, row->request_len, MSG_NOSIGNAL), row->request_len);
    if (row->forwarded) conformance_play_upstream(harness, row, client);
    if (row->gets) play_client(harness, row, client);
    close(client);
    if (!row->forwarded && !harness_accepts_nothing(harness, 10))
      fail_msg("%s: the upstream is asked", row->name);
  }
}
