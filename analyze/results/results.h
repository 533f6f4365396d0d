// SPDX-License-Identifier: GPL-3.0-or-later
//
// What analyze has found out: plain numbers, filled by cells.c, curve.c and compare.c, read by summary.c
// (JSON, CSV) and chapters.c (words and pictures). NaN stands for "unknown" or "unbounded" everywhere and
// becomes null in JSON. Throughput is what results.measure counts, per second; times are seconds.
#ifndef ANALYZE_RESULTS_H
#define ANALYZE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/results/demand.h"
#include "analyze/results/spend.h"
#include "analyze/results/warning.h"
#include "lib/record/failure.h"
#include "lib/record/run.h"

// What throughput counts: of successful requests their tokens, or themselves.
enum results_measure {
  MEASURE_OUTPUT_TOKENS,
  MEASURE_INPUT_TOKENS,
  MEASURE_TOTAL_TOKENS, // input and output
  MEASURE_REQUESTS,
  MEASURE_COUNT
};
extern const char *const results_measure_names[]; // "output_tokens", ..., and NULL at the end

enum cell_flag {
  CELL_COLD = 1 << 0,           // carries model loading: in no fit, no ranking
  CELL_FAILED = 1 << 1,         // success below 95 %, or nothing was counted: never ranked, never fitted
  CELL_PARTIAL_WAVE = 1 << 2,   // batch > workers and not a multiple: in no capacity curve
  CELL_UNREPLICATED = 1 << 3,   // one measurement: no interval of its own
  CELL_INVALID_CLIENT = 1 << 4, // all its batches were: left out
};
enum { CELL_FLAG_COUNT = 5 };
extern const char *const cell_flag_names[CELL_FLAG_COUNT]; // "cold", "failed", "partial_wave", ... by bit

// p50, p95, p99 of one time over the requests of a cell; all NaN where it was not measured (imported tables).
struct percentiles {
  struct estimate p50, p95, p99;
};

// Whether a cell's percentiles keep the limits that were given; unknown also where none were.
enum cell_slo { CELL_SLO_UNKNOWN, CELL_SLO_MET, CELL_SLO_MISSED };

// A cell that failed in so many runs is not measured again.
enum { RESULTS_TRIES = 2 };

struct cell {
  int64_t workers, batch;
  bool timed;                     // its batches lasted for a time; `batch` is the mean of their requests
  int64_t reps;                   // valid replicates behind the numbers
  int64_t sessions;               // server lives they come from
  int64_t invalid;                // batches left out because the client could not keep up
  double total_s, mean_s, amount; // means over replicates; mean_s is total_s / batch
  double tokens, input_tokens, cached_tokens; // means per batch, tokens: output; NaN: unknown
  int64_t requests, failed;                   // sums over replicates
  int64_t failed_runs; // runs, of those that were read, in which some batch of it failed
  int64_t errors[FAILURE_COUNT];
  struct estimate failure_rate; // Clopper-Pearson
  struct estimate tokens_per_s; // geometric mean over replicates; a failed cell: 0, NaN, NaN
  struct estimate goodput;      // requests/s within every limit on requests; NaN: no such limit
  struct estimate good_share;   // of its requests; NaN: no such limit
  bool pooled_interval;         // tokens_per_s.lo/hi use the spread pooled over cells, not this cell's own
  struct percentiles ttft_s, latency_s, tpot_s, itl_s;
  struct percentiles response_s; // latency plus the wait for a worker: from when it was intended
  enum cell_slo meets_slo;       // limits on percentiles and on requests (RESULTS_GOOD_SHARE of them)
  bool slo_certain;              // the intervals of its times leave no doubt of that
  size_t slo_limit;              // index into limits: the one that it misses by most, or has least room to
  unsigned flags;                // enum cell_flag
  bool in_best_set;
};

// What a level does while all its workers are busy; all NaN where no batch has more requests than workers.
struct steady_level {
  struct estimate throughput; // pooled over its batches' windows
  double window_share;        // of these batches' time
  double in_flight;           // mean requests in flight, to be the workers
  double littles_law;         // in flight over rate x latency; the window's ends move it
};

