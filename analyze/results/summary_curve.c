// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/summary_curve.h"

#include <math.h>

static const struct value null = {.kind = VALUE_NULL};

static const struct member location_members[] = {
    MEMBER(curve_point, n, "n", MEMBER_NUMBER), MEMBER(curve_point, throughput, "throughput", MEMBER_NUMBER),
    MEMBER(curve_point, workers, "workers", MEMBER_COUNT), MEMBER(curve_point, batch, "batch", MEMBER_COUNT),
    MEMBER_END};

VALUE_VIEW(location, curve_point, VALUE_OF_OBJECT(self, location_members))

static const struct member point_members[] = {MEMBER_INLINE_OF(location),
                                              MEMBER(curve_point, fitted, "fitted", MEMBER_BOOL), MEMBER_END};

static const struct member range_members[] = {MEMBER(curve, range_lo, "lo", MEMBER_NUMBER),
                                              MEMBER(curve, range_hi, "hi", MEMBER_NUMBER), MEMBER_END};

#define PARAMETER(i)                                                                                         \
  {                                                                                                          \
    MEMBER(curve_model, parameters[i].estimate, "estimate", MEMBER_NUMBER),                                  \
        MEMBER(curve_model, standard_errors[i], "se", MEMBER_NUMBER),                                        \
        MEMBER(curve_model, parameters[i].lo, "lo", MEMBER_NUMBER),                                          \
        MEMBER(curve_model, parameters[i].hi, "hi", MEMBER_NUMBER), MEMBER_END                               \
  }
static const struct member parameter_members[RESULTS_PARAMETERS][5] = {PARAMETER(0), PARAMETER(1),
                                                                       PARAMETER(2)};

static const char *parameter_name(const void *model, size_t index) {
  return ((const struct curve_model *)model)->parameter_names[index];
}

static struct value parameter(const struct results *results UNUSED, const void *model, size_t index) {
  return VALUE_OF_OBJECT(model, parameter_members[index]);
}

static struct value parameters(const struct results *results UNUSED, const void *model) {
  return (struct value){.kind = VALUE_LIST,
                        .at = model,
                        .count = ((const struct curve_model *)model)->parameter_count,
                        .element = parameter,
                        .name = parameter_name};
}

static const struct member model_members[] = {MEMBER(curve_model, name, "name", MEMBER_TEXT),
                                              MEMBER_VIEW_OF("parameters", parameters),
                                              MEMBER(curve_model, rss, "rss", MEMBER_NUMBER),
                                              MEMBER(curve_model, df, "df", MEMBER_NUMBER),
                                              MEMBER(curve_model, aicc, "aicc", MEMBER_NUMBER),
                                              MEMBER(curve_model, weight, "weight", MEMBER_NUMBER),
                                              MEMBER(curve_model, converged, "converged", MEMBER_BOOL),
                                              MEMBER(curve_model, stop, "stop", MEMBER_TEXT),
                                              MEMBER_END};

static bool is_selected(const struct curve *curve) {
  return curve->selected < curve->model_count;
}

VALUE_VIEW(selected, curve, is_selected(self) ? VALUE_OF_TEXT(self->models[self->selected].name) : null)

VALUE_VIEW(course, curve, is_selected(self) ? VALUE_OF_TEXT(curve_course_names[self->course]) : null)

static const struct member optimum_members[] = {
    MEMBER(curve, optimum_n, "n", MEMBER_ESTIMATE),
    MEMBER(curve, optimum_range, "range", MEMBER_ESTIMATE),
    MEMBER(curve, optimum_throughput, "throughput", MEMBER_ESTIMATE),
    MEMBER(curve, optimum_edge, "edge", MEMBER_BOOL),
    MEMBER(curve, optimum_established, "established", MEMBER_BOOL),
    MEMBER_END};

VALUE_VIEW(knee_of, curve, VALUE_OF_TEXT(self->knee_of_fit ? "fit" : "cells"))

static const struct member knee_members[] = {MEMBER(curve, knee_n, "n", MEMBER_ESTIMATE),
                                             MEMBER_VIEW_OF("of", knee_of), MEMBER_END};

