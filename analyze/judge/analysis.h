// SPDX-License-Identifier: GPL-3.0-or-later
//
// The whole way from what was measured to what is said about it, step by step.
#ifndef ANALYZE_ANALYSIS_H
#define ANALYZE_ANALYSIS_H

#include <stdint.h>

#include "analyze/input/load.h"
#include "analyze/judge/slo.h"
#include "analyze/results/results.h"
#include "analyze/stat/models.h"

struct analysis_options {
  double confidence;
  enum stat_scale scale;
  struct ci_spread sigma; // given with --sigma; df 0: not
  uint64_t seed;
  const struct slo *slo; // the limits of --slo; NULL: none
  double margin;         // of the recommendation, a share; 0: RECOMMEND_MARGIN
  double precision;      // of a search for the highest rate, a share; 0: SUGGEST_PRECISION
  size_t draws;          // behind the best set; 0: as many as two digits of its margin need
  enum models_id models[MODELS_COUNT];
  size_t model_count;
};

// Fills `results` (all zero before) from data that load_finish has closed; takes the facts over. Words in
// warnings are borrowed from `data`, which must live as long. What cannot be computed is NaN, never an error;
// errors are STATUS_MEMORY and inputs out of every range. On error results_free cleans up.
enum status analysis_run(struct load_data *data, const struct analysis_options *options,
                         struct results *results, struct error *error) MUST_USE;

#endif
