// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/convert/convert.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/content/anonymize.h"

static enum status transform(const struct convert_options *options, struct anonymize *anonymize,
                             struct gzline_writer *writer, struct import_counts *counts,
                             struct error *error) {
  struct import_options source = {.path = options->input,
                                  .api = options->api,
                                  .model = options->model,
                                  .max_tokens = options->max_tokens,
                                  .skip_bad = options->skip_bad,
                                  .redact = options->redact,
                                  .keep_headers = options->keep_headers,
                                  .anonymize = anonymize};
  if (options->import) return import_run(options->import, &source, writer, counts, error);
  struct export_options sink = {.source = source, .url = options->upstream};
  return export_run(options->export, &sink, writer, counts, error);
}

static void say(const struct convert_options *options, struct log *log, const struct import_counts *counts) {
  if (counts->bad > 0) {
    log_error(log, "%s: %lld bad line%s skipped, the first: %s", options->input, (long long)counts->bad,
              counts->bad == 1 ? "" : "s", counts->first_bad.text);
  }
  for (enum import_reason reason = 0; reason < IMPORT_REASON_COUNT; reason++) {
    long long count = counts->left_out[reason];
    if (count == 0) continue;
    log_notice(log, "%s: %lld %s left out: %s", options->input, count, count == 1 ? "entry" : "entries",
               import_reason_text(reason));
  }
  struct buf unknown = {0};
  unknown_apis_print(&counts->unknown, &unknown);
  if (unknown.len > 0 && options->import)
    log_notice(log, "%s: %s: of no API that this version supports; replay --api http sends them",
               options->input, buf_text(&unknown));
  buf_free(&unknown);
  log_notice(log, "%s: %lld request%s written to %s", options->input, (long long)counts->requests,
             counts->requests == 1 ? "" : "s",
             strcmp(options->output, "-") == 0 ? "standard output" : options->output);
}

// The very file that is read must not be the one that is written.
static bool is_same_file(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// A file is written beside its place, under a name that keeps the ending (.gz decides how it is written), and
// renamed when it is whole: half of a file would pass for the whole, and what stood there before stays until
// then.
struct place {
  char *beside; // NULL: the output is no regular file of its own (standard output, a device) and written as
                // it is
};

static enum status place_open(const struct convert_options *options, struct place *place,
                              struct error *error) {
  struct stat about;
  place->beside = NULL;
  bool there = stat(options->output, &about) == 0;
  if (strcmp(options->output, "-") == 0 || (there && !S_ISREG(about.st_mode))) return STATUS_OK;
  if (there && about.st_size > 0 && !options->force)
    return status_fail(error, STATUS_EXISTS, "%s: exists already (--force replaces it)", options->output);
  const char *slash = strrchr(options->output, '/');
  int folder_len = slash ? (int)(slash + 1 - options->output) : 0;
  const char *name = options->output + folder_len;
  if (asprintf(&place->beside, "%.*s.part-%ld-%s", folder_len, options->output, (long)getpid(), name) < 0) {
    place->beside = NULL;
    return status_memory(error);
  }
  return STATUS_OK;
}

static const char *place_path(const struct place *place, const struct convert_options *options) {
  return place->beside ? place->beside : options->output;
}

// An error names the file that the user has named.
static void name_output(const struct place *place, const struct convert_options *options,
                        struct error *error) {
  const char *at = place->beside ? strstr(error->text, place->beside) : NULL;
  if (!at) return;
  struct error found = *error;
  status_write(error, "%.*s%s%s", (int)(at - error->text), found.text, options->output,
               found.text + (at - error->text) + strlen(place->beside));
}

static enum status place_close(struct place *place, const struct convert_options *options, enum status status,
                               struct error *error) {
  if (place->beside && status) unlink(place->beside);
  if (place->beside && !status && rename(place->beside, options->output) != 0) {
    status = status_fail(error, STATUS_IO, "%s: %s", options->output, strerror(errno));
    unlink(place->beside);
  }
  free(place->beside);
  place->beside = NULL;
  return status;
}

// Fills the writer's file. When that cannot be written, its error is the cause.
static enum status fill(const struct convert_options *options, struct anonymize *anonymize,
                        struct gzline_writer *writer, struct import_counts *counts, struct error *error) {
  struct error late;
  enum status status = transform(options, anonymize, writer, counts, error);
  enum status closed = gzline_writer_close(writer, NULL, &late);
  if (closed) *error = late;
  return closed ? closed : status;
}

enum status convert_run(const struct convert_options *options, struct log *log, bool *is_lossy,
                        struct error *error) {
  struct gzline_options file = {.existing = options->force ? GZLINE_REPLACE : GZLINE_REFUSE,
                                .full = GZLINE_WAIT,
                                .queue_bytes = options->queue_bytes,
                                .flush_interval_ns = options->flush_interval_ns};
  struct place place = {NULL};
  struct anonymize *anonymize = NULL;
  struct gzline_writer *writer = NULL;
  struct import_counts counts = {0};
  enum status status = STATUS_OK;
  *is_lossy = false;
  bool reads = !options->import || !options->import->reads_no_file;
  if (reads && is_same_file(options->input, options->output))
    return status_fail(error, STATUS_USAGE, "%s: input and output are the same file", options->input);
  if (reads && access(options->input, R_OK) != 0 &&
      strcmp(options->input, "-") != 0) // before the output is touched
    return status_fail(error, STATUS_NOT_FOUND, "%s: %s", options->input, strerror(errno));
  if (options->anonymize_key) status = anonymize_open(options->anonymize_key, &anonymize, error);
  if (status == STATUS_OK) status = place_open(options, &place, error);
  if (status == STATUS_OK) status = gzline_writer_open(place_path(&place, options), &file, &writer, error);
  if (status == STATUS_OK) status = fill(options, anonymize, writer, &counts, error);
  if (status) name_output(&place, options, error);
  status = place_close(&place, options, status, error);
  anonymize_close(anonymize);
  if (status == STATUS_OK) say(options, log, &counts);
  *is_lossy = status == STATUS_OK && counts.bad > 0;
  return status;
}
