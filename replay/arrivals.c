// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/arrivals.h"

#include <stdlib.h>

#include "replay/plan/random.h"
#include "replay/plan/superpose.h"

enum status arrivals_at_rates(const struct opts *opts, int64_t round, int64_t count,
                              struct schedules *schedules, struct error *error) {
  struct schedule_rate common = {
      .series = opts->series_path ? &opts->series : NULL,
      .arrival = opts->arrival,
      .burstiness = opts->burstiness,
      .duration_ns = opts->duration_ns,
      .count = (size_t)count,
      .seed = opts->seed,
  };
  if (round > 0) common.seed = (int64_t)(random_spread((uint64_t)opts->seed + ((uint64_t)round << 48)) >> 1);
  static const double as_the_series = 1;
  bool series = opts->series_path != NULL;
  return schedules_at_rates(&common, series ? &as_the_series : opts->request_rates,
                            series ? 1 : opts->request_rates_count, opts->repeat, schedules, error);
}

// In place of the one schedule, and of the draw.
static enum status superpose_copies(const struct opts *opts, struct work *work, struct schedule *schedule,
                                    struct error *error) {
  struct superpose_options options = {.copies = opts->scale,
                                      .window_ns = schedule_faster(opts->scale_window_ns, opts->speed),
                                      .duration_ns = opts->duration_ns,
                                      .seed = opts->seed};
  struct superposed all = {0};
  enum status status = superpose(&options, schedule, work->turns, &all, error);
  if (status == STATUS_OK) status = work_superpose(work, &all, error);
  if (status == STATUS_OK) {
    schedule_free(schedule);
    *schedule = all.schedule;
    all.schedule = (struct schedule){0};
  }
  superposed_free(&all);
  return status;
}

enum status arrivals_as_recorded(const struct opts *opts, struct work *work, struct schedules *schedules,
                                 struct error *error) {
  size_t count = work->count;
  int64_t *at_ns = calloc(count, sizeof *at_ns);
  schedules->of = calloc(1, sizeof *schedules->of);
  if (!at_ns || !schedules->of) {
    free(at_ns);
    return status_fail(error, STATUS_MEMORY, "schedule: %s", status_name(STATUS_MEMORY));
  }
  schedules->count = schedules->rows = 1;
  for (size_t i = 0; i < count; i++)
    at_ns[i] = work->requests[i]->at_ns;
  enum status status =
      schedule_as_recorded(at_ns, count, opts->speed, opts->max_idle_ns,
                           opts->scale == 1 ? opts->duration_ns : 0, &schedules->of[0], error);
  free(at_ns);
  return status || opts->scale == 1 ? status : superpose_copies(opts, work, &schedules->of[0], error);
}
