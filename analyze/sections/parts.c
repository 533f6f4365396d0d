// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/sections/parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { LIST_MAX = 12 };

_Static_assert((int)MEASURE_COUNT == (int)LANG_UNIT_COUNT && (int)MEASURE_REQUESTS == (int)LANG_REQUESTS,
               "what is measured is what the texts count");

void chapters_format(const struct chapters *c, struct buf *out, enum lang_id id, const char *const *arguments,
                     size_t count) {
  lang_format_in(out, c->lang, (enum lang_unit)c->results->measure, id, arguments, count);
}

const char *chapters_say(struct chapters *c, enum lang_id id, const char *const *arguments, size_t count) {
  buf_clear(&c->line);
  chapters_format(c, &c->line, id, arguments, count);
  return buf_text(&c->line);
}

struct document_node *chapters_section(struct chapters *c, struct document_node *parent, enum lang_id id,
                                       const char *const *arguments, size_t count) {
  return document_section(parent, chapters_say(c, id, arguments, count));
}

void chapters_paragraph(struct chapters *c, struct document_node *parent, enum lang_id id,
                        const char *const *arguments, size_t count) {
  document_paragraph(parent, chapters_say(c, id, arguments, count));
}

struct document_node *chapters_item(struct chapters *c, struct document_node *list, enum lang_id id,
                                    const char *const *arguments, size_t count) {
  return document_item(list, chapters_say(c, id, arguments, count));
}

void chapters_callout(struct chapters *c, struct document_node *parent, enum document_tone tone,
                      enum lang_id id, const char *const *arguments, size_t count) {
  document_callout(parent, tone, chapters_say(c, id, arguments, count));
}

void chapters_column(struct chapters *c, struct document_node *table, enum lang_id id,
                     enum document_align align) {
  struct number_text confidence = chapters_confidence(c->results);
  document_column(table, chapters_say(c, id, LANG_WITH(confidence.text)), align);
}

void chapters_definition(struct chapters *c, struct document_node *definitions, enum lang_id term,
                         const char *text) {
  if (text && (*text || text == buf_no_text))
    document_definition(definitions, lang_text(c->lang, term), text);
}

void chapters_definition_code(struct chapters *c, struct document_node *definitions, enum lang_id term,
                              const char *text) {
  if (!text || !*text) return;
  const char *plain = chapters_say(c, LANG_CODE, LANG_WITH(text));
  document_definition(definitions, lang_text(c->lang, term), plain);
}

struct number_text chapters_cell_name(const struct cell *cell) {
  struct number_text out;
  snprintf(out.text, sizeof out.text, "%" PRId64 "\u00d7%" PRId64, cell->workers, cell->batch);
  return out;
}

void chapters_rows_left(struct chapters *c, struct document_node *parent, size_t rows) {
  if (rows <= CHAPTERS_BRIEF_ROWS) return;
  chapters_paragraph(c, parent, LANG_ROWS_LEFT,
                     LANG_WITH(number_count((int64_t)(rows - CHAPTERS_BRIEF_ROWS)).text));
}

struct number_text chapters_confidence(const struct results *results) {
  double confidence = results->confidence > 0 ? results->confidence : 0.95;
  return number_significant(confidence * 100, 4);
}

struct number_text chapters_interval(struct estimate estimate, int digits) {
  struct number_text out, interval = number_interval(estimate.lo, estimate.hi, digits);
  snprintf(out.text, sizeof out.text, "%s%.62s", *interval.text ? " " : "", interval.text);
  return out;
}

void chapters_one_piece(struct chapters *c, struct document_node *parent, bool beside_verdict) {
  bool is_limited = false;
  for (size_t i = 0; i < c->results->limit_count; i++)
    is_limited |= c->results->limits[i].time == RESULTS_TTFT;
  if (c->results->one_piece > 0 && is_limited == beside_verdict)
    chapters_paragraph(c, parent, LANG_ONE_PIECE, LANG_WITH(number_percent(c->results->one_piece).text));
}

struct number_text chapters_p(double p) {
  struct number_text out;
  if (p < 0.001) {
    snprintf(out.text, sizeof out.text, "< 0.001");
  } else {
    snprintf(out.text, sizeof out.text, "= %.60s", number_significant(p, 2).text);
  }
  return out;
}

bool chapters_has_interval(struct estimate estimate) {
  return isfinite(estimate.lo) && isfinite(estimate.hi);
}

