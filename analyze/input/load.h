// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads what was measured, from run records or tables, into one heap of cells and their replicates.
//
// Memory depends on the number of cells, sessions and batches, never on the number of requests: each request
// is folded into its cell as it is read.
#ifndef ANALYZE_LOAD_H
#define ANALYZE_LOAD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/input/times.h"
#include "analyze/results/results.h"
#include "analyze/stat/queue.h"
#include "lib/base/status.h"
#include "lib/json/json_scan.h"
#include "lib/sketch/request_times.h"
#include "lib/sketch/steady.h"

#define LOAD_MIN_SUCCESS 0.95 // a batch or a cell with fewer successes has failed
#define LOAD_MAX_CELLS 100000
#define LOAD_MAX_REPLICATES 10000000
#define LOAD_MAX_POINTS 1000000

// Of requests (request_times.h).
enum load_time {
  LOAD_TTFT = REQUEST_TTFT,
  LOAD_LATENCY = REQUEST_LATENCY,
  LOAD_TPOT = REQUEST_TPOT,
  LOAD_RESPONSE = REQUEST_RESPONSE,
  LOAD_ITL_P50 = REQUEST_ITL_P50,
  LOAD_ITL_P99 = REQUEST_ITL_P99,
  LOAD_TIME_COUNT = REQUEST_TIMES
};
struct load_times {
  struct times of[LOAD_TIME_COUNT];
};

// p50, p95, p99 of each time within one session or one batch, seconds; NaN: not measured.
enum { LOAD_PERCENTILES = 3 };
extern const double load_percentiles[LOAD_PERCENTILES];
struct load_quantiles {
  double of[LOAD_TIME_COUNT][LOAD_PERCENTILES];
};

// One measured batch. Counts that are unknown are -1.
struct load_replicate {
  size_t session; // index into load_data.sessions
  size_t run;     // index into load_data.facts: the segment or table it comes from
  int64_t block;  // file and repetition in one number: equal for cells that were measured in one pass
  bool in_pass;   // that is known: it comes from a run record, or from a table with a column rep
  double start_s; // since 1970; NaN: unknown
  double total_s; // above zero
  double tokens_per_s, mean_s; // amount / total_s and total_s / batch, or a table's own figures, which carry
                               // more digits
  int64_t requests, failed, cancelled;
  int64_t tokens, input_tokens, cached_tokens; // tokens: output
  double amount; // of what load_data.measure counts; 0 also where that is not known
  int64_t good;  // requests within every limit; -1: none were given
  int64_t errors[FAILURE_COUNT];
  struct steady steady; // its window; all zero: none
  bool cold;            // the first after a server start, without a warm-up
  bool unwarmed; // the first of a run without a warm-up on a server that was there before; it may be cold
};

// A batch that failed in no time, or while the client was called the bottleneck: a server that answers
// nothing makes the client look busy, and its failure must not be hidden as the client's fault. It counts as
// a failure and never as throughput.
struct load_failing {
  size_t run; // index into load_data.facts
  int64_t rep;
  double start_s; // since 1970
  int64_t requests, failed, cancelled, tokens, input_tokens;
  double amount; // as a replicate's
  int64_t errors[FAILURE_COUNT];
};

// A batch that was left out: the client could not keep up.
struct load_invalid {
  size_t run;     // index into load_data.facts
  double start_s; // since 1970
};

struct load_cell {
  int64_t workers;
  int64_t batch; // of a timed one 0 until load_finish, then the mean of its batches
  bool timed;
  struct load_replicate *replicates;
  size_t count, room;
  struct load_invalid *invalid;
  size_t invalid_count, invalid_room;
  struct load_failing *failing; // what failed is here, whatever the client did
  size_t failing_count, failing_room;
  int64_t failed_starts;     // runs in which it was planned on a level whose server did not come up
  size_t failed_start;       // the last of these runs
  int64_t failed_runs;       // runs in which a batch of it failed or its level did not come up
  struct load_times current; // of the session that is being read
  size_t current_session;
  struct load_times pooled; // of all sessions
  struct load_quantiles *sessions;
  size_t session_count, session_room;
  struct load_quantiles *batches; // of servers that are not managed: each batch's own
  size_t batch_count, batch_room;
};

// One life of a server, or one run against a server that is not managed.
struct load_session {
  int64_t file, number; // of the record
  int64_t workers;      // -1: all
  bool managed, failed;
  int64_t batches; // measured ones
};

// How far a count of requests may be off in one repetition, where neighbours wait alike: beyond its own
// percentile, or within the limits. df 0: not known.
struct load_spread {
  double variance, df;
};
enum { LOAD_OPEN_TIMES = LOAD_TPOT + 1 }; // TTFT, latency, TPOT

enum { LOAD_PIECES = 4 };

// An equal part of the steady part of a repetition, by when its requests came.
struct load_piece {
  struct load_times times;
  int64_t answered, good; // as in the whole
};

