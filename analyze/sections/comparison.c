// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *verdict_word(struct chapters *c, const char *verdict) {
  static const struct {
    const char *verdict;
    enum lang_id id;
  } words[] = {{"faster", LANG_VERDICT_FASTER}, {"slower", LANG_VERDICT_SLOWER},
               {"same", LANG_VERDICT_SAME},     {"undecided", LANG_VERDICT_UNDECIDED},
               {"mixed", LANG_VERDICT_MIXED},   {"failed", LANG_VERDICT_FAILED}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (verdict && strcmp(words[i].verdict, verdict) == 0) return lang_text(c->lang, words[i].id);
  }
  return NUMBER_UNKNOWN;
}

static enum document_mark verdict_mark(const char *verdict) {
  if (!verdict) return DOCUMENT_PLAIN;
  if (strcmp(verdict, "slower") == 0 || strcmp(verdict, "failed") == 0) return DOCUMENT_BAD;
  return strcmp(verdict, "faster") == 0 ? DOCUMENT_EQUAL : DOCUMENT_PLAIN;
}

// "1.04 [1.01, 1.07]", or a dash.
static struct number_text ratio_text(struct estimate ratio) {
  return number_with_interval(ratio.estimate, ratio.lo, ratio.hi, 3);
}

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static struct number_text place_name(struct comparison_place place) {
  return chapters_cell_name(&(struct cell){.workers = place.workers, .batch = place.batch});
}

static void missing(struct chapters *c, struct document_node *parent) {
  const struct comparison *comparison = &c->results->comparison;
  struct chapters_list list = {0};
  for (size_t i = 0; i < comparison->missing_count; i++)
    chapters_list_add(&list, place_name(comparison->missing[i]).text);
  if (list.count > 0)
    chapters_callout(c, parent, DOCUMENT_NOTE, LANG_COMPARED_MISSING,
                     LANG_WITH(chapters_list_text(c, &list)));
  chapters_list_free(&list);
}

static void extreme(struct chapters *c, struct document_node *parent, size_t index, enum lang_id id) {
  const struct comparison *comparison = &c->results->comparison;
  if (index >= comparison->cell_count) return;
  const struct comparison_cell *cell = &comparison->cells[index];
  struct number_text name = place_name((struct comparison_place){cell->workers, cell->batch});
  chapters_callout(c, parent, id == LANG_COMPARED_SLOWEST ? DOCUMENT_WARNING : DOCUMENT_NOTE, id,
                   LANG_WITH(name.text, ratio_text(cell->ratio).text));
}

static bool is_verdict(const struct comparison *comparison, const char *verdict) {
  return comparison->verdict && strcmp(comparison->verdict, verdict) == 0;
}

// The cells that the verdict on the whole hides.
static void extremes(struct chapters *c, struct document_node *parent) {
  const struct comparison *comparison = &c->results->comparison;
  if (comparison->cell_count < 2) return;
  if (!is_verdict(comparison, "slower") || comparison->regressed)
    extreme(c, parent, comparison->slowest, LANG_COMPARED_SLOWEST);
  if (!is_verdict(comparison, "faster")) extreme(c, parent, comparison->fastest, LANG_COMPARED_FASTEST);
}

// On the first screen.
void chapters_verdict(struct chapters *c, struct document_node *parent) {
  const struct comparison *comparison = &c->results->comparison;
  if (!comparison->baseline) return;
  enum document_tone tone = comparison->regressed ? DOCUMENT_WARNING : DOCUMENT_NOTE;
  const char *word = verdict_word(c, comparison->verdict);
  chapters_callout(c, parent, tone, isfinite(comparison->ratio.estimate) ? LANG_COMPARED : LANG_COMPARED_BARE,
                   LANG_WITH(file_name(comparison->baseline), ratio_text(comparison->ratio).text, word,
                             number_percent(comparison->margin).text));
  if (comparison->regressed && isfinite(comparison->max_regression))
    chapters_callout(c, parent, tone, LANG_REGRESSED,
                     LANG_WITH(number_percent(comparison->max_regression).text));
  if (comparison->replicates_needed > 0)
    chapters_callout(c, parent, tone, LANG_REPLICATES_NEEDED,
                     LANG_WITH(number_count(comparison->replicates_needed).text));
  extremes(c, parent);
  missing(c, parent);
}

