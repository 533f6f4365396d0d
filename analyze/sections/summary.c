// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>
#include <stdio.h>

static void edges(struct chapters *c, struct document_node *parent) {
  const struct best *best = &c->results->best;
  if (!best->exists || !(best->batch_edge || best->workers_edge)) return;
  const struct cell *cell = &c->results->cells[best->recommended];
  struct number_text workers = number_count(cell->workers), batch = number_count(cell->batch);
  enum lang_id id = best->batch_edge && best->workers_edge ? LANG_EDGE_BOTH
                    : best->batch_edge                     ? LANG_EDGE_BATCH
                                                           : LANG_EDGE_WORKERS;
  chapters_callout(c, parent, DOCUMENT_NOTE, id, LANG_WITH(batch.text, workers.text));
}

static struct number_text with_percent(struct estimate sd) {
  struct number_text out;
  snprintf(out.text, sizeof out.text, "%.20s%.40s", number_percent(sd.estimate).text,
           chapters_interval((struct estimate){NAN, 100 * sd.lo, 100 * sd.hi}, 2).text);
  return out;
}

// Where the spread comes from, and what more time is best spent on.
static void spend(struct chapters *c, struct document_node *parent) {
  static const enum lang_id groups[] = {[SPEND_RESTARTS] = LANG_SPEND_RESTARTS,
                                        [SPEND_RUNS] = LANG_SPEND_RUNS,
                                        [SPEND_PASSES] = LANG_SPEND_PASSES};
  const struct spend *spend = &c->results->spend;
  if (!spend->exists || spend->on == SPEND_ON_NOTHING) return;
  struct buf group = {0}, requests = {0}, on = {0};
  if (isfinite(spend->group.estimate) && spend->groups != SPEND_ALONE)
    chapters_format(c, &group, groups[spend->groups], LANG_WITH(with_percent(spend->group).text));
  // A part of the spread is not larger than the whole: windows that differ more than batches do show no such
  // part.
  if (spend->requests.estimate <= spend->batch.estimate)
    chapters_format(c, &requests, LANG_SPEND_REQUESTS, LANG_WITH(with_percent(spend->requests).text));
  chapters_format(c, &on,
                  spend->on == SPEND_ON_LONGER_BATCHES ? LANG_SPEND_ON_LONGER
                  : spend->on == SPEND_ON_REPETITIONS  ? LANG_SPEND_ON_REPETITIONS
                  : spend->groups == SPEND_RESTARTS    ? LANG_SPEND_ON_RESTARTS
                                                       : LANG_SPEND_ON_RUNS,
                  LANG_WITH(number_significant(spend->times, 1).text));
  chapters_paragraph(
      c, parent, LANG_SPEND,
      LANG_WITH(buf_text(&group), with_percent(spend->batch).text, buf_text(&requests), buf_text(&on)));
  buf_free(&group);
  buf_free(&requests);
  buf_free(&on);
}

void chapters_answer(struct chapters *c, struct document_node *parent) {
  chapters_verdict(c, parent);
  chapters_recommendation(c, parent);
  chapters_next(c, parent);
  spend(c, parent);
  edges(c, parent);
  chapters_limits(c, parent);
  chapters_loads_answer(c, parent);
}

static void spread(struct chapters *c, struct document_node *parent) {
  static const enum lang_id ids[] = {[SIGMA_REPLICATES] = LANG_SPREAD_REPLICATES,
                                     [SIGMA_GIVEN] = LANG_SPREAD_GIVEN,
                                     [SIGMA_PSEUDO_REPLICATES] = LANG_SPREAD_PSEUDO};
  const struct results *results = c->results;
  if (!results->best.exists || results->sigma_source == SIGMA_NONE || !isfinite(results->sigma)) return;
  struct number_text sigma = number_percent(results->sigma), df = number_significant(results->sigma_df, 3);
  chapters_paragraph(c, parent, ids[results->sigma_source], LANG_WITH(sigma.text, df.text));
}

