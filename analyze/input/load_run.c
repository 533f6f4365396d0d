// SPDX-License-Identifier: GPL-3.0-or-later
//
// Run records: requests are folded into their batch's times as they come, and the batch record decides
// whether they count.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/input/load_pending.h"
#include "analyze/input/load_reader.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"

struct load_run {
  struct load_data *data;
  const char *path;
  struct buf scratch;
  int64_t line, header_repeat;
  bool has_header, managed, no_warmup;
  double start_unix_s;
  size_t fact, first_session; // of this segment
  size_t last_session;        // found last; SIZE_MAX: none
  struct buf plan;            // the header's, to know what a failed level would have held
  int64_t requests, batches;  // records read in this segment
  int64_t measured;           // batches and failed levels in the file
  int64_t bad_lines;
  bool unknown_segment; // behind a header that could not be read: whose batches these are is not known
  bool newer_segment;   // and why: it is of a later version
  int64_t unknown_records, newer_records; // left out behind such headers, which count too
  int64_t missing_records;                // an end record counted more than were read
  bool ended;
  struct load_pending pending;
};

enum status load_run_new(struct load_data *data, const char *path, struct load_run **out) {
  struct load_run *run = calloc(1, sizeof *run);
  if (!run) return STATUS_MEMORY;
  *run = (struct load_run){.data = data, .path = path, .last_session = SIZE_MAX};
  load_pending_open(&run->pending);
  *out = run;
  return STATUS_OK;
}

void load_run_free(struct load_run *run) {
  if (!run) return;
  buf_free(&run->scratch);
  buf_free(&run->plan);
  load_pending_close(&run->pending);
  free(run);
}

static char *copy_text(struct json_slice text) {
  return text.data ? strndup(text.data, text.len) : NULL;
}

static enum status add_header(struct load_run *run, const struct run_header *header, struct error *error) {
  struct load_data *data = run->data;
  if (load_has_run(run->data, header->start_unix_s, header->seed)) {
    return status_fail(error, STATUS_FORMAT, "line %" PRId64 ": this run was read already", run->line);
  }
  struct run_facts *facts;
  enum status status = load_facts_add(data, run->path, "run", &facts);
  if (status != STATUS_OK) return status_plain(error, status);
  facts->url = copy_text(header->url);
  facts->model = copy_text(header->model);
  facts->api = copy_text(header->api);
  facts->server_command = copy_text(header->server);
  facts->host = copy_text(header->host);
  facts->tool_version = copy_text(header->tool);
  facts->arguments = copy_text(header->arguments);
  facts->trace_digest = copy_text(header->trace_digest);
  facts->sent_digest = copy_text(header->sent_digest);
  facts->timing = copy_text(header->timing);
  facts->start_unix_s = run->start_unix_s = header->start_unix_s;
  facts->seed = header->seed;
  facts->max_tokens = header->max_tokens;
  facts->burst = json_slice_is(header->dispatch, "burst"), facts->grid = json_slice_is(header->order, "grid");
  facts->managed = run->managed = header->server.data != NULL && header->server.len > 0;
  run->fact = data->fact_count - 1;
  run->has_header = true;
  run->no_warmup = header->warmup == 0;
  run->first_session = data->session_count;
  run->last_session = SIZE_MAX;
  run->requests = run->batches = 0, run->ended = run->unknown_segment = false;
  if (run->no_warmup) data->no_warmup = true;
  buf_clear(&run->plan);
  return buf_append(&run->plan, header->plan.data, header->plan.len);
}

static enum status session_of(struct load_run *run, int64_t number, size_t *index) {
  struct load_data *data = run->data;
  if (run->last_session != SIZE_MAX && data->sessions[run->last_session].number == number) {
    *index = run->last_session;
    return STATUS_OK;
  }
  // A continued file goes on with session numbers, so one of an earlier segment would be another's.
  size_t i = data->session_count;
  while (i > run->first_session && data->sessions[i - 1].number != number)
    i--;
  enum status status = STATUS_OK;
  if (i > run->first_session) {
    *index = i - 1;
  } else {
    struct load_session session = {
        .file = data->files, .number = number, .workers = -1, .managed = run->managed};
    status = load_session_add(data, &session, index);
    if (status == STATUS_OK) data->facts[run->fact].sessions++;
  }
  run->last_session = *index;
  return status;
}

