// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>
#include <string.h>

enum { OPTIMUM_MIN_N = 3 }; // of which a model of two parameters can be made, and its error

static const struct curve_model *selected(const struct curve *curve) {
  return curve->selected < curve->model_count ? &curve->models[curve->selected] : NULL;
}

// Where the selected curve stops rising for good; NaN: it is no plateau, or its bend was not tested.
static double bend_of(const struct curve *curve) {
  const struct curve_model *model = selected(curve);
  for (size_t i = 0; model && strcmp(model->name, "plateau") == 0 && i < model->parameter_count; i++) {
    double bend = model->parameters[i].estimate;
    if (strcmp(model->parameter_names[i], "knee") == 0 && bend < curve->range_hi) return bend;
  }
  return NAN;
}

// One n beyond the bend is the height of the plateau, and no evidence that there is one.
static bool bend_stands(const struct curve *curve) {
  double bend = bend_of(curve), before = NAN;
  size_t beyond = 0;
  for (size_t i = 0; i < curve->point_count; i++) {
    const struct curve_point *point = &curve->points[i];
    if (!point->fitted || !(point->n > bend) || point->n == before) continue;
    before = point->n;
    beyond++;
  }
  return beyond >= 2;
}

// The curve itself has a peak inside the range, whatever the points show behind it.
static bool is_bounded(const struct curve *curve) {
  return curve->has_optimum && !curve->optimum_edge && isfinite(curve->optimum_n.lo) &&
         isfinite(curve->optimum_n.hi);
}

bool chapters_has_knee(const struct curve *curve) {
  if (!isfinite(curve->knee_n.estimate)) return false;
  if (isfinite(bend_of(curve))) return bend_stands(curve);
  bool has_peak = curve->optimum_established || (is_bounded(curve) && !curve->fall_shown);
  return !curve->knee_of_fit || (curve->has_optimum && has_peak);
}

// Points stand in the order of their n.
static size_t distinct_n(const struct curve *curve) {
  size_t count = 0;
  for (size_t i = 0; i < curve->point_count; i++)
    count += i == 0 || curve->points[i].n > curve->points[i - 1].n;
  return count;
}

// The optimum in one sentence, or why there is none.
void chapters_optimum(struct chapters *c, struct document_node *parent) {
  const struct curve *curve = &c->results->curve;
  if (!curve->exists) return;
  const struct curve_model *model = selected(curve);
  if (curve->gate_failed) {
    chapters_paragraph(c, parent, LANG_OPTIMUM_GATE, LANG_WITH(chapters_p(curve->lack_of_fit_p).text));
    return;
  }
  if (!model) {
    size_t distinct = distinct_n(curve);
    bool few = distinct < OPTIMUM_MIN_N;
    chapters_paragraph(c, parent, few ? LANG_OPTIMUM_FEW_N : LANG_OPTIMUM_NO_MODEL,
                       LANG_WITH(number_count((int64_t)distinct).text));
    return;
  }
  if (curve->course == CURVE_LEVEL) {
    chapters_paragraph(c, parent, LANG_OPTIMUM_LEVEL,
                       LANG_WITH(model->name, number_significant(curve->range_lo, 4).text,
                                 number_significant(curve->range_hi, 4).text,
                                 number_percent(CURVE_LEVEL_SHARE).text));
    return;
  }
  if (!curve->has_optimum && isfinite(bend_of(curve))) {
    chapters_paragraph(c, parent, bend_stands(curve) ? LANG_OPTIMUM_PLATEAU : LANG_OPTIMUM_BEND_OPEN,
                       LANG_WITH(model->name, number_significant(bend_of(curve), 3).text,
                                 number_significant(curve->range_hi, 4).text));
    return;
  }
  bool peak = curve->has_optimum && isfinite(curve->optimum_n.estimate);
  bool at_least_known = curve->has_optimum && curve->course == CURVE_RISES && isfinite(curve->optimum_n.lo);
  if (!peak && !at_least_known) {
    static const enum lang_id ids[] = {[CURVE_RISES] = LANG_OPTIMUM_MONOTONE,
                                       [CURVE_FALLS] = LANG_OPTIMUM_FALLS,
                                       [CURVE_DIPS] = LANG_OPTIMUM_DIPS};
    chapters_paragraph(c, parent, ids[curve->course],
                       LANG_WITH(model->name, number_significant(curve->range_hi, 4).text,
                                 number_significant(curve->range_lo, 4).text));
    return;
  }
  struct number_text n = number_significant(curve->optimum_n.estimate, 3);
  bool allows = isfinite(curve->optimum_range.lo); // for a misfit
  struct number_text exact = chapters_interval(curve->optimum_n, 3);
  struct number_text n_interval = allows ? chapters_interval(curve->optimum_range, 3) : exact;
  struct number_text rate = number_significant(curve->optimum_throughput.estimate, 4);
  struct number_text rate_interval = chapters_interval(curve->optimum_throughput, 4);
  struct number_text at_least = number_significant(curve->optimum_n.lo, 3);
  struct number_text lo = number_significant(curve->range_lo, 4), hi = number_significant(curve->range_hi, 4);
  bool unbounded = isfinite(curve->optimum_n.lo) && !isfinite(curve->optimum_n.hi);
  enum lang_id id = !peak                                     ? LANG_OPTIMUM_AT_MIN
                    : curve->optimum_established              ? LANG_OPTIMUM
                    : curve->optimum_edge                     ? LANG_OPTIMUM_EDGE
                    : unbounded                               ? LANG_OPTIMUM_AT_MIN
                    : is_bounded(curve) && !curve->fall_shown ? LANG_OPTIMUM_NO_FALL
                                                              : LANG_OPTIMUM_OPEN;
  chapters_paragraph(c, parent, id,
                     LANG_WITH(model->name, n.text, n_interval.text, rate.text, rate_interval.text,
                               at_least.text, lo.text, hi.text));
  if (allows && id != LANG_OPTIMUM_AT_MIN)
    chapters_paragraph(c, parent, LANG_OPTIMUM_EXACT, LANG_WITH(exact.text));
  if (curve->shared && !isfinite(curve->optimum_n.lo))
    chapters_paragraph(c, parent, LANG_OPTIMUM_SHARED, LANG_ALONE);
}

