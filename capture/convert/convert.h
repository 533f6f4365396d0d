// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs `capture --import` and `capture --export`: from the named file to the output, and logs the
// result.
#ifndef CAPTURE_CONVERT_H
#define CAPTURE_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/convert/export.h"
#include "capture/convert/import.h"
#include "lib/base/log.h"

struct convert_options {
  const struct import_format *import; // one of the two; the other is NULL
  const struct export_format *export;
  const char *input, *output; // "-": standard input, standard output
  bool force;                 // replaces an output that exists
  bool skip_bad;              // skips bad lines instead of ending at the first
  enum api api;               // of made requests, as import.h has it
  const char *model;
  int64_t max_tokens;
  const char *upstream;      // the URL that exported requests go to; NULL: none
  const char *anonymize_key; // file; NULL: texts are written
  const struct names *keep_headers, *redact;
  size_t queue_bytes;
  int64_t flush_interval_ns;
};

// An output file that this call created is removed again when it fails.
// STATUS_EXISTS: the output is there and --force is not; otherwise as import_run, export_run and
// anonymize_open. `is_lossy`: it is done, but bad lines were skipped (their number is logged).
enum status convert_run(const struct convert_options *options, struct log *log, bool *is_lossy,
                        struct error *error) MUST_USE;

#endif
