// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/convert.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/anonymize.h"

static enum status transform(const struct opts *opts, struct anonymize *anonymize,
                             struct gzline_writer *writer, struct import_counts *counts,
                             struct error *error) {
  struct import_options source = {.path = opts->input,
                                  .skip_bad = opts->skip_bad,
                                  .redact = &opts->redact,
                                  .keep_headers = &opts->keep_headers,
                                  .anonymize = anonymize};
  if (opts->import) return import_run(opts->import, &source, writer, counts, error);
  struct export_options options = {.source = source, .url = opts->upstream.shown};
  return export_run(opts->export, &options, writer, counts, error);
}

static void say(const struct opts *opts, struct log *log, const struct import_counts *counts) {
  if (counts->bad > 0) {
    log_notice(log, "%s: %lld bad lines skipped, the first: %s", opts->input, (long long)counts->bad,
               counts->first_bad.text);
  }
  if (counts->left_out > 0) {
    log_notice(log, "%s: %lld entries left out: %s", opts->input, (long long)counts->left_out,
               opts->export ? "the format cannot express them" : "they ask no language model for text");
  }
  log_notice(log, "%s: %lld requests written to %s", opts->input, (long long)counts->requests,
             strcmp(opts->output, "-") == 0 ? "standard output" : opts->output);
}

// The very file that is read must not be the one that is written.
static bool is_same_file(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// Half of a file would pass for the whole.
static void remove_output(const char *path) {
  struct stat about;
  if (lstat(path, &about) == 0 && S_ISREG(about.st_mode)) unlink(path);
}

enum status convert_run(const struct opts *opts, struct log *log, struct error *error) {
  struct gzline_options options = {.existing = opts->force ? GZLINE_REPLACE : GZLINE_REFUSE,
                                   .full = GZLINE_WAIT,
                                   .queue_bytes = (size_t)opts->queue_bytes,
                                   .flush_interval_ns = opts->flush_interval_ns};
  struct anonymize *anonymize = NULL;
  struct gzline_writer *writer = NULL;
  struct import_counts counts = {0};
  enum status status = STATUS_OK;
  if (is_same_file(opts->input, opts->output))
    return status_fail(error, STATUS_USAGE, "%s: it cannot be read and written at once", opts->input);
  if (access(opts->input, R_OK) != 0 && strcmp(opts->input, "-") != 0) // before the output is touched
    return status_fail(error, STATUS_NOT_FOUND, "%s: %s", opts->input, strerror(errno));
  if (opts->anonymize_key) status = anonymize_open(opts->anonymize_key, &anonymize, error);
  if (status == STATUS_OK) status = gzline_writer_open(opts->output, &options, &writer, error);
  if (status == STATUS_OK) {
    status = transform(opts, anonymize, writer, &counts, error);
    enum status closed = gzline_writer_close(writer, NULL, status ? NULL : error);
    if (status == STATUS_OK) status = closed;
    if (status) remove_output(opts->output);
  }
  anonymize_close(anonymize);
  if (status == STATUS_OK) say(opts, log, &counts);
  return status;
}
