// SPDX-License-Identifier: GPL-3.0-or-later
//
// A table of points from anyone: it is refused with an error, or every point it gives can stand on a log
// scale and the analysis of them ends without a number that is not one.
#include "tests/fuzz/fuzz_analyze.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct load_data loaded = LOAD_DATA;
  struct load_table *table = NULL;
  struct error error = {0};
  stat_init();
  FUZZ_CHECK(load_table_new(&loaded, "points.csv", LOAD_TABLE_POINTS, &table) == STATUS_OK);
  enum status status = fuzz_analyze_feed(fuzz_analyze_table_line, table, data, size, &error);
  if (status == STATUS_OK) status = load_table_end(table, &error);
  if (status == STATUS_OK) {
    for (size_t i = 0; i < loaded.point_count; i++)
      FUZZ_CHECK(loaded.points[i].n > 0 && loaded.points[i].throughput > 0 && isfinite(loaded.points[i].n) &&
                 isfinite(loaded.points[i].throughput));
    if (loaded.point_count < 40)
      fuzz_analyze_run(&loaded, loaded.point_count % 2 ? STAT_SCALE_LN : STAT_SCALE_LINEAR);
  } else {
    fuzz_analyze_refused(&error);
  }
  load_table_free(table);
  load_free(&loaded);
  return 0;
}
