// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/recommend.h"

#include <math.h>
#include <stdlib.h>

#include "analyze/judge/estimate.h"
#include "analyze/stat/compare.h"
#include "analyze/stat/mcb.h"

#define REPEAT_MAX 100
#define POWER_Z 0.84 // a repetition of the search decides in 80 % of cases

// What is compared: a level by its steady throughput, or a cell by its own. By requests in flight, fewest
// first.
struct contender {
  size_t cell; // index into results.cells: of a level its highest
  int64_t in_flight, workers, batch;
  struct ci_sample values;
  const int64_t *blocks; // of levels; NULL: of cells
  struct estimate throughput;
};

struct contest {
  struct contender *of;
  size_t count;
  bool *in_set;
  double *below; // at most this share below the best
  struct ci_sample *samples;
  double d; // the critical value behind `below`; 0: not known
};

static enum status contest_new(size_t most, struct contest *contest) {
  contest->of = calloc(most + 1, sizeof *contest->of);
  contest->in_set = calloc(most + 1, sizeof *contest->in_set);
  contest->below = calloc(most + 1, sizeof *contest->below);
  contest->samples = calloc(most + 1, sizeof *contest->samples);
  return contest->of && contest->in_set && contest->below && contest->samples ? STATUS_OK : STATUS_MEMORY;
}

static void contest_free(struct contest *contest) {
  free(contest->of);
  free(contest->in_set);
  free(contest->below);
  free(contest->samples);
}

static int compare_contenders(const void *left, const void *right) {
  const struct contender *a = left, *b = right;
  if (a->in_flight != b->in_flight) return a->in_flight < b->in_flight ? -1 : 1;
  if (a->workers != b->workers) return a->workers < b->workers ? -1 : 1;
  return (a->batch > b->batch) - (a->batch < b->batch);
}

static void list_levels(const struct steady_levels *steady, const struct results *results,
                        struct contest *contest) {
  for (size_t i = 0; i < steady->count; i++) {
    const struct steady_sample *sample = &steady->of[i];
    const struct workers_row *row = &results->workers[sample->row];
    size_t cell = results_level_cell(results, row);
    contest->of[contest->count++] = (struct contender){
        .cell = cell,
        .in_flight = row->workers,
        .workers = row->workers,
        .batch = results->cells[cell].batch,
        .values = {sample->values, sample->count},
        .blocks = sample->blocks,
        .throughput = row->steady.throughput,
    };
  }
}

static void list_cells(const struct cells_samples *samples, const struct results *results,
                       struct contest *contest) {
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    if (!cells_usable(cell)) continue;
    contest->of[contest->count++] = (struct contender){
        .cell = i,
        .in_flight = cell->workers < cell->batch ? cell->workers : cell->batch,
        .workers = cell->workers,
        .batch = cell->batch,
        .values = {samples->of[i].values, samples->of[i].count},
        .throughput = cell->tokens_per_s,
    };
  }
}

// values[block * count + contender] on the scale where every contender was measured once in each of the same
// blocks, two at least; NULL where not.
static double *complete_blocks(const struct contest *contest, enum stat_scale scale) {
  size_t blocks = contest->of[0].values.count, count = contest->count;
  double *matrix = blocks < 2 || count < 2 ? NULL : calloc(blocks * count, sizeof *matrix);
  if (!matrix) return NULL;
  bool complete = true;
  for (size_t c = 0; c < count && complete; c++) {
    const struct contender *one = &contest->of[c];
    complete = one->blocks && one->values.count == blocks;
    for (size_t b = 0; b < blocks && complete; b++) {
      size_t at = 0;
      while (at < blocks && one->blocks[at] != contest->of[0].blocks[b])
        at++;
      complete = at < blocks;
      if (complete) matrix[b * count + c] = stat_to_scale(scale, one->values.values[at]);
    }
  }
  if (complete) return matrix;
  free(matrix);
  return NULL;
}

