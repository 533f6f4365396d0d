// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes run files to measure analyze with: throughput follows a USL curve with 2% noise between batches.
//
//   make_runs million FILE [START]   10 workers levels x 10 batch levels x 5 replicates, a million requests
//   make_runs ten FILE [START]       the same with ten million
//   make_runs sketches FILE          the same with a hundred million in sketches
//   make_runs sweep FILE             14 x 9 x 5, as large as a thorough sweep is
//
// START is the instant of its start in seconds since 1970: runs with different ones are different runs.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/record/run.h"
#include "lib/sketch/sketch.h"

enum { REPEAT = 5, TOKENS = 169 };

struct grid {
  const char *name;
  int64_t workers[16], batch[16]; // end with 0
  int64_t times;                  // each batch is so many times as large
  bool sketches;
};

#define MILLION                                                                                              \
  {1, 2, 4, 8, 12, 16, 24, 32, 40, 48}, {                                                                    \
    1100, 1300, 1500, 1700, 1900, 2100, 2300, 2500, 2700, 2900                                               \
  }

static const struct grid grids[] = {
    {"million", MILLION, 1, false},
    {"ten", MILLION, 10, false},
    {"sketches", MILLION, 100, true},
    {"sweep",
     {1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48},
     {1, 2, 4, 8, 16, 32, 48, 64, 96},
     1,
     false},
};

struct maker {
  struct gzline_writer *writer;
  struct buf line, object;
  struct sketch *sketch; // NULL: requests have records
  uint64_t state;
  int64_t now_ns; // since the start of the run
  struct run_end end;
  enum status status;
};

