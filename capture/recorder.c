// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/recorder_entry.h"
#include "lib/base/clock.h"

// What a continued file says about the numbers that are taken.
struct past {
  int64_t last_seq, last_session;
};

// "c17" is 17; anything else 0.
static int64_t session_number(struct json_slice session) {
  if (session.len < 2 || session.len > 16 || session.data[0] != 'c') return 0;
  int64_t number = 0;
  for (size_t i = 1; i < session.len; i++) {
    if (session.data[i] < '0' || session.data[i] > '9') return 0;
    number = number * 10 + (session.data[i] - '0');
  }
  return number;
}

// Reads an existing file through: it must be a trace. A file that is not there, or empty, has no past.
static enum status read_past(const char *path, struct past *past, struct error *error) {
  *past = (struct past){.last_seq = -1};
  struct stat about;
  if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
    return STATUS_OK; // a pipe or device has none to read
  struct trace_reader *reader = NULL;
  enum status status = trace_reader_open(path, &reader, error);
  if (status == STATUS_NOT_FOUND) return STATUS_OK;
  struct trace_record record;
  while (status == STATUS_OK && (status = trace_read(reader, &record, NULL, error)) == STATUS_OK) {
    if (record.kind != TRACE_REQUEST) continue;
    int64_t number = session_number(record.request.session);
    if (number > past->last_session) past->last_session = number;
    if (record.request.seq > past->last_seq) past->last_seq = record.request.seq;
  }
  trace_reader_close(reader);
  return status == STATUS_END ? STATUS_OK : status;
}

void recorder_write(struct recorder *recorder, bool is_request) {
  struct buf *line = &recorder->line;
  if (line->status) {
    recorder->dropped++;
  } else if (gzline_write(recorder->writer, line->data, line->len) == STATUS_OK) { // else the writer counts
    recorder->requests += is_request;
    recorder->responses += !is_request;
  }
  // A line of many megabytes is no reason to keep room for another one.
  if (line->capacity > RECORDER_KEPT_LINE) buf_free(line);
  buf_clear(line);
}

static enum status write_header(struct recorder *recorder, struct error *error) {
  static const char tool[] = "capture " TIDEMARK_VERSION;
  struct trace_header header = {
      .version = TRACE_VERSION,
      .start_unix_s = clock_wall_s(),
      .tool = {tool, sizeof tool - 1},
      .upstream = {recorder->options.upstream, strlen(recorder->options.upstream)},
  };
  recorder->start_ns = clock_now_ns();
  if (recorder->options.anonymize) header = anonymize_header(&header);
  trace_format_header(&recorder->line, &header);
  enum status status = recorder->line.status;
  if (status == STATUS_OK) status = gzline_write(recorder->writer, recorder->line.data, recorder->line.len);
  buf_clear(&recorder->line);
  if (status) return status_fail(error, status, "%s: %s", recorder->options.path, status_name(status));
  // A trace that cannot be written is found out before the first client is served.
  return gzline_writer_flush(recorder->writer, error);
}

enum status recorder_open(const struct recorder_options *options, struct recorder **out,
                          struct error *error) {
  struct past past = {.last_seq = -1};
  struct recorder *recorder = calloc(1, sizeof *recorder);
  enum status status = recorder ? STATUS_OK : STATUS_MEMORY;
  if (status) return status_fail(error, status, "%s", status_name(status));
  recorder->options = *options;
  if (strcmp(options->path, "-") != 0) status = read_past(options->path, &past, error);
  recorder->next_seq = past.last_seq + 1;
  if (status == STATUS_OK) status = session_open(past.last_session, &recorder->sessions);
  if (status == STATUS_OK) {
    struct gzline_options writer = {.existing = GZLINE_APPEND,
                                    .full = GZLINE_DROP,
                                    .queue_bytes = options->queue_bytes,
                                    .flush_interval_ns = options->flush_interval_ns};
    status = gzline_writer_open(options->path, &writer, &recorder->writer, error);
  }
  if (status == STATUS_OK) status = write_header(recorder, error);
  if (status) {
    if (recorder->writer) gzline_writer_close(recorder->writer, NULL, NULL);
    session_close(recorder->sessions);
    buf_free(&recorder->line);
    free(recorder);
    return status;
  }
  *out = recorder;
  return STATUS_OK;
}

static struct recorder_counts combine(const struct recorder *recorder, const struct gzline_counts *writer) {
  return (struct recorder_counts){.requests = recorder->requests,
                                  .responses = recorder->responses,
                                  .dropped = recorder->dropped + writer->dropped,
                                  .writer = *writer};
}

struct recorder_counts recorder_counts(struct recorder *recorder) {
  struct gzline_counts writer = gzline_writer_counts(recorder->writer);
  return combine(recorder, &writer);
}

enum status recorder_close(struct recorder *recorder, struct recorder_counts *counts, struct error *error) {
  if (!recorder) return STATUS_OK;
  struct gzline_counts writer = gzline_writer_counts(recorder->writer);
  struct recorder_counts now = combine(recorder, &writer);
  struct trace_end end = {.requests = now.requests, .responses = now.responses, .dropped = now.dropped};
  trace_format_end(&recorder->line, &end);
  if (!recorder->line.status) gzline_write(recorder->writer, recorder->line.data, recorder->line.len);
  if (recorder->line.status) recorder->dropped++;
  enum status status = gzline_writer_close(recorder->writer, &writer, error);
  if (counts) *counts = combine(recorder, &writer);
  session_close(recorder->sessions);
  buf_free(&recorder->line);
  free(recorder);
  return status;
}
