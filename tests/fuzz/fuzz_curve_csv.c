// SPDX-License-Identifier: GPL-3.0-or-later
//
// A table of points from anyone: it is refused with words, or every point it gives can stand on a log scale
// and a fit of them ends without a number that is not one.
#include <math.h>

#include "analyze/analysis.h"
#include "analyze/load_reader.h"
#include "analyze/summary.h"
#include "tests/fuzz/fuzz.h"

static enum status feed(struct load_table *table, const uint8_t *data, size_t size, struct error *error) {
  const uint8_t *at = data, *end = data + size;
  while (at < end) {
    const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
    size_t len = (size_t)((newline ? newline : end) - at);
    char *line = malloc(len + 1); // of its own size, so that a read past the end is seen
    FUZZ_CHECK(line);
    memcpy(line, at, len);
    enum status status = load_table_line(table, line, len, error);
    free(line);
    if (status != STATUS_OK) return status;
    at += len + (newline != NULL);
  }
  return load_table_end(table, error);
}

// Every step but the slow fits.
static void analyse(struct load_data *data) {
  struct analysis_options options = {.confidence = 0.95,
                                     .scale = data->point_count % 2 ? STAT_SCALE_LN : STAT_SCALE_LINEAR,
                                     .seed = 1,
                                     .draws = 100};
  struct results results = {0};
  struct buf out = {0};
  struct error error = {0};
  if (analysis_run(data, &options, &results, &error) == STATUS_OK) {
    FUZZ_CHECK(summary_json(&results, NULL, &out) == STATUS_OK);
    struct json_slice whole;
    FUZZ_CHECK(json_scan_text(out.data, out.len, &whole, NULL) == STATUS_OK); // which has no nan
    FUZZ_CHECK(!results.curve.optimum_established);                           // since nothing was fitted
  }
  results_free(&results);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct load_data loaded = LOAD_DATA;
  struct load_table *table = NULL;
  struct error error = {0};
  stat_init();
  FUZZ_CHECK(load_table_new(&loaded, "points.csv", LOAD_TABLE_POINTS, &table) == STATUS_OK);
  if (feed(table, data, size, &error) == STATUS_OK) {
    for (size_t i = 0; i < loaded.point_count; i++)
      FUZZ_CHECK(loaded.points[i].n > 0 && loaded.points[i].throughput > 0 && isfinite(loaded.points[i].n) &&
                 isfinite(loaded.points[i].throughput));
    if (loaded.point_count < 40) analyse(&loaded);
  } else {
    FUZZ_CHECK(error.text[0] && !strchr(error.text, '\n'));
  }
  load_table_free(table);
  load_free(&loaded);
  return 0;
}
