// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/sections.h"

#include <math.h>
#include <stdio.h>

#define CLIENT_BUSY_CPU 0.5 // share of a core below which it is not the client's own work that made it late

// Batches that are measured once, cold, failed ...: a warning's count when it carries none.
static int64_t flagged(const struct results *results, unsigned flag) {
  int64_t count = 0;
  for (size_t i = 0; i < results->cell_count; i++)
    count += (results->cells[i].flags & flag) != 0;
  return count;
}

static int64_t count_of(const struct results *results, const struct warning *warning) {
  static const unsigned flags[WARNING_CODE_COUNT] = {[WARNING_COLD_START] = CELL_COLD,
                                                     [WARNING_FAILED_CELLS] = CELL_FAILED,
                                                     [WARNING_ALL_FAILED] = CELL_FAILED,
                                                     [WARNING_UNREPLICATED] = CELL_UNREPLICATED,
                                                     [WARNING_PARTIAL_WAVES] = CELL_PARTIAL_WAVE};
  if (warning->count >= 0) return warning->count;
  return flags[warning->code] ? flagged(results, flags[warning->code]) : -1;
}

static const enum lang_id sentences[WARNING_CODE_COUNT] = {
    [WARNING_COLD_START] = LANG_WARNING_COLD_START,
    [WARNING_FAILED_LEVEL] = LANG_WARNING_FAILED_LEVEL,
    [WARNING_HOLE] = LANG_WARNING_HOLE,
    [WARNING_REPLACED] = LANG_WARNING_REPLACED,
    [WARNING_FAILED_CELLS] = LANG_WARNING_FAILED_CELLS,
    [WARNING_ALL_FAILED] = LANG_WARNING_ALL_FAILED,
    [WARNING_UNREPLICATED] = LANG_WARNING_UNREPLICATED,
    [WARNING_NO_SPREAD] = LANG_WARNING_NO_SPREAD,
    [WARNING_ONE_SESSION] = LANG_WARNING_ONE_SESSION,
    [WARNING_EDGE_BATCH] = LANG_WARNING_EDGE_BATCH,
    [WARNING_EDGE_WORKERS] = LANG_WARNING_EDGE_WORKERS,
    [WARNING_PARTIAL_WAVES] = LANG_WARNING_PARTIAL_WAVES,
    [WARNING_CLIFF] = LANG_WARNING_CLIFF,
    [WARNING_CLIFF_POSSIBLE] = LANG_WARNING_CLIFF_POSSIBLE,
    [WARNING_TOKENS_DIFFER] = LANG_WARNING_TOKENS_DIFFER,
    [WARNING_LACK_OF_FIT] = LANG_WARNING_LACK_OF_FIT,
    [WARNING_FIT_RANGE] = LANG_WARNING_FIT_RANGE,
    [WARNING_TWO_MODES] = LANG_WARNING_TWO_MODES,
    [WARNING_DRIFT] = LANG_WARNING_DRIFT,
    [WARNING_CACHED_TOKENS] = LANG_WARNING_CACHED_TOKENS,
    [WARNING_CACHED_UNEVEN] = LANG_WARNING_CACHED_UNEVEN,
    [WARNING_DAMAGED_INPUT] = LANG_WARNING_DAMAGED_INPUT,
    [WARNING_PARTS_DIFFER] = LANG_WARNING_PARTS_DIFFER,
    [WARNING_PARTS_APART] = LANG_WARNING_PARTS_APART,
    [WARNING_NO_END] = LANG_WARNING_NO_END,
    [WARNING_PLOTS] = LANG_WARNING_PLOTS,
    [WARNING_OUTLIER] = LANG_WARNING_OUTLIER,
    [WARNING_FEW_LEVELS] = LANG_WARNING_FEW_LEVELS,
    [WARNING_UNLIKE_INPUTS] = LANG_WARNING_UNLIKE_INPUTS,
    [WARNING_UNLIKE_BASELINE] = LANG_WARNING_UNLIKE_BASELINE,
    [WARNING_NEWER_VERSION] = LANG_WARNING_NEWER_VERSION,
    [WARNING_BURST] = LANG_WARNING_BURST,
    [WARNING_GRID_ORDER] = LANG_WARNING_GRID_ORDER,
    [WARNING_LITTLES_LAW] = LANG_WARNING_LITTLES_LAW,
};

