// SPDX-License-Identifier: GPL-3.0-or-later
//
// A table of cells from anyone: it is refused with an error that name a line, or every cell it gives is sound
// and the analysis ends without a number that is not one.
#include "tests/fuzz/fuzz_analyze.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct load_data loaded = LOAD_DATA;
  struct load_table *table = NULL;
  struct error error = {0};
  stat_init();
  FUZZ_CHECK(load_table_new(&loaded, "table.csv", LOAD_TABLE_CELLS, &table) == STATUS_OK);
  enum status status = fuzz_analyze_feed(fuzz_analyze_table_line, table, data, size, &error);
  if (status == STATUS_OK) status = load_table_end(table, &error);
  if (status == STATUS_OK) {
    fuzz_analyze_cells(&loaded);
    for (size_t i = 0; i < loaded.cell_count; i++) {
      FUZZ_CHECK(loaded.cells[i].count >= 1);
      for (size_t r = 0; r < loaded.cells[i].count; r++)
        FUZZ_CHECK(loaded.cells[i].replicates[r].failed <= loaded.cells[i].replicates[r].requests);
    }
    if (loaded.cell_count < 64) fuzz_analyze_run(&loaded, STAT_SCALE_LN);
  } else {
    fuzz_analyze_refused(&error);
  }
  load_table_free(table);
  load_free(&loaded);
  return 0;
}
