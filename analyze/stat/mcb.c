// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/stat/mcb.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum status mcb_critical_value(size_t others, double df, double confidence, uint64_t seed, size_t draws,
                               double *d, struct error *error) {
  enum status status = stat_check_confidence(confidence, error);
  if (status) return status;
  if (others == 0) return status_fail(error, STATUS_USAGE, "nothing to compare with");
  if (!(df > 0)) return status_fail(error, STATUS_NUMERIC, "no degrees of freedom");
  if (draws == 0) draws = MCB_DRAWS;
  double *sample = malloc(draws * sizeof *sample);
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!sample || !rng) {
    status = stat_no_memory(error, "no memory for %zu draws", draws);
    goto cleanup;
  }
  gsl_rng_set(rng, (unsigned long)seed);
  for (size_t i = 0; i < draws; i++) {
    // The largest of m normals is the normal quantile of U^(1/m); its upper tail keeps the digits near 1.
    double largest = gsl_cdf_ugaussian_Qinv(-expm1(log(gsl_rng_uniform_pos(rng)) / (double)others));
    double own = gsl_ran_ugaussian(rng);
    double spread = isinf(df) ? 1 : sqrt(gsl_ran_chisq(rng, df) / df);
    sample[i] = (largest - own) / (M_SQRT2 * spread);
  }
  size_t rank = (size_t)ceil(confidence * (double)draws);
  *d = gsl_stats_select(sample, 1, draws, rank > 0 ? rank - 1 : 0);

cleanup:
  gsl_rng_free(rng);
  free(sample);
  return status;
}

// The rivals of one cell that share a margin, of which only the largest mean counts; -INFINITY: there are
// none.
struct rival {
  double mean;
  double margin; // how far a difference to one of them may be off: critical value times its standard error
};

// The `group`th of a fixed number of groups as cell i sees it (which is no rival of its own). Cells are many
// and groups few, so that judging needs no look at every pair.
typedef struct rival rival_of(const void *context, size_t i, size_t group);

size_t mcb_draws(size_t cells) {
  if (cells <= 500) return 0;
  return 50000000 / cells < 2000 ? 2000 : 50000000 / cells;
}

double mcb_regret(enum stat_scale scale, double loss) {
  if (!(loss > 0)) return 0;
  return scale == STAT_SCALE_LN ? expm1(loss) : loss;
}

static void choose_set(const double *means, size_t count, enum stat_scale scale, rival_of *rival,
                       size_t groups, const void *context, bool *in_set, double *regret,
                       struct mcb_result *result) {
  result->best = 0;
  result->set_size = 0;
  for (size_t i = 1; i < count; i++) {
    if (means[i] > means[result->best]) result->best = i;
  }
  for (size_t i = 0; i < count; i++) {
    double loss = 0; // the most by which some other cell may be better
    double lead = 0; // the most by which cell i may be the best, at or below zero: less than zero is out
    for (size_t g = 0; g < groups; g++) {
      struct rival other = rival(context, i, g);
      if (isinf(other.mean)) continue;
      loss = fmax(loss, other.mean - means[i] + other.margin);
      lead = fmin(lead, means[i] - other.mean + other.margin);
    }
    bool member = i == result->best || lead >= 0;
    if (member) result->set_size++;
    if (in_set) in_set[i] = member;
    if (regret) regret[i] = mcb_regret(scale, loss);
    if (i == result->best) result->regret_bound = mcb_regret(scale, loss);
  }
}

// The two largest means among some cells, and whose the largest is.
struct leaders {
  double first, second;
  size_t holder;
};

static const struct leaders nobody = {-INFINITY, -INFINITY, SIZE_MAX};

static void move_leader(struct leaders *leaders, double mean, size_t holder) {
  if (mean > leaders->first) {
    leaders->second = leaders->first;
    leaders->first = mean;
    leaders->holder = holder;
  } else if (mean > leaders->second) {
    leaders->second = mean;
  }
}

static double leader_beside(const struct leaders *leaders, size_t holder) {
  return leaders->holder == holder ? leaders->second : leaders->first;
}

// Independent cells: those with equally many replicates share a margin.
struct cells {
  const size_t *replicates;
  double scaled; // d times sd
  size_t *group_replicates;
  struct leaders *groups;
};

static double cells_margin(double scaled, size_t one, size_t other) {
  return scaled * sqrt(1 / (double)one + 1 / (double)other);
}

