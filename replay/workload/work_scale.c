// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long synthetic prompts are: learned in the warm-up, kept for the run.
#include <math.h>

#include "replay/workload/work.h"

int64_t work_synthetic_tokens(const struct work *work, const struct work_place *place) {
  const struct calibrate *calibrate = work->calibrate;
  int64_t tokens = work_at(work, place->offset + place->index)->synthetic->tokens;
  bool lifted = place->warmup && !calibrate->scale.calibrated && !calibrate->frozen && place->index % 2 == 0;
  return lifted && tokens < calibrate->mean_tokens ? calibrate->mean_tokens : tokens;
}

void work_observe(const struct work *work, const struct work_place *place, int64_t input_tokens) {
  const struct work_request *request = work_at(work, place->offset + place->index);
  struct calibrate *calibrate = work->calibrate;
  if (!calibrate || !request->synthetic || input_tokens <= 0) return;
  if (!place->warmup) {
    calibrate_compare(calibrate, request->synthetic->tokens, input_tokens);
  } else if (!calibrate->frozen) {
    calibrate_add(calibrate, synth_characters(work_synthetic_tokens(work, place), &calibrate->scale),
                  input_tokens);
  }
}

static void report(const struct calibrate *calibrate, struct log *log) {
  const struct synth_scale *scale = &calibrate->scale;
  if (scale->calibrated) {
    log_detail(log,
               "synthetic prompts: %.4g characters a token, and %.3g tokens besides, as %lld requests show",
               scale->characters_per_token, scale->fixed_tokens, (long long)calibrate->requests);
    return;
  }
  const char *why = "the server counted no input tokens in the warm-up";
  if (calibrate->requests + calibrate->refused > 0)
    why = "the token counts of the warm-up fit no length of text (does the server cut prompts?)";
  log_notice(log, "synthetic prompts may miss the recorded length, at %.3g characters a token: %s",
             scale->characters_per_token, why);
}

void work_calibrate(const struct work *work, bool warmup, struct log *log) {
  struct calibrate *calibrate = work->calibrate;
  if (!calibrate || calibrate->frozen) return;
  (void)calibrate_fit(calibrate, &calibrate->scale);
  if (warmup) return;
  calibrate->frozen = true;
  report(calibrate, log);
}

void work_keep_scale(const struct work *work, const struct synth_scale *scale) {
  if (!work->calibrate) return;
  work->calibrate->scale = *scale;
  work->calibrate->frozen = true;
}

double work_size_error(const struct work *work) {
  const struct calibrate *calibrate = work->calibrate;
  if (!calibrate || calibrate->recorded == 0) return NAN;
  return (double)calibrate->counted / (double)calibrate->recorded - 1;
}
