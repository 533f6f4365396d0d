// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line of capture, read once into a struct that nothing changes afterwards.
#ifndef CAPTURE_OPTS_H
#define CAPTURE_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/convert/export.h"
#include "capture/convert/import.h"
#include "capture/record/tracefile.h"
#include "lib/base/cli.h"
#include "lib/base/names.h"
#include "lib/http/address.h"
#include "lib/http/endpoint.h"

struct opts {
  struct endpoint upstream;
  struct address listen;
  bool has_listen;
  char *unix_socket; // a path to listen on instead; NULL: none
  bool passed;       // listen on the socket that systemd has opened
  bool handover;     // take over from a capture that runs
  char *output;      // "-": standard output
  struct tracefile_rotation rotation;
  bool keep_bodies;  // of requests
  bool keep_answers; // bodies of responses
  struct names keep_headers, redact, include, exclude;
  double sample; // share of the sessions that is recorded, 0 to 1
  int64_t max_body_bytes, max_header_bytes, max_connections;
  int64_t max_connections_per_client; // 0: as many as there are
  int64_t idle_timeout_ns;            // 0: never
  int64_t header_timeout_ns;          // 0: never
  int64_t body_timeout_ns;            // 0: never
  int64_t queue_bytes, flush_interval_ns, shutdown_grace_ns;
  char *ca_file; // NULL: the system's
  bool insecure;
  char *tls_cert, *tls_key; // files; both or neither
  bool has_metrics;
  struct address metrics;
  char *anonymize_key;                // file; NULL: texts are recorded
  const struct import_format *import; // at most one of the two; NULL and NULL: record traffic
  const struct export_format *export;
  char *input;  // what is imported or exported
  enum api api; // of requests that are made: API_HTTP: the usual one
  char *model;
  int64_t max_tokens; // 0: no limit
  bool skip_bad, force;
};

extern const struct cli_program opts_program;

// Fills `out` from the command line; its texts are owned by it (opts_free, also after a failure).
// STATUS_USAGE with one line, STATUS_MEMORY. When common->outcome is not CLI_RUN, nothing was checked.
enum status opts_parse(struct opts *out, int argc, char **argv, struct cli_common *common,
                       struct error *error) MUST_USE;
void opts_free(struct opts *opts);

#endif
