// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a client does to take the proxy down, while another one goes on asking: how long that one waits
// without the attack and with it, what stays of the attack in memory, and how soon TERM ends the proxy in the
// midst of it. ATTACK_SECONDS (0.05) is how long each lasts; from 2 s on times are held against what they
// have to be.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "lib/base/clock.h"

#define JUDGED_FROM_S 2.0 // shorter ones only show that the victim is served and nothing stays
#define GRACE_NS CLOCK_NS_PER_S
#define GRACE "1s"
#define MOST_WAITS 65536
#define HEADER_TIMEOUT "500ms"
#define BOMBS_AT_ONCE 20
#define HALF_SENT 400     // connections; --max-connections is fewer
#define MORE_RSS_KIB 8192 // than before may stay: the allocator keeps some
#define STACK_BYTES ((size_t)256 * 1024)
#define FEW 3   // of 20 bombs, in a short test
#define TRIES 3 // of a time, which a busy machine can spoil

#define POST_CHAT "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

struct attack {
  const char *name;
  void (*prepare)(struct buf *request);
  int connections; // at once
  int pause_ms;    // of each, before it attacks again: the figure is not to be that of a full queue
  bool stays;      // half-sent: it is not ended by us
  bool is_long;    // no part of a short test: a neighbour of one that is, or ordinary traffic to compare with
};

static struct buf response_bomb, request; // what is sent, of this attack
static struct harness *harness;
static atomic_bool attacking, upstream_ends;

static void repeat(struct buf *out, const char *part, size_t times) {
  for (size_t i = 0; i < times; i++)
    buf_append_text(out, part);
}

static void take_output(const char *command, struct buf *out) {
  char some[65536];
  size_t len;
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  while ((len = fread(some, 1, sizeof some, pipe)) > 0)
    buf_append(out, some, len);
  assert_int_equal(pclose(pipe), 0);
}

// The attacks.

static void prepare_quiet(struct buf *out) {
  buf_append_text(out, "GET /quiet HTTP/1.1\r\nHost: h\r\n\r\n");
}

static void prepare_parts(struct buf *out) {
  struct buf body = {0};
  repeat(&body, "name=\"key\"\r\n", 160000);
  buf_printf(out, POST_CHAT "Content-Length: %zu\r\n\r\n", body.len);
  buf_append(out, body.data, body.len);
  buf_free(&body);
}

static void prepare_chunk_line(struct buf *out) {
  buf_append_text(out, CHUNKED "5;");
  repeat(out, "a", 60000);
}

static void prepare_chunk_zeros(struct buf *out) {
  buf_append_text(out, CHUNKED);
  repeat(out, "0", 60000);
}

static void prepare_query(struct buf *out) {
  buf_append_text(out, "GET /?");
  repeat(out, "a=b&", 1800);
  buf_append_text(out, " HTTP/1.1\r\nHost: h\r\n\r\n");
}

static void prepare_cookies(struct buf *out) {
  buf_append_text(out, "GET / HTTP/1.1\r\nHost: h\r\nCookie: ");
  repeat(out, "a=b;", 1800);
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
  take_output("head -c 64M /dev/zero | gzip -c", &member);
  buf_printf(out, POST_CHAT "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", 16 * member.len);
  for (int i = 0; i < 16; i++)
    buf_append(out, member.data, member.len);
  buf_free(&member);
}

static void set_response_bomb(const char *command) {
  struct buf body = {0};
  take_output(command, &body);
  buf_clear(&response_bomb);
  buf_printf(&response_bomb,
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
             "Content-Length: %zu\r\n\r\n",
             body.len);
  buf_append(&response_bomb, body.data, body.len);
  buf_free(&body);
}

