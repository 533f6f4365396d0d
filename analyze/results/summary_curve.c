// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/results/summary_curve.h"

#include <math.h>

void summary_estimate(struct json_writer *w, const char *key, struct estimate estimate) {
  json_write_key(w, key);
  json_write_object(w);
  json_member_number(w, "estimate", estimate.estimate);
  json_member_number(w, "lo", estimate.lo);
  json_member_number(w, "hi", estimate.hi);
  json_write_object_end(w);
}

static void write_points(struct json_writer *w, const struct curve *curve) {
  json_write_key(w, "points");
  json_write_array(w);
  for (size_t i = 0; i < curve->point_count; i++) {
    const struct curve_point *point = &curve->points[i];
    json_write_object(w);
    json_member_number(w, "n", point->n);
    json_member_number(w, "throughput", point->throughput);
    json_member_count(w, "workers", point->workers);
    json_member_count(w, "batch", point->batch);
    json_member_bool(w, "fitted", point->fitted);
    json_write_object_end(w);
  }
  json_write_array_end(w);
}

static void write_model(struct json_writer *w, const struct curve_model *model) {
  json_write_object(w);
  json_member_string(w, "name", model->name);
  json_write_key(w, "parameters");
  json_write_object(w);
  for (size_t p = 0; p < model->parameter_count; p++) {
    json_write_key(w, model->parameter_names[p]);
    json_write_object(w);
    json_member_number(w, "estimate", model->parameters[p].estimate);
    json_member_number(w, "se", model->standard_errors[p]);
    json_member_number(w, "lo", model->parameters[p].lo);
    json_member_number(w, "hi", model->parameters[p].hi);
    json_write_object_end(w);
  }
  json_write_object_end(w);
  json_member_number(w, "rss", model->rss);
  json_member_number(w, "df", model->df);
  json_member_number(w, "aicc", model->aicc);
  json_member_number(w, "weight", model->weight);
  json_member_bool(w, "converged", model->converged);
  json_member_string(w, "stop", model->stop);
  json_write_object_end(w);
}

static void write_optimum(struct json_writer *w, const struct curve *curve) {
  json_write_key(w, "optimum");
  if (!curve->has_optimum) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  summary_estimate(w, "n", curve->optimum_n);
  summary_estimate(w, "throughput", curve->optimum_throughput);
  json_member_bool(w, "edge", curve->optimum_edge);
  json_member_bool(w, "established", curve->optimum_established);
  json_write_object_end(w);
}

static void write_knee(struct json_writer *w, const struct curve *curve) {
  json_write_key(w, "knee");
  if (isnan(curve->knee_n.estimate)) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  summary_estimate(w, "n", curve->knee_n);
  json_member_string(w, "of", curve->knee_of_fit ? "fit" : "cells");
  json_write_object_end(w);
}

// What another look at the points says: nothing of it changes the fit.
static void write_robust(struct json_writer *w, const struct curve *curve) {
  json_write_key(w, "robust");
  if (!curve->has_robust) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  summary_estimate(w, "n", (struct estimate){curve->robust_n, NAN, NAN});
  summary_estimate(w, "throughput", (struct estimate){curve->robust_throughput, NAN, NAN});
  json_write_key(w, "outliers");
  json_write_array(w);
  for (size_t i = 0; i < curve->outlier_count; i++) {
    const struct curve_point *point = &curve->points[curve->outliers[i].point];
    json_write_object(w);
    json_member_number(w, "n", point->n);
    json_member_number(w, "throughput", point->throughput);
    json_member_count(w, "workers", point->workers);
    json_member_count(w, "batch", point->batch);
    json_member_number(w, "deviation", curve->outliers[i].deviation);
    json_write_object_end(w);
  }
  json_write_array_end(w);
  json_write_object_end(w);
}

static void write_band(struct json_writer *w, const struct curve *curve) {
  json_write_key(w, "band");
  if (curve->band_count == 0 || curve->selected >= curve->model_count) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  json_member_string(w, "of", curve->band_averaged ? "average" : curve->models[curve->selected].name);
  json_write_key(w, "points");
  json_write_array(w);
  for (size_t i = 0; i < curve->band_count; i++) {
    json_write_object(w);
    json_member_number(w, "n", curve->band[i].n);
    json_member_number(w, "throughput", curve->band[i].throughput);
    json_member_number(w, "lo", curve->band[i].lo);
    json_member_number(w, "hi", curve->band[i].hi);
    json_write_object_end(w);
  }
  json_write_array_end(w);
  json_write_object_end(w);
}

void summary_curve(struct json_writer *w, const struct curve *curve) {
  json_write_key(w, "curve");
  if (!curve->exists) {
    json_write_null(w);
    return;
  }
  json_write_object(w);
  json_member_string(w, "kind", curve->kind);
  json_member_string(w, "scale", curve->scale);
  write_points(w, curve);
  json_write_key(w, "range");
  json_write_object(w);
  json_member_number(w, "lo", curve->range_lo);
  json_member_number(w, "hi", curve->range_hi);
  json_write_object_end(w);
  json_write_key(w, "models");
  json_write_array(w);
  for (size_t i = 0; i < curve->model_count; i++)
    write_model(w, &curve->models[i]);
  json_write_array_end(w);
  json_member_string(w, "selected",
                     curve->selected < curve->model_count ? curve->models[curve->selected].name : NULL);
  json_member_string(w, "course",
                     curve->selected < curve->model_count ? curve_course_names[curve->course] : NULL);
  write_optimum(w, curve);
  write_knee(w, curve);
  write_robust(w, curve);
  write_band(w, curve);
  json_write_key(w, "lack_of_fit");
  if (isnan(curve->lack_of_fit_p)) {
    json_write_null(w);
  } else {
    json_write_object(w);
    json_member_number(w, "f", curve->lack_of_fit_f);
    json_member_number(w, "p", curve->lack_of_fit_p);
    json_member_bool(w, "rejected", curve->gate_failed);
    json_write_object_end(w);
  }
  json_write_object_end(w);
}