// The plan has the cells that a level would have held; without one, the level stands as a cell of one
// request.
static enum status add_planned(struct load_run *run, int64_t workers) {
  struct json_slice plan = {run->plan.data, run->plan.len};
  struct json_slice cells = json_scan_get(plan, "cells"), batches = json_scan_get(plan, "batch"), item;
  bool any = false;
  struct json_scan scan = json_scan_start(json_scan_kind(cells) == JSON_ARRAY ? cells : batches);
  while (json_scan_element(&scan, &item)) {
    int64_t batch, level = workers;
    struct json_slice size = item;
    if (json_scan_kind(item) == JSON_OBJECT) {
      size = json_scan_get(item, "batch");
      if (!json_scan_int64(json_scan_get(item, "workers"), &level)) level = -1;
    }
    if (!json_scan_int64(size, &batch) || batch < 0 || level != workers) continue;
    size_t index;
    enum status status = load_cell_of(run->data, workers, batch, &index);
    if (status != STATUS_OK) return status;
    load_failed_start(&run->data->cells[index], run->fact);
    any = true;
  }
  if (any) return STATUS_OK;
  size_t index;
  enum status status = load_cell_of(run->data, workers, workers, &index);
  if (status == STATUS_OK) load_failed_start(&run->data->cells[index], run->fact);
  return status;
}

static enum status add_session(struct load_run *run, const struct run_session *record) {
  size_t index;
  enum status status = session_of(run, record->session, &index);
  if (status != STATUS_OK) return status;
  struct load_session *session = &run->data->sessions[index];
  session->workers = record->workers;
  session->failed = json_slice_is(record->state, "failed");
  if (!session->failed || record->workers < 1) return STATUS_OK;
  run->measured++;
  char words[160];
  int shown = record->error.len > sizeof words - 1 ? (int)sizeof words - 1 : (int)record->error.len;
  snprintf(words, sizeof words, "%.*s", shown, record->error.data ? record->error.data : "");
  load_notice_add(run->data, WARNING_FAILED_LEVEL, record->workers, 1, words[0] ? words : NULL);
  return add_planned(run, record->workers);
}

static void keep_client(struct load_data *data, const struct run_batch *record) {
  data->client_cpu_max = fmax(data->client_cpu_max, record->client_cpu);
  if (record->lag_p99_ns >= 0) {
    data->client_lag_p99_max_s = fmax(data->client_lag_p99_max_s, clock_seconds(record->lag_p99_ns));
  }
}

static enum status add_open_loop(struct load_run *run, const struct run_batch *record) {
  struct json_slice plan = {run->plan.data, run->plan.len};
  double speed;
  if (!json_scan_number(json_scan_get(plan, "speed"), &speed)) speed = 1;
  struct load_pending *pending = &run->pending;
  struct load_open_source source = {.arrivals = &pending->arrivals,
                                    .sketch = pending->has_sketch ? pending->sketch : NULL,
                                    .times = &pending->times};
  return load_open_add(run->data, &source, record, speed);
}

static struct load_replicate replicate_of(const struct load_run *run, const struct run_batch *record,
                                          size_t session) {
  struct load_replicate replicate = {.session = session,
                                     .run = run->fact,
                                     .block = (run->data->files << 32) + record->rep,
                                     .in_pass = true,
                                     .start_s = run->start_unix_s + clock_seconds(record->start_ns),
                                     .total_s = clock_seconds(record->total_ns),
                                     .requests = record->requests,
                                     .failed = record->failed,
                                     .cancelled = record->cancelled,
                                     .tokens = record->output_tokens,
                                     .input_tokens = record->input_tokens,
                                     .cached_tokens = record->cached_tokens,
                                     .good = run->data->has_limits ? run->pending.good : -1};
  replicate.mean_s = replicate.total_s / (double)(record->batch > 0 ? record->batch : record->requests);
  memcpy(replicate.errors, record->errors, sizeof replicate.errors);
  return replicate;
}

// Which measure it will be is known after the last file; a batch has output tokens, or it never will.
static enum results_measure measure_of(const struct load_data *data, const struct run_batch *record) {
  if (data->has_measure) return data->measure;
  return record->output_tokens > 0 ? MEASURE_OUTPUT_TOKENS : MEASURE_REQUESTS;
}

