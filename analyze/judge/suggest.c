// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest.h"

#include <math.h>

#include "analyze/judge/recommend.h"
#include "analyze/judge/suggest_again.h"
#include "analyze/judge/suggest_new.h"
#include "analyze/judge/suggest_rates.h"
#include "lib/json/json_write.h"

static void when_nothing_works(struct suggest_list *list) {
  if (list->results->workers_count == 0) return;
  int64_t lowest = list->results->workers[0].workers / 2;
  suggest_add(list, lowest, lowest, suggest_usual_repeat(list->results),
              "every level tested so far is unusable");
}

static const struct cell *cell_of(const struct results *results, const struct workers_row *row) {
  return &results->cells[results_level_cell(results, row)];
}

static bool is_certain(const struct results *results, const struct workers_row *row, enum cell_slo slo) {
  const struct cell *cell = cell_of(results, row);
  return cell->meets_slo == slo && cell->slo_certain;
}

// Nothing above the lowest level that misses a limit for certain is tried. Between it and the highest that
// keeps all: levels whose intervals leave it open are measured again, then the gap is halved, unless more
// requests in flight gain nothing there. True where that leaves the rest to the rules without limits.
static bool look_within_limits(struct suggest_list *list) {
  const struct results *results = list->results;
  const struct workers_row *kept = NULL, *missed = NULL;
  for (size_t i = 0; i < results->workers_count && !missed; i++) {
    const struct workers_row *row = &results->workers[i];
    if (!row->usable) continue;
    if (is_certain(results, row, CELL_SLO_MISSED)) missed = row;
    if (is_certain(results, row, CELL_SLO_MET)) kept = row;
    if (cell_of(results, row)->meets_slo == CELL_SLO_UNKNOWN) return true; // no such times
  }
  const struct workers_row *end = missed ? missed : results->workers + results->workers_count;
  for (const struct workers_row *row = kept ? kept + 1 : results->workers; row < end; row++) {
    if (!row->usable || suggest_reps_of(results, row) >= SUGGEST_REPEATED) continue;
    const struct cell *cell = cell_of(results, row); // times are in question, not the spread of throughput
    suggest_add(list, row->workers, cell->timed ? 0 : cell->batch, 2, "whether it keeps the limits is open");
  }
  if (list->count > 0) return false;
  if (!missed) return kept != NULL;
  if (!kept) {
    int64_t lower = missed->workers / 2;
    if (suggest_row_of(results, lower) == results->workers_count)
      suggest_add(list, lower, suggest_batch_for(results, lower),
                  suggest_look_repeat(results, results->recommendation.margin),
                  "the lowest level misses a limit");
    return false;
  }
  bool gains = recommend_level_throughput(results, missed) >
               (1 + results->recommendation.margin) * recommend_level_throughput(results, kept);
  if (gains && (double)missed->workers > SUGGEST_REFINED * (double)kept->workers)
    suggest_look_between(list, kept, missed, sqrt((double)kept->workers * (double)missed->workers),
                         "the limits are kept up to somewhere in");
  return false;
}

bool suggest_is_hole(const struct results *results, const struct suggest_cell *cell) {
  size_t row = suggest_row_of(results, cell->workers);
  return row < results->workers_count && results->workers[row].hole;
}

size_t suggest_next(const struct results *results, size_t most, struct suggest_cell *cells) {
  struct suggest_list list = {.results = results, .cells = cells, .most = most};
  if (results->load_count > 0) return suggest_rates(results, most, cells);
  suggest_measure_holes(&list);
  if (list.count == 0 && !results->best.exists) when_nothing_works(&list);
  if (list.count > 0 || !results->best.exists) return list.count;
  if (results->limit_count > 0 && !look_within_limits(&list)) {
    if (list.count == 0 && results->recommendation.limits == RECOMMENDATION_KEPT) suggest_confirm(&list);
    return list.count;
  }
  suggest_go_up(&list);
  suggest_bisect_cliffs(&list);
  suggest_decide_cliffs(&list);
  if (list.count > 0) return list.count;
  suggest_look_for_hidden_fall(&list);
  suggest_look_for_peak(&list);
  suggest_look_lower(&list);
  if (list.count == 0) suggest_confirm(&list);
  if (list.count == 0) suggest_confirm_lower(&list);
  return list.count;
}

enum status suggest_print(const struct suggest_cell *cells, size_t count, struct buf *out) {
  for (size_t i = 0; i < count; i++) {
    struct json_writer writer = JSON_WRITER(out), *w = &writer;
    json_write_object(w);
    if (cells[i].rate > 0) {
      json_member_number(w, "rate", cells[i].rate);
      if (cells[i].duration_s > 0) json_member_number(w, "duration_s", cells[i].duration_s);
    } else {
      json_member_int(w, "workers", cells[i].workers);
      if (cells[i].batch > 0) json_member_int(w, "batch", cells[i].batch); // else it is timed
    }
    json_member_int(w, "repeat", cells[i].repeat);
    if (cells[i].on != SPEND_ON_NOTHING) json_member_string(w, "spend_on", spend_on_names[cells[i].on]);
    json_member_string(w, "why", cells[i].why);
    json_write_object_end(w);
    buf_append_char(out, '\n');
  }
  return out->status;
}