static enum status compare_in_blocks(struct contest *contest, const struct mcb_options *mcb,
                                     struct error *error) {
  double *matrix = complete_blocks(contest, mcb->scale);
  double *level = calloc(contest->count, sizeof *level);
  struct mcb_result result = {0};
  enum status status = !level ? STATUS_MEMORY : STATUS_NUMERIC;
  if (matrix && level) {
    for (size_t i = 0; i < contest->count; i++)
      level[i] = (double)contest->of[i].workers;
    status = mcb_blocks(matrix, contest->of[0].values.count, contest->count, level, mcb, contest->in_set,
                        contest->below, &result, error);
  }
  contest->d = result.d;
  free(matrix);
  free(level);
  return status;
}

static enum status compare_pooled(struct contest *contest, const struct ci_spread *spread,
                                  const struct mcb_options *mcb, struct error *error) {
  double *means = calloc(contest->count, sizeof *means);
  size_t *replicates = calloc(contest->count, sizeof *replicates);
  struct mcb_result result = {0};
  enum status status = means && replicates ? STATUS_OK : STATUS_MEMORY;
  for (size_t i = 0; i < contest->count && status == STATUS_OK; i++) {
    const struct ci_sample *sample = &contest->samples[i];
    replicates[i] = sample->count;
    for (size_t r = 0; r < sample->count; r++)
      means[i] += stat_to_scale(mcb->scale, sample->values[r]) / (double)sample->count;
  }
  if (status == STATUS_OK) {
    status = mcb_cells(means, replicates, contest->count, *spread, mcb, contest->in_set, contest->below,
                       &result, error);
  }
  contest->d = result.d;
  free(means);
  free(replicates);
  return status;
}

// Writes in_set, and into `below` the regret of each. `of_levels`: their own spreads count, not the options'.
// STATUS_NUMERIC where no spread is known.
static enum status compare_all(struct contest *contest, const struct best_options *options, bool of_levels,
                               double confidence, struct error *error) {
  struct mcb_options mcb = {
      .confidence = confidence, .scale = options->scale, .seed = options->seed, .draws = options->draws};
  if (mcb.draws == 0) mcb.draws = mcb_draws(contest->count);
  struct ci_pool pool = options->pool;
  enum status status = STATUS_OK;
  if (of_levels) status = ci_pool_samples(contest->samples, contest->count, options->scale, &pool, error);
  if (status != STATUS_OK) return status;
  status = STATUS_NUMERIC;
  // Blocks have one spread for all; where spreads differ, those of each pair come first.
  if (pool.different && contest->count <= MCB_PAIRS_MAX) {
    struct mcb_result result = {0};
    status = mcb_pairs(contest->samples, contest->count, &pool, &mcb, contest->in_set, contest->below,
                       &result, error);
    contest->d = result.d;
  }
  if (status == STATUS_NUMERIC && options->managed && of_levels)
    status = compare_in_blocks(contest, &mcb, error);
  if (status == STATUS_NUMERIC) status = compare_pooled(contest, &pool.spread, &mcb, error);
  return status;
}

// From a regret, the share by which the best may be better, to the share by which this one may be below it.
static void regrets_to_shares(struct contest *contest, enum stat_scale scale) {
  for (size_t i = 0; i < contest->count; i++) {
    double regret = contest->below[i];
    if (scale == STAT_SCALE_LINEAR) regret /= contest->of[i].throughput.estimate;
    contest->below[i] = regret / (1 + regret);
  }
}

static size_t highest_of(const struct contest *contest) {
  size_t highest = 0;
  for (size_t i = 1; i < contest->count; i++) {
    if (contest->of[i].throughput.estimate > contest->of[highest].throughput.estimate) highest = i;
  }
  return highest;
}

// Repetitions after which the highest would be shown, if means and spreads stay: the half-width of its bound
// shrinks with their square root. The margin of the normal power is added once.
static int64_t repeat_needed(const struct contest *contest, size_t highest, double margin) {
  double second = 0, fewest = INFINITY;
  for (size_t i = 0; i < contest->count; i++) {
    fewest = fmin(fewest, (double)contest->of[i].values.count);
    if (i != highest) second = fmax(second, contest->of[i].throughput.estimate);
  }
  double lead = log(contest->of[highest].throughput.estimate / second);
  double half = -log1p(-contest->below[highest]) + lead, allowed = -log1p(-margin) + lead;
  double power = contest->d > 0 ? 1 + POWER_Z / contest->d : 1;
  double repeat = ceil(fewest * pow(half * power / allowed, 2));
  return repeat <= REPEAT_MAX ? (int64_t)repeat : -1;
}

