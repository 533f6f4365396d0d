// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/loads.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/cells_times.h"
#include "analyze/judge/estimate.h"
#include "analyze/judge/slo.h"

// Valid repetitions of one load, in the order of measurement.
struct group {
  const struct load_open **of;
  size_t count;
  double *scratch; // room for one number of each
};

// Over repetitions, on the ln scale where every value allows it.
static struct estimate over_repetitions(const double *values, size_t count, double confidence) {
  struct ci_sample sample = {values, count};
  struct ci ci;
  double sum = 0;
  if (ci_of_sample(sample, STAT_SCALE_LN, NULL, confidence, &ci, NULL) == STATUS_OK) return estimate_of(ci);
  for (size_t i = 0; i < count; i++)
    sum += values[i];
  return (struct estimate){count > 0 ? sum / (double)count : NAN, NAN, NAN};
}

static struct percentiles percentiles_of(const struct group *group, enum load_time time, double confidence) {
  if (group->count == 1) return cells_times_percentiles(&group->of[0]->times.of[time], confidence);
  struct percentiles out;
  struct estimate *to[LOAD_PERCENTILES] = {&out.p50, &out.p95, &out.p99};
  for (size_t p = 0; p < LOAD_PERCENTILES; p++) {
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
      struct times view = group->of[i]->times.of[time]; // sorting changes the order of the values alone
      struct ci ci;
      if (times_quantile(&view, load_percentiles[p], confidence, &ci, NULL) == STATUS_OK && ci.estimate > 0)
        group->scratch[count++] = ci.estimate;
    }
    *to[p] = cells_times_over(group->scratch, count, confidence);
  }
  return out;
}

static void fill_good(const struct group *group, double confidence, struct load *load) {
  double hits = 0, trials = 0, seconds = 0;
  size_t count = 0;
  for (size_t i = 0; i < group->count; i++) {
    const struct load_open *open = group->of[i];
    double answered = (double)(open->requests - open->cancelled);
    if (open->good < 0 || answered <= 0) continue;
    hits += (double)open->good;
    trials += answered;
    seconds += open->total_s;
    group->scratch[count++] = (double)open->good / answered;
  }
  load->good_share = cells_times_share(group->scratch, count, hits, trials, confidence);
  double per_s = seconds > 0 ? trials / seconds : NAN;
  load->goodput = (struct estimate){load->good_share.estimate * per_s, load->good_share.lo * per_s,
                                    load->good_share.hi * per_s};
}

static void fill_rates(const struct group *group, double confidence, struct load *load) {
  size_t served = 0;
  for (size_t i = 0; i < group->count; i++)
    if (group->of[i]->served >= 0)
      group->scratch[served++] = (double)group->of[i]->served / group->of[i]->total_s;
  load->served_per_s = over_repetitions(group->scratch, served, confidence);
  for (size_t i = 0; i < group->count; i++)
    group->scratch[i] = load->repetitions[i].tokens_per_s;
  load->tokens_per_s = over_repetitions(group->scratch, group->count, confidence);
}

static void fill_sums(const struct group *group, struct load *load) {
  double seconds = 0, in_flight = 0;
  int64_t cancelled = 0;
  struct queue queue = {0};
  for (size_t i = 0; i < group->count; i++) {
    const struct load_open *open = group->of[i];
    load->requests += open->requests;
    load->failed += open->failed;
    cancelled += open->cancelled;
    seconds += open->total_s;
    in_flight += open->in_flight / (double)group->count;
    queue_merge(&queue, &open->queue);
    load->repetitions[i] = (struct load_repetition){
        .n = open->in_flight,
        .tokens_per_s = open->amount > 0 ? open->amount / open->total_s : 0,
        .served_per_s = open->served < 0 ? NAN : (double)open->served / open->total_s,
        .duration_s = open->total_s,
        .requests = open->requests,
        .failed = open->failed};
  }
  load->sent_per_s = seconds > 0 ? (double)load->requests / seconds : NAN;
  load->n = group->count > 0 ? in_flight : NAN;
  load->failing = load_is_failing(load->requests, load->failed, cancelled);
  load->queue_slope = queue_slope(&queue, &load->queue_grows);
}