static struct rival cells_rival(const void *context, size_t i, size_t group) {
  const struct cells *cells = context;
  return (struct rival){leader_beside(&cells->groups[group], i),
                        cells_margin(cells->scaled, cells->replicates[i], cells->group_replicates[group])};
}

static int compare_sizes(const void *left, const void *right) {
  size_t a = *(const size_t *)left, b = *(const size_t *)right;
  return (a > b) - (a < b);
}

static enum status compare_cells(const double *means, const size_t *replicates, size_t count, double scaled,
                                 enum stat_scale scale, bool *in_set, double *regret,
                                 struct mcb_result *result, struct error *error) {
  struct cells cells = {.replicates = replicates, .scaled = scaled};
  cells.group_replicates = malloc(count * sizeof *cells.group_replicates);
  cells.groups = malloc(count * sizeof *cells.groups);
  enum status status = STATUS_OK;
  if (!cells.group_replicates || !cells.groups) {
    status = stat_no_memory(error, "no memory for %zu cells", count);
    goto cleanup;
  }
  memcpy(cells.group_replicates, replicates, count * sizeof *replicates);
  qsort(cells.group_replicates, count, sizeof *replicates, compare_sizes);
  size_t groups = 0;
  for (size_t i = 0; i < count; i++) {
    if (groups > 0 && cells.group_replicates[i] == cells.group_replicates[groups - 1]) continue;
    cells.group_replicates[groups] = cells.group_replicates[i];
    cells.groups[groups++] = nobody;
  }
  for (size_t i = 0; i < count; i++) {
    const size_t *group =
        bsearch(&replicates[i], cells.group_replicates, groups, sizeof *replicates, compare_sizes);
    move_leader(&cells.groups[group - cells.group_replicates], means[i], i);
  }
  choose_set(means, count, scale, cells_rival, groups, &cells, in_set, regret, result);
cleanup:
  free(cells.group_replicates);
  free(cells.groups);
  return status;
}

static enum status check_cells(const double *means, const size_t *replicates, size_t count,
                               struct ci_spread spread, struct error *error) {
  if (count == 0) return status_fail(error, STATUS_USAGE, "no cells");
  if (!stat_all_finite(means, count)) return status_fail(error, STATUS_NUMERIC, "a mean is not finite");
  for (size_t i = 0; i < count; i++) {
    if (replicates[i] == 0) return status_fail(error, STATUS_USAGE, "a cell without replicates");
  }
  if (!(spread.df > 0) || !(spread.sd > 0) || !isfinite(spread.sd)) {
    return status_fail(error, STATUS_NUMERIC, "no known spread: cells cannot be compared");
  }
  return STATUS_OK;
}

enum status mcb_cells(const double *means, const size_t *replicates, size_t count, struct ci_spread spread,
                      const struct mcb_options *options, bool *in_set, double *regret,
                      struct mcb_result *result, struct error *error) {
  struct mcb_result found = {0};
  enum status status = check_cells(means, replicates, count, spread, error);
  if (!status) status = stat_check_confidence(options->confidence, error);
  if (!status && count > 1) {
    status = mcb_critical_value(count - 1, spread.df, options->confidence, options->seed, options->draws,
                                &found.d, error);
  }
  if (status) return status;
  status = compare_cells(means, replicates, count, found.d * spread.sd, options->scale, in_set, regret,
                         &found, error);
  if (status == STATUS_OK) *result = found;
  return status;
}

// The variances of blocked measurements: of a cell within its session, and of sessions (which hold 1/c of the
// former).
struct components {
  double cell_square; // mean square of cells within level and block
  double cell_df;
  double session_square; // mean square of level means within block
  double session_df;
  double cells_per_session; // harmonic mean over levels
};

// Cells in the order of their levels; group[i] is the level of cell i by number.
struct levels {
  size_t *order, *group;
  struct leaders *groups;
  size_t count;
  struct leaders tops; // of the groups' largest, by group
};

struct keyed {
  double level;
  size_t cell;
};

static int compare_keyed(const void *left, const void *right) {
  const struct keyed *a = left, *b = right;
  if (a->level != b->level) return a->level < b->level ? -1 : 1;
  return (a->cell > b->cell) - (a->cell < b->cell);
}

static void free_levels(struct levels *levels) {
  free(levels->order);
  free(levels->group);
  free(levels->groups);
}

