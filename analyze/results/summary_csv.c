// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <math.h>

#include "analyze/results/summary.h"
#include "lib/json/json_write.h"

// A number as JSON writes it (shortest, no locale); nothing when it is not known.
static void append_number(struct buf *out, double value) {
  buf_append_char(out, ',');
  if (!isfinite(value)) return;
  struct json_writer writer = JSON_WRITER(out);
  json_write_number(&writer, value);
}

static void append_percentiles(struct buf *out, const struct percentiles *percentiles) {
  append_number(out, percentiles->p50.estimate);
  append_number(out, percentiles->p95.estimate);
  append_number(out, percentiles->p99.estimate);
}

static void append_cell(struct buf *out, const struct cell *cell) {
  buf_printf(out, "%" PRId64 ",%" PRId64, cell->workers, cell->batch);
  append_number(out, cell->total_s);
  append_number(out, cell->mean_s);
  append_number(out, cell->tokens_per_s.estimate);
  append_number(out, cell->tokens);
  buf_printf(out, ",%" PRId64 ",%" PRId64 ",%" PRId64, cell->reps, cell->requests, cell->failed);
  append_number(out, cell->tokens_per_s.lo);
  append_number(out, cell->tokens_per_s.hi);
  append_percentiles(out, &cell->ttft_s);
  append_percentiles(out, &cell->latency_s);
  append_percentiles(out, &cell->tpot_s);
  buf_printf(out, ",%s,", cell->in_best_set ? "true" : "false");
  bool first = true;
  for (size_t i = 0; i < CELL_FLAG_COUNT; i++) {
    if (!(cell->flags & (1u << i))) continue;
    buf_printf(out, "%s%s", first ? "" : "|", cell_flag_names[i]);
    first = false;
  }
  buf_append_char(out, '\n');
}

enum status summary_csv(const struct results *results, struct buf *out) {
  if (results->cell_count == 0 && results->curve.exists) {
    buf_append_text(out, "n,throughput,fitted\n");
    for (size_t i = 0; i < results->curve.point_count; i++) {
      const struct curve_point *point = &results->curve.points[i];
      struct json_writer writer = JSON_WRITER(out);
      json_write_number(&writer, point->n);
      append_number(out, point->throughput);
      buf_printf(out, ",%s\n", point->fitted ? "true" : "false");
    }
    return out->status;
  }
  const char *rate = results->measure == MEASURE_REQUESTS ? "requests_per_s" : "tokens_per_s";
  buf_printf(out, "workers,batch,total_s,mean_s,%s,tokens,reps,requests,failed,", rate);
  buf_printf(out, "%s_lo,%s_hi,", rate, rate);
  buf_append_text(out, "ttft_p50_s,ttft_p95_s,ttft_p99_s,"
                       "latency_p50_s,latency_p95_s,latency_p99_s,tpot_p50_s,tpot_p95_s,tpot_p99_s,"
                       "in_best_set,flags\n");
  for (size_t i = 0; i < results->cell_count; i++)
    append_cell(out, &results->cells[i]);
  return out->status;
}
