// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/judge/curve.h"
#include "analyze/judge/estimate.h"
#include "analyze/stat/choice.h"
#include "analyze/stat/fold.h"
#include "analyze/stat/lack_of_fit.h"
#include "analyze/stat/mcb.h"
#include "analyze/stat/optimum.h"
#include "analyze/stat/profile.h"

// The points as arrays, and what was fitted to those of them that lie in the range.
struct work {
  const struct curve_options *options;
  const double *n, *throughput; // ascending n
  const struct curve_point *points;
  size_t first, count; // the fitted ones
  double misfit;       // that the test cannot have shown; NaN: no test
  bool shared;         // their effects are: no interval of a fit that takes them for independent
  struct fold fold;    // the same
  struct fit_result fits[MODELS_COUNT];
  enum models_id ids[MODELS_COUNT];
  size_t fit_count;
};

static double finite_or_nan(double value) {
  return isfinite(value) ? value : NAN;
}

// Points that a curve meets but for rounding have no spread to take an interval from.
static bool has_spread(const struct work *work, const struct fit_result *fit) {
  const double rounding = 1e-9;
  if (fit->df == 0 || work->shared) return false;
  bool linear = work->options->scale == STAT_SCALE_LINEAR;
  double size = linear ? 0 : 1;
  for (size_t row = 0; row < work->fold.data.count && linear; row++)
    size = fmax(size, work->fold.data.y[row]);
  return sqrt(fit->rss / (double)fit->df) > rounding * size;
}

// Cold starts of single waves are measured in what stands beside them too: their small n may have a break.
static bool has_cold_starts(const struct results *results) {
  bool single_waves = results->curve.kind && strcmp(results->curve.kind, "single_wave") == 0;
  for (size_t i = 0; i < results->cell_count && single_waves; i++) {
    if (results->cells[i].flags & CELL_COLD) return true;
  }
  return false;
}

// Leaves out the n below a break where the first model that can be fitted has one.
static void choose_range(struct work *work, size_t total, bool cold_starts, struct curve *curve) {
  work->first = 0;
  work->count = total;
  for (size_t m = 0; m < work->options->model_count && cold_starts; m++) {
    struct lack_of_fit_range range;
    enum status status = lack_of_fit_choose_range(work->options->models[m], work->n, work->throughput, total,
                                                  work->options->scale, &range, NULL);
    if (status != STATUS_OK) continue;
    while (work->first < total && work->n[work->first] < range.n_lo)
      work->first++;
    work->count = total - work->first;
    break;
  }
  curve->range_lo = work->n[work->first];
  curve->range_hi = work->n[total - 1];
  for (size_t i = work->first; i < total; i++)
    curve->points[i].fitted = true;
}

static void fill_parameters(const struct work *work, size_t fit, struct curve_model *out) {
  const struct fit_model *model = models_get(work->ids[fit]);
  const struct fit_result *result = &work->fits[fit];
  out->parameter_count = model->parameters;
  for (size_t p = 0; p < model->parameters && p < RESULTS_PARAMETERS; p++) {
    out->parameter_names[p] = model->parameter_names[p];
    out->standard_errors[p] = has_spread(work, result) && result->se[p] > 0 ? result->se[p] : NAN;
    struct ci ci = ci_unbounded(result->theta[p]);
    if (has_spread(work, result) && result->converged && work->ids[fit] != MODELS_PLATEAU) {
      if (profile_interval(model, &work->fold.data, result, p, work->options->confidence, &ci, NULL) !=
          STATUS_OK) {
        ci = ci_unbounded(result->theta[p]);
      }
    }
    out->parameters[p] = estimate_of(ci);
  }
}

static void fit_model_of(struct work *work, enum models_id id, struct curve *curve) {
  struct fit_result *result = &work->fits[work->fit_count];
  if (models_fit_data(id, &work->fold.data, work->options->scale, result, NULL) != STATUS_OK) return;
  struct curve_model *out = &curve->models[work->fit_count];
  *out = (struct curve_model){.name = models_get(id)->name,
                              .rss = result->rss,
                              .df = (double)result->df,
                              .aicc = NAN,
                              .weight = NAN,
                              .converged = result->converged,
                              .stop = result->stop,
                              .optimum_n = NAN,
                              .optimum_throughput = NAN};
  work->ids[work->fit_count] = id;
  double aicc;
  if (result->converged && choice_aicc(result, &aicc, NULL) == STATUS_OK) out->aicc = aicc;
  fill_parameters(work, work->fit_count, out);
  curve->model_count = ++work->fit_count;
}

