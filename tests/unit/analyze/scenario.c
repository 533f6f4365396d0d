// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
// clang-format on

#include "tests/unit/analyze/scenario.h"

enum status scenario_load(struct load_data *data, const char *text, struct error *error) {
  char path[] = "/tmp/tidemark-scenario-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  enum status status = load_file(data, path, error);
  unlink(path);
  return status;
}

struct analysis_options scenario_options(void) {
  return (struct analysis_options){
      .confidence = 0.95, .scale = STAT_SCALE_LN, .seed = 1, .models = {MODELS_USL}, .model_count = 1};
}

void scenario_run_with(struct scenario *scenario, const char *text, const struct analysis_options *options) {
  struct error error = {0};
  stat_init();
  scenario->data = LOAD_DATA;
  scenario->results = (struct results){0};
  enum status status = scenario_load(&scenario->data, text, &error);
  if (status == STATUS_OK) status = load_finish(&scenario->data, &error);
  if (status == STATUS_OK) status = analysis_run(&scenario->data, options, &scenario->results, &error);
  if (status != STATUS_OK) fail_msg("%s", error.text);
}

void scenario_run(struct scenario *scenario, const char *text) {
  struct analysis_options options = scenario_options();
  scenario_run_with(scenario, text, &options);
}

void scenario_free(struct scenario *scenario) {
  results_free(&scenario->results);
  load_free(&scenario->data);
}

const struct cell *scenario_cell(const struct scenario *scenario, int64_t workers, int64_t batch) {
  size_t index = results_find(&scenario->results, workers, batch);
  if (index == SIZE_MAX) fail_msg("no cell %lldx%lld", (long long)workers, (long long)batch);
  return &scenario->results.cells[index];
}

const struct warning *scenario_warning(const struct scenario *scenario, enum warning_code code) {
  for (size_t i = 0; i < scenario->results.warning_count; i++) {
    if (scenario->results.warnings[i].code == code) return &scenario->results.warnings[i];
  }
  return NULL;
}

void scenario_near(const char *what, double seen, double expected, double tolerance) {
  if (!(fabs(seen - expected) <= tolerance)) fail_msg("%s: %.12g, expected %.12g", what, seen, expected);
}
