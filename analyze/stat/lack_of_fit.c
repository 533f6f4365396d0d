// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/lack_of_fit.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/stat/choice.h"
#include "analyze/stat/fold.h"

// Observations with one x.
struct group {
  size_t first; // index of the first of them
  size_t count;
  double weight;
  double mean;    // weighted, on the fit's scale
  double squares; // weighted, around the mean
};

static bool same_x(const struct fit_data *data, size_t i, size_t j) {
  size_t predictors = data->predictors ? data->predictors : 1;
  for (size_t k = 0; k < predictors; k++) {
    if (data->x[i * predictors + k] != data->x[j * predictors + k]) return false;
  }
  return true;
}

static bool is_ascending(const struct fit_data *data) {
  for (size_t i = 1; i < data->count; i++) {
    if (data->predictors > 1 || !(data->x[i] >= data->x[i - 1])) return false;
  }
  return true;
}

// Gathers observations into `groups` (data->count places); returns how many groups there are.
static size_t gather(const struct fit_data *data, enum stat_scale scale, struct group *groups) {
  size_t found = 0;
  bool ascending = is_ascending(data); // then only the last group can be theirs
  for (size_t i = 0; i < data->count; i++) {
    double weight = data->weights ? data->weights[i] : 1;
    if (!(weight > 0)) continue;
    size_t g = ascending && found > 0 ? found - 1 : 0;
    while (g < found && !same_x(data, groups[g].first, i))
      g++;
    if (g == found) groups[found++] = (struct group){.first = i};
    double value = stat_to_scale(scale, data->y[i]), step = value - groups[g].mean;
    groups[g].count++;
    groups[g].weight += weight;
    groups[g].mean += step * weight / groups[g].weight;
    groups[g].squares += weight * step * (value - groups[g].mean);
  }
  return found;
}

enum status lack_of_fit_test(const struct fit_model *model, const struct fit_data *data,
                             const struct fit_result *fit, struct lack_of_fit *test, struct error *error) {
  struct group *groups = calloc(data->count ? data->count : 1, sizeof *groups);
  if (!groups) return stat_no_memory(error, "no memory for %zu points", data->count);
  size_t distinct = gather(data, fit->scale, groups), used = data->extra_count;
  double pure = data->extra_rss;
  for (size_t g = 0; g < distinct; g++) {
    used += groups[g].count;
    pure += groups[g].squares;
  }
  free(groups);
  if (used <= distinct) return status_fail(error, STATUS_NUMERIC, "no replicates to test the fit with");
  if (distinct <= model->parameters) {
    return status_fail(error, STATUS_NUMERIC,
                       "%s: %zu different points for %zu parameters leave nothing to test", model->name,
                       distinct, model->parameters);
  }
  struct lack_of_fit result = {.df_lack = distinct - model->parameters, .df_pure = used - distinct};
  double lack = fmax(0, fit->rss - pure) / (double)result.df_lack;
  double noise = pure / (double)result.df_pure;
  if (!isfinite(lack) || !isfinite(noise)) return status_fail(error, STATUS_NUMERIC, "a value is not finite");
  if (!(noise > 0) || !isfinite(lack / noise)) {
    return status_fail(error, STATUS_NUMERIC, "replicates are all equal: no spread to test the fit with");
  }
  result.f = lack / noise;
  result.p = stat_f_upper_tail(result.f, (double)result.df_lack, (double)result.df_pure);
  double df_lack = (double)result.df_lack, df_pure = (double)result.df_pure;
  double factor =
      stat_f_quantile(1 - LACK_OF_FIT_LEVEL, df_lack, df_pure) / stat_f_quantile(0.5, df_lack, df_pure);
  result.misfit = sqrt((factor - 1) * noise * (double)distinct / (double)used);
  result.pure_error_sd = sqrt(noise);
  result.rejected = result.p < LACK_OF_FIT_LEVEL;
  *test = result;
  return STATUS_OK;
}

// Fits and tests the rows from `first` on.
static enum status try_range(enum models_id id, const struct fold *fold, size_t first, enum stat_scale scale,
                             struct lack_of_fit_range *range, struct error *error) {
  struct fit_data data = fold_from(fold, first);
  struct lack_of_fit_range found = {.count = data.count + data.extra_count, .distinct = data.count};
  enum status status = models_fit_data(id, &data, scale, &found.fit, error);
  if (status) return status;
  found.n_lo = fold->lowest[first];
  found.n_hi = fold->highest;
  status = lack_of_fit_test(models_get(id), &data, &found.fit, &found.test, NULL);
  if (status == STATUS_MEMORY) return status_memory(error);
  found.tested = status == STATUS_OK;
  *range = found;
  return STATUS_OK;
}

// AICc of means of their own below the range and the curve in it; INFINITY where it cannot be had.
static double describe(const struct fold *fold, const struct lack_of_fit_range *range, size_t first) {
  struct fit_result whole = range->fit;
  for (size_t row = 0; row < first; row++) {
    whole.rss += fold->squares[row];
    whole.count += fold->members[row];
  }
  whole.parameters += first;
  double aicc;
  return choice_aicc(&whole, &aicc, NULL) == STATUS_OK ? aicc : INFINITY;
}

// The range above the break that describes all points best, tested once. `best` keeps the full one where none
// stands.
static enum status cut_once(enum models_id id, const struct fold *fold, enum stat_scale scale,
                            struct lack_of_fit_range *best) {
  struct lack_of_fit_range above = {0};
  size_t fewest = models_get(id)->parameters + 1, total = fold->data.count;
  double least = INFINITY;
  if (fewest < LACK_OF_FIT_MIN_DISTINCT) fewest = LACK_OF_FIT_MIN_DISTINCT;
  for (size_t first = 1; first + fewest <= total; first += 1 + (total - first) / LACK_OF_FIT_BREAKS) {
    struct lack_of_fit_range next;
    enum status status = try_range(id, fold, first, scale, &next, NULL);
    if (status == STATUS_MEMORY) return status;
    double aicc = status || !next.tested ? INFINITY : describe(fold, &next, first);
    if (!(aicc < least)) continue;
    least = aicc;
    above = next;
  }
  if (above.tested && !above.test.rejected) *best = above;
  return STATUS_OK;
}

enum status lack_of_fit_choose_range(enum models_id id, const double *n, const double *throughput,
                                     size_t count, enum stat_scale scale, struct lack_of_fit_range *range,
                                     struct error *error) {
  if (count == 0) return status_fail(error, STATUS_NUMERIC, "no points");
  if (!stat_all_positive(n, count) || !stat_all_positive(throughput, count)) {
    return status_fail(error, STATUS_NUMERIC, "a point is not above zero, or not finite");
  }
  struct fit_data points = {.x = n, .predictors = 1, .y = throughput, .count = count};
  struct fold fold = {0};
  struct lack_of_fit_range best = {0};
  enum status status = fold_points(&points, scale, &fold, error);
  if (!status) status = try_range(id, &fold, 0, scale, &best, error);
  if (!status && best.tested && best.test.rejected) {
    status = cut_once(id, &fold, scale, &best);
    if (status) status = status_memory(error);
  }
  if (!status) *range = best;
  fold_free(&fold);
  return status;
}