static void overview(struct chapters *c, struct document_node *parent) {
  const char *plot = chapters_plot_overview(c, parent);
  if (!plot) return;
  const struct curve *curve = &c->results->curve;
  if (!curve->exists) {
    document_figure(parent, plot, lang_text(c->lang, LANG_ALT_LEVELS),
                    lang_text(c->lang, LANG_CAPTION_LEVELS));
    return;
  }
  struct estimate n = {NAN, INFINITY, -INFINITY}, rate = n; // lo and hi: the extent of the points
  for (size_t i = 0; i < curve->point_count; i++) {
    n.lo = fmin(n.lo, curve->points[i].n);
    n.hi = fmax(n.hi, curve->points[i].n);
    rate.lo = fmin(rate.lo, curve->points[i].throughput);
    rate.hi = fmax(rate.hi, curve->points[i].throughput);
  }
  document_figure(
      parent, plot,
      chapters_say(c, LANG_ALT_CURVE,
                   LANG_WITH(number_count((int64_t)curve->point_count).text, number_significant(n.lo, 4).text,
                             number_significant(n.hi, 4).text, number_significant(rate.lo, 4).text,
                             number_significant(rate.hi, 4).text)),
      lang_text(c->lang, LANG_CAPTION_CURVE));
}

// The picture of the answer stands early: a wide screen shows it beside what follows. With limits it is that
// of their edge.
static void first_screen(struct chapters *c, struct document_node *parent) {
  chapters_verdict(c, parent);
  chapters_recommendation(c, parent);
  chapters_loads_answer(c, parent);
  if (c->results->workers_count > 0)
    chapters_paragraph(c, parent, LANG_WORDS, LANG_WITH(chapters_confidence(c->results).text));
  bool edge_drawn = chapters_edge_plot(c, parent);
  if (!edge_drawn) overview(c, parent);
  chapters_next(c, parent);
  edges(c, parent);
  chapters_limits(c, parent);
  if (edge_drawn) overview(c, parent);
  chapters_optimum(c, parent);
  chapters_warnings(c, parent);
  spread(c, parent);
  spend(c, parent);
}

// Steady throughput has the start taken out already.
static bool any_capacity(const struct results *results) {
  if (results->recommendation.steady) return false;
  for (size_t i = 0; i < results->workers_count; i++) {
    if (isfinite(results->workers[i].capacity.estimate)) return true;
  }
  return false;
}

static bool any_best_interval(const struct results *results) {
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct cell *best = chapters_shown_level(results, &results->workers[i]);
    if (best && chapters_has_interval(best->tokens_per_s)) return true;
  }
  return false;
}

// `rates`: the table has the batches' throughput, which "highest" and "among the best" refer to.
static void level_marks(struct chapters *c, const struct workers_row *row, const struct cell *best,
                        bool rates, struct chapters_list *marks) {
  const struct results *results = c->results;
  const struct recommendation *chosen = &results->recommendation;
  if (chosen->state == RECOMMENDATION_SHOWN && results->cells[chosen->cell].workers == row->workers)
    chapters_list_add(marks, lang_text(c->lang, LANG_MARK_RECOMMENDED));
  if (!best) {
    bool failed = chapters_level_failed(results, row);
    chapters_list_add(marks, lang_text(c->lang, failed ? LANG_MARK_LEVEL_FAILED : LANG_MARK_LEVEL_UNUSABLE));
    return;
  }
  if (rates && chapters_shown_rank(results, best) == DOCUMENT_BEST && !chosen->steady)
    chapters_list_add(marks, lang_text(c->lang, LANG_MARK_LARGEST));
  if (best->in_best_set && results->best.set_count > 1 && !chosen->steady)
    chapters_list_add(marks, lang_text(c->lang, LANG_MARK_EQUAL));
  chapters_limits_mark(c, best->meets_slo, chapters_limits_cell_certain(results, best), marks);
  if (row->best_is_edge && !results->recommendation.steady)
    chapters_list_add(marks, lang_text(c->lang, LANG_MARK_EDGE));
  if (chapters_level_lower_edge(results, row))
    chapters_list_add(marks, lang_text(c->lang, LANG_MARK_LOWER_EDGE));
}