static int compare_by_throughput(const void *left, const void *right) {
  double a = ((const struct contender *)left)->throughput.estimate;
  double b = ((const struct contender *)right)->throughput.estimate;
  return (a < b) - (a > b);
}

// Those that are not shown to be below the best, the highest first; reorders the contest.
static enum status keep_candidates(struct contest *contest, struct recommendation *out) {
  out->candidates = calloc(contest->count + 1, sizeof *out->candidates);
  if (!out->candidates) return STATUS_MEMORY;
  size_t kept = 0;
  for (size_t i = 0; i < contest->count; i++) {
    if (contest->in_set[i]) contest->of[kept++] = contest->of[i];
  }
  qsort(contest->of, kept, sizeof *contest->of, compare_by_throughput);
  for (size_t i = 0; i < kept; i++)
    out->candidates[i] = contest->of[i].cell;
  out->candidate_count = kept;
  return STATUS_OK;
}

static bool keeps_limits(const struct results *results, const struct contender *one) {
  const struct cell *cell = &results->cells[one->cell];
  return cell->meets_slo == CELL_SLO_MET && cell->slo_certain;
}

static struct estimate ratio_to(const struct contender *one, const struct contender *own, double confidence,
                                double margin) {
  struct compare_options options = {confidence, margin, 0};
  struct compare compare;
  if (compare_cell(own->values, one->values, &options, &compare, NULL) == STATUS_OK)
    return estimate_of(compare.ratio);
  return (struct estimate){one->throughput.estimate / own->throughput.estimate, NAN, NAN};
}

// The next level up: of cells the highest of that level.
static void find_next_up(const struct contest *contest, size_t chosen, double confidence,
                         struct recommendation *out) {
  size_t next = SIZE_MAX;
  for (size_t i = 0; i < contest->count; i++) {
    const struct contender *one = &contest->of[i];
    if (one->workers <= contest->of[chosen].workers) continue;
    if (next != SIZE_MAX && one->workers > contest->of[next].workers) continue;
    if (next == SIZE_MAX || one->workers < contest->of[next].workers ||
        one->throughput.estimate > contest->of[next].throughput.estimate)
      next = i;
  }
  if (next == SIZE_MAX) return;
  out->next_up = contest->of[next].cell;
  out->next_up_ratio = ratio_to(&contest->of[next], &contest->of[chosen], confidence, out->margin);
}

// The fewest in flight below the recommended one that may be enough as well: what they have was measured
// within the margin, and is not shown to be.
static void find_fewer(const struct contest *contest, size_t chosen, const struct results *results,
                       struct recommendation *out) {
  const struct contender *own = &contest->of[chosen];
  double highest = 0;
  for (size_t i = 0; i < contest->count; i++) {
    if (!out->limits || keeps_limits(results, &contest->of[i]))
      highest = fmax(highest, contest->of[i].throughput.estimate);
  }
  for (size_t i = 0; i < chosen; i++) {
    const struct contender *one = &contest->of[i];
    if (one->workers >= own->workers || one->in_flight >= own->in_flight ||
        one->throughput.estimate < (1 - out->margin) * highest ||
        (out->limits && !keeps_limits(results, one)))
      continue;
    out->fewer = one->cell;
    out->fewer_ratio = ratio_to(one, own, results->confidence, out->margin);
    return;
  }
}

static enum status decide(struct contest *contest, struct recommendation *out) {
  size_t chosen = SIZE_MAX, highest = highest_of(contest);
  for (size_t i = 0; i < contest->count && chosen == SIZE_MAX; i++) {
    if (contest->below[i] <= out->margin) chosen = i;
  }
  out->state = chosen == SIZE_MAX ? RECOMMENDATION_UNDECIDED : RECOMMENDATION_SHOWN;
  if (chosen == SIZE_MAX) chosen = highest;
  out->cell = contest->of[chosen].cell;
  out->throughput = contest->of[chosen].throughput;
  out->below_best_at_most = contest->below[chosen];
  if (out->state == RECOMMENDATION_SHOWN) return STATUS_OK;
  out->repeat = repeat_needed(contest, highest, out->margin);
  return keep_candidates(contest, out);
}

