// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/course.h"

#include <math.h>

#include "lib/base/clock.h"

static double waves_of(const struct plan_cell *cell) {
  int64_t waves = cell->batch > 0 ? (cell->batch + cell->workers - 1) / cell->workers : 1;
  return (double)waves;
}

// Seconds of the batches that are not measured yet; NaN: nothing was measured.
static double batches_left_s(const struct summary *summary) {
  double measured_s = 0, measured_waves = 0, left_s = 0, left_waves = 0;
  for (size_t i = 0; i < summary->plan->cell_count; i++) {
    const struct summary_cell *sums = &summary->cells[i];
    int64_t valid = sums->reps - sums->invalid;
    double left = sums->ended ? 0 : (double)(sums->planned - sums->reps);
    measured_s += sums->total_s;
    measured_waves += (double)valid * waves_of(&summary->plan->cells[i]);
    if (valid > 0) {
      left_s += left * sums->total_s / (double)valid;
    } else {
      left_waves += left * waves_of(&summary->plan->cells[i]);
    }
  }
  return measured_waves > 0 ? left_s + left_waves * measured_s / measured_waves : NAN;
}

int64_t course_left_ns(const struct course *course, int64_t now_ns) {
  const struct plan *plan = course->summary->plan;
  int64_t under_way_ns = course->batch_start_ns > 0 ? now_ns - course->batch_start_ns : 0;
  double left_s, begun = course->sessions > 0 ? (double)course->sessions : 1;
  if (course->summary->open_loop) {
    left_s = course->window_s * (double)((int64_t)plan->batch_count - course->measured);
  } else {
    int64_t besides_ns = now_ns - course->start_ns - under_way_ns - course->measured_ns;
    left_s = batches_left_s(course->summary) +
             (double)(plan->session_count - course->sessions) * clock_seconds(besides_ns) / begun;
  }
  left_s -= clock_seconds(under_way_ns);
  return left_s > 0 ? clock_from_seconds(left_s) : 0; // not for NaN
}

void course_progress(const struct course *course, int64_t now_ns, struct progress_state *state) {
  *state = (struct progress_state){
      .done = course->measured,
      .total = (int64_t)course->summary->plan->batch_count + course->summary->again,
      .left_ns = course_left_ns(course, now_ns),
      .label = "server",
  };
}

void course_totals(const struct course *course, struct progress_state *state) {
  const struct summary *summary = course->summary;
  size_t rows = plan_rows(summary->plan);
  state->output_tokens = 0;
  for (size_t i = 0; i < rows; i++)
    state->output_tokens += summary->cells[i].known_tokens;
  if (course->measured_ns <= 0) return;
  double measured_s = clock_seconds(course->measured_ns);
  state->requests_per_s = (double)summary_requests(summary) / measured_s;
  state->tokens_per_s = (double)state->output_tokens / measured_s;
}
