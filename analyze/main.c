// SPDX-License-Identifier: GPL-3.0-or-later
//
// analyze: statistics and report over measured runs. The only place of the tool that turns a status into
// words and an exit code.
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/input/notices.h"
#include "analyze/output.h"
#include "analyze/verdict.h"
#include "lib/base/log.h"
#include "lib/base/stdio_fds.h"

// In the middle of a computation, before anything is written.
static void end_without_memory(void) {
  struct log log = {.stream = stderr, .tool = "analyze", .level = LOG_QUIET};
  log_error(&log, "%s", status_name(STATUS_MEMORY));
  _exit(CLI_EXIT_FAILED);
}

static enum status load_all(const struct opts *opts, struct load_data *data, struct error *error) {
  if (opts->curve) return load_curve_file(data, opts->curve, error);
  enum status status = load_files(data, (const char *const *)opts->inputs.items, opts->inputs.count, error);
  return status == STATUS_OK ? load_finish(data, error) : status;
}

static enum status run(const struct opts *opts, struct log *log, bool *lost, bool *bad, struct error *error) {
  struct load_data data = LOAD_DATA, baseline = LOAD_DATA; // results borrow words of both
  struct results results = {0};
  // Histograms are large and mostly empty: in mappings of their own the pages that nobody touches cost
  // nothing.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  stat_init();
  stat_on_no_memory(end_without_memory);
  data.limits = opts->slo.request;
  data.has_limits = opts->slo.has_request;
  data.measure = opts->measure;
  data.has_measure = opts->has_measure;
  enum status status = load_all(opts, &data, error);
  if (status != STATUS_OK) goto cleanup;
  *lost = data.lost;
  notices_tell(&data, log);
  status = analysis_run(&data, &opts->analysis, &results, error);
  if (status != STATUS_OK) goto cleanup;
  status = verdict_reach(opts, &data, &baseline, &results, log, bad, lost, error);
  if (status != STATUS_OK) goto cleanup;
  results.arguments = opts->arguments;
  results.argument_count = opts->argument_count;
  if (opts->title && !(results.title = strdup(opts->title))) {
    status = status_memory(error);
    goto cleanup;
  }
  if (opts->output) {
    status = output_folder(opts, &results, log, error);
    if (status == STATUS_OK) log_notice(log, "report written to %s", opts->output);
  }
  if (status == STATUS_OK && (!opts->output || opts->suggest > 0)) {
    status = output_print(opts, &results, stdout, error);
  }
cleanup:
  results_free(&results);
  load_free(&data);
  load_free(&baseline);
  return status;
}

int main(int argc, char **argv) {
  if (stdio_fds_hold()) return CLI_EXIT_FAILED;
  struct log log = {.stream = stderr, .tool = "analyze", .level = LOG_NORMAL};
  struct error error = {0};
  struct opts opts;
  bool lost = false, bad = false;
  enum status status = opts_parse(argc, argv, &opts, &error);
  if (status == STATUS_OK && opts.common.outcome == CLI_HELP) {
    cli_print_help(&opts_program, stdout);
  } else if (status == STATUS_OK && opts.common.outcome == CLI_VERSION) {
    cli_print_version(&opts_program, stdout);
  } else if (status == STATUS_OK) {
    log.level = opts.common.verbosity < 0 ? LOG_QUIET : opts.common.verbosity > 0 ? LOG_VERBOSE : LOG_NORMAL;
    opts.arguments = (const char *const *)argv;
    opts.argument_count = (size_t)argc;
    status = run(&opts, &log, &lost, &bad, &error);
  }
  opts_free(&opts);
  if ((ferror(stdout) || fclose(stdout) != 0) && status == STATUS_OK) {
    status = status_fail(&error, STATUS_IO, "standard output could not be written");
  }
  if (status != STATUS_OK) log_error(&log, "%s", error.text);
  if (status == STATUS_OK && bad) return CLI_EXIT_ASSERTION;
  if (status == STATUS_OK && lost) return CLI_EXIT_LOST;
  return cli_exit_code(status);
}
