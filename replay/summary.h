// SPDX-License-Identifier: GPL-3.0-or-later
//
// The table that a person sees at the end: what each cell came to. The statistics are analyze's.
#ifndef REPLAY_SUMMARY_H
#define REPLAY_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/record/run.h"
#include "replay/plan/plan.h"

struct summary_cell {
  int64_t reps;           // measured
  int64_t invalid;        // of them, batches in which the client was the bottleneck: not in the sums
  double invalid_cpu_max; // of a core, that it used in one of them
  int64_t planned;        // batches of this run
  int64_t requests, failed;
  int64_t errors[FAILURE_COUNT];
  int64_t known_tokens, known_requests; // output tokens of successes, where the server said
  struct summary_time {
    int64_t batches; // in which it was measured
    double sum_s;
  } ttft_p50, ttft_p95, latency_p50; // of the valid batches
  double total_s;                    // sums over the valid ones
  double tokens_per_s, succeeded_per_s;
  double in_flight_mean; // open loop
  bool ended;            // too many failed: nothing more is measured of it
};

struct summary {
  const struct plan *plan;
  bool open_loop;             // a row for all repetitions of a rate
  struct summary_cell *cells; // the plan's rows
  int64_t succeeded;          // measured requests
  bool out_of_tokens;         // --token-budget was reached before the plan was through
  int64_t ended;              // cells that --max-error-rate ended
  int64_t again;              // batches that were not valid and were measured again
  int64_t sessions;           // begun
};

// STATUS_MEMORY.
enum status summary_open(const struct plan *plan, struct summary *out, struct error *error) MUST_USE;
void summary_free(struct summary *summary); // takes an all-zero summary

// One measured batch of a cell, or one repetition of an open loop (of the rate `cell`).
struct summary_batch {
  size_t cell;
  int64_t total_ns;
  int64_t requests, failed;
  const int64_t *errors;                            // FAILURE_COUNT: failures of each class; NULL: none
  int64_t output_tokens;                            // -1: unknown
  double in_flight_mean;                            // open loop
  int64_t ttft_p50_ns, ttft_p95_ns, latency_p50_ns; // -1: not measured
  bool valid;
  double cpu; // share of a core that the client used
};
void summary_add(struct summary *summary, const struct summary_batch *batch);

int64_t summary_requests(const struct summary *summary); // measured

// How far output tokens per request differ between cells: the largest mean over the smallest, minus 1; 0
// where fewer than two cells have any. Above SUMMARY_TOKENS_ALIKE their tokens/s are not like for like.
#define SUMMARY_TOKENS_ALIKE 0.10
double summary_token_spread(const struct summary *summary, double *least, double *most);

void summary_print(const struct summary *summary, FILE *out);

#endif