struct workers_row {
  int64_t workers;
  size_t first_cell, cell_count; // its cells in results.cells, by batch
  bool usable;                   // some cell is neither failed nor cold nor invalid
  bool hole;                     // it failed between usable levels: to be measured again, and no cliff
  int64_t best_batch;            // of the usable cells; -1: none
  double max_tokens_per_s;       // 0: none usable
  bool best_is_edge;             // best_batch is the last tested there
  struct estimate capacity;      // throughput with start-up time taken out; NaN: not established
  double start_up_s;             // t0 of that fit; NaN
  struct steady_level steady;
};

enum sigma_source { SIGMA_NONE, SIGMA_REPLICATES, SIGMA_GIVEN, SIGMA_PSEUDO_REPLICATES };

// Indices point into results.cells.
struct best {
  bool exists;
  size_t cell;         // the largest
  size_t recommended;  // recommendation.cell: shown, or the highest of what was compared; without one, `cell`
  size_t *set;         // cells that cannot be told apart from the best, the largest first
  size_t set_count;    // 0: no spread is known, so no set is given
  double regret_bound; // the best may be better than the largest by at most this fraction; NaN
  bool batch_edge, workers_edge; // the largest lies on the last batch of its level / the last workers level
};

// What to set. Indices point into results.cells; SIZE_MAX: none.
enum recommendation_state {
  RECOMMENDATION_NONE,      // no usable cell, nothing to compare it with, or no known spread
  RECOMMENDATION_SHOWN,     // `cell` is at most `below_best_at_most` below the best, and that is within the
                            // margin
  RECOMMENDATION_UNDECIDED, // no candidate is shown to be within the margin
};
extern const char *const recommendation_state_names[]; // "none", "shown", "undecided"

// With limits, only what keeps them for certain is compared.
enum recommendation_limits {
  RECOMMENDATION_UNLIMITED, // no limits were given
  RECOMMENDATION_KEPT,      // `cell` keeps them for certain
  RECOMMENDATION_OPEN,      // undecided: nothing keeps them for certain; `cell` has the most of what may
  RECOMMENDATION_MISSED,    // none: everything misses them for certain; `cell` has the fewest in flight
};

struct recommendation {
  enum recommendation_state state;
  bool steady; // levels are compared, by their steady throughput; else cells, by their batches'
  bool fitted; // and that is fitted to the times of whole batches, since there are no requests
  size_t cell; // the recommended one; undecided, or none of levels: the highest measured
  double margin;
  double below_best_at_most;     // a share; NaN: no bound
  struct estimate throughput;    // of `cell`
  size_t next_up;                // the next tested level that is usable, with its highest batch
  struct estimate next_up_ratio; // of throughput, next_up over `cell`
  size_t fewer;                  // fewer in flight that, as far as measured, are within the margin too
  struct estimate fewer_ratio;   // fewer over `cell`
  size_t *candidates;            // undecided: those that may be the best, the highest first
  size_t candidate_count;
  int64_t repeat; // undecided: repetitions of each candidate that would decide, in all; -1: beyond reason
  enum recommendation_limits limits;
  size_t stopped; // with limits: the fewest in flight above `cell` that do not keep them for certain
};

// What a step of the server takes with n in flight, in seconds, and the median time per token that was
// measured.
struct curve_step {
  double n;
  struct estimate predicted_s, measured_s; // NaN: not measured
};

struct curve_point {
  double n, throughput;
  int64_t workers, batch; // where it comes from; -1: a --curve file
  int64_t unit;           // points of one pass or run that share its effect; -1: it shares none
  bool fitted;            // inside the fit range
};

// A point more than three robust standard deviations off the curve; it stays in the fit.
struct curve_outlier {
  size_t point;     // index into curve.points
  double deviation; // the share by which it lies above (below: negative) the curve
};

enum { RESULTS_PARAMETERS = 3 };
struct curve_model {
  const char *name; // "usl", ...
  size_t parameter_count;
  const char *parameter_names[RESULTS_PARAMETERS];
  struct estimate parameters[RESULTS_PARAMETERS];
  double standard_errors[RESULTS_PARAMETERS];
  double rss, df, aicc, weight; // aicc, weight NaN: too few points
  bool converged;
  const char *stop; // why the iteration ended, in words
  double optimum_n; // where its peak lies; NaN: monotone
  double optimum_throughput;
};

struct curve_band { // the curve as drawn
  double n, throughput, lo, hi;
};

