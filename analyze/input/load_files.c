// SPDX-License-Identifier: GPL-3.0-or-later
//
// Several files on several cores: each is read into data of its own, which are added up in the order of the
// command line.
#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/input/load_merge.h"
#include "analyze/input/load_parts.h"
#include "analyze/input/load_reader.h"
#include "lib/base/thread.h"

// One file, or the parts of one run.
struct job {
  struct load_part *parts; // borrowed, next to each other
  size_t count;
  struct load_data data;
  enum status status;
  struct error error;
};

struct jobs {
  struct job *of;
  size_t count;
  atomic_size_t next;
};

static enum status read_job(struct job *job, struct load_data *data, struct error *error) {
  bool whole = job->parts[0].shards <= 1;
  return whole ? load_file(data, job->parts[0].path, error) : load_parts(data, job->parts, job->count, error);
}

static void *work(void *context) {
  struct jobs *jobs = context;
  for (;;) {
    size_t i = atomic_fetch_add(&jobs->next, 1);
    if (i >= jobs->count) return NULL;
    jobs->of[i].status = read_job(&jobs->of[i], &jobs->of[i].data, &jobs->of[i].error);
  }
}

static size_t cores(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

// Where there are no more threads, fewer do it.
static void read_all(struct jobs *jobs) {
  enum { THREADS_MAX = 64 };
  pthread_t threads[THREADS_MAX];
  size_t started = 0, wanted = cores() < jobs->count ? cores() : jobs->count;
  if (wanted > THREADS_MAX) wanted = THREADS_MAX;
  while (started + 1 < wanted && thread_start(&threads[started], work, jobs) == 0)
    started++;
  work(jobs);
  for (size_t i = 0; i < started; i++)
    pthread_join(threads[i], NULL);
}

// Puts the parts of each run next to each other, in the place of the first.
static void group(struct load_part *parts, size_t count, struct jobs *jobs) {
  for (size_t i = 0; i < count;) {
    struct job *job = &jobs->of[jobs->count++];
    size_t end = i + 1;
    for (size_t k = end; parts[i].shards > 1 && k < count; k++) {
      if (parts[k].shards != parts[i].shards || parts[k].run != parts[i].run) continue;
      struct load_part same = parts[k];
      memmove(&parts[end + 1], &parts[end], (k - end) * sizeof *parts);
      parts[end++] = same;
    }
    job->parts = &parts[i];
    job->count = end - i;
    i = end;
  }
}

static enum status add_all(struct load_data *data, struct jobs *jobs, struct error *error) {
  if (jobs->count == 1) return read_job(&jobs->of[0], data, error);
  for (size_t i = 0; i < jobs->count; i++) {
    struct load_data *own = &jobs->of[i].data;
    *own = LOAD_DATA;
    own->limits = data->limits;
    own->has_limits = data->has_limits;
    own->measure = data->measure;
    own->has_measure = data->has_measure;
  }
  read_all(jobs);
  enum status status = STATUS_OK;
  for (size_t i = 0; i < jobs->count; i++) {
    struct job *job = &jobs->of[i];
    if (status == STATUS_OK && job->status != STATUS_OK) {
      status = job->status;
      if (error) *error = job->error;
    }
    if (status == STATUS_OK) status = load_merge(data, &job->data, error);
    load_free(&job->data);
  }
  return status;
}

enum status load_files(struct load_data *data, const char *const *paths, size_t count, struct error *error) {
  struct load_part *parts = calloc(count, sizeof *parts);
  struct jobs jobs = {.of = calloc(count, sizeof *jobs.of)};
  enum status status = parts && jobs.of ? STATUS_OK : status_memory(error);
  for (size_t i = 0; i < count && status == STATUS_OK; i++) {
    parts[i] = load_part_of(paths[i]);
    status = load_note_identity(data, paths[i], error);
  }
  if (status == STATUS_OK) group(parts, count, &jobs);
  if (status == STATUS_OK) status = add_all(data, &jobs, error);
  free(parts);
  free(jobs.of);
  return status;
}
