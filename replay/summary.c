// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/summary.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/clock.h"

#define SUMMARY_BUSY_CPU 0.5 // of a core: a client that used less of it was not slow by itself
#define TIME_COLUMNS "   TTFT p50   TTFT p95    latency"

enum status summary_open(const struct plan *plan, struct summary *out, struct error *error) {
  bool open_loop = plan->cell_count == 0;
  struct summary_cell *cells = calloc(plan_rows(plan), sizeof *cells);
  if (!cells) return status_memory(error);
  for (size_t i = 0; i < plan->batch_count; i++)
    cells[plan->batches[i].cell].planned++;
  *out = (struct summary){.plan = plan, .open_loop = open_loop, .cells = cells};
  return STATUS_OK;
}

void summary_free(struct summary *summary) {
  free(summary->cells);
  *summary = (struct summary){0};
}

static void add_time(struct summary_time *time, int64_t ns) {
  if (ns < 0) return;
  time->batches++;
  time->sum_s += clock_seconds(ns);
}

void summary_add(struct summary *summary, const struct summary_batch *batch) {
  struct summary_cell *sums = &summary->cells[batch->cell];
  double total_s = clock_seconds(batch->total_ns);
  if (batch->output_tokens > 0 && batch->requests > batch->failed) {
    sums->known_tokens += batch->output_tokens;
    sums->known_requests += batch->requests - batch->failed;
  }
  sums->reps++;
  sums->requests += batch->requests;
  sums->failed += batch->failed;
  for (int i = 0; batch->errors && i < FAILURE_COUNT; i++)
    sums->errors[i] += batch->errors[i];
  summary->succeeded += batch->requests - batch->failed;
  if (!batch->valid) {
    sums->invalid++;
    sums->invalid_cpu_max = fmax(sums->invalid_cpu_max, batch->cpu);
    return;
  }
  add_time(&sums->ttft_p50, batch->ttft_p50_ns);
  add_time(&sums->ttft_p95, batch->ttft_p95_ns);
  add_time(&sums->latency_p50, batch->latency_p50_ns);
  sums->total_s += total_s;
  sums->in_flight_mean += batch->in_flight_mean;
  if (total_s > 0) sums->succeeded_per_s += (double)(batch->requests - batch->failed) / total_s;
  if (batch->output_tokens > 0 && total_s > 0) sums->tokens_per_s += (double)batch->output_tokens / total_s;
}

double summary_token_spread(const struct summary *summary, double *least, double *most) {
  size_t cells = 0;
  *least = *most = 0;
  for (size_t i = 0; i < summary->plan->cell_count; i++) {
    const struct summary_cell *cell = &summary->cells[i];
    if (cell->known_requests == 0) continue;
    double mean = (double)cell->known_tokens / (double)cell->known_requests;
    if (cells == 0 || mean < *least) *least = mean;
    if (cells == 0 || mean > *most) *most = mean;
    cells++;
  }
  return cells < 2 ? 0 : *most / *least - 1;
}

// Of a timed cell as many requests as its batches had so far.
static int64_t batch_of(const struct plan_cell *cell, const struct summary_cell *sums) {
  return cell->batch > 0 || sums->reps == 0 ? cell->batch : sums->requests / sums->reps;
}

// What ends a row: why requests failed, and whether the client was at fault.
static void print_remarks(const struct summary_cell *sums, FILE *out) {
  const char *between = "  failed: ";
  for (enum failure error = FAILURE_NONE + 1; error < FAILURE_COUNT; error++) {
    if (sums->errors[error] == 0 || error == FAILURE_CANCELLED) continue;
    fprintf(out, "%s%lld %s", between, (long long)sums->errors[error], failure_name(error));
    between = ", ";
  }
  // A client that is late and idle did not get the CPU.
  bool busy = sums->invalid_cpu_max < SUMMARY_BUSY_CPU;
  if (sums->invalid > 0)
    fprintf(out, "  %lld not valid: %s", (long long)sums->invalid,
            busy ? "this machine was busy with something else" : "the client was too slow");
  fputc('\n', out);
}