// What the selected curve does over the fitted range, where it has no peak to speak of.
enum curve_course { CURVE_RISES, CURVE_FALLS, CURVE_DIPS, CURVE_LEVEL };
extern const char *const curve_course_names[]; // "rises", ...

// A curve whose highest value is at most this share above its lowest is level: it has no optimum.
#define CURVE_LEVEL_SHARE 0.03

struct curve {
  bool exists;       // there were points to fit
  const char *kind;  // "steady", "full_waves", "open_loop", "single_wave", "file": in order of preference,
                     // METHODS.md 4
  const char *scale; // "log" or "linear"
  struct curve_point *points;
  size_t point_count;
  double range_lo, range_hi; // n that were fitted
  struct curve_model *models;
  size_t model_count;
  size_t selected;         // index into models; SIZE_MAX: none stands
  struct curve_band *band; // of the selected model
  size_t band_count;
  enum curve_course course; // of the selected model
  bool band_averaged;       // no model stands out: the band averages all of them by their weights
  bool has_optimum;
  struct estimate optimum_n, optimum_throughput; // as if the curve were the true one
  struct estimate
      optimum_range; // of n, for a misfit too that repetitions cannot have shown; NaN: none were there
  bool optimum_edge, optimum_established;
  bool shared;     // points share effects of server lives or runs; the optimum's interval is over these
  bool fall_shown; // the points themselves show that throughput falls from the peak to the last n
  struct estimate knee_n;
  bool knee_of_fit;                    // else: of the cells
  double lack_of_fit_f, lack_of_fit_p; // NaN: no replicates
  bool gate_failed;                    // lack of fit rejects at 5 %: no optimum from a curve
  bool has_steps; // the selected curve is a USL of output tokens: a step takes c0 + c1 n + c2 n^2 seconds
  struct estimate step_time[3];
  struct curve_step *steps; // for each fitted n
  size_t step_count;
  struct curve_outlier *outliers;
  size_t outlier_count;
  bool has_robust; // the selected model was fitted again with bisquare weights, as a sensitivity line
  double robust_n, robust_throughput; // its peak; NaN: none
};

struct cliff {
  int64_t from, to; // workers
  struct estimate ratio;
  bool total;    // everything fails at `to`
  bool possible; // the ratio is below CLIFF_RATIO, but the data allow that nothing falls: not to be built on
};

// How the times of one cell's requests spread: quantiles over all its successful requests, whatever their
// session, seconds; NaN at the levels beyond which no request lies, and where nothing was measured.
enum results_time { RESULTS_LATENCY, RESULTS_TTFT, RESULTS_TPOT, RESULTS_ITL, RESULTS_TIMES };
enum { RESULTS_QUANTILES = 40 };
extern const double results_quantile_levels[RESULTS_QUANTILES]; // ascending, above 0 and below 1
struct distribution {
  size_t cell; // index into results.cells
  int64_t requests;
  double of[RESULTS_TIMES][RESULTS_QUANTILES]; // RESULTS_ITL: of each response's median gap between events
};

// A limit that was given with --slo: on each request's time, or on a percentile of a cell's.
struct limit {
  enum results_time time;
  int percentile; // 50, 95 or 99; 0: of each request
  double limit_s;
};
enum { RESULTS_LIMITS = 12 };

// Where the numbers come from, for the facts and the "how to repeat it" part. NULL: unknown.
struct run_facts {
  char *source; // input file
  char *kind;   // "run", "cells.csv", "curve.csv"
  char *url, *model, *api, *server_command, *host, *tool_version, *arguments, *trace_digest, *sent_digest,
      *timing;
  double start_unix_s; // NaN
  int64_t seed;        // -1
  int64_t max_tokens;  // -1: as recorded
  int64_t sessions, batches, requests, failed, warmup_batches;
  int64_t shards;      // files that are parts of it; 0: it has one
  double start_skew_s; // of these: the largest time between their starts of one repetition
  bool managed;        // --server: sessions are restarts
  bool grid;           // cells came in the order of the plan, not in random order
  bool burst;          // each batch was sent at once, whatever the number of workers
};

// One batch in the order of time.
struct course_batch {
  double at_s;  // its start, after its run's
  double ratio; // its throughput to the mean of its cell; NaN: failed, or no other to compare with
  int64_t workers, batch;
  size_t run;         // index into facts
  size_t server_life; // equal for batches that one start of a managed server measured; 0: unknown
  bool failed, cold;
  bool left_out; // the client could not keep up
};