// The level's batches that keep the limits.
static void kept_cell(struct chapters *c, struct document_node *table, const struct workers_row *row,
                      enum document_mark mark) {
  struct chapters_list kept = {0};
  size_t usable = 0;
  for (size_t i = 0; i < row->cell_count; i++) {
    const struct cell *cell = &c->results->cells[row->first_cell + i];
    if (!chapters_cell_usable(cell)) continue;
    usable++;
    if (cell->meets_slo == CELL_SLO_MET) chapters_list_add(&kept, number_count(cell->batch).text);
  }
  document_cell(table,
                kept.count == 0        ? lang_text(c->lang, LANG_NONE)
                : kept.count == usable ? lang_text(c->lang, LANG_ALL)
                                       : chapters_list_text(c, &kept),
                mark);
  chapters_list_free(&kept);
}

struct optima_shape { // which columns the table has beyond the standing ones
  bool steady, highest, ttft, tpot, latency, capacity, limits;
  bool interval; // of steady throughput, else of the highest
};

static void rate_cells(struct document_node *table, double rate, struct estimate interval, bool shown,
                       enum document_mark mark) {
  document_cell(table, isfinite(rate) ? number_six(rate).text : NUMBER_UNKNOWN, mark);
  if (shown)
    document_cell(table, isfinite(rate) ? number_interval(interval.lo, interval.hi, 4).text : "", mark);
}

// Latency beside throughput: what a level costs is read in the same row.
static void time_cells(struct chapters *c, struct document_node *table, const struct cell *cell,
                       struct optima_shape shape, enum document_mark mark) {
  if (shape.ttft) {
    struct number_text text =
        cell ? chapters_durations(c, cell->ttft_s.p50.estimate, cell->ttft_s.p95.estimate)
             : (struct number_text){.text = NUMBER_UNKNOWN};
    document_cell(table, text.text, mark);
  }
  if (shape.tpot)
    document_cell(table, chapters_duration(c, cell ? cell->tpot_s.p50.estimate : NAN).text, mark);
  if (shape.latency)
    document_cell(table, chapters_duration(c, cell ? cell->latency_s.p50.estimate : NAN).text, mark);
}

static void shape_times(const struct results *results, struct optima_shape *shape) {
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct cell *best = chapters_shown_level(results, &results->workers[i]);
    if (!best) continue;
    shape->ttft |= isfinite(best->ttft_s.p50.estimate);
    shape->tpot |= isfinite(best->tpot_s.p50.estimate);
    shape->latency |= isfinite(best->latency_s.p50.estimate);
  }
}

static void optima_row(struct chapters *c, struct document_node *table, const struct workers_row *row,
                       struct optima_shape shape) {
  const struct results *results = c->results;
  const struct cell *best = chapters_shown_level(results, row);
  enum document_mark mark = best ? chapters_shown_rank(results, best) : DOCUMENT_BAD;
  document_cell(table, number_count(row->workers).text, mark);
  if (shape.steady) {
    struct estimate steady = row->steady.throughput;
    rate_cells(table, steady.estimate > 0 ? steady.estimate : NAN, steady, shape.interval, mark);
  }
  document_cell(table, best ? number_count(best->batch).text : NUMBER_UNKNOWN, mark);
  struct estimate rate = best ? best->tokens_per_s : (struct estimate){NAN, NAN, NAN};
  if (shape.highest) rate_cells(table, rate.estimate, rate, shape.interval && !shape.steady, mark);
  time_cells(c, table, best, shape, mark);
  if (shape.capacity) {
    struct estimate known = row->capacity;
    document_cell(table,
                  isfinite(known.estimate) ? number_with_interval(known.estimate, known.lo, known.hi, 4).text
                                           : "",
                  mark);
  }
  if (shape.limits) kept_cell(c, table, row, mark);
  struct chapters_list marks = {0};
  level_marks(c, row, best, shape.highest, &marks);
  document_cell(table, chapters_list_text(c, &marks), mark);
  chapters_list_free(&marks);
  document_row_end(table);
}

