// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/workload/calibrate.h"

static const double fixed_prior = 8, fixed_deviation = 16, slope_deviation = 0.4; // of the default slope

void calibrate_start(struct calibrate *calibrate) {
  *calibrate = (struct calibrate){.scale = SYNTH_DEFAULT_SCALE};
  (void)pthread_mutex_init(&calibrate->lock, NULL); // never fails on Linux
}

void calibrate_end(struct calibrate *calibrate) {
  (void)pthread_mutex_destroy(&calibrate->lock);
}

static void add(struct calibrate *calibrate, double x, double y) {
  if (x > CALIBRATE_MAX * y) {
    calibrate->refused++;
    return;
  }
  double deviation = 1 + y / 100;
  double weight = 1 / (deviation * deviation);
  calibrate->requests++;
  calibrate->weight += weight;
  calibrate->characters += weight * x;
  calibrate->squares += weight * x * x;
  calibrate->tokens += weight * y;
  calibrate->products += weight * x * y;
}

void calibrate_add(struct calibrate *calibrate, int64_t characters, int64_t tokens) {
  (void)pthread_mutex_lock(&calibrate->lock);
  add(calibrate, (double)characters, (double)tokens);
  (void)pthread_mutex_unlock(&calibrate->lock);
}

void calibrate_compare(struct calibrate *calibrate, int64_t recorded, int64_t counted) {
  (void)pthread_mutex_lock(&calibrate->lock);
  calibrate->recorded += recorded;
  calibrate->counted += counted;
  (void)pthread_mutex_unlock(&calibrate->lock);
}

bool calibrate_fit(const struct calibrate *calibrate, struct synth_scale *out) {
  double slope_prior = 1 / SYNTH_CHARACTERS_PER_TOKEN;
  double fixed_weight = 1 / (fixed_deviation * fixed_deviation);
  double slope_weight = 1 / (slope_deviation * slope_prior * slope_deviation * slope_prior);
  // The normal equations, the priors being two observations more.
  double a = calibrate->weight + fixed_weight, b = calibrate->characters;
  double d = calibrate->squares + slope_weight;
  double u = calibrate->tokens + fixed_weight * fixed_prior;
  double v = calibrate->products + slope_weight * slope_prior;
  double determinant = a * d - b * b; // above 0 by the priors
  double fixed = (u * d - v * b) / determinant, slope = (a * v - b * u) / determinant;
  if (calibrate->requests == 0 || !(slope >= 1 / CALIBRATE_MAX && slope <= 1)) return false;
  *out = (struct synth_scale){.characters_per_token = 1 / slope, .fixed_tokens = fixed, .calibrated = true};
  return true;
}
