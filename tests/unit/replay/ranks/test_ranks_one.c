// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "replay/ranks/ranks.h"

// In a build with MPI too: without a launcher a process is alone.
static void test_without_a_launcher_there_is_one_rank(void **state) {
  (void)state;
  struct ranks *ranks = NULL;
  struct error error;
  unsetenv("OMPI_COMM_WORLD_SIZE");
  assert_int_equal(ranks_open(&ranks, &error), STATUS_OK);
  assert_null(ranks);
  assert_int_equal(ranks_number(ranks), 0);
  assert_int_equal(ranks_count(ranks), 1);
  ranks_close(ranks, true, 0);
}

#ifndef TIDEMARK_MPI
static void test_processes_of_mpirun_are_refused_without_mpi(void **state) {
  (void)state;
  struct ranks *ranks = NULL;
  struct error error;
  setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
  assert_int_equal(ranks_open(&ranks, &error), STATUS_USAGE);
  assert_non_null(strstr(error.text, "make MPI=1"));
  setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
  assert_int_equal(ranks_open(&ranks, &error), STATUS_OK);
  unsetenv("OMPI_COMM_WORLD_SIZE");
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_without_a_launcher_there_is_one_rank),
#ifndef TIDEMARK_MPI
      cmocka_unit_test(test_processes_of_mpirun_are_refused_without_mpi),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
