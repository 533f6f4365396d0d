// SPDX-License-Identifier: GPL-3.0-or-later
//
// The heap that the readers fill.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/input/load_reader.h"
#include "lib/base/array.h"

const double load_percentiles[LOAD_PERCENTILES] = {0.50, 0.95, 0.99};

static size_t slot_of(const struct load_data *data, int64_t workers, int64_t batch) {
  uint64_t hash = (uint64_t)workers * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)batch;
  hash *= UINT64_C(0xD6E8FEB86659FD93);
  size_t slot = (size_t)(hash >> 20) & (data->key_room - 1);
  while (data->by_key[slot]) {
    const struct load_cell *cell = &data->cells[data->by_key[slot] - 1];
    if (cell->workers == workers && cell->batch == batch) break;
    slot = (slot + 1) & (data->key_room - 1);
  }
  return slot;
}

// Keeps the table at most half full.
static enum status grow_keys(struct load_data *data) {
  if (data->cell_count * 2 < data->key_room) return STATUS_OK;
  size_t room = data->key_room ? data->key_room * 2 : 64;
  size_t *keys = calloc(room, sizeof *keys);
  if (!keys) return STATUS_MEMORY;
  free(data->by_key);
  data->by_key = keys;
  data->key_room = room;
  for (size_t i = 0; i < data->cell_count; i++)
    keys[slot_of(data, data->cells[i].workers, data->cells[i].batch)] = i + 1;
  return STATUS_OK;
}

enum status load_cell_of(struct load_data *data, int64_t workers, int64_t batch, size_t *index) {
  enum status status = grow_keys(data);
  if (status != STATUS_OK) return status;
  size_t slot = slot_of(data, workers, batch);
  if (!data->by_key[slot]) {
    status =
        array_grow(&data->cells, &data->cell_room, data->cell_count, sizeof *data->cells, LOAD_MAX_CELLS);
    if (status != STATUS_OK) return status;
    struct load_cell *cell = &data->cells[data->cell_count];
    cell->workers = workers;
    cell->batch = batch;
    data->by_key[slot] = ++data->cell_count;
  }
  *index = data->by_key[slot] - 1;
  return STATUS_OK;
}

bool load_is_failing(int64_t requests, int64_t failed, int64_t cancelled) {
  double tried = (double)(requests - cancelled);
  return tried > 0 && (double)failed > (1 - LOAD_MIN_SUCCESS) * tried * (1 + 1e-12);
}

enum status load_replicate_add(struct load_cell *cell, struct load_replicate **replicate) {
  enum status status =
      array_grow(&cell->replicates, &cell->room, cell->count, sizeof *cell->replicates, LOAD_MAX_REPLICATES);
  if (status == STATUS_OK) *replicate = &cell->replicates[cell->count++];
  return status;
}

bool load_knows_passes(const struct load_data *data) {
  for (size_t i = 0; i < data->cell_count; i++) {
    for (size_t r = 0; r < data->cells[i].count; r++)
      if (!data->cells[i].replicates[r].in_pass) return false;
  }
  return true;
}

void load_failed_start(struct load_cell *cell, size_t run) {
  if (cell->failed_starts > 0 && cell->failed_start == run) return;
  cell->failed_starts++;
  cell->failed_start = run;
}

enum status load_session_add(struct load_data *data, const struct load_session *session, size_t *index) {
  enum status status = array_grow(&data->sessions, &data->session_room, data->session_count,
                                  sizeof *data->sessions, LOAD_MAX_REPLICATES);
  if (status != STATUS_OK) return status;
  data->sessions[data->session_count] = *session;
  *index = data->session_count++;
  return STATUS_OK;
}

void load_notice_add(struct load_data *data, enum warning_code code, int64_t workers, int64_t count,
                     const char *words) {
  if (array_grow(&data->notices, &data->notice_room, data->notice_count, sizeof *data->notices, 10000))
    return;
  data->notices[data->notice_count++] =
      (struct load_notice){code, workers, count, words ? strdup(words) : NULL};
}

enum status load_facts_add(struct load_data *data, const char *source, const char *kind,
                           struct run_facts **facts) {
  enum status status =
      array_grow(&data->facts, &data->fact_room, data->fact_count, sizeof *data->facts, 100000);
  if (status != STATUS_OK) return status;
  struct run_facts *fresh = &data->facts[data->fact_count++];
  fresh->source = strdup(source);
  fresh->kind = strdup(kind);
  fresh->start_unix_s = fresh->start_skew_s = NAN;
  fresh->seed = -1;
  *facts = fresh;
  return fresh->source && fresh->kind ? STATUS_OK : STATUS_MEMORY;
}

bool load_has_run(const struct load_data *data, double start_unix_s, int64_t seed) {
  for (size_t i = 0; i < data->fact_count; i++) {
    const struct run_facts *facts = &data->facts[i];
    if (strcmp(facts->kind, "run") == 0 && facts->start_unix_s == start_unix_s && facts->seed == seed)
      return true;
  }
  return false;
}

