// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lanes, a recorder and requests for tests of what sends. The requests go to a port at which nothing listens,
// so each fails at once as `connect`.
#ifndef TESTS_UNIT_REPLAY_SENDER_H
#define TESTS_UNIT_REPLAY_SENDER_H

#include "lib/net/loop.h"
#include "replay/send/measurement.h"

enum { SENDER_REQUESTS = 7 };

struct sender {
  struct loop *loop;
  struct lanes *lanes;
  struct endpoint endpoint;
  struct work_request requests[SENDER_REQUESTS], *places[SENDER_REQUESTS];
  struct work work;
  struct recorder *recorder;
  struct log log;
  struct send_settings settings;
  struct measurement_setup setup;
  char path[64]; // of the run
  int overs;     // calls of sender_over
  bool complete; // the last had an outcome: then the rest is of it
  bool is_open_loop;
  int64_t total_ns;
  struct recorder_sums sums;
  struct recorder_open_loop open_loop;
};

void sender_open(struct sender *sender, int64_t lanes);
void sender_over(void *context,
                 const struct measurement_outcome *outcome); // a measurement_over; stops the loop
void sender_run(struct sender *sender);                      // the loop, until sender_over; fails after 10 s

// Records of this type in the run; the recorder is closed.
int sender_count(struct sender *sender, const char *type);
void sender_close(struct sender *sender); // close what was opened on it first, after lanes_stop

#endif
