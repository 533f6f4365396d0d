// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/shard.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/units.h"

#define UNIX_S_MAX 1e11 // the year 5138

// What a launcher puts into the environment of each process. `first`: the number of its first one; NULL: 0.
struct launcher {
  const char *index, *first, *count;
};
static const struct launcher launchers[] = {
    {"OMPI_COMM_WORLD_RANK", NULL, "OMPI_COMM_WORLD_SIZE"},
    {"JOB_COMPLETION_INDEX", NULL, "JOB_COMPLETIONS"},
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"},
    {"SLURM_PROCID", NULL, "SLURM_NTASKS"},
};
enum { LAUNCHERS = sizeof launchers / sizeof launchers[0] };

// STATUS_NOT_FOUND: it is not set.
static enum status read_variable(const char *name, int64_t least, int64_t *out, struct error *error) {
  const char *value = getenv(name);
  if (!value) return status_fail(error, STATUS_NOT_FOUND, "the variable %s is missing", name);
  enum status status = units_count(value, least, INT32_MAX, out, error);
  return status ? status_prefix(error, status, "the variable %s", name) : STATUS_OK;
}

// `count` 0: the launcher's own.
static enum status ask_launcher(const struct launcher *launcher, int64_t count, struct shard *out,
                                struct error *error) {
  int64_t index, first = 0;
  enum status status = read_variable(launcher->index, 0, &index, error);
  if (status == STATUS_OK && launcher->first) status = read_variable(launcher->first, 0, &first, error);
  if (status == STATUS_OK && count == 0) status = read_variable(launcher->count, 1, &count, error);
  if (status) return status;
  if (index < first || index - first >= count)
    return status_fail(error, STATUS_USAGE, "the variable %s is %lld; of %lld shards it is %lld to %lld",
                       launcher->index, (long long)index, (long long)count, (long long)first,
                       (long long)(first + count - 1));
  *out = (struct shard){index - first + 1, count};
  return STATUS_OK;
}

static enum status ask_environment(int64_t count, struct shard *out, struct error *error) {
  struct shard alone = {0};
  struct error missing = {"no launcher's variable is set: OMPI_COMM_WORLD_RANK, JOB_COMPLETION_INDEX, "
                          "SLURM_ARRAY_TASK_ID or SLURM_PROCID"};
  for (int i = 0; i < LAUNCHERS; i++) {
    struct shard found;
    if (!getenv(launchers[i].index)) continue;
    enum status status = ask_launcher(&launchers[i], count, &found, error);
    if (status == STATUS_NOT_FOUND) {
      missing = *error;
    } else if (status || found.count > 1) {
      if (status == STATUS_OK) *out = found;
      return status;
    } else {
      alone = found;
    }
  }
  if (alone.count == 0) return status_fail(error, STATUS_USAGE, "%s", missing.text);
  *out = alone;
  return STATUS_OK;
}

enum status shard_parse(const char *text, struct shard *out, struct error *error) {
  char number[24] = "";
  const char *slash = strchr(text, '/');
  size_t len = slash ? (size_t)(slash - text) : strlen(text);
  struct shard shard = {0};
  bool fits = len < sizeof number;
  if (fits) memcpy(number, text, len);
  bool is_auto = strcmp(number, "auto") == 0;
  if (!fits || (!slash && !is_auto))
    return status_fail(error, STATUS_USAGE, "'%s' is neither I/N, as 3/8, nor auto, nor auto/N", text);
  enum status status = slash ? units_count(slash + 1, 1, SHARD_COUNT_MAX, &shard.count, error) : STATUS_OK;
  if (status) return status;
  if (is_auto) return ask_environment(shard.count, out, error);
  status = units_count(number, 1, shard.count, &shard.number, error);
  if (status == STATUS_OK) *out = shard;
  return status;
}

enum status shard_parse_start(const char *text, double *unix_s, struct error *error) {
  static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z"};
  if (units_real(text, 0, UNIX_S_MAX, unix_s, NULL) == STATUS_OK) return STATUS_OK;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    struct tm instant = {0};
    const char *end = strptime(text, forms[i], &instant);
    if (!end || *end) continue;
    long zone_s = instant.tm_gmtoff; // timegm clears it
    *unix_s = (double)(timegm(&instant) - zone_s);
    return STATUS_OK;
  }
  return status_fail(error, STATUS_USAGE,
                     "'%s' is neither an instant as 2026-03-01T12:00:00Z nor seconds since 1970", text);
}
