// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/proxy/listener.h"

static char folder[] = "/tmp/tidemark-listener-XXXXXX";
static char path[64];
static const struct address any = {.host = "127.0.0.1", .port = 0};

static int setup(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof path, "%s/socket", folder);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  return rmdir(folder); // each test has removed its file
}

static void test_port_0_becomes_the_one_that_was_picked(void **state) {
  (void)state;
  struct listener listener, second;
  struct error error;
  int port = 0;
  assert_int_equal(listener_open(&any, NULL, false, false, &listener, &error), STATUS_OK);
  assert_int_equal(sscanf(listener.address, "http://127.0.0.1:%d", &port), 1);
  assert_true(port > 0);
  struct address taken = {.host = "127.0.0.1", .port = (uint16_t)port};
  assert_int_equal(listener_open(&taken, NULL, false, false, &second, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "cannot listen on 127.0.0.1:"));
  close(listener.fd);
  assert_int_equal(listener_open(&any, NULL, true, false, &listener, &error), STATUS_OK);
  assert_memory_equal(listener.address, "https://", 8);
  close(listener.fd);
}

static void test_a_unix_socket_is_the_owners_alone_and_goes_at_the_end(void **state) {
  (void)state;
  struct listener listener, second;
  struct error error;
  struct stat about;
  assert_int_equal(listener_open(&any, path, false, false, &listener, &error), STATUS_OK);
  assert_memory_equal(listener.address, "unix:/tmp/", 10);
  assert_true(lstat(path, &about) == 0 && S_ISSOCK(about.st_mode) && (about.st_mode & 0777) == 0600);
  assert_int_equal(listener_open(&any, path, false, false, &second, &error),
                   STATUS_IO); // a live one is left alone
  assert_non_null(strstr(error.text, path));
  listener_remove_file(&listener);
  assert_int_equal(access(path, F_OK), -1);
  listener_remove_file(&listener);
  close(listener.fd);
}

static void test_a_dead_servers_socket_is_replaced(void **state) {
  (void)state;
  struct listener dead, listener;
  struct error error;
  assert_int_equal(listener_open(&any, path, false, false, &dead, &error), STATUS_OK);
  close(dead.fd); // its file stays
  assert_int_equal(listener_open(&any, path, false, false, &listener, &error), STATUS_OK);
  listener_remove_file(&listener);
  assert_int_equal(access(path, F_OK), -1);
  close(listener.fd);
}

static void test_the_file_of_a_successor_stays(void **state) {
  (void)state;
  struct listener first, second;
  struct error error;
  assert_int_equal(listener_open(&any, path, false, false, &first, &error), STATUS_OK);
  unlink(path);
  assert_int_equal(listener_open(&any, path, false, false, &second, &error), STATUS_OK);
  listener_remove_file(&first);
  assert_int_equal(access(path, F_OK), 0);
  listener_remove_file(&second);
  close(first.fd);
  close(second.fd);
}

// A client whose connection goes to the newer of two listening sockets.
static void expect_newer(const struct sockaddr *name, socklen_t len, const struct listener *older,
                         const struct listener *newer) {
  for (int i = 0; i < 20; i++) {
    int client = socket(name->sa_family, SOCK_STREAM, 0);
    assert_int_equal(connect(client, name, len), 0);
    assert_int_equal(accept(older->fd, NULL, NULL), -1);
    int server = accept(newer->fd, NULL, NULL);
    assert_true(server >= 0);
    close(server);
    close(client);
  }
}

static void test_a_handover_takes_new_connections_and_leaves_the_old(void **state) {
  (void)state;
  struct listener older, newer, newest;
  struct error error;
  struct sockaddr_storage name;
  struct sockaddr *address = (struct sockaddr *)&name;
  socklen_t len = sizeof name;
  struct address taken = {.host = "127.0.0.1"};
  assert_int_equal(listener_open(&any, NULL, false, false, &older, &error), STATUS_OK);
  assert_int_equal(getsockname(older.fd, address, &len), 0);
  assert_int_equal(sscanf(older.address, "http://127.0.0.1:%hu", &taken.port), 1);
  int early = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(early, address, len), 0);
  assert_int_equal(listener_open(&taken, NULL, false, false, &newer, &error), STATUS_IO); // only on demand
  assert_int_equal(listener_open(&taken, NULL, false, true, &newer, &error), STATUS_OK);
  int waiting = accept(older.fd, NULL, NULL);
  assert_true(waiting >= 0); // who came before the handover
  expect_newer(address, len, &older, &newer);
  close(older.fd);
  assert_int_equal(listener_open(&taken, NULL, false, true, &newest, &error), STATUS_OK); // and once more
  expect_newer(address, len, &newer, &newest);
  close(newer.fd);
  close(newest.fd);
  close(waiting);
  close(early);
}

static void test_a_handover_of_a_unix_socket(void **state) {
  (void)state;
  struct listener older, newer;
  struct error error;
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  memcpy(name.sun_path, path, strlen(path));
  assert_int_equal(listener_open(&any, path, false, false, &older, &error), STATUS_OK);
  assert_int_equal(listener_open(&any, path, false, true, &newer, &error), STATUS_OK);
  int probe = accept(older.fd, NULL, NULL); // that it is alive was found by a connection
  if (probe >= 0) close(probe);
  expect_newer((struct sockaddr *)&name, sizeof name, &older, &newer);
  listener_remove_file(&older);
  assert_int_equal(access(path, F_OK), 0);
  listener_remove_file(&newer);
  close(older.fd);
  close(newer.fd);
}

