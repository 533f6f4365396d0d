// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/record/recorder_entry.h"
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

// Formatting a large body takes long, and is not done under the lock.
void recorder_write(struct recorder *recorder, recorder_format *format, const void *record, bool is_request) {
  struct buf *line = &recorder->line;
  pthread_mutex_lock(&recorder->file_lock);
  for (int64_t start_ns = -1; start_ns != recorder->start_ns;) {
    start_ns = recorder->start_ns;
    pthread_mutex_unlock(&recorder->file_lock);
    buf_clear(line);
    format(line, record, start_ns);
    pthread_mutex_lock(&recorder->file_lock);
  }
  if (recorder->is_closed) {
    ; // it came too late, and was counted
  } else if (line->status) {
    recorder->dropped++;
  } else if (tracefile_write(recorder->file, line->data, line->len) == STATUS_OK) { // else the writer counts
    recorder->requests += is_request;
    recorder->responses += !is_request;
  }
  pthread_mutex_unlock(&recorder->file_lock);
  // A line of many megabytes is no reason to keep room for another one.
  if (line->capacity > RECORDER_KEPT_LINE) buf_free(line);
  buf_clear(line);
}

// While the record_queue hands over a long line, what the writer said before has to do: the line's bytes are
// still among held_bytes.
bool recorder_has_room(struct recorder *recorder, size_t len) {
  if (pthread_mutex_trylock(&recorder->file_lock) == 0) {
    recorder->queued_bytes = (size_t)tracefile_counts(recorder->file).queued_bytes;
    pthread_mutex_unlock(&recorder->file_lock);
  }
  return recorder->held_bytes + recorder->queued_bytes + len <= recorder->options.queue_bytes;
}

// A request that is still coming in belongs to the segment too: it starts no later than the oldest of them.
static void start_segment(struct recorder *recorder, struct buf *line) {
  static const char tool[] = "capture " TIDEMARK_VERSION;
  int64_t now_ns = clock_now_ns();
  recorder->start_ns = now_ns;
  pthread_mutex_lock(&recorder->entries_lock);
  for (const struct recorder_entry *entry = recorder->first; entry; entry = entry->next) {
    if (entry->arrived_ns < recorder->start_ns) recorder->start_ns = entry->arrived_ns;
  }
  pthread_mutex_unlock(&recorder->entries_lock);
  struct trace_header header = {
      .version = TRACE_VERSION,
      .start_unix_s = clock_wall_s() - clock_seconds(now_ns - recorder->start_ns),
      .tool = {tool, sizeof tool - 1},
      .upstream = {recorder->options.upstream, strlen(recorder->options.upstream)},
  };
  if (recorder->options.anonymize) header = anonymize_header(&header);
  trace_format_header(line, &header);
}

static enum status write_header(struct recorder *recorder, struct error *error) {
  start_segment(recorder, &recorder->line);
  enum status status = recorder->line.status;
  if (status == STATUS_OK) status = tracefile_write(recorder->file, recorder->line.data, recorder->line.len);
  buf_clear(&recorder->line);
  if (status)
    return status_fail(error, status, "%s: %s", tracefile_path(recorder->file), status_name(status));
  // A trace that cannot be written is found out before the first client is served.
  return tracefile_flush(recorder->file, error);
}

static enum status open_file(struct recorder *recorder, struct past *past, struct error *error) {
  struct tracefile_options options = {.name = recorder->options.path,
                                      .rotation = recorder->options.rotation,
                                      .handover = recorder->options.handover,
                                      .queue_bytes = recorder->options.queue_bytes,
                                      .flush_interval_ns = recorder->options.flush_interval_ns};
  enum status status = tracefile_open(&options, &recorder->file, error);
  if (status) return status;
  const char *path = tracefile_path(recorder->file);
  if (strcmp(path, "-") != 0) status = read_past(path, past, error);
  if (status == STATUS_OK) status = tracefile_begin(recorder->file, error);
  return status;
}

static void free_recorder(struct recorder *recorder) {
  conversation_close(recorder->sessions);
  buf_free(&recorder->line);
  pthread_mutex_destroy(&recorder->file_lock);
  pthread_mutex_destroy(&recorder->entries_lock);
  free(recorder);
}