void chapters_optima_table(struct chapters *c, struct document_node *parent, bool brief) {
  const struct results *results = c->results;
  if (results->workers_count == 0) return;
  bool steady = results->recommendation.steady;
  struct optima_shape shape = {.steady = steady,
                               .highest = !brief || !steady,
                               .interval = any_best_interval(results),
                               .capacity = !brief && any_capacity(results),
                               .limits = chapters_limits_judged(results)};
  shape_times(results, &shape);
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_WORKERS, DOCUMENT_RIGHT);
  if (shape.steady) {
    chapters_column(c, table, LANG_COLUMN_STEADY, DOCUMENT_DECIMAL);
    if (shape.interval) chapters_column(c, table, LANG_COLUMN_INTERVAL, DOCUMENT_RIGHT);
  }
  chapters_column(c, table, LANG_COLUMN_BEST_BATCH, DOCUMENT_RIGHT);
  if (shape.highest) {
    chapters_column(c, table, LANG_COLUMN_MAX, DOCUMENT_DECIMAL);
    if (shape.interval && !shape.steady) chapters_column(c, table, LANG_COLUMN_INTERVAL, DOCUMENT_RIGHT);
  }
  if (shape.ttft) chapters_column(c, table, LANG_COLUMN_TTFT, DOCUMENT_RIGHT);
  if (shape.tpot) chapters_column(c, table, LANG_COLUMN_TPOT, DOCUMENT_RIGHT);
  if (shape.latency) chapters_column(c, table, LANG_COLUMN_LATENCY, DOCUMENT_RIGHT);
  if (shape.capacity) chapters_column(c, table, LANG_COLUMN_CAPACITY, DOCUMENT_RIGHT);
  if (shape.limits) chapters_column(c, table, LANG_COLUMN_KEPT, DOCUMENT_LEFT);
  chapters_column(c, table, LANG_COLUMN_MARKS, DOCUMENT_LEFT);
  struct chapters_shown shown =
      chapters_shown_levels(c, parent, brief ? CHAPTERS_BRIEF_ROWS : CHAPTERS_LEVELS_MAX, false);
  for (size_t i = 0; i < shown.count; i++) {
    if (shown.is[i]) optima_row(c, table, &results->workers[i], shape);
  }
  if (brief) {
    chapters_rows_left(c, parent, results->workers_count);
  } else {
    chapters_shown_say(c, parent, LANG_SHOWN_LEVELS, shown.shown, shown.count);
  }
  chapters_shown_free(&shown);
}

static void optima(struct chapters *c, struct document_node *parent) {
  if (c->results->workers_count == 0) return;
  struct document_node *section = chapters_section(c, parent, LANG_OPTIMA, LANG_ALONE);
  chapters_optima_table(c, section, false);
  if (any_capacity(c->results)) chapters_paragraph(c, section, LANG_CAPACITY_MEANS, LANG_ALONE);
}

static void set_table(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  if (results->best.set_count < 2 || results->recommendation.steady) return;
  chapters_paragraph(c, parent, LANG_SET_MEANS, LANG_WITH(chapters_confidence(results).text));
  struct document_node *table = document_table(parent, "");
  chapters_column(c, table, LANG_COLUMN_WORKERS, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_BATCH, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_RATE, DOCUMENT_DECIMAL);
  chapters_column(c, table, LANG_COLUMN_INTERVAL, DOCUMENT_RIGHT);
  chapters_column(c, table, LANG_COLUMN_MARKS, DOCUMENT_LEFT);
  for (size_t i = 0; i < results->best.set_count; i++) {
    size_t index = results->best.set[i];
    if (i >= CHAPTERS_ROWS_MAX && index != results->best.recommended) continue;
    const struct cell *cell = &results->cells[index];
    enum document_mark mark = index == results->best.cell ? DOCUMENT_BEST : DOCUMENT_EQUAL;
    document_cell(table, number_count(cell->workers).text, mark);
    document_cell(table, number_count(cell->batch).text, mark);
    document_cell(table, number_six(cell->tokens_per_s.estimate).text, mark);
    document_cell(table, number_interval(cell->tokens_per_s.lo, cell->tokens_per_s.hi, 4).text, mark);
    struct chapters_list marks = {0};
    if (index == results->best.cell) chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_LARGEST));
    if (results->recommendation.state == RECOMMENDATION_SHOWN && index == results->recommendation.cell)
      chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_RECOMMENDED));
    if (cell->flags & CELL_PARTIAL_WAVE)
      chapters_list_add(&marks, lang_text(c->lang, LANG_MARK_PARTIAL_WAVE));
    document_cell(table, chapters_list_text(c, &marks), mark);
    chapters_list_free(&marks);
    document_row_end(table);
  }
  chapters_shown_say(c, parent, LANG_SHOWN_SET, CHAPTERS_ROWS_MAX, results->best.set_count);
}

