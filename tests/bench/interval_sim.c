// SPDX-License-Identifier: GPL-3.0-or-later
//
// Do the claims hold in worlds that are not ideal? Servers whose lives and blocks differ, that drift, that
// saturate or fall in other ways than the models do, and tables without repetitions.
//
// interval_sim [REPLICATIONS [NAME]]: 1000 unless told; a NAME runs only the scenarios whose names hold it.
// One line a claim: its share with the standard error, the bound, and how often there was something to claim.
// Every sweep goes the whole way behind the reader. Exit 1 where a bound is missed by three standard errors.
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/input/load_reader.h"
#include "analyze/judge/analysis.h"
#include "tests/bench/interval_sim.h"

#define MCB_SAMPLE 500
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

struct tally {
  double hits[CLAIM_COUNT], tries[CLAIM_COUNT];
  // Sums over sweeps: squares of both and their product. What one sweep claims is not independent.
  double hits_squared[CLAIM_COUNT], tries_squared[CLAIM_COUNT], product[CLAIM_COUNT];
};

static void add_sweep(struct tally *tally, const struct tally *sweep) {
  for (size_t c = 0; c < CLAIM_COUNT; c++) {
    tally->hits[c] += sweep->hits[c];
    tally->tries[c] += sweep->tries[c];
    tally->hits_squared[c] += sweep->hits[c] * sweep->hits[c];
    tally->tries_squared[c] += sweep->tries[c] * sweep->tries[c];
    tally->product[c] += sweep->hits[c] * sweep->tries[c];
  }
}

// Of a share over sweeps (ratio estimator: Cochran, Sampling Techniques, 3rd ed., 2.11).
static double standard_error(const struct tally *tally, enum claim claim) {
  double share = tally->hits[claim] / tally->tries[claim];
  double squares = tally->hits_squared[claim] - 2 * share * tally->product[claim] +
                   share * share * tally->tries_squared[claim];
  return sqrt(fmax(0, squares)) / tally->tries[claim];
}

// Of the step with n requests, for a throughput of 300 at the peak.
static double step_time(double peak, double n) {
  const double s = 0.5;
  return (s * peak / 2 + (1 - s) * n + s / (2 * peak) * n * n) / 300;
}

static double throughput_at(const struct truth *truth, double n) {
  switch (truth->shape) {
  case USL: return n / step_time(truth->peak, n);
  case KINKS: return n / step_time(truth->peak, n) / (1 + truth->power * ((n > 8) + (n > 16) + (n > 32)));
  case TILES: return n / step_time(truth->peak, truth->power * ceil(n / truth->power));
  case TANH: return 300 * tanh(n / 16);
  case SMOOTH_MINIMUM: return 300 / pow(1 + pow(16 / n, truth->power), 1 / truth->power);
  case HILL: return 300 / (1 + pow(10 / n, truth->power));
  case FALL: return 300 * pow(1 - truth->power, log2(n));
  case DROP: return n > truth->peak ? 300 * truth->power : 300 * n / (n + 4);
  case PROPORTIONAL: return 10 * n;
  case FLAT: break;
  }
  return 300;
}

static double in_flight(double workers, double batch) {
  return fmin(workers, batch);
}

static double batch_of(const struct world *world, double workers, size_t size) {
  return world->single ? world->sizes[size] : world->sizes[size] * workers;
}

// The cells of the plan; returns how many.
static size_t list_cells(const struct world *world, double *workers, double *batches) {
  size_t count = 0;
  for (size_t w = 0; w < MAX_LEVELS && world->levels[w] > 0; w++) {
    for (size_t s = 0; s < MAX_SIZES && world->sizes[s] > 0; s++) {
      double batch = batch_of(world, world->levels[w], s);
      if (world->single && batch > world->levels[w]) continue;
      workers[count] = world->levels[w];
      batches[count++] = batch;
    }
  }
  return count;
}

struct sweep {
  const struct world *world;
  gsl_rng *rng;
  struct load_data *data;
  double clock, noise; // noise: of the last batch
  size_t session;
};

