// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>

// "Rises" and "falls" are said only of a tested ratio whose interval leaves 1 out, or of two cells whose
// intervals do not meet; everything else is "not established".
enum verdict { VERDICT_RISES, VERDICT_FALLS, VERDICT_OPEN, VERDICT_UNKNOWN };

struct step {
  const struct workers_row *from, *to;
  enum verdict verdict;
  struct estimate ratio; // NaN: not from a ratio
};

static bool find_ratio(const struct cliff *list, size_t count, const struct step *step,
                       struct estimate *ratio) {
  for (size_t i = 0; i < count; i++) {
    if (list[i].from != step->from->workers || list[i].to != step->to->workers) continue;
    if (!chapters_has_interval(list[i].ratio)) continue;
    *ratio = list[i].ratio;
    return true;
  }
  return false;
}

static bool is_cliff(const struct results *results, const struct step *step) {
  for (size_t i = 0; i < results->cliff_count; i++) {
    if (results->cliffs[i].from == step->from->workers && results->cliffs[i].to == step->to->workers)
      return true;
  }
  return false;
}

// What a level is compared by, as in the recommendation.
static struct estimate rate_of(const struct results *results, const struct workers_row *row) {
  if (results->recommendation.steady) return row->steady.throughput;
  const struct cell *best = chapters_level_best(results, row);
  return best ? best->tokens_per_s : (struct estimate){NAN, NAN, NAN};
}

static enum verdict verdict_of(struct estimate from, struct estimate to) {
  if (!chapters_has_interval(from) || !chapters_has_interval(to)) return VERDICT_UNKNOWN;
  return to.lo > from.hi ? VERDICT_RISES : to.hi < from.lo ? VERDICT_FALLS : VERDICT_OPEN;
}

// The paired ratio where it decides; else the best cells of both levels, which may lie on batches that only
// one of them has. Steady throughputs are compared as they are: only a cliff is found by batches.
static void decide_step(const struct results *results, struct step *step) {
  step->ratio = (struct estimate){NAN, NAN, NAN};
  enum verdict levels = verdict_of(rate_of(results, step->from), rate_of(results, step->to));
  if (results->recommendation.steady && !is_cliff(results, step)) {
    step->verdict = levels;
    return;
  }
  bool paired = find_ratio(results->steps, results->step_count, step, &step->ratio) ||
                find_ratio(results->cliffs, results->cliff_count, step, &step->ratio);
  step->verdict = !paired              ? VERDICT_UNKNOWN
                  : step->ratio.lo > 1 ? VERDICT_RISES
                  : step->ratio.hi < 1 ? VERDICT_FALLS
                                       : VERDICT_OPEN;
  if (step->verdict == VERDICT_RISES || step->verdict == VERDICT_FALLS) return;
  if (levels == VERDICT_UNKNOWN || (paired && levels == VERDICT_OPEN)) return;
  step->verdict = levels;
  step->ratio = (struct estimate){NAN, NAN, NAN}; // it is not what decided
}

static void say_step(struct chapters *c, struct document_node *list, const struct step *step) {
  static const enum lang_id with_ratio[] = {[VERDICT_RISES] = LANG_STEP_RISES_RATIO,
                                            [VERDICT_FALLS] = LANG_STEP_FALLS_RATIO,
                                            [VERDICT_OPEN] = LANG_STEP_OPEN_RATIO,
                                            [VERDICT_UNKNOWN] = LANG_STEP_UNKNOWN};
  static const enum lang_id bare[] = {[VERDICT_RISES] = LANG_STEP_RISES,
                                      [VERDICT_FALLS] = LANG_STEP_FALLS,
                                      [VERDICT_OPEN] = LANG_STEP_OPEN,
                                      [VERDICT_UNKNOWN] = LANG_STEP_UNKNOWN};
  bool ratio = isfinite(step->ratio.estimate);
  struct estimate from = rate_of(c->results, step->from), to = rate_of(c->results, step->to);
  struct number_text before = number_throughput(from.estimate, from.hi),
                     after = number_throughput(to.estimate, to.hi);
  chapters_item(c, list, (ratio ? with_ratio : bare)[step->verdict],
                LANG_WITH(number_count(step->from->workers).text, number_count(step->to->workers).text,
                          number_with_interval(step->ratio.estimate, step->ratio.lo, step->ratio.hi, 3).text,
                          "", before.text, after.text));
}

// Sentences of one kind, of which the first are said and all are counted.
struct said {
  struct chapters *c;
  struct document_node *list;
  size_t count;
};

static bool may_say(struct said *said) {
  return said->count++ < CHAPTERS_STEPS_MAX;
}

static void say_how_many(struct said *said) {
  if (said->count > CHAPTERS_STEPS_MAX)
    chapters_item(said->c, said->list, LANG_SHOWN_STEPS,
                  LANG_WITH(number_count(CHAPTERS_STEPS_MAX).text, number_count((int64_t)said->count).text));
}