// One open-loop repetition.
struct load_open {
  double rate;  // asked for; NaN: at the original times
  double speed; // of original times, 1 where the run's plan has none; NaN: at a rate
  double in_flight, total_s;
  int64_t requests, failed, cancelled;
  int64_t tokens, input_tokens; // within total_s (input: of all its successes); -1: unknown
  double
      amount;   // of the tokens that load_data.measure counts; 0 where it counts requests, which are `served`
  bool invalid; // the client could not keep up
  // The steady part, from `start_s` on; without records of its requests served is -1, and times are of all.
  double start_s;                 // left out at the start
  int64_t served, answered, good; // successes that ended in it; requests that came in it and were not
                                  // cancelled, those of them within every limit (-1: none were given)
  struct queue queue;
  struct load_piece pieces[LOAD_PIECES]; // one after the other; without records all is in the first
  struct load_spread spread[LOAD_OPEN_TIMES][LOAD_PERCENTILES], good_spread;
  double worth[LOAD_OPEN_TIMES]; // independent requests whose mean time would vary as much; 0: not known
  struct load_quantiles whole;   // of all its requests
};

struct load_point {
  double n, throughput;
};

// Which file it is, whatever its name.
struct load_identity {
  uint64_t device, inode;
  int64_t bytes, changed_ns;
};

// The measured requests of one API, where a run has several.
struct load_api {
  char name[RESULTS_API_BYTES];
  int64_t requests, failed, input_tokens, output_tokens; // tokens: sums over successes
  struct times ttft, latency;                            // of successes
};

// A notice for the reader of the report; `words` is owned.
struct load_notice {
  enum warning_code code;
  int64_t workers, count;
  char *words;
};

// Limits that a good request meets, nanoseconds; -1: no limit.
struct load_limits {
  int64_t ttft_ns, tpot_ns, latency_ns;
};

struct load_data {
  struct load_cell *cells; // in the order of their first appearance
  size_t cell_count, cell_room;
  size_t *by_key; // open-addressed index into cells (+ 1; 0: free), by workers and batch
  size_t key_room;
  struct load_session *sessions;
  size_t session_count, session_room;
  struct load_open *open;
  size_t open_count, open_room;
  struct load_point *points; // of a --curve file
  size_t point_count, point_room;
  struct run_facts *facts; // one per segment or table
  size_t fact_count, fact_room;
  struct load_notice *notices;
  size_t notice_count, notice_room;
  struct load_api apis[RESULTS_APIS_MAX]; // in the order of their first appearance
  size_t api_count;
  struct load_limits limits;
  bool has_limits;
  enum results_measure measure; // set before the first file where `has_measure`, else by load_finish
  bool has_measure;
  struct run_reason client_reason; // why the first invalid batch was; owns its text
  int64_t invalid_failing; // invalid batches that failed too: they are not among their cell's `invalid`
  double invalid_cpu_max;  // of all invalid batches; NaN: not measured
  bool invalid_output, invalid_other; // some had output tokens; some had successes without
  struct load_identity *seen;         // of the regular files so far, so that none counts twice
  size_t seen_count, seen_room;
  int64_t files;
  bool lost;                                   // bytes or records are known to be missing
  bool imported;                               // some cells come from a table
  bool no_warmup;                              // some run had none
  double client_cpu_max, client_lag_p99_max_s; // NaN: not measured
  int64_t answers, one_piece; // answers of several tokens, and those of them that came in one event
};

#define LOAD_DATA                                                                                            \
  ((struct load_data){                                                                                       \
      .limits = {-1, -1, -1}, .invalid_cpu_max = NAN, .client_cpu_max = NAN, .client_lag_p99_max_s = NAN})

// Adds one file ("-": standard input), run records or a table of cells, plain or gzip, by content.
// Damage is a notice and sets `lost`. STATUS_NOT_FOUND, STATUS_IO, STATUS_FORMAT (neither of both; bad table;
// a run that was read already), STATUS_LIMIT, STATUS_MEMORY; the words begin with the file's name.
enum status load_file(struct load_data *data, const char *path, struct error *error) MUST_USE;

// Adds several, on as many cores as there are; the parts of one run that shards wrote (`replay --shard`) are
// read as one (load_parts.h). STATUS_FORMAT also when a part is missing; the words name the file.
enum status load_files(struct load_data *data, const char *const *paths, size_t count,
                       struct error *error) MUST_USE;

// Adds a table of points: a column `throughput` and a column `n` (or the only other one).
enum status load_curve_file(struct load_data *data, const char *path, struct error *error) MUST_USE;

// True when fewer than LOAD_MIN_SUCCESS of the requests that were not cancelled succeeded.
bool load_is_failing(int64_t requests, int64_t failed, int64_t cancelled);

// Whether the pass of every repetition is known: a table without a column `rep` has none, since the order of
// its rows is none.
bool load_knows_passes(const struct load_data *data);

// To be called once after the last file: folds what the last sessions left, leaves out failed batches that
// were measured again, chooses the measure (output tokens where there are any, else requests) and fills the
// amounts, and notes what runs differ in. STATUS_FORMAT when the measure that was asked for is known of no
// batch; STATUS_MEMORY.
enum status load_finish(struct load_data *data, struct error *error) MUST_USE;

// Notes in `baseline` what it and the run, of which the `count` facts are, differ in beyond the server's
// address. A table has none of these.
void load_note_unlike_baseline(struct load_data *baseline, const struct run_facts *run, size_t count);

void load_free(struct load_data *data); // takes NULL and a half-made one

#endif
