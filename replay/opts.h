// SPDX-License-Identifier: GPL-3.0-or-later
//
// replay's command line, parsed once into a struct that stays as it is.
#ifndef REPLAY_OPTS_H
#define REPLAY_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cli.h"
#include "lib/http/endpoint.h"
#include "replay/plan/plan.h"
#include "replay/plan/progress.h"
#include "replay/plan/schedule.h"
#include "replay/plan/send_order.h"
#include "replay/shard.h"
#include "replay/workload/rewrite.h"
#include "replay/workload/work.h"

enum opts_records { OPTS_RECORDS_REQUEST, OPTS_RECORDS_BATCH };
enum opts_dispatch { OPTS_DISPATCH_POOL, OPTS_DISPATCH_BURST };
enum opts_timing { OPTS_TIMING_BATCH, OPTS_TIMING_ORIGINAL, OPTS_TIMING_RATE };
enum opts_cancel { OPTS_CANCEL_NONE, OPTS_CANCEL_RECORDED }; // who ends requests early: nobody, as recorded
enum opts_cache_bust { OPTS_CACHE_BUST_AUTO, OPTS_CACHE_BUST_ON, OPTS_CACHE_BUST_OFF };

struct opts {
  struct cli_texts traces; // at least one; "-": standard input
  char *url;
  struct endpoint endpoint;
  char *model; // NULL: as recorded

  int64_t *workers, *batches; // as listed; NULL: not given
  size_t workers_count, batches_count;
  char *cells_path;
  struct plan_cell *cells; // what -W, -B, -r or --cells come to
  size_t cell_count;
  int64_t repeat;
  int64_t warmup; // rounds
  enum plan_order order;
  enum work_pick pick;
  int64_t seed;
  enum opts_dispatch dispatch;

  enum opts_timing timing;
  double speed;            // original
  int64_t max_idle_ns;     // original; 0: as recorded
  double scale;            // original: copies of the trace
  int64_t scale_window_ns; // within which they begin; 0: the length of the trace
  double *request_rates;   // rate: requests per second; NULL: not given
  size_t request_rates_count;
  char *series_path;         // rate: NULL: not given
  struct rate_series series; // what it holds; all zero without
  enum schedule_arrival arrival;
  bool arrival_given;
  double burstiness;   // gamma
  int64_t duration_ns; // 0: one pass of the trace; of batches: as many requests as -B says
  enum send_order_think think;
  bool think_given; // else the trace decides, at a rate
  int64_t think_ns; // fixed
  enum opts_cancel cancel;
  bool stateful;          // conversations continue this run's answers
  struct shard shard;     // the part that is sent; count 1: all
  double start_at_unix_s; // 0: as soon as it can

  char *server; // NULL: not managed
  enum plan_restart restart;
  char *ready; // path; NULL: any answer
  int64_t ready_timeout_ns;

  char *metrics_url;       // a URL, or a path of the server; NULL: none
  struct endpoint metrics; // of a URL
  char *before_batch;      // command; NULL: none

  char *next;           // command that names the next round's cells; NULL: one round
  int64_t next_rounds;  // at most, the first included
  int64_t next_time_ns; // no round begins later than this after the start; 0: any

  enum work_api api;
  enum rewrite_stream stream;
  int64_t max_tokens; // 0: as recorded
  bool ignore_eos;
  char *extra_body;         // a JSON object; NULL: none
  struct cli_texts headers; // "Name: value" of -H
  char *api_key_env;
  enum opts_cache_bust cache_bust;

  int64_t threads;       // loops, each on its own
  int64_t token_budget;  // input and output tokens of the run; 0: any
  double max_error_rate; // 0..1; 1: never too many
  bool keep_invalid;     // what the audit rejects is not measured again
  int64_t timeout_ns, connect_timeout_ns;
  int http_version; // 1 or 2
  char *ca_file;
  bool insecure;

  char *output;               // NULL: standard output
  char *stem;                 // of it, without .jsonl and .gz; "replay" for standard output
  bool force, append, resume; // at most one
  enum opts_records records;  // what has records of its own
  bool chunks;                // record the time of every text event
  bool dry_run;
  enum progress_mode progress;
};

extern const struct cli_program opts_program;

// STATUS_USAGE with a line that names the option, also for options that do not go together; STATUS_NOT_FOUND
// or STATUS_IO when --cells cannot be read. `out` needs opts_free only after STATUS_OK. With another outcome
// than CLI_RUN nothing is checked.
enum status opts_parse(int argc, char **argv, struct opts *out, struct cli_common *common,
                       struct error *error) MUST_USE;
void opts_free(struct opts *opts); // takes an all-zero opts

// The body rules that the options come to; borrows from `opts`.
struct rewrite_rules opts_rewrite_rules(const struct opts *opts);

const char *opts_dispatch_name(enum opts_dispatch dispatch);
const char *opts_timing_name(enum opts_timing timing);

#endif