static void parameters(const struct curve_model *model, struct buf *out) {
  for (size_t i = 0; i < model->parameter_count && i < RESULTS_PARAMETERS; i++) {
    if (!isfinite(model->parameters[i].estimate)) continue;
    const struct estimate *value = &model->parameters[i];
    buf_printf(out, "%s%s = %s", out->len ? "; " : "", model->parameter_names[i],
               number_with_interval(value->estimate, value->lo, value->hi, 3).text);
  }
}

// Why the iteration ended without success; GSL's rarer words as they are.
static const char *stop_words(const struct chapters *c, const char *stop) {
  if (strcmp(stop, "iteration limit") == 0) return lang_text(c->lang, LANG_STOP_LIMIT);
  if (strcmp(stop, "iteration is not making progress towards solution") == 0)
    return lang_text(c->lang, LANG_STOP_STUCK);
  return stop;
}

static void model_row(struct chapters *c, struct document_node *table, const struct curve_model *model,
                      bool chosen) {
  enum document_mark mark = chosen ? DOCUMENT_BEST : model->converged ? DOCUMENT_PLAIN : DOCUMENT_MUTED;
  struct buf text = {0};
  document_cell(table, model->name, mark);
  parameters(model, &text);
  document_cell(table, text.len || text.status ? buf_text(&text) : NUMBER_UNKNOWN, mark);
  buf_free(&text);
  document_cell(table, number_significant(model->rss, 4).text, mark);
  document_cell(table, number_significant(model->df, 4).text, mark);
  document_cell(table, isfinite(model->aicc) ? number_fixed(model->aicc, 1).text : NUMBER_UNKNOWN, mark);
  document_cell(table, isfinite(model->weight) ? number_fixed(model->weight, 3).text : NUMBER_UNKNOWN, mark);
  document_cell(table, number_significant(model->optimum_n, 3).text, mark);
  struct chapters_list marks = {0};
  if (chosen) chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_SELECTED));
  if (!model->converged) {
    chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_NOT_CONVERGED));
    if (model->stop) chapters_list_add(&marks, stop_words(c, model->stop));
  }
  document_cell(table, chapters_list_text(c, &marks), mark);
  chapters_list_free(&marks);
  document_row_end(table);
}

static void models(struct chapters *c, struct document_node *parent) {
  const struct curve *curve = &c->results->curve;
  if (curve->model_count == 0) return;
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_MODEL, DOCUMENT_LEFT);
  chapters_column(c, table, LANG_COLUMN_PARAMETERS, DOCUMENT_LEFT);
  chapters_column(c, table, LANG_COLUMN_RSS, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_DF, DOCUMENT_RIGHT);
  document_column(table, "AICc", DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_WEIGHT, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_PEAK, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_MARKS, DOCUMENT_LEFT);
  for (size_t i = 0; i < curve->model_count; i++)
    model_row(c, table, &curve->models[i], i == curve->selected);
  chapters_paragraph(c, parent, LANG_MODELS_MEAN, LANG_ALONE);
}

