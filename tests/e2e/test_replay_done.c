// SPDX-License-Identifier: GPL-3.0-or-later
//
// replay against a scripted server that keeps its connections open after a stream's own end: the answer is
// whole there, and nobody waits for what does not come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#define REQUESTS 6
#define MOST_OPEN 64
#define PATIENCE_NS (15 * CLOCK_NS_PER_S) // replay's --timeout is twice as long

#define EVENT "2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n\r\n"
#define THOUGHT "31\r\ndata: {\"choices\":[{\"delta\":{\"reasoning\":\"x\"}}]}\n\n\r\n"
#define USAGE "49\r\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":13,\"completion_tokens\":5}}\n\n\r\n"
#define DONE "e\r\ndata: [DONE]\n\n\r\n"
#define ERROR "24\r\ndata: {\"error\":{\"message\":\"died\"}}\n\n\r\n"
#define WORDS "31\r\ndata: Number of choices must be greater than 0.\n\n\r\n"
#define OLLAMA                                                                                               \
  "72\r\n{\"message\":{\"content\":\"x\"},\"done\":false}\n"                                                 \
  "{\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":13,\"eval_count\":5}\n\r\n"

struct script {
  const char *path, *type, *answer;
  const char *rest; // sent 2 ms later; NULL: never
};

struct server {
  int listener, port;
  const struct script *script;
  int open[MOST_OPEN]; // connections
  int count, accepted;
};

static void start(struct server *server, const struct script *script) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof address;
  *server = (struct server){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .script = script};
  assert_true(server->listener >= 0);
  assert_int_equal(bind(server->listener, (struct sockaddr *)&address, len), 0);
  assert_int_equal(listen(server->listener, 64), 0);
  assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
  server->port = ntohs(address.sin_port);
}

static void answer(struct server *server, int connection) {
  char text[2048];
  const struct script *script = server->script;
  snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%s",
           script->type, script->answer);
  (void)!send(connection, text, strlen(text), MSG_NOSIGNAL);
  if (!script->rest) return;
  usleep(2000);
  (void)!send(connection, script->rest, strlen(script->rest), MSG_NOSIGNAL);
}

// A request of these tests comes in one piece.
static void hear(struct server *server, int which) {
  char text[4096];
  if (recv(server->open[which], text, sizeof text, 0) > 0) {
    answer(server, server->open[which]);
    return;
  }
  close(server->open[which]);
  server->open[which] = server->open[--server->count];
}

static void serve_some(struct server *server) {
  struct pollfd ready[MOST_OPEN + 1] = {{.fd = server->listener, .events = POLLIN}};
  int count = server->count;
  for (int i = 0; i < count; i++)
    ready[i + 1] = (struct pollfd){.fd = server->open[i], .events = POLLIN};
  if (poll(ready, (nfds_t)count + 1, 20) <= 0) return;
  for (int i = count - 1; i >= 0; i--) {
    if (ready[i + 1].revents) hear(server, i);
  }
  if (!ready[0].revents) return;
  assert_true(server->count < MOST_OPEN);
  server->open[server->count++] = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
  server->accepted++;
}

static void write_trace(const char *path, const char *target) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(
      file,
      "{\"type\":\"trace\",\"version\":1,\"start_unix_s\":0}\n"
      "{\"type\":\"request\",\"seq\":0,\"t_s\":0,\"method\":\"POST\",\"path\":\"%s\",\"stream\":true,"
      "\"body\":{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}\n",
      target);
  assert_int_equal(fclose(file), 0);
}

static pid_t spawn(const struct server *server, const char *trace, const char *run) {
  const char *build = getenv("BUILD");
  char program[256], url[64], batch[8];
  snprintf(program, sizeof program, "%s/bin/replay", build ? build : "build");
  snprintf(url, sizeof url, "http://127.0.0.1:%d", server->port);
  snprintf(batch, sizeof batch, "%d", REQUESTS);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child > 0) return child;
  execl(program, program, "-q", trace, "-u", url, "-W", "2", "-B", batch, "-r", "1", "--warmup", "0",
        "--timeout", "30s", "--keep-invalid", "--force", "-o", run, (char *)NULL);
  _exit(127);
}

