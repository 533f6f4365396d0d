// SPDX-License-Identifier: GPL-3.0-or-later
//
// Both ends of random HTTP traffic, to prove that what stands between them changes no byte of a body.
//
//   exact_bytes server              serves on 127.0.0.1 until it is killed
//   exact_bytes client URL MIX EXCHANGES CONNECTIONS SEED
//
// Everything about an exchange follows from its mix and number, which are the request's path: method, sizes
// (0 to 5 MB), contents, framing both ways (Content-Length, chunks of random sizes, until the connection
// closes), who is slow, and whether the connection is used again. The mixes are `heavy` (most bytes are in
// large bodies) and `light` (few are large, and none is slow for long). Each end checks what it reads against
// that. The server answers 599 to a body that is not the expected one. The client prints one JSON object:
// exchanges, request_bytes, response_bytes, wrong.
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/wire.h"
#include "tests/long/http_peer.h"

#define MOST_BYTES 5000000

struct mix {
  const char *name;
  uint64_t large_one_in; // bodies of up to MOST_BYTES
  double other_most;     // bytes of the others
  int pauses;            // of those who are slow
};

static const struct mix mixes[] = {{"heavy", 2, 100000, 60}, {"light", 30, 50000, 6}};

struct exchange {
  const struct mix *mix;
  uint64_t number;
  const char *method;
  int status;
  size_t request_bytes, response_bytes;
  struct http_framing request, response;
  int client_pauses; // while it reads
  bool client_leaves;
};

static uint64_t next(uint64_t *state) { // SplitMix64 (Steele, Lea, Flood 2014)
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

static bool one_in(uint64_t *state, uint64_t n) {
  return next(state) % n == 0;
}

// NULL: no mix of that name.
static const struct mix *find_mix(const char *name) {
  for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++) {
    if (strcmp(mixes[i].name, name) == 0) return &mixes[i];
  }
  return NULL;
}

// Log-uniform, so that every order of magnitude is tried alike; some have no byte, or just the most.
static size_t random_size(const struct mix *mix, uint64_t *state) {
  bool large = one_in(state, mix->large_one_in);
  double most = large ? MOST_BYTES : mix->other_most, share = (double)(next(state) >> 11) * 0x1p-53;
  if (one_in(state, 10)) return large ? MOST_BYTES : 0;
  return (size_t)pow(most, share);
}

static struct http_framing random_framing(const struct mix *mix, uint64_t *state) {
  static const size_t pieces[] = {1000, 4096, 16384, 65536};
  struct http_framing framing = {.kind = one_in(state, 2) ? HTTP_CHUNKED : HTTP_LENGTH};
  framing.seed = next(state);
  framing.piece_bytes = pieces[next(state) % 4];
  framing.pauses = one_in(state, 5) ? mix->pauses : 0;
  return framing;
}

static struct exchange plan(const struct mix *mix, uint64_t number) {
  static const char *const methods[] = {"POST", "POST", "PUT", "PATCH", "GET", "DELETE"};
  static const int statuses[] = {200, 200, 200, 201, 404, 500};
  uint64_t state = number * UINT64_C(0x2545F4914F6CDD1D);
  struct exchange exchange = {.mix = mix, .number = number, .method = methods[next(&state) % 6]};
  exchange.status = statuses[next(&state) % 6];
  exchange.request_bytes = random_size(mix, &state);
  exchange.response_bytes = random_size(mix, &state);
  exchange.request = random_framing(mix, &state);
  exchange.response = random_framing(mix, &state);
  if (one_in(&state, 8)) exchange.response.kind = HTTP_UNTIL_CLOSE;
  if (exchange.method[0] == 'G' || exchange.method[0] == 'D') exchange.request_bytes = 0;
  exchange.client_pauses = one_in(&state, 6) ? mix->pauses : 0;
  exchange.client_leaves = one_in(&state, 6);
  return exchange;
}

// Body bytes of one direction: any value may come, so that no framing can be mistaken for content.
static char *make_body(uint64_t number, int direction, size_t len) {
  uint64_t state = number * 2 + (uint64_t)direction;
  uint64_t *words = malloc((len / 8 + 1) * 8);
  if (!words) wire_die("no memory");
  for (size_t i = 0; i <= len / 8; i++)
    words[i] = next(&state);
  return (char *)words;
}

static bool is_body(const struct http_message *message, uint64_t number, int direction, size_t len) {
  char *expected = make_body(number, direction, len);
  bool same = message->body_len == len && (len == 0 || memcmp(message->body, expected, len) == 0);
  free(expected);
  return same;
}

static bool send_answer(int fd, const struct exchange *exchange, int status) {
  char head[200];
  snprintf(head, sizeof head, "HTTP/1.1 %d Any\r\nContent-Type: application/octet-stream\r\nX-Empty:\r\n",
           status);
  char *body = make_body(exchange->number, 1, exchange->response_bytes);
  bool sent = http_send(fd, head, body, exchange->response_bytes, &exchange->response);
  free(body);
  return sent && exchange->response.kind != HTTP_UNTIL_CLOSE;
}