static bool misses_limits(const struct results *results, const struct contender *one) {
  const struct cell *cell = &results->cells[one->cell];
  return cell->meets_slo == CELL_SLO_MISSED && cell->slo_certain;
}

// Nothing keeps the limits for certain.
static enum status without_kept(const struct contest *all, const struct results *results,
                                struct recommendation *out) {
  size_t chosen = SIZE_MAX;
  out->candidates = calloc(all->count + 1, sizeof *out->candidates);
  if (!out->candidates) return STATUS_MEMORY;
  for (size_t i = 0; i < all->count; i++) {
    if (misses_limits(results, &all->of[i])) continue;
    out->candidates[out->candidate_count++] = all->of[i].cell;
    if (chosen == SIZE_MAX || all->of[i].throughput.estimate > all->of[chosen].throughput.estimate)
      chosen = i;
  }
  bool open = chosen != SIZE_MAX;
  if (!open) chosen = 0;
  out->state = open ? RECOMMENDATION_UNDECIDED : RECOMMENDATION_NONE;
  out->limits = open ? RECOMMENDATION_OPEN : RECOMMENDATION_MISSED;
  out->cell = all->of[chosen].cell;
  out->throughput = all->of[chosen].throughput;
  return STATUS_OK;
}

static enum status compare_and_decide(struct contest *contest, const struct best_options *options,
                                      bool of_levels, double confidence, struct recommendation *out,
                                      struct error *error) {
  for (size_t i = 0; i < contest->count; i++)
    contest->samples[i] = contest->of[i].values;
  enum status status = compare_all(contest, options, of_levels, confidence, error);
  if (status == STATUS_NUMERIC) return STATUS_OK; // no spread: nothing can be shown
  if (status != STATUS_OK) return status;
  regrets_to_shares(contest, options->scale);
  return decide(contest, out);
}

// Among all, with limits among those that keep them for certain.
static enum status choose(const struct contest *all, const struct best_options *options, bool has_spread,
                          const struct results *results, struct recommendation *out, struct error *error) {
  struct contest kept = {0};
  bool limited = results->limit_count > 0;
  enum status status = contest_new(all->count, &kept);
  for (size_t i = 0; i < all->count && status == STATUS_OK; i++) {
    if (!limited || keeps_limits(results, &all->of[i])) kept.of[kept.count++] = all->of[i];
  }
  if (status == STATUS_OK && limited && kept.count > 0) {
    const struct contender *highest = &kept.of[highest_of(&kept)];
    out->limits = RECOMMENDATION_KEPT;
    out->cell = highest->cell;
    out->throughput = highest->throughput;
    if (kept.count == 1) {
      out->state = RECOMMENDATION_SHOWN;
      out->below_best_at_most = 0;
    }
  }
  if (status == STATUS_OK && !limited && out->steady) { // until something is shown
    const struct contender *highest = &all->of[highest_of(all)];
    out->cell = highest->cell;
    out->throughput = highest->throughput;
  }
  if (status == STATUS_OK && kept.count == 0 && all->count > 0) {
    status = without_kept(all, results, out);
  } else if (status == STATUS_OK && kept.count > 1 && has_spread) {
    bool own_spreads = out->steady && results->sigma_source != SIGMA_GIVEN;
    status = compare_and_decide(&kept, options, own_spreads, results->confidence, out, error);
  }
  contest_free(&kept);
  return status;
}

// What lies above the recommended one: the next level, and the first that does not keep the limits.
static void look_up_from_chosen(const struct contest *all, const struct results *results,
                                struct recommendation *out) {
  size_t chosen = 0;
  while (chosen < all->count && all->of[chosen].cell != out->cell)
    chosen++;
  if (chosen == all->count || out->state != RECOMMENDATION_SHOWN) return;
  find_next_up(all, chosen, results->confidence, out);
  find_fewer(all, chosen, results, out);
  for (size_t i = chosen + 1; i < all->count && out->limits && out->stopped == SIZE_MAX; i++) {
    if (all->of[i].in_flight > all->of[chosen].in_flight && !keeps_limits(results, &all->of[i]))
      out->stopped = all->of[i].cell;
  }
}