static void prepare_plain(struct buf *out) {
  buf_clear(&response_bomb);
  buf_append_text(&response_bomb,
                  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 65536\r\n\r\n");
  repeat(&response_bomb, "data: {}\ndata: {}", 65536 / 16);
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

static const struct attack attacks[] = {
    {"(none)", prepare_quiet, 1, 20, false, true},
    {"1 names of parts in a body", prepare_parts, 1, 100, false, false},
    {"2 a chunk-size line of 60 kB", prepare_chunk_line, 4, 20, false, false},
    {"2 a chunk size of 60,000 zeros", prepare_chunk_zeros, 4, 20, false, true},
    {"3 1,800 query keys", prepare_query, 4, 20, false, false},
    {"3 1,800 cookies", prepare_cookies, 4, 20, false, true},
    {"4 a folded header", prepare_fold, 4, 20, false, false},
    {"4 NUL in a header", prepare_nul, 4, 20, false, true},
    {"5 a request of 1 GiB in 1 MB", prepare_request_bomb, 1, 100, false, false},
    {"(20 ordinary answers of 64 kB)", prepare_plain, BOMBS_AT_ONCE, 500, false, true},
    {"5 20 answers of 64 MB in 64 kB", prepare_response_bomb, BOMBS_AT_ONCE, 500, false, false},
    {"5 20 answers of 1.6 million events", prepare_response_events, BOMBS_AT_ONCE, 500, false, true},
    {"6 400 half-sent requests", prepare_half, HALF_SENT, 20, true, false},
};

// The upstream: a thread for each connection.

static void *serve(void *context) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  int fd = (int)(intptr_t)context;
  char some[65536] = "";
  size_t len = 0;
  for (;;) {
    char *end;
    while (!(end = memmem(some, len, "\r\n\r\n", 4))) {
      ssize_t got = len < sizeof some - 1 ? recv(fd, some + len, sizeof some - 1 - len, 0) : 0;
      if (got <= 0) goto out;
      len += (size_t)got;
      some[len] = '\0';
    }
    const char *length = strcasestr(some, "\r\ncontent-length:");
    size_t left = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    bool is_bomb = strncmp(some, "POST /bomb ", 11) == 0;
    size_t here = (size_t)(some + len - end - 4), body = here < left ? here : left;
    for (left -= body; left > 0;) {
      ssize_t got = recv(fd, some, left < sizeof some ? left : sizeof some, 0);
      if (got <= 0) goto out;
      left -= (size_t)got;
    }
    len = here - body; // nothing is pipelined
    ssize_t sent = is_bomb ? send(fd, response_bomb.data, response_bomb.len, MSG_NOSIGNAL)
                           : send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    if (sent < 0) break;
  }
out:
  close(fd);
  return NULL;
}

static void start_detached(void *(*run)(void *), void *context) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  if (pthread_create(&thread, &attributes, run, context) != 0) abort();
  pthread_attr_destroy(&attributes);
}

static void *run_upstream(void *context) {
  int listening = *(int *)context;
  while (!upstream_ends) {
    int fd = accept(listening, NULL, NULL);
    if (fd < 0) break;
    start_detached(serve, (void *)(intptr_t)fd);
  }
  return NULL;
}

// The clients. `last` is that of the address: 127.0.0.`last`. -1: the proxy takes no connection.

static int open_client(int last) {
  struct sockaddr_in from = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)last - 1)};
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons((uint16_t)harness->port)};
  struct timeval wait = {.tv_sec = 10};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) == 0 &&
      connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
    return fd;
  close(fd);
  return -1;
}

static void *attack_on(void *context) {
  const struct attack *attack = context;
  static char some[65536]; // what comes does not matter
  while (attacking) {
    int fd = open_client(2);
    for (size_t sent = 0; fd >= 0 && sent < request.len;) {
      ssize_t some_sent = send(fd, request.data + sent, request.len - sent, MSG_NOSIGNAL);
      if (some_sent <= 0) break;
      sent += (size_t)some_sent;
    }
    while (fd >= 0 && attacking && attack->stays) { // slow bytes
      usleep(100000);
      if (send(fd, "a", 1, MSG_NOSIGNAL) < 0) break;
    }
    if (fd >= 0 && !attack->stays) shutdown(fd, SHUT_WR);
    while (fd >= 0 && !attack->stays && recv(fd, some, sizeof some, 0) > 0)
      continue;
    if (fd >= 0) close(fd);
    for (int waited_ms = 0; attacking && waited_ms < attack->pause_ms; waited_ms += 10)
      usleep(10000);
  }
  return NULL;
}

struct waits {
  int64_t ns[MOST_WAITS];
  size_t count, failed;
};

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

// The victim asks, on a connection of its own each time, and notes how long it waits.
static void ask_for(double seconds, struct waits *waits) {
  static const char ask[] = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  int64_t until_ns = clock_now_ns() + (int64_t)(seconds * 1e9);
  *waits = (struct waits){0};
  while (clock_now_ns() < until_ns && waits->count < MOST_WAITS) {
    char answer[4096] = "";
    size_t len = 0;
    ssize_t got = 1;
    int64_t start_ns = clock_now_ns();
    int fd = open_client(1);
    if (fd >= 0) send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL);
    while (fd >= 0 && got > 0 && len < sizeof answer - 1) {
      got = recv(fd, answer + len, sizeof answer - 1 - len, 0);
      if (got > 0) len += (size_t)got;
    }
    if (fd >= 0) close(fd);
    waits->failed += !strstr(answer, "200 OK");
    waits->ns[waits->count++] = clock_now_ns() - start_ns;
    usleep(2000);
  }
  qsort(waits->ns, waits->count, sizeof *waits->ns, compare);
}

static long rss_kib(void) {
  char path[64], line[256];
  long kib = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)harness->proxy);
  FILE *status = fopen(path, "r");
  assert_non_null(status);
  while (fgets(line, sizeof line, status) && sscanf(line, "VmRSS: %ld kB", &kib) != 1)
    continue;
  fclose(status);
  return kib;
}

// True when the proxy, asked what it does, says that nothing is under way and nothing is queued.
static bool is_quiet(void) {
  char line[2048] = "";
  size_t len = 0;
  kill(harness->proxy, SIGUSR1);
  while (len < sizeof line - 1 && !strstr(line, " now to ")) {
    assert_false(harness_is_silent(harness->words, 4 * HARNESS_WAIT_MS));
    ssize_t got = read(harness->words, line + len, sizeof line - 1 - len);
    assert_true(got > 0);
    len += (size_t)got;
    line[len] = '\0';
  }
  return strstr(line, " 0 connections, 0 requests in flight") && strstr(line, " 0 B queued");
}

