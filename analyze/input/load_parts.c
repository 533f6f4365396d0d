// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/input/load_reader.h"
#include "lib/base/clock.h"
#include "lib/lines/gzline.h"
#include "lib/sketch/sketch.h"

// Parts that began further from each other than this share of a repetition are worth a warning.
#define SKEW_SHARE 0.01

static uint64_t hash_text(uint64_t hash, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211); // FNV-1a
  return hash * UINT64_C(1099511628211);
}

static uint64_t run_of(const struct run_header *header) {
  char numbers[80];
  snprintf(numbers, sizeof numbers, "%" PRId64 " %" PRId64 " %.6f", header->shards, header->seed,
           header->start_at_unix_s);
  uint64_t hash = hash_text(UINT64_C(14695981039346656037), numbers, strlen(numbers));
  hash = hash_text(hash, header->plan.data, header->plan.len);
  hash = hash_text(hash, header->trace_digest.data, header->trace_digest.len);
  return hash_text(hash, header->sent_digest.data, header->sent_digest.len);
}

struct load_part load_part_of(const char *path) {
  struct load_part part = {.path = path, .shard = 1, .shards = 1};
  struct gzline_reader *reader;
  struct buf scratch = {0};
  struct run_record record;
  const char *line;
  size_t len;
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return part; // what a pipe gives is gone
  if (gzline_reader_open(path, &reader, NULL) != STATUS_OK) return part;
  if (gzline_read(reader, &line, &len, NULL) == STATUS_OK &&
      run_parse(line, len, &record, &scratch, NULL) == STATUS_OK && record.kind == RUN_HEADER &&
      record.header.shards > 1) {
    part.shard = record.header.shard;
    part.shards = record.header.shards;
    part.run = run_of(&record.header);
  }
  gzline_reader_close(reader);
  buf_free(&scratch);
  return part;
}

// One file while it is read.
struct source {
  const struct load_part *part;
  struct gzline_reader *reader;
  struct buf scratch;
  struct run_record record; // the last one
  double start_unix_s;      // of its header
  int64_t shift_ns;         // from its instants to the run's
  struct run_batch batch;   // the measured one that it has read up to
  struct buf sketch;        // that of the batch
  int64_t bad, requests, batches;
  bool ended;
};

struct join {
  struct load_data *data;
  struct load_run *run;
  struct source *sources;
  size_t count;
  double start_unix_s; // the earliest
  double skew_s;       // the largest between starts of one batch
  double longest_s;    // of its repetitions
  struct sketch *sketch, *other;
  struct buf sketch_text;
};

static enum status name_source(const struct source *source, enum status status, struct error *error) {
  return status_prefix(error, status, "%s", source->part->path);
}

// The next record of a part; lines that are none are counted.
static enum status next_record(struct source *source, struct error *error) {
  const char *line;
  size_t len;
  for (;;) {
    enum status status = gzline_read(source->reader, &line, &len, error);
    if (status == STATUS_OK && gzline_is_blank(line, len)) continue;
    if (status == STATUS_OK) status = run_parse(line, len, &source->record, &source->scratch, error);
    if (status != STATUS_FORMAT && status != STATUS_LIMIT) return status;
    source->bad++;
  }
}

static void shift(int64_t *instant_ns, const struct source *source) {
  if (*instant_ns >= 0) *instant_ns += source->shift_ns;
}

static enum status keep_batch(struct source *source, const struct run_batch *batch) {
  source->batch = *batch;
  buf_clear(&source->sketch);
  buf_append(&source->sketch, batch->sketch.data, batch->sketch.len);
  source->batch.sketch = (struct json_slice){source->sketch.data, source->sketch.len};
  source->batch.timing = source->batch.reason.text = (struct json_slice){NULL, 0};
  source->batch.server_metrics = (struct json_slice){NULL, 0};
  shift(&source->batch.start_ns, source);
  return source->sketch.status;
}

