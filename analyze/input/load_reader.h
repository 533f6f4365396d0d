// SPDX-License-Identifier: GPL-3.0-or-later
//
// What load.c and the readers of the two kinds of input share; nobody else includes it.
//
// A reader is fed one line after the other and puts what it understood into the load_data. Its words name the
// line; load.c puts the file's name before them.
#ifndef ANALYZE_LOAD_READER_H
#define ANALYZE_LOAD_READER_H

#include "analyze/input/load.h"
#include "lib/lines/csv.h"
#include "lib/record/run.h"

// The cell, made if it is new. STATUS_LIMIT, STATUS_MEMORY.
enum status load_cell_of(struct load_data *data, int64_t workers, int64_t batch, size_t *index) MUST_USE;

// Room for one more replicate, zeroed. STATUS_LIMIT, STATUS_MEMORY.
enum status load_replicate_add(struct load_cell *cell, struct load_replicate **replicate) MUST_USE;

// A batch that is left out. STATUS_LIMIT, STATUS_MEMORY.
enum status load_invalid_add(struct load_cell *cell, struct load_invalid batch) MUST_USE;

// Counts a run (index into load_data.facts) in which the cell's level did not come up, once.
void load_failed_start(struct load_cell *cell, size_t run);

// A new session; its index.
enum status load_session_add(struct load_data *data, const struct load_session *session,
                             size_t *index) MUST_USE;

// A notice for the user; -1 and NULL: does not apply. Without memory it is dropped.
void load_notice_add(struct load_data *data, enum warning_code code, int64_t workers, int64_t count,
                     const char *words);

// A notice of what the runs that were read differ in, if anything that must not be pooled unawares.
void load_note_unlike(struct load_data *data);

// Marks as cold what took so long that it must have loaded the model, of the first batches of runs without a
// warm-up. The times of its requests were folded in before that could be known, and stay.
void load_find_cold(struct load_data *data);

// Leaves out failed batches that were measured again: see load_replaced.c. Counts cells' failed_runs. Adds a
// notice. STATUS_MEMORY.
enum status load_replace_failed(struct load_data *data) MUST_USE;

// Notes the kind of traffic of a batch that is left out, for the case that no valid one shows it.
void load_note_invalid_amounts(struct load_data *data, const struct run_batch *record);

// Chooses the measure where none was given, and fills amounts and throughputs. STATUS_FORMAT.
enum status load_count_amounts(struct load_data *data, struct error *error) MUST_USE;

// Facts of a segment or table, all unknown but source and kind.
enum status load_facts_add(struct load_data *data, const char *source, const char *kind,
                           struct run_facts **facts) MUST_USE;

// The same measurements must not count twice: neither a file by another name, nor a run in another file.
// STATUS_FORMAT: read already; STATUS_MEMORY.
enum status load_note_identity(struct load_data *data, const char *path, struct error *error) MUST_USE;
bool load_has_run(const struct load_data *data, double start_unix_s, int64_t seed);

// Where requests of this API are counted, made if it is new; NULL: no name, or too many.
struct load_api *load_api_named(struct load_data *data, struct json_slice name);

// Counts a measured request by its API, if the record has it. STATUS_MEMORY.
enum status load_api_add(struct load_data *data, const struct run_request *record) MUST_USE;

// Puts the times of the session that was read to the cell's others and keeps its percentiles.
enum status load_cell_fold(struct load_cell *cell) MUST_USE;

// Keeps the percentiles of one batch, whose times may change their order.
enum status load_cell_add_batch(struct load_cell *cell, struct load_times *times) MUST_USE;

enum status load_times_merge(struct load_times *into, const struct load_times *from) MUST_USE;
void load_times_clear(struct load_times *times);

// Writes the percentiles of `times`, whose values may change their order. STATUS_MEMORY.
enum status load_times_quantiles(struct load_times *times, struct load_quantiles *quantiles) MUST_USE;
void load_times_free(struct load_times *times);

// Run records. `path` is borrowed and only for words.
struct load_run;
enum status load_run_new(struct load_data *data, const char *path, struct load_run **out) MUST_USE;
// A line that is no record is counted, unless it is the first (STATUS_FORMAT).
enum status load_run_line(struct load_run *run, const char *line, size_t len, struct error *error) MUST_USE;
// The same for a record that was parsed already; the first must be the header.
enum status load_run_record(struct load_run *run, const struct run_record *record,
                            struct error *error) MUST_USE;
// A line too long to be read counts as one that is no record.
void load_run_overlong(struct load_run *run);
// After the last line. STATUS_FORMAT when nothing was measured.
enum status load_run_end(struct load_run *run, const struct gzline_damage *damage,
                         struct error *error) MUST_USE;
void load_run_free(struct load_run *run);

// Tables. LOAD_TABLE_CELLS: workers,batch,total_s and tokens or requests[,rep,failed]; LOAD_TABLE_POINTS:
// n,throughput. Other columns are ignored, in any order.
enum load_table_kind { LOAD_TABLE_CELLS, LOAD_TABLE_POINTS };
struct load_table;
enum status load_table_new(struct load_data *data, const char *path, enum load_table_kind kind,
                           struct load_table **out) MUST_USE;
enum status load_table_line(struct load_table *table, const char *line, size_t len,
                            struct error *error) MUST_USE;
enum status load_table_end(struct load_table *table, struct error *error) MUST_USE;
void load_table_free(struct load_table *table);

#endif