VALUE_VIEW(outlier_location, curve_outlier,
           VALUE_OF_OBJECT(&results->curve.points[self->point], location_members))

static const struct member outlier_members[] = {MEMBER_INLINE_OF(outlier_location),
                                                MEMBER(curve_outlier, deviation, "deviation", MEMBER_NUMBER),
                                                MEMBER_END};

#define WITHOUT_INTERVAL(field)                                                                              \
  { MEMBER(curve, field, "estimate", MEMBER_NUMBER), {.name = "lo"}, {.name = "hi"}, MEMBER_END }
static const struct member robust_n_members[] = WITHOUT_INTERVAL(robust_n);
static const struct member robust_throughput_members[] = WITHOUT_INTERVAL(robust_throughput);
static const struct member robust_members[] = {
    MEMBER_PART("n", robust_n_members), MEMBER_PART("throughput", robust_throughput_members),
    MEMBER_LIST_OF(curve, outliers, outlier_count, "outliers", outlier_members), MEMBER_END};

static const struct member band_point_members[] = {
    MEMBER(curve_band, n, "n", MEMBER_NUMBER), MEMBER(curve_band, throughput, "throughput", MEMBER_NUMBER),
    MEMBER(curve_band, lo, "lo", MEMBER_NUMBER), MEMBER(curve_band, hi, "hi", MEMBER_NUMBER), MEMBER_END};

VALUE_VIEW(band_of, curve, self->band_averaged ? VALUE_OF_TEXT("average") : selected(results, self))

static const struct member band_members[] = {
    MEMBER_VIEW_OF("of", band_of), MEMBER_LIST_OF(curve, band, band_count, "points", band_point_members),
    MEMBER_END};

VALUE_VIEW(band, curve,
           self->band_count > 0 && is_selected(self) ? VALUE_OF_OBJECT(self, band_members) : null)

static const struct member lack_of_fit_members[] = {
    MEMBER(curve, lack_of_fit_f, "f", MEMBER_NUMBER), MEMBER(curve, lack_of_fit_p, "p", MEMBER_NUMBER),
    MEMBER(curve, gate_failed, "rejected", MEMBER_BOOL), MEMBER_END};

static const struct member step_members[] = {MEMBER(curve_step, n, "n", MEMBER_NUMBER),
                                             MEMBER(curve_step, predicted_s, "predicted_s", MEMBER_ESTIMATE),
                                             MEMBER(curve_step, measured_s, "measured_s", MEMBER_ESTIMATE),
                                             MEMBER_END};

static const struct member step_time_members[] = {
    MEMBER(curve, step_time[0], "c0_s", MEMBER_ESTIMATE),
    MEMBER(curve, step_time[1], "c1_s", MEMBER_ESTIMATE),
    MEMBER(curve, step_time[2], "c2_s", MEMBER_ESTIMATE),
    MEMBER_LIST_OF(curve, steps, step_count, "levels", step_members), MEMBER_END};

const struct member summary_curve_members[] = {
    MEMBER(curve, kind, "kind", MEMBER_TEXT),
    MEMBER(curve, scale, "scale", MEMBER_TEXT),
    MEMBER_LIST_OF(curve, points, point_count, "points", point_members),
    MEMBER_PART("range", range_members),
    MEMBER_LIST_OF(curve, models, model_count, "models", model_members),
    MEMBER_VIEW_OF("selected", selected),
    MEMBER_VIEW_OF("course", course),
    MEMBER_IF_OF(BOOL, curve, has_optimum, "optimum", optimum_members),
    MEMBER_IF_OF(NUMBER, curve, knee_n.estimate, "knee", knee_members),
    MEMBER_IF_OF(BOOL, curve, has_robust, "robust", robust_members),
    MEMBER_VIEW_OF("band", band),
    MEMBER_IF_OF(BOOL, curve, has_steps, "step_time", step_time_members),
    MEMBER_IF_OF(NUMBER, curve, lack_of_fit_p, "lack_of_fit", lack_of_fit_members),
    MEMBER_END};