static void count_end(struct source *source, const struct run_end *end) {
  if (end->requests > source->requests) source->bad += end->requests - source->requests;
  if (end->batches > source->batches) source->bad += end->batches - source->batches;
  source->ended = true;
}

// Reads up to the part's next measured batch, and hands its requests to the run. STATUS_END: there is none.
static enum status read_batch(struct join *join, struct source *source, struct error *error) {
  enum status status;
  bool first = source == join->sources;
  while ((status = next_record(source, error)) == STATUS_OK) {
    struct run_record *record = &source->record;
    bool warmup = false, passed_on = false;
    switch (record->kind) {
    case RUN_HEADER:
      if (!record->header.resumes)
        return status_fail(error, STATUS_FORMAT, "several runs in one file: a part must hold one");
      source->shift_ns = clock_from_seconds(record->header.start_unix_s - join->start_unix_s);
      break;
    case RUN_REQUEST:
      source->requests++;
      shift(&record->request.intended_ns, source);
      shift(&record->request.ready_ns, source);
      shift(&record->request.sent_ns, source);
      record->request.session = 0;
      passed_on = !record->request.warmup;
      break;
    case RUN_BATCH:
      source->batches++;
      warmup = record->batch.warmup;
      if (!warmup) return keep_batch(source, &record->batch);
      record->batch.session = 0;
      passed_on = first;
      break;
    case RUN_END: count_end(source, &record->end); break;
    case RUN_SESSION:
    case RUN_OTHER: break;
    }
    if (passed_on) status = load_run_record(join->run, record, error);
    if (status != STATUS_OK) return status;
  }
  return status;
}

static void add_known(int64_t *sum, int64_t more) {
  *sum = *sum < 0 || more < 0 ? -1 : *sum + more;
}

static void keep_most(int64_t *most, int64_t other) {
  if (other > *most) *most = other;
}

static void add_batch(struct run_batch *sum, const struct run_batch *batch) {
  int64_t end_ns = sum->start_ns + sum->total_ns, other_ns = batch->start_ns + batch->total_ns;
  keep_most(&sum->start_ns, batch->start_ns);
  sum->total_ns = (end_ns < other_ns ? end_ns : other_ns) - sum->start_ns;
  sum->requests += batch->requests;
  sum->failed += batch->failed;
  sum->cancelled += batch->cancelled;
  sum->cancelled_tokens += batch->cancelled_tokens;
  add_known(&sum->input_tokens, batch->input_tokens);
  add_known(&sum->output_tokens, batch->output_tokens);
  add_known(&sum->cached_tokens, batch->cached_tokens);
  for (size_t i = 0; i < FAILURE_COUNT; i++)
    sum->errors[i] += batch->errors[i];
  sum->client_cpu = fmax(sum->client_cpu, batch->client_cpu);
  keep_most(&sum->lag_p50_ns, batch->lag_p50_ns);
  keep_most(&sum->lag_p99_ns, batch->lag_p99_ns);
  keep_most(&sum->lag_max_ns, batch->lag_max_ns);
  keep_most(&sum->stall_max_ns, batch->stall_max_ns);
  if (sum->valid) sum->reason = batch->reason;
  sum->valid &= batch->valid;
  sum->in_flight_mean += batch->in_flight_mean;
}

static enum status join_sketches(struct join *join, struct run_batch *sum, struct error *error) {
  if (!join->sketch) join->sketch = calloc(1, sizeof *join->sketch);
  if (!join->other) join->other = calloc(1, sizeof *join->other);
  if (!join->sketch || !join->other) return status_memory(error);
  for (size_t i = 0; i < join->count; i++) {
    struct json_slice text = join->sources[i].batch.sketch;
    enum status status = sketch_read(i == 0 ? join->sketch : join->other, text, error);
    if (status == STATUS_OK && i > 0 && join->sketch->open != join->other->open)
      status = status_fail(error, STATUS_FORMAT, "a sketch of another kind of batch");
    if (status == STATUS_OK && i > 0) status = sketch_merge(join->sketch, join->other);
    if (status != STATUS_OK) return name_source(&join->sources[i], status, error);
  }
  buf_clear(&join->sketch_text);
  sketch_print(join->sketch, &join->sketch_text);
  sum->sketch = (struct json_slice){join->sketch_text.data, join->sketch_text.len};
  return join->sketch_text.status;
}

