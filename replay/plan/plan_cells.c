// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/json/json_scan.h"
#include "lib/lines/gzline.h"
#include "replay/plan/plan.h"

static int64_t largest(const int64_t *items, size_t count) {
  int64_t most = 0;
  for (size_t i = 0; i < count; i++)
    most = items[i] > most ? items[i] : most;
  return most;
}

enum status plan_cells_from_lists(const int64_t *workers, size_t workers_count, const int64_t *batches,
                                  size_t batches_count, int64_t repeat, struct plan_cell **out, size_t *count,
                                  struct error *error) {
  size_t per_level = batches_count > 0 ? batches_count : 1;
  if (workers_count > PLAN_CELLS_MAX / per_level)
    return status_fail(error, STATUS_USAGE, "the plan has more than %zu cells", PLAN_CELLS_MAX);
  struct plan_cell *cells = calloc(workers_count * per_level, sizeof *cells);
  if (!cells) return status_fail(error, STATUS_MEMORY, "plan: %s", status_name(STATUS_MEMORY));
  size_t used = 0;
  int64_t same = PLAN_DEFAULT_WAVES * largest(workers, workers_count);
  for (size_t i = 0; i < workers_count; i++) {
    for (size_t j = 0; j < per_level; j++) {
      int64_t batch = batches_count > 0 ? batches[j] : same;
      cells[used++] = (struct plan_cell){.workers = workers[i], .batch = batch, .repeat = repeat};
    }
  }
  *out = cells;
  *count = used;
  return STATUS_OK;
}

static enum status read_count(struct json_slice object, const char *key, int64_t most, int64_t *out,
                              struct error *error) {
  struct json_slice value = json_scan_get(object, key);
  int64_t number;
  if (json_scan_kind(value) == JSON_NONE) return STATUS_NOT_FOUND;
  if (!json_scan_int64(value, &number) || number < 1 || number > most) {
    return status_fail(error, STATUS_USAGE, "\"%s\" is not a whole number from 1 to %lld", key,
                       (long long)most);
  }
  *out = number;
  return STATUS_OK;
}

static enum status read_cell(struct json_slice object, int64_t repeat, bool timed, struct plan_cell *out,
                             struct error *error) {
  struct plan_cell cell = {.repeat = repeat};
  enum status status = read_count(object, "workers", PLAN_WORKERS_MAX, &cell.workers, error);
  if (status == STATUS_NOT_FOUND && json_scan_kind(json_scan_get(object, "rate")) != JSON_NONE)
    return status_fail(
        error, STATUS_USAGE,
        "this is a rate and no cell: it goes with --timing rate, in --request-rate or by --next");
  if (status == STATUS_NOT_FOUND) return status_fail(error, STATUS_USAGE, "\"workers\" is missing");
  if (status) return status;
  status = read_count(object, "batch", PLAN_BATCH_MAX, &cell.batch, error);
  if (status == STATUS_NOT_FOUND && !timed) return status_fail(error, STATUS_USAGE, "\"batch\" is missing");
  if (status && status != STATUS_NOT_FOUND) return status;
  status = read_count(object, "repeat", PLAN_REPEAT_MAX, &cell.repeat, error);
  if (status && status != STATUS_NOT_FOUND) return status;
  *out = cell;
  return STATUS_OK;
}

static enum status add_cell(struct plan_cell **cells, size_t *count, struct plan_cell cell,
                            struct error *error) {
  for (size_t i = 0; i < *count; i++) {
    if ((*cells)[i].workers == cell.workers && (*cells)[i].batch == cell.batch) {
      return status_fail(error, STATUS_USAGE, "duplicate cell: workers %lld batch %lld",
                         (long long)cell.workers, (long long)cell.batch);
    }
  }
  if (*count == PLAN_CELLS_MAX)
    return status_fail(error, STATUS_USAGE, "more than %zu cells", PLAN_CELLS_MAX);
  struct plan_cell *grown = realloc(*cells, (*count + 1) * sizeof *grown);
  if (!grown) return status_memory(error);
  grown[(*count)++] = cell;
  *cells = grown;
  return STATUS_OK;
}

// What the lines of one call have in common.
struct lines {
  int64_t repeat;
  bool timed;
  struct plan_cell *cells;
  size_t count; // of them
  struct plan_rates round;
};

static enum status on_cell(struct lines *lines, struct json_slice object, struct error *error) {
  struct plan_cell cell = {0};
  enum status status = read_cell(object, lines->repeat, lines->timed, &cell, error);
  return status ? status : add_cell(&lines->cells, &lines->count, cell, error);
}

