// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the simulated server answers to everything but the text-generating APIs: health, models, versions,
// statistics, errors.
#ifndef TESTS_SIMLLM_PAGES_H
#define TESTS_SIMLLM_PAGES_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "tests/simllm/engine.h"
#include "tests/simllm/opts.h"
#include "tests/simllm/stats.h"

struct pages {
  const struct opts *opts;
  const struct engine *engine;
  const struct stats *stats;
  bool starting;         // /health answers 503 then, and / as a server without pages does
  const char *query_log; // ?log=...; NULL: absent. "0" is as absent
};

// Appends the body, sets *content_type where it is not the caller's application/json, and returns the HTTP
// status: 200, 404 (no such path), 405 (`get`: the method was GET or HEAD), 503 (it is starting). Failures
// show in out->status.
unsigned pages_write(const struct pages *pages, const char *path, bool get, struct buf *out,
                     const char **content_type);

#endif
