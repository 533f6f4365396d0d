// SPDX-License-Identifier: GPL-3.0-or-later
//
// From results to what the user asked for: text on standard output, or a folder with the whole report.
#ifndef ANALYZE_OUTPUT_H
#define ANALYZE_OUTPUT_H

#include <stdio.h>

#include "analyze/opts.h"
#include "lib/base/log.h"

// Both write the sentences of the warnings into `results` where the format has them.
//
// Writes opts->format, or the suggestions where those are asked for, to `out`. Colours and width are those of
// `out` where it is a terminal.
enum status output_print(const struct opts *opts, struct results *results, FILE *out,
                         struct error *error) MUST_USE;

// Writes the folder opts->output. Pictures that cannot be drawn become a warning in `results`, a notice in
// `log`, and no error. Interrupted (SIGINT, SIGTERM, SIGHUP) it leaves nothing of a new folder behind:
// STATUS_CANCELLED. STATUS_EXISTS, STATUS_IO, STATUS_MEMORY.
enum status output_folder(const struct opts *opts, struct results *results, struct log *log,
                          struct error *error) MUST_USE;

#endif