// Those that fail now, then those that differ most.
static struct chapters_shown choose(struct chapters *c, struct document_node *parent) {
  const struct comparison *comparison = &c->results->comparison;
  struct chapters_shown shown = {0};
  struct chapters_score *scores = calloc(comparison->cell_count + 1, sizeof *scores);
  if (!scores && parent) parent->document->status = STATUS_MEMORY;
  for (size_t i = 0; scores && i < comparison->cell_count; i++)
    scores[i] = (struct chapters_score){isnan(comparison->cells[i].ratio.estimate),
                                        fabs(log(comparison->cells[i].ratio.estimate))};
  if (scores) shown = chapters_shown_of(parent, scores, comparison->cell_count, CHAPTERS_ROWS_MAX);
  free(scores);
  return shown;
}

static bool is_known(struct before_after value) {
  return value.before > 0 && value.now > 0;
}

// "4.6 ms → 112 ms"
static void before_after_cell(struct chapters *c, struct document_node *table, struct before_after value,
                              enum document_mark mark) {
  struct number_text text = {.text = NUMBER_UNKNOWN};
  if (is_known(value))
    snprintf(text.text, sizeof text.text, "%.28s \u2192 %.28s", chapters_duration(c, value.before).text,
             chapters_duration(c, value.now).text);
  document_cell(table, text.text, mark);
}

static void cells(struct chapters *c, struct document_node *parent, const struct chapters_shown *shown) {
  const struct comparison *comparison = &c->results->comparison;
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_WORKERS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_RATIO, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_VERDICT, DOCUMENT_LEFT);
  bool ttft = false, latency = false;
  for (size_t i = 0; i < comparison->cell_count; i++) {
    ttft |= is_known(comparison->cells[i].ttft_p95_s);
    latency |= is_known(comparison->cells[i].latency_p50_s);
  }
  if (ttft) chapters_column(c, table, LANG_COLUMN_TTFT_P95, DOCUMENT_RIGHT);
  if (latency) chapters_column(c, table, LANG_COLUMN_LATENCY, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_REPLICATES_NEEDED, DOCUMENT_RIGHT);
  for (size_t i = 0; i < shown->count; i++) {
    if (!shown->is[i]) continue;
    const struct comparison_cell *cell = &comparison->cells[i];
    enum document_mark mark = verdict_mark(cell->verdict);
    document_cell(table, number_count(cell->workers).text, mark);
    document_cell(table, number_count(cell->batch).text, mark);
    document_cell(table, ratio_text(cell->ratio).text, mark);
    document_cell(table, verdict_word(c, cell->verdict), mark);
    if (ttft) before_after_cell(c, table, cell->ttft_p95_s, mark);
    if (latency) before_after_cell(c, table, cell->latency_p50_s, mark);
    document_cell(table, cell->replicates_needed > 0 ? number_count(cell->replicates_needed).text : "", mark);
    document_row_end(table);
  }
}

// One series for each verdict, so that the key names the colours.
static struct plot_series *series_of(struct chapters *c, struct plot *plot, const char *verdict) {
  static const struct {
    const char *verdict;
    enum plot_colour colour;
  } colours[] = {
      {"faster", PLOT_GREEN}, {"slower", PLOT_RED}, {"same", PLOT_BLUE}, {"undecided", PLOT_PURPLE}};
  const char *label = verdict_word(c, verdict);
  for (struct plot_series *series = plot->series; series; series = series->next) {
    if (series->style == PLOT_POINTS && series->label && strcmp(series->label, label) == 0) return series;
  }
  enum plot_colour colour = PLOT_GREY;
  for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
    if (verdict && strcmp(colours[i].verdict, verdict) == 0) colour = colours[i].colour;
  }
  return plot_series_add(plot, PLOT_POINTS, colour, label);
}

static void forest_row(struct chapters *c, struct plot *plot, double at, struct estimate ratio,
                       const char *verdict, const char *name) {
  struct plot_series *series = series_of(c, plot, verdict);
  plot_cell_add(series, at, ratio.estimate, name);
  if (!series || series->count == 0) return;
  struct plot_point *point = &series->points[series->count - 1];
  point->lo = ratio.lo;
  point->hi = ratio.hi;
}

