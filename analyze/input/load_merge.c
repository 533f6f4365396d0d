// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/input/load_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/input/load_reader.h"
#include "lib/base/array.h"

// By how much indices into the first one's arrays grow.
struct offsets {
  size_t session, run;
  int64_t file;
};

static enum status merge_replicates(struct load_cell *into, const struct load_cell *from,
                                    const struct offsets *by) {
  for (size_t i = 0; i < from->count; i++) {
    struct load_replicate *replicate;
    enum status status = load_replicate_add(into, &replicate);
    if (status != STATUS_OK) return status;
    *replicate = from->replicates[i];
    replicate->session += by->session;
    replicate->run += by->run;
    replicate->block += by->file << 32;
  }
  for (size_t i = 0; i < from->invalid_count; i++) {
    struct load_invalid one = {from->invalid[i].run + by->run, from->invalid[i].start_s};
    enum status status = load_invalid_add(into, one);
    if (status != STATUS_OK) return status;
  }
  for (size_t i = 0; i < from->failing_count; i++) {
    enum status status = array_grow(&into->failing, &into->failing_room, into->failing_count,
                                    sizeof *into->failing, LOAD_MAX_REPLICATES);
    if (status != STATUS_OK) return status;
    into->failing[into->failing_count] = from->failing[i];
    into->failing[into->failing_count++].run += by->run;
  }
  return STATUS_OK;
}

static enum status append_quantiles(struct load_quantiles **into, size_t *count, size_t *room,
                                    const struct load_quantiles *from, size_t more) {
  for (size_t i = 0; i < more; i++) {
    enum status status = array_grow(into, room, *count, sizeof **into, LOAD_MAX_REPLICATES);
    if (status != STATUS_OK) return status;
    (*into)[(*count)++] = from[i];
  }
  return STATUS_OK;
}

// The last session of each is over: the next file's is another.
static enum status merge_times(struct load_cell *into, struct load_cell *from) {
  enum status status = load_cell_fold(into);
  if (status == STATUS_OK) status = load_cell_fold(from);
  bool empty = into->session_count == 0;
  if (status == STATUS_OK)
    status = append_quantiles(&into->sessions, &into->session_count, &into->session_room, from->sessions,
                              from->session_count);
  if (status == STATUS_OK)
    status = append_quantiles(&into->batches, &into->batch_count, &into->batch_room, from->batches,
                              from->batch_count);
  if (status != STATUS_OK || !empty) return status ? status : load_times_merge(&into->pooled, &from->pooled);
  into->pooled = from->pooled;
  from->pooled = (struct load_times){0};
  return STATUS_OK;
}

static enum status merge_cell(struct load_data *data, struct load_cell *from, const struct offsets *by) {
  size_t index;
  enum status status = load_cell_of(data, from->workers, from->batch, &index);
  if (status != STATUS_OK) return status;
  struct load_cell *into = &data->cells[index];
  status = merge_replicates(into, from, by);
  if (status == STATUS_OK) status = merge_times(into, from);
  into->failed_starts += from->failed_starts;
  if (from->failed_starts > 0) into->failed_start = from->failed_start + by->run;
  into->current_session = SIZE_MAX;
  return status;
}

static enum status merge_arrays(struct load_data *into, struct load_data *from, const struct offsets *by) {
  enum status status = STATUS_OK;
  for (size_t i = 0; i < from->session_count && status == STATUS_OK; i++) {
    size_t index;
    struct load_session session = from->sessions[i];
    session.file += by->file;
    status = load_session_add(into, &session, &index);
  }
  for (size_t i = 0; i < from->fact_count && status == STATUS_OK; i++) {
    status = array_grow(&into->facts, &into->fact_room, into->fact_count, sizeof *into->facts, 100000);
    if (status != STATUS_OK) break;
    into->facts[into->fact_count++] = from->facts[i];
    from->facts[i] = (struct run_facts){0};
  }
  for (size_t i = 0; i < from->open_count && status == STATUS_OK; i++) {
    status = array_grow(&into->open, &into->open_room, into->open_count, sizeof *into->open, LOAD_MAX_CELLS);
    if (status != STATUS_OK) break;
    into->open[into->open_count++] = from->open[i];
    memset(from->open[i].pieces, 0, sizeof from->open[i].pieces);
  }
  for (size_t i = 0; i < from->notice_count && status == STATUS_OK; i++) {
    const struct load_notice *notice = &from->notices[i];
    load_notice_add(into, notice->code, notice->workers, notice->count, notice->words);
  }
  return status;
}

static enum status merge_apis(struct load_data *into, struct load_data *from) {
  for (size_t i = 0; i < from->api_count; i++) {
    struct load_api *api = &from->apis[i];
    struct load_api *same = load_api_named(into, (struct json_slice){api->name, strlen(api->name)});
    if (!same) continue;
    same->requests += api->requests;
    same->failed += api->failed;
    same->input_tokens += api->input_tokens;
    same->output_tokens += api->output_tokens;
    enum status status = times_merge(&same->ttft, &api->ttft);
    if (status == STATUS_OK) status = times_merge(&same->latency, &api->latency);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

static void merge_sums(struct load_data *into, struct load_data *from) {
  if (into->client_reason.kind == RUN_REASON_NONE) {
    into->client_reason = from->client_reason;
    from->client_reason = (struct run_reason){0};
  }
  into->invalid_failing += from->invalid_failing;
  into->invalid_cpu_max = fmax(into->invalid_cpu_max, from->invalid_cpu_max);
  into->client_cpu_max = fmax(into->client_cpu_max, from->client_cpu_max);
  into->client_lag_p99_max_s = fmax(into->client_lag_p99_max_s, from->client_lag_p99_max_s);
  into->invalid_output |= from->invalid_output;
  into->invalid_other |= from->invalid_other;
  into->lost |= from->lost;
  into->imported |= from->imported;
  into->no_warmup |= from->no_warmup;
  into->files += from->files;
  into->answers += from->answers;
  into->one_piece += from->one_piece;
}

static const struct run_facts *read_already(const struct load_data *into, const struct load_data *from) {
  for (size_t i = 0; i < from->fact_count; i++) {
    if (load_has_run(into, from->facts[i].start_unix_s, from->facts[i].seed) &&
        strcmp(from->facts[i].kind, "run") == 0)
      return &from->facts[i];
  }
  return NULL;
}

enum status load_merge(struct load_data *into, struct load_data *from, struct error *error) {
  struct offsets by = {into->session_count, into->fact_count, into->files};
  const struct run_facts *again = read_already(into, from);
  if (again) return status_fail(error, STATUS_FORMAT, "%s: this run was read already", again->source);
  enum status status = STATUS_OK;
  for (size_t i = 0; i < from->cell_count && status == STATUS_OK; i++)
    status = merge_cell(into, &from->cells[i], &by);
  if (status == STATUS_OK) status = merge_arrays(into, from, &by);
  if (status == STATUS_OK) status = merge_apis(into, from);
  if (status != STATUS_OK) return status_plain(error, status);
  merge_sums(into, from);
  return STATUS_OK;
}
