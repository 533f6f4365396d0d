// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/loads.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/estimate.h"
#include "analyze/judge/loads_times.h"
#include "analyze/judge/slo.h"

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

// Of all requests, the geometric mean over repetitions.
static struct percentiles whole_of(const struct loads_group *group, enum load_time time) {
  double sums[LOAD_PERCENTILES] = {0};
  for (size_t i = 0; i < group->count; i++) {
    for (size_t p = 0; p < LOAD_PERCENTILES; p++)
      sums[p] += log(group->of[i]->whole.of[time][p]) / (double)group->count;
  }
  return (struct percentiles){
      .p50 = {exp(sums[0]), NAN, NAN}, .p95 = {exp(sums[1]), NAN, NAN}, .p99 = {exp(sums[2]), NAN, NAN}};
}

static void fill_times(const struct loads_group *group, double confidence, struct load *load) {
  static const struct percentiles none = {{NAN, NAN, NAN}, {NAN, NAN, NAN}, {NAN, NAN, NAN}};
  struct percentiles *steady[LOAD_OPEN_TIMES] = {&load->ttft_s, &load->latency_s, &load->tpot_s},
                     *whole[LOAD_OPEN_TIMES] = {&load->whole_ttft_s, &load->whole_latency_s,
                                                &load->whole_tpot_s};
  for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
    *whole[t] = group->count > 0 ? whole_of(group, (enum load_time)t) : none;
    *steady[t] = load->queue_grows
                     ? none
                     : loads_times_percentiles(group, (enum load_time)t, confidence, load->needs_s[t]);
  }
}

// Requests that came in the steady part are judged, and served are those that ended in it: of few requests
// more may come than end, but no more are good than were served.
static void fill_good(const struct loads_group *group, double confidence, struct load *load) {
  double answered = 0, seconds = 0;
  for (size_t i = 0; i < group->count; i++) {
    const struct load_open *open = group->of[i];
    answered += (double)open->answered;
    seconds += open->total_s - open->start_s;
  }
  load->good_share = loads_times_good(group, confidence);
  double per_s = seconds > 0 ? answered / seconds : NAN, served = load->served_per_s.estimate;
  if (load->good_share.estimate * per_s > served) per_s = served / load->good_share.estimate;
  load->goodput = (struct estimate){load->good_share.estimate * per_s, load->good_share.lo * per_s,
                                    load->good_share.hi * per_s};
}

static void fill_rates(const struct loads_group *group, double *scratch, double confidence,
                       struct load *load) {
  size_t served = 0;
  for (size_t i = 0; i < group->count; i++) {
    const struct load_open *open = group->of[i];
    if (open->served >= 0) scratch[served++] = (double)open->served / (open->total_s - open->start_s);
    load->start_s += open->start_s / (double)group->count;
  }
  load->served_per_s = over_repetitions(scratch, served, confidence);
  for (size_t i = 0; i < group->count; i++)
    scratch[i] = load->repetitions[i].tokens_per_s;
  load->tokens_per_s = over_repetitions(scratch, group->count, confidence);
}

static void fill_sums(const struct loads_group *group, struct load *load) {
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
        .served_per_s = open->served < 0 ? NAN : (double)open->served / (open->total_s - open->start_s),
        .duration_s = open->total_s,
        .requests = open->requests,
        .failed = open->failed};
  }
  load->sent_per_s = seconds > 0 ? (double)load->requests / seconds : NAN;
  load->n = group->count > 0 ? in_flight : NAN;
  load->failing = load_is_failing(load->requests, load->failed, cancelled);
  load->queue_slope = queue_slope(&queue, &load->queue_grows);
}

static enum status fill(const struct loads_group *group, double *scratch, double confidence,
                        struct load *load) {
  load->reps = (int64_t)group->count;
  load->repetitions = calloc(group->count + 1, sizeof *load->repetitions);
  if (!load->repetitions) return STATUS_MEMORY;
  fill_sums(group, load);
  fill_rates(group, scratch, confidence, load);
  fill_good(group, confidence, load);
  fill_times(group, confidence, load);
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
    struct loads_group group = {.of = sorted + i};
    *load = (struct load){.rate = first->rate, .speed = first->speed};
    for (next = i; next < count && !order_of(sorted[next]->rate, first->rate) &&
                   !order_of(sorted[next]->speed, first->speed);
         next++) {
      group.count += !sorted[next]->invalid;
      load->invalid += sorted[next]->invalid;
    }
    status = fill(&group, scratch, results->confidence, load);
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
  for (size_t i = 0; i < results->load_count && data->has_limits && data->limits.tpot_ns >= 0; i++) {
    struct load *load = &results->loads[i];
    if (isnan(load->whole_tpot_s.p50.estimate)) // no request has what is limited
      load->goodput = load->good_share = (struct estimate){NAN, NAN, NAN};
  }
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
