// SPDX-License-Identifier: GPL-3.0-or-later
//
// A table of cells from anyone: it is refused with words that name a line, or every cell it gives is sound
// and the analysis ends without a number that is not one.
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

static void check_cells(const struct load_data *data) {
  for (size_t i = 0; i < data->cell_count; i++) {
    const struct load_cell *cell = &data->cells[i];
    FUZZ_CHECK(cell->workers >= 1 && cell->batch >= 1 && cell->count >= 1);
    for (size_t r = 0; r < cell->count; r++) {
      FUZZ_CHECK(cell->replicates[r].total_s > 0 && isfinite(cell->replicates[r].total_s));
      FUZZ_CHECK(cell->replicates[r].failed <= cell->replicates[r].requests);
    }
  }
}

// Every step but the slow fits, whose inputs are the same numbers.
static void analyse(struct load_data *data) {
  struct analysis_options options = {.confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 1};
  struct results results = {0};
  struct buf out = {0};
  struct error error = {0};
  enum status status = load_finish(data, &error);
  if (status == STATUS_OK) status = analysis_run(data, &options, &results, &error);
  if (status == STATUS_OK) {
    FUZZ_CHECK(summary_json(&results, NULL, &out) == STATUS_OK);
    FUZZ_CHECK(!strstr(buf_text(&out), "nan") && !strstr(buf_text(&out), ":inf"));
  }
  results_free(&results);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct load_data loaded = LOAD_DATA;
  struct load_table *table = NULL;
  struct error error = {0};
  stat_init();
  FUZZ_CHECK(load_table_new(&loaded, "table.csv", LOAD_TABLE_CELLS, &table) == STATUS_OK);
  if (feed(table, data, size, &error) == STATUS_OK) {
    check_cells(&loaded);
    if (loaded.cell_count < 64) analyse(&loaded);
  } else {
    FUZZ_CHECK(error.text[0] && !strchr(error.text, '\n'));
  }
  load_table_free(table);
  load_free(&loaded);
  return 0;
}
