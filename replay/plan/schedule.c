// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/plan/schedule.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "replay/plan/random.h"

const char *const schedule_arrival_names[] = {"constant", "poisson", "gamma", NULL};

static enum status add(struct schedule *schedule, size_t *room, int64_t offset_ns, struct error *error) {
  if (offset_ns >= SCHEDULE_LONGEST_NS)
    return status_fail(error, STATUS_USAGE,
                       "the schedule would last over a year: --max-idle cuts its pauses, --duration its end");
  enum status status = array_grow(&schedule->offsets_ns, room, schedule->count, sizeof *schedule->offsets_ns,
                                  SCHEDULE_REQUESTS_MAX);
  if (status == STATUS_LIMIT)
    return status_fail(error, STATUS_USAGE, "the schedule has more than %zu requests", SCHEDULE_REQUESTS_MAX);
  if (status) return status_memory(error);
  schedule->offsets_ns[schedule->count++] = offset_ns;
  return STATUS_OK;
}

// What both kinds end with.
static enum status close_schedule(struct schedule *schedule, int64_t duration_ns, enum status status,
                                  struct schedule *out, struct error *error) {
  if (status == STATUS_OK && schedule->count == 0)
    status = status_fail(error, STATUS_USAGE, "the schedule holds no request: its duration is too short");
  if (status) {
    schedule_free(schedule);
    return status;
  }
  schedule->window_ns = duration_ns > 0 ? duration_ns : schedule->offsets_ns[schedule->count - 1];
  *out = *schedule;
  return STATUS_OK;
}

// Seconds at the rate from the request before to the next.
static double interval_s(const struct schedule_rate *rate, struct random_source *random) {
  if (rate->arrival == SCHEDULE_ARRIVAL_GAMMA)
    return random_gamma(random, rate->burstiness, 1 / (rate->per_s * rate->burstiness));
  return random_exponential(random, 1 / rate->per_s);
}

enum status schedule_at_rate(const struct schedule_rate *rate, struct schedule *out, struct error *error) {
  struct schedule schedule = {0};
  size_t room = 0;
  size_t from = 0;
  double at_s = 0; // of a series: requests that are due, at a rate of 1
  struct random_source *random = random_open(rate->seed);
  enum status status = STATUS_OK;
  if (!random) return status_fail(error, STATUS_MEMORY, "schedule: %s", status_name(STATUS_MEMORY));
  for (size_t i = 0; status == STATUS_OK && (rate->duration_ns > 0 || i < rate->count); i++) {
    if (rate->arrival == SCHEDULE_ARRIVAL_CONSTANT) {
      at_s = (double)i / rate->per_s;
    } else {
      at_s += interval_s(rate, random);
    }
    double instant_s = rate->series ? rate_series_instant_s(rate->series, at_s, &from) : at_s;
    int64_t offset_ns = clock_from_seconds(instant_s);
    if (rate->duration_ns > 0 && offset_ns >= rate->duration_ns) break;
    status = add(&schedule, &room, offset_ns, error);
  }
  random_close(random);
  return close_schedule(&schedule, rate->duration_ns, status, out, error);
}

// Repetition 0 has the seed itself.
static int64_t seed_of(int64_t seed, int64_t rep) {
  if (rep == 0) return seed;
  uint64_t spread = random_spread((uint64_t)seed + ((uint64_t)rep << 32));
  return RANDOM_SEED_MIN + (int64_t)(spread % (uint64_t)RANDOM_SEED_MAX);
}

static enum status add_repetition(const struct schedule_rate *common, const double *rates, int64_t rep,
                                  struct schedules *schedules, size_t *requests, struct error *error) {
  enum status status = STATUS_OK;
  for (size_t i = 0; status == STATUS_OK && i < schedules->rows; i++) {
    struct schedule_rate rate = *common;
    rate.per_s = rates[i];
    rate.seed = seed_of(common->seed, rep);
    status = schedule_at_rate(&rate, &schedules->of[schedules->count], error);
    if (status == STATUS_USAGE && rep > 0) { // no request came within the duration, or too many
      rate.seed = common->seed;
      status = schedule_at_rate(&rate, &schedules->of[schedules->count], error);
    }
    if (status == STATUS_OK) *requests += schedules->of[schedules->count++].count;
  }
  return status;
}

