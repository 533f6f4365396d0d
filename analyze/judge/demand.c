// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyze/judge/demand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/record/trace.h"

#define MINUTE_NS (60 * CLOCK_NS_PER_S)
#define MINUTES_MAX (INT64_C(10) * 366 * 24 * 60)
#define REQUESTS_MAX 50000000
#define RATE_MIN 1e-6
#define RATE_MAX 1e9

enum { ROWS_MAX = 8 };

struct mean {
  double sum;
  int64_t count;
};

struct traffic {
  int64_t *at_ns; // of each request
  size_t count, room;
  double *per_s; // of each minute
  size_t minutes;
  struct mean input, output; // tokens a request
};

static void add(struct mean *mean, int64_t tokens) {
  if (tokens < 0) return;
  mean->sum += (double)tokens;
  mean->count++;
}

static double mean_of(struct mean mean) {
  return mean.count > 0 ? mean.sum / (double)mean.count : NAN;
}

// What asks no model (API http) is no demand on it.
static enum status add_record(struct traffic *traffic, const struct trace_record *record,
                              double start_unix_s) {
  if (record->kind == TRACE_RESPONSE && !record->response.error.data) {
    add(&traffic->input, record->response.input_tokens);
    add(&traffic->output, record->response.output_tokens);
  }
  if (record->kind != TRACE_REQUEST || json_slice_is(record->request.api, "http")) return STATUS_OK;
  enum status status =
      array_grow(&traffic->at_ns, &traffic->room, traffic->count, sizeof *traffic->at_ns, REQUESTS_MAX);
  if (status) return status;
  traffic->at_ns[traffic->count++] = clock_from_seconds(start_unix_s) / 2 + record->request.t_ns / 2;
  add(&traffic->input, record->request.input_tokens);
  add(&traffic->output, record->request.output_tokens);
  return STATUS_OK;
}