// Neighbouring steps with one verdict become one sentence.
static void say_run(struct said *said, const struct step *first, const struct step *last) {
  static const enum lang_id ids[] = {[VERDICT_RISES] = LANG_RUN_RISES,
                                     [VERDICT_FALLS] = LANG_RUN_FALLS,
                                     [VERDICT_OPEN] = LANG_RUN_OPEN,
                                     [VERDICT_UNKNOWN] = LANG_RUN_UNKNOWN};
  if (!may_say(said)) return;
  if (first->from == last->from) {
    say_step(said->c, said->list, first);
    return;
  }
  chapters_item(said->c, said->list, ids[first->verdict],
                LANG_WITH(number_count(first->from->workers).text, number_count(last->to->workers).text));
}

static void say_gap(struct chapters *c, struct document_node *list, int64_t from, int64_t to) {
  if (to - from > 1)
    chapters_item(c, list, LANG_STEP_NOT_TESTED, LANG_WITH(number_count(from).text, number_count(to).text));
}

// Walks the levels in order; a failed one ends the run of comparable steps.
static void workers_effect(struct chapters *c, struct document_node *list) {
  const struct results *results = c->results;
  struct said said = {.c = c, .list = list};
  struct step run[2]; // first and last of the run
  bool open = false;
  const struct workers_row *before = NULL;
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    if (row->usable && before) {
      struct step step = {.from = before, .to = row};
      decide_step(results, &step);
      bool alone = is_cliff(results, &step);
      if (open && (alone || run[0].verdict != step.verdict)) {
        say_run(&said, &run[0], &run[1]);
        open = false;
      }
      if (alone && may_say(&said)) {
        say_step(c, list, &step);
        say_gap(c, list, before->workers, row->workers);
      } else if (!alone) {
        if (!open) run[0] = step;
        run[1] = step;
        open = true;
      }
    }
    if (row->usable) before = row;
  }
  if (open) say_run(&said, &run[0], &run[1]);
  say_how_many(&said);
}

static void failed_levels(struct chapters *c, struct document_node *list) {
  const struct results *results = c->results;
  struct said said = {.c = c, .list = list};
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    if (row->usable || !may_say(&said)) continue;
    chapters_item(c, list, chapters_level_failed(results, row) ? LANG_STEP_FAILED : LANG_STEP_UNUSABLE,
                  LANG_WITH(number_count(row->workers).text));
    if (i > 0 && row[-1].usable && !row->hole) say_gap(c, list, row[-1].workers, row->workers);
  }
  say_how_many(&said);
}

static void highest_level(struct chapters *c, struct document_node *list) {
  const struct results *results = c->results;
  const struct recommendation *chosen = &results->recommendation;
  const struct workers_row *highest = NULL;
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    if (row->usable && (!highest || row->steady.throughput.estimate > highest->steady.throughput.estimate))
      highest = row;
  }
  if (!highest) return;
  bool best = chosen->state == RECOMMENDATION_SHOWN && !(chosen->below_best_at_most > 0) &&
              results->cells[chosen->cell].workers == highest->workers;
  chapters_item(c, list, best ? LANG_LEVEL_BEST : LANG_LEVEL_LARGEST_STEADY,
                LANG_WITH(number_count(highest->workers).text));
}

static void largest_level(struct chapters *c, struct document_node *list) {
  const struct best *best = &c->results->best;
  if (!best->exists) return;
  if (c->results->recommendation.steady) {
    highest_level(c, list);
    return;
  }
  struct chapters_list levels = {0};
  int64_t last = -1;
  for (size_t w = 0; w < c->results->workers_count; w++) {
    int64_t workers = c->results->workers[w].workers;
    for (size_t i = 0; i < best->set_count; i++) {
      if (c->results->cells[best->set[i]].workers == workers && workers != last) {
        chapters_list_add(&levels, number_count(workers).text);
        last = workers;
      }
    }
  }
  struct number_text workers = number_count(c->results->cells[best->cell].workers);
  if (levels.count > 1) {
    chapters_item(c, list, LANG_LEVELS_EQUAL, LANG_WITH(workers.text, chapters_list_text(c, &levels)));
  } else {
    chapters_item(c, list, levels.count == 1 ? LANG_LEVEL_BEST : LANG_LEVEL_LARGEST, LANG_WITH(workers.text));
  }
  chapters_list_free(&levels);
}

enum fall { FALL_NONE, FALL_TESTED, FALL_TESTED_PARTIAL, FALL_MEASURED, FALL_WITHIN };

