// SPDX-License-Identifier: GPL-3.0-or-later
//
// Measurements for tests: tables and run records given as text.
#ifndef TESTS_UNIT_ANALYZE_SCENARIO_H
#define TESTS_UNIT_ANALYZE_SCENARIO_H

#include "analyze/input/load.h"
#include "analyze/judge/analysis.h"

// Adds the text as a file would be read (through a temporary one).
enum status scenario_load(struct load_data *data, const char *text, struct error *error);

// Loads one text and runs the analysis with standard options; a failure fails the test.
struct scenario {
  struct load_data data;
  struct results results;
};
void scenario_run(struct scenario *scenario, const char *text);
void scenario_run_with(struct scenario *scenario, const char *text, const struct analysis_options *options);
void scenario_free(struct scenario *scenario);

struct analysis_options scenario_options(void); // 95 %, log, usl alone

// The cell, which must be there.
const struct cell *scenario_cell(const struct scenario *scenario, int64_t workers, int64_t batch);

// The warning of this code; NULL: none.
const struct warning *scenario_warning(const struct scenario *scenario, enum warning_code code);

// |seen - expected| <= tolerance; the test fails with both numbers otherwise, also for NaN.
void scenario_near(const char *what, double seen, double expected, double tolerance);

// Lines of run records. The header's start differs with `start`, so that two runs are not the same.
#define SCENARIO_HEADER(start, rest)                                                                         \
  "{\"type\":\"run\",\"version\":1,\"start_unix_s\":" start ",\"seed\":1,\"warmup\":1" rest "}\n"
#define SCENARIO_MANAGED                                                                                     \
  ",\"server\":\"serve {workers}\",\"plan\":{\"workers\":[1,2],\"batch\":[2,4],\"repeat\":2}"
#define SCENARIO_END "{\"type\":\"end\",\"sessions\":0,\"batches\":0,\"requests\":0}\n"

#endif
