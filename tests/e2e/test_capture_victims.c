// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a client does to take the proxy down, while another one goes on asking: how long that one waits
// without the attack and with it, what stays of the attack in memory, and how soon TERM ends the proxy in the
// midst of it. ATTACK_SECONDS (0.05) is how long each phase lasts; from 1 s on times are held against what
// they have to be: the median over ROUNDS of phases that follow each other, so that what else the machine
// does falls on both. ATTACK names those to run by a part of their names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attacks.h"
#include "harness.h"
#include "lib/base/clock.h"

#define JUDGED_FROM_S 1.0 // shorter ones only show that the victim is served and nothing stays
#define ROUNDS 7
#define GRACE_NS CLOCK_NS_PER_S
#define MOST_WAITS 65536
#define MORE_RSS_KIB 8192 // than before may stay: the allocator keeps some
#define STACK_BYTES ((size_t)256 * 1024)
#define FEW 3 // of 20 bombs, in a short test

static struct buf request; // what is sent, of this attack
static struct harness *harness;
static atomic_bool attacking, upstream_ends;
static atomic_long begun; // connections that stay
static atomic_int opened; // threads whose connections that stay are all there

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
    ssize_t sent = is_bomb ? attacks_send_answer(fd) : send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    if (sent < 0) break;
  }
out:
  close(fd);
  return NULL;
}

static pthread_t start(void *(*run)(void *), void *context) {
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  if (pthread_create(&thread, &attributes, run, context) != 0) abort();
  pthread_attr_destroy(&attributes);
  return thread;
}

static void *run_upstream(void *context) {
  int listening = *(int *)context;
  while (!upstream_ends) {
    int fd = accept(listening, NULL, NULL);
    if (fd < 0) break;
    pthread_detach(start(serve, (void *)(intptr_t)fd));
  }
  return NULL;
}

// The clients. `last` is that of the address: 127.0.0.`last`. -1: the proxy takes no connection.

static int open_client(int last, int flags) {
  struct sockaddr_in from = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)last - 1)};
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons((uint16_t)harness->port)};
  struct timeval wait = {.tv_sec = last == 1 ? 10 : 1}; // of an attacker: it is to end soon
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  for (int option = 0; option < 2; option++)
    setsockopt(fd, SOL_SOCKET, option ? SO_RCVTIMEO : SO_SNDTIMEO, &wait, sizeof wait);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) == 0 &&
      (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS))
    return fd;
  close(fd);
  return -1;
}

static void *attack_on(void *context) {
  const struct attack *attack = context;
  char some[4096]; // what comes does not matter
  while (attacking) {
    int fd = open_client(2, 0);
    for (size_t sent = 0; fd >= 0 && sent < request.len;) {
      ssize_t some_sent = send(fd, request.data + sent, request.len - sent, MSG_NOSIGNAL);
      if (some_sent <= 0) break;
      sent += (size_t)some_sent;
    }
    if (fd >= 0) shutdown(fd, SHUT_WR);
    while (fd >= 0 && recv(fd, some, sizeof some, 0) > 0)
      continue;
    if (fd >= 0) close(fd);
    for (int waited_ms = 0; attacking && waited_ms < attack->pause_ms; waited_ms += 10)
      usleep(10000);
  }
  return NULL;
}