// The ratio of every common cell with its interval, of all together at the end; the band is what counts as
// the same.
static void forest(struct chapters *c, struct document_node *section, const struct chapters_shown *chosen) {
  enum { TICS_MAX = 12 };
  const struct comparison *comparison = &c->results->comparison;
  size_t shown = 0, at = 0;
  for (size_t i = 0; i < chosen->count; i++)
    shown += chosen->is[i] && isfinite(comparison->cells[i].ratio.estimate) ? 1U : 0U;
  struct plot *plot = c->plots && shown > 0 ? plot_add(c->plots, "comparison") : NULL;
  if (!plot) return;
  plot->y_from_data = true;
  plot_text(plot, &plot->title, lang_text(c->lang, LANG_PLOT_COMPARISON_TITLE));
  plot_text(plot, &plot->x_label, lang_text(c->lang, LANG_AXIS_CELL));
  plot_text(plot, &plot->y_label, lang_text(c->lang, LANG_COLUMN_RATIO));
  struct plot_series *band =
      plot_series_add(plot, PLOT_BAND, PLOT_GREY,
                      chapters_say(c, LANG_PLOT_MARGIN, LANG_WITH(number_percent(comparison->margin).text)));
  struct plot_series *one = plot_series_add(plot, PLOT_LINE, PLOT_GREY, NULL);
  for (int end = 0; end < 2; end++) {
    double x = end ? (double)shown + 2.5 : 0.5;
    plot_point_add(band, x, 1, 1 / (1 + comparison->margin), 1 + comparison->margin);
    plot_point_add(one, x, 1, NAN, NAN);
  }
  for (size_t i = 0; i < chosen->count; i++) {
    const struct comparison_cell *cell = &comparison->cells[i];
    if (!chosen->is[i] || !isfinite(cell->ratio.estimate)) continue;
    struct number_text name = place_name((struct comparison_place){cell->workers, cell->batch});
    if (at % (1 + shown / TICS_MAX) == 0) plot_tic_add(plot, (double)at + 1, name.text);
    forest_row(c, plot, (double)++at, cell->ratio, cell->verdict, name.text);
  }
  const char *all = lang_text(c->lang, LANG_ALL);
  plot_tic_add(plot, (double)shown + 2, all);
  if (isfinite(comparison->ratio.estimate))
    forest_row(c, plot, (double)shown + 2, comparison->ratio, comparison->verdict, all);
  document_figure(
      section, "comparison",
      chapters_say(c, LANG_ALT_COMPARISON,
                   LANG_WITH(number_count((int64_t)shown).text, ratio_text(comparison->ratio).text)),
      lang_text(c->lang, LANG_CAPTION_COMPARISON));
}

static void comparison(struct chapters *c, struct document_node *root) {
  const struct comparison *comparison = &c->results->comparison;
  if (!comparison->baseline) return;
  struct document_node *section = chapters_section(c, root, LANG_COMPARISON, LANG_ALONE);
  struct document_node *list = document_list(section, false);
  chapters_item(c, list, LANG_COMPARED_WITH, LANG_WITH(comparison->baseline));
  chapters_item(c, list, LANG_COMPARED_ALL,
                LANG_WITH(ratio_text(comparison->ratio).text, verdict_word(c, comparison->verdict)));
  chapters_item(c, list, comparison->by_blocks ? LANG_COMPARED_BY_BLOCKS : LANG_COMPARED_BY_CELLS,
                LANG_ALONE);
  if (comparison->session_sd > 0)
    chapters_item(c, list, LANG_COMPARED_RESTARTS, LANG_WITH(number_percent(comparison->session_sd).text));
  chapters_item(c, list, LANG_COMPARED_MARGIN,
                LANG_WITH(number_percent(comparison->margin).text,
                          number_percent(2 * c->results->confidence - 1).text,
                          chapters_confidence(c->results).text));
  if (isfinite(comparison->best_ratio.estimate) && comparison->cell_count > 1)
    chapters_item(c, list, LANG_COMPARED_BEST,
                  LANG_WITH(place_name(comparison->best_now).text, place_name(comparison->best_before).text,
                            ratio_text(comparison->best_ratio).text));
  struct chapters_shown shown = choose(c, section);
  chapters_shown_say(c, section, LANG_SHOWN_COMPARED, shown.shown, shown.count);
  forest(c, section, &shown);
  if (comparison->cell_count > 0) cells(c, section, &shown);
  chapters_shown_free(&shown);
}

static void assertions(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (results->assertion_count == 0) return;
  struct document_node *section = chapters_section(c, root, LANG_ASSERTIONS, LANG_ALONE);
  struct document_node *table = document_table(section, "");
  chapters_column(c, table, LANG_COLUMN_ASSERTION, DOCUMENT_LEFT);
  chapters_column(c, table, LANG_COLUMN_VALUE, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_VERDICT, DOCUMENT_LEFT);
  for (size_t i = 0; i < results->assertion_count; i++) {
    const struct assertion *assertion = &results->assertions[i];
    enum document_mark mark = assertion->passed ? DOCUMENT_PLAIN : DOCUMENT_BAD;
    document_cell(table, assertion->expression ? assertion->expression : NUMBER_UNKNOWN, mark);
    document_cell(table, number_six(assertion->value).text, mark);
    document_cell(table, lang_text(c->lang, assertion->passed ? LANG_HOLDS : LANG_HOLDS_NOT), mark);
    document_row_end(table);
  }
}

void chapters_comparison(struct chapters *c, struct document_node *root) {
  comparison(c, root);
  assertions(c, root);
}