// Puts a batch that counts into its cell, with the times of its requests.
static enum status commit(struct load_run *run, const struct run_batch *record, size_t session,
                          size_t index) {
  struct load_data *data = run->data;
  struct load_cell *cell = &data->cells[index];
  struct load_replicate replicate = replicate_of(run, record, session), *place;
  bool unwarmed = run->no_warmup && data->sessions[session].batches == 0;
  replicate.cold = unwarmed && run->managed;
  replicate.unwarmed = unwarmed && !run->managed;
  data->sessions[session].batches++;
  enum status status = load_replicate_add(cell, &place);
  if (status != STATUS_OK) return status;
  status = load_pending_window(&run->pending, record, measure_of(data, record), &replicate.steady);
  if (status != STATUS_OK) return status;
  *place = replicate;
  if (replicate.cold) {
    run->pending.state = PENDING_LEFT_OUT;
    return STATUS_OK;
  }
  if (cell->current_session != session) status = load_cell_fold(cell);
  if (status == STATUS_OK && !run->managed) status = load_cell_add_batch(cell, &run->pending.times);
  if (status != STATUS_OK) return status;
  cell->current_session = session;
  run->pending.state = PENDING_COUNTED;
  run->pending.cell = index;
  return load_times_merge(&cell->current, &run->pending.times);
}

// What failed has failed, whatever the client did and however soon it was over.
static enum status add_failing(const struct load_run *run, const struct run_batch *record,
                               struct load_cell *cell) {
  enum status status = array_grow(&cell->failing, &cell->failing_room, cell->failing_count,
                                  sizeof *cell->failing, LOAD_MAX_REPLICATES);
  if (status != STATUS_OK) return status;
  struct load_failing *failing = &cell->failing[cell->failing_count++];
  *failing = (struct load_failing){.run = run->fact,
                                   .rep = record->rep,
                                   .start_s = run->start_unix_s + clock_seconds(record->start_ns),
                                   .requests = record->requests,
                                   .failed = record->failed,
                                   .cancelled = record->cancelled,
                                   .tokens = record->output_tokens,
                                   .input_tokens = record->input_tokens};
  memcpy(failing->errors, record->errors, sizeof failing->errors);
  return STATUS_OK;
}

// A batch that gives no throughput: the client was the bottleneck, or it took no time at all.
static enum status add_without_throughput(struct load_run *run, const struct run_batch *record) {
  struct load_data *data = run->data;
  size_t index;
  bool failing = load_is_failing(record->requests, record->failed, record->cancelled),
       invalid = !record->valid && !failing;
  if (!record->valid) {
    if (data->client_reason.kind == RUN_REASON_NONE) {
      data->client_reason = record->reason;
      data->client_reason.text.data = copy_text(record->reason.text);
    }
    data->invalid_cpu_max = fmax(data->invalid_cpu_max, record->client_cpu);
    data->invalid_failing += failing && record->workers >= 1 && record->batch >= 0;
    load_note_invalid_amounts(data, record);
  }
  if (record->workers < 1 || record->batch < 0) {
    if (invalid) load_notice_add(data, WARNING_INVALID_CLIENT, -1, 1, NULL);
    return record->total_ns > 0 ? add_open_loop(run, record) : STATUS_OK;
  }
  if (!invalid && !failing) return STATUS_OK;
  enum status status = load_cell_of(data, record->workers, record->batch, &index);
  if (status != STATUS_OK) return status;
  struct load_cell *cell = &data->cells[index];
  if (failing) return add_failing(run, record, cell);
  return load_invalid_add(
      cell, (struct load_invalid){run->fact, run->start_unix_s + clock_seconds(record->start_ns)});
}

static enum status add_batch(struct load_run *run, const struct run_batch *record, struct error *error) {
  struct load_data *data = run->data;
  run->batches++;
  size_t session, index;
  enum status status = load_pending_batch(&run->pending, data, record, error);
  if (status == STATUS_OK) status = session_of(run, record->session, &session);
  if (status != STATUS_OK) return status;
  struct run_facts *facts = &data->facts[run->fact];
  if (record->warmup) {
    facts->warmup_batches++;
    return STATUS_OK;
  }
  run->measured++;
  facts->batches++;
  facts->requests += record->requests;
  facts->failed += record->failed;
  if (record->valid) keep_client(data, record);
  if (!record->valid || record->total_ns <= 0) return add_without_throughput(run, record);
  if (record->workers < 1 || record->batch < 0) return add_open_loop(run, record);
  status = load_cell_of(data, record->workers, record->batch, &index);
  return status == STATUS_OK ? commit(run, record, session, index) : status;
}

// An end record closes its segment and has the counts of what it should hold.
static void add_end(struct load_run *run, const struct run_end *end) {
  if (end->requests > run->requests) run->missing_records += end->requests - run->requests;
  if (end->batches > run->batches) run->missing_records += end->batches - run->batches;
  run->ended = true;
}