enum failed_kind { FAILED_WHOLLY, FAILED_PARTLY, FAILED_HOLE, FAILED_HOLE_AGAIN };

static enum failed_kind failed_kind_of(const struct results *results, const struct warning *warning) {
  const struct workers_row *row = NULL;
  for (size_t i = 0; i < results->workers_count && !row; i++) {
    if (results->workers[i].workers == warning->workers) row = &results->workers[i];
  }
  if (warning->code == WARNING_HOLE)
    return row && chapters_hole_again(results, row) ? FAILED_HOLE_AGAIN : FAILED_HOLE;
  return row && chapters_level_failed(results, row) ? FAILED_WHOLLY : FAILED_PARTLY;
}

static bool is_failed_level(enum warning_code code) {
  return code == WARNING_FAILED_LEVEL || code == WARNING_HOLE;
}

// The levels of one kind go into one sentence.
static void failed_levels_alike(struct chapters *c, struct document_node *parent,
                                const struct warning *warnings, size_t count, enum failed_kind kind,
                                enum lang_id id) {
  struct chapters_list levels = {0};
  for (size_t i = 0; i < count; i++) {
    const struct warning *warning = &warnings[i];
    if (!is_failed_level(warning->code) || failed_kind_of(c->results, warning) != kind) continue;
    struct buf level = {0};
    buf_append_text(&level, number_count(warning->workers).text);
    if (warning->words) buf_printf(&level, " (%s)", warning->words);
    chapters_list_add(&levels, buf_text(&level));
    buf_free(&level);
  }
  if (levels.count > 0) {
    chapters_callout(c, parent, DOCUMENT_WARNING, id, LANG_WITH(chapters_list_text(c, &levels)));
  }
  chapters_list_free(&levels);
}

static void failed_levels(struct chapters *c, struct document_node *parent, const struct warning *warnings,
                          size_t count) {
  static const enum lang_id ids[] = {[FAILED_WHOLLY] = LANG_WARNING_FAILED_LEVEL,
                                     [FAILED_PARTLY] = LANG_WARNING_UNUSABLE_LEVEL,
                                     [FAILED_HOLE] = LANG_WARNING_HOLE,
                                     [FAILED_HOLE_AGAIN] = LANG_WARNING_HOLE_AGAIN};
  for (enum failed_kind kind = FAILED_WHOLLY; kind <= FAILED_HOLE_AGAIN; kind++)
    failed_levels_alike(c, parent, warnings, count, kind, ids[kind]);
}

// The ratio is the warning's own, or that of its cliff.
static void cliff(struct chapters *c, struct document_node *parent, const struct warning *warning) {
  struct estimate ratio = {warning->value, warning->lo, warning->hi};
  int64_t from = warning->workers, to = warning->count;
  for (size_t i = 0; i < c->results->cliff_count; i++) {
    const struct cliff *known = &c->results->cliffs[i];
    if ((from >= 0 && known->from != from) || (to >= 0 && known->to != to)) continue;
    from = known->from;
    to = known->to;
    if (!isfinite(ratio.estimate)) ratio = known->ratio;
    break;
  }
  if (!isfinite(ratio.estimate)) {
    chapters_callout(c, parent, DOCUMENT_WARNING, LANG_WARNING_CLIFF_BARE,
                     LANG_WITH(number_count(from).text, number_count(to).text));
    return;
  }
  chapters_callout(c, parent, DOCUMENT_WARNING,
                   warning->code == WARNING_CLIFF ? LANG_WARNING_CLIFF : LANG_WARNING_CLIFF_POSSIBLE,
                   LANG_WITH(number_count(from).text, number_count(to).text,
                             number_with_interval(ratio.estimate, ratio.lo, ratio.hi, 3).text, ""));
}