enum status load_times_merge(struct load_times *into, const struct load_times *from) {
  for (size_t i = 0; i < LOAD_TIME_COUNT; i++) {
    enum status status = times_merge(&into->of[i], &from->of[i]);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

void load_times_clear(struct load_times *times) {
  for (size_t i = 0; i < LOAD_TIME_COUNT; i++)
    times_clear(&times->of[i]);
}

struct load_api *load_api_named(struct load_data *data, struct json_slice name) {
  for (size_t i = 0; i < data->api_count; i++) {
    if (json_slice_is(name, data->apis[i].name)) return &data->apis[i];
  }
  if (name.len == 0 || name.len >= RESULTS_API_BYTES || data->api_count == RESULTS_APIS_MAX) return NULL;
  struct load_api *api = &data->apis[data->api_count++];
  memcpy(api->name, name.data, name.len);
  return api;
}

enum status load_api_add(struct load_data *data, const struct run_request *record) {
  struct load_api *api = load_api_named(data, record->api);
  if (!api || record->error == FAILURE_CANCELLED) return STATUS_OK;
  api->requests++;
  api->failed += record->error != FAILURE_NONE;
  if (record->error != FAILURE_NONE) return STATUS_OK;
  if (record->input_tokens > 0) api->input_tokens += record->input_tokens;
  if (record->output_tokens > 0) api->output_tokens += record->output_tokens;
  enum status status = record->ttft_ns < 0 ? STATUS_OK : times_add(&api->ttft, record->ttft_ns);
  return status || record->latency_ns < 0 ? status : times_add(&api->latency, record->latency_ns);
}

void load_times_free(struct load_times *times) {
  for (size_t i = 0; i < LOAD_TIME_COUNT; i++)
    times_free(&times->of[i]);
}

enum status load_times_quantiles(struct load_times *times, struct load_quantiles *quantiles) {
  for (size_t i = 0; i < LOAD_TIME_COUNT; i++) {
    for (size_t p = 0; p < LOAD_PERCENTILES; p++) {
      struct ci ci = {NAN, NAN, NAN};
      enum status status = times_quantile(&times->of[i], load_percentiles[p], 0.95, &ci, NULL);
      if (status != STATUS_OK && status != STATUS_NUMERIC) return status;
      quantiles->of[i][p] = ci.estimate;
    }
  }
  return STATUS_OK;
}

enum status load_invalid_add(struct load_cell *cell, struct load_invalid batch) {
  enum status status = array_grow(&cell->invalid, &cell->invalid_room, cell->invalid_count,
                                  sizeof *cell->invalid, LOAD_MAX_REPLICATES);
  if (status == STATUS_OK) cell->invalid[cell->invalid_count++] = batch;
  return status;
}

enum status load_cell_add_batch(struct load_cell *cell, struct load_times *times) {
  if (times_count(&times->of[LOAD_LATENCY]) == 0) return STATUS_OK;
  enum status status = array_grow(&cell->batches, &cell->batch_room, cell->batch_count, sizeof *cell->batches,
                                  LOAD_MAX_REPLICATES);
  return status == STATUS_OK ? load_times_quantiles(times, &cell->batches[cell->batch_count++]) : status;
}

enum status load_cell_fold(struct load_cell *cell) {
  if (times_count(&cell->current.of[LOAD_LATENCY]) == 0) return STATUS_OK;
  enum status status = array_grow(&cell->sessions, &cell->session_room, cell->session_count,
                                  sizeof *cell->sessions, LOAD_MAX_REPLICATES);
  if (status == STATUS_OK)
    status = load_times_quantiles(&cell->current, &cell->sessions[cell->session_count++]);
  if (status != STATUS_OK) return status;
  if (cell->session_count == 1) {
    cell->pooled = cell->current;
    cell->current = (struct load_times){0};
    return STATUS_OK;
  }
  status = load_times_merge(&cell->pooled, &cell->current);
  load_times_free(&cell->current);
  return status;
}

static void free_cell(struct load_cell *cell) {
  free(cell->replicates);
  free(cell->failing);
  free(cell->invalid);
  free(cell->sessions);
  free(cell->batches);
  load_times_free(&cell->current);
  load_times_free(&cell->pooled);
}

void load_free(struct load_data *data) {
  if (!data) return;
  for (size_t i = 0; i < data->cell_count; i++)
    free_cell(&data->cells[i]);
  for (size_t i = 0; i < data->open_count; i++)
    for (size_t p = 0; p < LOAD_PIECES; p++)
      load_times_free(&data->open[i].pieces[p].times);
  for (size_t i = 0; i < data->api_count; i++) {
    times_free(&data->apis[i].ttft);
    times_free(&data->apis[i].latency);
  }
  for (size_t i = 0; i < data->notice_count; i++)
    free(data->notices[i].words);
  // results_free frees the facts' strings.
  struct results facts = {.facts = data->facts, .fact_count = data->fact_count};
  results_free(&facts);
  free(data->cells);
  free(data->by_key);
  free(data->sessions);
  free(data->open);
  free(data->points);
  free(data->notices);
  free((char *)data->client_reason.text.data);
  free(data->seen);
  *data = (struct load_data){0};
}
