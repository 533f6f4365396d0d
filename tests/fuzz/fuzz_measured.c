// SPDX-License-Identifier: GPL-3.0-or-later
//
// A run from anyone, as analyze takes it in: it is refused with an error, or its cells are sound, what is
// said of them holds no number that is not one, and nothing that failed is called the best.
#include "tests/fuzz/fuzz_analyze.h"

static enum status take_line(void *run, const char *line, size_t len, struct error *error) {
  return load_run_line(run, line, len, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct gzline_damage none = {.first_offset = -1};
  struct load_data loaded = LOAD_DATA;
  struct load_run *run = NULL;
  struct error error = {0};
  stat_init();
  FUZZ_CHECK(load_run_new(&loaded, "run.jsonl", &run) == STATUS_OK);
  enum status status = fuzz_analyze_feed(take_line, run, data, size, &error);
  if (status == STATUS_OK) status = load_run_end(run, &none, &error);
  if (status == STATUS_OK) {
    fuzz_analyze_cells(&loaded);
    if (loaded.cell_count < 64) fuzz_analyze_run(&loaded, STAT_SCALE_LN);
  } else {
    fuzz_analyze_refused(&error);
  }
  load_run_free(run);
  load_free(&loaded);
  return 0;
}
