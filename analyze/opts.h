// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line of analyze, parsed once into a struct that stays as it is.
#ifndef ANALYZE_OPTS_H
#define ANALYZE_OPTS_H

#include "analyze/judge/analysis.h"
#include "analyze/judge/demand.h"
#include "analyze/judge/slo.h"
#include "analyze/report/lang.h"
#include "lib/base/cli.h"

enum opts_format { OPTS_FORMAT_TEXT, OPTS_FORMAT_MD, OPTS_FORMAT_JSON, OPTS_FORMAT_CSV };

struct opts {
  struct cli_texts inputs; // "-": standard input
  char *curve;             // NULL: runs
  char *output;            // directory without trailing slashes; NULL: standard output
  char *title;
  enum opts_format format;
  enum lang lang;
  bool has_format, no_plots, force;
  char *baseline;        // NULL: none
  double max_regression; // fraction; NaN: no limit
  double session_sd;     // of ln throughput between lives of a server
  struct cli_texts assertions;
  struct slo slo;
  struct demand_options demand; // traffic NULL: not asked
  enum results_measure measure; // what throughput counts, where it was given
  bool has_measure;
  int64_t suggest; // cells to propose; 0: not asked
  char *sigma;     // as given; analysis.sigma holds what it means
  struct analysis_options analysis;
  struct cli_common common;
  const char *const
      *arguments; // the command line as it was typed, the program first (borrowed); main sets it
  size_t argument_count;
};

extern const struct cli_program opts_program;

// STATUS_USAGE with one line. The caller frees with opts_free, also after an error.
enum status opts_parse(int argc, char **argv, struct opts *opts, struct error *error) MUST_USE;
void opts_free(struct opts *opts);

#endif