static enum status join_batch(struct join *join, struct error *error) {
  struct run_record whole = {.kind = RUN_BATCH, .batch = join->sources[0].batch};
  struct run_batch *sum = &whole.batch;
  int64_t first_ns = sum->start_ns, longest_ns = sum->total_ns;
  bool has_sketches = sum->sketch.len > 0;
  for (size_t i = 1; i < join->count; i++) {
    const struct run_batch *batch = &join->sources[i].batch;
    bool same_rate = batch->rate == sum->rate || (isnan(batch->rate) && isnan(sum->rate));
    if (batch->rep != sum->rep || !same_rate || batch->workers >= 0) {
      status_fail(error, STATUS_FORMAT, "its batches are not those of %s", join->sources[0].part->path);
      return name_source(&join->sources[i], STATUS_FORMAT, error);
    }
    has_sketches &= batch->sketch.len > 0;
    if (batch->start_ns < first_ns) first_ns = batch->start_ns;
    add_batch(sum, batch);
  }
  sum->session = 0;
  sum->sketch = (struct json_slice){NULL, 0};
  double skew_s = clock_seconds(sum->start_ns - first_ns);
  join->skew_s = fmax(join->skew_s, skew_s);
  join->longest_s = fmax(join->longest_s, clock_seconds(longest_ns));
  if (sum->total_ns < longest_ns / 2)
    return status_fail(error, STATUS_FORMAT,
                       "the parts started %.3g s apart (wall clocks), which is over half a repetition",
                       skew_s);
  enum status status = has_sketches ? join_sketches(join, sum, error) : STATUS_OK;
  return status == STATUS_OK ? load_run_record(join->run, &whole, error) : status;
}

static enum status read_header(struct source *source, struct error *error) {
  enum status status = gzline_reader_open(source->part->path, &source->reader, error);
  if (status != STATUS_OK) return status;
  status = next_record(source, error);
  if (status == STATUS_OK && source->record.kind != RUN_HEADER)
    status = status_fail(error, STATUS_FORMAT, "not a run");
  if (status == STATUS_OK) source->start_unix_s = source->record.header.start_unix_s;
  return status == STATUS_OK ? status : name_source(source, status, error);
}

static enum status start(struct join *join, struct error *error) {
  join->start_unix_s = INFINITY;
  for (size_t i = 0; i < join->count; i++) {
    enum status status = read_header(&join->sources[i], error);
    if (status != STATUS_OK) return status;
    join->start_unix_s = fmin(join->start_unix_s, join->sources[i].start_unix_s);
  }
  for (size_t i = 0; i < join->count; i++)
    join->sources[i].shift_ns = clock_from_seconds(join->sources[i].start_unix_s - join->start_unix_s);
  struct source *first = &join->sources[0];
  first->record.header.start_unix_s = join->start_unix_s;
  enum status status = load_run_new(join->data, first->part->path, &join->run);
  if (status != STATUS_OK) return status_plain(error, status);
  status = load_run_record(join->run, &first->record, error);
  return status == STATUS_OK ? status : name_source(first, status, error);
}