static enum status group_levels(const double *level, const double *means, size_t cells,
                                struct levels *levels) {
  struct keyed *keyed = malloc(cells * sizeof *keyed);
  *levels = (struct levels){.order = malloc(cells * sizeof *levels->order),
                            .group = malloc(cells * sizeof *levels->group),
                            .groups = malloc(cells * sizeof *levels->groups),
                            .tops = nobody};
  if (!keyed || !levels->order || !levels->group || !levels->groups) {
    free(keyed);
    return STATUS_MEMORY;
  }
  for (size_t c = 0; c < cells; c++)
    keyed[c] = (struct keyed){level[c], c};
  qsort(keyed, cells, sizeof *keyed, compare_keyed);
  for (size_t i = 0; i < cells; i++) {
    size_t cell = keyed[i].cell;
    if (i == 0 || keyed[i].level > keyed[i - 1].level) levels->groups[levels->count++] = nobody;
    levels->order[i] = cell;
    levels->group[cell] = levels->count - 1;
    move_leader(&levels->groups[levels->count - 1], means[cell], cell);
  }
  for (size_t g = 0; g < levels->count; g++)
    move_leader(&levels->tops, levels->groups[g].first, g);
  free(keyed);
  return STATUS_OK;
}

// One level's part: session_means[block] becomes its mean in the block, less that of the level.
static double split_level(const double *values, size_t blocks, size_t cells, const size_t *members,
                          size_t size, const double *means, double *session_means) {
  double squares = 0, level_mean = 0;
  for (size_t b = 0; b < blocks; b++) {
    session_means[b] = 0;
    for (size_t i = 0; i < size; i++)
      session_means[b] += values[b * cells + members[i]];
    session_means[b] /= (double)size;
    level_mean += session_means[b] / (double)blocks;
  }
  for (size_t b = 0; b < blocks; b++) {
    session_means[b] -= level_mean; // what is left is session and block
    for (size_t i = 0; i < size; i++) {
      double residual = values[b * cells + members[i]] - means[members[i]] - session_means[b];
      squares += residual * residual;
    }
  }
  return squares;
}

// session_means: levels x blocks places.
static struct components split_variance(const double *values, size_t blocks, size_t cells,
                                        const struct levels *levels, const double *means,
                                        double *session_means) {
  struct components found = {0};
  double cell_squares = 0, session_squares = 0, count = (double)levels->count, inverse_sizes = 0;
  for (size_t g = 0, first = 0; g < levels->count; g++) {
    size_t end = first;
    while (end < cells && levels->group[levels->order[end]] == g)
      end++;
    cell_squares += split_level(values, blocks, cells, levels->order + first, end - first, means,
                                session_means + g * blocks);
    inverse_sizes += 1 / (double)(end - first);
    found.cell_df += (double)(end - first - 1) * (double)(blocks - 1);
    first = end;
  }
  for (size_t b = 0; b < blocks; b++) {
    double block_mean = 0;
    for (size_t g = 0; g < levels->count; g++)
      block_mean += session_means[g * blocks + b] / count;
    for (size_t g = 0; g < levels->count; g++) {
      double off = session_means[g * blocks + b] - block_mean;
      session_squares += off * off;
    }
  }
  found.session_df = (count - 1) * (double)(blocks - 1);
  found.cell_square = found.cell_df > 0 ? cell_squares / found.cell_df : 0;
  found.session_square = found.session_df > 0 ? session_squares / found.session_df : 0;
  found.cells_per_session = count / inverse_sizes;
  return found;
}

// The rivals of a cell are those of its own level, which share its sessions, and those of all others.
struct blocked {
  const struct levels *levels;
  double same;      // margin of two cells of one level
  double different; // of two levels
};

enum { RIVALS_SAME_LEVEL, RIVALS_OTHER_LEVELS, RIVALS_BLOCKED };

static struct rival blocked_rival(const void *context, size_t i, size_t group) {
  const struct blocked *blocked = context;
  const struct levels *levels = blocked->levels;
  if (group == RIVALS_SAME_LEVEL)
    return (struct rival){leader_beside(&levels->groups[levels->group[i]], i), blocked->same};
  return (struct rival){leader_beside(&levels->tops, levels->group[i]), blocked->different};
}

