// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/suggest_rates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HIGHEST 1e6   // requests/s that replay takes
#define MORE_REPEAT 2 // repetitions of a rate that is open

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
static void repeat_open(struct list *list, size_t first, size_t end) {
  const struct results *results = list->results;
  for (size_t i = first; i < end; i++) {
    const struct load *load = &results->loads[i];
    if (is_open(load) && load->reps < SUGGEST_REPEATED)
      add(list, results_offered(results, i), MORE_REPEAT, "whether it keeps the limits is open");
    if (!is_open(load) && load->invalid <= SUGGEST_CONFIRMED)
      add(list, results_offered(results, i), MORE_REPEAT, "no repetition counts: the client was held up");
  }
}

static bool is_narrow(double low, double high, double precision) {
  return high <= (1 + precision) * low * (1 + 1e-9);
}

static void halve(struct list *list, double low, double high, double precision) {
  if (!is_narrow(low, high, precision))
    look_at(list, sqrt(low * high), "the highest rate that holds lies near");
}

// Between a rate that passes and one that fails: beside the estimate, so that one of both bounds it from
// either side; where rates between them stay open, beside these.
static void narrow(struct list *list, size_t passes, size_t fails) {
  const struct results *results = list->results;
  double low = results_offered(results, passes), high = results_offered(results, fails);
  double step = sqrt(1 + results->precision), at = results->slo_edge.at;
  list->low = low, list->high = high;
  size_t open = passes + 1;
  while (open < fails && !is_open(&results->loads[open]))
    open++;
  double precision = results->precision;
  if (open < fails) {
    size_t last = fails - 1;
    while (!is_open(&results->loads[last]))
      last--;
    halve(list, low, results_offered(results, open), 2 * precision);
    halve(list, results_offered(results, last), high, 2 * precision);
  } else if (at > low && at < high && high > step * step * step * low) {
    look_at(list, at / step, "the limits are met just above");
    look_at(list, at * step, "the limits are met just below");
  } else {
    halve(list, low, high, precision);
  }
}

// Both bounds stand on repetitions; one that fails by its failures needs none.
static void confirm(struct list *list, size_t index, const char *why) {
  const struct load *load = &list->results->loads[index];
  if (load->reps < SUGGEST_CONFIRMED && !load->failing)
    add(list, results_offered(list->results, index), SUGGEST_CONFIRMED - load->reps, why);
}

size_t suggest_rates(const struct results *results, size_t most, struct suggest_cell *cells) {
  struct list list = {.results = results, .cells = cells, .most = most, .high = HIGHEST};
  size_t passes = results->load_answer.kept, fails = results->load_answer.broken;
  size_t end = fails == SIZE_MAX ? results->load_count : fails;
  if (!isfinite(results->loads[0].rate)) return 0; // original times have a speed instead
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