static bool begin_session(struct sweep *sweep, double workers) {
  struct load_session session = {.file = sweep->data->files,
                                 .number = (int64_t)sweep->data->session_count,
                                 .workers = sweep->world->managed ? (int64_t)workers : -1,
                                 .managed = sweep->world->managed};
  sweep->data->imported = sweep->world->table;
  return load_session_add(sweep->data, &session, &sweep->session) == STATUS_OK;
}

static bool add_batch(struct sweep *sweep, double workers, double batch, int block, double shared) {
  const struct world *world = sweep->world;
  struct load_replicate *replicate;
  size_t index;
  double rest = sqrt(1 - world->correlation * world->correlation);
  sweep->noise = world->correlation * sweep->noise + gsl_ran_gaussian(sweep->rng, rest * world->batch_sd);
  double total = (double)(world->runs * world->blocks);
  double place = ((double)sweep->data->files - 1 + sweep->clock) / total; // 0 to 1 over the plan
  double x = throughput_at(&world->truth, in_flight(workers, batch));
  x *= exp(shared + sweep->noise + world->drift * place);
  if (load_cell_of(sweep->data, (int64_t)workers, (int64_t)batch, &index) ||
      load_replicate_add(&sweep->data->cells[index], &replicate))
    return false;
  sweep->data->sessions[sweep->session].batches++;
  int64_t tokens = (int64_t)(1000 * batch);
  *replicate = (struct load_replicate){.session = sweep->session,
                                       .run = sweep->data->fact_count - 1,
                                       .block = (sweep->data->files << 32) + block,
                                       .in_pass = true,
                                       .start_s = 1e4 * place,
                                       .total_s = (double)tokens / x,
                                       .tokens_per_s = x,
                                       .mean_s = (double)tokens / x / batch,
                                       .requests = (int64_t)batch,
                                       .tokens = tokens,
                                       .input_tokens = -1,
                                       .cached_tokens = -1,
                                       .good = -1};
  if (world->steady)
    replicate->steady = (struct steady){.windows = 1,
                                        .window_s = (double)tokens / x,
                                        .batch_s = (double)tokens / x,
                                        .amount = (double)tokens};
  return true;
}

// One run of all blocks; cells in random order, with a managed server level by level.
static bool measure_run(struct sweep *sweep) {
  const struct world *world = sweep->world;
  double workers[MAX_LEVELS * MAX_SIZES], batches[MAX_LEVELS * MAX_SIZES], effects[MAX_LEVELS];
  size_t count = list_cells(world, workers, batches), order[MAX_LEVELS * MAX_SIZES];
  size_t sessions[MAX_LEVELS];
  struct run_facts *facts;
  double life = gsl_ran_gaussian(sweep->rng, world->run_sd), session = 0;
  sweep->data->files++;
  if (load_facts_add(sweep->data, "simulated", "run", &facts)) return false;
  facts->managed = world->managed;
  if (!world->managed && !begin_session(sweep, -1)) return false;
  for (int b = 0; b < world->blocks; b++) {
    double block = gsl_ran_gaussian(sweep->rng, world->block_sd);
    for (size_t i = 0; i < count; i++)
      order[i] = i;
    if (!world->managed) gsl_ran_shuffle(sweep->rng, order, count, sizeof *order);
    for (size_t i = 0, level = 0; i < count; i++) {
      size_t cell = order[i];
      bool starts = i == 0 || workers[cell] != workers[order[i - 1]];
      if (world->managed && starts) {
        level = i == 0 ? 0 : level + 1;
        if (b == 0 || !world->restart_by_level) {
          session = gsl_ran_gaussian(sweep->rng, world->session_sd);
          if (!begin_session(sweep, workers[cell])) return false;
          effects[level] = session;
          sessions[level] = sweep->session;
        }
        session = effects[level];
        sweep->session = sessions[level];
      }
      sweep->clock = b + (double)i / (double)count;
      if (!add_batch(sweep, workers[cell], batches[cell], b, life + block + session)) return false;
    }
  }
  return true;
}

static bool holds(const struct estimate *estimate, double truth) {
  return estimate->lo <= truth && truth <= estimate->hi;
}