// SplitMix64 (Steele, Lea, Flood 2014), as a number in [0, 1).
static double uniform(struct maker *maker) {
  uint64_t z = maker->state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static double normal(struct maker *maker) { // Box and Muller 1958
  double radius = sqrt(-2 * log(1 - uniform(maker)));
  return radius * cos(6.283185307179586 * uniform(maker));
}

static void put(struct maker *maker) {
  if (maker->status) return;
  maker->status = maker->line.status ? maker->line.status
                                     : gzline_write(maker->writer, maker->line.data, maker->line.len);
  buf_clear(&maker->line);
}

static void put_request(struct maker *maker, const struct run_batch *batch, int64_t index,
                        int64_t latency_ns) {
  int64_t wave_ns = latency_ns * (index / batch->workers);
  int64_t ttft_ns = (int64_t)((0.05 + 0.1 * uniform(maker)) * (double)latency_ns);
  int64_t gap_ns = (latency_ns - ttft_ns) / (TOKENS - 1);
  struct run_request request = {.session = batch->session,
                                .trace = -1,
                                .copy = -1,
                                .workers = batch->workers,
                                .batch = batch->batch,
                                .rep = batch->rep,
                                .index = index,
                                .seq = index,
                                .intended_ns = batch->start_ns,
                                .ready_ns = batch->start_ns + wave_ns,
                                .sent_ns = batch->start_ns + wave_ns + 20000,
                                .ttfb_ns = ttft_ns / 2,
                                .ttft_ns = ttft_ns,
                                .last_text_ns = latency_ns - 10000,
                                .latency_ns = latency_ns,
                                .status = 200,
                                .input_tokens = 57,
                                .output_tokens = TOKENS,
                                .cached_tokens = -1,
                                .events = TOKENS,
                                .bytes = 30000,
                                .token_source = {"usage", 5},
                                .finish = {"length", 6},
                                .itl_p50_ns = gap_ns,
                                .itl_p99_ns = gap_ns + gap_ns / 4,
                                .itl_max_ns = gap_ns * 2,
                                .load_ns = -1,
                                .prompt_eval_ns = -1,
                                .eval_ns = -1,
                                .attempts = 1,
                                .retry_after_ns = -1,
                                .error = FAILURE_NONE};
  if (maker->sketch) {
    if (!maker->status) maker->status = sketch_add(maker->sketch, &request);
    return;
  }
  run_format_request(&maker->line, &request);
  maker->end.requests++;
  put(maker);
}

static void put_batch(struct maker *maker, int64_t workers, int64_t size, int64_t rep) {
  double n = (double)(workers < size ? workers : size);
  double tokens_per_s = 38 * n / (1 + 0.03 * (n - 1) + 0.0012 * n * (n - 1)) * exp(0.02 * normal(maker));
  int64_t tokens = size * TOKENS;
  struct run_batch batch = {.workers = workers,
                            .batch = size,
                            .rep = rep,
                            .start_ns = maker->now_ns,
                            .total_ns = clock_from_seconds((double)tokens / tokens_per_s),
                            .requests = size,
                            .input_tokens = 57 * size,
                            .output_tokens = tokens,
                            .cached_tokens = -1,
                            .client_cpu = 0.03,
                            .lag_p50_ns = 20000,
                            .lag_p99_ns = 20000,
                            .lag_max_ns = 20000,
                            .stall_max_ns = 100000,
                            .valid = true,
                            .rate = NAN,
                            .in_flight_mean = NAN};
  int64_t waves = (size + workers - 1) / workers;
  if (maker->sketch) sketch_start(maker->sketch, batch.start_ns, 0);
  for (int64_t i = 0; i < size; i++)
    put_request(maker, &batch, i, batch.total_ns / waves - 30000);
  if (maker->sketch && !maker->status) {
    buf_clear(&maker->object);
    maker->status = sketch_write(maker->sketch, &batch, &maker->object);
    batch.sketch = (struct json_slice){maker->object.data, maker->object.len};
  }
  run_format_batch(&maker->line, &batch);
  put(maker);
  maker->end.batches++;
  maker->now_ns += batch.total_ns + 50 * CLOCK_NS_PER_MS;
}

static void put_all(struct maker *maker, const struct grid *grid, double start_unix_s) {
  struct run_header header = {.version = RUN_VERSION,
                              .start_unix_s = start_unix_s,
                              .tool = {"make_runs", 9},
                              .model = {"made", 4},
                              .timing = {"batch", 5},
                              .seed = 1,
                              .repeat = REPEAT,
                              .threads = 1,
                              .http_version = 1,
                              .shards = 1,
                              .ranks = 1,
                              .records = {maker->sketch ? "batch" : "request", maker->sketch ? 5 : 7}};
  run_format_header(&maker->line, &header);
  put(maker);
  struct run_session session = {.workers = -1, .state = {"ok", 2}, .exit_code = -1};
  run_format_session(&maker->line, &session);
  maker->end.sessions++;
  put(maker);
  for (int64_t rep = 0; rep < REPEAT; rep++) {
    for (const int64_t *workers = grid->workers; *workers; workers++) {
      for (const int64_t *batch = grid->batch; *batch; batch++)
        put_batch(maker, *workers, *batch * grid->times, rep);
    }
  }
  run_format_end(&maker->line, &maker->end);
  put(maker);
}

int main(int argc, char **argv) {
  const struct grid *grid = NULL;
  for (size_t i = 0; i < sizeof grids / sizeof *grids && (argc == 3 || argc == 4); i++) {
    if (strcmp(argv[1], grids[i].name) == 0) grid = &grids[i];
  }
  if (!grid) {
    fputs("usage: make_runs million|ten|sketches|sweep FILE [START]\n", stderr);
    return 2;
  }
  struct error error = {""};
  struct maker maker = {.state = 1};
  struct gzline_options options = {.existing = GZLINE_REPLACE, .full = GZLINE_WAIT};
  maker.status = gzline_writer_open(argv[2], &options, &maker.writer, &error);
  if (grid->sketches && !(maker.sketch = calloc(1, sizeof *maker.sketch))) maker.status = STATUS_MEMORY;
  if (!maker.status) put_all(&maker, grid, argc == 4 ? strtod(argv[3], NULL) : 1795361090);
  if (maker.sketch) sketch_free(maker.sketch);
  free(maker.sketch);
  enum status closing = gzline_writer_close(maker.writer, NULL, &error);
  buf_free(&maker.line);
  buf_free(&maker.object);
  if (!maker.status) maker.status = closing;
  if (maker.status) fprintf(stderr, "make_runs: %s: %s\n", status_name(maker.status), error.text);
  return maker.status != STATUS_OK;
}
