// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "attacks.h"
#include "harness.h"

#define POST_CHAT "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

static struct buf response_bomb;
static pthread_rwlock_t bomb_lock = PTHREAD_RWLOCK_INITIALIZER; // of response_bomb: written between attacks

static void prepare_parts(struct buf *out) {
  struct buf body = {0};
  harness_repeat(&body, "name=\"key\"\r\n", 160000);
  buf_printf(out, POST_CHAT "Content-Length: %zu\r\n\r\n", body.len);
  buf_append(out, body.data, body.len);
  buf_free(&body);
}

static void prepare_chunk_line(struct buf *out) {
  buf_append_text(out, CHUNKED "5;");
  harness_repeat(out, "a", 60000);
}

static void prepare_query(struct buf *out) {
  buf_append_text(out, "GET /?");
  harness_repeat(out, "a=b&", 1800);
  buf_append_text(out, " HTTP/1.1\r\nHost: h\r\n\r\n");
}

static void prepare_cookies(struct buf *out) {
  buf_append_text(out, "GET / HTTP/1.1\r\nHost: h\r\nCookie: ");
  harness_repeat(out, "a=b; ", 1800);
  buf_append_text(out, "\r\n\r\n");
}

static void prepare_fold(struct buf *out) {
  buf_append_text(out, "POST / HTTP/1.1\r\nHost: h\r\nContent-Lengt: 30\r\n h\r\n\r\n");
}

static void prepare_nul(struct buf *out) {
  buf_append(out, "GET / HTTP/1.1\r\nHost: h\r\nX-A\0b: c\r\n\r\n", 38);
}

static void prepare_request_bomb(struct buf *out) { // 1 GiB in 1 MB
  struct buf member = {0};
  harness_take_output("head -c 64M /dev/zero | gzip -c", &member);
  buf_printf(out, POST_CHAT "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", 16 * member.len);
  for (int i = 0; i < 16; i++)
    buf_append(out, member.data, member.len);
  buf_free(&member);
}

static void set_response_bomb(const char *command) {
  struct buf body = {0};
  harness_take_output(command, &body);
  pthread_rwlock_wrlock(&bomb_lock);
  buf_clear(&response_bomb);
  buf_printf(&response_bomb,
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
             "Content-Length: %zu\r\n\r\n",
             body.len);
  buf_append(&response_bomb, body.data, body.len);
  pthread_rwlock_unlock(&bomb_lock);
  buf_free(&body);
}

static void prepare_plain(struct buf *out) {
  pthread_rwlock_wrlock(&bomb_lock);
  buf_clear(&response_bomb);
  buf_append_text(&response_bomb,
                  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 65536\r\n\r\n");
  harness_repeat(&response_bomb, "data: {}\ndata: {}", 65536 / 16);
  pthread_rwlock_unlock(&bomb_lock);
  buf_append_text(out, "POST /bomb HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
}

static void prepare_response_bomb(struct buf *out) { // a kilobyte holds a megabyte
  set_response_bomb("(head -c 64M /dev/zero | tr '\\0' '\\n'; printf 'data: [DONE]\\n\\n') | gzip -c");
  buf_append_text(out, "POST /bomb HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
}

static void prepare_response_events(struct buf *out) { // a kilobyte holds thousands of events
  set_response_bomb(
      "(yes 'data: {}\n' 2>/dev/null | head -c 16M; printf '\\n\\ndata: [DONE]\\n\\n') | gzip -c");
  buf_append_text(out, "POST /bomb HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
}

static void prepare_half(struct buf *out) {
  buf_append_text(out, "GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ");
}

const struct attack attacks[] = {
    {"1 names of parts in a body", prepare_parts, NULL, 1, 100, 0},
    {"2 a chunk-size line of 60 kB", prepare_chunk_line, NULL, 4, 20, 0},
    {"3 1,800 query keys", prepare_query, NULL, 4, 20, 0},
    {"3 1,800 cookies", prepare_cookies, NULL, 4, 20, LONG},
    {"4 a folded header", prepare_fold, NULL, 4, 20, 0},
    {"4 NUL in a header", prepare_nul, NULL, 4, 20, LONG},
    {"5 a request of 1 GiB in 1 MB", prepare_request_bomb, NULL, 1, 100, 0},
    {"5 20 answers of 64 MB in 64 kB", prepare_response_bomb, prepare_plain, BOMBS_AT_ONCE, 500, 0},
    {"5 20 answers of 1.6 million events", prepare_response_events, prepare_plain, BOMBS_AT_ONCE, 500, LONG},
    {"6 400 half-sent requests", prepare_half, NULL, HALF_SENT, 100, STAYS},
    {"6 4,096 half-sent requests", prepare_half, NULL, MANY_HALF_SENT, 5000, STAYS | LONG},
    {"6 a storm of 4,096 half-sent requests", prepare_half, NULL, MANY_HALF_SENT, 50, STAYS | STORMS | LONG},
};

const size_t attack_count = sizeof attacks / sizeof attacks[0];

ssize_t attacks_send_answer(int fd) {
  pthread_rwlock_rdlock(&bomb_lock);
  ssize_t sent = send(fd, response_bomb.data, response_bomb.len, MSG_NOSIGNAL);
  pthread_rwlock_unlock(&bomb_lock);
  return sent;
}

void attacks_free(void) {
  buf_free(&response_bomb);
}