static int compare_instants(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static int compare_rates(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

// Requests per second of each minute, ascending. Instants are halved, so that any two have a difference.
static enum status count_minutes(struct traffic *traffic, struct error *error) {
  if (traffic->count == 0) return status_fail(error, STATUS_FORMAT, "no request in the trace");
  qsort(traffic->at_ns, traffic->count, sizeof *traffic->at_ns, compare_instants);
  int64_t last = (traffic->at_ns[traffic->count - 1] - traffic->at_ns[0]) / (MINUTE_NS / 2);
  if (last < 1 || last >= MINUTES_MAX)
    return status_fail(error, STATUS_FORMAT, "the trace lasts %s: its traffic is not known",
                       last < 1 ? "less than a minute" : "more than ten years");
  traffic->minutes = (size_t)last + 1;
  traffic->per_s = calloc(traffic->minutes, sizeof *traffic->per_s);
  if (!traffic->per_s) return status_memory(error);
  for (size_t i = 0; i < traffic->count; i++)
    traffic->per_s[(traffic->at_ns[i] - traffic->at_ns[0]) / (MINUTE_NS / 2)] += 1;
  for (size_t i = 0; i < traffic->minutes; i++)
    traffic->per_s[i] /= 60;
  qsort(traffic->per_s, traffic->minutes, sizeof *traffic->per_s, compare_rates);
  return STATUS_OK;
}

static enum status read_trace(const char *path, struct traffic *traffic, struct error *error) {
  struct trace_reader *reader = NULL;
  struct trace_record record;
  double start_unix_s = 0;
  enum status status = trace_reader_open(path, &reader, error);
  if (status) return status;
  while ((status = trace_read(reader, &record, &start_unix_s, error)) == STATUS_OK) {
    status = add_record(traffic, &record, start_unix_s);
    if (!status) continue;
    status_write(error, "%s", status_name(status));
    break;
  }
  trace_reader_close(reader);
  return status == STATUS_END ? count_minutes(traffic, error) : status;
}

// -1: it would be no number of servers, or the rate is none.
static int64_t servers(double per_s, double rate, double (*rounded)(double)) {
  double count = rounded(per_s / rate * (1 - 1e-12));
  return rate > 0 && count < 1e15 ? (int64_t)count : -1;
}

static double share_below(const struct traffic *traffic, double per_s) {
  size_t count = 0;
  while (count < traffic->minutes && traffic->per_s[count] <= per_s * (1 + 1e-12))
    count++;
  return (double)count / (double)traffic->minutes;
}

// Up to as many servers as suffice, where that is known.
static enum status fill_rows(const struct traffic *traffic, double passes, double fails,
                             struct demand *demand) {
  int64_t most = demand->suffice > 0 ? demand->suffice : demand->too_few + 1;
  int64_t count = most < ROWS_MAX ? most : ROWS_MAX;
  if (traffic->minutes == 0 || count < 1) return STATUS_OK;
  demand->rows = calloc((size_t)count, sizeof *demand->rows);
  if (!demand->rows) return STATUS_MEMORY;
  for (int64_t i = 1; i <= count; i++) {
    int64_t n = (int64_t)ceil((double)most * (double)i / (double)count - 1e-9);
    demand->rows[demand->row_count++] = (struct demand_row){
        .servers = n,
        .kept = passes > 0 ? share_below(traffic, passes * (double)n) : NAN,
        .possible = fails > 0 ? share_below(traffic, fails * (double)n * (1 - 1e-9)) : NAN};
  }
  return STATUS_OK;
}

static double apart(double of_run, double of_traffic) {
  return of_traffic > 0 && isfinite(of_run) ? fabs(of_run / of_traffic - 1) : 0;
}

static void add_sum(struct mean *mean, int64_t tokens, int64_t responses) {
  if (tokens <= 0 || responses <= 0) return;
  mean->sum += (double)tokens;
  mean->count += responses;
}

static void compare_lengths(const struct load_data *data, const struct traffic *traffic,
                            struct demand *demand) {
  struct mean input = {0}, output = {0};
  for (size_t i = 0; i < data->api_count; i++) {
    const struct load_api *api = &data->apis[i];
    add_sum(&input, api->input_tokens, api->requests - api->failed);
    add_sum(&output, api->output_tokens, api->requests - api->failed);
  }
  // Of histograms output is what came within the window, and a response that ends behind it counts as a
  // whole.
  for (size_t i = 0; i < data->open_count && data->api_count == 0; i++) {
    const struct load_open *open = &data->open[i];
    add_sum(&input, open->input_tokens, open->requests - open->failed - open->cancelled);
    add_sum(&output, open->tokens, open->requests - open->failed - open->cancelled);
  }
  demand->input_tokens = mean_of(traffic->input);
  demand->output_tokens = mean_of(traffic->output);
  demand->run_input_tokens = mean_of(input);
  demand->run_output_tokens = mean_of(output);
  demand->lengths_apart = fmax(apart(demand->run_input_tokens, demand->input_tokens),
                               apart(demand->run_output_tokens, demand->output_tokens));
}

enum status demand_find(const struct demand_options *options, const struct load_data *data,
                        struct results *results, struct error *error) {
  struct demand *demand = &results->demand;
  struct traffic traffic = {0};
  if (!results->slo_edge.exists || results->load_count == 0)
    return status_fail(
        error, STATUS_USAGE,
        "--demand needs --slo and runs at rates (replay --timing rate --request-rate LIST): the "
        "workers of a level wait for its server, so that a level has no rate of its own");
  enum status status = STATUS_OK;
  demand->percentile = options->percentile > 0 ? options->percentile : 100;
  if (!units_real(options->traffic, -INFINITY, INFINITY, &demand->peak_per_s, NULL)) {
    if (!(demand->peak_per_s >= RATE_MIN && demand->peak_per_s <= RATE_MAX))
      status = status_fail(error, STATUS_USAGE, "--demand %s: a rate is from %g to %g requests/s",
                           options->traffic, RATE_MIN, RATE_MAX);
  } else {
    status = read_trace(options->traffic, &traffic, error);
    if (status) status = status_prefix(error, status, "--demand %s", options->traffic);
    if (status == STATUS_OK) {
      double place = ceil(demand->percentile / 100 * (double)traffic.minutes - 1e-9);
      demand->peak_per_s = traffic.per_s[place > 1 ? (size_t)place - 1 : 0];
    }
  }
  if (status == STATUS_OK) {
    double passes = results_edge_load(results, results->slo_edge.passes);
    double fails = results_edge_load(results, results->slo_edge.fails);
    demand->exists = true;
    demand->minutes = (int64_t)traffic.minutes;
    demand->suffice = servers(demand->peak_per_s, passes, ceil);
    demand->estimate = servers(demand->peak_per_s, results->slo_edge.at, ceil);
    demand->too_few = servers(demand->peak_per_s * (1 + 2e-12), fails, floor);
    compare_lengths(data, &traffic, demand);
    status = fill_rows(&traffic, passes, fails, demand);
    if (status) status = status_memory(error);
  }
  free(traffic.at_ns);
  free(traffic.per_s);
  return status;
}