// One repetition of an open loop.
struct load_repetition {
  double n, tokens_per_s, served_per_s, duration_s; // n: time average in flight; served NaN: unknown
  int64_t requests, failed;
};

// An open-loop load: all repetitions at one rate, or at the original times at one speed. Rates served, shares
// and percentiles are of the steady parts of repetitions (input/load_open.h). Intervals of rates are over
// repetitions, those of percentiles and shares over what requests are worth (judge/loads_times.h).
struct load {
  double rate;                  // offered requests/s; NaN: at the original times
  double speed;                 // of these; NaN: at a rate
  double sent_per_s;            // requests/s that went in the window
  double n;                     // mean requests in flight
  int64_t reps, invalid;        // behind the numbers; left out since the client could not keep up
  int64_t requests, failed;     // of all repetitions
  bool failing;                 // too few successes: never fitted, kept by no limit
  struct estimate served_per_s; // successes that ended in the window; NaN: unknown
  struct estimate tokens_per_s; // that came in the window; 0: none
  struct estimate good_share;   // of requests within every limit on requests; NaN: no such limit
  struct estimate goodput;      // these per second
  double queue_slope;           // requests per second by which those in flight rise; NaN: unknown
  bool queue_grows;             // more was offered than served: no time of it is steady
  double start_s;               // left out at the start of each repetition, on average
  struct percentiles ttft_s, latency_s, tpot_s;                   // of the steady parts
  struct percentiles whole_ttft_s, whole_latency_s, whole_tpot_s; // of all requests, without intervals
  double needs_s[3][3];    // of these times and percentiles: how long a repetition must last for both ends of
                           // the interval; 0: it has them
  enum cell_slo meets_slo; // limits on percentiles and on requests (RESULTS_GOOD_SHARE of them)
  bool slo_certain;        // its intervals leave no doubt
  struct load_repetition *repetitions; // `reps` of them, in the order of measurement
};

// A load keeps the limits on requests when so many of its requests do.
#define RESULTS_GOOD_SHARE 0.95

// What an open loop answers: the highest load up to which every one is served without a growing queue, and
// within the limits where some were given. Indices into loads; SIZE_MAX: none.
struct load_answer {
  size_t kept;   // the highest that holds
  size_t broken; // the lowest that does not
};

// Up to which load --slo is kept (judge/slo_edge.h). Indices are into loads, else workers; SIZE_MAX: none.
struct slo_edge {
  bool exists;   // limits were given, and what they limit was measured
  size_t passes; // the highest load that keeps every limit for certain
  size_t fails;  // the lowest that misses one for certain
  double
      at; // where the estimates meet the first limit, in requests/s or workers; NaN: not where it was tested
  struct estimate crossing; // the same, from all repetitions together; NaN: not shown by them
  size_t limit;      // that limit, else the one with the least room; index into limits; SIZE_MAX: none binds
  bool uneven;       // intervals contradict that more load is never faster
  double goodput_at; // load with the most requests within the limits on requests; NaN: no such limit
  struct estimate goodput; // that many per second
};

// A run against its baseline: ratios are run over baseline.
struct comparison_cell {
  int64_t workers, batch;
  struct estimate ratio;     // NaN: not measured on both sides
  const char *verdict;       // "faster", "slower", "same", "undecided"; "failed": usable in the baseline only
  int64_t replicates_needed; // per run, to decide; -1: none, or beyond reason
  struct before_after {
    double before, now;
  } ttft_p95_s, latency_p50_s; // NaN, or all zero: not measured
};
struct comparison {
  char *baseline;        // file; NULL: nothing was compared
  double margin;         // ratios within 1/(1 + margin) .. 1 + margin are "same"
  double max_regression; // NaN: no limit
  struct estimate ratio; // of all common cells together
  const char *verdict;   // as a cell's, or "mixed": cells differ, and one contradicts the whole
  int64_t replicates_needed;
  bool by_blocks;    // the interval is over blocks; else over the ratios of cells
  bool regressed;    // for certain worse than max_regression allows
  double session_sd; // between lives of a server, allowed for because one was not managed; 0: not needed
  double uneven_p;   // p value of "the ratios of all cells are one ratio"
  struct comparison_cell *cells;
  size_t cell_count;
  size_t slowest, fastest;    // of the cells that are slower (faster) for certain, the most; SIZE_MAX: none
  struct estimate best_ratio; // of the run's best cell to the baseline's best cell; NaN: unknown
  struct comparison_place {
    int64_t workers, batch;
  } best_now, best_before;
  struct comparison_place
      *missing; // usable in the baseline, without a usable measurement in the run; the failed ones are cells
  size_t missing_count;
};