// The largest weight; without weights the first that converged.
static size_t select_model(struct curve *curve) {
  double aicc[MODELS_COUNT], weights[MODELS_COUNT];
  for (size_t i = 0; i < curve->model_count; i++)
    aicc[i] = isfinite(curve->models[i].aicc) ? curve->models[i].aicc : INFINITY;
  size_t chosen = SIZE_MAX;
  if (curve->model_count > 0 && choice_weights(aicc, curve->model_count, weights, NULL) == STATUS_OK) {
    for (size_t i = 0; i < curve->model_count; i++) {
      if (isfinite(curve->models[i].aicc)) curve->models[i].weight = weights[i];
      if (weights[i] > 0 && (chosen == SIZE_MAX || weights[i] > weights[chosen])) chosen = i;
    }
  }
  for (size_t i = 0; i < curve->model_count && chosen == SIZE_MAX; i++) {
    if (curve->models[i].converged) chosen = i;
  }
  return chosen;
}

// The gate: what the replicates say about the selected curve.
static void test_fit(struct work *work, size_t model, struct curve *curve) {
  struct lack_of_fit test;
  if (lack_of_fit_test(models_get(work->ids[model]), &work->fold.data, &work->fits[model], &test, NULL) !=
      STATUS_OK)
    return;
  curve->lack_of_fit_f = test.f;
  curve->lack_of_fit_p = test.p;
  curve->gate_failed = test.rejected;
  work->misfit = test.misfit;
}

// n at one of the steps by which a curve is looked at, first to last.
static double step_of(const struct curve *curve, size_t i) {
  double step = (curve->range_hi - curve->range_lo) / (CURVE_BAND_POINTS - 1);
  return i == CURVE_BAND_POINTS - 1 ? curve->range_hi : curve->range_lo + step * (double)i;
}

static bool is_level(const struct work *work, size_t model, const struct curve *curve) {
  double least = INFINITY, most = 0;
  for (size_t i = 0; i < CURVE_BAND_POINTS; i++) {
    double value = models_value(work->ids[model], work->fits[model].theta, step_of(curve, i));
    least = fmin(least, value);
    most = fmax(most, value);
  }
  return least > 0 && most <= least * (1 + CURVE_LEVEL_SHARE);
}

static void find_optima(const struct work *work, size_t selected, struct curve *curve) {
  for (size_t i = 0; i < curve->model_count; i++) {
    struct optimum optimum;
    enum optimum_kind kind;
    if (!work->fits[i].converged || models_is_monotone(work->ids[i]) || is_level(work, i, curve) ||
        optimum_find(work->ids[i], work->n + work->first, work->throughput + work->first, NULL, work->count,
                     &work->fits[i], work->options->confidence, &kind, &optimum, NULL) != STATUS_OK ||
        kind == OPTIMUM_MONOTONE)
      continue;
    // A trough at the centre of the data leaves a peak possible on either side, but nothing to say about it.
    if (!isfinite(optimum.n.estimate) && !isfinite(optimum.n.lo)) continue;
    curve->models[i].optimum_n = finite_or_nan(optimum.n.estimate);
    curve->models[i].optimum_throughput = finite_or_nan(optimum.throughput.estimate);
    if (i != selected || curve->gate_failed) continue;
    curve->has_optimum = true;
    bool found = has_spread(work, &work->fits[i]);
    if (!found) {
      optimum.n = ci_unbounded(optimum.n.estimate);
      optimum.throughput = ci_unbounded(optimum.throughput.estimate);
    }
    if (work->shared)
      found = curve_optimum_over_units(work->ids[i], work->points + work->first, work->count,
                                       work->options->scale, work->options->confidence, &optimum.n,
                                       &optimum.throughput);
    if (kind == OPTIMUM_PEAK)
      curve->fall_shown = curve_shows_fall(work->points + work->first, work->count, optimum.n.estimate,
                                           &work->fits[i], work->options->confidence);
    curve->optimum_n = estimate_of(optimum.n);
    if (isfinite(work->misfit))
      curve->optimum_range =
          estimate_of(optimum_allow(work->ids[i], &work->fits[i], work->misfit, optimum.n));
    curve->optimum_throughput = estimate_of(optimum.throughput);
    curve->optimum_edge = kind == OPTIMUM_OPEN || optimum.edge;
    curve->optimum_established =
        kind == OPTIMUM_PEAK && optimum.established && curve->fall_shown && (found || !work->shared);
  }
}