static void compare_with_highest(struct chapters *c, struct document_node *section) {
  const struct results *results = c->results;
  const struct recommendation *chosen = &results->recommendation;
  bool open = chosen->state == RECOMMENDATION_UNDECIDED || chosen->limits == RECOMMENDATION_MISSED;
  if (chosen->steady && chosen->state != RECOMMENDATION_SHOWN)
    chapters_paragraph(c, section, LANG_BEST_STEADY_OPEN, LANG_ALONE);
  else if (open)
    chapters_paragraph(c, section, LANG_BEST_UNDECIDED, LANG_ALONE);
  if (chosen->state != RECOMMENDATION_SHOWN || chosen->cell == results->best.cell) return;
  const struct cell *highest = &results->cells[results->best.cell];
  struct number_text name = chapters_cell_name(highest);
  struct number_text rate = number_throughput(highest->tokens_per_s.estimate, highest->tokens_per_s.hi);
  struct buf limits = {0};
  if (chosen->limits == RECOMMENDATION_KEPT) chapters_limits_all(c, &limits);
  enum lang_id id = limits.len > 0   ? LANG_BEST_LIMITS
                    : chosen->steady ? LANG_BEST_STEADY
                                     : LANG_BEST_NOT_RECOMMENDED;
  chapters_paragraph(
      c, section, id,
      LANG_WITH(name.text, rate.text, buf_text(&limits), number_percent(chosen->below_best_at_most).text));
  buf_free(&limits);
}

// What is recommended; else the highest measured.
static void best(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  const struct recommendation *chosen = &results->recommendation;
  if (results->cell_count == 0) return;
  struct document_node *section = chapters_section(c, parent, LANG_BEST, LANG_ALONE);
  if (!results->best.exists) {
    chapters_paragraph(c, section, LANG_BEST_NONE, LANG_ALONE);
    return;
  }
  bool is_shown = chosen->state == RECOMMENDATION_SHOWN;
  const struct cell *cell = &results->cells[is_shown ? chosen->cell : results->best.cell];
  struct estimate rate = is_shown ? chosen->throughput : cell->tokens_per_s;
  struct document_node *list = document_list(section, false);
  bool is_highest = cell == &results->cells[results->best.cell];
  bool edge =
      results->best.workers_edge && cell->workers == results->cells[results->best.recommended].workers;
  chapters_item(c, list, edge ? LANG_BEST_WORKERS_EDGE : LANG_BEST_WORKERS,
                LANG_WITH(number_count(cell->workers).text));
  chapters_item(c, list, results->best.batch_edge && is_highest ? LANG_BEST_BATCH_EDGE : LANG_BEST_BATCH,
                LANG_WITH(number_count(cell->batch).text));
  chapters_item(c, list, is_shown && chosen->steady ? LANG_BEST_RATE_STEADY : LANG_BEST_RATE,
                LANG_WITH(number_throughput(rate.estimate, rate.hi).text, chapters_interval(rate, 4).text));
  compare_with_highest(c, section);
  set_table(c, section);
}

void chapters_summary(struct chapters *c, struct document_node *root) {
  const struct results *results = c->results;
  if (results->cell_count == 0 && results->load_count == 0 && !results->curve.exists &&
      results->warning_count == 0) {
    chapters_paragraph(c, root, LANG_NOTHING, LANG_ALONE);
    return;
  }
  struct document_node *section = chapters_section(c, root, LANG_SUMMARY, LANG_ALONE);
  first_screen(c, section);
  // The first table has what the answer rests on, and latency beside it.
  if (!results->recommendation.steady) chapters_matrix(c, section);
  optima(c, section);
  if (results->recommendation.steady) chapters_matrix(c, section);
  best(c, section);
  chapters_dependencies(c, section);
  document_rule(root);
}
