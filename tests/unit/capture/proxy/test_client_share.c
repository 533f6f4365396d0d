// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants these first.
#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>

#include "capture/proxy/client_share.h"

#define CLIENTS 5000 // more than there are chains

static const struct sockaddr *address_of(const char *text) {
  static struct sockaddr_storage address;
  struct sockaddr_in *four = (struct sockaddr_in *)&address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
  address = (struct sockaddr_storage){0};
  if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
  } else {
    assert_int_equal(inet_pton(AF_INET6, text, &six->sin6_addr), 1);
    six->sin6_family = AF_INET6;
  }
  return (const struct sockaddr *)&address;
}

static struct client_shares *shares;

static int setup(void **state) {
  (void)state;
  shares = calloc(1, sizeof *shares);
  return !shares;
}

static int teardown(void **state) {
  (void)state;
  for (size_t i = 0; i < CLIENT_SHARES; i++)
    assert_null(shares->chains[i]); // all have left
  free(shares);
  return 0;
}

static void test_who_is_the_same_client(void **state) {
  static const struct {
    const char *joins, *asks;
    int64_t count;
  } rows[] = {
      {"127.0.0.1", "127.0.0.1", 1},
      {"127.0.0.1", "127.0.0.2", 0},
      {"2001:db8::1", "2001:db8::ffff:2", 1}, // one network
      {"2001:db8::1", "2001:db8:0:1::1", 0},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1", 1},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.2", 0}, // not one network
      {"32.1.13.184", "2001:db8::1", 0},         // the same first bytes
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct client_share *share = client_share_join(shares, address_of(rows[i].joins));
    assert_non_null(share);
    assert_int_equal(client_share_count(shares, address_of(rows[i].asks)), rows[i].count);
    client_share_leave(shares, share);
  }
}

static void test_a_unix_socket_counts_for_nobody(void **state) {
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  (void)state;
  assert_null(client_share_join(shares, (const struct sockaddr *)&local));
  assert_null(client_share_join(shares, NULL));
  assert_int_equal(client_share_count(shares, NULL), 0);
  client_share_leave(shares, NULL);
}

static void test_many_clients_join_and_leave(void **state) {
  static struct client_share *joined[CLIENTS][2];
  (void)state;
  for (int round = 0; round < 2; round++) {
    for (uint32_t i = 0; i < CLIENTS; i++) {
      struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + i)};
      joined[i][round] = client_share_join(shares, (struct sockaddr *)&address);
      assert_int_equal(client_share_count(shares, (struct sockaddr *)&address), round + 1);
    }
  }
  for (int round = 0; round < 2; round++) {
    for (uint32_t i = 0; i < CLIENTS; i++) {
      struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + i)};
      client_share_leave(shares, joined[i][round]);
      assert_int_equal(client_share_count(shares, (struct sockaddr *)&address), 1 - round);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_who_is_the_same_client, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_unix_socket_counts_for_nobody, setup, teardown),
      cmocka_unit_test_setup_teardown(test_many_clients_join_and_leave, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