// A header that cannot be read begins a segment all the same: what follows is not of the segment before.
static bool skip_unknown_header(struct load_run *run, const char *line, size_t len) {
  struct json_slice record, type;
  int64_t version = 0;
  if (json_scan_text(line, len, &record, NULL) != STATUS_OK) return false;
  type = json_scan_raw_string(json_scan_get(record, "type"));
  if (!json_slice_is(type, "run")) return false;
  if (!run->unknown_segment && !run->ended) load_notice_add(run->data, WARNING_NO_END, -1, -1, run->path);
  run->unknown_segment = run->ended = true;
  run->newer_segment = json_scan_int64(json_scan_get(record, "version"), &version) && version > RUN_VERSION;
  return true;
}

// One more line behind such a header, or that itself.
static void leave_out(struct load_run *run) {
  run->newer_records += run->newer_segment;
  run->unknown_records += !run->newer_segment;
}

void load_run_overlong(struct load_run *run) {
  run->line++;
  if (run->unknown_segment)
    leave_out(run);
  else
    run->bad_lines++;
}

static enum status take(struct load_run *run, const struct run_record *record, struct error *error) {
  enum status status = STATUS_OK;
  switch (record->kind) {
  case RUN_HEADER:
    if (!run->ended && !record->header.resumes) load_notice_add(run->data, WARNING_NO_END, -1, -1, run->path);
    status = add_header(run, &record->header, error);
    if (status == STATUS_FORMAT) return status;
    break;
  case RUN_SESSION: status = add_session(run, &record->session); break;
  case RUN_REQUEST:
    run->requests++;
    status = load_pending_request(&run->pending, run->data, &record->request);
    break;
  case RUN_BATCH:
    status = add_batch(run, &record->batch, error);
    if (status == STATUS_FORMAT) run->bad_lines++, status = STATUS_OK;
    break;
  case RUN_END: add_end(run, &record->end); break;
  case RUN_OTHER: break;
  }
  if (status == STATUS_OK) return STATUS_OK;
  return status_fail(error, status, "line %" PRId64 ": %s%s", run->line, status_name(status),
                     status == STATUS_LIMIT ? " (cells, replicates or segments)" : "");
}

enum status load_run_record(struct load_run *run, const struct run_record *record, struct error *error) {
  run->line++;
  if (!run->has_header && record->kind == RUN_HEADER) return add_header(run, &record->header, error);
  return take(run, record, error);
}

enum status load_run_line(struct load_run *run, const char *line, size_t len, struct error *error) {
  run->line++;
  struct run_record record;
  enum status status = run_parse(line, len, &record, &run->scratch, error);
  if (!run->has_header) {
    if (status == STATUS_OK && record.kind == RUN_HEADER) return add_header(run, &record.header, error);
    if (status == STATUS_FORMAT)
      return status_prefix(error, status, "line %" PRId64 ": not a run", run->line);
    if (status != STATUS_OK) return status;
    const char *why = memmem(line, len, "\"type\":\"trace\"", 14)
                          ? "it is a trace; 'replay TRACE -u URL -o RUN' measures with it, analyze reads RUN"
                          : "its first record must be the header that replay writes";
    return status_fail(error, STATUS_FORMAT, "line %" PRId64 ": not a run: %s", run->line, why);
  }
  if (status == STATUS_FORMAT) {
    if (skip_unknown_header(run, line, len) || run->unknown_segment)
      leave_out(run);
    else
      run->bad_lines++;
    return STATUS_OK;
  }
  if (status != STATUS_OK) return status;
  if (run->unknown_segment && record.kind != RUN_HEADER) {
    leave_out(run);
    return STATUS_OK;
  }
  return take(run, &record, error);
}

enum status load_run_end(struct load_run *run, const struct gzline_damage *damage, struct error *error) {
  struct load_data *data = run->data;
  if (!run->ended) load_notice_add(data, WARNING_NO_END, -1, -1, run->path);
  int64_t spots = damage->places + run->bad_lines + run->missing_records + run->unknown_records;
  if (spots == 0 && damage->torn_end) spots = 1;
  if (run->newer_records > 0) {
    data->lost = true;
    load_notice_add(data, WARNING_NEWER_VERSION, -1, run->newer_records, run->path);
  }
  if (spots > 0) {
    data->lost = true;
    load_notice_add(data, WARNING_DAMAGED_INPUT, -1, spots, run->path);
  }
  if (run->measured == 0) {
    return status_fail(error, STATUS_FORMAT, "no measured batch in it%s", run->ended ? "" : " (cut short?)");
  }
  return STATUS_OK;
}
