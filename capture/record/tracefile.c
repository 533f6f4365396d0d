// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/record/tracefile.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/record/tracefile_name.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"

// A file that is being finished: its writer ends, then it gets its name.
struct finishing {
  pthread_t thread;
  bool running;
  bool threaded; // `thread` is to be joined
  atomic_bool done;
  struct gzline_writer *writer;
  char *part, *final; // NULL: it has its name
  int64_t queued_bytes;
  struct gzline_counts counts;
  enum status status;
  struct error error;
};

struct tracefile {
  struct tracefile_options options; // `name` is our own
  bool rotates;
  struct gzline_writer *writer;
  char *path;     // that is written
  char *final;    // its name when it is complete; NULL: `path`
  int64_t period; // which one of options.rotation.period_ns it is
  struct finishing finishing;
  struct gzline_counts past; // of files that are complete
  bool has_trouble;
  struct error trouble;
};

static int64_t period_now(const struct tracefile *file) {
  int64_t period_ns = file->options.rotation.period_ns;
  return period_ns > 0 ? clock_from_seconds(clock_wall_s()) / period_ns : 0;
}

static enum status choose_name(struct tracefile *file, bool continues, char **path, char **final,
                               struct error *error) {
  *final = NULL;
  bool passes_over = continues && file->options.handover;
  if (file->rotates)
    return tracefile_name_choose(file->options.name, continues, passes_over, path, final, error);
  if (passes_over) return tracefile_name_unwritten(file->options.name, path, error);
  *path = strdup(file->options.name);
  return *path ? STATUS_OK : status_memory(error);
}

enum status tracefile_open(const struct tracefile_options *options, struct tracefile **out,
                           struct error *error) {
  struct tracefile *file = calloc(1, sizeof *file);
  char *name = strdup(options->name);
  if (!file || !name) {
    free(file);
    free(name);
    return status_memory(error);
  }
  file->options = *options;
  file->options.name = name;
  file->rotates = options->rotation.bytes > 0 || options->rotation.period_ns > 0;
  file->period = period_now(file);
  enum status status = choose_name(file, true, &file->path, &file->final, error);
  if (!status && !file->rotates) { // the name that a log rotator moves away
    file->options.name = strdup(file->path);
    if (!file->options.name) status = status_memory(error);
    free(name);
  }
  if (status) {
    tracefile_close(file, NULL, NULL);
    return status;
  }
  *out = file;
  return STATUS_OK;
}

const char *tracefile_path(const struct tracefile *file) {
  return file->path;
}

static enum status open_writer(const struct tracefile *file, const char *path, enum gzline_existing existing,
                               struct gzline_writer **out, struct error *error) {
  struct gzline_options options = {.existing = existing,
                                   .full = GZLINE_DROP,
                                   .queue_bytes = file->options.queue_bytes,
                                   .flush_interval_ns = file->options.flush_interval_ns};
  return gzline_writer_open(path, &options, out, error);
}

enum status tracefile_begin(struct tracefile *file, struct error *error) {
  return open_writer(file, file->path, GZLINE_APPEND, &file->writer, error);
}

enum status tracefile_write(struct tracefile *file, const char *line, size_t len) {
  // What the file before has not yet written counts too: the bound is of both.
  if (file->finishing.running && !atomic_load(&file->finishing.done)) {
    struct gzline_counts counts = gzline_writer_counts(file->writer);
    if ((size_t)(counts.queued_bytes + file->finishing.queued_bytes) + len > file->options.queue_bytes) {
      file->past.dropped++;
      return STATUS_LIMIT;
    }
  }
  return gzline_write(file->writer, line, len);
}

enum status tracefile_flush(struct tracefile *file, struct error *error) {
  return gzline_writer_flush(file->writer, error);
}

// Takes in what has become of the file before, when that is known.
static void look_at_finishing(struct tracefile *file, bool wait) {
  struct finishing *finishing = &file->finishing;
  if (!finishing->running || (!wait && !atomic_load(&finishing->done))) return;
  if (finishing->threaded) pthread_join(finishing->thread, NULL);
  file->past.lines += finishing->counts.lines;
  file->past.bytes += finishing->counts.bytes;
  file->past.dropped += finishing->counts.dropped;
  file->past.lost_files += finishing->counts.lost_files;
  file->past.written_bytes += finishing->counts.written_bytes;
  if (finishing->status) {
    file->has_trouble = true;
    file->trouble = finishing->error;
  }
  free(finishing->part);
  free(finishing->final);
  *finishing = (struct finishing){0};
}