// A cell that is worth measuring next.
enum { RESULTS_NEXT_MAX = 3 };
struct next_cell {
  double rate;            // of an open loop, requests/s; 0: a cell
  int64_t workers, batch; // batch 0: timed
};

// What was asked to hold.
struct assertion {
  char *expression;
  double value; // NaN: not known
  bool passed;
};

// The measured requests of one API, where a run has several: one row each, since a token or a second of one
// is not one of another. Tokens are sums over successes; times in seconds, of successes; NaN: not measured.
enum { RESULTS_APIS_MAX = 16, RESULTS_API_BYTES = 32 };
struct api_row {
  char name[RESULTS_API_BYTES];
  int64_t requests, failed, input_tokens, output_tokens;
  double ttft_p50_s, ttft_p95_s, latency_p50_s, latency_p95_s;
};

struct results {
  double confidence;
  enum results_measure measure;
  char *title; // NULL: from the model, or the tool's own
  struct run_facts *facts;
  size_t fact_count;
  struct cell *cells; // by workers, then batch
  size_t cell_count;
  struct workers_row *workers;
  size_t workers_count;
  double sigma, sigma_df; // spread of ln X behind the intervals and the set; NaN: none
  enum sigma_source sigma_source;
  struct spend spend;
  struct best best;
  struct recommendation recommendation;
  struct next_cell next[RESULTS_NEXT_MAX]; // the most useful first
  size_t next_count;
  double precision;  // between the rate that passes and the one that fails, a share
  bool next_is_hole; // they are levels that failed between levels that work
  struct curve curve;
  struct cliff *cliffs;
  size_t cliff_count;
  struct cliff *steps; // from each usable level to the next, and to one where everything fails
  size_t step_count;
  struct load *loads; // by rate
  size_t load_count;
  struct course_batch *course; // by run, then start
  size_t course_count;
  struct load_answer load_answer;
  struct slo_edge slo_edge;
  struct demand demand;
  struct distribution *distributions; // of the cells worth a closer look, in the order of cells
  size_t distribution_count;
  struct comparison comparison;
  struct limit limits[RESULTS_LIMITS];
  size_t limit_count;
  struct assertion *assertions;
  size_t assertion_count;
  const char *const *arguments; // how analyze was called, the program first (borrowed); NULL: unknown
  size_t argument_count;
  struct api_row *apis;     // by requests, most first
  size_t api_count;         // 0: no run has several
  struct warning *warnings; // most important first
  size_t warning_count;
  double client_cpu_max, client_lag_p99_max_s; // the worst of the valid batches; NaN: not measured
  double one_piece; // share of the answers of several tokens that came in one event, so that their first
                    // token came with their last; NaN: not known
};

// Frees everything in it and leaves it all zero; takes a half-made one.
void results_free(struct results *results);

// Requests per second that loads[index] offers: its rate, or what original times come to. NaN: not known, or
// SIZE_MAX.
double results_offered(const struct results *results, size_t index);

// The load of one index of slo_edge: what a load offers, or the workers of a level. NaN: SIZE_MAX.
double results_edge_load(const struct results *results, size_t index);

// What was measured of the limit in cell->slo_limit: the percentile, or the share of requests within the
// limits on requests. NaN: no limit, or not measured.
const struct estimate *results_limit_value(const struct results *results, const struct cell *cell);

// Index of the cell that stands for a level, whose times are read beside its throughput: its highest; where
// levels are compared by steady throughput, the highest of those with more requests than workers. SIZE_MAX:
// none is usable.
size_t results_level_cell(const struct results *results, const struct workers_row *row);

// Index of a cell, SIZE_MAX when there is none.
size_t results_find(const struct results *results, int64_t workers, int64_t batch);

#endif
