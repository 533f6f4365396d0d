// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/stdio_fds.h"
#include "tests/simllm/opts.h"
#include "tests/simllm/server.h"

static enum status serve(const struct opts *opts, struct log *log, struct error *error) {
  struct server *server = NULL;
  enum status status = server_open(opts, log, &server, error);
  if (status == STATUS_OK) {
    bool brackets = strchr(opts->host, ':') != NULL;
    // Without the tool's name before it: this line is for scripts, also with -q.
    fprintf(log->stream, "listening on http://%s%s%s:%u\n", brackets ? "[" : "", opts->host,
            brackets ? "]" : "", server_port(server));
    fflush(log->stream);
    status = server_run(server, error);
  }
  server_close(server);
  return status;
}

int main(int argc, char **argv) {
  if (stdio_fds_hold()) return CLI_EXIT_FAILED;
  struct opts opts;
  struct cli_common common;
  struct error error = {""};
  struct log log = {.stream = stderr, .tool = opts_program.name, .level = LOG_NORMAL};
  enum status status = opts_parse(argc, argv, &opts, &common, &error);
  if (status == STATUS_OK && common.outcome == CLI_HELP) {
    cli_print_help(&opts_program, stdout);
  } else if (status == STATUS_OK && common.outcome == CLI_VERSION) {
    cli_print_version(&opts_program, stdout);
  } else if (status == STATUS_OK) {
    log.level = common.verbosity > 0 ? LOG_VERBOSE : common.verbosity < 0 ? LOG_QUIET : LOG_NORMAL;
    status = serve(&opts, &log, &error);
  }
  if (status == STATUS_OK && fflush(stdout) != 0) {
    status = status_fail(&error, STATUS_IO, "standard output cannot be written");
  }
  if (status != STATUS_OK) log_error(&log, "%s", error.text);
  return cli_exit_code(status);
}
