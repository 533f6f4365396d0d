// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/step_time.h"

#include <math.h>

#include "analyze/stat/models.h"
#include "analyze/stat/profile.h"

static bool by_steps(const double *x, const double *theta, double *value, double *gradient,
                     const void *context) {
  (void)context;
  double n = x[0], step = theta[0] + theta[1] * n + theta[2] * n * n;
  if (!(step > 0)) return false;
  *value = n / step;
  for (size_t i = 0; gradient && i < 3; i++)
    gradient[i] = -*value / step * (i == 0 ? 1 : i == 1 ? n : n * n);
  return true;
}

static const struct fit_model BY_STEPS = {"step time", 3, (const char *const[]){"c0", "c1", "c2"}, by_steps};

enum status step_time_of(const struct fit_data *data, const struct fit_result *usl, double confidence,
                         struct step_time *out, struct error *error) {
  double lambda = usl->theta[MODELS_USL_LAMBDA], sigma = usl->theta[MODELS_USL_SIGMA];
  double kappa = usl->theta[MODELS_USL_KAPPA];
  double start[3] = {(1 - sigma) / lambda, (sigma - kappa) / lambda, kappa / lambda};
  enum status status = fit_run(&BY_STEPS, data, usl->scale, start, &out->fit, error);
  for (size_t i = 0; i < 3 && !status; i++)
    status = profile_interval(&BY_STEPS, data, &out->fit, i, confidence, &out->c[i], error);
  return status;
}

enum status step_time_at(const struct step_time *step_time, double n, double confidence, struct ci *out,
                         struct error *error) {
  double value, se;
  enum status status = fit_predict(&BY_STEPS, &step_time->fit, &n, NULL, &value, &se, error);
  if (status) return status;
  enum stat_scale scale = step_time->fit.scale;
  double half = se * stat_t_multiplier(confidence, (double)step_time->fit.df);
  double slowest = stat_from_scale(scale, value - half);
  *out = (struct ci){n / stat_from_scale(scale, value), n / stat_from_scale(scale, value + half),
                     slowest > 0 ? n / slowest : INFINITY};
  return STATUS_OK;
}
