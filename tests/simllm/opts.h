// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the simulated server was told on its command line.
#ifndef TESTS_SIMLLM_OPTS_H
#define TESTS_SIMLLM_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cli.h"
#include "tests/simllm/engine.h"
#include "tests/simllm/faults.h"

enum opts_usage { OPTS_USAGE_AUTO, OPTS_USAGE_ALWAYS, OPTS_USAGE_NEVER };

// How a stream's events lie in its HTTP chunks.
enum { OPTS_CHUNK_EVENT = 0, OPTS_CHUNK_READY = -1 };

struct opts {
  char host[256];
  uint16_t port; // 0: any free one
  struct engine_config engine;
  double startup_s;  // from its start /health says 503 and / 404 so long, and every request fails with 503
  int64_t max_slots; // 0: no limit; above it every request fails with 500
  int64_t tokens;    // where the request sets no limit
  struct faults faults;
  enum opts_usage usage;
  bool prompt_cache;   // an equal request again has its prompt prefilled but for one token
  bool late_headers;   // headers come with the first token
  int64_t chunk_bytes; // or OPTS_CHUNK_EVENT: one event each; OPTS_CHUNK_READY: all that are ready
  char model[128];
  int64_t log_requests; // how many requests /stats?log=1 can show
  bool log_events;      // and with each when its tokens were sent
};

extern const struct cli_program opts_program;

// Parses the command line over the defaults. STATUS_USAGE with one line.
enum status opts_parse(int argc, char **argv, struct opts *opts, struct cli_common *common,
                       struct error *error) MUST_USE;

#endif