static enum status fill(const struct group *group, double confidence, struct load *load) {
  load->reps = (int64_t)group->count;
  load->repetitions = calloc(group->count + 1, sizeof *load->repetitions);
  if (!load->repetitions) return STATUS_MEMORY;
  fill_sums(group, load);
  fill_rates(group, confidence, load);
  fill_good(group, confidence, load);
  load->ttft_s = percentiles_of(group, LOAD_TTFT, confidence);
  load->latency_s = percentiles_of(group, LOAD_LATENCY, confidence);
  load->tpot_s = percentiles_of(group, LOAD_TPOT, confidence);
  return STATUS_OK;
}

static int order_of(double one, double other) {
  if (isnan(one) || isnan(other)) return isnan(one) - isnan(other);
  return (one > other) - (one < other);
}

static double offered(const struct load *load) {
  return isnan(load->rate) ? load->sent_per_s : load->rate;
}

static int by_offered(const void *a, const void *b) {
  return order_of(offered(a), offered(b));
}

// By load, the valid ones first.
static int by_load(const void *a, const void *b) {
  const struct load_open *one = *(const struct load_open *const *)a,
                         *other = *(const struct load_open *const *)b;
  int order = order_of(one->rate, other->rate);
  if (!order) order = order_of(one->speed, other->speed);
  if (!order) order = one->invalid - other->invalid;
  return order ? order : (one > other) - (one < other);
}

static enum status build(const struct load_open **sorted, size_t count, double *scratch,
                         struct results *results) {
  enum status status = STATUS_OK;
  for (size_t i = 0, next; i < count && status == STATUS_OK; i = next) {
    const struct load_open *first = sorted[i];
    struct load *load = &results->loads[results->load_count++];
    struct group group = {.of = sorted + i, .scratch = scratch};
    *load = (struct load){.rate = first->rate, .speed = first->speed};
    for (next = i; next < count && !order_of(sorted[next]->rate, first->rate) &&
                   !order_of(sorted[next]->speed, first->speed);
         next++) {
      group.count += !sorted[next]->invalid;
      load->invalid += sorted[next]->invalid;
    }
    status = fill(&group, results->confidence, load);
  }
  return status;
}

enum status loads_build(const struct load_data *data, struct results *results, struct error *error) {
  const struct load_open **sorted = malloc((data->open_count + 1) * sizeof(const struct load_open *));
  double *scratch = malloc((data->open_count + 1) * sizeof *scratch);
  results->loads = calloc(data->open_count + 1, sizeof *results->loads);
  enum status status = sorted && scratch && results->loads ? STATUS_OK : STATUS_MEMORY;
  if (status == STATUS_OK) {
    for (size_t i = 0; i < data->open_count; i++)
      sorted[i] = &data->open[i];
    qsort(sorted, data->open_count, sizeof(const struct load_open *), by_load);
    status = build(sorted, data->open_count, scratch, results);
  }
  free(sorted);
  free(scratch);
  if (status != STATUS_OK) return status_plain(error, status);
  qsort(results->loads, results->load_count, sizeof *results->loads, by_offered);
  loads_judge(results);
  return STATUS_OK;
}

size_t loads_usable_rates(const struct results *results) {
  double before = NAN;
  size_t count = 0;
  for (size_t i = 0; i < results->load_count; i++) {
    const struct load *load = &results->loads[i];
    if (load->reps == 0 || load->failing || offered(load) == before) continue;
    before = offered(load);
    count++;
  }
  return count;
}

static void judge(const struct results *results, struct load *load) {
  struct slo_subject subject = slo_subject_of_load(load);
  if (load->reps == 0) {
    load->meets_slo = CELL_SLO_UNKNOWN;
    return;
  }
  struct slo_verdict verdict = slo_judge(results, &subject);
  load->meets_slo = verdict.slo;
  load->slo_certain = verdict.certain;
}

static bool breaks(const struct load *load) {
  return load->reps > 0 && (load->failing || load->queue_grows || load->meets_slo == CELL_SLO_MISSED);
}

static bool holds(const struct results *results, const struct load *load) {
  if (load->reps == 0 || breaks(load)) return false;
  return results->limit_count > 0 ? load->meets_slo == CELL_SLO_MET : isfinite(load->queue_slope);
}

void loads_judge(struct results *results) {
  struct load_answer *answer = &results->load_answer;
  *answer = (struct load_answer){SIZE_MAX, SIZE_MAX};
  for (size_t i = 0; i < results->load_count; i++)
    judge(results, &results->loads[i]);
  for (size_t i = 0; i < results->load_count && answer->broken == SIZE_MAX; i++) {
    if (breaks(&results->loads[i]))
      answer->broken = i;
    else if (holds(results, &results->loads[i]))
      answer->kept = i;
  }
}
