// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/slo_edge.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/cells.h"
#include "analyze/judge/slo.h"
#include "analyze/stat/isotonic.h"

// One load that was measured, in ascending order.
struct step {
  double load;
  size_t index; // into loads or workers
  struct slo_subject subject;
};

// The steps below the first that fails whatever its times, and room for one limit's values of them: negative
// ones keep the limit.
struct course {
  struct step *steps;
  size_t count;
  bool failing; // steps[count] is there, and fails
  double *fit, *lo, *hi;
};

static struct step step_of_load(const struct results *results, size_t index) {
  return (struct step){.load = results_offered(results, index),
                       .index = index,
                       .subject = slo_subject_of_load(&results->loads[index])};
}

// Of a level that is not usable the first cell stands for all: each of them failed.
static struct step step_of_level(const struct results *results, size_t index) {
  const struct workers_row *row = &results->workers[index];
  size_t cell = row->usable ? results_level_cell(results, row) : row->first_cell;
  return (struct step){
      .load = (double)row->workers, .index = index, .subject = slo_subject_of_cell(&results->cells[cell])};
}

// A level without a valid batch, and one that failed between levels that work, say nothing.
static bool counts(const struct results *results, size_t index) {
  if (results->load_count > 0)
    return results->loads[index].reps > 0 && isfinite(results_offered(results, index));
  const struct workers_row *row = &results->workers[index];
  return !row->hole && (row->usable || results->cells[row->first_cell].flags & CELL_FAILED);
}

static void collect(const struct results *results, struct course *course) {
  bool by_rate = results->load_count > 0;
  size_t count = by_rate ? results->load_count : results->workers_count;
  for (size_t i = 0; i < count && !course->failing; i++) {
    if (!counts(results, i)) continue;
    struct step *step = &course->steps[course->count];
    *step = by_rate ? step_of_load(results, i) : step_of_level(results, i);
    course->failing = step->subject.failing;
    course->count += !course->failing;
  }
}

// Percentiles on the ln scale; shares as they are. False: not measured.
static bool fill(const struct course *course, const struct limit *limit) {
  for (size_t i = 0; i < course->count; i++) {
    struct estimate value = slo_value(&course->steps[i].subject, limit);
    if (isnan(value.estimate)) return false;
    bool share = limit->percentile == 0;
    double lo = share ? RESULTS_GOOD_SHARE - value.hi : log(value.lo / limit->limit_s);
    double hi = share ? RESULTS_GOOD_SHARE - value.lo : log(value.hi / limit->limit_s);
    course->fit[i] = share ? RESULTS_GOOD_SHARE - value.estimate : log(value.estimate / limit->limit_s);
    course->lo[i] = isnan(lo) ? -INFINITY : lo;
    course->hi[i] = isnan(hi) ? INFINITY : hi;
  }
  isotonic_bounds(course->lo, course->hi, course->count);
  return true;
}

// Where the fit first lies above the limit, on a line from the step before; NaN: it does not, or from the
// first step on.
static double crossing(const struct course *course) {
  for (size_t i = 1; i < course->count; i++) {
    if (course->fit[i] <= 0 || course->fit[i - 1] > 0) continue;
    double from = log(course->steps[i - 1].load), to = log(course->steps[i].load);
    double part = -course->fit[i - 1] / (course->fit[i] - course->fit[i - 1]);
    return isfinite(part) ? exp(from + part * (to - from)) : course->steps[i].load;
  }
  return NAN;
}

// What one limit adds: `passes` counts the steps that keep all limits so far, `fails` those before the first
// that misses one.
struct found {
  size_t passes, fails, limit;
  double at;    // lowest crossing
  double above; // most that a fit lies above its limit at the first step, or at the last while none crosses
};

static void add_limit(const struct course *course, size_t limit, struct found *found) {
  size_t passes = 0, fails = 0, last = course->count - 1;
  while (passes < course->count && course->hi[passes] <= 0)
    passes++;
  while (fails < course->count && !(course->lo[fails] > 0))
    fails++;
  if (passes < found->passes) found->passes = passes;
  if (fails < found->fails) found->fails = fails;
  double at = course->fit[0] > 0 ? 0 : crossing(course);
  double above = course->fit[0] > 0 ? course->fit[0] : course->fit[last];
  bool first = isnan(found->at) ? isfinite(at) || !(above <= found->above)
                                : at < found->at || (at == 0 && found->at == 0 && above > found->above);
  if (!first) return;
  found->at = at;
  found->above = above;
  found->limit = limit;
}

static void find_goodput(const struct course *course, const struct results *results, struct slo_edge *edge) {
  edge->goodput_at = NAN;
  edge->goodput = (struct estimate){NAN, NAN, NAN};
  for (size_t i = 0; i < course->count; i++) {
    const struct step *step = &course->steps[i];
    struct estimate goodput =
        results->load_count > 0
            ? results->loads[step->index].goodput
            : results->cells[results_level_cell(results, &results->workers[step->index])].goodput;
    if (!isfinite(goodput.estimate) || goodput.estimate <= edge->goodput.estimate) continue;
    edge->goodput_at = step->load;
    edge->goodput = goodput;
  }
}

static enum status judge(struct course *course, struct results *results) {
  struct slo_edge *edge = &results->slo_edge;
  struct found found = {course->count, course->count, SIZE_MAX, NAN, NAN};
  for (size_t i = 0; i < results->limit_count && course->count > 0; i++) {
    if (!fill(course, &results->limits[i])) return STATUS_OK;
    if (isotonic_fit(course->fit, course->count)) return STATUS_MEMORY;
    add_limit(course, i, &found);
  }
  edge->exists = true;
  edge->uneven = found.passes > found.fails;
  size_t passes = edge->uneven ? found.fails : found.passes, fails = found.fails;
  if (passes > 0) edge->passes = course->steps[passes - 1].index;
  if (fails < course->count || course->failing) edge->fails = course->steps[fails].index;
  edge->at = found.at > 0 ? found.at : NAN;
  edge->limit = isnan(found.at) && course->failing ? SIZE_MAX : found.limit;
  find_goodput(course, results, edge);
  if (results->load_count > 0) results->load_answer = (struct load_answer){edge->passes, edge->fails};
  return STATUS_OK;
}

enum status slo_edge_find(struct results *results, struct error *error) {
  results->slo_edge = (struct slo_edge){.passes = SIZE_MAX,
                                        .fails = SIZE_MAX,
                                        .at = NAN,
                                        .limit = SIZE_MAX,
                                        .goodput_at = NAN,
                                        .goodput = {NAN, NAN, NAN}};
  size_t most = results->load_count > 0 ? results->load_count : results->workers_count;
  if (results->limit_count == 0 || most == 0) return STATUS_OK;
  struct course course = {.steps = malloc(most * sizeof *course.steps),
                          .fit = malloc(most * sizeof(double)),
                          .lo = malloc(most * sizeof(double)),
                          .hi = malloc(most * sizeof(double))};
  enum status status = course.steps && course.fit && course.lo && course.hi ? STATUS_OK : STATUS_MEMORY;
  if (status == STATUS_OK) {
    collect(results, &course);
    if (course.count > 0 || course.failing) status = judge(&course, results);
  }
  free(course.steps);
  free(course.fit);
  free(course.lo);
  free(course.hi);
  return status ? status_plain(error, status) : STATUS_OK;
}