// Of the first batch where there are several.
static void reason_of(struct chapters *c, const struct run_reason *reason, bool first, struct buf *out) {
  struct number_text seen = number_significant(1e3 * reason->seen, 3);
  struct number_text allowed = number_significant(1e3 * reason->allowed, 3);
  buf_append_text(out, " (");
  if (first) buf_append_text(out, lang_text(c->lang, LANG_REASON_FIRST));
  switch (reason->kind) {
  case RUN_REASON_LAG: chapters_format(c, out, LANG_REASON_LAG, LANG_WITH(seen.text, allowed.text)); break;
  case RUN_REASON_STALL:
    chapters_format(c, out, LANG_REASON_STALL, LANG_WITH(seen.text, allowed.text));
    break;
  case RUN_REASON_CPU:
    chapters_format(c, out, LANG_REASON_CPU,
                    LANG_WITH(number_fixed(reason->seen, 2).text, number_fixed(reason->allowed, 2).text));
    break;
  default: buf_append(out, reason->text.data, reason->text.len); break;
  }
  buf_append_char(out, ')');
}

// A client that hardly used its core was not too slow: it was kept from running.
static void client(struct chapters *c, struct document_node *parent, const struct warning *warning) {
  struct buf reason = {0}, failed = {0};
  bool starved = isfinite(warning->value) && warning->value < CLIENT_BUSY_CPU;
  if (warning->reason.kind) reason_of(c, &warning->reason, warning->count > 1, &reason);
  if (isfinite(warning->lo) && warning->lo > 0)
    chapters_format(c, &failed, LANG_WARNING_INVALID_FAILED, LANG_WITH(number_fixed(warning->lo, 0).text));
  chapters_callout(c, parent, DOCUMENT_WARNING,
                   starved ? LANG_WARNING_STARVED_CLIENT : LANG_WARNING_INVALID_CLIENT,
                   LANG_WITH(number_count(warning->count).text, buf_text(&reason), buf_text(&failed),
                             number_percent(warning->value).text));
  buf_free(&reason);
  buf_free(&failed);
}

static bool failed_levels_said(const struct results *results, size_t index) {
  for (size_t i = 0; i < index; i++) {
    if (is_failed_level(results->warnings[i].code)) return true;
  }
  return false;
}

// Repetitions that are equal to the last digit give no spread either.
static bool all_repeated(const struct results *results) {
  for (size_t i = 0; i < results->cell_count; i++) {
    if (chapters_cell_usable(&results->cells[i]) && results->cells[i].reps < 2) return false;
  }
  return true;
}

// Each level had one life of the server, so that its repetitions are one.
static bool one_life_a_level(const struct results *results) {
  bool managed = false;
  for (size_t i = 0; i < results->fact_count; i++)
    managed = managed || results->facts[i].managed;
  for (size_t i = 0; i < results->cell_count; i++) {
    if (chapters_cell_usable(&results->cells[i]) && results->cells[i].sessions > 1) return false;
  }
  return managed;
}

// Some numbers may be unknown; then there is a sentence that does without them.
static enum lang_id sentence_of(const struct results *results, const struct warning *warning) {
  if (warning->code == WARNING_NO_SPREAD && all_repeated(results))
    return one_life_a_level(results) ? LANG_WARNING_NO_SPREAD_LEVEL : LANG_WARNING_NO_SPREAD_EQUAL;
  if (warning->code == WARNING_CACHED_TOKENS && !isfinite(warning->value)) return LANG_WARNING_CACHED_COUNT;
  if (warning->code == WARNING_OUTLIER && warning->batch < 0) return LANG_WARNING_OUTLIER_BARE;
  return sentences[warning->code];
}

// With a minus that is as wide as a digit.
static struct number_text signed_percent(double fraction) {
  struct number_text out, bare = number_percent(fabs(fraction));
  snprintf(out.text, sizeof out.text, "%s%.56s", fraction < 0 ? "\u2212" : "", bare.text);
  return out;
}

// What became of the requests of failed cells; nothing where no class is known.
static void failure_classes(struct chapters *c, struct buf *out) {
  struct chapters_list list = {0};
  for (size_t e = FAILURE_NONE + 1; e < FAILURE_COUNT; e++) {
    int64_t count = 0;
    for (size_t i = 0; i < c->results->cell_count; i++) {
      const struct cell *cell = &c->results->cells[i];
      if (cell->flags & CELL_FAILED && cell->errors[e] > 0) count += cell->errors[e];
    }
    struct buf text = {0};
    buf_printf(&text, "%s %s", failure_name((enum failure)e), number_count(count).text);
    if (count > 0) chapters_list_add(&list, buf_text(&text));
    buf_free(&text);
  }
  if (list.count > 0) chapters_format(c, out, LANG_WARNING_CLASSES, LANG_WITH(chapters_list_text(c, &list)));
  chapters_list_free(&list);
}