// The mean over batches, right-aligned in ten columns: milliseconds below a second, three digits.
static void print_time(const struct summary_time *time, FILE *out) {
  double seconds = time->batches > 0 ? time->sum_s / (double)time->batches : NAN;
  char text[32] = "-";
  if (seconds < 0.9995)
    snprintf(text, sizeof text, "%.3g ms", seconds * 1e3);
  else if (seconds < 999.5)
    snprintf(text, sizeof text, "%.3g s", seconds);
  else if (isfinite(seconds))
    snprintf(text, sizeof text, "%.0f s", seconds);
  fprintf(out, " %10s", text);
}

static void print_times(const struct summary_cell *sums, FILE *out) {
  print_time(&sums->ttft_p50, out);
  print_time(&sums->ttft_p95, out);
  print_time(&sums->latency_p50, out);
}

// Where no server counted a token, throughput is in requests.
static bool counts_tokens(const struct summary *summary) {
  size_t rows = summary->open_loop ? plan_rows(summary->plan) : summary->plan->cell_count;
  for (size_t i = 0; i < rows; i++) {
    if (summary->cells[i].known_tokens > 0) return true;
  }
  return summary->succeeded == 0;
}

static double throughput(const struct summary_cell *sums, bool tokens) {
  return (tokens ? sums->tokens_per_s : sums->succeeded_per_s) / (double)(sums->reps - sums->invalid);
}

static void print_repetitions(const struct summary_cell *sums, bool tokens, FILE *out) {
  int64_t valid = sums->reps - sums->invalid;
  fprintf(out, "%5lld %10lld", (long long)sums->reps, (long long)sums->requests);
  if (valid > 0) {
    fprintf(out, " %10.3f %10.2f %10.2f", sums->total_s / (double)valid, sums->in_flight_mean / (double)valid,
            throughput(sums, tokens));
  } else {
    fprintf(out, " %10s %10s %10s", "-", "-", "-");
  }
  print_times(sums, out);
  fprintf(out, " %8lld", (long long)sums->failed);
  print_remarks(sums, out);
}

// The rates as they were given; a single one is no column.
static void print_open_loop(const struct summary *summary, FILE *out) {
  const struct plan *plan = summary->plan;
  bool tokens = counts_tokens(summary);
  if (plan->rate_count > 1) fprintf(out, "%10s ", "requests/s");
  fprintf(out, "%5s %10s %10s %10s %10s" TIME_COLUMNS " %8s\n", "reps", "requests", "total s", "in flight",
          tokens ? "tokens/s" : "served/s", "failed");
  for (size_t i = 0; i < plan_rows(plan); i++) {
    if (plan->rate_count > 1) fprintf(out, "%10.6g ", plan->rates[i]);
    print_repetitions(&summary->cells[i], tokens, out);
  }
}

static void print_row(const struct plan_cell *cell, const struct summary_cell *sums, bool tokens, FILE *out) {
  int64_t valid = sums->reps - sums->invalid;
  fprintf(out, "%8lld %8lld %5lld", (long long)cell->workers, (long long)batch_of(cell, sums),
          (long long)sums->reps);
  if (valid > 0) {
    fprintf(out, " %10.3f %10.2f", sums->total_s / (double)valid, throughput(sums, tokens));
  } else {
    fprintf(out, " %10s %10s", "-", "-");
  }
  print_times(sums, out);
  fprintf(out, " %8lld", (long long)sums->failed);
  print_remarks(sums, out);
}

int64_t summary_requests(const struct summary *summary) {
  int64_t requests = 0;
  for (size_t i = 0; i < plan_rows(summary->plan); i++)
    requests += summary->cells[i].requests;
  return requests;
}

void summary_print(const struct summary *summary, FILE *out) {
  if (summary->open_loop) {
    print_open_loop(summary, out);
    return;
  }
  bool tokens = counts_tokens(summary);
  fprintf(out, "%8s %8s %5s %10s %10s" TIME_COLUMNS " %8s\n", "workers", "batch", "reps", "total s",
          tokens ? "tokens/s" : "served/s", "failed");
  for (size_t i = 0; i < summary->plan->cell_count; i++)
    print_row(&summary->plan->cells[i], &summary->cells[i], tokens, out);
}
