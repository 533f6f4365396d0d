// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/loads_times.h"

#include <math.h>

#include "analyze/judge/estimate.h"
#include "analyze/stat/quantile.h"

// So many requests lie beyond a percentile rarer than RARE where it has an upper end, one in each hundredth
// of a schedule: without the spells that make it, requests seem independent.
#define BEYOND 100
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

// How many independent requests they are worth in an interval; 0: some repetition is too short to tell. A
// variance with few degrees of freedom has a longer tail.
static double worth_of(const struct sums *sums, size_t repetitions, double confidence) {
  double variance = sums->variance, share = sums->hits / sums->count;
  double df = sums->weight > 0 ? variance * variance / sums->weight : INFINITY;
  if (sums->short_one) return 0;
  if (repetitions > 1) {
    double more = (double)repetitions - 1, between = sums->between * (double)repetitions / more;
    bool differ = between > 0 && stat_f_upper_tail(between / variance, more, df) < DIFFERENT;
    variance = differ ? between : isinf(df) ? variance : (df * variance + more * between) / (df + more);
    df = differ ? more : df + more;
  }
  double independent = share * (1 - share) * sums->count;
  double tails = pow(stat_t_multiplier(confidence, df) / stat_t_multiplier(confidence, INFINITY), 2);
  return variance > independent * (1 + 1e-9) ? sums->count * independent / (variance * tails) : sums->count;
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

static double worth_by_mean(const struct loads_group *group, enum load_time time) {
  double worth = 0;
  for (size_t i = 0; i < group->count; i++)
    worth += group->of[i]->worth[time];
  return worth;
}

// What the requests are worth by the count beyond each percentile from `first` to `last` and by the mean
// time: the least of these. A run without a busy spell has a low percentile and neighbours that hardly seem
// alike there; one measure alone would take just such runs for long enough.
static double least_worth(const struct loads_group *group, enum load_time time, size_t first, size_t last,
                          const struct times *pooled, const double *at, double confidence) {
  double least = worth_by_mean(group, time);
  for (size_t p = first; p <= last; p++) {
    struct sums sums = sums_of(group, time, p, pooled, at[p]);
    least = fmin(least, worth_of(&sums, group->count, confidence));
  }
  return least;
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

// A percentile below the spells has them only in its own count; the others are found by all.
static double worth_for(const struct loads_group *group, enum load_time time, size_t percentile,
                        const struct times *pooled, const double *at, double confidence) {
  bool is_common = load_percentiles[percentile] < RARE;
  size_t first = is_common ? percentile : 0, last = is_common ? percentile : LOAD_PERCENTILES - 1;
  return least_worth(group, time, first, last, pooled, at, confidence);
}

struct percentiles loads_times_percentiles(const struct loads_group *group, enum load_time time,
                                           double confidence, double needs_s[LOAD_PERCENTILES]) {
  static const struct estimate none = {NAN, NAN, NAN};
  struct percentiles out = {none, none, none};
  struct estimate *to[LOAD_PERCENTILES] = {&out.p50, &out.p95, &out.p99};
  struct times pooled = {0};
  double at[LOAD_PERCENTILES] = {0}, start_s, steady_s = mean_length(group, &start_s);
  if (pool(group, time, &pooled) != STATUS_OK) stat_end_without_memory();
  double count = (double)times_count(&pooled);
  for (size_t i = 0; i < LOAD_PERCENTILES && count > 0; i++)
    at[i] = times_at_rank(&pooled, quantile_rank(times_count(&pooled), load_percentiles[i]));
  for (size_t i = 0; i < LOAD_PERCENTILES && count > 0; i++) {
    double p = load_percentiles[i], worth = worth_for(group, time, i, &pooled, at, confidence);
    double short_of = p > RARE ? BEYOND / (1 - p) / count : 0;
    to[i]->estimate = at[i];
    set_ends(&pooled, p, confidence, worth, to[i]);
    if (short_of > 1 + 1e-9) to[i]->hi = NAN;
    double more = fmax(worth > 0 ? needed_for(p, confidence) / worth : LONGER, short_of);
    if (isnan(to[i]->hi) && group->of[0]->served >= 0)
      needs_s[i] = fmax(needs_s[i], start_s + steady_s * more);
  }
  times_free(&pooled);
  return out;
}

struct estimate loads_times_good(const struct loads_group *group, double confidence) {
  struct sums sums = {0};
  struct ci ci;
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
  double least = worth_of(&sums, group->count, confidence), share = sums.hits / sums.count;
  for (size_t t = 0; t < LOAD_OPEN_TIMES; t++) {
    double worth = worth_by_mean(group, (enum load_time)t);
    if (times_count(&group->of[0]->pieces[0].times.of[t]) > 0) least = fmin(least, worth);
  }
  struct estimate out = {share, NAN, NAN};
  if (least >= 1 && ci_proportion((uint64_t)round(share * floor(least)), (uint64_t)least, confidence, &ci,
                                  NULL) == STATUS_OK)
    out = (struct estimate){share, fmin(ci.lo, share), fmax(ci.hi, share)};
  // A quiet run has a high share: its lower end is known where p95 has an upper one.
  if (least < needed_for(RESULTS_GOOD_SHARE, confidence)) out.lo = 0;
  if (isnan(out.hi)) out.hi = 1;
  return out;
}
