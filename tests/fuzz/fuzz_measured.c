// SPDX-License-Identifier: GPL-3.0-or-later
//
// A run from anyone, as analyze takes it in: it is refused with words, or its cells are sound, what is said
// of them holds no number that is not one, and nothing that failed is called the best.
#include <math.h>

#include "analyze/analysis.h"
#include "analyze/cells.h"
#include "analyze/load_reader.h"
#include "analyze/summary.h"
#include "tests/fuzz/fuzz.h"

static enum status feed(struct load_run *run, const uint8_t *data, size_t size, struct error *error) {
  const uint8_t *at = data, *end = data + size;
  const struct gzline_damage none = {.first_offset = -1};
  while (at < end) {
    const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
    size_t len = (size_t)((newline ? newline : end) - at);
    char *line = malloc(len + 1); // of its own size, so that a read past the end is seen
    FUZZ_CHECK(line);
    memcpy(line, at, len);
    enum status status = load_run_line(run, line, len, error);
    free(line);
    if (status != STATUS_OK) return status;
    at += len + (newline != NULL);
  }
  return load_run_end(run, &none, error);
}

static void analyse(struct load_data *data) {
  struct analysis_options options = {.confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 1, .draws = 100};
  struct results results = {0};
  struct buf out = {0};
  struct error error = {0};
  enum status status = load_finish(data, &error);
  if (status == STATUS_OK) status = analysis_run(data, &options, &results, &error);
  if (status == STATUS_OK) {
    FUZZ_CHECK(summary_json(&results, NULL, &out) == STATUS_OK);
    struct json_slice whole;
    FUZZ_CHECK(json_scan_text(out.data, out.len, &whole, NULL) == STATUS_OK); // which has no nan
    if (results.best.exists) FUZZ_CHECK(cells_usable(&results.cells[results.best.cell]));
  }
  results_free(&results);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct load_data loaded = LOAD_DATA;
  struct load_run *run = NULL;
  struct error error = {0};
  stat_init();
  FUZZ_CHECK(load_run_new(&loaded, "run.jsonl", &run) == STATUS_OK);
  if (feed(run, data, size, &error) == STATUS_OK) {
    for (size_t i = 0; i < loaded.cell_count; i++) {
      const struct load_cell *cell = &loaded.cells[i];
      FUZZ_CHECK(cell->workers >= 1 && cell->batch >= 1);
      for (size_t r = 0; r < cell->count; r++)
        FUZZ_CHECK(cell->replicates[r].total_s > 0 && isfinite(cell->replicates[r].total_s));
    }
    if (loaded.cell_count < 64) analyse(&loaded);
  } else {
    FUZZ_CHECK(error.text[0] && !strchr(error.text, '\n'));
  }
  load_run_free(run);
  load_free(&loaded);
  return 0;
}