// A share of the connections that stay: slow bytes on each, and a new one for each that is closed. None that
// waits to be connected holds up another.
static void *attack_half_on(void *context) {
  const struct attack *attack = context;
  int fds[MANY_HALF_SENT / HALF_SENT_THREADS], count = attack->connections / HALF_SENT_THREADS;
  bool sent[MANY_HALF_SENT / HALF_SENT_THREADS] = {false};
  char some[256];
  memset(fds, -1, sizeof fds);
  while (attacking) {
    for (int i = 0; i < count && attacking; i++) {
      bool is_open = fds[i] >= 0 && (recv(fds[i], some, sizeof some, 0) > 0 || errno == EAGAIN);
      if (!is_open) {
        if (fds[i] >= 0) close(fds[i]);
        fds[i] = open_client(2, SOCK_NONBLOCK);
        sent[i] = false;
        begun++;
      }
      if (!sent[i])
        sent[i] = send(fds[i], request.data, request.len, MSG_NOSIGNAL) > 0;
      else if (!(attack->kind & STORMS))
        (void)send(fds[i], "a", 1, MSG_NOSIGNAL);
    }
    opened++;
    for (int waited_ms = 0; attacking && waited_ms < attack->pause_ms; waited_ms += 10)
      usleep(10000);
  }
  for (int i = 0; i < count; i++)
    close(fds[i]); // -1: there is none
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

// The victim asks, on a connection of its own each time, and notes how long it waits. A read with a time
// limit ends early where this process was stopped and goes on.
static void ask_for(double seconds, struct waits *waits) {
  static const char ask[] = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  int64_t until_ns = clock_now_ns() + (int64_t)(seconds * 1e9);
  *waits = (struct waits){0};
  do {
    char answer[4096] = "";
    size_t len = 0;
    ssize_t got = 1;
    int64_t start_ns = clock_now_ns();
    int fd = open_client(1, 0);
    if (fd >= 0) send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL);
    while (fd >= 0 && got > 0 && len < sizeof answer - 1) {
      got = TEMP_FAILURE_RETRY(recv(fd, answer + len, sizeof answer - 1 - len, 0));
      if (got > 0) len += (size_t)got;
    }
    if (fd >= 0) close(fd);
    waits->failed += !strstr(answer, "200 OK");
    waits->ns[waits->count++] = clock_now_ns() - start_ns;
    usleep(2000);
  } while (clock_now_ns() < until_ns && waits->count < MOST_WAITS);
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

// Memory is given back at the proxy's next look, within half a second.
static long rss_when_back(long most_kib) {
  long kib = rss_kib();
  for (int tries = 0; tries < 100 && kib > most_kib; tries++) {
    usleep(10000);
    kib = rss_kib();
  }
  return kib;
}

static void wait_for_quiet(const struct attack *attack) {
  for (int tries = 0; tries < 3000; tries++) {
    if (is_quiet()) return;
    usleep(10000);
  }
  fail_msg("%s: something is still under way after 30 s", attack->name);
}

static pthread_t attackers[BOMBS_AT_ONCE];

static double seconds_of_attack(void) {
  const char *text = getenv("ATTACK_SECONDS");
  return text ? strtod(text, NULL) : 0.05;
}

static int threads_of(const struct attack *attack) {
  bool is_short = seconds_of_attack() < JUDGED_FROM_S && attack->connections == BOMBS_AT_ONCE;
  return is_short ? FEW : (attack->kind & STAYS) ? HALF_SENT_THREADS : attack->connections;
}

static void begin(const struct attack *attack, void (*prepare)(struct buf *)) {
  static struct waits first;
  buf_clear(&request);
  prepare(&request);
  opened = 0;
  attacking = true;
  for (int i = 0; i < threads_of(attack); i++)
    attackers[i] = start(attack->kind & STAYS ? attack_half_on : attack_on, (void *)(intptr_t)attack);
  do
    usleep(50000);
  while (attack->kind & STAYS && opened < threads_of(attack));
  if (attack->kind & STAYS) ask_for(0, &first); // behind all that came at once, which are a wait of their own
}

static void join(const struct attack *attack) {
  attacking = false;
  for (int i = 0; i < threads_of(attack); i++)
    pthread_join(attackers[i], NULL);
}

// What a victim meets in one phase.
struct phase {
  int64_t p50_ns, longest_ns;
  double cpu_s; // of the proxy
};

static struct phase measure(const struct attack *attack, void (*prepare)(struct buf *), double seconds) {
  static struct waits waits;
  double cpu_s = harness_cpu_s(harness);
  if (prepare) begin(attack, prepare);
  ask_for(seconds, &waits);
  if (prepare) {
    join(attack);
    wait_for_quiet(attack);
  }
  if (waits.failed > 0) fail_msg("%s: %zu of %zu failed", attack->name, waits.failed, waits.count);
  return (struct phase){waits.ns[waits.count / 2], waits.ns[waits.count - 1], harness_cpu_s(harness) - cpu_s};
}

static double median(double *values, size_t count) {
  for (size_t i = 1; i < count; i++) {
    for (size_t k = i; k > 0 && values[k] < values[k - 1]; k--) {
      double held = values[k];
      values[k] = values[k - 1], values[k - 1] = held;
    }
  }
  return values[count / 2];
}

// The victim's median wait beside the attack, as a multiple of that before it; the median over the rounds.
static double measure_rounds(const struct attack *attack, double seconds, size_t rounds) {
  double to_quiet[ROUNDS], to_ordinary[ROUNDS], quiet_ms[ROUNDS], longest_ms = 0, cpu_s = 0;
  for (size_t i = 0; i < rounds; i++) {
    struct phase quiet = measure(attack, NULL, seconds), ordinary = quiet;
    if (attack->prepare_ordinary && rounds > 1) ordinary = measure(attack, attack->prepare_ordinary, seconds);
    struct phase attacked = measure(attack, attack->prepare, seconds);
    quiet_ms[i] = (double)quiet.p50_ns / 1e6;
    to_quiet[i] = (double)attacked.p50_ns / (double)quiet.p50_ns;
    to_ordinary[i] = (double)attacked.p50_ns / (double)ordinary.p50_ns;
    longest_ms = fmax(longest_ms, (double)attacked.longest_ns / 1e6);
    cpu_s += attacked.cpu_s / (double)rounds;
  }
  double times = median(to_quiet, rounds); // and sorts
  print_message("%-34s p50 %6.2f ms x %.2f (%.2f to %.2f), x %.2f of ordinary traffic; longest %.0f ms; "
                "CPU %.2f s\n",
                attack->name, median(quiet_ms, rounds), times, to_quiet[0], to_quiet[rounds - 1],
                median(to_ordinary, rounds), longest_ms, cpu_s);
  return times;
}

static void hold(const struct attack *attack) {
  bool is_many = attack->connections == MANY_HALF_SENT;
  const char *const options[] = {"--flush-interval=50ms",
                                 "--shutdown-grace=1s", // GRACE_NS
                                 is_many ? "--header-timeout=15s" : "--header-timeout=500ms",
                                 is_many ? "--max-connections=4096" : "--max-connections=300",
                                 is_many ? "--max-connections-per-client=2048"
                                         : "--max-connections-per-client=150",
                                 NULL};
  double seconds = seconds_of_attack();
  bool is_judged = seconds >= JUDGED_FROM_S && !harness_is_sanitized;
  void *state;
  assert_int_equal(harness_start_with(&state, options), 0);
  harness = state;
  pthread_detach(start(run_upstream, &harness->upstream));
  measure(attack, attack->prepare, seconds / 2); // what it needs once is there from now on
  long rss_before = rss_kib(), rss_after;
  double times = measure_rounds(attack, seconds, is_judged ? ROUNDS : 1);
  rss_after = rss_when_back(rss_before + MORE_RSS_KIB);
  begin(attack, attack->prepare);
  int64_t start_ns = clock_now_ns();
  int code = harness_end_proxy(harness);
  int64_t took_ns = clock_now_ns() - start_ns;
  join(attack);
  print_message("%-34s RSS %ld -> %ld KiB; TERM amid it: %.2f s, exit code %d; %ld begun\n", "", rss_before,
                rss_after, (double)took_ns / 1e9, code, (long)begun);
  assert_true(!is_judged || times <= 2);
  assert_true(harness_is_sanitized || rss_after <= rss_before + MORE_RSS_KIB);
  assert_true(code == 0 || code == 4); // 4: records are lost
  assert_true(!is_judged || took_ns <= GRACE_NS + CLOCK_NS_PER_S);
  shutdown(harness->upstream, SHUT_RDWR);
  harness_stop(&state);
}

static void test_a_victim_is_served_beside_an_attack(void **state) {
  (void)state;
  const char *one = getenv("ATTACK");
  for (size_t i = 0; i < attack_count; i++) {
    if (one ? strncmp(attacks[i].name, one, strlen(one)) == 0
            : !(attacks[i].kind & LONG) || seconds_of_attack() >= JUDGED_FROM_S)
      hold(&attacks[i]);
  }
  buf_free(&request);
  attacks_free();
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_victim_is_served_beside_an_attack)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
