// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "lib/record/trace.h"

struct trace_reader {
  struct gzline_reader *lines;
  char *path;
  struct buf scratch;
  double start_unix_s;
  struct trace_reader_counts counts;
};

enum status trace_reader_open(const char *path, struct trace_reader **out, struct error *error) {
  struct trace_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return status_fail(error, STATUS_MEMORY, "%s: no memory", path);
  reader->path = strdup(path);
  enum status status = reader->path ? gzline_reader_open(path, &reader->lines, error)
                                    : status_fail(error, STATUS_MEMORY, "%s: no memory", path);
  if (status) {
    trace_reader_close(reader);
    return status;
  }
  *out = reader;
  return STATUS_OK;
}

static void count_bad_line(struct trace_reader *reader) {
  if (reader->counts.bad_lines++ == 0)
    reader->counts.first_bad_line = gzline_reader_line_number(reader->lines);
}

static void count_record(struct trace_reader *reader, const struct trace_record *record) {
  struct trace_reader_counts *counts = &reader->counts;
  switch (record->kind) {
  case TRACE_HEADER:
    counts->segments++;
    reader->start_unix_s = record->header.start_unix_s;
    break;
  case TRACE_REQUEST: counts->requests++; break;
  case TRACE_RESPONSE: counts->responses++; break;
  case TRACE_END:
    counts->ends++;
    if (record->end.dropped > 0) counts->dropped += record->end.dropped;
    break;
  case TRACE_OTHER: break;
  }
}

static enum status fail_first(struct trace_reader *reader, enum status status, bool is_run,
                              struct error *error) {
  if (status == STATUS_OK)
    status = status_fail(error, STATUS_FORMAT, "%s",
                         is_run ? "it is a run, which analyze reads"
                                : "its first record is no {\"type\":\"trace\"} header");
  if (status == STATUS_MEMORY) return status;
  return status_prefix(error, status, "%s: line %lld: not a trace", reader->path,
                       (long long)gzline_reader_line_number(reader->lines));
}

enum status trace_read(struct trace_reader *reader, struct trace_record *out, double *start_unix_s,
                       struct error *error) {
  for (;;) {
    const char *line;
    size_t len;
    enum status status = gzline_read(reader->lines, &line, &len, error);
    if (status == STATUS_LIMIT && reader->counts.segments > 0) {
      count_bad_line(reader);
      continue;
    }
    if (status == STATUS_LIMIT) return fail_first(reader, status, false, error);
    if (status) return status;
    if (gzline_is_blank(line, len)) continue;
    status = trace_parse(line, len, out, &reader->scratch, error);
    if (reader->counts.segments == 0 && (status || out->kind != TRACE_HEADER))
      return fail_first(reader, status, memmem(line, len, "\"type\":\"run\"", 12) != NULL, error);
    if (status == STATUS_MEMORY) return status;
    if (status) {
      count_bad_line(reader);
      continue;
    }
    count_record(reader, out);
    if (out->kind == TRACE_OTHER) continue; // a later version's
    if (start_unix_s) *start_unix_s = reader->start_unix_s;
    return STATUS_OK;
  }
}

struct trace_reader_counts trace_reader_counts(const struct trace_reader *reader) {
  struct trace_reader_counts counts = reader->counts;
  counts.damage = gzline_reader_damage(reader->lines);
  return counts;
}

void trace_reader_close(struct trace_reader *reader) {
  if (!reader) return;
  gzline_reader_close(reader->lines);
  buf_free(&reader->scratch);
  free(reader->path);
  free(reader);
}