// Lets replay measure one batch; the records come into `records`.
static int measure(struct server *server, struct buf *records) {
  char folder[] = "/tmp/tidemark.XXXXXX", trace[64], run[64];
  int status = 0;
  struct error error;
  assert_non_null(mkdtemp(folder));
  snprintf(trace, sizeof trace, "%s/trace.jsonl", folder);
  snprintf(run, sizeof run, "%s/run.jsonl", folder);
  write_trace(trace, server->script->path);
  int64_t start_ns = clock_now_ns();
  pid_t child = spawn(server, trace, run);
  while (waitpid(child, &status, WNOHANG) == 0 && clock_now_ns() - start_ns < PATIENCE_NS)
    serve_some(server);
  assert_true(clock_now_ns() - start_ns < PATIENCE_NS);
  if (buf_read_file(records, run, &error)) fail_msg("%s", error.text);
  buf_text(records);
  unlink(trace);
  unlink(run);
  rmdir(folder);
  while (server->count > 0)
    close(server->open[--server->count]);
  close(server->listener);
  return WEXITSTATUS(status);
}

static size_t count(const char *text, const char *part) {
  size_t found = 0;
  for (; (text = strstr(text, part)) != NULL; text += strlen(part))
    found++;
  return found;
}

static double longest_latency_s(const char *records) {
  double longest = -1, latency;
  static const char name[] = "\"latency_s\":";
  for (const char *at = records; (at = strstr(at, name)) != NULL; at += sizeof name - 1) {
    if (sscanf(at + sizeof name - 1, "%lf", &latency) == 1 && latency > longest) longest = latency;
  }
  return longest;
}

static void test_an_answer_ends_at_its_own_end_where_the_connection_stays_open(void **state) {
  (void)state;
  static const struct script scripts[] = {
      {"/v1/chat/completions", "text/event-stream", EVENT EVENT USAGE DONE, NULL},
      {"/api/chat", "application/x-ndjson", OLLAMA, NULL},
  };
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    struct server server;
    struct buf records = {0};
    start(&server, &scripts[i]);
    assert_int_equal(measure(&server, &records), 0);
    assert_int_equal(
        count(records.data, "\"input_tokens\":13,\"output_tokens\":5,\"token_source\":\"usage\""), REQUESTS);
    assert_int_equal(count(records.data, "\"failed\":0,"), 1);
    assert_true(longest_latency_s(records.data) < 2);
    assert_int_equal(server.accepted, REQUESTS + 1); // none was kept, and one only knocks
    buf_free(&records);
  }
}

static void test_a_connection_whose_last_chunk_comes_soon_is_used_again(void **state) {
  (void)state;
  static const struct script script = {"/v1/chat/completions", "text/event-stream", THOUGHT EVENT USAGE DONE,
                                       "0\r\n\r\n"};
  struct server server;
  struct buf records = {0};
  start(&server, &script);
  assert_int_equal(measure(&server, &records), 0);
  assert_int_equal(count(records.data, "\"failed\":0,"), 1);
  assert_true(server.accepted < REQUESTS);
  assert_int_equal(count(records.data, "\"ttfa_s\":0."), REQUESTS);
  buf_free(&records);
}

static void test_a_failure_ends_a_stream_at_once(void **state) {
  (void)state;
  static const struct script scripts[] = {
      {"/v1/chat/completions", "text/event-stream", EVENT ERROR, NULL},
      {"/v1/chat/completions", "text/event-stream", WORDS, NULL},
  };
  static const char *const words[] = {"\"error_text\":\"died\"", "Number of choices must be greater than 0."};
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    struct server server;
    struct buf records = {0};
    start(&server, &scripts[i]);
    assert_int_equal(measure(&server, &records), 1); // not one request succeeded
    assert_int_equal(count(records.data, words[i]), REQUESTS);
    assert_true(longest_latency_s(records.data) < 2);
    buf_free(&records);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_answer_ends_at_its_own_end_where_the_connection_stays_open),
      cmocka_unit_test(test_a_connection_whose_last_chunk_comes_soon_is_used_again),
      cmocka_unit_test(test_a_failure_ends_a_stream_at_once),
  };
  return cmocka_run_group_tests_name("what replay makes of a stream's own end", tests, NULL, NULL);
}