static void *serve(void *context) {
  struct http_reader reader = {.fd = (int)(intptr_t)context};
  struct http_message message = {0};
  bool open = true;
  while (open && http_read(&reader, &message, false)) {
    char method[16] = "", name[16] = "";
    unsigned long long number = 0;
    sscanf(message.head, "%15s /%15[a-z]/%llu", method, name, &number);
    const struct mix *mix = find_mix(name);
    struct exchange exchange = plan(mix ? mix : &mixes[0], number);
    bool right =
        mix && strcmp(method, exchange.method) == 0 && is_body(&message, number, 0, exchange.request_bytes);
    open = send_answer(reader.fd, &exchange, right ? exchange.status : 599);
  }
  http_reader_close(&reader);
  http_message_free(&message);
  return NULL;
}

static void start_thread(void *(*run)(void *), void *context, pthread_t *thread) {
  if (pthread_create(thread, NULL, run, context)) wire_die("no thread");
}

static int run_server(void) {
  int listener = wire_listen();
  for (;;) {
    pthread_t thread;
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 && errno == EINTR) continue;
    if (fd < 0) wire_die("accept");
    http_set_patience(fd);
    start_thread(serve, (void *)(intptr_t)fd, &thread);
    pthread_detach(thread);
  }
}

struct totals {
  uint64_t exchanges, request_bytes, response_bytes, wrong;
};

struct worker {
  pthread_t thread;
  uint16_t port;
  const struct mix *mix;
  uint64_t first, count;
  struct totals totals;
};

static void complain(const struct exchange *exchange, const char *words, const struct http_message *message) {
  fprintf(stderr, "exchange %llu (%s, %zu bytes up, %zu down): %s; %zu bytes came, status %d\n",
          (unsigned long long)exchange->number, exchange->method, exchange->request_bytes,
          exchange->response_bytes, words, message->body_len, http_status(message));
}

// One exchange on the reader's connection; false when the connection cannot be used again.
static bool take_part(struct worker *worker, struct http_reader *reader, const struct exchange *exchange) {
  struct http_message message = {0};
  char head[200];
  snprintf(head, sizeof head, "%s /%s/%llu HTTP/1.1\r\nHost: 127.0.0.1\r\n%s", exchange->method,
           exchange->mix->name, (unsigned long long)exchange->number,
           exchange->client_leaves ? "Connection: close\r\n" : "");
  char *body = make_body(exchange->number, 0, exchange->request_bytes);
  bool fine = http_send(reader->fd, head, body, exchange->request_bytes, &exchange->request);
  free(body);
  reader->pauses = exchange->client_pauses;
  const char *words = NULL;
  if (!fine) {
    words = "could not be sent";
  } else if (!http_read(reader, &message, true)) {
    words = "has no whole answer";
  } else if (http_status(&message) != exchange->status) {
    words = "has another status";
  } else if (!is_body(&message, exchange->number, 1, exchange->response_bytes)) {
    words = "has another body";
  }
  if (words) complain(exchange, words, &message);
  worker->totals.wrong += words != NULL;
  worker->totals.exchanges++;
  worker->totals.request_bytes += exchange->request_bytes;
  worker->totals.response_bytes += exchange->response_bytes;
  bool again = !words && !exchange->client_leaves && http_keeps(&message);
  http_message_free(&message);
  return again;
}

static void *ask(void *context) {
  struct worker *worker = context;
  struct http_reader reader = {.fd = -1};
  for (uint64_t i = 0; i < worker->count; i++) {
    struct exchange exchange = plan(worker->mix, worker->first + i);
    if (reader.fd < 0) reader.fd = http_connect(worker->port);
    if (!take_part(worker, &reader, &exchange)) http_reader_close(&reader);
  }
  http_reader_close(&reader);
  return NULL;
}

static int run_client(char **argv) {
  enum { MOST = 64 };
  static struct worker workers[MOST];
  uint16_t port = wire_port(argv[2]);
  uint64_t exchanges = (uint64_t)wire_number(argv[4], 1, 1e6), seed = (uint64_t)wire_number(argv[6], 0, 1e6);
  int count = (int)wire_number(argv[5], 1, MOST);
  const struct mix *mix = find_mix(argv[3]);
  if (!mix) wire_die("no such mix");
  struct totals sum = {0};
  for (int i = 0; i < count; i++) {
    uint64_t first = exchanges * (uint64_t)i / (uint64_t)count;
    uint64_t next = exchanges * (uint64_t)(i + 1) / (uint64_t)count;
    workers[i] =
        (struct worker){.port = port, .mix = mix, .first = seed * 1000000 + first, .count = next - first};
    start_thread(ask, &workers[i], &workers[i].thread);
  }
  for (int i = 0; i < count; i++) {
    pthread_join(workers[i].thread, NULL);
    sum.exchanges += workers[i].totals.exchanges;
    sum.request_bytes += workers[i].totals.request_bytes;
    sum.response_bytes += workers[i].totals.response_bytes;
    sum.wrong += workers[i].totals.wrong;
  }
  printf("{\"exchanges\":%llu,\"request_bytes\":%llu,\"response_bytes\":%llu,\"wrong\":%llu}\n",
         (unsigned long long)sum.exchanges, (unsigned long long)sum.request_bytes,
         (unsigned long long)sum.response_bytes, (unsigned long long)sum.wrong);
  return sum.wrong > 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "server") == 0) return run_server();
  if (argc == 7 && strcmp(argv[1], "client") == 0) return run_client(argv);
  fputs("usage: exact_bytes server | exact_bytes client URL MIX EXCHANGES CONNECTIONS SEED\n", stderr);
  return 2;
}
