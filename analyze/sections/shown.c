// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/shown.h"

#include <math.h>
#include <stdlib.h>

enum { RANK_NEVER = -1, RANK_REST, RANK_EQUAL, RANK_BORDER, RANK_BESIDE, RANK_BEST };

struct scored {
  struct chapters_score score;
  size_t index;
};

static int by_score(const void *a, const void *b) {
  const struct scored *one = a, *other = b;
  if (one->score.rank != other->score.rank) return other->score.rank - one->score.rank;
  if (one->score.value != other->score.value) return one->score.value < other->score.value ? 1 : -1;
  return (one->index > other->index) - (one->index < other->index);
}

static void *cleared(struct document_node *parent, size_t count, size_t size) {
  void *memory = calloc(count + 1, size);
  if (!memory && parent) parent->document->status = STATUS_MEMORY;
  return memory;
}

struct chapters_shown chapters_shown_of(struct document_node *parent, const struct chapters_score *scores,
                                        size_t count, size_t most) {
  struct chapters_shown out = {0};
  struct scored *order = cleared(parent, count, sizeof *order);
  if (order) out.is = cleared(parent, count, sizeof *out.is);
  if (out.is) {
    out.count = count;
    for (size_t i = 0; i < count; i++) {
      order[i] = (struct scored){scores[i], i};
      if (isnan(scores[i].value)) order[i].score.value = -INFINITY;
    }
    qsort(order, count, sizeof *order, by_score);
    for (; out.shown < count && out.shown < most && order[out.shown].score.rank >= 0; out.shown++)
      out.is[order[out.shown].index] = true;
  }
  free(order);
  return out;
}

// An index beyond the end is none.
static void raise(struct chapters_score *scores, size_t count, size_t index, int rank) {
  if (index < count && scores[index].rank < rank) scores[index].rank = rank;
}

static void raise_with_neighbours(struct chapters_score *scores, size_t count, size_t index) {
  if (index >= count) return;
  raise(scores, count, index, RANK_BEST);
  if (index > 0) raise(scores, count, index - 1, RANK_BESIDE);
  raise(scores, count, index + 1, RANK_BESIDE);
}

static size_t level_of(const struct results *results, int64_t workers) {
  size_t i = 0;
  while (i < results->workers_count && results->workers[i].workers != workers)
    i++;
  return i;
}

static void rank_levels(const struct results *results, struct chapters_score *scores) {
  const struct best *best = &results->best;
  size_t count = results->workers_count;
  for (size_t i = 0; i < count; i++)
    scores[i] = (struct chapters_score){RANK_REST, results->workers[i].max_tokens_per_s};
  for (size_t i = 0; best->exists && i < best->set_count; i++)
    raise(scores, count, level_of(results, results->cells[best->set[i]].workers), RANK_EQUAL);
  for (size_t i = 0; i < results->cliff_count; i++) {
    raise(scores, count, level_of(results, results->cliffs[i].from), RANK_BORDER);
    raise(scores, count, level_of(results, results->cliffs[i].to), RANK_BORDER);
  }
  raise(scores, count, 0, RANK_BORDER);
  if (count > 0) raise(scores, count, count - 1, RANK_BORDER);
  if (!best->exists) return;
  raise_with_neighbours(scores, count, level_of(results, results->cells[best->cell].workers));
  raise_with_neighbours(scores, count, level_of(results, results->cells[best->recommended].workers));
}

struct chapters_shown chapters_shown_levels(struct chapters *c, struct document_node *parent, size_t most,
                                            bool usable) {
  const struct results *results = c->results;
  struct chapters_score *scores = cleared(parent, results->workers_count, sizeof *scores);
  if (!scores) return (struct chapters_shown){0};
  rank_levels(results, scores);
  for (size_t i = 0; usable && i < results->workers_count; i++) {
    if (!results->workers[i].usable) scores[i].rank = RANK_NEVER;
  }
  struct chapters_shown shown = chapters_shown_of(parent, scores, results->workers_count, most);
  free(scores);
  return shown;
}

struct chapters_shown chapters_shown_cells(struct chapters *c, struct document_node *parent,
                                           const struct workers_row *row) {
  const struct results *results = c->results;
  const struct best *best = &results->best;
  size_t count = row->cell_count;
  struct chapters_score *scores = cleared(parent, count, sizeof *scores);
  if (!scores) return (struct chapters_shown){0};
  const struct cell *cells = &results->cells[row->first_cell], *own = chapters_level_best(results, row);
  for (size_t i = 0; i < count; i++)
    scores[i] = (struct chapters_score){cells[i].in_best_set ? RANK_EQUAL : RANK_REST,
                                        cells[i].tokens_per_s.estimate};
  raise(scores, count, 0, RANK_BORDER);
  if (count > 0) raise(scores, count, count - 1, RANK_BORDER);
  if (own) raise_with_neighbours(scores, count, (size_t)(own - cells));
  if (best->exists && best->cell >= row->first_cell)
    raise_with_neighbours(scores, count, best->cell - row->first_cell);
  if (best->exists && best->recommended >= row->first_cell)
    raise_with_neighbours(scores, count, best->recommended - row->first_cell);
  struct chapters_shown shown = chapters_shown_of(parent, scores, count, CHAPTERS_BATCHES_MAX);
  free(scores);
  return shown;
}

const struct cell *chapters_shown_level(const struct results *results, const struct workers_row *row) {
  size_t index = results_level_cell(results, row);
  return index == SIZE_MAX ? NULL : &results->cells[index];
}

enum document_mark chapters_shown_rank(const struct results *results, const struct cell *cell) {
  const struct recommendation *chosen = &results->recommendation;
  size_t best = results->best.cell;
  if (chosen->steady) best = chosen->state == RECOMMENDATION_SHOWN ? chosen->cell : SIZE_MAX;
  if (results->best.exists && best < results->cell_count && cell == &results->cells[best])
    return DOCUMENT_BEST;
  return cell->in_best_set && !chosen->steady ? DOCUMENT_EQUAL : DOCUMENT_PLAIN;
}

size_t chapters_shown_spread(size_t k, size_t shown, size_t count) {
  return shown > 1 ? k * (count - 1) / (shown - 1) : 0;
}

void chapters_shown_free(struct chapters_shown *shown) {
  free(shown->is);
  *shown = (struct chapters_shown){0};
}

void chapters_shown_say(struct chapters *c, struct document_node *parent, enum lang_id id, size_t shown,
                        size_t count) {
  if (shown >= count) return;
  chapters_paragraph(c, parent, id,
                     LANG_WITH(number_count((int64_t)shown).text, number_count((int64_t)count).text));
}
