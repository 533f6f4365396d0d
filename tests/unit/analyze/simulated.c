// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/analyze/simulated.h"

#include <gsl/gsl_randist.h>
#include <math.h>

#include "analyze/input/load_reader.h"

#define TOKENS 100 // of an answer
#define FALLEN 0.3 // of the throughput beyond a cliff

double simulated_throughput(const struct simulated_server *server, int64_t workers) {
  if (server->limit > 0 && workers > server->limit) return 0;
  double n = (double)(server->plateau > 0 && workers > server->plateau ? server->plateau : workers);
  double c0 = server->s * server->n_star / 2, c2 = server->s / (2 * server->n_star);
  double x = server->peak * n / (c0 + (1 - server->s) * n + c2 * n * n);
  x /= 1 + server->kink * ((n > 8) + (n > 16) + (n > 32));
  return server->cliff > 0 && workers > server->cliff ? FALLEN * x : x;
}

static size_t session_for(const struct simulated_cell *cell, struct load_data *data) {
  size_t index = 0;
  struct load_session session = {.number = (int64_t)data->session_count,
                                 .workers = cell->managed ? cell->workers : -1,
                                 .managed = cell->managed};
  if (!cell->managed && data->session_count > 0) return 0;
  return load_session_add(data, &session, &index) == STATUS_OK ? index : SIZE_MAX;
}

static struct steady window_of(const struct simulated_cell *cell, double throughput, double total_s) {
  if (cell->batch <= cell->workers || !(throughput > 0)) return (struct steady){0};
  double length = total_s * (double)(cell->batch - cell->workers) / (double)cell->batch;
  return (struct steady){.windows = 1,
                         .window_s = length,
                         .batch_s = total_s,
                         .amount = throughput * length,
                         .busy_s = (double)cell->workers * length,
                         .ended = throughput * length / TOKENS,
                         .latency_s = (double)cell->workers * length};
}

bool simulated_measure(const struct simulated_server *server, const struct simulated_cell *cell, gsl_rng *rng,
                       struct load_data *data) {
  struct run_facts *facts;
  if (data->fact_count == 0 && load_facts_add(data, "simulated", "run", &facts)) return false;
  for (int64_t r = 0; r < cell->repeat; r++) {
    struct load_replicate *replicate;
    size_t index, session = session_for(cell, data);
    if (session == SIZE_MAX || load_cell_of(data, cell->workers, cell->batch, &index) ||
        load_replicate_add(&data->cells[index], &replicate))
      return false;
    double truth = simulated_throughput(server, cell->workers);
    double throughput = truth * exp(gsl_ran_gaussian(rng, cell->sd));
    double tokens = truth > 0 ? TOKENS * (double)cell->batch : 0;
    // A batch starts and drains: it lasts as long as half a wave more than its work.
    double total_s = truth > 0 ? (tokens + TOKENS * (double)cell->workers / 2) / throughput : 1;
    data->sessions[session].batches++;
    *replicate = (struct load_replicate){.session = session,
                                         .block = cell->block + r,
                                         .start_s = (double)(cell->block + r),
                                         .total_s = total_s,
                                         .tokens_per_s = tokens / total_s,
                                         .mean_s = total_s / (double)cell->batch,
                                         .requests = cell->batch,
                                         .failed = truth > 0 ? 0 : cell->batch,
                                         .tokens = (int64_t)tokens,
                                         .input_tokens = -1,
                                         .cached_tokens = -1,
                                         .good = -1,
                                         .steady = window_of(cell, throughput, total_s)};
  }
  return true;
}