enum status schedules_at_rates(const struct schedule_rate *common, const double *rates, size_t count,
                               int64_t repeat, struct schedules *out, struct error *error) {
  if (common->arrival == SCHEDULE_ARRIVAL_CONSTANT) repeat = 1;
  struct schedules schedules = {.of = calloc(count * (size_t)repeat, sizeof *schedules.of), .rows = count};
  if (!schedules.of) return status_fail(error, STATUS_MEMORY, "schedule: %s", status_name(STATUS_MEMORY));
  enum status status = STATUS_OK;
  size_t requests = 0, most = 0; // of all, and of the largest repetition
  for (int64_t rep = 0; status == STATUS_OK && rep < repeat; rep++) {
    size_t before = requests;
    if (rep > 0 && requests + most > SCHEDULE_REQUESTS_MAX) break;
    status = add_repetition(common, rates, rep, &schedules, &requests, error);
    if (requests - before > most) most = requests - before;
  }
  if (status) {
    schedules_free(&schedules);
    return status;
  }
  *out = schedules;
  return STATUS_OK;
}

const struct schedule *schedules_at(const struct schedules *schedules, size_t row, int64_t rep) {
  size_t repetitions = schedules->count / schedules->rows;
  return &schedules->of[(size_t)rep % repetitions * schedules->rows + row];
}

size_t schedules_most(const struct schedules *schedules) {
  size_t most = 0;
  for (size_t i = 0; i < schedules->count; i++) {
    if (schedules->of[i].count > most) most = schedules->of[i].count;
  }
  return most;
}

double schedules_mean_window_s(const struct schedules *schedules) {
  double sum_s = 0;
  for (size_t i = 0; i < schedules->count; i++)
    sum_s += clock_seconds(schedules->of[i].window_ns);
  return sum_s / (double)schedules->count;
}

void schedules_free(struct schedules *schedules) {
  for (size_t i = 0; i < schedules->count; i++)
    schedule_free(&schedules->of[i]);
  free(schedules->of);
  *schedules = (struct schedules){0};
}

int64_t schedule_faster(int64_t ns, double speed) {
  double faster_ns = (double)ns / speed;
  return faster_ns < (double)SCHEDULE_LONGEST_NS ? (int64_t)faster_ns : SCHEDULE_LONGEST_NS;
}

enum status schedule_as_recorded(const int64_t *at_ns, size_t count, double speed, int64_t max_idle_ns,
                                 int64_t duration_ns, struct schedule *out, struct error *error) {
  struct schedule schedule = {0};
  size_t room = 0;
  int64_t recorded_ns = 0;
  enum status status = STATUS_OK;
  int64_t last_ns = 0;
  for (size_t i = 0; status == STATUS_OK && i < count; i++) {
    int64_t gap_ns = i > 0 ? at_ns[i] - at_ns[i - 1] : 0;
    recorded_ns += max_idle_ns > 0 && gap_ns > max_idle_ns ? max_idle_ns : gap_ns;
    int64_t offset_ns = schedule_faster(recorded_ns, speed);
    if (duration_ns > 0 && offset_ns >= duration_ns) break;
    status = add(&schedule, &room, offset_ns, error);
    last_ns = offset_ns;
  }
  bool cut = schedule.count < count; // a trace that ends before the duration is measured up to its end
  return close_schedule(&schedule, cut ? duration_ns : last_ns, status, out, error);
}

void schedule_free(struct schedule *schedule) {
  free(schedule->offsets_ns);
  *schedule = (struct schedule){0};
}
