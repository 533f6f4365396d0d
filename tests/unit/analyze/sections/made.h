// SPDX-License-Identifier: GPL-3.0-or-later
//
// A report made in memory for the tests of the chapters: results in, pages out, and what must never stand in
// one.
#ifndef TESTS_UNIT_ANALYZE_CHAPTERS_MADE_H
#define TESTS_UNIT_ANALYZE_CHAPTERS_MADE_H

#include "analyze/report/html.h"
#include "analyze/report/markdown.h"
#include "analyze/report/text.h"
#include "analyze/sections/chapters.h"
#include "tests/unit/analyze/sections/fixture.h"

struct made {
  struct results results;
  struct document document;
  struct plot_set plots;
  struct buf out;
};

static inline int made_setup(void **state) {
  static struct made made;
  made = (struct made){0};
  *state = &made;
  return 0;
}

static inline int made_teardown(void **state) {
  struct made *made = *state;
  document_free(&made->document);
  plot_set_free(&made->plots);
  results_free(&made->results);
  buf_free(&made->out);
  return 0;
}

#define HAS(haystack, needle)                                                                                \
  do {                                                                                                       \
    const char *in_ = (haystack);                                                                            \
    if (!strstr(in_, needle)) fail_msg("not there: %s\n%s", needle, in_);                                    \
  } while (0)
#define LACKS(haystack, needle)                                                                              \
  do {                                                                                                       \
    const char *in_ = (haystack);                                                                            \
    if (strstr(in_, needle)) fail_msg("should not be there: %s\n%s", needle, in_);                           \
  } while (0)

// What no reader may ever see: numbers that are none, and holes in templates.
static inline void made_check_clean(const char *text) {
  static const char *const never[] = {"nan", "NaN", "-inf", " inf",  "(null)", "{0",
                                      "{1",  "{2",  "{3",   "{unit", "{Unit"};
  for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
    const char *at = strstr(text, never[i]);
    if (at) fail_msg("'%s' in: %.120s", never[i], at > text + 60 ? at - 60 : text);
  }
}

static inline const char *made_report(struct made *made, enum lang lang) {
  struct error error = {""};
  enum status status = chapters_build(&made->results, lang, &made->document, &made->plots, &error);
  if (status) fail_msg("%s", error.text);
  buf_clear(&made->out);
  assert_int_equal(markdown_render(&made->document, &(struct markdown_options){"plots"}, &made->out),
                   STATUS_OK);
  made_check_clean(buf_text(&made->out));
  struct buf page = {0};
  assert_int_equal(html_render(&made->document, &(struct html_options){.language = "ru"}, &page), STATUS_OK);
  char *script = strstr(buf_text(&page), "<script>");
  assert_non_null(script);
  *script = '\0'; // the page's own script says isNaN
  made_check_clean(page.data);
  buf_free(&page);
  for (const struct plot *plot = made->plots.first; plot; plot = plot->next) {
    struct buf script_text = {0};
    assert_int_equal(plot_script(plot, &script_text), STATUS_OK);
    if (!strstr(buf_text(&script_text), "plot NaN notitle"))
      made_check_clean(buf_text(&script_text)); // of an empty one
    buf_free(&script_text);
  }
  return buf_text(&made->out);
}

static inline const char *made_brief(struct made *made, enum lang lang) {
  struct error error = {""};
  assert_int_equal(chapters_brief(&made->results, lang, &made->document, &error), STATUS_OK);
  buf_clear(&made->out);
  assert_int_equal(text_render(&made->document, NULL, &made->out), STATUS_OK);
  made_check_clean(buf_text(&made->out));
  return buf_text(&made->out);
}

static inline void made_add(struct results *results, int64_t workers, int64_t batch, double rate) {
  double tokens = rate > 0 ? 100.0 * (double)batch : 0, total_s = rate > 0 ? tokens / rate : 1;
  results->cells[results->cell_count++] =
      fixture_cell(workers, batch, total_s, total_s / (double)batch, rate, tokens);
}

// Two replicated levels and a failed one, with a set of two.
static inline void made_small_run(struct results *results) {
  fixture_start(results, 8);
  made_add(results, 4, 4, 100);
  made_add(results, 4, 8, 120);
  made_add(results, 8, 8, 200);
  made_add(results, 8, 16, 204);
  made_add(results, 8, 24, 150);
  made_add(results, 16, 16, 0);
  fixture_finish(results);
  for (size_t i = 0; i < 5; i++) {
    struct cell *cell = &results->cells[i];
    cell->flags &= ~(unsigned)CELL_UNREPLICATED;
    cell->reps = 5;
    cell->tokens_per_s.lo = cell->tokens_per_s.estimate * 0.97;
    cell->tokens_per_s.hi = cell->tokens_per_s.estimate * 1.03;
  }
  static const size_t set[] = {3, 2};
  results->best.set = malloc(sizeof set);
  memcpy(results->best.set, set, sizeof set);
  results->best.set_count = 2;
  results->best.recommended = 2;
  results->best.regret_bound = 0.031;
  results->recommendation = (struct recommendation){
      .state = RECOMMENDATION_SHOWN,
      .cell = 2,
      .margin = 0.05,
      .below_best_at_most = 0.031,
      .throughput = results->cells[2].tokens_per_s,
      .next_up = SIZE_MAX,
      .fewer = SIZE_MAX,
  };
  results->cells[2].in_best_set = results->cells[3].in_best_set = true;
  results->sigma = 0.02;
  results->sigma_df = 20;
  results->sigma_source = SIGMA_REPLICATES;
  fixture_warn(results, WARNING_FAILED_LEVEL, 16);
}

static inline void made_with_curve(struct results *results) {
  struct curve *curve = &results->curve;
  curve->exists = true;
  curve->kind = "single_wave";
  curve->scale = "log";
  curve->points = calloc(4, sizeof *curve->points);
  for (int64_t i = 0; i < 4; i++)
    curve->points[curve->point_count++] =
        (struct curve_point){8.0 * (double)(i + 1), 200 + 40 * (double)i, 32, 8 * (i + 1), -1, i > 0};
  curve->range_lo = 16;
  curve->range_hi = 32;
  curve->models = calloc(1, sizeof *curve->models);
  curve->model_count = 1;
  curve->models[0] =
      (struct curve_model){.name = "usl",
                           .parameter_count = 3,
                           .parameter_names = {"lambda", "sigma", "kappa"},
                           .parameters = {{39.1, 38, 40.2}, {0.0433, 0.04, 0.0466}, {0.00123, 0.001, 0.0015}},
                           .rss = 0.0061,
                           .df = 16,
                           .aicc = -145.23,
                           .weight = 0.98,
                           .converged = true,
                           .stop = "small step",
                           .optimum_n = 27.9,
                           .optimum_throughput = 353.6};
  curve->selected = 0;
  curve->has_optimum = curve->optimum_established = curve->fall_shown = true;
  curve->optimum_n = (struct estimate){27.9, 25.6, 31.4};
  curve->optimum_throughput = (struct estimate){353.6, 348.8, 359.3};
  curve->optimum_range = (struct estimate){NAN, NAN, NAN};
}

#define MADE(test) cmocka_unit_test_setup_teardown(test, made_setup, made_teardown)

#endif
