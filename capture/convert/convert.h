// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs `capture --import` and `capture --export`: from the named file to the output, with words about how it
// went.
#ifndef CAPTURE_CONVERT_H
#define CAPTURE_CONVERT_H

#include <stdbool.h>

#include "capture/opts.h"
#include "lib/base/log.h"

// opts->import or opts->export is set. An output file that this call created is removed again when it fails.
// STATUS_EXISTS: the output is there and --force is not; otherwise as import_run, export_run and
// anonymize_open. `is_lossy`: it is done, but bad lines were skipped (and their number said).
enum status convert_run(const struct opts *opts, struct log *log, bool *is_lossy,
                        struct error *error) MUST_USE;

#endif
