// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "replay/ranks/ranks.h"

static const char *self;

#ifdef TIDEMARK_MPI
enum { LONG = 3000000 };

static void receive(struct ranks *ranks, int64_t *from, struct buf *message) {
  enum status status;
  while ((status = ranks_receive(ranks, from, message)) == STATUS_END)
    ;
  if (status) exit(3);
}

// Each other rank sends a short message and then a long one; rank 0 answers each.
static int be_a_rank(void) {
  struct ranks *ranks;
  struct buf message = {0};
  int64_t from, value, texts = 0, last[3] = {0};
  char *text = malloc(LONG);
  if (!text || ranks_open(&ranks, NULL) || ranks_count(ranks) != 3) return 4;
  memset(text, '0' + (int)ranks_number(ranks), LONG);
  value = 100 + ranks_number(ranks);
  if (ranks_meet(ranks, 20 * CLOCK_NS_PER_S) || ranks_share(ranks, &value, 20 * CLOCK_NS_PER_S) ||
      value != 100)
    return 5;
  if (ranks_number(ranks) > 0) {
    if (ranks_send(ranks, 0, text, 5) || ranks_send(ranks, 0, text, LONG)) return 6;
    receive(ranks, &from, &message);
    if (from != 0 || message.len != 3 || memcmp(message.data, "yes", 3) != 0) return 7;
  }
  for (; ranks_number(ranks) == 0 && texts < 4; texts++) {
    receive(ranks, &from, &message);
    if (message.len != (last[from] ? LONG : 5) || message.data[message.len - 1] != '0' + (char)from) return 8;
    if (last[from]++ && ranks_send(ranks, from, "yes", 3)) return 9;
  }
  buf_free(&message);
  free(text);
  ranks_close(ranks, true, 0);
  return 0;
}
#else
static int be_a_rank(void) {
  return 0;
}
#endif

static void test_ranks_meet_and_send_each_other_messages(void **state) {
  (void)state;
#ifdef TIDEMARK_MPI
  char command[600]; // what Open MPI does not free at its end is no leak of ours
  snprintf(command, sizeof command,
           "LSAN_OPTIONS=detect_leaks=0 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout 60 "
           "mpirun --oversubscribe -n 3 "
           "%s rank",
           self);
  // NOLINTNEXTLINE(cert-env33-c): the launcher is what is tested
  assert_int_equal(system(command), 0);
#else
  print_message("skipped: this build has no MPI (make MPI=1)\n");
  (void)self;
  skip();
#endif
}

int main(int argc, char **argv) {
  self = argv[0];
  if (argc > 1) return be_a_rank();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ranks_meet_and_send_each_other_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