bool chapters_cell_usable(const struct cell *cell) {
  return !(cell->flags & (CELL_COLD | CELL_FAILED | CELL_INVALID_CLIENT)) && cell->tokens_per_s.estimate > 0;
}

const struct cell *chapters_level_best(const struct results *results, const struct workers_row *row) {
  if (!row->usable || row->best_batch < 0) return NULL;
  size_t index = results_find(results, row->workers, row->best_batch);
  return index == SIZE_MAX ? NULL : &results->cells[index];
}

bool chapters_level_lower_edge(const struct results *results, const struct workers_row *row) {
  const struct cell *best = chapters_level_best(results, row), *first = &results->cells[row->first_cell];
  if (!best || best == first) return false;
  for (const struct cell *cell = first; cell < best; cell++) {
    if (!(cell->flags & CELL_COLD)) return false;
  }
  return true;
}

bool chapters_level_failed(const struct results *results, const struct workers_row *row) {
  for (size_t i = 0; i < row->cell_count; i++) {
    const struct cell *cell = &results->cells[row->first_cell + i];
    if (!(cell->flags & CELL_FAILED) || cell->requests == 0 || cell->failed < cell->requests) return false;
  }
  return row->cell_count > 0;
}

bool chapters_hole_again(const struct results *results, const struct workers_row *row) {
  for (size_t i = row->first_cell; i < row->first_cell + row->cell_count; i++) {
    if (results->cells[i].failed_runs < RESULTS_TRIES) return false;
  }
  return true;
}

bool chapters_any_usable(const struct results *results) {
  for (size_t i = 0; i < results->workers_count; i++) {
    if (results->workers[i].usable) return true;
  }
  return false;
}

static bool in_milliseconds(double seconds) {
  return fabs(seconds) < 0.9995; // what would print as 1000 ms is 1 s
}

static struct number_text duration_digits(double seconds) {
  return number_digits(in_milliseconds(seconds) ? seconds * 1e3 : seconds, 3);
}

static const char *duration_unit(const struct chapters *c, double seconds) {
  return lang_text(c->lang, in_milliseconds(seconds) ? LANG_MILLISECONDS : LANG_SECONDS);
}

struct number_text chapters_duration(const struct chapters *c, double seconds) {
  struct number_text out = duration_digits(seconds), digits = out;
  if (isfinite(seconds))
    snprintf(out.text, sizeof out.text, "%.40s %.8s", digits.text, duration_unit(c, seconds));
  return out;
}

struct number_text chapters_duration_limit(const struct chapters *c, double seconds) {
  struct number_text out, digits = number_significant(in_milliseconds(seconds) ? seconds * 1e3 : seconds, 6);
  snprintf(out.text, sizeof out.text, "%.40s %.8s", digits.text, duration_unit(c, seconds));
  return out;
}

struct number_text chapters_durations(const struct chapters *c, double first_s, double second_s) {
  struct number_text first = chapters_duration(c, first_s), second = chapters_duration(c, second_s), out;
  if (in_milliseconds(first_s) == in_milliseconds(second_s)) first = duration_digits(first_s);
  snprintf(out.text, sizeof out.text, "%.28s / %.28s", first.text, second.text);
  return out;
}

struct number_text chapters_duration_interval(const struct chapters *c, struct estimate seconds) {
  double factor = in_milliseconds(seconds.estimate) ? 1e3 : 1;
  struct number_text out = {.text = NUMBER_UNKNOWN}, digits = duration_digits(seconds.estimate);
  if (!isfinite(seconds.estimate)) return out;
  if (isfinite(seconds.lo) || isfinite(seconds.hi))
    digits = number_with_interval(seconds.estimate * factor, seconds.lo * factor, seconds.hi * factor, 3);
  snprintf(out.text, sizeof out.text, "%.52s %.8s", digits.text, duration_unit(c, seconds.estimate));
  return out;
}

void chapters_list_add(struct chapters_list *list, const char *text) {
  if (++list->count > LIST_MAX) return;
  if (list->count > 1) buf_append_text(&list->text, ", ");
  buf_append_text(&list->text, text);
}

const char *chapters_list_text(struct chapters *c, struct chapters_list *list) {
  if (list->count > LIST_MAX) {
    struct number_text more = number_count((int64_t)(list->count - LIST_MAX));
    chapters_format(c, &list->text, LANG_AND_MORE, LANG_WITH(more.text));
    list->count = LIST_MAX;
  }
  return buf_text(&list->text);
}

void chapters_list_free(struct chapters_list *list) {
  buf_free(&list->text);
  *list = (struct chapters_list){0};
}