static void count_cells(const struct world *world, const struct results *results, struct tally *tally) {
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    double truth = throughput_at(&world->truth, in_flight((double)cell->workers, (double)cell->batch));
    tally->tries[CLAIM_COLD] += i == 0;
    tally->hits[CLAIM_COLD] += (cell->flags & CELL_COLD) != 0;
    if (!isfinite(cell->tokens_per_s.lo) && !isfinite(cell->tokens_per_s.hi)) continue;
    tally->tries[CLAIM_CELLS]++;
    tally->hits[CLAIM_CELLS] += holds(&cell->tokens_per_s, truth);
  }
}

static void count_levels(const struct world *world, const struct results *results, struct tally *tally) {
  for (size_t i = 0; i < results->workers_count; i++) {
    const struct workers_row *row = &results->workers[i];
    if (!isfinite(row->steady.throughput.lo)) continue;
    tally->tries[CLAIM_STEADY]++;
    tally->hits[CLAIM_STEADY] +=
        holds(&row->steady.throughput, throughput_at(&world->truth, (double)row->workers));
  }
}

static void count_best(const struct world *world, const struct results *results, struct tally *tally) {
  double best = 0, highest = 0;
  size_t at = 0;
  for (size_t i = 0; i < results->cell_count; i++) {
    const struct cell *cell = &results->cells[i];
    double truth = throughput_at(&world->truth, in_flight((double)cell->workers, (double)cell->batch));
    if (truth > best) best = truth, at = i;
    if (i == results->best.cell) highest = truth;
  }
  tally->tries[CLAIM_SHOWN]++;
  tally->hits[CLAIM_SHOWN] += results->recommendation.state == RECOMMENDATION_SHOWN;
  if (results->best.set_count > 0) {
    tally->tries[CLAIM_SET]++;
    tally->hits[CLAIM_SET] += results->cells[at].in_best_set;
  }
  if (!isfinite(results->best.regret_bound)) return;
  tally->tries[CLAIM_BOUND]++;
  tally->hits[CLAIM_BOUND] += best / highest - 1 <= results->best.regret_bound;
}

// Where throughput is highest; INFINITY where it never falls.
static double place_of(const struct truth *truth) {
  double best = 1;
  if (truth->shape == USL) return truth->peak;
  if (truth->shape != KINKS && truth->shape != TILES) return INFINITY;
  for (int eighth = 8; eighth <= 8 * 48; eighth++)
    if (throughput_at(truth, eighth / 8.0) > throughput_at(truth, best)) best = eighth / 8.0;
  return best;
}

static void count_curve(const struct world *world, const struct results *results, struct tally *tally) {
  const struct curve *curve = &results->curve;
  double place = place_of(&world->truth);
  double height = throughput_at(&world->truth, place < INFINITY ? place : 1e9);
  tally->tries[CLAIM_ESTABLISHED]++;
  tally->hits[CLAIM_ESTABLISHED] += curve->optimum_established;
  tally->tries[CLAIM_WRONG]++;
  if (!curve->has_optimum || !isfinite(curve->optimum_n.lo)) return;
  bool covered = curve->optimum_n.lo <= place && (place <= curve->optimum_n.hi || isnan(curve->optimum_n.hi));
  tally->tries[CLAIM_PLACE]++;
  tally->hits[CLAIM_PLACE] += covered;
  const struct estimate *range = &curve->optimum_range;
  tally->hits[CLAIM_WRONG] += !(range->lo <= place && (place <= range->hi || isnan(range->hi)));
  if (!isfinite(curve->optimum_throughput.lo)) return;
  tally->tries[CLAIM_HEIGHT]++;
  tally->hits[CLAIM_HEIGHT] +=
      curve->optimum_throughput.lo <= height &&
      (height <= curve->optimum_throughput.hi || isnan(curve->optimum_throughput.hi));
}

static void count_spend(const struct world *world, const struct results *results, struct tally *tally) {
  const struct spend *spend = &results->spend;
  double group = world->managed ? world->session_sd : world->run_sd;
  if (!spend->exists || !isfinite(spend->group.estimate)) return;
  double upper = isnan(spend->group.hi) ? INFINITY : spend->group.hi;
  tally->tries[CLAIM_GROUP_SD]++;
  tally->hits[CLAIM_GROUP_SD] += spend->group.lo <= group && group <= upper;
  tally->tries[CLAIM_BATCH_SD]++;
  tally->hits[CLAIM_BATCH_SD] += holds(&spend->batch, world->batch_sd);
  tally->tries[CLAIM_ADVICE]++;
  tally->hits[CLAIM_ADVICE] +=
      spend->on == (group > world->batch_sd ? SPEND_ON_GROUPS : SPEND_ON_REPETITIONS);
}

