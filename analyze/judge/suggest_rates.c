// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest_rates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/input/load.h"
#include "analyze/judge/slo_crossing.h"

#define HIGHEST 1e6   // requests/s that replay takes
#define MORE_REPEAT 2 // repetitions of a rate that is open
#define COARSE 1.3    // ratio of bounds beyond which the edge is not yet near
#define STEP 0.6      // rates beside the edge: this power of 1 + precision from it

struct list {
  const struct results *results;
  struct suggest_cell *cells;
  size_t count, most;
  double low, high; // a new rate lies between them, both left out
};

static double three_digits(double rate) {
  char text[32];
  snprintf(text, sizeof text, "%.3g", rate);
  return strtod(text, NULL);
}

static bool is_measured(const struct results *results, double rate) {
  for (size_t i = 0; i < results->load_count; i++) {
    if (results_offered(results, i) == rate) return true;
  }
  return false;
}

static void add(struct list *list, double rate, int64_t repeat, const char *why) {
  if (list->count == list->most) return;
  struct suggest_cell *cell = &list->cells[list->count++];
  *cell = (struct suggest_cell){.rate = rate, .repeat = repeat};
  snprintf(cell->why, sizeof cell->why, "%s", why);
}

static void look_at(struct list *list, double rate, const char *why) {
  double rounded = three_digits(rate);
  if (!(rounded > list->low && rounded < list->high) || is_measured(list->results, rounded)) return;
  for (size_t i = 0; i < list->count; i++) {
    if (list->cells[i].rate == rounded) return;
  }
  add(list, rounded, 1, why);
}

// Neither passes nor fails, though some repetition counts.
static bool is_open(const struct load *load) {
  return load->reps > 0;
}

// Of a rate whose repetitions the client spoilt, once more as many: then it is too fast for the client.
static void repeat_spoilt(struct list *list, size_t first, size_t end) {
  const struct results *results = list->results;
  for (size_t i = first; i < end; i++) {
    if (!is_open(&results->loads[i]) && results->loads[i].invalid <= SUGGEST_CONFIRMED)
      add(list, results_offered(results, i), MORE_REPEAT, "no repetition counts: the client was held up");
  }
}

static void repeat_open(struct list *list, size_t first, size_t end) {
  const struct results *results = list->results;
  for (size_t i = first; i < end; i++) {
    const struct load *load = &results->loads[i];
    if (is_open(load) && load->reps < SUGGEST_REPEATED)
      add(list, results_offered(results, i), MORE_REPEAT,
          results->limit_count > 0 ? "whether it keeps the limits is open" : "whether a queue grows is open");
  }
}

static bool is_narrow(double low, double high, double precision) {
  return high <= (1 + precision) * low * (1 + 1e-9);
}

static void halve(struct list *list, double low, double high, double precision) {
  if (!is_narrow(low, high, precision))
    look_at(list, sqrt(low * high), "the highest rate that holds lies near");
}

// Without limits: between a rate that holds and one whose queue grows; where rates between them stay open,
// beside these.
static void narrow(struct list *list, size_t passes, size_t fails) {
  const struct results *results = list->results;
  double low = results_offered(results, passes), high = results_offered(results, fails);
  list->low = low, list->high = high;
  size_t open = passes + 1, last = fails - 1;
  while (open < fails && !is_open(&results->loads[open]))
    open++;
  if (open == fails) {
    halve(list, low, high, results->precision);
    return;
  }
  while (!is_open(&results->loads[last]))
    last--;
  halve(list, low, results_offered(results, open), 2 * results->precision);
  halve(list, results_offered(results, last), high, 2 * results->precision);
}

// Both bounds stand on repetitions; one that fails by its failures needs none.
static void confirm(struct list *list, size_t index, const char *why) {
  const struct load *load = &list->results->loads[index];
  if (load->reps < SUGGEST_CONFIRMED && !load->failing)
    add(list, results_offered(list->results, index), SUGGEST_CONFIRMED - load->reps, why);
}

// The shortest repetition: as long as --duration.
static double duration_of(const struct results *results) {
  double least = INFINITY;
  for (size_t i = 0; i < results->load_count; i++)
    for (int64_t r = 0; r < results->loads[i].reps; r++)
      least = fmin(least, results->loads[i].repetitions[r].duration_s);
  return least;
}

// How much was measured near it, as so many of the shortest repetitions.
static double measured_near(const struct results *results, double at) {
  double sum = 0;
  for (size_t i = 0; i < results->load_count; i++) {
    const struct load *load = &results->loads[i];
    for (int64_t r = 0; r < load->reps && fabs(log(load->rate / at)) < SLO_CROSSING_WINDOW; r++)
      sum += load->repetitions[r].duration_s;
  }
  return sum / duration_of(results);
}

