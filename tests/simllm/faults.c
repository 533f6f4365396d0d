// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simllm/faults.h"

#include <string.h>

#include "lib/base/units.h"

static const char *const names[FAULT_COUNT] = {
    [FAULT_NONE] = "none",
    [FAULT_500] = "500",
    [FAULT_429] = "429",
    [FAULT_RESET] = "reset",
    [FAULT_RESET_EARLY] = "reset_early",
    [FAULT_TRUNCATE] = "truncate",
    [FAULT_HANG] = "hang",
    [FAULT_MALFORMED] = "malformed",
    [FAULT_ERROR_IN_STREAM] = "error_in_stream",
    [FAULT_EMPTY] = "empty",
};

const char *fault_name(enum fault fault) {
  return names[fault];
}

enum status faults_add(struct faults *faults, const char *text, struct error *error) {
  const char *colon = strchr(text, ':');
  size_t len = colon ? (size_t)(colon - text) : strlen(text);
  int kind = FAULT_NONE + 1;
  while (kind < FAULT_COUNT && (strlen(names[kind]) != len || memcmp(names[kind], text, len) != 0))
    kind++;
  if (!colon || kind == FAULT_COUNT) {
    return status_fail(
        error, STATUS_USAGE,
        "'%s' is not KIND:PROBABILITY with KIND one of 500, 429, reset, reset_early, truncate, "
        "hang, malformed, error_in_stream, empty",
        text);
  }
  double probability;
  enum status status = units_fraction(colon + 1, 0, 1, &probability, error);
  if (status != STATUS_OK) return status;
  struct faults changed = *faults;
  changed.probability[kind] = probability;
  double sum = 0;
  for (int i = FAULT_NONE + 1; i < FAULT_COUNT; i++)
    sum += changed.probability[i];
  if (sum > 1 + 1e-9) {
    return status_fail(error, STATUS_USAGE, "'%s' makes the probabilities sum to %g, more than 1", text, sum);
  }
  *faults = changed;
  return STATUS_OK;
}

enum fault faults_draw(const struct faults *faults, struct random *random) {
  double left = random_unit(random);
  for (int kind = FAULT_NONE + 1; kind < FAULT_COUNT; kind++) {
    left -= faults->probability[kind];
    if (left < 0) return (enum fault)kind;
  }
  return FAULT_NONE;
}
