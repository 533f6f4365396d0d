// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <cmocka.h>
#include <errno.h>
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
  assert_int_equal(listener_open(&any, NULL, false, &listener, &error), STATUS_OK);
  assert_int_equal(sscanf(listener.address, "http://127.0.0.1:%d", &port), 1);
  assert_true(port > 0);
  struct address taken = {.host = "127.0.0.1", .port = (uint16_t)port};
  assert_int_equal(listener_open(&taken, NULL, false, &second, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "cannot listen on 127.0.0.1:"));
  close(listener.fd);
  assert_int_equal(listener_open(&any, NULL, true, &listener, &error), STATUS_OK);
  assert_memory_equal(listener.address, "https://", 8);
  close(listener.fd);
}

static void test_a_unix_socket_is_the_owners_alone_and_goes_at_the_end(void **state) {
  (void)state;
  struct listener listener, second;
  struct error error;
  struct stat about;
  assert_int_equal(listener_open(&any, path, false, &listener, &error), STATUS_OK);
  assert_memory_equal(listener.address, "unix:/tmp/", 10);
  assert_true(lstat(path, &about) == 0 && S_ISSOCK(about.st_mode) && (about.st_mode & 0777) == 0600);
  assert_int_equal(listener_open(&any, path, false, &second, &error), STATUS_IO); // a live one is left alone
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
  assert_int_equal(listener_open(&any, path, false, &dead, &error), STATUS_OK);
  close(dead.fd); // its file stays
  assert_int_equal(listener_open(&any, path, false, &listener, &error), STATUS_OK);
  listener_remove_file(&listener);
  assert_int_equal(access(path, F_OK), -1);
  close(listener.fd);
}

static void test_the_file_of_a_successor_stays(void **state) {
  (void)state;
  struct listener first, second;
  struct error error;
  assert_int_equal(listener_open(&any, path, false, &first, &error), STATUS_OK);
  unlink(path);
  assert_int_equal(listener_open(&any, path, false, &second, &error), STATUS_OK);
  listener_remove_file(&first);
  assert_int_equal(access(path, F_OK), 0);
  listener_remove_file(&second);
  close(first.fd);
  close(second.fd);
}

static void test_a_file_that_is_no_socket_is_left_alone(void **state) {
  (void)state;
  struct listener listener;
  struct error error;
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
  assert_int_equal(listener_open(&any, path, false, &listener, &error), STATUS_IO);
  assert_int_equal(access(path, F_OK), 0);
  unlink(path);
  char longer[200];
  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = '\0';
  assert_int_equal(listener_open(&any, longer, false, &listener, &error), STATUS_IO);
  assert_non_null(strstr(error.text, "longer than 107 bytes"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_port_0_becomes_the_one_that_was_picked),
      cmocka_unit_test(test_a_unix_socket_is_the_owners_alone_and_goes_at_the_end),
      cmocka_unit_test(test_a_dead_servers_socket_is_replaced),
      cmocka_unit_test(test_the_file_of_a_successor_stays),
      cmocka_unit_test(test_a_file_that_is_no_socket_is_left_alone),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
