// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the fuzz targets of analyze share: any bytes as the lines of a file. They are refused with an error,
// or what was read is sound and the analysis ends in a summary that holds no number that is not one.
#ifndef TESTS_FUZZ_FUZZ_ANALYZE_H
#define TESTS_FUZZ_FUZZ_ANALYZE_H

#include <math.h>

#include "analyze/input/load_reader.h"
#include "analyze/judge/analysis.h"
#include "analyze/judge/cells.h"
#include "analyze/results/summary.h"
#include "tests/fuzz/fuzz.h"

// Gives every line to `take`, each in memory of its own size, until one is refused.
typedef enum status fuzz_analyze_line(void *reader, const char *line, size_t len, struct error *error);

static enum status fuzz_analyze_feed(fuzz_analyze_line *take, void *reader, const uint8_t *data, size_t size,
                                     struct error *error) {
  const uint8_t *at = data, *end = data + size;
  while (at < end) {
    const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
    size_t len = (size_t)((newline ? newline : end) - at);
    char *line = malloc(len + 1);
    FUZZ_CHECK(line);
    memcpy(line, at, len);
    enum status status = take(reader, line, len, error);
    free(line);
    if (status != STATUS_OK) return status;
    at += len + (newline != NULL);
  }
  return STATUS_OK;
}

static inline enum status fuzz_analyze_table_line(void *reader, const char *line, size_t len,
                                                  struct error *error) {
  return load_table_line(reader, line, len, error);
}

// Whatever was said of an input that was refused: one line.
static void fuzz_analyze_refused(const struct error *error) {
  FUZZ_CHECK(error->text[0] && !strchr(error->text, '\n'));
}

static inline void fuzz_analyze_cells(const struct load_data *data) {
  for (size_t i = 0; i < data->cell_count; i++) {
    const struct load_cell *cell = &data->cells[i];
    FUZZ_CHECK(cell->workers >= 1 && cell->batch >= 1);
    for (size_t r = 0; r < cell->count; r++)
      FUZZ_CHECK(cell->replicates[r].total_s > 0 && isfinite(cell->replicates[r].total_s));
  }
}

// Every step but the slow fits, whose inputs are the same numbers.
static void fuzz_analyze_run(struct load_data *data, enum stat_scale scale) {
  struct analysis_options options = {.confidence = 0.95, .scale = scale, .seed = 1, .draws = 100};
  struct results results = {0};
  struct buf out = {0};
  struct error error = {0};
  enum status status = load_finish(data, &error);
  if (status == STATUS_OK) status = analysis_run(data, &options, &results, &error);
  if (status == STATUS_OK) {
    struct json_slice whole;
    FUZZ_CHECK(summary_json(&results, &out) == STATUS_OK);
    FUZZ_CHECK(json_scan_text(out.data, out.len, &whole, NULL) == STATUS_OK); // which has no nan
    if (results.best.exists) FUZZ_CHECK(cells_usable(&results.cells[results.best.cell]));
    FUZZ_CHECK(!results.curve.optimum_established); // since nothing was fitted
  }
  results_free(&results);
  buf_free(&out);
}

#endif