static enum status add_rate(struct lines *lines, double rate, struct error *error) {
  struct plan_rates *round = &lines->round;
  for (size_t i = 0; i < round->count; i++) {
    if (round->rates[i] == rate) return status_fail(error, STATUS_USAGE, "duplicate rate %g", rate);
  }
  if (round->count == PLAN_RATES_MAX)
    return status_fail(error, STATUS_USAGE, "more than %zu rates", PLAN_RATES_MAX);
  double *grown = realloc(round->rates, (round->count + 1) * sizeof *grown);
  if (!grown) return status_memory(error);
  grown[round->count++] = rate;
  round->rates = grown;
  return STATUS_OK;
}

static enum status on_rate(struct lines *lines, struct json_slice object, struct error *error) {
  double rate, duration_s = 0;
  int64_t repeat = lines->repeat;
  struct json_slice duration = json_scan_get(object, "duration_s");
  if (!json_scan_number(json_scan_get(object, "rate"), &rate) ||
      !(rate >= PLAN_RATE_MIN && rate <= PLAN_RATE_MAX)) {
    return status_fail(error, STATUS_USAGE, "\"rate\" is not a number of requests per second from %g to %g",
                       PLAN_RATE_MIN, PLAN_RATE_MAX);
  }
  enum status status = read_count(object, "repeat", PLAN_REPEAT_MAX, &repeat, error);
  if (status && status != STATUS_NOT_FOUND) return status;
  if (json_scan_kind(duration) != JSON_NONE &&
      (!json_scan_number(duration, &duration_s) ||
       !(duration_s >= PLAN_DURATION_MIN_S && duration_s <= PLAN_DURATION_MAX_S))) {
    return status_fail(error, STATUS_USAGE, "\"duration_s\" is not a number of seconds from %g to %g",
                       PLAN_DURATION_MIN_S, PLAN_DURATION_MAX_S);
  }
  int64_t duration_ns = clock_from_seconds(duration_s);
  if (repeat > lines->round.repeat) lines->round.repeat = repeat;
  if (duration_ns > lines->round.duration_ns) lines->round.duration_ns = duration_ns;
  return add_rate(lines, rate, error);
}

// Every line that is not blank, as an object.
static enum status read_lines(const char *text, size_t len, const char *form, struct lines *lines,
                              enum status (*on_line)(struct lines *lines, struct json_slice object,
                                                     struct error *error),
                              struct error *error) {
  enum status status = STATUS_OK;
  const char *end = text + len;
  int64_t line_number = 1;
  for (const char *line = text; status == STATUS_OK && line < end; line_number++) {
    const char *line_end = memchr(line, '\n', (size_t)(end - line));
    if (!line_end) line_end = end;
    size_t line_len = (size_t)(line_end - line);
    struct json_slice object;
    if (!gzline_is_blank(line, line_len)) {
      if (json_scan_text(line, line_len, &object, NULL) || json_scan_kind(object) != JSON_OBJECT)
        status = status_fail(error, STATUS_USAGE, "not a JSON object %s", form);
      else
        status = on_line(lines, object, error);
      if (status) status_write_prefix(error, "line %lld", (long long)line_number);
    }
    line = line_end + 1;
  }
  return status;
}

enum status plan_cells_from_lines(const char *text, size_t len, int64_t repeat, bool timed,
                                  struct plan_cell **out, size_t *count, struct error *error) {
  struct lines lines = {.repeat = repeat, .timed = timed};
  enum status status =
      read_lines(text, len, "{\"workers\":..,\"batch\":..,\"repeat\":..}", &lines, on_cell, error);
  if (status == STATUS_OK && lines.count == 0) status = status_fail(error, STATUS_USAGE, "no cell in it");
  if (status) {
    free(lines.cells);
    return status;
  }
  *out = lines.cells;
  *count = lines.count;
  return STATUS_OK;
}

enum status plan_rates_from_lines(const char *text, size_t len, int64_t repeat, struct plan_rates *out,
                                  struct error *error) {
  struct lines lines = {.repeat = repeat};
  enum status status = read_lines(text, len, "{\"rate\":..,\"repeat\":..}", &lines, on_rate, error);
  if (status == STATUS_OK && lines.round.count == 0)
    status = status_fail(error, STATUS_USAGE, "no rate in it");
  if (status)
    free(lines.round.rates);
  else
    *out = lines.round;
  return status;
}
