// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/loads_times.h"

#include <math.h>

#include "analyze/judge/estimate.h"
#include "analyze/stat/quantile.h"

// For an upper end, where requests are all alike: so many times the fewest, by the variance of the time
// itself, and no fewer than SURPLUS_MIN. A percentile rarer than RARE takes them for wholly alike: a run
// without the spell that makes it seems less alike than it is.
#define SURPLUS 8
#define SURPLUS_MIN 400
#define RARE 0.95
#define DIFFERENT 0.10   // p of the F test by which repetitions differ
#define LONGER 3         // times as long, where a repetition is too short even for its own variance
#define COUNT_MAX 9.0e15 // of requests, exact in a double

// Counts of all repetitions: what they are worth as independent requests.
struct sums {
  double count, hits;
  double variance, weight; // of hits, within repetitions; weight: sum of variance^2 / df
  double between;          // squared deviations of the repetitions' hits
  bool short_one;          // some repetition is too short for its variance
};

static void add_spread(struct sums *sums, const struct load_spread *spread) {
  sums->variance += spread->variance;
  sums->weight += spread->df > 0 ? spread->variance * spread->variance / spread->df : 0;
  sums->short_one |= !(spread->df > 0);
}

// How many independent requests they are worth, and by their interval, which has a longer tail.
static void worth_of(const struct sums *sums, size_t repetitions, double confidence, double *worth,
                     double *by_interval) {
  double variance = sums->variance, share = sums->hits / sums->count;
  double df = sums->weight > 0 ? variance * variance / sums->weight : INFINITY;
  if (repetitions > 1) {
    double more = (double)repetitions - 1, between = sums->between * (double)repetitions / more;
    bool differ = between > 0 && stat_f_upper_tail(between / variance, more, df) < DIFFERENT;
    variance = differ ? between : isinf(df) ? variance : (df * variance + more * between) / (df + more);
    df = differ ? more : df + more;
  }
  double independent = share * (1 - share) * sums->count;
  *worth = variance > independent ? sums->count * independent / variance : sums->count;
  double tails = stat_t_multiplier(confidence, INFINITY) / stat_t_multiplier(confidence, df);
  *by_interval = variance > independent ? *worth * tails * tails : *worth;
}

// The fewest independent requests for which both ends of the interval are known.
static double needed_for(double p, double confidence) {
  return ceil(log((1 - confidence) / 2) / log(fmax(p, 1 - p)));
}

static enum status pool(const struct loads_group *group, enum load_time time, struct times *out) {
  enum status status = STATUS_OK;
  for (size_t i = 0; i < group->count * LOAD_PIECES && status == STATUS_OK; i++)
    status = times_merge(out, &group->of[i / LOAD_PIECES]->pieces[i % LOAD_PIECES].times.of[time]);
  return status;
}

static struct sums sums_of(const struct loads_group *group, enum load_time time, size_t percentile,
                           const struct times *pooled, double at) {
  struct sums sums = {.count = (double)times_count(pooled), .hits = (double)times_above(pooled, at)};
  for (size_t i = 0; i < group->count; i++) {
    double deviation = 0;
    for (size_t p = 0; p < LOAD_PIECES; p++) {
      const struct times *own = &group->of[i]->pieces[p].times.of[time];
      deviation += (double)times_above(own, at) - sums.hits / sums.count * (double)times_count(own);
    }
    sums.between += deviation * deviation;
    add_spread(&sums, &group->of[i]->spread[time][percentile]);
  }
  return sums;
}

// The rank among `count` that stands for one among `worth`.
static double rank_among(double count, double worth, uint64_t rank) {
  return ((double)rank - 0.5) / worth * count + 0.5;
}

static void set_ends(struct times *pooled, double p, double confidence, double worth, struct estimate *out) {
  double count = (double)times_count(pooled), whole = fmin(floor(worth + 1e-9), COUNT_MAX);
  uint64_t lo, hi;
  if (!(whole >= 1) || quantile_ranks((uint64_t)whole, p, confidence, &lo, &hi, NULL)) return;
  if (lo > 0) out->lo = times_at_rank(pooled, (uint64_t)fmax(rank_among(count, whole, lo) + 1e-6, 1));
  if ((double)hi <= whole)
    out->hi = times_at_rank(pooled, (uint64_t)fmin(ceil(rank_among(count, whole, hi) - 1e-6), count));
}