// One model's prediction on the scale. False where it has none.
static bool predict(const struct work *work, size_t model, double n, double *value, double *se) {
  if (fit_predict(models_get(work->ids[model]), &work->fits[model], &n, NULL, value, se, NULL) != STATUS_OK)
    return false;
  // The likelihood of a kink has no curvature to take a standard error from. One as large as the value is
  // that of parameters which the points do not determine (a hill as steep as a step): the linear
  // approximation ends there.
  double largest = work->fits[model].scale == STAT_SCALE_LN ? 1 : fabs(*value);
  if (!(*se > 0 && *se < largest) || work->ids[model] == MODELS_PLATEAU ||
      !has_spread(work, &work->fits[model]))
    *se = NAN;
  return true;
}

// The prediction averaged over the models by their weights; a model without a standard error adds none of its
// own.
static bool predict_average(const struct work *work, const struct curve *curve, double n, double *value,
                            double *se) {
  double values[MODELS_COUNT] = {0}, errors[MODELS_COUNT] = {0}, weights[MODELS_COUNT] = {0};
  for (size_t i = 0; i < work->fit_count; i++) {
    if (!(curve->models[i].weight > 0)) continue;
    if (!predict(work, i, n, &values[i], &errors[i])) return false;
    if (isnan(errors[i])) errors[i] = 0;
    weights[i] = curve->models[i].weight;
  }
  return choice_average(values, errors, weights, work->fit_count, value, se, NULL) == STATUS_OK;
}

static enum status draw_band(const struct work *work, size_t selected, struct curve *curve,
                             struct error *error) {
  const struct fit_result *fit = &work->fits[selected];
  curve->band = calloc(CURVE_BAND_POINTS, sizeof *curve->band);
  if (!curve->band) return status_memory(error);
  double t = fit->df > 0 ? stat_t_multiplier(work->options->confidence, (double)fit->df) : NAN;
  curve->band_averaged = curve->models[selected].weight < CURVE_CLEAR_WEIGHT;
  for (size_t i = 0; i < CURVE_BAND_POINTS; i++) {
    double n = step_of(curve, i), value, se;
    if (!(curve->band_averaged ? predict_average(work, curve, n, &value, &se)
                               : predict(work, selected, n, &value, &se)))
      continue;
    double half = isfinite(se) ? t * se : NAN;
    curve->band[curve->band_count++] =
        (struct curve_band){.n = n,
                            .throughput = finite_or_nan(stat_from_scale(fit->scale, value)),
                            .lo = finite_or_nan(stat_from_scale(fit->scale, value - half)),
                            .hi = finite_or_nan(stat_from_scale(fit->scale, value + half))};
  }
  return STATUS_OK;
}

// The knee of the points themselves: the smallest n that cannot be put more than 5 % below the best one.
static enum status knee_of_points(const struct work *work, size_t total, struct ci_spread spread,
                                  struct curve *curve, struct error *error) {
  double *means = calloc(total + 1, sizeof *means), *n = calloc(total + 1, sizeof *n);
  size_t *replicates = calloc(total + 1, sizeof *replicates), groups = 0, index;
  enum status status = STATUS_MEMORY;
  if (!means || !n || !replicates) goto cleanup;
  for (size_t i = 0; i < total;) {
    double sum = 0;
    n[groups] = work->n[i];
    while (i < total && work->n[i] == n[groups]) {
      sum += stat_to_scale(work->options->scale, work->throughput[i++]);
      replicates[groups]++;
    }
    means[groups] = sum / (double)replicates[groups];
    groups++;
  }
  double d;
  status = STATUS_OK;
  if (groups < 2 || !(spread.df > 0)) goto cleanup;
  if (mcb_critical_value(groups - 1, spread.df, work->options->confidence, 1, work->options->draws, &d,
                         NULL) == STATUS_OK &&
      mcb_knee(n, means, replicates, groups, spread, work->options->scale, d, 0.05, &index, NULL) ==
          STATUS_OK)
    curve->knee_n.estimate = n[index];
cleanup:
  free(means);
  free(n);
  free(replicates);
  return status == STATUS_OK ? status : status_plain(error, status);
}

static void find_knee(const struct work *work, size_t model, struct curve *curve) {
  const struct fit_result *fit = &work->fits[model];
  struct ci knee = ci_unbounded(NAN);
  if (optimum_knee(work->ids[model], fit, curve->range_lo, curve->range_hi, CURVE_KNEE_SHARE, &knee.estimate,
                   NULL) != STATUS_OK)
    return;
  struct ci whole;
  if (has_spread(work, fit) &&
      optimum_knee_interval(work->ids[model], work->n + work->first, work->throughput + work->first, NULL,
                            work->count, fit, curve->range_lo, curve->range_hi, CURVE_KNEE_SHARE,
                            work->options->confidence, &whole, NULL) == STATUS_OK)
    knee = whole;
  curve->knee_n = estimate_of(knee);
  curve->knee_of_fit = true;
}

