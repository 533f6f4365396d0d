// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the command line decides about the server and the time between batches; borrowed.
#ifndef REPLAY_SERVER_SETTINGS_H
#define REPLAY_SERVER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/http/endpoint.h"

struct server_settings {
  const struct endpoint *endpoint;
  const char *stem; // names of files beside the run begin with it

  const char *command; // --server; NULL: not managed
  const char *ready;   // path; NULL: any answer
  int64_t ready_timeout_ns;

  const char *before_batch;       // command; NULL: none
  const char *metrics_path;       // of the server; NULL: `metrics`
  const struct endpoint *metrics; // with a NULL path: none is asked for
  const char *ca_file;
  bool insecure;
};

#endif