static double worth_in_all(const struct loads_group *group, enum load_time time) {
  double worth = 0;
  for (size_t i = 0; i < group->count; i++)
    worth += group->of[i]->worth[time];
  return worth;
}

// How many `count` requests that are worth `all` must be worth for an upper end.
static double surplus_for(double p, double needed, double all, double count) {
  double alike = p > RARE ? 1 : fmax(1 - all / count, 0);
  return fmax((1 + (SURPLUS - 1) * alike) * needed, SURPLUS_MIN * alike);
}

static double mean_length(const struct loads_group *group, double *start_s) {
  double steady = 0;
  *start_s = 0;
  for (size_t i = 0; i < group->count; i++) {
    steady += (group->of[i]->total_s - group->of[i]->start_s) / (double)group->count;
    *start_s += group->of[i]->start_s / (double)group->count;
  }
  return steady;
}

struct estimate loads_times_percentile(const struct loads_group *group, enum load_time time,
                                       size_t percentile, double confidence, double *needs_s) {
  struct estimate out = {NAN, NAN, NAN};
  struct times pooled = {0};
  struct ci ci;
  double p = load_percentiles[percentile], start_s, steady_s = mean_length(group, &start_s);
  if (pool(group, time, &pooled) != STATUS_OK) stat_end_without_memory();
  if (times_count(&pooled) > 0 && times_quantile(&pooled, p, confidence, &ci, NULL) == STATUS_OK) {
    double worth, by_interval;
    struct sums sums = sums_of(group, time, percentile, &pooled, ci.estimate);
    worth_of(&sums, group->count, confidence, &worth, &by_interval);
    out.estimate = ci.estimate;
    if (!sums.short_one) set_ends(&pooled, p, confidence, by_interval, &out);
    // A quiet run has a low percentile and neighbours that hardly seem alike: its upper end needs more.
    double needed = needed_for(p, confidence), all = fmin(worth_in_all(group, time), worth);
    double surplus = surplus_for(p, needed, all, sums.count);
    if (all < surplus) out.hi = NAN;
    double more = fmax(fmax(needed / by_interval, surplus / fmax(all, 1)), sums.short_one ? LONGER : 1);
    if (isnan(out.hi) && group->of[0]->served >= 0) *needs_s = fmax(*needs_s, start_s + steady_s * more);
  }
  times_free(&pooled);
  return out;
}

struct percentiles loads_times_percentiles(const struct loads_group *group, enum load_time time,
                                           double confidence, double needs_s[LOAD_PERCENTILES]) {
  struct percentiles out;
  struct estimate *to[LOAD_PERCENTILES] = {&out.p50, &out.p95, &out.p99};
  for (size_t p = 0; p < LOAD_PERCENTILES; p++)
    *to[p] = loads_times_percentile(group, time, p, confidence, &needs_s[p]);
  return out;
}

struct estimate loads_times_good(const struct loads_group *group, double confidence) {
  struct sums sums = {0};
  struct ci ci;
  double worth, by_interval;
  for (size_t i = 0; i < group->count; i++) {
    const struct load_open *open = group->of[i];
    if (open->good < 0 || open->answered <= 0) return (struct estimate){NAN, NAN, NAN};
    sums.count += (double)open->answered;
    sums.hits += (double)open->good;
    add_spread(&sums, &open->good_spread);
  }
  for (size_t i = 0; i < group->count; i++) {
    double share = sums.hits / sums.count;
    sums.between += pow((double)group->of[i]->good - share * (double)group->of[i]->answered, 2);
  }
  if (!(sums.count > 0)) return (struct estimate){NAN, NAN, NAN};
  worth_of(&sums, group->count, confidence, &worth, &by_interval);
  double all = sums.count;
  for (size_t t = 0; t < LOAD_OPEN_TIMES; t++)
    if (times_count(&group->of[0]->pieces[0].times.of[t]) > 0) all = fmin(all, worth_in_all(group, (enum load_time)t));
  by_interval = fmin(by_interval, all);
  uint64_t trials = (uint64_t)fmax(by_interval, 1);
  double share = sums.hits / sums.count;
  struct estimate out = {share, NAN, NAN};
  if (!sums.short_one &&
      ci_proportion((uint64_t)round(share * (double)trials), trials, confidence, &ci, NULL) == STATUS_OK)
    out = (struct estimate){share, fmin(ci.lo, share), fmax(ci.hi, share)};
  if (all < surplus_for(0.5, 1, all, sums.count)) out.lo = 0; // a quiet run has a high share
  return out;
}