static enum curve_course course_of(const struct work *work, size_t model, const struct curve *curve) {
  const double *theta = work->fits[model].theta;
  double first = models_value(work->ids[model], theta, curve->range_lo), before = first;
  bool fell = false;
  if (is_level(work, model, curve)) return CURVE_LEVEL;
  for (size_t i = 1; i < CURVE_BAND_POINTS; i++) {
    double value = models_value(work->ids[model], theta, step_of(curve, i));
    if (fell && value > before * (1 + 1e-9)) return CURVE_DIPS; // more than rounding on a level stretch
    fell = fell || value < before * (1 - 1e-9);
    before = value;
  }
  return fell && before < first ? CURVE_FALLS : CURVE_RISES;
}

static size_t count_distinct(const struct work *work) {
  size_t distinct = 0;
  for (size_t i = work->first; i < work->first + work->count; i++)
    distinct += i == work->first || work->n[i] > work->n[i - 1];
  return distinct;
}

// Points of a file may be anything per second, and shared ones give no interval.
static bool has_steps(const struct work *work, size_t selected, const struct results *results) {
  return work->ids[selected] == MODELS_USL && has_spread(work, &work->fits[selected]) &&
         results->measure == MEASURE_OUTPUT_TOKENS && strcmp(results->curve.kind, "file") != 0;
}

static enum status use_selected(struct work *work, size_t total, struct ci_spread spread,
                                struct results *results, struct error *error) {
  struct curve *curve = &results->curve;
  size_t best = select_model(curve);
  if (best != SIZE_MAX) test_fit(work, best, curve);
  curve->selected = best != SIZE_MAX && !curve->gate_failed ? best : SIZE_MAX;
  find_optima(work, curve->selected, curve);
  if (curve->selected == SIZE_MAX) return knee_of_points(work, total, spread, curve, error);
  curve->course = course_of(work, best, curve);
  if (curve->course != CURVE_LEVEL) find_knee(work, best, curve);
  enum status status =
      curve_look_again(work->ids[best], work->n + work->first, work->throughput + work->first, work->first,
                       work->count, &work->fits[best], curve, error);
  if (status == STATUS_OK && has_steps(work, best, results))
    status = curve_steps(&work->fold.data, &work->fits[best], results, error);
  return status == STATUS_OK ? draw_band(work, best, curve, error) : status;
}

enum status curve_fit(const struct curve_options *options, struct results *results, struct error *error) {
  static const struct estimate unknown = {NAN, NAN, NAN};
  struct curve *curve = &results->curve;
  curve->scale = options->scale == STAT_SCALE_LN ? "log" : "linear";
  curve->selected = SIZE_MAX;
  curve->optimum_n = curve->optimum_throughput = curve->optimum_range = curve->knee_n = unknown;
  curve->robust_n = curve->robust_throughput = NAN;
  curve->lack_of_fit_f = curve->lack_of_fit_p = curve->range_lo = curve->range_hi = NAN;
  if (!curve->exists) return STATUS_OK;
  size_t total = curve->point_count;
  double *n = calloc(total, sizeof *n), *throughput = calloc(total, sizeof *throughput);
  curve->models = calloc(MODELS_COUNT, sizeof *curve->models);
  enum status status = STATUS_MEMORY;
  if (n && throughput && curve->models) {
    for (size_t i = 0; i < total; i++) {
      n[i] = curve->points[i].n;
      throughput[i] = curve->points[i].throughput;
    }
    struct work work = {.options = options,
                        .n = n,
                        .throughput = throughput,
                        .points = curve->points,
                        .misfit = NAN,
                        .shared = curve->shared};
    choose_range(&work, total, has_cold_starts(results), curve);
    struct fit_data fitted = {
        .x = n + work.first, .predictors = 1, .y = throughput + work.first, .count = work.count};
    status = fold_points(&fitted, options->scale, &work.fold, error);
    size_t models = count_distinct(&work) < CURVE_MIN_SHAPE ? 0 : options->model_count;
    for (size_t m = 0; !status && m < models && m < MODELS_COUNT; m++)
      fit_model_of(&work, options->models[m], curve);
    struct ci_spread spread = {results->sigma, results->sigma_df};
    if (!status) status = use_selected(&work, total, spread, results, error);
    fold_free(&work.fold);
  } else {
    status_plain(error, status);
  }
  free(n);
  free(throughput);
  return status;
}