// A rate that may have been measured before; `times` as long as the shortest repetition.
static void measure(struct list *list, double rate, double times, const char *why) {
  size_t count = list->count;
  add(list, three_digits(rate), 1, why);
  if (list->count > count) list->cells[count].duration_s = three_digits(times * duration_of(list->results));
}

// As long as four repetitions: its quarters then stand for these (judge/slo_crossing.h). Shorter where the
// interval is almost narrow, by `missing`.
static double length_of(double missing) {
  return missing <= 2 ? 1 : missing <= 4 ? 2 : LOAD_PIECES;
}

// A fit may lie beside a rate that was measured: a wide gap is cut to three quarters at least.
static double within_gap(double at, double below, double above) {
  double quarter = sqrt(sqrt(above / below));
  return fmin(fmax(at, below * quarter), above / quarter);
}

// With limits: all that was measured near the edge shares in its interval, so that nothing is spent on what a
// single rate leaves open. Rates on both sides of it, as far apart as its interval, until that is narrow.
static void approach(struct list *list, double below, double above) {
  const struct results *results = list->results;
  struct estimate crossing = results->slo_edge.crossing;
  bool crossed = crossing.estimate > 0;
  double fitted = results->slo_edge.at, closest = pow(1 + results->precision, STEP), step = closest;
  double at = crossed ? crossing.estimate : fitted > below && fitted < above ? fitted : sqrt(below * above);
  double near = measured_near(results, at), missing = SUGGEST_NEAR_MOST - near;
  if (crossed) {
    double wide = log(crossing.hi / crossing.lo) / log(1 + results->precision);
    step = fmin(fmax(sqrt(crossing.hi / crossing.lo), closest), COARSE);
    missing = fmin(missing, near * (wide * wide - 1));
  } else if (above > COARSE * below) {
    measure(list, within_gap(at, below, above), 1, "the highest rate that holds lies near");
    return;
  } else if (near > SLO_CROSSING_FEWEST) {
    step = pow(1 + results->precision, STEP + near / SLO_CROSSING_FEWEST - 1);
  }
  if (missing < 1e-9) return;
  measure(list, at / step, length_of(missing), "the limits are met just above");
  measure(list, at * step, length_of(missing), "the limits are met just below");
}

static void within_limits(struct list *list) {
  const struct results *results = list->results;
  double below = 0, above = INFINITY;
  for (size_t i = results->load_count; i-- > 0;) {
    const struct load *load = &results->loads[i];
    if (load->reps == 0) continue;
    if (load->meets_slo == CELL_SLO_MET) below = fmax(below, load->rate);
    if (load->meets_slo == CELL_SLO_MISSED) above = load->rate;
  }
  if (below > 0 && isfinite(above))
    approach(list, below, above);
  else if (below > 0)
    look_at(list, 2 * below, "the highest rate does not fail");
  else if (isfinite(above))
    look_at(list, above / 2, "the lowest rate does not pass");
}

size_t suggest_rates(const struct results *results, size_t most, struct suggest_cell *cells) {
  struct list list = {.results = results, .cells = cells, .most = most, .high = HIGHEST};
  size_t passes = results->load_answer.kept, fails = results->load_answer.broken;
  size_t end = fails == SIZE_MAX ? results->load_count : fails;
  if (!isfinite(results->loads[0].rate)) return 0; // original times have a speed instead
  if (results->limit_count > 0) {
    repeat_spoilt(&list, 0, results->load_count);
    if (list.count == 0) within_limits(&list);
    return list.count;
  }
  repeat_spoilt(&list, passes == SIZE_MAX ? 0 : passes + 1, end);
  repeat_open(&list, passes == SIZE_MAX ? 0 : passes + 1, end);
  if (list.count > 0) return list.count;
  const struct load *last = &results->loads[results->load_count - 1];
  if (fails == SIZE_MAX) {
    if (is_open(last)) look_at(&list, 2 * last->rate, "the highest rate does not fail");
  } else if (passes == SIZE_MAX) {
    look_at(&list, results->loads[0].rate / 2, "the lowest rate is not shown to pass");
  } else {
    narrow(&list, passes, fails);
    if (list.count == 0) confirm(&list, passes, "it passes, and is to be confirmed");
    if (list.count == 0) confirm(&list, fails, "it fails, and is to be confirmed");
  }
  return list.count;
}