static void count_results(const struct world *world, const struct results *results, struct tally *tally) {
  bool drift = false, cliff = false;
  for (size_t i = 0; i < results->warning_count; i++) {
    drift = drift || results->warnings[i].code == WARNING_DRIFT;
    cliff = cliff || results->warnings[i].code == WARNING_CLIFF;
  }
  tally->tries[CLAIM_DRIFT]++;
  tally->hits[CLAIM_DRIFT] += drift;
  tally->tries[CLAIM_CLIFF]++;
  tally->hits[CLAIM_CLIFF] += cliff;
  count_cells(world, results, tally);
  count_levels(world, results, tally);
  count_best(world, results, tally);
  count_curve(world, results, tally);
  count_spend(world, results, tally);
}

static bool run_once(const struct world *world, gsl_rng *rng, uint64_t seed, struct tally *tally) {
  struct load_data data = LOAD_DATA;
  struct results results = {0};
  struct analysis_options options = {.confidence = 0.95,
                                     .scale = STAT_SCALE_LN,
                                     .seed = seed,
                                     .draws = MCB_SAMPLE,
                                     .model_count = world->all_models ? MODELS_COUNT : 1};
  for (size_t i = 0; i < options.model_count; i++)
    options.models[i] = (enum models_id)i; // the first is USL
  bool good = true;
  for (int run = 0; run < world->runs && good; run++) {
    struct sweep sweep = {.world = world, .rng = rng, .data = &data};
    good = measure_run(&sweep);
  }
  good = good && load_finish(&data, NULL) == STATUS_OK &&
         analysis_run(&data, &options, &results, NULL) == STATUS_OK;
  struct tally found = {0};
  if (good) count_results(world, &results, &found);
  add_sweep(tally, &found);
  results_free(&results);
  load_free(&data);
  return good;
}

static bool report(const struct scenario *scenario, const struct tally *tally, size_t which) {
  enum claim claim = scenario->claims[which].claim;
  double lowest = scenario->claims[which].lowest, highest = scenario->claims[which].highest;
  double tries = tally->tries[claim], share = tally->hits[claim] / tries;
  double error = standard_error(tally, claim);
  double room = 3 * fmax(error, sqrt(0.05 * 0.95 / tries)); // a share of 0 or 1 has no error of its own
  bool good = tries == 0 || (share >= lowest - room && share <= highest + room);
  if (tries == 0)
    printf("%-44s %-16s none printed\n", scenario->name, claim_names[claim]);
  else
    printf("%-44s %-16s %.3f +- %.3f  in [%.2f, %.2f], of %.0f%s\n", scenario->name, claim_names[claim],
           share, error, lowest, highest, tries, good ? "" : "  MISSED");
  fflush(stdout);
  return good;
}

int main(int argc, char **argv) {
  size_t replications = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, missed = 0;
  if (replications == 0 || argc > 3) {
    fprintf(stderr, "usage: interval_sim [REPLICATIONS [NAME]]\n");
    return 2;
  }
  stat_init();
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  if (!rng) return 1;
  for (size_t i = 0; i < COUNT_OF(SCENARIOS); i++) {
    struct tally tally = {0};
    if (argc > 2 && !strstr(SCENARIOS[i].name, argv[2])) continue;
    gsl_rng_set(rng, 20240801 + i);
    for (size_t r = 0; r < replications; r++)
      if (!run_once(&SCENARIOS[i].world, rng, r + 1, &tally)) return 1;
    for (size_t c = 0; c < SCENARIOS[i].claim_count; c++)
      missed += !report(&SCENARIOS[i], &tally, c);
  }
  gsl_rng_free(rng);
  printf("%zu sweeps each, %zu missed\n", replications, missed);
  return missed ? 1 : 0;
}