// Batch by batch, until one of the parts has no more.
static enum status read_batches(struct join *join, struct error *error) {
  for (;;) {
    size_t have = 0;
    for (size_t i = 0; i < join->count; i++) {
      enum status status = read_batch(join, &join->sources[i], error);
      if (status != STATUS_OK && status != STATUS_END) return name_source(&join->sources[i], status, error);
      have += status == STATUS_OK;
    }
    if (have == 0) return STATUS_OK;
    if (have < join->count) {
      load_notice_add(join->data, WARNING_PARTS_DIFFER, -1, (int64_t)have, join->sources[0].part->path);
      join->data->lost = true;
      return STATUS_OK;
    }
    enum status status = join_batch(join, error);
    if (status != STATUS_OK) return status;
  }
}

static enum status finish(struct join *join, struct error *error) {
  struct gzline_damage damage = {0};
  struct run_record end = {.kind = RUN_END};
  bool ended = true;
  for (size_t i = 0; i < join->count; i++) {
    struct gzline_damage more = gzline_reader_damage(join->sources[i].reader);
    damage.places += more.places + join->sources[i].bad;
    damage.torn_end |= more.torn_end;
    ended &= join->sources[i].ended;
  }
  enum status status = ended ? load_run_record(join->run, &end, error) : STATUS_OK;
  if (status == STATUS_OK) status = load_run_end(join->run, &damage, error);
  return status == STATUS_OK ? status : name_source(&join->sources[0], status, error);
}

static int by_shard(const void *left, const void *right) {
  const struct load_part *a = left, *b = right;
  return (a->shard > b->shard) - (a->shard < b->shard);
}

// The parts are in order.
static enum status check_whole(const struct load_part *parts, size_t count, struct error *error) {
  char missing[200] = "";
  size_t have = 0, len = 0;
  for (size_t i = 1; i < count; i++) {
    if (parts[i].shard == parts[i - 1].shard)
      return status_fail(error, STATUS_FORMAT, "%s: part %" PRId64 " of the run, as %s", parts[i].path,
                         parts[i].shard, parts[i - 1].path);
  }
  for (int64_t shard = 1; shard <= parts[0].shards && len < sizeof missing - 24; shard++) {
    if (have < count && parts[have].shard == shard)
      have++;
    else
      len += (size_t)snprintf(missing + len, sizeof missing - len, "%s%" PRId64, len ? ", " : "", shard);
  }
  if (!missing[0]) return STATUS_OK;
  return status_fail(error, STATUS_FORMAT, "%s: part %" PRId64 " of %" PRId64 " of a run; missing: %s",
                     parts[0].path, parts[0].shard, parts[0].shards, missing);
}

static void close_all(struct join *join) {
  for (size_t i = 0; i < join->count; i++) {
    gzline_reader_close(join->sources[i].reader);
    buf_free(&join->sources[i].scratch);
    buf_free(&join->sources[i].sketch);
  }
  free(join->sources);
  if (join->sketch) sketch_free(join->sketch);
  if (join->other) sketch_free(join->other);
  free(join->sketch);
  free(join->other);
  buf_free(&join->sketch_text);
  load_run_free(join->run);
}

enum status load_parts(struct load_data *data, struct load_part *parts, size_t count, struct error *error) {
  qsort(parts, count, sizeof *parts, by_shard);
  enum status status = check_whole(parts, count, error);
  if (status != STATUS_OK) return status;
  struct join join = {.data = data, .count = count, .sources = calloc(count, sizeof *join.sources)};
  if (!join.sources) return status_memory(error);
  for (size_t i = 0; i < count; i++)
    join.sources[i].part = &parts[i];
  size_t fact = data->fact_count;
  status = start(&join, error);
  if (status == STATUS_OK) status = read_batches(&join, error);
  if (status == STATUS_OK) status = finish(&join, error);
  if (data->fact_count > fact) {
    data->facts[fact].shards = (int64_t)count;
    data->facts[fact].start_skew_s = join.skew_s;
  }
  if (join.skew_s > SKEW_SHARE * join.longest_s)
    load_notice_add(data, WARNING_PARTS_APART, -1, (int64_t)(1e3 * join.skew_s + 0.5), parts[0].path);
  close_all(&join);
  data->files++;
  return status;
}