static enum fall fall_of(const struct cell *before, const struct cell *cell) {
  if (cell->tokens_per_s.estimate >= before->tokens_per_s.estimate) return FALL_NONE;
  if (!chapters_has_interval(cell->tokens_per_s) || !chapters_has_interval(before->tokens_per_s))
    return FALL_MEASURED;
  if (cell->tokens_per_s.hi >= before->tokens_per_s.lo) return FALL_WITHIN;
  return cell->flags & CELL_PARTIAL_WAVE ? FALL_TESTED_PARTIAL : FALL_TESTED;
}

static void name_fall(struct chapters *c, const struct cell *before, const struct cell *cell,
                      struct chapters_list *list) {
  struct buf text = {0};
  struct number_text change = number_percent(1 - cell->tokens_per_s.estimate / before->tokens_per_s.estimate);
  chapters_format(c, &text, cell->flags & CELL_PARTIAL_WAVE ? LANG_FALL_PARTIAL : LANG_FALL,
                  LANG_WITH(chapters_cell_name(cell).text, change.text));
  chapters_list_add(list, buf_text(&text));
  buf_free(&text);
}

static void falls(struct chapters *c, struct document_node *parent) {
  static const enum lang_id ids[] = {[FALL_TESTED] = LANG_FALLS_TESTED,
                                     [FALL_TESTED_PARTIAL] = LANG_FALLS_PARTIAL,
                                     [FALL_MEASURED] = LANG_FALLS_MEASURED,
                                     [FALL_WITHIN] = LANG_FALLS_WITHIN};
  const struct results *results = c->results;
  struct chapters_list lists[FALL_WITHIN + 1] = {{{0}, 0}};
  for (size_t w = 0; w < results->workers_count; w++) {
    const struct cell *before = NULL;
    for (size_t i = 0; i < results->workers[w].cell_count; i++) {
      const struct cell *cell = &results->cells[results->workers[w].first_cell + i];
      if (!chapters_cell_usable(cell)) continue;
      if (before) {
        enum fall fall = fall_of(before, cell);
        if (fall != FALL_NONE) name_fall(c, before, cell, &lists[fall]);
      }
      before = cell;
    }
  }
  for (int fall = FALL_TESTED; fall <= FALL_WITHIN; fall++) {
    if (lists[fall].count)
      chapters_item(c, parent, ids[fall], LANG_WITH(chapters_list_text(c, &lists[fall])));
    chapters_list_free(&lists[fall]);
  }
}

static void edges(struct chapters *c, struct document_node *list) {
  struct chapters_list edge = {0}, capacity = {0};
  for (size_t i = 0; i < c->results->workers_count; i++) {
    const struct workers_row *row = &c->results->workers[i];
    if (row->usable && row->best_is_edge) chapters_list_add(&edge, number_count(row->workers).text);
    if (!isfinite(row->capacity.estimate)) continue;
    struct buf text = {0};
    chapters_format(c, &text, LANG_LEVEL_CAPACITY,
                    LANG_WITH(number_count(row->workers).text,
                              number_significant(row->capacity.estimate, 4).text,
                              chapters_interval(row->capacity, 4).text));
    chapters_list_add(&capacity, buf_text(&text));
    buf_free(&text);
  }
  if (edge.count) chapters_item(c, list, LANG_LEVELS_EDGE, LANG_WITH(chapters_list_text(c, &edge)));
  if (capacity.count)
    chapters_item(c, list, LANG_LEVELS_CAPACITY, LANG_WITH(chapters_list_text(c, &capacity)));
  chapters_list_free(&edge);
  chapters_list_free(&capacity);
}

// The first that is established, else the first that is possible; NULL: none.
static const struct cliff *first_cliff(const struct results *results) {
  for (size_t i = 0; i < results->cliff_count; i++) {
    if (!results->cliffs[i].possible) return &results->cliffs[i];
  }
  return results->cliff_count > 0 ? &results->cliffs[0] : NULL;
}

static void measure_holes(struct chapters *c, void (*say)(struct chapters *, void *, const char *),
                          void *to) {
  struct chapters_list holes = {0};
  for (size_t i = 0; i < c->results->workers_count; i++) {
    const struct workers_row *row = &c->results->workers[i];
    if (row->hole && !chapters_hole_again(c->results, row))
      chapters_list_add(&holes, number_count(row->workers).text);
  }
  if (holes.count > 0)
    say(c, to, chapters_say(c, LANG_ADVICE_HOLES, LANG_WITH(chapters_list_text(c, &holes))));
  chapters_list_free(&holes);
}