static enum lang_id kind_of(const char *kind) {
  static const struct {
    const char *kind;
    enum lang_id id;
  } kinds[] = {{"steady", LANG_POINTS_STEADY},
               {"full_waves", LANG_POINTS_FULL_WAVES},
               {"single_wave", LANG_POINTS_SINGLE_WAVE},
               {"open_loop", LANG_POINTS_OPEN_LOOP},
               {"file", LANG_POINTS_FILE}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (kind && strcmp(kinds[i].kind, kind) == 0) return kinds[i].id;
  }
  return LANG_POINTS_FILE;
}

static struct number_text scaled(const struct estimate *seconds, double scale) {
  return number_with_interval(seconds->estimate * scale, seconds->lo * scale, seconds->hi * scale, 3);
}

// The curve as the time of a step, at the largest n where requests were timed, else at the largest.
static void step_time(struct chapters *c, struct document_node *list) {
  const struct curve *curve = &c->results->curve;
  if (!curve->has_steps) return;
  const struct curve_step *step = &curve->steps[curve->step_count - 1];
  for (size_t i = 0; i < curve->step_count; i++) {
    if (isfinite(curve->steps[i].measured_s.estimate)) step = &curve->steps[i];
  }
  bool measured = isfinite(step->measured_s.estimate);
  chapters_item(c, list, measured ? LANG_STEP_TIME_MEASURED : LANG_STEP_TIME,
                LANG_WITH(scaled(&curve->step_time[0], 1e3).text, scaled(&curve->step_time[1], 1e3).text,
                          scaled(&curve->step_time[2], 1e6).text, number_significant(step->n, 4).text,
                          scaled(&step->predicted_s, 1e3).text, scaled(&step->measured_s, 1e3).text));
}

static void fit_facts(struct chapters *c, struct document_node *parent) {
  const struct curve *curve = &c->results->curve;
  int64_t fitted = 0;
  for (size_t i = 0; i < curve->point_count; i++)
    fitted += curve->points[i].fitted;
  struct document_node *list = document_list(parent, false);
  bool linear = curve->scale && strcmp(curve->scale, "linear") == 0;
  chapters_item(c, list, kind_of(curve->kind), LANG_WITH(number_count((int64_t)curve->point_count).text));
  if (isfinite(curve->range_lo) && isfinite(curve->range_hi)) {
    chapters_item(c, list, linear ? LANG_RANGE_LINEAR : LANG_RANGE_LOG,
                  LANG_WITH(number_significant(curve->range_lo, 4).text,
                            number_significant(curve->range_hi, 4).text, number_count(fitted).text));
  }
  if (chapters_has_knee(curve)) {
    chapters_item(c, list, curve->knee_of_fit ? LANG_KNEE_FIT : LANG_KNEE_CELLS,
                  LANG_WITH(number_significant(curve->knee_n.estimate, 3).text,
                            chapters_interval(curve->knee_n, 3).text));
  }
  step_time(c, list);
  if (curve->has_robust && isfinite(curve->robust_n) && !curve->gate_failed)
    chapters_item(c, list, LANG_ROBUST,
                  LANG_WITH(number_significant(curve->robust_n, 3).text,
                            number_significant(curve->robust_throughput, 4).text));
  if (curve->band_averaged && curve->band_count > 0) chapters_item(c, list, LANG_BAND_AVERAGED, LANG_ALONE);
  if (isfinite(curve->lack_of_fit_p)) {
    chapters_item(
        c, list, curve->gate_failed ? LANG_LACK_OF_FIT_REJECTS : LANG_LACK_OF_FIT_PASSES,
        LANG_WITH(number_significant(curve->lack_of_fit_f, 3).text, chapters_p(curve->lack_of_fit_p).text));
  } else {
    chapters_item(c, list, LANG_LACK_OF_FIT_UNKNOWN, LANG_ALONE);
  }
}

void chapters_curve(struct chapters *c, struct document_node *root) {
  if (!c->results->curve.exists) return;
  struct document_node *section = chapters_section(c, root, LANG_CURVE, LANG_ALONE);
  chapters_optimum(c, section);
  fit_facts(c, section);
  models(c, section);
}