static void sentence(struct chapters *c, struct document_node *parent, const struct warning *warning) {
  bool percent = warning->code == WARNING_DRIFT || warning->code == WARNING_CACHED_TOKENS ||
                 warning->code == WARNING_CACHED_UNEVEN;
  bool share = percent || warning->code == WARNING_OUTLIER;
  struct number_text value = share ? signed_percent(warning->value) : number_significant(warning->value, 3);
  if (warning->code == WARNING_OUTLIER && isfinite(warning->value))
    snprintf(value.text, sizeof value.text, "%s%s", warning->value < 0 ? "\u2212" : "+",
             number_percent(fabs(warning->value)).text);
  if (warning->code == WARNING_LACK_OF_FIT) value = chapters_p(warning->value);
  struct number_text lo = percent ? signed_percent(warning->lo) : number_significant(warning->lo, 3);
  struct number_text hi = percent ? signed_percent(warning->hi) : number_significant(warning->hi, 3);
  struct buf classes = {0};
  const char *words = warning->words ? warning->words : NUMBER_UNKNOWN;
  if (warning->code == WARNING_FAILED_CELLS || warning->code == WARNING_ALL_FAILED) {
    failure_classes(c, &classes);
    words = buf_text(&classes);
  }
  chapters_callout(c, parent, DOCUMENT_WARNING, sentence_of(c->results, warning),
                   LANG_WITH(number_count(warning->workers).text, number_count(warning->batch).text,
                             number_count(count_of(c->results, warning)).text, value.text, lo.text, hi.text,
                             words));
  buf_free(&classes);
}

// Where nothing at all is usable, one sentence is enough: what follows from it would only repeat it.
static bool follows_from_failure(const struct results *results, enum warning_code code) {
  if (code != WARNING_FAILED_LEVEL && code != WARNING_FAILED_CELLS && code != WARNING_PARTIAL_WAVES)
    return false;
  for (size_t i = 0; i < results->warning_count; i++) {
    if (results->warnings[i].code == WARNING_ALL_FAILED) return true;
  }
  return false;
}

// Of one kind the first are listed, and after the last of them their number.
static bool too_many(struct chapters *c, struct document_node *parent, size_t *counts,
                     enum warning_code code) {
  size_t all = 0;
  if (++counts[code] <= CHAPTERS_STEPS_MAX || is_failed_level(code)) return false;
  for (size_t i = 0; counts[code] == CHAPTERS_STEPS_MAX + 1 && i < c->results->warning_count; i++)
    all += c->results->warnings[i].code == code;
  if (all > 0)
    chapters_callout(c, parent, DOCUMENT_WARNING, LANG_SHOWN_WARNINGS,
                     LANG_WITH(number_count(CHAPTERS_STEPS_MAX).text, number_count((int64_t)all).text));
  return true;
}

void chapters_warning(struct chapters *c, struct document_node *parent, const struct warning *warning) {
  switch (warning->code) {
  case WARNING_FAILED_LEVEL:
  case WARNING_HOLE: failed_levels(c, parent, warning, 1); break;
  case WARNING_CLIFF:
  case WARNING_CLIFF_POSSIBLE: cliff(c, parent, warning); break;
  case WARNING_INVALID_CLIENT: client(c, parent, warning); break;
  default: sentence(c, parent, warning); break;
  }
}

void chapters_warnings(struct chapters *c, struct document_node *parent) {
  const struct results *results = c->results;
  size_t counts[WARNING_CODE_COUNT] = {0};
  for (size_t i = 0; i < results->warning_count; i++) {
    const struct warning *warning = &results->warnings[i];
    if (follows_from_failure(results, warning->code) || too_many(c, parent, counts, warning->code)) continue;
    if (is_failed_level(warning->code)) {
      if (!failed_levels_said(results, i))
        failed_levels(c, parent, results->warnings, results->warning_count);
      continue;
    }
    bool edge = warning->code == WARNING_EDGE_BATCH || warning->code == WARNING_EDGE_WORKERS;
    if (edge && results->best.exists) continue; // the recommendation names it with its numbers
    if (warning->code == WARNING_LACK_OF_FIT && results->curve.exists)
      continue; // as does the optimum's sentence
    chapters_warning(c, parent, warning);
  }
  document_mark(parent);
}