// What to measure next, one sentence each; `edges` also the holes and what lies beyond
// the tested range.
static void measure_next(struct chapters *c, bool edges, void (*say)(struct chapters *, void *, const char *),
                         void *to) {
  const struct results *results = c->results;
  const struct best *best = &results->best;
  const struct cell *largest = &results->cells[best->cell];
  const struct cliff *cliff = first_cliff(results);
  if (edges) measure_holes(c, say, to);
  if (cliff) // above the first cliff nothing else matters
    say(c, to,
        chapters_say(c, cliff->possible ? LANG_ADVICE_CLIFF_POSSIBLE : LANG_ADVICE_CLIFF,
                     LANG_WITH(number_count(cliff->from).text, number_count(cliff->to).text)));
  if (edges && best->batch_edge)
    say(c, to, chapters_say(c, LANG_ADVICE_BATCH, LANG_WITH(number_count(largest->batch).text)));
  if (edges && best->workers_edge)
    say(c, to,
        chapters_say(c, LANG_ADVICE_WORKERS,
                     LANG_WITH(number_count(results->cells[best->recommended].workers).text)));
  bool single = true;
  for (size_t i = 0; i < results->cell_count; i++)
    single = single && (results->cells[i].flags & CELL_UNREPLICATED);
  if (single) say(c, to, chapters_say(c, LANG_ADVICE_REPEAT, LANG_ALONE));
}

static void as_item(struct chapters *c, void *list, const char *sentence) {
  (void)c;
  document_item(list, sentence);
}

static void advice(struct chapters *c, struct document_node *list) {
  const struct results *results = c->results;
  bool shown = results->recommendation.state == RECOMMENDATION_SHOWN;
  const struct cell *use = &results->cells[results->best.recommended];
  chapters_item(c, list, shown ? LANG_ADVICE_USE : LANG_ADVICE_CONFIRM,
                LANG_WITH(number_count(use->workers).text, number_count(use->batch).text));
  measure_next(c, true, as_item, list);
}

static void as_sentence(struct chapters *c, void *text, const char *sentence) {
  (void)c;
  buf_append_char(text, ' ');
  buf_append_text(text, sentence);
  buf_append_char(text, '.');
}

void chapters_next(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  if (!results->best.exists && results->next_count == 0) return;
  if (results->load_count > 0 && results->next_count > 0) return; // rates, which the loads name
  struct buf text = {0};
  struct chapters_list list = {0};
  buf_append_text(&text, chapters_say(c, LANG_NEXT, LANG_ALONE));
  size_t start = text.len;
  if (results->best.exists) // the next cells include those beyond the edge
    measure_next(c, results->next_count == 0, as_sentence, &text);
  for (size_t i = 0; i < results->next_count; i++) {
    struct cell cell = {.workers = results->next[i].workers, .batch = results->next[i].batch};
    chapters_list_add(&list, chapters_cell_name(&cell).text);
  }
  if (results->next_count > 0) {
    as_sentence(c, &text,
                chapters_say(c, results->next_is_hole ? LANG_NEXT_HOLES : LANG_NEXT_CELLS,
                             LANG_WITH(chapters_list_text(c, &list))));
  } else if (text.len == start && results->recommendation.state == RECOMMENDATION_SHOWN) {
    as_sentence(c, &text,
                chapters_say(c,
                             results->recommendation.limits                   ? LANG_NEXT_NOTHING_LIMITS
                             : results->recommendation.below_best_at_most > 0 ? LANG_NEXT_NOTHING
                                                                              : LANG_NEXT_NOTHING_BETTER,
                             LANG_WITH(number_percent(results->recommendation.below_best_at_most).text)));
  }
  if (text.len > start || text.status) document_paragraph(parent, buf_text(&text));
  chapters_list_free(&list);
  buf_free(&text);
}

static bool has_ladder(const struct results *results) {
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    size_t usable = 0;
    for (size_t k = 0; k < row->cell_count; k++)
      usable += chapters_cell_usable(&results->cells[row->first_cell + k]);
    if (usable > 1) return true;
  }
  return false;
}

void chapters_dependencies(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  if (results->workers_count == 0 || !chapters_any_usable(results)) return;
  struct document_node *section = chapters_section(c, parent, LANG_DEPENDENCIES, LANG_ALONE);
  struct document_node *list = document_list(section, true);
  struct document_node *item = chapters_item(c, list, LANG_EFFECT_WORKERS, LANG_ALONE);
  struct document_node *inner = document_list(item, false);
  workers_effect(c, inner);
  failed_levels(c, inner);
  largest_level(c, inner);
  item = chapters_item(c, list, LANG_EFFECT_BATCH, LANG_ALONE);
  inner = document_list(item, false);
  falls(c, inner);
  edges(c, inner);
  if (inner && !inner->first)
    chapters_item(c, inner, has_ladder(results) ? LANG_NO_FALLS : LANG_NO_LADDER, LANG_ALONE);
  if (!results->best.exists) return;
  item = chapters_item(c, list, LANG_ADVICE, LANG_ALONE);
  advice(c, document_list(item, false));
  chapters_paragraph(c, section, LANG_RULE_OF_WORDS, LANG_ALONE);
}
