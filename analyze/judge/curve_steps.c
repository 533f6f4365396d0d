// SPDX-License-Identifier: GPL-3.0-or-later
//
// The time of a step of the server, from the curve, beside the time per token that requests saw.
#include <math.h>
#include <stdlib.h>

#include "analyze/judge/curve.h"
#include "analyze/judge/estimate.h"
#include "analyze/stat/step_time.h"

enum status curve_steps(const struct fit_data *data, const struct fit_result *usl, struct results *results,
                        struct error *error) {
  struct curve *curve = &results->curve;
  struct step_time found;
  double confidence = results->confidence;
  if (step_time_of(data, usl, confidence, &found, NULL) != STATUS_OK || !found.fit.converged)
    return STATUS_OK;
  curve->steps = calloc(curve->point_count, sizeof *curve->steps);
  if (!curve->steps) return status_memory(error);
  for (size_t i = 0; i < 3; i++)
    curve->step_time[i] = estimate_of(found.c[i]);
  for (size_t i = 0; i < curve->point_count; i++) {
    const struct curve_point *point = &curve->points[i];
    bool last = i + 1 == curve->point_count || curve->points[i + 1].n > point->n;
    struct ci predicted;
    if (!point->fitted || !last || step_time_at(&found, point->n, confidence, &predicted, NULL)) continue;
    size_t cell = results_find(results, point->workers, point->batch);
    struct estimate unknown = {NAN, NAN, NAN};
    curve->steps[curve->step_count++] = (struct curve_step){
        point->n, estimate_of(predicted), cell == SIZE_MAX ? unknown : results->cells[cell].tpot_s.p50};
  }
  curve->has_steps = curve->step_count > 0;
  return STATUS_OK;
}