static void wait_for_quiet(const struct attack *attack) {
  for (int tries = 0; tries < 3000; tries++) {
    if (is_quiet()) return;
    usleep(10000);
  }
  fail_msg("%s: something is still under way after 30 s", attack->name);
}

static pthread_t attackers[HALF_SENT];

static double seconds_of_attack(void) {
  const char *text = getenv("ATTACK_SECONDS");
  return text ? strtod(text, NULL) : 0.05;
}

static int connections_of(const struct attack *attack) {
  bool is_short = seconds_of_attack() < JUDGED_FROM_S && attack->connections == BOMBS_AT_ONCE;
  return is_short ? FEW : attack->connections;
}

static void begin(const struct attack *attack) {
  pthread_attr_t attributes;
  attacking = true;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  for (int i = 0; i < connections_of(attack); i++)
    assert_int_equal(pthread_create(&attackers[i], &attributes, attack_on, (void *)(intptr_t)attack), 0);
  pthread_attr_destroy(&attributes);
}

static void end(const struct attack *attack) {
  attacking = false;
  for (int i = 0; i < connections_of(attack); i++)
    pthread_join(attackers[i], NULL);
}

static double ms(int64_t ns) {
  return (double)ns / 1e6;
}

// The victim's waits before the attack and during it; true when they are as they should be.
static bool measure(const struct attack *attack, double seconds, long *rss_before, long *rss_after) {
  static struct waits before, during;
  ask_for(seconds, &before);
  *rss_before = rss_kib();
  begin(attack);
  usleep(50000);
  ask_for(seconds, &during);
  end(attack);
  wait_for_quiet(attack);
  *rss_after = rss_kib();
  if (before.failed + during.failed > 0)
    fail_msg("%s: %zu of %zu and %zu of %zu requests of the victim failed", attack->name, before.failed,
             before.count, during.failed, during.count);
  int64_t p50_before = before.ns[before.count / 2], p50_during = during.ns[during.count / 2];
  print_message("%-34s p50 %6.2f -> %6.2f ms, longest %7.1f -> %7.1f ms (%zu, %zu); RSS %ld -> %ld KiB\n",
                attack->name, ms(p50_before), ms(p50_during), ms(before.ns[before.count - 1]),
                ms(during.ns[during.count - 1]), before.count, during.count, *rss_before, *rss_after);
  return p50_during <= 2 * p50_before;
}

static void hold(const struct attack *attack) {
  static const char *const options[] = {"--flush-interval",
                                        "50ms",
                                        "--shutdown-grace",
                                        GRACE,
                                        "--header-timeout",
                                        HEADER_TIMEOUT,
                                        "--max-connections",
                                        "300",
                                        "--max-connections-per-client",
                                        "150",
                                        NULL};
  double seconds = seconds_of_attack();
  bool is_judged = seconds >= JUDGED_FROM_S && !harness_is_sanitized;
  long rss_before = 0, rss_after = 0;
  void *state;
  assert_int_equal(harness_start_with(&state, options), 0);
  harness = state;
  buf_clear(&request);
  attack->prepare(&request);
  start_detached(run_upstream, &harness->upstream);
  struct waits *first = calloc(1, sizeof *first);
  assert_non_null(first);
  begin(attack); // what it needs once is there from now on
  ask_for(seconds / 2, first);
  end(attack);
  free(first);
  wait_for_quiet(attack);
  bool is_well = false;
  for (int tries = 0; tries < (is_judged ? TRIES : 1) && !is_well; tries++)
    is_well = measure(attack, seconds, &rss_before, &rss_after);
  if (is_judged && !is_well) fail_msg("%s: the victim waits more than twice as long", attack->name);
  if (!harness_is_sanitized && rss_after > rss_before + MORE_RSS_KIB)
    fail_msg("%s: RSS grows from %ld to %ld KiB", attack->name, rss_before, rss_after);

  begin(attack);
  usleep(is_judged ? 500000 : 50000);
  int64_t start_ns = clock_now_ns();
  int code = harness_end_proxy(harness);
  int64_t took_ns = clock_now_ns() - start_ns;
  end(attack);
  print_message("%-34s TERM amid it: %.2f s, exit code %d\n", "", (double)took_ns / 1e9, code);
  assert_true(code == 0 || code == 4); // 4: records are lost
  if (is_judged) assert_true(took_ns <= GRACE_NS + CLOCK_NS_PER_S);
  shutdown(harness->upstream, SHUT_RDWR);
  harness_stop(&state);
}

static void test_a_victim_is_served_beside_an_attack(void **state) {
  (void)state;
  const char *one = getenv("ATTACK");
  for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
    if (one ? strstr(attacks[i].name, one) != NULL
            : !attacks[i].is_long || seconds_of_attack() >= JUDGED_FROM_S)
      hold(&attacks[i]);
  }
  buf_free(&request);
  buf_free(&response_bomb);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_victim_is_served_beside_an_attack)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
