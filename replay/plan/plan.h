// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is measured in which order: cells, blocks and sessions laid out before the first request.
//
// Blocks are complete: block r holds replicate r of every cell (of every cell that has one) exactly once, in
// random order, so that slow drift of the server falls on all cells alike. When replay runs the server, a
// block goes level by level: the levels in random order, each level's cells in random order.
#ifndef REPLAY_PLAN_H
#define REPLAY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/json/json_write.h"

#define PLAN_WORKERS_MAX INT64_C(65536)
#define PLAN_BATCH_MAX INT64_C(1000000)
#define PLAN_REPEAT_MAX INT64_C(10000)
#define PLAN_CELLS_MAX ((size_t)100000)
#define PLAN_RATES_MAX ((size_t)100)
#define PLAN_RATE_MIN 1e-6 // requests/s
#define PLAN_RATE_MAX 1e6
#define PLAN_DURATION_MIN_S 0.001 // of a repetition
#define PLAN_DURATION_MAX_S 86400.0
#define PLAN_BATCHES_MAX ((size_t)10000000) // of a whole plan

enum plan_order { PLAN_ORDER_RANDOM, PLAN_ORDER_GRID }; // grid: as given
enum plan_restart {
  PLAN_RESTART_NEVER, // the server is not ours: one session holds everything
  PLAN_RESTART_BLOCK, // a session per level and block
  PLAN_RESTART_LEVEL, // a session per level
};

struct plan_cell {
  int64_t workers;
  int64_t batch; // 0: timed, as many as the plan's duration holds
  int64_t repeat;
};

// A timed batch's draw begins so many requests behind that of the replicate before it, or as many as there
// are workers.
#define PLAN_TIMED_STRIDE INT64_C(1000)

// One replicate of a cell, or one repetition of an open loop.
struct plan_batch {
  size_t cell; // of an open loop: of its rates
  int64_t rep;
};

struct plan_session {
  int64_t workers;        // -1: all levels
  int64_t block;          // -1: all blocks
  int64_t warmup_workers; // its highest level
  size_t first_batch, batch_count;
};

struct plan {
  struct plan_cell *cells;
  size_t cell_count; // 0: an open loop
  double *rates;     // of an open loop, requests/s; NULL: at the original times
  size_t rate_count;
  struct plan_session *sessions;
  size_t session_count;
  struct plan_batch *batches; // session after session
  size_t batch_count;
  int64_t workers_most, batch_most, repeat_most; // over all cells; of a timed batch its stride
  int64_t duration_ns;                           // of timed batches; 0: there are none
};

// The batch of every level where none is asked for: so many times the largest number of workers.
#define PLAN_DEFAULT_WAVES 3

// The cells of two lists, workers outer. Without batches (count 0) every level gets the same one,
// PLAN_DEFAULT_WAVES times the largest number of workers: levels are compared on the same work.
// The caller frees *out. STATUS_USAGE over PLAN_CELLS_MAX, STATUS_MEMORY.
enum status plan_cells_from_lists(const int64_t *workers, size_t workers_count, const int64_t *batches,
                                  size_t batches_count, int64_t repeat, struct plan_cell **out, size_t *count,
                                  struct error *error) MUST_USE;

// The cells of JSON lines {"workers":4,"batch":8,"repeat":5} ("repeat" may be left out: `repeat`; with
// `timed` also "batch": the cell is timed; other members are ignored). The caller frees *out. STATUS_USAGE
// with the line's number for anything else, a cell twice, or no cell at all.
enum status plan_cells_from_lines(const char *text, size_t len, int64_t repeat, bool timed,
                                  struct plan_cell **out, size_t *count, struct error *error) MUST_USE;

// A round of rates, requests/s; each has as many repetitions as any of them, as long as any of them.
struct plan_rates {
  double *rates;
  size_t count;
  int64_t repeat, duration_ns; // 0: no line names one
};

// The rates of JSON lines {"rate":12.5,"repeat":3,"duration_s":60} ("repeat" may be left out: `repeat`). The
// caller frees out->rates. STATUS_USAGE as plan_cells_from_lines, STATUS_MEMORY.
enum status plan_rates_from_lines(const char *text, size_t len, int64_t repeat, struct plan_rates *out,
                                  struct error *error) MUST_USE;

// Lays the cells out; they are copied. The caller sets duration_ns where cells are timed. `seed` decides
// every order (random.h). STATUS_USAGE, STATUS_MEMORY.
enum status plan_make(const struct plan_cell *cells, size_t count, enum plan_order order,
                      enum plan_restart restart, int64_t seed, struct plan *out,
                      struct error *error) MUST_USE;
void plan_free(struct plan *plan); // takes an all-zero plan

// An open loop at `rate_count` rates, which are copied (0: at the original times).
struct plan_open {
  const double *rates;
  size_t rate_count;
  int64_t repeat;   // of each
  int64_t requests; // of the draw, most of a repetition (0: each has the same ones, from its start)
  enum plan_order order;
  int64_t seed;
};

// One session without cells, with warm-up rounds of one request; block r holds repetition r of every rate.
// STATUS_MEMORY.
enum status plan_make_open(const struct plan_open *open, struct plan *out, struct error *error) MUST_USE;

// How many different things are repeated: cells, rates, or 1 for the original times.
size_t plan_rows(const struct plan *plan);

// Where the draw of replicate `rep` begins in the permutation of the trace: the same for every cell, so that
// cells are compared on the same work, and another for every replicate as long as the trace lasts.
int64_t plan_offset(const struct plan *plan, int64_t rep);

// Where the draw of warm-up round `round` begins: behind all replicates.
int64_t plan_warmup_offset(const struct plan *plan, int64_t round);

// One replicate of a cell, as records name it; workers and batch -1 in open loop, rate 0 but at a rate.
struct plan_replicate {
  int64_t workers, batch, rep;
  double rate;
};
int plan_replicate_compare(const void *a, const void *b); // for qsort: by workers, batch, rep, rate

// Takes the batches that are done out of the plan, and sessions that are left without any. `done` is in the
// order of plan_replicate_compare. What the plan says of its cells stays.
void plan_drop_done(struct plan *plan, const struct plan_replicate *done, size_t count);

// How many requests of the permutation are ever used when there are enough; `warmup` rounds per session.
int64_t plan_draws(const struct plan *plan, int64_t warmup);

// How many requests are in flight at once, most of all; `burst`: those of a batch all.
int64_t plan_connections(const struct plan *plan, bool burst, int64_t warmup);

// How many requests are sent in all.
int64_t plan_requests(const struct plan *plan, int64_t warmup);

// True when some request is sent more than once, of a trace with `available` ones to draw.
bool plan_sends_twice(const struct plan *plan, int64_t warmup, int64_t available);

// {"workers":[..],"batch":[..],"repeat":3,"cells":[{"workers":1,"batch":1,"repeat":3},..]}
void plan_write(struct json_writer *w, const struct plan *plan);

const char *plan_order_name(enum plan_order order);

#endif