enum status recorder_open(const struct recorder_options *options, struct recorder **out,
                          struct error *error) {
  struct past past = {.last_seq = -1};
  struct recorder *recorder = calloc(1, sizeof *recorder);
  enum status status = recorder ? STATUS_OK : STATUS_MEMORY;
  if (status) return status_fail(error, status, "%s", status_name(status));
  recorder->options = *options;
  pthread_mutex_init(&recorder->file_lock, NULL);
  pthread_mutex_init(&recorder->entries_lock, NULL);
  status = open_file(recorder, &past, error);
  recorder->next_seq = past.last_seq + 1;
  if (status == STATUS_OK) status = conversation_open(past.last_session, &recorder->sessions);
  if (status == STATUS_OK) status = write_header(recorder, error);
  if (status == STATUS_OK) status = record_queue_open(&recorder->record_queue, error);
  if (status) {
    tracefile_close(recorder->file, NULL, NULL);
    free_recorder(recorder);
    return status;
  }
  *out = recorder;
  return STATUS_OK;
}

static struct recorder_counts combine(const struct recorder *recorder, const struct gzline_counts *writer) {
  return (struct recorder_counts){.requests = recorder->requests,
                                  .responses = recorder->responses,
                                  .dropped = recorder->dropped + writer->dropped,
                                  .waiting = recorder->waiting,
                                  .waiting_bytes = (int64_t)recorder->held_bytes,
                                  .writer = *writer};
}

// Under file_lock, so that what is counted here and by the writer belongs together.
static struct recorder_counts count(struct recorder *recorder) {
  struct gzline_counts writer = tracefile_counts(recorder->file);
  return combine(recorder, &writer);
}

struct recorder_counts recorder_counts(struct recorder *recorder) {
  pthread_mutex_lock(&recorder->file_lock);
  struct recorder_counts counts = count(recorder);
  pthread_mutex_unlock(&recorder->file_lock);
  return counts;
}

const char *recorder_path(const struct recorder *recorder) {
  return tracefile_path(recorder->file);
}

bool recorder_take_trouble(struct recorder *recorder, struct error *error) {
  pthread_mutex_lock(&recorder->file_lock);
  bool has_trouble = tracefile_take_trouble(recorder->file, error);
  pthread_mutex_unlock(&recorder->file_lock);
  return has_trouble;
}

// The segment's own figures, so that the ends of all segments add up.
static void format_end(struct recorder *recorder, struct buf *line) {
  struct recorder_counts now = count(recorder);
  struct trace_end end = {.requests = now.requests - recorder->before.requests,
                          .responses = now.responses - recorder->before.responses,
                          .dropped = now.dropped - recorder->before.dropped};
  trace_format_end(line, &end);
}

static enum status next_file(struct recorder *recorder, bool *changed, struct error *error) {
  struct buf end = {0}, header = {0};
  int64_t start_ns = recorder->start_ns;
  struct recorder_counts now = count(recorder);
  format_end(recorder, &end);
  start_segment(recorder, &header);
  enum status status = end.status ? end.status : header.status;
  if (status) {
    status_write(error, "%s", status_name(status));
  } else {
    status = tracefile_next(recorder->file, (struct json_slice){end.data, end.len},
                            (struct json_slice){header.data, header.len}, changed, error);
  }
  if (*changed) {
    recorder->before = (struct trace_end){now.requests, now.responses, now.dropped};
  } else {
    recorder->start_ns = start_ns;
  }
  buf_free(&end);
  buf_free(&header);
  return status;
}

enum status recorder_rotate(struct recorder *recorder, bool on_demand, bool *changed, struct error *error) {
  bool has_changed = false;
  enum status status = STATUS_OK;
  pthread_mutex_lock(&recorder->file_lock);
  if (on_demand || tracefile_is_due(recorder->file)) status = next_file(recorder, &has_changed, error);
  pthread_mutex_unlock(&recorder->file_lock);
  if (changed) *changed = has_changed;
  return status;
}

enum status recorder_close(struct recorder *recorder, int64_t deadline_ns, struct recorder_counts *counts,
                           bool *is_abandoned, struct error *error) {
  if (!recorder) return STATUS_OK;
  struct gzline_counts writer;
  struct buf end = {0};
  bool has_ended = record_queue_close(recorder->record_queue, deadline_ns);
  pthread_mutex_lock(&recorder->file_lock);
  recorder->is_closed = true;
  recorder->dropped += recorder->waiting;
  format_end(recorder, &end);
  if (!end.status) tracefile_write(recorder->file, end.data, end.len);
  if (end.status) recorder->dropped++;
  enum status status = tracefile_close(recorder->file, &writer, error);
  if (counts) *counts = combine(recorder, &writer);
  pthread_mutex_unlock(&recorder->file_lock);
  if (has_ended) free_recorder(recorder);
  if (is_abandoned) *is_abandoned = !has_ended;
  buf_free(&end);
  return status;
}
