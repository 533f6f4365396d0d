// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/run_progress.h"

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

int64_t run_progress_left_ns(const struct run_progress *run, int64_t now_ns) {
  const struct plan *plan = run->summary->plan;
  int64_t under_way_ns = run->batch_start_ns > 0 ? now_ns - run->batch_start_ns : 0;
  size_t sessions = run->walk->next_session;
  double left_s, begun = sessions > 0 ? (double)sessions : 1;
  if (run->summary->open_loop) {
    left_s = run->window_s * (double)((int64_t)plan->batch_count - run->measured);
  } else {
    int64_t besides_ns = now_ns - run->start_ns - under_way_ns - run->measured_ns;
    left_s = batches_left_s(run->summary) +
             (double)(plan->session_count - sessions) * clock_seconds(besides_ns) / begun;
  }
  left_s -= clock_seconds(under_way_ns);
  return left_s > 0 ? clock_from_seconds(left_s) : 0; // not for NaN
}

void run_progress_line(const struct run_progress *run, int64_t now_ns, struct progress_state *state) {
  *state = (struct progress_state){
      .done = run->measured,
      .total = (int64_t)run->summary->plan->batch_count + run->summary->again,
      .left_ns = run_progress_left_ns(run, now_ns),
      .label = "server",
  };
}

void run_progress_totals(const struct run_progress *run, struct progress_state *state) {
  const struct summary *summary = run->summary;
  size_t rows = plan_rows(summary->plan);
  state->output_tokens = 0;
  for (size_t i = 0; i < rows; i++)
    state->output_tokens += summary->cells[i].known_tokens;
  if (run->measured_ns <= 0) return;
  double measured_s = clock_seconds(run->measured_ns);
  state->requests_per_s = (double)summary_requests(summary) / measured_s;
  state->tokens_per_s = (double)state->output_tokens / measured_s;
}