double recommend_level_throughput(const struct results *results, const struct workers_row *row) {
  if (!row->usable) return 0;
  return results->recommendation.steady ? row->steady.throughput.estimate : row->max_tokens_per_s;
}

double recommend_highest_level(const struct results *results) {
  double most = 0;
  for (size_t i = 0; i < results->workers_count; i++)
    most = fmax(most, recommend_level_throughput(results, &results->workers[i]));
  return most;
}

const struct workers_row *recommend_last_usable(const struct results *results) {
  size_t count = results->workers_count;
  while (count > 0 && !results->workers[count - 1].usable)
    count--;
  return count > 0 ? &results->workers[count - 1] : NULL;
}

bool recommend_on_plateau(const struct results *results) {
  const struct workers_row *last = recommend_last_usable(results);
  if (!last || last == results->workers) return false;
  const struct workers_row *below = last - 1;
  while (below > results->workers && !below->usable) // a hole
    below--;
  return below->usable &&
         recommend_level_throughput(results, last) <
             recommend_level_throughput(results, below) * (1 + results->recommendation.margin);
}

// Nobody is sent beyond a plateau: the last level is an edge only where it is the one to choose, or may be.
static void settle_edges(struct results *results) {
  const struct recommendation *chosen = &results->recommendation;
  struct best *best = &results->best;
  if (chosen->limits != RECOMMENDATION_UNLIMITED && chosen->state != RECOMMENDATION_SHOWN) {
    best->workers_edge = best->batch_edge = false; // the limits are the edge
    best->recommended = chosen->cell;
  }
  if (chosen->state == RECOMMENDATION_NONE) return;
  const struct cell *cell = &results->cells[chosen->cell];
  best->workers_edge = chosen->limits != RECOMMENDATION_OPEN &&
                       cell->workers == results->workers[results->workers_count - 1].workers &&
                       !recommend_on_plateau(results);
  best->batch_edge = best->batch_edge && !chosen->steady && chosen->cell == best->cell;
  best->recommended = chosen->cell;
}

enum status recommend(const struct cells_samples *samples, const struct steady_levels *steady,
                      const struct best_options *options, double margin, struct results *results,
                      struct error *error) {
  struct recommendation *out = &results->recommendation;
  *out = (struct recommendation){.margin = margin > 0 ? margin : RECOMMEND_MARGIN,
                                 .steady = steady->complete,
                                 .fitted = steady->fitted,
                                 .cell = SIZE_MAX,
                                 .below_best_at_most = NAN,
                                 .throughput = {NAN, NAN, NAN},
                                 .next_up = SIZE_MAX,
                                 .next_up_ratio = {NAN, NAN, NAN},
                                 .fewer = SIZE_MAX,
                                 .fewer_ratio = {NAN, NAN, NAN},
                                 .repeat = -1,
                                 .stopped = SIZE_MAX};
  bool has_spread = results->sigma_source != SIGMA_NONE && results->sigma_source != SIGMA_PSEUDO_REPLICATES;
  struct contest contest = {0};
  enum status status = contest_new(results->cell_count, &contest);
  if (status == STATUS_OK && steady->complete) {
    list_levels(steady, results, &contest);
  } else if (status == STATUS_OK && (has_spread || results->limit_count > 0)) {
    list_cells(samples, results, &contest);
  }
  if (contest.count > 0) qsort(contest.of, contest.count, sizeof *contest.of, compare_contenders);
  if (status == STATUS_OK)
    status = choose(&contest, options, has_spread || steady->complete, results, out, error);
  if (status == STATUS_OK) {
    look_up_from_chosen(&contest, results, out);
    settle_edges(results);
  }
  contest_free(&contest);
  return status == STATUS_MEMORY ? status_plain(error, status) : status;
}