static void test_a_passed_socket_is_for_its_process_alone(void **state) {
  (void)state;
  struct listener listener;
  struct error error;
  char pid[32];
  assert_int_equal(listener_count_passed(), 0);
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_PID", "1", 1);
  assert_int_equal(listener_count_passed(), 0); // another's
  snprintf(pid, sizeof pid, "%d", (int)getpid());
  setenv("LISTEN_PID", pid, 1);
  assert_int_equal(listener_count_passed(), 1);
  int null = open("/dev/null", O_RDONLY);
  assert_true(null >= 0 && (null == 3 || dup2(null, 3) == 3));
  assert_int_equal(listener_take_passed(false, &listener, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "no socket that listens"));
  setenv("LISTEN_FDS", "2", 1);
  assert_int_equal(listener_take_passed(false, &listener, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "LISTEN_FDS=2: one socket is expected"));
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDS");
  close(3);
}

static void test_a_passed_socket_may_be_local(void **state) {
  static const struct {
    const char *host;
    bool is_local;
  } rows[] = {{"127.0.0.1", true}, {"127.0.0.2", true}, {"0.0.0.0", false}, {"::", false}, {"::1", true}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct listener listener;
    struct error error;
    struct address address = {.port = 0};
    snprintf(address.host, sizeof address.host, "%s", rows[i].host);
    if (listener_open(&address, NULL, false, false, &listener, &error) != STATUS_OK) {
      print_message("skipped: %s\n", error.text);
      continue;
    }
    assert_true(listener.fd == 3 || dup2(listener.fd, 3) == 3);
    assert_int_equal(listener_passed_is_local(), rows[i].is_local);
    if (listener.fd != 3) close(listener.fd);
    close(3);
  }
}

// True: a connection from this address is there within a moment.
static bool connects(const struct listener *listener, int family, const char *from) {
  struct sockaddr_storage source = {.ss_family = (sa_family_t)family}, to;
  struct sockaddr_in *four = (struct sockaddr_in *)&source;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&source, bound = {0};
  socklen_t len = sizeof bound;
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert_int_equal(inet_pton(family, from, family == AF_INET ? (void *)&four->sin_addr : &six->sin6_addr), 1);
  assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&bound, &len), 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&source, sizeof source), 0);
  to = source;
  ((struct sockaddr_in6 *)&to)->sin6_port = bound.sin6_port; // where IPv4 has it too
  (void)connect(fd, (struct sockaddr *)&to, sizeof to);      // nothing is there yet
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  bool is_there = poll(&ready, 1, 200) == 1 && !(ready.revents & (POLLERR | POLLHUP));
  close(fd);
  return is_there;
}

// Some kernels let only root set a filter; capture closes what it does not let in, then.
static bool has_filter(const struct listener *listener) {
  socklen_t instructions = 0;
  return getsockopt(listener->fd, SOL_SOCKET, SO_GET_FILTER, NULL, &instructions) == 0 && instructions > 0;
}

static void test_one_address_is_blocked(void **state) {
  static const struct {
    const char *host, *blocked;
    struct {
      int family;
      const char *from;
      bool connects;
    } clients[3];
  } rows[] = {
      {"0.0.0.0", "127.0.0.2", {{AF_INET, "127.0.0.2", false}, {AF_INET, "127.0.0.3", true}}},
      {"::",
       "::ffff:127.0.0.2",
       {{AF_INET, "127.0.0.2", false}, {AF_INET, "127.0.0.3", true}, {AF_INET6, "::1", true}}},
      {"::", "::2", {{AF_INET6, "::1", false}, {AF_INET, "127.0.0.2", true}}}, // its network
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct listener listener;
    struct error error;
    struct address address = {.port = 0};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    bool is_four = inet_pton(AF_INET, rows[i].blocked, &four.sin_addr) == 1;
    snprintf(address.host, sizeof address.host, "%s", rows[i].host);
    if (!is_four) assert_int_equal(inet_pton(AF_INET6, rows[i].blocked, &six.sin6_addr), 1);
    if (listener_open(&address, NULL, false, false, &listener, &error) != STATUS_OK) {
      print_message("skipped: %s\n", error.text);
      continue;
    }
    listener_block(&listener, is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six);
    bool is_set = has_filter(&listener);
    assert_true(is_set || geteuid() != 0);
    if (!is_set) print_message("skipped: no filter without root here\n");
    for (size_t k = 0; is_set && k < 3 && rows[i].clients[k].from; k++)
      assert_int_equal(connects(&listener, rows[i].clients[k].family, rows[i].clients[k].from),
                       rows[i].clients[k].connects);
    listener_block(&listener, NULL);
    assert_true(connects(&listener, rows[i].clients[0].family, rows[i].clients[0].from));
    close(listener.fd);
  }
}

static void test_a_file_that_is_no_socket_is_left_alone(void **state) {
  (void)state;
  struct listener listener;
  struct error error;
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
  assert_int_equal(listener_open(&any, path, false, false, &listener, &error), STATUS_IO);
  assert_int_equal(access(path, F_OK), 0);
  unlink(path);
  char longer[200];
  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = '\0';
  assert_int_equal(listener_open(&any, longer, false, false, &listener, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "longer than 107 bytes"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_port_0_becomes_the_one_that_was_picked),
      cmocka_unit_test(test_a_unix_socket_is_the_owners_alone_and_goes_at_the_end),
      cmocka_unit_test(test_a_dead_servers_socket_is_replaced),
      cmocka_unit_test(test_the_file_of_a_successor_stays),
      cmocka_unit_test(test_a_handover_takes_new_connections_and_leaves_the_old),
      cmocka_unit_test(test_a_handover_of_a_unix_socket),
      cmocka_unit_test(test_a_passed_socket_is_for_its_process_alone),
      cmocka_unit_test(test_a_passed_socket_may_be_local),
      cmocka_unit_test(test_one_address_is_blocked),
      cmocka_unit_test(test_a_file_that_is_no_socket_is_left_alone),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
