// SPDX-License-Identifier: GPL-3.0-or-later
//
// analyze: statistics and report over measured runs. The only place of the tool that turns a status into
// words and an exit code.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/opts.h"
#include "analyze/summary.h"
#include "lib/base/log.h"

static enum status load_all(const struct opts *opts, struct load_data *data, struct error *error) {
  enum status status = STATUS_OK;
  if (opts->curve) return load_curve_file(data, opts->curve, error);
  for (size_t i = 0; i < opts->input_count && status == STATUS_OK; i++)
    status = load_file(data, opts->inputs[i], error);
  return status == STATUS_OK ? load_finish(data, error) : status;
}

static enum status print_results(const struct opts *opts, const struct results *results,
                                 struct error *error) {
  struct buf out = {0};
  enum status status =
      opts->format == OPTS_FORMAT_CSV ? summary_csv(results, &out) : summary_json(results, NULL, &out);
  if (status == STATUS_OK && fwrite(out.data, 1, out.len, stdout) != out.len) {
    status = status_fail(error, STATUS_IO, "standard output: %s", strerror(ferror(stdout)));
  }
  buf_free(&out);
  return status;
}

static enum status run(const struct opts *opts, bool *lost, struct error *error) {
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  stat_init();
  enum status status = load_all(opts, &data, error);
  if (status != STATUS_OK) goto cleanup;
  *lost = data.lost;
  status = analysis_run(&data, &opts->analysis, &results, error);
  if (status != STATUS_OK) goto cleanup;
  if (opts->title) results.title = strdup(opts->title);
  status = print_results(opts, &results, error);
cleanup:
  results_free(&results);
  load_free(&data);
  return status;
}

int main(int argc, char **argv) {
  struct log log = {.stream = stderr, .tool = "analyze", .level = LOG_NORMAL};
  struct error error = {0};
  struct opts opts;
  bool lost = false;
  enum status status = opts_parse(argc, argv, &opts, &error);
  if (status == STATUS_OK && opts.common.outcome == CLI_HELP) {
    cli_print_help(&opts_program, stdout);
  } else if (status == STATUS_OK && opts.common.outcome == CLI_VERSION) {
    cli_print_version(&opts_program, stdout);
  } else if (status == STATUS_OK) {
    status = run(&opts, &lost, &error);
  }
  opts_free(&opts);
  if (fclose(stdout) != 0 && status == STATUS_OK) {
    status = status_fail(&error, STATUS_IO, "standard output could not be written");
  }
  if (status != STATUS_OK) log_error(&log, "%s", error.text);
  if (status == STATUS_OK && lost) return CLI_EXIT_LOST;
  return cli_exit_code(status);
}