// The variance of one difference between cells of different levels, 2 (session + cell), and Satterthwaite's
// df for it.
static double difference_variance(const struct components *components, double *df) {
  double share = 1 - 1 / components->cells_per_session;
  double session = components->session_square, cell = share * components->cell_square;
  double inverse = session * session / components->session_df;
  if (components->cell_df > 0) inverse += cell * cell / components->cell_df;
  *df = (session + cell) * (session + cell) / inverse;
  return 2 * (session + cell);
}

static enum status block_margins(const struct components *components, size_t blocks, size_t cells,
                                 const struct mcb_options *options, struct blocked *blocked,
                                 struct mcb_result *result, struct error *error) {
  double d, df;
  enum status status = STATUS_OK;
  if (components->cell_df > 0) {
    if (!(components->cell_square > 0))
      return status_fail(error, STATUS_NUMERIC, "blocks are all equal: no spread");
    status = mcb_critical_value(cells - 1, components->cell_df, options->confidence, options->seed,
                                options->draws, &d, error);
    if (status) return status;
    blocked->same = d * sqrt(2 * components->cell_square / (double)blocks);
    result->d = d;
  }
  if (components->session_df > 0) {
    double variance = difference_variance(components, &df);
    if (!(variance > 0) || !(df > 0))
      return status_fail(error, STATUS_NUMERIC, "blocks are all equal: no spread");
    status = mcb_critical_value(cells - 1, df, options->confidence, options->seed, options->draws, &d, error);
    if (status) return status;
    blocked->different = d * sqrt(variance / (double)blocks);
    result->d = fmax(result->d, d);
  }
  return status;
}

enum status mcb_blocks(const double *values, size_t blocks, size_t cells, const double *level,
                       const struct mcb_options *options, bool *in_set, double *regret,
                       struct mcb_result *result, struct error *error) {
  if (cells == 0) return status_fail(error, STATUS_USAGE, "no cells");
  if (blocks < 2)
    return status_fail(error, STATUS_NUMERIC, "%zu blocks: two are needed to see any spread", blocks);
  if (!stat_all_finite(values, blocks * cells) || !stat_all_finite(level, cells)) {
    return status_fail(error, STATUS_NUMERIC, "a value is not finite");
  }
  enum status status = stat_check_confidence(options->confidence, error);
  if (status) return status;
  double *means = calloc(cells, sizeof *means);
  double *session_means = calloc(blocks * cells, sizeof *session_means);
  struct levels levels = {0};
  if (!means || !session_means) {
    status = stat_no_memory(error, "no memory for %zu cells", cells);
    goto cleanup;
  }
  for (size_t b = 0; b < blocks; b++) {
    for (size_t c = 0; c < cells; c++)
      means[c] += values[b * cells + c] / (double)blocks;
  }
  status = group_levels(level, means, cells, &levels);
  if (status) {
    (void)status_memory(error);
    goto cleanup;
  }
  struct components components = split_variance(values, blocks, cells, &levels, means, session_means);
  struct blocked blocked = {.levels = &levels};
  struct mcb_result found = {0};
  if (cells > 1) status = block_margins(&components, blocks, cells, options, &blocked, &found, error);
  if (status) goto cleanup;
  choose_set(means, cells, options->scale, blocked_rival, RIVALS_BLOCKED, &blocked, in_set, regret, &found);
  *result = found;

cleanup:
  free(means);
  free(session_means);
  free_levels(&levels);
  return status;
}

enum status mcb_knee(const double *n, const double *means, const size_t *replicates, size_t count,
                     struct ci_spread spread, enum stat_scale scale, double d, double loss, size_t *index,
                     struct error *error) {
  enum status status = check_cells(means, replicates, count, spread, error);
  if (status) return status;
  if (!(loss >= 0 && loss < 1) || !(d >= 0) || !isfinite(d) || !stat_all_finite(n, count)) {
    return status_fail(error, STATUS_USAGE, "no knee for a loss of %g and a critical value of %g", loss, d);
  }
  size_t knee = SIZE_MAX;
  for (size_t i = 0; i < count; i++) {
    bool near = true;
    for (size_t j = 0; j < count && near; j++) {
      double allowed = scale == STAT_SCALE_LN ? -log1p(-loss) : loss * means[j];
      if (j != i)
        near = means[i] - means[j] + cells_margin(d * spread.sd, replicates[i], replicates[j]) >= -allowed;
    }
    if (near && (knee == SIZE_MAX || n[i] < n[knee])) knee = i;
  }
  *index = knee; // the largest mean is always near, so there is one
  return STATUS_OK;
}