bool tracefile_take_trouble(struct tracefile *file, struct error *error) {
  look_at_finishing(file, false);
  if (!file->has_trouble) return false;
  file->has_trouble = false;
  *error = file->trouble;
  return true;
}

bool tracefile_is_due(const struct tracefile *file) {
  const struct tracefile_rotation *rotation = &file->options.rotation;
  if (!file->rotates || (file->finishing.running && !atomic_load(&file->finishing.done))) return false;
  if (rotation->period_ns > 0 && period_now(file) != file->period) return true;
  return rotation->bytes > 0 && gzline_writer_counts(file->writer).written_bytes >= rotation->bytes;
}

static void *finish(void *context) {
  struct finishing *finishing = context;
  finishing->status = gzline_writer_close(finishing->writer, &finishing->counts, &finishing->error);
  if (finishing->final && finishing->counts.written_bytes == 0) {
    unlink(finishing->part); // the disk was full all the time: an empty file is no trace
  } else if (finishing->final) {
    struct error error;
    enum status status = tracefile_name_give(finishing->part, finishing->final, &error);
    if (status && !finishing->status) {
      finishing->status = status;
      finishing->error = error;
    }
  }
  atomic_store(&finishing->done, true);
  return NULL;
}

// Without a thread it is finished here, at the price of a wait.
static void start_finishing(struct tracefile *file, struct gzline_writer *writer, char *part, char *final) {
  struct finishing *finishing = &file->finishing;
  *finishing = (struct finishing){.writer = writer, .part = part, .final = final, .running = true};
  finishing->queued_bytes = gzline_writer_counts(writer).queued_bytes;
  finishing->threaded = thread_start(&finishing->thread, finish, finishing) == 0;
  if (!finishing->threaded) finish(finishing);
}

enum status tracefile_next(struct tracefile *file, struct json_slice last, struct json_slice first,
                           bool *changed, struct error *error) {
  char *path = NULL, *final = NULL;
  struct gzline_writer *writer = NULL;
  *changed = false;
  look_at_finishing(file, false);
  if (file->finishing.running)
    return status_fail(error, STATUS_LIMIT, "%s: still being written", file->finishing.part);
  if (!file->rotates && !gzline_writer_is_moved(file->writer)) return STATUS_OK;
  enum status status = choose_name(file, false, &path, &final, error);
  if (!status) status = open_writer(file, path, GZLINE_REFUSE, &writer, error);
  if (status == STATUS_EXISTS) status_write(error, "%s: file exists", path ? path : "");
  if (status) {
    free(path);
    free(final);
    return status;
  }
  gzline_write(file->writer, last.data, last.len);
  start_finishing(file, file->writer, file->path, file->final);
  file->writer = writer;
  file->path = path;
  file->final = final;
  file->period = period_now(file);
  gzline_write(file->writer, first.data, first.len);
  *changed = true;
  return STATUS_OK;
}

static struct gzline_counts add_past(const struct tracefile *file, struct gzline_counts counts) {
  counts.lines += file->past.lines;
  counts.bytes += file->past.bytes;
  counts.dropped += file->past.dropped;
  counts.lost_files += file->past.lost_files;
  counts.written_bytes += file->past.written_bytes;
  return counts;
}

struct gzline_counts tracefile_counts(struct tracefile *file) {
  look_at_finishing(file, false);
  struct gzline_counts counts = add_past(file, gzline_writer_counts(file->writer));
  if (file->finishing.running) counts.queued_bytes += file->finishing.queued_bytes;
  return counts;
}

enum status tracefile_close(struct tracefile *file, struct gzline_counts *counts, struct error *error) {
  if (!file) return STATUS_OK;
  struct gzline_counts last = {0};
  struct error first_error = {""};
  enum status status = STATUS_OK;
  if (file->writer) gzline_writer_hurry(file->writer);
  look_at_finishing(file, true);
  if (file->has_trouble) {
    status = STATUS_IO;
    first_error = file->trouble;
  }
  if (file->writer) {
    struct error later = {""};
    enum status ended = gzline_writer_close(file->writer, &last, &later);
    if (file->final && last.written_bytes == 0) {
      unlink(file->path);
    } else if (!ended && file->final) {
      ended = tracefile_name_give(file->path, file->final, &later);
    }
    if (ended && !status) {
      status = ended;
      first_error = later;
    }
  }
  if (status) status_write(error, "%s", first_error.text);
  if (counts) *counts = add_past(file, last);
  free(file->path);
  free(file->final);
  free((char *)(intptr_t)file->options.name);
  free(file);
  return status;
}
